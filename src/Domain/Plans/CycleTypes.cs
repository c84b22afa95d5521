using Orchestrator.Messages;

namespace Orchestrator.Domain.Plans;

/// <summary>From which types of resources a cycle comes that was told from catalogs, and what can be done about it.</summary>
internal static class CycleTypes
{
    /// <summary>So many types are tried, one after the other, for whether the cycle would be gone without them.</summary>
    private const int MostTried = 20;

    /// <summary>The type of what a mapping file adds, which is none of a resource.</summary>
    private const string AddedEdge = "Edge";

    /// <param name="components">Those of the cycle.</param>
    /// <param name="capabilities">Those between them.</param>
    public static string Advice(SiteIndex index, IReadOnlyCollection<int> components, IReadOnlyCollection<int> capabilities)
    {
        var types = capabilities.GroupBy(c => TypeOf(index.Capability(c)), StringComparer.Ordinal)
            .Select(g => (Type: g.Key, Capabilities: g.ToHashSet()))
            .OrderByDescending(t => t.Capabilities.Count).ThenBy(t => t.Type, StringComparer.Ordinal).ToList();
        var all = Phrases.Some([.. types.Select(t => TypeText(t.Type, t.Capabilities.Count))], 10);
        var nodes = NodesOf(index, components);
        var alone = types.Count < 2 ? []
            : types.Take(MostTried).Where(t => t.Type != AddedEdge && !IsCyclic(index, nodes, [.. capabilities.Where(c => !t.Capabilities.Contains(c))]))
                .Select(t => t.Type).ToList();
        var enough = alone.Count == 0 ? "" : $", and is gone without {Phrases.List(alone, "or")}";
        return $"it comes from {all}{enough}: in the mapping file add a type to 'ignore' if it means no order, or to 'reverse' if it means the opposite "
            + "order, or remove an edge under 'edges'";
    }

    private static string TypeText(string type, int count) => type == AddedEdge
        ? $"{Phrases.Count(count, "edge")} that the mapping file adds"
        : $"{type} ({Phrases.Count(count, "resource")})";

    private static Dictionary<int, int> NodesOf(SiteIndex index, IReadOnlyCollection<int> components) =>
        components.Select(c => index.NodeOf[c]).Distinct().Select((node, number) => (node, number)).ToDictionary(n => n.node, n => n.number);

    /// <summary>Nodes first, capabilities behind them: a node leads to what it produces, a capability to who consumes it.</summary>
    private static bool IsCyclic(SiteIndex index, Dictionary<int, int> nodes, List<int> capabilities)
    {
        var numbers = new Dictionary<int, int>(capabilities.Count);
        foreach (var capability in capabilities)
            numbers.Add(capability, nodes.Count + numbers.Count);
        var consumers = capabilities.Select(_ => new List<int>()).ToList();
        var graph = new GraphBuilder(nodes.Count + capabilities.Count);
        foreach (var node in nodes.Keys)
        {
            foreach (var component in index.ComponentsOn[node])
            {
                foreach (var capability in index.Produces(component))
                {
                    if (numbers.TryGetValue(capability, out var number))
                        graph.Add(number);
                }
                foreach (var capability in index.Consumes(component))
                {
                    if (numbers.TryGetValue(capability, out var number) && !ProducesItself(index, node, capability))
                        consumers[number - nodes.Count].Add(nodes[node]);
                }
            }
            graph.EndVertex();
        }
        foreach (var list in consumers)
        {
            foreach (var consumer in list)
                graph.Add(consumer);
            graph.EndVertex();
        }
        return StronglyConnectedComponents.Of(graph.Build()).Count < nodes.Count + capabilities.Count;
    }

    /// <summary>What a node produces for itself is no obstacle.</summary>
    private static bool ProducesItself(SiteIndex index, int node, int capability)
    {
        foreach (var component in index.ProducersOf[capability])
        {
            if (index.NodeOf[component] == node)
                return true;
        }
        return false;
    }

    private static string TypeOf(string capability) => capability[..capability.IndexOf('[', StringComparison.Ordinal)];
}
