using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Actors.Deployments;

/// <summary>How actors read plans: the store never keeps one waiting for ever.</summary>
public static class PlanReads
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    /// <summary>Loads a plan; one that takes longer to read is not there for now, which is a <see cref="TimeoutException"/>.</summary>
    public static async Task<Plan> ReadAsync(this IPlanStore plans, PlanId id)
    {
        try
        {
            return await plans.LoadAsync(id, CancellationToken.None).WaitAsync(Longest).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"no answer from the journal within {Durations.Text(Longest)}", e);
        }
    }
}
