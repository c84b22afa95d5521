using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments.State;

/// <summary>
/// Which event that names a node may follow at it, by how far the node has come: what the decider writes, and nothing
/// else. In which stage an event makes sense at all is said by <see cref="DeploymentEvolution"/>.
/// </summary>
internal static class NodeTransitions
{
    /// <summary>Whether the event may follow.</summary>
    /// <param name="node">The node before the event; null is one that no event has named.</param>
    public static bool Allow(Stage stage, NodeState? node, IDeploymentEvent @event) => @event switch
    {
        NodesChecked => node is null or { Step: NodeStep.Retried },
        NodesHeld => node is { Step: not NodeStep.Settled } or { IsPending: true },
        NodesIdle => node is { Step: NodeStep.Checked or NodeStep.Held, IsPending: true },
        BatchStarted => node is { Step: NodeStep.Idle },
        PlacesAwaited or PlacesTaken => node is { Step: NodeStep.Preparing },
        RunRequested e => node is { Step: NodeStep.Preparing } && e.Number == (node.Request?.Number ?? 0) + 1,
        RunAccepted e => node is { Step: NodeStep.Requested } && e.Number == node.Request!.Number,
        RunsBegan => node is { Step: NodeStep.Requested or NodeStep.Accepted },
        RunDisplaced e => IsRunning(node, e.Number),
        RunUntraced e => IsRunning(node, e.Number),
        RunNotSent e => IsRunning(node, e.Number),
        NodesSilent or NodesHeardAgain => node is { IsRunning: true },
        NodeOutOfTurn => node is { IsPending: true },
        AnswersContradicted => node is not null || stage is Stage.Checking,
        NodeSettled => stage switch
        {
            Stage.Checking => node is null or { Step: NodeStep.Retried },
            Stage.Isolating => node is { Step: NodeStep.Checked or NodeStep.Held },
            _ => node is { Step: NodeStep.Preparing or NodeStep.Requested or NodeStep.Accepted or NodeStep.Began },
        },
        NodesSkipped => node is not { Step: NodeStep.Settled } and not { IsRunning: true },
        HoldingStarted => node is { Step: NodeStep.Settled },
        NodeNotHeld or NodesReleased or NodeNotReleased => node is { Step: NodeStep.Settled, IsPending: true },
        LookStarted => node is { IsPending: false, IsRunning: false },
        NodesSeen => node is { IsLookedAt: true },
        RollbackStarted => node is { Step: NodeStep.Settled } || (node is not null && stage is Stage.Ended),
        RetryStarted => node is not { HasSucceeded: true },
        _ => throw new ArgumentOutOfRangeException(nameof(@event), @event.GetType().Name, "names no node that has to have come so far"),
    };

    private static bool IsRunning(NodeState? node, int request) => node is { IsRunning: true } && node.Request!.Number == request;
}
