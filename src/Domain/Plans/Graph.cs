namespace Orchestrator.Domain.Plans;

/// <summary>
/// For each of the vertices 0..n-1 a list of numbers, all lists in one array: which vertices follow it, or what belongs to it.
/// Takes two integers a vertex and one an entry, whatever the size.
/// </summary>
internal sealed class Graph
{
    private readonly int[] _starts;
    private readonly int[] _entries;

    /// <param name="starts">Where each vertex's list begins, and at last where the last one ends.</param>
    /// <param name="entries">The lists, one after the other.</param>
    public Graph(int[] starts, int[] entries) => (_starts, _entries) = (starts, entries);

    public int Count => _starts.Length - 1;

    public ReadOnlySpan<int> this[int vertex] => new(_entries, _starts[vertex], _starts[vertex + 1] - _starts[vertex]);

    /// <summary>Lists for each of <paramref name="count"/> groups the items that belong to it, ascending. An item of group -1 belongs to none.</summary>
    public static Graph Group(int count, ReadOnlySpan<int> groupOf)
    {
        var starts = new int[count + 1];
        foreach (var group in groupOf)
        {
            if (group >= 0)
                starts[group + 1]++;
        }

        var next = Accumulate(starts);
        var entries = new int[starts[^1]];
        for (var item = 0; item < groupOf.Length; item++)
        {
            if (groupOf[item] >= 0)
                entries[next[groupOf[item]]++] = item;
        }

        return new Graph(starts, entries);
    }

    /// <summary>Turns every edge round: lists for each of <paramref name="count"/> targets who has it in its list, ascending.</summary>
    public Graph Reverse(int count)
    {
        var starts = new int[count + 1];
        foreach (var target in _entries)
            starts[target + 1]++;
        var next = Accumulate(starts);
        var entries = new int[_entries.Length];
        for (var vertex = 0; vertex < Count; vertex++)
        {
            foreach (var target in this[vertex])
                entries[next[target]++] = vertex;
        }

        return new Graph(starts, entries);
    }

    /// <summary>Makes starts of counts (of which the n-th stands at n+1), and gives a copy that filling may move forward.</summary>
    public static int[] Accumulate(int[] starts)
    {
        for (var i = 1; i < starts.Length; i++)
            starts[i] += starts[i - 1];
        return (int[])starts.Clone();
    }
}

/// <summary>Gathers a <see cref="Graph"/> vertex by vertex.</summary>
internal sealed class GraphBuilder(int vertices)
{
    private readonly int[] _starts = new int[vertices + 1];
    private int[] _entries = new int[Math.Max(16, vertices)];
    private int _vertex;
    private int _count;

    /// <summary>Adds an entry to the list of the vertex at hand.</summary>
    public void Add(int entry)
    {
        if (_count == _entries.Length)
            Array.Resize(ref _entries, 2 * _count);
        _entries[_count++] = entry;
    }

    /// <summary>How many entries all lists have so far.</summary>
    public int Count => _count;

    /// <summary>The list of the vertex at hand.</summary>
    public Span<int> Current => _entries.AsSpan(_starts[_vertex].._count);

    /// <summary>Ends the list of the vertex at hand and goes to the next one.</summary>
    public void EndVertex() => _starts[++_vertex] = _count;

    /// <summary>The graph, once every vertex has its list.</summary>
    public Graph Build()
    {
        Array.Resize(ref _entries, _count);
        return new(_starts, _entries);
    }
}
