using System.Text.Json.Serialization;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Messages.Plans;

/// <summary>What a failure of each node would cost, and how long the plan should take by what its nodes took before.</summary>
/// <param name="Fleet">The fleet whose history is told.</param>
/// <param name="Batch">The sizes of batches that <paramref name="Expected"/> is for; left out for whole groups.</param>
/// <param name="Expected">How long the runs should take, group after group and batch after batch; null where there is no history.</param>
/// <param name="CriticalPath">The nodes that wait for each other and take longest together; null without a history or a node.</param>
/// <param name="Nodes">All nodes, in the plan's order.</param>
public sealed record PlanImpact(
    PlanId PlanId,
    string Environment,
    FleetName Fleet,
    RunHistory History,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] BatchSizes? Batch,
    TimeSpan? Expected,
    ImmutableArray<GroupTime> Groups,
    CriticalPath? CriticalPath,
    ImmutableArray<NodeImpact> Nodes);

/// <summary>What expected times are from.</summary>
/// <param name="Deployments">How many deployments had runs that count: good ones, that were no noop and no rollback.</param>
/// <param name="Nodes">How many of the plan's nodes have such runs.</param>
/// <param name="StandIn">The median of these nodes' times, which stands in for the others; null where no node has any.</param>
public sealed record RunHistory(int Deployments, int Nodes, TimeSpan? StandIn);

/// <param name="Expected">The sum of the longest time of each batch; null where there is no history.</param>
/// <param name="Slowest">The node that takes longest, the first of equals; null where there is no history.</param>
public sealed record GroupTime(int Number, int Nodes, int Batches, TimeSpan? Expected, NodeName? Slowest);

/// <summary>The chain of nodes that bounds a deployment's time however many run at once.</summary>
/// <param name="Expected">The sum of the nodes' times.</param>
/// <param name="Nodes">First to last.</param>
public sealed record CriticalPath(TimeSpan Expected, ImmutableArray<NodeName> Nodes);

/// <summary>One node's weight in a plan.</summary>
/// <param name="Skips">How many nodes would be skipped if it failed: all that depend on it, at once or through others.</param>
/// <param name="Expected">How long its run should take, from the request to the verdict; null where there is no history.</param>
/// <param name="Runs">How many runs that is from; 0 where the others' median stands in.</param>
public sealed record NodeImpact(NodeName Name, int Group, int Skips, TimeSpan? Expected, int Runs);
