using Orchestrator.Domain.Sites;
using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Plans;

/// <summary>
/// Nodes that wait for each other although their components do not: only the sharing of nodes makes the cycle. Of each SCC of
/// nodes that is tied by more than component cycles, one cycle is reported, with the component, the capability and the component of each step.
/// </summary>
internal sealed class NodeCycles(SiteIndex index, NodeOrder order, ComponentCycles componentCycles)
{
    private readonly StronglyConnectedComponents _sccs = StronglyConnectedComponents.Of(order.After);

    public IEnumerable<SiteProblem> Problems()
    {
        var members = _sccs.Members();
        var paths = new ShortestPaths(order.After, _sccs);
        var reported = new bool[_sccs.Count];
        for (var node = 0; node < index.Nodes.Length; node++)
        {
            var scc = _sccs[node];
            if (members[scc].Length > 1 && !reported[scc] && ProducerThatCloses(node) is { } producer)
            {
                reported[scc] = true;

                // The path leads from waiting nodes to awaited ones: turned round it is the order in which they would have to run.
                var path = paths.Find(producer, node);
                path.Reverse();
                yield return Problem(path, members[scc]);
            }
        }
    }

    private SiteProblem Problem(List<int> cycle, ReadOnlySpan<int> scc)
    {
        List<string> sentences = [], components = [], capabilities = [];
        for (var i = 0; i < cycle.Count; i++)
        {
            var (from, to) = (cycle[i], cycle[(i + 1) % cycle.Count]);
            var (producer, capability, consumer) = Step(from, to);
            sentences.Add($"{index.Nodes[from]} -> {index.Nodes[to]} because {index[consumer].Name} on {index.Nodes[to]} " +
                $"consumes {index.Capability(capability)} of {index[producer].Name} on {index.Nodes[from]}");
            components.AddRange([index[producer].Name, index[consumer].Name]);
            capabilities.Add(index.Capability(capability));
        }

        var others = scc.Length - cycle.Count;
        var rest = others == 0 ? "" : $"; {Phrases.Count(others, "more node")} {Phrases.Agree(others, "is", "are")} part of this cycle";
        return new SiteProblem(
            SiteProblemKinds.NodeCycle,
            $"circular dependency between nodes: {Phrases.Some(sentences, 10)}{rest}; " + (index.Site.Origin == SiteOrigin.Catalogs
                ? CycleTypes.Advice(index, [.. scc.ToArray().SelectMany(n => index.ComponentsOn[n].ToArray())], CapabilitiesWithin(scc))
                : "only shared nodes cause this cycle: move one of these components to another node"),
            [.. cycle.Concat(scc.ToArray()).Distinct().Select(n => index.Nodes[n])],
            [.. components.Distinct()],
            [.. capabilities.Distinct()]);
    }

    /// <summary>What nodes of an SCC produce for each other.</summary>
    private List<int> CapabilitiesWithin(ReadOnlySpan<int> scc)
    {
        var members = scc.ToArray().ToHashSet();
        return
        [
            .. members.SelectMany(n => index.ComponentsOn[n].ToArray()).SelectMany(c => index.Consumes(c).ToArray()).Distinct()
                .Where(c => index.ProducersOf[c].ToArray().Any(p => members.Contains(index.NodeOf[p]))),
        ];
    }

    /// <summary>The first node in its SCC for which this one waits by a step of no component cycle; null where component cycles alone tie it.</summary>
    private int? ProducerThatCloses(int node)
    {
        int? first = null;
        foreach (var consumer in index.ComponentsOn[node])
        {
            foreach (var capability in index.Consumes(consumer))
            {
                var isCyclic = componentCycles.Join(consumer, capability);
                foreach (var component in index.ProducersOf[capability])
                {
                    var producer = index.NodeOf[component];
                    if (producer >= 0 && producer != node && _sccs[producer] == _sccs[node] && !(first <= producer)
                        && !(isCyclic && componentCycles.Join(component, capability)))
                    {
                        first = producer;
                    }
                }
            }
        }

        return first;
    }

    /// <summary>Why one node must run before another: the first reason that is no part of a component cycle, else the first of all.</summary>
    private (int Producer, int Capability, int Consumer) Step(int from, int to)
    {
        var producers = ProducersOn(from);
        (int, int, int)? second = null;
        foreach (var consumer in index.ComponentsOn[to])
        {
            foreach (var capability in index.InOrder(index.Consumes(consumer)))
            {
                foreach (var producer in producers.GetValueOrDefault(capability, []))
                {
                    if (!(componentCycles.Join(producer, capability) && componentCycles.Join(consumer, capability)))
                        return (producer, capability, consumer);
                    second ??= (producer, capability, consumer);
                }
            }
        }

        return second ?? throw new InvalidOperationException("a node waits for another only because of a capability");
    }

    /// <summary>What is produced on a node, and by which of its components.</summary>
    private Dictionary<int, List<int>> ProducersOn(int node)
    {
        var producers = new Dictionary<int, List<int>>();
        foreach (var component in index.ComponentsOn[node])
        {
            foreach (var capability in index.Produces(component))
            {
                if (!producers.TryGetValue(capability, out var components))
                    producers.Add(capability, components = []);
                components.Add(component);
            }
        }

        return producers;
    }
}
