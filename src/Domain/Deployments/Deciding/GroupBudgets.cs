using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Plans;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Deployments.Deciding;

/// <summary>The failure budget of each group, beside that of the whole deployment.</summary>
internal static class GroupBudgets
{
    /// <summary>A group in which more nodes failed than may.</summary>
    public readonly record struct OverBudget(int Group, int Failed, int Nodes, int Most)
    {
        public string Sentence =>
            $"{Phrases.Number(Failed)} of {Phrases.Count(Nodes, "node")} of group {Group} failed, at most {Phrases.Number(Most)} may";
    }

    /// <summary>The first group over its budget; null where none is, or groups have none.</summary>
    /// <param name="isPardoned">Failures that do not count; null for none.</param>
    public static OverBudget? Exceeded(DeploymentState state, PlanIndex plan, Func<DeploymentEvents.NodeSettled, bool>? isPardoned = null)
    {
        if (state.Failures == 0 || state.Options.MaxFailuresPerGroup is not { } budget)
            return null;
        var failed = state.Nodes.Where(n => n.Value.Result is { Outcome: not (Outcome.Succeeded or Outcome.Skipped) } result
                && isPardoned?.Invoke(result) != true)
            .GroupBy(n => plan.GroupOf(n.Key), (group, nodes) => new OverBudget(
                group, nodes.Count(), plan.Group(group).Length, budget.Of(plan.Group(group).Length)));
        return failed.Where(g => g.Failed > g.Most).OrderBy(g => g.Group).Select(g => (OverBudget?)g).FirstOrDefault();
    }
}
