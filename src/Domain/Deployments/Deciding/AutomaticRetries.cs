using Orchestrator.Domain.Deployments.State;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments.Deciding;

/// <summary>
/// Attempts that begin by themselves where what failed may be transient. A deployment that could not end well even if all of these nodes succeeded is left to
/// a person, and so is one whose nodes have been held for as long as it allows.
/// </summary>
internal static class AutomaticRetries
{
    private static readonly TimeSpan UsualWait = TimeSpan.FromSeconds(30);

    /// <summary>Whether what a node ended with may be gone at the next try: never a resource, which would fail again.</summary>
    public static bool IsTransient(NodeSettled result) =>
        result is { Outcome: Outcome.Unreachable or Outcome.FailedDisplaced or Outcome.FailedNoCatalog, Cause: not Cause.NoSuchEnvironment };

    /// <summary>The nodes because of which another attempt begins, in the plan's order; empty where none does.</summary>
    public static ImmutableArray<NodeName> Due(DecisionBuilder decision, DeploymentPhase intended)
    {
        var state = decision.State;
        if (state.Options.Retries <= state.AutomaticRetries || intended is not (DeploymentPhase.Failed or DeploymentPhase.SucceededWithFailures)
            || state is not { Cancel: null, Abandon: null, RollbackWanted: null, Rollback: null, NoSuchEnvironment: null })
        {
            return [];
        }
        ImmutableArray<NodeName> transient =
            [.. decision.Plan.Nodes.Where(n => state.Nodes.GetValueOrDefault(n)?.Result is { } result && IsTransient(result))];
        var isHopeless = state.Failures - transient.Length > decision.Budget || GroupBudgets.Exceeded(state, decision.Plan, IsTransient) is not null;
        var isLate = (state.Wait as Wait.Retry)?.Until is null && decision.Now + WaitOf(state) >= (state.HeldSince ?? state.Start!.At) + state.Options.MaxHold;
        return isHopeless || isLate ? [] : transient;
    }

    /// <summary>Waits, then begins the attempt; false where it is waited for.</summary>
    public static bool Advance(DecisionBuilder decision, ImmutableArray<NodeName> because)
    {
        var state = decision.State;
        var attempt = state.Attempt + 1;
        switch (state.Wait)
        {
            case Wait.Retry wait when decision.Now < wait.Until:
                return false;
            case Wait.Retry:
                // What was skipped goes with them; what depends on a node that failed otherwise is skipped again.
                ImmutableArray<NodeName> nodes = [.. decision.Plan.Nodes.Where(n => state.Nodes.GetValueOrDefault(n)?.Result is { } result
                    && (result.Outcome == Outcome.Skipped || IsTransient(result)))];
                decision.Add(new RetryStarted(attempt, nodes, state.AttemptBy, decision.Now, Automatic: true));
                return true;
            default:
                var results = because.Select(n => state.Nodes[n].Result!).ToList();
                decision.Add(new RetryAwaited(
                    attempt, because, Phrases.FirstOf(results.Select(r => $"{r.Node} ended as \"{r.Outcome.Word()}\""), results.Count, most: 3),
                    decision.Now + WaitOf(state), decision.Now));
                return true;
        }
    }

    private static TimeSpan WaitOf(DeploymentState state) => state.Options.RetryWait ?? UsualWait;
}
