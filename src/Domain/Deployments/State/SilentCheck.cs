using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Deployments.State;

/// <summary>A check that no node answered: what is wrong is then hardly with each of them, and one sentence says it for all.</summary>
internal static class SilentCheck
{
    /// <summary>Whether every node of the deployment, of several, was silent in its check.</summary>
    public static bool Is(DeploymentState state) =>
        state.Nodes.Count > 1 && state.Nodes.Count == state.Start?.NodeCount
        && state.Nodes.Values.All(n => n is { IsAsked: false, Hold: Hold.None, Runs: 0, Result: { Outcome: Outcome.Unreachable } });

    /// <summary>That it was so; null where it was not.</summary>
    public static string? Sentence(DeploymentState state) => Is(state)
        ? $"none of the {Phrases.Count(state.Nodes.Count, "node")} answered the check: look at what they share, such as our certificate, their policy, this " +
            "host's clock, the broker"
        : null;
}
