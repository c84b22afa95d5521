using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Messages.Deployments;

/// <summary>The nodes that an event names.</summary>
public static class EventNodes
{
    /// <summary>None for an event that is about the deployment or a group.</summary>
    public static IEnumerable<NodeName> Of(IDeploymentEvent happened) => happened switch
    {
        NodesChecked e => e.Nodes.Select(n => n.Node),
        NodesHeld e => e.Nodes,
        NodesIdle e => e.Nodes,
        BatchStarted e => e.Nodes,
        RunRequested e => [e.Node],
        RunAccepted e => [e.Node],
        RunsBegan e => e.Nodes,
        RunDisplaced e => [e.Node],
        RunUntraced e => [e.Node],
        RunNotSent e => [e.Node],
        NodeSettled e => [e.Node],
        NodesSilent e => e.Nodes,
        NodesHeardAgain e => e.Nodes,
        PlacesAwaited e => e.Nodes,
        PlacesTaken e => e.Nodes,
        NodesSkipped e => e.Cause is { } cause ? e.Nodes.Add(cause) : e.Nodes,
        NodeOutOfTurn e => [e.Node],
        AnswersContradicted e => [e.Node],
        RetryStarted e => e.Nodes,
        RollbackStarted e => e.Nodes,
        RetryAwaited e => e.Nodes,
        NodeKept e => [e.Node],
        HoldingStarted e => e.Nodes,
        ReleaseStarted { Only: { } only } => [only],
        NodesReleased e => e.Nodes,
        NodeNotReleased e => [e.Node],
        NodeNotHeld e => [e.Node],
        LookStarted e => e.Nodes,
        NodesSeen e => e.Nodes.Select(n => n.Node),
        _ => [],
    };
}
