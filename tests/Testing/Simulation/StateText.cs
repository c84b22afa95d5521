using Orchestrator.Domain.Deployments.State;

namespace Orchestrator.Testing.Simulation;

/// <summary>States as they can be compared.</summary>
public static class StateText
{
    /// <summary>Everything of a state, as text: records compare their collections by reference.</summary>
    public static string Of(DeploymentState s) =>
        $"{s.Stage} {s.Epoch} {s.Attempt} {s.Heard} {s.Expected} {s.Failures} {s.FailedCompensations} {s.RunsThatMayHaveBegun} " +
        $"{s.Counts} {s.ClockStepped} {s.ClockSteps.Length} {s.Cancel} {s.Abandon} {s.Pause} {s.Wait} {s.Approved} " +
        $"{string.Join(',', s.OpenGates.Order())} {s.AttemptBy} {s.AutomaticRetries} {s.Soaked} " +
        $"{s.RollbackWanted} {s.Rollback?.At} {s.HeldSince} {s.MovedAt} [{string.Join(",", s.Pending.Order())}] " +
        $"[{string.Join(",", s.Silent.OrderBy(n => n.Key))}] [{string.Join(",", s.Kept.Keys.Order())}] " +
        $"[{string.Join(",", s.Attention.Values)}] {string.Join("; ", s.Nodes.OrderBy(n => n.Key).Select(n => $"{n.Key} {n.Value}"))}";
}
