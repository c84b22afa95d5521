using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Plans;

/// <summary>Which selected node waits for which, and in which group each one runs. Takes time linear in the site and in the lists of the plan.</summary>
internal sealed class NodeOrder
{
    /// <summary>
    /// So many times may a node wait for another. A thousand producers of one capability for a thousand consumers are a million;
    /// the limit keeps a small document from asking for a plan that fits into no memory.
    /// </summary>
    public const int MostPairs = 4_000_000;

    /// <summary>So many pairs of components are looked at to find the pairs of nodes; more of them are refused just so.</summary>
    private const int MostSteps = 10 * MostPairs;

    private readonly SiteIndex _index;
    private readonly Selection _selection;
    private readonly HashSet<(int Capability, int Producer)> _outside = [];

    private NodeOrder(SiteIndex index, Selection selection)
    {
        (_index, _selection) = (index, selection);
        After = new Graph([0], []);
        GroupOf = [];
    }

    /// <summary>The nodes that each node must wait for, ascending, without itself.</summary>
    public Graph After { get; private set; }

    /// <summary>The group of each node, from 0; -1 for a node that is not selected, or never runs because of a cycle.</summary>
    public int[] GroupOf { get; private set; }

    public int Groups { get; private set; }

    /// <summary>True where some selected node would never run.</summary>
    public bool HasCycle { get; private set; }

    /// <summary>True where a component consumes what is produced on its own node.</summary>
    public bool HasStepsWithinNodes { get; private set; }

    /// <summary>The order; null, with a problem, where the site asks for more of it than <see cref="MostPairs"/>.</summary>
    public static NodeOrder? Of(SiteIndex index, Selection selection, List<SiteProblem> problems)
    {
        var order = new NodeOrder(index, selection);
        if (!order.FindAfter())
        {
            problems.Add(new SiteProblem(
                SiteProblemKinds.MalformedSite,
                FormattableString.Invariant($"the capabilities of this site create more than {MostPairs:N0} dependencies between nodes, ") +
                "the most that can be planned; give capabilities fewer producers and consumers",
                [], [], []));
            return null;
        }

        order.FindGroups();
        return order;
    }

    /// <summary>What selected nodes consume from nodes outside of the selection.</summary>
    public IEnumerable<PlanWarning> Warnings()
    {
        if (_outside.Count > 0)
        {
            var outside = _outside.OrderBy(o => o.Producer).ThenBy(o => _index.Capability(o.Capability), StringComparer.Ordinal).ToList();
            List<string> sentences = [.. outside.Select(o => $"{_index.Capability(o.Capability)} of {_index[o.Producer].Name} {_index.WhereIs(o.Producer)}")];
            yield return new PlanWarning(
                PlanWarningKinds.ProducerOutsideSelection,
                $"producers on nodes outside the selection are assumed done: {Phrases.Some(sentences, 10)}",
                [.. outside.Select(o => _index.NodeOf[o.Producer]).Distinct().Order().Select(n => _index.Nodes[n])],
                [.. outside.Select(o => _index[o.Producer].Name).Distinct()]);
        }
    }

    private bool FindAfter()
    {
        var nodes = _index.Nodes.Length;
        var after = new GraphBuilder(nodes);
        var consumedOn = new int[_index.Site.Capabilities.Length];      // the last node (from 1) that was seen to consume it
        var awaitedBy = new int[nodes];                                 // the last node (from 1) that was seen to wait for it
        var steps = 0L;
        for (var node = 0; node < nodes; node++)
        {
            if (_selection.HasNode(node))
            {
                foreach (var component in _index.ComponentsOn[node])
                {
                    foreach (var capability in _index.Consumes(component))
                    {
                        if (consumedOn[capability] != node + 1)
                        {
                            consumedOn[capability] = node + 1;
                            steps += _index.ProducersOf[capability].Length;
                            if (steps > MostSteps || after.Count > MostPairs)
                                return false;
                            AddProducers(node, capability, after, awaitedBy);
                        }
                    }
                }

                after.Current.Sort();
            }

            after.EndVertex();
        }

        After = after.Build();
        return true;
    }

    private void AddProducers(int node, int capability, GraphBuilder after, int[] awaitedBy)
    {
        foreach (var component in _index.ProducersOf[capability])
        {
            var producer = _index.NodeOf[component];
            if (producer == node)
            {
                HasStepsWithinNodes = true;
            }             // what a node produces for itself is no obstacle
            else if (!_selection.HasNode(producer))
            {
                if (producer >= 0)
                    _outside.Add((capability, component));
            }
            else if (awaitedBy[producer] != node + 1)
            {
                awaitedBy[producer] = node + 1;
                after.Add(producer);
            }
        }
    }

    /// <summary>Kahn's algorithm: a node's group is one beyond the last group of those that it waits for.</summary>
    private void FindGroups()
    {
        var nodes = After.Count;
        var before = After.Reverse(nodes);
        var waitsFor = new int[nodes];
        var ready = new int[nodes];                     // a queue: each node enters it once
        var (first, last, open) = (0, 0, 0);
        GroupOf = new int[nodes];
        for (var node = 0; node < nodes; node++)
        {
            waitsFor[node] = After[node].Length;
            GroupOf[node] = -1;
            if (_selection.HasNode(node))
            {
                open++;
                if (waitsFor[node] == 0)
                {
                    GroupOf[node] = 0;
                    ready[last++] = node;
                }
            }
        }

        // Nodes become ready group by group, so the one that makes a node ready is the last that it waited for.
        while (first < last)
        {
            var node = ready[first++];
            Groups = GroupOf[node] + 1;
            foreach (var waiting in before[node])
            {
                if (--waitsFor[waiting] == 0)
                {
                    GroupOf[waiting] = GroupOf[node] + 1;
                    ready[last++] = waiting;
                }
            }
        }

        HasCycle = last < open;
    }
}
