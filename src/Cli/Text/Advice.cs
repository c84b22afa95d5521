using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Text;

/// <summary>The commands that go on from what the host says: its sentences name none.</summary>
internal static class Advice
{
    /// <summary>A sentence of the host, and what to do; the sentence alone where there is nothing.</summary>
    public static string After(string sentence, string? advice) =>
        string.IsNullOrEmpty(advice) ? sentence : $"{sentence}{(sentence.Contains(": ", StringComparison.Ordinal) ? ";" : ":")} {advice}";

    /// <summary>The commands for steps of which one is to be done, such as <c>orchestrator retry 7f3k2m1q, rollback or release</c>; empty for none.</summary>
    public static string Of(params IReadOnlyList<NextStep> steps)
    {
        var commands = steps.Select((step, i) =>
            i > 0 && step is { Verb: { } verb, Node: null } && step.Deployment == steps[0].Deployment ? Words.Of(verb) : Command(step)).ToList();
        return commands.Count < 2 ? string.Concat(commands) : $"{string.Join(", ", commands.SkipLast(1))} or {commands[^1]}";
    }

    private static string Command(NextStep step) =>
        $"orchestrator {(step.Verb is { } verb ? Words.Of(verb) : "watch")} {step.Deployment}{(step.Node is { } node ? $" {node}" : "")}";
}
