using Orchestrator.Domain.Deployments.State;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Coordination;

/// <summary>What a supervisor owes its coordinator: a function of its state and of what it has told, so that no word outlives what it is about.</summary>
/// <param name="Phase">To be told now; null where the coordinator knows.</param>
/// <param name="End">To be told until it is acknowledged; null where it has not ended, nodes are being enabled, or the coordinator has it.</param>
public sealed record SupervisorDuties(SupervisorReports.PhaseReached? Phase, SupervisorReports.Ended? End)
{
    /// <summary>What was told before.</summary>
    /// <param name="EndAt">When that was, by the monotonic clock.</param>
    /// <param name="Acknowledged">The end that the coordinator has in its journal.</param>
    public sealed record Told(SupervisorReports.PhaseReached? Phase, SupervisorReports.Ended? Ended, TimeSpan EndAt, SupervisorReports.Ended? Acknowledged)
    {
        public static Told Nothing { get; } = new(null, null, TimeSpan.Zero, null);
    }

    /// <param name="reopenings">Of how many reopenings it has heard.</param>
    public static SupervisorDuties Of(DeploymentId id, DeploymentState state, int reopenings, Told told)
    {
        if (state.Stage is Stage.NotStarted)
            return new SupervisorDuties(null, null);
        var attention = state.Attention.IsEmpty ? null : string.Join(", ", state.Attention.Keys.Select(a => a.Word()));
        var hasEnded = state.Stage is Stage.Ended;
        var phase = new SupervisorReports.PhaseReached(id, state.Phase, attention, hasEnded && state.Counts.Pending > 0);
        // What it holds may be more than its history says, while somebody has asked the nodes.
        var end = hasEnded && state is { Counts.Pending: 0, LookedAtBy: null } ? Ended(id, state, reopenings) : null;
        return new SupervisorDuties(phase == told.Phase ? null : phase, end == told.Acknowledged ? null : end);
    }

    private static SupervisorReports.Ended Ended(DeploymentId id, DeploymentState state, int reopenings)
    {
        ImmutableArray<NodeName> held = [.. state.Nodes.Where(n => n.Value.Hold is not Hold.None).Select(n => n.Key).Order()];
        return new SupervisorReports.Ended(id, state.Phase, held, reopenings) { Kept = [.. held.Where(state.Kept.ContainsKey)] };
    }
}
