using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Plans;

/// <summary>A plan, ready for questions about single nodes.</summary>
public sealed class PlanIndex
{
    private readonly Dictionary<NodeName, (int Group, PlannedNode Node)> _nodes;
    private readonly ImmutableArray<ImmutableArray<NodeName>> _groups;
    private readonly Lazy<Dictionary<NodeName, List<NodeName>>> _dependents;
    private readonly Dictionary<(int Group, string Label), (ImmutableArray<NodeName> Nodes, Dictionary<NodeName, int> Positions)> _spread = [];

    /// <summary>Indexes the plan; linear in its nodes.</summary>
    public PlanIndex(Plan plan)
    {
        Plan = plan;
        _nodes = new Dictionary<NodeName, (int, PlannedNode)>(plan.NodeCount);
        foreach (var group in plan.Groups)
        {
            foreach (var node in group.Nodes)
                _nodes.Add(node.Name, (group.Number, node));
        }
        _groups = [.. plan.Groups.Select(g => g.Nodes.Select(n => n.Name).ToImmutableArray())];
        _dependents = new Lazy<Dictionary<NodeName, List<NodeName>>>(Dependents);
    }

    public Plan Plan { get; }

    public int GroupCount => _groups.Length;

    /// <summary>All nodes, group by group.</summary>
    public IEnumerable<NodeName> Nodes => _groups.SelectMany(g => g);

    /// <summary>The nodes of a group in ordinal order; groups count from 1.</summary>
    public ImmutableArray<NodeName> Group(int number) => _groups[number - 1];

    public int GroupOf(NodeName node) => _nodes[node].Group;
    public bool Has(NodeName node) => _nodes.ContainsKey(node);
    public NodeName WireNameOf(NodeName node) => _nodes[node].Node.WireName;

    /// <summary>The nodes that must have succeeded before this one, in ordinal order.</summary>
    public ImmutableArray<NodeName> Before(NodeName node) => _nodes[node].Node.After;

    /// <summary>The nodes that wait for this one, in the plan's order.</summary>
    public IReadOnlyList<NodeName> WaitingFor(NodeName node) => _dependents.Value.TryGetValue(node, out var list) ? list : [];

    /// <summary>The value of a node's label; null where the site gives it none.</summary>
    public string? LabelOf(NodeName node, string label) => _nodes[node].Node.Labels?.GetValueOrDefault(label);

    /// <summary>The nodes of a group after <paramref name="last"/> in the order of batches: by name, or by a label's value and then by name.</summary>
    /// <param name="group">From 1.</param>
    /// <param name="label">The label that keeps nodes apart; null for none.</param>
    /// <param name="last">Null for all of them.</param>
    public ReadOnlySpan<NodeName> Rest(int group, string? label, NodeName? last)
    {
        if (label is null)
        {
            var nodes = Group(group);
            return nodes.AsSpan()[(last is { } name ? nodes.BinarySearch(name) + 1 : 0)..];
        }
        if (!_spread.TryGetValue((group, label), out var order))
        {
            ImmutableArray<NodeName> nodes = [.. Group(group).OrderBy(n => LabelOf(n, label), StringComparer.Ordinal)];
            _spread.Add((group, label), order = (nodes, nodes.Select((n, i) => (n, i)).ToDictionary(p => p.n, p => p.i)));
        }
        return order.Nodes.AsSpan()[(last is { } taken ? order.Positions[taken] + 1 : 0)..];
    }

    private Dictionary<NodeName, List<NodeName>> Dependents()
    {
        var dependents = new Dictionary<NodeName, List<NodeName>>();
        foreach (var name in Nodes)
        {
            foreach (var producer in Before(name))
            {
                if (!dependents.TryGetValue(producer, out var list))
                    dependents.Add(producer, list = []);
                list.Add(name);
            }
        }
        return dependents;
    }
}
