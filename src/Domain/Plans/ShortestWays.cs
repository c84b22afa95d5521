namespace Orchestrator.Domain.Plans;

/// <summary>Finds shortest ways inside the knots of one graph. Kept for all knots: asking for each costs no more than its own arrows.</summary>
internal sealed class ShortestWays(Graph graph, Knots knots)
{
    private readonly int[] _cameFrom = new int[graph.Count];
    private readonly int[] _question = new int[graph.Count];
    private int _questions;

    /// <summary>
    /// The vertices of a shortest way from one vertex to another of the same knot, both included; the way from a vertex to itself
    /// leads round the shortest circle. Of several the one whose arrows come first.
    /// </summary>
    public List<int> Find(int from, int to)
    {
        _questions++;
        var next = new Queue<int>();
        next.Enqueue(from);
        while (next.TryDequeue(out var vertex))
        {
            foreach (var target in graph[vertex])
            {
                if (target == to)
                {
                    return WayTo(vertex, from, to);
                }

                if (knots[target] == knots[from] && target != from && _question[target] != _questions)
                {
                    _question[target] = _questions;
                    _cameFrom[target] = vertex;
                    next.Enqueue(target);
                }
            }
        }

        throw new InvalidOperationException("two vertices of one knot reach each other");
    }

    private List<int> WayTo(int last, int from, int to)
    {
        List<int> way = [to];
        for (var vertex = last; vertex != from; vertex = _cameFrom[vertex])
        {
            way.Add(vertex);
        }

        way.Add(from);
        way.Reverse();
        return way;
    }
}
