using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Plans;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments.Work;

/// <summary>
/// What should be happening, as data: which node has which assignment in a state, and the difference to what was given out before.
/// Carrying it out twice does no harm. One of these lives as long as those who carry the assignments out.
/// </summary>
public sealed class Assignments
{
    private readonly Dictionary<NodeName, NodeAssignment> _given = [];

    /// <summary>What is new after a write. Only a request that this very write put into the journal may be asked: any other may have been.</summary>
    public IReadOnlyList<(NodeName Node, NodeAssignment Assignment)> After(IReadOnlyCollection<IDeploymentEvent> events, DeploymentState state, PlanIndex plan)
    {
        var justRequested = events.OfType<RunRequested>().ToHashSet<RunRequested>(ReferenceEqualityComparer.Instance);
        var isAbandoned = events.Any(e => e is AbandonRequested);
        var news = new List<(NodeName, NodeAssignment)>();
        foreach (var node in ChangedBy(events, state, plan))
        {
            if (Of(state, node) is not { } assignment)
            {
                // What the node's own word ended is over; the rest is told so.
                if (_given.Remove(node, out var before) && (before is NodeAssignment.Prepare || isAbandoned))
                    news.Add((node, new NodeAssignment.Rest()));
            }
            else if (!assignment.IsSameWorkAs(_given.GetValueOrDefault(node)))
            {
                _given[node] = assignment;
                news.Add((node, assignment is NodeAssignment.Run run ? Asking(run, justRequested.Contains(run.Request)) : assignment));
            }
        }
        return news;
    }

    /// <summary>A run that is asked for now rests on nothing that was said before.</summary>
    private static NodeAssignment.Run Asking(NodeAssignment.Run run, bool mayAsk) => run with { MayAsk = mayAsk, Contradicted = run.Contradicted && !mayAsk };

    /// <summary>What is to be done with the node now; null where nothing is.</summary>
    public static NodeAssignment? Of(DeploymentState state, NodeName name)
    {
        var node = state.Nodes.GetValueOrDefault(name);
        if (state.Stage is Stage.Checking)
            return node is { IsPending: false } ? null : new NodeAssignment.Check();
        if (node is not { IsPending: true })
            return node is { IsLookedAt: true } ? new NodeAssignment.Look(IsRestored(state, node)) : null;
        return state.Stage switch
        {
            Stage.Isolating isolating when node.Step is NodeStep.Checked or NodeStep.Held => new NodeAssignment.Isolate(isolating.IdleDeadlineAt),
            Stage.Running or Stage.Stopping when node.Step == NodeStep.Preparing && state.Pause is not null => null,
            Stage.Running or Stage.Stopping when node.Step == NodeStep.Preparing =>
                new NodeAssignment.Prepare((node.Request?.Number ?? 0) + 1, node.IdleDeadlineAt, node.HeldAt + state.Options.Settle)
                {
                    LastRun = node.LastRun,
                },
            Stage.Running or Stage.Stopping when node.IsRunning =>
                new NodeAssignment.Run(RequestOf(state, node), MayAsk: false, node.InitiatedAt, node.Step == NodeStep.Began)
                {
                    Contradicted = !node.Contradictions.IsEmpty,
                    Habit = node.Habit,
                    Doubt = node.Doubt,
                },
            Stage.Holding => new NodeAssignment.HoldAgain(),
            Stage.Releasing or Stage.Ended => new NodeAssignment.Release(),
            _ => null,
        };
    }

    /// <summary>The request with its times corrected to the current supervisor's clock.</summary>
    internal static RunRequested RequestOf(DeploymentState state, NodeState node)
    {
        var request = node.Request!;
        var stepped = state.Stepped(node.RequestedAfterClockSteps..state.EarlierClockSteps);
        return stepped == TimeSpan.Zero ? request : request with
        {
            At = request.At + stepped,
            StartDeadlineAt = request.StartDeadlineAt + stepped,
            RunDeadlineAt = request.RunDeadlineAt + stepped,
        };
    }

    /// <summary>Whether a node that is found enabled is disabled again: while the deployment runs, one that should be held.</summary>
    private static bool IsRestored(DeploymentState state, NodeState node) =>
        state.Stage is not (Stage.Releasing or Stage.Ended) && node.Hold is Hold.Held or Hold.NotHeld;

    /// <summary>The nodes that run Puppet, or may.</summary>
    public static IEnumerable<NodeName> Running(DeploymentState state) => state.Pending.Where(n => Of(state, n) is NodeAssignment.Run);

    /// <summary>The nodes whose assignment the events may have changed, given the state after them; may name a node twice.</summary>
    private static IEnumerable<NodeName> ChangedBy(IEnumerable<IDeploymentEvent> events, DeploymentState state, PlanIndex plan) =>
        events.SelectMany(e => e switch
    {
        DeploymentStarted or SupervisorStarted => state.Stage is Stage.Checking ? plan.Nodes : state.Pending.Concat(state.LookedAt),
        IsolationStarted or HoldingStarted or ReleaseStarted or RollbackStarted or RetryStarted or DeploymentPaused or DeploymentResumed => state.Pending,
        AbandonRequested => state.Nodes.Keys,
        LookStarted x => x.Nodes,
        DeploymentEnded => state.LookedAt,
        NodesSeen x => x.Nodes.Select(n => n.Node),
        BatchStarted x => x.Nodes,
        RunRequested x => [x.Node],
        RunDisplaced x => [x.Node],
        RunUntraced x => [x.Node],
        RunNotSent x => [x.Node],
        NodesIdle x => x.Nodes,
        NodesChecked x => x.Nodes.Select(n => n.Node),
        NodeSettled x => [x.Node],
        NodesSkipped x => x.Nodes,
        NodesReleased x => x.Nodes,
        NodeNotReleased x => [x.Node],
        NodeNotHeld x => [x.Node],
        NodesHeld x => x.Nodes,
        _ => Enumerable.Empty<NodeName>(),
    });
}
