using Orchestrator.Domain.Sites;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Plans;

/// <summary>Which selected node waits for which, and in which group each one runs. Takes time linear in the site and in the lists of the plan.</summary>
internal sealed class NodeOrder
{
    /// <summary>
    /// So many times may a node wait for another. A thousand producers of one capability for a thousand consumers are a million;
    /// the limit keeps a small document from asking for a plan that fits into no memory.
    /// </summary>
    public const int MostSteps = 4_000_000;

    private readonly SiteIndex _index;
    private readonly Selection _selection;
    private readonly HashSet<(int Node, int Capability)> _outside = [];

    private NodeOrder(SiteIndex index, Selection selection)
    {
        (_index, _selection) = (index, selection);
        ProducingNodesOf = ProducingNodes(index);
        After = new Graph(new int[index.Nodes.Length + 1], []);
        GroupOf = [];
    }

    /// <summary>The nodes that each node must wait for, ascending, without itself.</summary>
    public Graph After { get; private set; }

    /// <summary>The group of each node, from 0; -1 for a node that is not selected, or never runs because of a cycle.</summary>
    public int[] GroupOf { get; private set; }

    /// <summary>How many groups there are.</summary>
    public int Groups { get; private set; }

    /// <summary>True where some selected node would never run.</summary>
    public bool HasCycle { get; private set; }

    /// <summary>The nodes on which each capability is produced, ascending, each once.</summary>
    public Graph ProducingNodesOf { get; }

    /// <summary>The order; null, with a problem, where the site asks for more of it than <see cref="MostSteps"/>.</summary>
    public static NodeOrder? Of(SiteIndex index, Selection selection, List<SiteProblem> problems)
    {
        var order = new NodeOrder(index, selection);
        if (!order.FindAfter())
        {
            problems.Add(new SiteProblem(
                SiteProblemKinds.MalformedSite,
                FormattableString.Invariant($"the capabilities of this site make nodes wait for each other in more than {MostSteps:N0} pairs, the most that can be planned; give capabilities fewer producers and consumers"),
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
            var producers = _outside
                .SelectMany(o => _index.ComponentsOn[o.Node].ToArray().Where(c => _index.IsProducedBy(o.Capability, c)), (o, c) => (Component: c, Capability: _index.Capability(o.Capability)))
                .OrderBy(p => p.Component).ThenBy(p => p.Capability, StringComparer.Ordinal).ToList();
            List<string> sentences = [.. producers.Select(p => $"{p.Capability} of {_index[p.Component].Name} {_index.WhereIs(p.Component)}")];
            yield return new PlanWarning(
                PlanWarningKinds.ProducerOutsideSelection,
                $"what is produced on nodes outside of the selection is taken as done: {Sentences.Some(sentences, 10)}",
                [.. _outside.Select(o => o.Node).Distinct().Order().Select(n => _index.Nodes[n])],
                [.. producers.Select(p => _index[p.Component].Name).Distinct()]);
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
                    foreach (var capability in _index[component].Consumes)
                    {
                        if (consumedOn[capability] == node + 1)
                        {
                            continue;
                        }

                        consumedOn[capability] = node + 1;
                        var producers = ProducingNodesOf[capability];
                        steps += producers.Length;
                        if (steps > MostSteps)
                        {
                            return false;
                        }

                        foreach (var producer in producers)
                        {
                            if (producer == node)
                            {
                                continue;               // what a node produces for itself is no obstacle
                            }

                            if (!_selection.HasNode(producer))
                            {
                                _outside.Add((producer, capability));
                            }
                            else if (awaitedBy[producer] != node + 1)
                            {
                                awaitedBy[producer] = node + 1;
                                after.Add(producer);
                            }
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

    /// <summary>Kahn's algorithm: a node's group is one beyond the last group of those that it waits for.</summary>
    private void FindGroups()
    {
        var before = After.Reverse(After.Count);
        var waitsFor = new int[After.Count];
        GroupOf = new int[After.Count];
        var ready = new Queue<int>();
        var open = 0;
        for (var node = 0; node < After.Count; node++)
        {
            waitsFor[node] = After[node].Length;
            GroupOf[node] = -1;
            if (_selection.HasNode(node))
            {
                open++;
                if (waitsFor[node] == 0)
                {
                    GroupOf[node] = 0;
                    ready.Enqueue(node);
                }
            }
        }

        // Nodes become ready group by group, so the one that makes a node ready is the last that it waited for.
        while (ready.TryDequeue(out var node))
        {
            open--;
            Groups = GroupOf[node] + 1;
            foreach (var waiting in before[node])
            {
                if (--waitsFor[waiting] == 0)
                {
                    GroupOf[waiting] = GroupOf[node] + 1;
                    ready.Enqueue(waiting);
                }
            }
        }

        HasCycle = open > 0;
    }

    private static Graph ProducingNodes(SiteIndex index)
    {
        var producedOn = new int[index.Site.Capabilities.Length];       // the last node (from 1) that was seen to produce it
        var produced = new GraphBuilder(index.Nodes.Length);
        for (var node = 0; node < index.Nodes.Length; node++)
        {
            foreach (var component in index.ComponentsOn[node])
            {
                foreach (var capability in index[component].Produces)
                {
                    if (producedOn[capability] != node + 1)
                    {
                        producedOn[capability] = node + 1;
                        produced.Add(capability);
                    }
                }
            }

            produced.EndVertex();
        }

        return produced.Build().Reverse(index.Site.Capabilities.Length);
    }
}
