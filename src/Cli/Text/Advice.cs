using Orchestrator.Client.Texts;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Text;

/// <summary>The commands that go on from what the host says: its sentences name none.</summary>
internal static class Advice
{
    public const string Recover = "put the complete one back while no host is running, or \"orchestrator recover\" goes on without what is missing";

    /// <summary>A sentence of the host, and what to do; the sentence alone where there is nothing.</summary>
    public static string After(string sentence, string? advice) =>
        string.IsNullOrEmpty(advice) ? sentence : $"{sentence}{(sentence.Contains(": ", StringComparison.Ordinal) ? ";" : ":")} {advice}";

    /// <summary>The commands for steps of which one is to be done, each as it is typed; empty for none.</summary>
    public static string Of(params IReadOnlyList<NextStep> steps) => Phrases.List([.. steps.Select(CommandTexts.Of)], "or");

    /// <summary>What to do next about an outcome and its cause, with the option or command for it in parentheses.</summary>
    public static string Of(Outcome outcome, Cause? cause, AfterFix then = AfterFix.Retry)
    {
        var with = outcome is Outcome.Succeeded or Outcome.Skipped ? null : cause is { } known ? With(known) : With(outcome);
        return $"{outcome.Advice(cause, then)}{(with is null ? "" : $" ({with})")}";
    }

    /// <summary>What to do next about a node; where a person has it disabled, by that person's words.</summary>
    public static string Of(NodeView node, Outcome outcome, Cause? cause, AfterFix then) => node.PersonsWords is { Length: > 0 } words
        ? $"somebody disabled it with the words \"{words}\": ask them{then switch
        {
            AfterFix.Retry => ", and once it is enabled, retry",
            AfterFix.Release => ", and release the nodes",
            _ => "",
        }}"
        : Of(outcome, cause, then);

    private static string? With(Cause cause) => cause switch
    {
        Cause.Daemon => "--unsignalled",
        Cause.NotIdle => "--idle-timeout",
        Cause.OtherDeployment => "orchestrator release --from-nodes SITE",
        Cause.LogUnanswered => "--accept-without-log",
        _ => null,
    };

    private static string? With(Outcome outcome) => outcome switch
    {
        Outcome.FailedCachedCatalog => "--allow-cached-catalog",
        Outcome.FailedNoopRun => "--override-noop",
        Outcome.FailedOtherEnvironment => "--run-environment",
        Outcome.FailedDidNotStart => "--start-timeout",
        Outcome.FailedDidNotFinish => "--run-timeout",
        Outcome.FailedUnproven => "--accept-without-log",
        _ => null,
    };
}
