using System.Collections.Immutable;
using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Deployments;

/// <summary>A plan, ready for questions about single nodes.</summary>
public sealed class PlanIndex
{
    private readonly Dictionary<NodeName, (int Group, PlannedNode Node)> _nodes;
    private readonly ImmutableArray<ImmutableArray<NodeName>> _groups;

    /// <summary>Indexes the plan; linear in its nodes.</summary>
    public PlanIndex(Plan plan)
    {
        Plan = plan;
        _nodes = new Dictionary<NodeName, (int, PlannedNode)>(plan.NodeCount);
        foreach (var group in plan.Groups)
            foreach (var node in group.Nodes)
                _nodes.Add(node.Name, (group.Number, node));
        _groups = [.. plan.Groups.Select(g => g.Nodes.Select(n => n.Name).ToImmutableArray())];
    }

    /// <summary>The plan itself.</summary>
    public Plan Plan { get; }

    /// <summary>How many groups it has.</summary>
    public int GroupCount => _groups.Length;

    /// <summary>All nodes, group by group.</summary>
    public IEnumerable<NodeName> Nodes => _groups.SelectMany(g => g);

    /// <summary>The nodes of a group in ordinal order; groups count from 1.</summary>
    public ImmutableArray<NodeName> Group(int number) => _groups[number - 1];

    /// <summary>A node's group.</summary>
    public int GroupOf(NodeName node) => _nodes[node].Group;

    /// <summary>The name under which a node answers on the wire.</summary>
    public NodeName WireNameOf(NodeName node) => _nodes[node].Node.WireName;
}
