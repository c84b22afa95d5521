using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes.Running;

/// <summary>
/// Sees whether the node's clock steps while its run goes on: each reading of it was taken somewhere between question and answer. After a restart
/// only the journal's time of day is left to compare with.
/// </summary>
internal sealed class ClockWatch(NodeContext context, DeploymentEvents.RunRequested request)
{
    /// <summary>A node's clock that moves more than this against ours has stepped.</summary>
    private static readonly TimeSpan MostDrift = TimeSpan.FromSeconds(5);

    public bool Stepped { get; private set; }

    /// <summary>Whether it may have been our clock that stepped, while no host was running.</summary>
    public bool MayBeOurs { get; private set; }

    public void Observe(NodeStatus status, ClockReading askedAt, ClockReading now)
    {
        if (status.NodeTime is not { } nodeTime)
            return;
        var (moved, least, most) = context.Baseline is { } before
            ? (nodeTime - before.NodeTime, askedAt.Monotonic - before.AnsweredAt.Monotonic, now.Monotonic - before.AskedAt.Monotonic)
            : (nodeTime - request.NodeTime, now.Wall - (now.Monotonic - askedAt.Monotonic) - request.At, now.Wall - request.At);
        if (moved >= (least - MostDrift).TotalSeconds && moved <= (most + MostDrift).TotalSeconds)
            return;
        Stepped = true;
        MayBeOurs = context.Baseline is null;
    }
}
