using System.Runtime.InteropServices;

namespace Orchestrator.Puppet.Databases;

/// <summary>Gathers who produces and who consumes what, in any order, and puts it in order by component.</summary>
internal sealed class SiteLinks
{
    private readonly List<string> _names = [];
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<(int Component, int Capability)> _produced = [];
    private readonly List<(int Component, int Capability)> _consumed = [];

    public ImmutableArray<string> Names() => [.. _names];

    /// <summary>The number of a capability; false where it is there already.</summary>
    public bool TryCapability(string name, out int number)
    {
        ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, name, out var isKnown);
        if (!isKnown)
        {
            known = _names.Count;
            _names.Add(name);
        }
        number = known;
        return !isKnown;
    }

    public void Add(int component, int capability, bool isProduced) => (isProduced ? _produced : _consumed).Add((component, capability));

    /// <summary>All lists one after the other, and for each component the part of what it produces and of what it consumes.</summary>
    public (int[] Links, Range[] Produces, Range[] Consumes) Build(int components)
    {
        var links = new int[_produced.Count + _consumed.Count];
        return (links, Place(_produced, 0, components, links), Place(_consumed, _produced.Count, components, links));
    }

    private static Range[] Place(List<(int Component, int Capability)> pairs, int start, int components, int[] links)
    {
        var starts = new int[components + 1];
        foreach (var (component, _) in pairs)
            starts[component + 1]++;
        starts[0] = start;
        for (var component = 1; component <= components; component++)
            starts[component] += starts[component - 1];
        var next = (int[])starts.Clone();
        foreach (var (component, capability) in pairs)
            links[next[component]++] = capability;
        var ranges = new Range[components];
        for (var component = 0; component < components; component++)
            ranges[component] = starts[component]..starts[component + 1];
        return ranges;
    }
}
