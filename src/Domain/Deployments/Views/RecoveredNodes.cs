using Orchestrator.Domain.Deployments.State;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Deployments.Views;

/// <summary>What the nodes of a deployment showed when they were read after a part of the journal was lost.</summary>
public static class RecoveredNodes
{
    /// <summary>Whether all nodes that were asked have answered, or were silent for long enough.</summary>
    public static bool AreRead(DeploymentState state) => state.Stage is Stage.Ended && state.Counts.LookedAt == 0;

    /// <summary>Those that a person should know of, in ordinal order.</summary>
    public static IEnumerable<RecoveredNode> Of(DeploymentId id, DeploymentState state) => state.Nodes
        .Where(n => n.Value is { Hold: not Hold.None } or { Seen: not null } or { IsLookedAt: true })
        .OrderBy(n => n.Key)
        .Select(n => new RecoveredNode(
            id, n.Key, n.Value.Hold, n.Value is { IsLookedAt: false, SeenAt: not null },
            n.Value.IsLookedAt ? "it has not answered yet" : n.Value.Seen ?? ""));
}
