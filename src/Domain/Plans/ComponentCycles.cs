using Orchestrator.Domain.Sites;
using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Plans;

/// <summary>
/// Components that wait for each other in a cycle, or for themselves. Components and capabilities are the vertices of one
/// graph: a component leads to what it produces, a capability to who consumes it.
/// </summary>
internal sealed class ComponentCycles
{
    private readonly SiteIndex _index;
    private readonly Graph _graph;
    private readonly StronglyConnectedComponents _sccs;

    public ComponentCycles(SiteIndex index)
    {
        _index = index;
        _graph = GraphOf(index);
        _sccs = StronglyConnectedComponents.Of(_graph);
    }

    /// <summary>False where no SCC holds more than one vertex.</summary>
    public bool Exist => _sccs.Count < _graph.Count;

    /// <summary>True where a component and a capability lie on a common cycle.</summary>
    public bool Join(int component, int capability) => _sccs[component] == _sccs[_index.ComponentCount + capability];

    /// <summary>One problem for each SCC that touches the selection, with a shortest cycle through its first component.</summary>
    public IEnumerable<SiteProblem> Problems(Selection selection)
    {
        if (!Exist)
            yield break;
        var members = _sccs.Members();
        var paths = new ShortestPaths(InOrder(members), _sccs);
        var reported = new bool[_sccs.Count];
        for (var component = 0; component < _index.ComponentCount; component++)
        {
            var scc = _sccs[component];
            if (members[scc].Length > 1 && !reported[scc] && selection.HasComponent(component))
            {
                reported[scc] = true;
                yield return Problem(paths.Find(component, component), members[scc]);
            }
        }
    }

    private SiteProblem Problem(List<int> path, ReadOnlySpan<int> scc)
    {
        List<int> components = [.. path.Where((_, i) => i % 2 == 0).Distinct()];
        List<int> capabilities = [.. path.Where((_, i) => i % 2 == 1).Select(v => v - _index.ComponentCount)];
        List<string> steps = [];
        for (var i = 0; i < capabilities.Count; i++)
        {
            var (producer, consumer) = (components[i], components[(i + 1) % components.Count]);
            steps.Add(_index.Site.Origin == SiteOrigin.Catalogs
                ? $"{_index[consumer].Name} comes after {_index[producer].Name} because of {_index.Capability(capabilities[i])}"
                : $"{_index[consumer].Name} {_index.WhereIs(consumer)} consumes {_index.Capability(capabilities[i])} of {_index[producer].Name}");
        }

        // Members stand in ascending order: components first, capabilities behind them.
        var first = scc.IndexOfAnyExceptInRange(0, _index.ComponentCount - 1);
        var rest = first == components.Count
            ? ""
            : $"; {Phrases.Count(first - components.Count, "more component")} {Phrases.Agree(first - components.Count, "is", "are")} part of this cycle";
        components.AddRange(scc[..first]);
        capabilities.AddRange(_index.InOrder([.. scc[first..].ToArray().Select(v => v - _index.ComponentCount)]));
        var subject = steps.Count == 1 ? "a component depends on itself" : "circular dependency between components";
        return new SiteProblem(
            SiteProblemKinds.ComponentCycle,
            $"{subject}: {Phrases.Some(steps, 10)}{rest}; " + (_index.Site.Origin == SiteOrigin.Catalogs
                ? CycleTypes.Advice(_index, [.. components.Distinct()], [.. capabilities.Distinct()])
                : "Puppet could not compile this even on one node: remove one of these consumes"),
            [.. components.Select(c => _index.NodeOf[c]).Where(n => n >= 0).Distinct().Select(n => _index.Nodes[n])],
            [.. components.Select(c => _index[c].Name).Distinct()],
            [.. capabilities.Distinct().Select(_index.Capability)]);
    }

    private static Graph GraphOf(SiteIndex index)
    {
        var graph = new GraphBuilder(index.ComponentCount + index.Site.Capabilities.Length);
        for (var component = 0; component < index.ComponentCount; component++)
        {
            foreach (var capability in index.Produces(component))
                graph.Add(index.ComponentCount + capability);
            graph.EndVertex();
        }

        var consumersOf = index.UsersOf(isProducer: false);
        for (var capability = 0; capability < consumersOf.Count; capability++)
        {
            foreach (var consumer in consumersOf[capability])
                graph.Add(consumer);
            graph.EndVertex();
        }

        return graph.Build();
    }

    /// <summary>The edges inside SCCs, with capabilities in order of name, so that the cycle shown does not depend on the document's order.</summary>
    private Graph InOrder(Graph members)
    {
        var ordered = new GraphBuilder(_graph.Count);
        for (var vertex = 0; vertex < _graph.Count; vertex++)
        {
            var scc = _sccs[vertex];
            if (members[scc].Length > 1)
            {
                var inside = _graph[vertex].ToArray().Where(target => _sccs[target] == scc);
                if (vertex < _index.ComponentCount)
                    inside = _index.InOrder([.. inside.Select(t => t - _index.ComponentCount)]).Select(c => c + _index.ComponentCount);
                foreach (var target in inside)
                    ordered.Add(target);
            }

            ordered.EndVertex();
        }

        return ordered.Build();
    }
}
