namespace Orchestrator.Domain.Plans;

/// <summary>Finds shortest paths inside the SCCs of one graph. Kept for all of them: asking for each costs no more than its own edges.</summary>
internal sealed class ShortestPaths(Graph graph, StronglyConnectedComponents sccs)
{
    private readonly int[] _cameFrom = new int[graph.Count];
    private readonly int[] _question = new int[graph.Count];
    private int _questions;

    /// <summary>
    /// The vertices of a shortest path from one vertex to another of the same component, both included; the path from a vertex to itself
    /// leads round the shortest cycle. Of several the one whose edges come first.
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
                    return PathTo(vertex, from, to);
                if (sccs[target] == sccs[from] && target != from && _question[target] != _questions)
                {
                    _question[target] = _questions;
                    _cameFrom[target] = vertex;
                    next.Enqueue(target);
                }
            }
        }

        throw new InvalidOperationException("two vertices of one component reach each other");
    }

    private List<int> PathTo(int last, int from, int to)
    {
        List<int> path = [to];
        for (var vertex = last; vertex != from; vertex = _cameFrom[vertex])
            path.Add(vertex);
        path.Add(from);
        path.Reverse();
        return path;
    }
}
