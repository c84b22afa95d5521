namespace Orchestrator.Domain.Plans;

/// <summary>
/// The strongly connected components of a graph, by Tarjan's algorithm: the largest sets of vertices of which each can be reached from each
/// other. Works through lists of its own rather than the call stack, so a chain may be as long as memory. Called SCC where a site's components are near.
/// </summary>
internal sealed class StronglyConnectedComponents
{
    private readonly Graph _graph;
    private readonly int[] _sccOf;
    private readonly int[] _met;                        // when a vertex was met, from 1; 0: not yet
    private readonly int[] _low;                        // the earliest meeting that can be reached from it, as far as known
    private readonly int[] _followed;                   // how many of its edges were followed
    private readonly Stack<int> _path = new();          // from the root to where we are
    private readonly Stack<int> _open = new();          // met, and in no SCC yet
    private int _meetings;

    private StronglyConnectedComponents(Graph graph)
    {
        _graph = graph;
        (_sccOf, _met, _low, _followed) = (new int[graph.Count], new int[graph.Count], new int[graph.Count], new int[graph.Count]);
        Array.Fill(_sccOf, -1);
        for (var root = 0; root < graph.Count; root++)
        {
            if (_met[root] == 0)
                Explore(root);
        }
    }

    /// <summary>How many there are; a vertex that lies on no path back to itself is one of its own.</summary>
    public int Count { get; private set; }

    /// <summary>The SCC of a vertex, 0..<see cref="Count"/>-1.</summary>
    public int this[int vertex] => _sccOf[vertex];

    public static StronglyConnectedComponents Of(Graph graph) => new(graph);

    /// <summary>The vertices of each, ascending.</summary>
    public Graph Members() => Graph.Group(Count, _sccOf);

    private void Explore(int root)
    {
        Meet(root);
        while (_path.TryPeek(out var vertex))
        {
            var edges = _graph[vertex];
            if (_followed[vertex] < edges.Length)
            {
                var target = edges[_followed[vertex]++];
                if (_met[target] == 0)
                    Meet(target);
                else if (_sccOf[target] < 0)
                    _low[vertex] = Math.Min(_low[vertex], _met[target]);
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
        _path.Push(vertex);
        _open.Push(vertex);
    }

    private void Leave(int vertex)
    {
        _path.Pop();
        if (_path.TryPeek(out var before))
            _low[before] = Math.Min(_low[before], _low[vertex]);
        if (_low[vertex] < _met[vertex])
            return;                                     // it can reach back beyond itself: its SCC goes on there
        int member;
        do
        {
            member = _open.Pop();
            _sccOf[member] = Count;
        }
        while (member != vertex);
        Count++;
    }
}
