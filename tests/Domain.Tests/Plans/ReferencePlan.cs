namespace Orchestrator.Domain.Tests.Plans;

/// <summary>The rules of a plan, said as shortly as possible and without any thought of speed.</summary>
internal sealed class ReferencePlan
{
    private readonly RandomSite _site;

    public ReferencePlan(RandomSite site)
    {
        _site = site;
        var components = site.Components;
        ComponentReach = Closure(components.Length, (a, b) => Feeds(a, b));
        Nodes = [.. components.Where(c => c.Node is not null).Select(c => c.Node!).Distinct().Order(StringComparer.Ordinal)];
        NodeReach = Closure(Nodes.Length, Precedes);
        Missing = [.. components.SelectMany(c => c.Consumes.Where(k => !components.Any(p => p.Produces.Contains(k))).Select(k => (c.Name, k))).Distinct()];
        WithoutNode = [.. components.Where(c => c.Node is null).Select(c => c.Name)];
        ComponentKnots = StronglyConnectedComponents(components.Length, ComponentReach, _ => true);
        NodeKnots = StronglyConnectedComponents(Nodes.Length, NodeReach, HasStepOfItsOwn);
        Groups = Scan();
    }

    public string[] Nodes { get; }

    public bool[,] ComponentReach { get; }

    public bool[,] NodeReach { get; }

    public (string Component, string Capability)[] Missing { get; }

    public string[] WithoutNode { get; }

    /// <summary>The components of each component cycle's knot.</summary>
    public List<int[]> ComponentKnots { get; }

    /// <summary>The nodes of each knot that is tied by more than component cycles.</summary>
    public List<int[]> NodeKnots { get; }

    /// <summary>Group by group the nodes whose predecessors have all run.</summary>
    public List<string[]> Groups { get; }

    public bool IsPlannable => Missing.Length == 0 && WithoutNode.Length == 0 && ComponentKnots.Count == 0 && NodeKnots.Count == 0;

    public bool Feeds(int producer, int consumer) => _site.Components[producer].Produces.Intersect(_site.Components[consumer].Consumes).Any();

    public bool Precedes(int before, int after) =>
        before != after && Pairs(before, after).Any(p => Feeds(p.Producer, p.Consumer));

    private IEnumerable<(int Producer, int Consumer)> Pairs(int before, int after) =>
        from p in Enumerable.Range(0, _site.Components.Length)
        from c in Enumerable.Range(0, _site.Components.Length)
        where _site.Components[p].Node == Nodes[before] && _site.Components[c].Node == Nodes[after]
        select (p, c);

    private bool HasStepOfItsOwn(int[] knot) => knot.Any(a => knot.Any(b =>
        a != b && Pairs(a, b).Any(p => Feeds(p.Producer, p.Consumer) && !(ComponentReach[p.Producer, p.Consumer] && ComponentReach[p.Consumer, p.Producer]))));

    private List<string[]> Scan()
    {
        var groups = new List<string[]>();
        var done = new HashSet<int>();
        while (true)
        {
            var ready = Enumerable.Range(0, Nodes.Length)
                .Where(n => !done.Contains(n) && Enumerable.Range(0, Nodes.Length).All(p => !Precedes(p, n) || done.Contains(p))).ToArray();
            if (ready.Length == 0)
                return groups;
            groups.Add([.. ready.Select(n => Nodes[n])]);
            done.UnionWith(ready);
        }
    }

    private static List<int[]> StronglyConnectedComponents(int count, bool[,] reach, Func<int[], bool> counts) =>
        [.. Enumerable.Range(0, count).Where(a => reach[a, a])
            .Select(a => Enumerable.Range(0, count).Where(b => reach[a, b] && reach[b, a]).ToArray())
            .DistinctBy(k => k[0]).Where(counts)];

    private static bool[,] Closure(int count, Func<int, int, bool> step)
    {
        var reach = new bool[count, count];
        for (var a = 0; a < count; a++)
        {
            for (var b = 0; b < count; b++)
                reach[a, b] = step(a, b);
        }

        for (var via = 0; via < count; via++)
        {
            for (var a = 0; a < count; a++)
            {
                for (var b = 0; b < count; b++)
                    reach[a, b] |= reach[a, via] && reach[via, b];
            }
        }

        return reach;
    }
}
