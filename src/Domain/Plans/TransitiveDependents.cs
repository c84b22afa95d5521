using System.Numerics;
using System.Runtime.InteropServices;
using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Plans;

/// <summary>
/// Counts for each node of a plan all that depend on it, at once or through others, exactly. Dependents are taken in blocks: one bit for each
/// of a block in a row for each node, filled from the plan's end to its start, so memory stays bounded whatever the plan. Nodes that wait
/// for the very same others hand their bits on together, once.
/// </summary>
internal static class TransitiveDependents
{
    /// <summary>All rows together take no more words of 64 bits than this (32 MiB), however many nodes there are.</summary>
    private const int MostWords = 4 << 20;

    private const int FewestWordsOfRow = 4;
    private const int MostWordsOfRow = 64;

    /// <summary>The counts in the plan's order. What a node waits for outside of the plan is passed over.</summary>
    public static int[] Count(Plan plan)
    {
        var after = AfterOf(plan, out var starts);
        var first = FirstOfSame(after, starts);
        var nodes = after.Count;
        var counts = new int[nodes];
        var width = Math.Clamp(MostWords / Math.Max(1, nodes), FewestWordsOfRow, MostWordsOfRow);
        var rows = new Rows(nodes, width);
        for (var block = 0; block < nodes; block += width * 64)
        {
            rows.Clear();
            for (var group = starts.Length - 2; group >= 0; group--)
            {
                if (starts[group] < block + width * 64)
                    Pass(rows, after, first, counts, block, starts[group]..starts[group + 1]);
            }
        }
        return counts;
    }

    /// <summary>Counts what depends on the nodes of a group within a block, then tells the nodes that they wait for.</summary>
    private static void Pass(Rows rows, Graph after, int[] first, int[] counts, int block, Range group)
    {
        var (start, end) = (group.Start.Value, group.End.Value);
        for (var node = start; node < end; node++)
        {
            counts[node] += rows.CountOf(node);
            var bit = node - block;
            if (bit >= 0 && bit < rows.Bits)
                rows.Set(node, bit);
        }
        for (var node = start; node < end; node++)
        {
            if (first[node] != node)
                rows.Add(node, to: first[node]);
        }
        for (var node = start; node < end; node++)
        {
            if (first[node] == node && rows.IsUsed(node))
            {
                foreach (var producer in after[node])
                    rows.Add(node, to: producer);
            }
        }
    }

    /// <summary>For each node what it waits for, as numbers in the plan's order; and where each group begins, with the end at last.</summary>
    internal static Graph AfterOf(Plan plan, out int[] starts)
    {
        var number = new Dictionary<NodeName, int>(plan.NodeCount);
        starts = new int[plan.Groups.Length + 1];
        for (var group = 0; group < plan.Groups.Length; group++)
        {
            foreach (var node in plan.Groups[group].Nodes)
                number.Add(node.Name, number.Count);
            starts[group + 1] = number.Count;
        }
        var after = new GraphBuilder(number.Count);
        foreach (var node in plan.Groups.SelectMany(g => g.Nodes))
        {
            foreach (var producer in node.After)
            {
                if (number.TryGetValue(producer, out var known))
                    after.Add(known);
            }
            after.EndVertex();
        }
        return after.Build();
    }

    /// <summary>For each node the first of its group that waits for the same others.</summary>
    private static int[] FirstOfSame(Graph after, int[] starts)
    {
        var first = new int[after.Count];
        for (var group = 0; group + 1 < starts.Length; group++)
        {
            if (starts[group + 1] - starts[group] == 1)
            {
                first[starts[group]] = starts[group];
                continue;
            }
            var known = new Dictionary<int, List<int>>();
            for (var node = starts[group]; node < starts[group + 1]; node++)
            {
                var hash = new HashCode();
                hash.AddBytes(MemoryMarshal.AsBytes(after[node]));
                ref var alike = ref CollectionsMarshal.GetValueRefOrAddDefault(known, hash.ToHashCode(), out _);
                var same = alike?.FindIndex(other => after[other].SequenceEqual(after[node])) ?? -1;
                first[node] = same >= 0 ? alike![same] : node;
                if (same < 0)
                    (alike ??= []).Add(node);
            }
        }
        return first;
    }

    /// <summary>A row of bits for each node; one that nobody has written is not read and need not be cleared.</summary>
    private sealed class Rows(int nodes, int width)
    {
        private readonly ulong[] _words = GC.AllocateUninitializedArray<ulong>(nodes * width);
        private readonly bool[] _used = new bool[nodes];

        public int Bits => width * 64;

        public bool IsUsed(int node) => _used[node];

        public void Clear() => Array.Clear(_used);

        public int CountOf(int node)
        {
            var count = 0;
            if (_used[node])
            {
                foreach (var word in Row(node))
                    count += BitOperations.PopCount(word);
            }
            return count;
        }

        public void Set(int node, int bit)
        {
            var row = Row(node);
            if (!_used[node])
                row.Clear();
            _used[node] = true;
            row[bit >> 6] |= 1UL << bit;
        }

        public void Add(int node, int to)
        {
            if (!_used[node])
                return;
            var more = Row(node);
            var sum = Row(to);
            if (!_used[to])
            {
                more.CopyTo(sum);
                _used[to] = true;
                return;
            }
            var moreVectors = MemoryMarshal.Cast<ulong, Vector<ulong>>(more);
            var sumVectors = MemoryMarshal.Cast<ulong, Vector<ulong>>(sum);
            for (var i = 0; i < sumVectors.Length; i++)
                sumVectors[i] |= moreVectors[i];
            for (var i = sumVectors.Length * Vector<ulong>.Count; i < sum.Length; i++)
                sum[i] |= more[i];
        }

        private Span<ulong> Row(int node) => _words.AsSpan(node * width, width);
    }
}
