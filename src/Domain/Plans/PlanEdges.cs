using Orchestrator.Domain.Sites;
using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Plans;

/// <summary>What makes each node of a plan come after others: the capabilities that its components consume of theirs.</summary>
public static class PlanEdges
{
    /// <summary>An edge of more capabilities names so many.</summary>
    public const int MostCapabilities = 10;

    /// <summary>The edges of the plan that was made of the site: by the later node, then the earlier one.</summary>
    public static ImmutableArray<PlanEdge> Of(Site site, Plan plan)
    {
        var index = new SiteIndex(site);
        var isPlanned = plan.Groups.SelectMany(g => g.Nodes).Select(n => n.Name.Value).ToHashSet(StringComparer.Ordinal);
        var edges = ImmutableArray.CreateBuilder<PlanEdge>();
        for (var node = 0; node < index.Nodes.Length; node++)
        {
            if (isPlanned.Contains(index.Nodes[node]))
                AddEdges(index, node, isPlanned, edges);
        }
        return edges.ToImmutable();
    }

    private static void AddEdges(SiteIndex index, int node, HashSet<string> isPlanned, ImmutableArray<PlanEdge>.Builder edges)
    {
        var byProducer = new SortedDictionary<int, HashSet<int>>();
        foreach (var component in index.ComponentsOn[node])
        {
            foreach (var capability in index.Consumes(component))
            {
                foreach (var producer in index.ProducersOf[capability])
                {
                    if (index.NodeOf[producer] is var before && before >= 0 && before != node && isPlanned.Contains(index.Nodes[before]))
                        (byProducer.TryGetValue(before, out var known) ? known : byProducer[before] = []).Add(capability);
                }
            }
        }
        foreach (var (before, capabilities) in byProducer)
        {
            edges.Add(new PlanEdge(
                new NodeName(index.Nodes[before]), new NodeName(index.Nodes[node]),
                [.. capabilities.Select(index.Capability).Order(StringComparer.Ordinal).Take(MostCapabilities)], capabilities.Count));
        }
    }
}
