namespace Orchestrator.Domain.Plans;

/// <summary>
/// The knots of a graph: the largest sets of vertices of which each can be reached from each other (strongly connected
/// components, by Tarjan's algorithm). Works through lists of its own rather than the call stack, so a chain may be as long as memory.
/// </summary>
internal sealed class Knots
{
    private readonly Graph _graph;
    private readonly int[] _knotOf;
    private readonly int[] _met;                        // when a vertex was met, from 1; 0: not yet
    private readonly int[] _low;                        // the earliest meeting that can be reached from it, as far as known
    private readonly int[] _followed;                   // how many of its arrows were followed
    private readonly Stack<int> _way = new();           // from the root to where we are
    private readonly Stack<int> _open = new();          // met, and in no knot yet
    private int _meetings;

    private Knots(Graph graph)
    {
        _graph = graph;
        (_knotOf, _met, _low, _followed) = (new int[graph.Count], new int[graph.Count], new int[graph.Count], new int[graph.Count]);
        Array.Fill(_knotOf, -1);
        for (var root = 0; root < graph.Count; root++)
        {
            if (_met[root] == 0)
            {
                Explore(root);
            }
        }
    }

    /// <summary>How many knots there are; a vertex that lies on no way back to itself is one of its own.</summary>
    public int Count { get; private set; }

    /// <summary>The knot of a vertex, 0..<see cref="Count"/>-1.</summary>
    public int this[int vertex] => _knotOf[vertex];

    public static Knots Of(Graph graph) => new(graph);

    /// <summary>The vertices of every knot, ascending.</summary>
    public Graph Members() => Graph.Group(Count, _knotOf);

    private void Explore(int root)
    {
        Meet(root);
        while (_way.TryPeek(out var vertex))
        {
            var arrows = _graph[vertex];
            if (_followed[vertex] < arrows.Length)
            {
                var target = arrows[_followed[vertex]++];
                if (_met[target] == 0)
                {
                    Meet(target);
                }
                else if (_knotOf[target] < 0)
                {
                    _low[vertex] = Math.Min(_low[vertex], _met[target]);
                }
            }
            else
            {
                Leave(vertex);
            }
        }
    }

    private void Meet(int vertex)
    {
        _met[vertex] = _low[vertex] = ++_meetings;
        _way.Push(vertex);
        _open.Push(vertex);
    }

    private void Leave(int vertex)
    {
        _way.Pop();
        if (_way.TryPeek(out var before))
        {
            _low[before] = Math.Min(_low[before], _low[vertex]);
        }

        if (_low[vertex] < _met[vertex])
        {
            return;                                     // it can reach back beyond itself: its knot goes on there
        }

        int member;
        do
        {
            member = _open.Pop();
            _knotOf[member] = Count;
        }
        while (member != vertex);
        Count++;
    }
}
