using Orchestrator.Domain.Deployments.State;
using Orchestrator.Messages;

namespace Orchestrator.Domain.Deployments.Deciding;

/// <summary>Between two lives of the host nobody counted on by the monotonic clock: a clock that was set may be why a deadline had passed.</summary>
internal static class Downtime
{
    /// <summary>What to say of a deadline that passed then; null where it did not.</summary>
    public static string? Passed(DeploymentState state, DateTimeOffset? deadline) => deadline <= state.TakenOverAt
        ? $"its deadline, {Phrases.Time(deadline.Value)}, passed by this machine's clock while no host was running"
        : null;
}
