using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Orchestrator.Messages;

namespace Orchestrator.Domain.Deployments.State;

/// <summary>
/// An immutable dictionary by node, for histories of many thousands of nodes of which every event changes some. A hash table in blocks of
/// small buckets: a change copies a block and a bucket, where <c>ImmutableDictionary</c> copies a branch of a tree, whose many small objects
/// cost a supervisor a tenth of its speed (measured in bench/Deployments). In no order.
/// </summary>
public sealed class NodeDictionary<T> : IReadOnlyDictionary<NodeName, T> where T : class
{
    public static readonly NodeDictionary<T> Empty = new([EmptyBlock()], 0);

    /// <summary>In each block; a bit of a <see cref="ulong"/> for each.</summary>
    private const int Buckets = 64;

    /// <summary>How many nodes a bucket has on average before there are twice as many buckets.</summary>
    private const int Full = 8;

    private readonly DeploymentEntry[][][] _blocks;

    private NodeDictionary(DeploymentEntry[][][] blocks, int count) => (_blocks, Count) = (blocks, count);

    /// <summary>The hash spares most looks at names, which lie each at a place of its own in memory.</summary>
    private readonly record struct DeploymentEntry(int Hash, NodeName Name, T Value);

    public int Count { get; }

    public IEnumerable<NodeName> Keys => this.Select(e => e.Key);

    public IEnumerable<T> Values => this.Select(e => e.Value);

    public T this[NodeName key] => GetValueOrDefault(key) ?? throw new KeyNotFoundException($"no event has named {key}");

    /// <summary>What is known of the node; null where nothing is.</summary>
    public T? GetValueOrDefault(NodeName key)
    {
        var hash = key.GetHashCode();
        var (block, bucket) = PlaceOf(_blocks, hash);
        var entries = _blocks[block][bucket];
        var index = IndexOf(entries, hash, key);
        return index < 0 ? null : entries[index].Value;
    }

    public bool ContainsKey(NodeName key) => GetValueOrDefault(key) is not null;

    public bool TryGetValue(NodeName key, [MaybeNullWhen(false)] out T value) => (value = GetValueOrDefault(key)) is not null;

    /// <summary>The same but for the nodes of these items.</summary>
    /// <param name="items">In this order; one whose node is named twice is changed twice.</param>
    /// <param name="change">What is known of the item's node after it; null is one of which nothing was known.</param>
    public NodeDictionary<T> SetItems<TItem>(IEnumerable<TItem> items, Func<TItem, NodeName> keyOf, Func<TItem, T?, T> change)
    {
        var builder = new Builder(this);
        foreach (var item in items)
            builder.Set(keyOf(item), item, change);
        return builder.Build();
    }

    public IEnumerator<KeyValuePair<NodeName, T>> GetEnumerator()
    {
        foreach (var block in _blocks)
        {
            foreach (var bucket in block)
            {
                foreach (var entry in bucket)
                    yield return new KeyValuePair<NodeName, T>(entry.Name, entry.Value);
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static DeploymentEntry[][] EmptyBlock()
    {
        var block = new DeploymentEntry[Buckets][];
        Array.Fill(block, []);
        return block;
    }

    private static (int Block, int Bucket) PlaceOf(DeploymentEntry[][][] blocks, int hash)
    {
        var index = hash & ((blocks.Length * Buckets) - 1);
        return (index / Buckets, index % Buckets);
    }

    private static int IndexOf(DeploymentEntry[] entries, int hash, NodeName name)
    {
        for (var i = 0; i < entries.Length; i++)
        {
            if (entries[i].Hash == hash && entries[i].Name == name)
                return i;
        }
        return -1;
    }

    /// <summary>Copies what it changes, once.</summary>
    private struct Builder(NodeDictionary<T> before)
    {
        private DeploymentEntry[][][] _blocks = [.. before._blocks];

        /// <summary>Of each block the buckets that are copies; none where the block itself is not.</summary>
        private ulong[] _copied = new ulong[before._blocks.Length];

        private int _count = before.Count;

        public void Set<TItem>(NodeName key, TItem item, Func<TItem, T?, T> change)
        {
            var hash = key.GetHashCode();
            var (block, bucket) = PlaceOf(_blocks, hash);
            if (_copied[block] == 0)
                _blocks[block] = [.. _blocks[block]];
            ref var entries = ref _blocks[block][bucket];
            var index = IndexOf(entries, hash, key);
            var changed = new DeploymentEntry(hash, key, change(item, index < 0 ? null : entries[index].Value));
            if (index < 0)
                entries = [.. entries, changed];
            else if ((_copied[block] & (1UL << bucket)) == 0)
                entries = [.. entries];
            if (index >= 0)
                entries[index] = changed;
            _copied[block] |= 1UL << bucket;
            if (index < 0 && ++_count > _blocks.Length * Buckets * Full)
                Grow();
        }

        public readonly NodeDictionary<T> Build() => new(_blocks, _count);

        private void Grow()
        {
            var before = _blocks;
            _blocks = new DeploymentEntry[before.Length * 2][][];
            for (var i = 0; i < _blocks.Length; i++)
                _blocks[i] = EmptyBlock();
            _copied = new ulong[_blocks.Length];
            Array.Fill(_copied, ulong.MaxValue);
            foreach (var entry in before.SelectMany(block => block).SelectMany(bucket => bucket))
            {
                var (block, bucket) = PlaceOf(_blocks, entry.Hash);
                _blocks[block][bucket] = [.. _blocks[block][bucket], entry];
            }
        }
    }
}
