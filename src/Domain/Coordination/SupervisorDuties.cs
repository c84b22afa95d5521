using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Coordination;

/// <summary>What a supervisor owes its coordinator: a function of its state and of what it has told, so that no word outlives what it is about.</summary>
/// <param name="Phase">To be told now; null where the coordinator knows.</param>
/// <param name="End">To be told until it is acknowledged; null where it has not ended, nodes are being enabled, or the coordinator has it.</param>
/// <param name="PhaseAt">When to look again, by the monotonic clock: that more nodes are done is told once in a while; null for never.</param>
public sealed record SupervisorDuties(SupervisorReports.PhaseReached? Phase, SupervisorReports.Ended? End, TimeSpan? PhaseAt = null)
{
    /// <summary>So often the coordinator is told that more nodes are done, where that is all that changed.</summary>
    public static readonly TimeSpan BetweenProgress = TimeSpan.FromSeconds(1);

    /// <summary>What was told before.</summary>
    /// <param name="PhaseAt">When that was, by the monotonic clock.</param>
    /// <param name="EndAt">When that was, by the monotonic clock.</param>
    /// <param name="Acknowledged">The end that the coordinator has in its journal.</param>
    public sealed record Told(
        SupervisorReports.PhaseReached? Phase, TimeSpan PhaseAt, SupervisorReports.Ended? Ended, TimeSpan EndAt, SupervisorReports.Ended? Acknowledged)
    {
        public static Told Nothing { get; } = new(null, TimeSpan.Zero, null, TimeSpan.Zero, null);
    }

    /// <param name="reopenings">Of how many reopenings it has heard.</param>
    /// <param name="now">By the monotonic clock.</param>
    public static SupervisorDuties Of(DeploymentId id, DeploymentState state, int reopenings, Told told, TimeSpan now)
    {
        if (PhaseOf(id, state) is not { } phase)
            return new SupervisorDuties(null, null);
        // What it holds may be more than its history says, while somebody has asked the nodes.
        var end = state is { Stage: Stage.Ended, Counts.Pending: 0, LookedAtBy: null } ? Ended(id, state, reopenings) : null;
        var owed = end == told.Acknowledged ? null : end;
        if (phase == told.Phase)
            return new SupervisorDuties(null, owed);
        return IsOnlyMoreDone(phase, told.Phase) && told.PhaseAt + BetweenProgress is var due && now < due
            ? new SupervisorDuties(null, owed, due)
            : new SupervisorDuties(phase, owed);
    }

    private static bool IsOnlyMoreDone(SupervisorReports.PhaseReached phase, SupervisorReports.PhaseReached? told) =>
        told is { Progress: { } before } && phase.Progress is { } now && phase with { Progress = now with { Done = before.Done } } == told;

    private static SupervisorReports.Ended Ended(DeploymentId id, DeploymentState state, int reopenings)
    {
        var keeps = Named(state, n => n.IsTouched);
        return new SupervisorReports.Ended(id, state.Phase, keeps, reopenings) { Kept = [.. keeps.Where(state.Kept.ContainsKey)], Unclear = Unclear(state) };
    }

    /// <summary>Where it stands; null before its first event.</summary>
    public static SupervisorReports.PhaseReached? PhaseOf(DeploymentId id, DeploymentState state)
    {
        if (state.Stage is Stage.NotStarted)
            return null;
        var attention = state.Attention.IsEmpty ? null : string.Join(", ", state.Attention.Keys.Select(a => a.Word()));
        return new SupervisorReports.PhaseReached(
            id, state.Phase, attention, state.Stage is Stage.Ended && state.Counts.Pending > 0, state.Counts.Held, state.Counts.Unclear, FirstUnclear(state),
            state.Progress, PossibleVerbs.Approval(state));
    }

    private static ImmutableArray<NodeName> Unclear(DeploymentState state) =>
        state.Counts.Unclear == 0 ? [] : Named(state, n => NodeStanding.Of(n).IsUnclear());

    private static ImmutableArray<NodeName> FirstUnclear(DeploymentState state) => [.. Unclear(state).Take(DeploymentLine.MostUnclearNodes)];

    private static ImmutableArray<NodeName> Named(DeploymentState state, Func<NodeState, bool> isMeant) =>
        [.. state.Nodes.Where(n => isMeant(n.Value)).Select(n => n.Key).Order()];
}
