using System.CommandLine;
using Orchestrator.Cli.Parsing;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary><c>retry</c>: a new attempt.</summary>
internal static class RetryCommand
{
    public static Command Build(CommandContext context)
    {
        var yes = Choices.Flag("--yes", "retry without asking");
        return FollowedVerbCommand.Build(
            Verb.Retry,
            "Rerun failed, unreachable and skipped nodes in the same order, as a new attempt, and follow it.",
            context,
            _ => null,
            (parsed, host, id, _) => parsed.GetValue(yes) ? Task.CompletedTask : VerbCommand.ConfirmAsync(host, id, Question, context),
            yes);
    }

    private static (IEnumerable<string>, string)? Question(DeploymentView view) => view.Possible(Verb.Retry) is { Count: { } count }
        ? ([$"{Phrases.Count(count, "node")} that did not succeed {Phrases.Agree(count, "is", "are")} rerun in the same order, as attempt {view.Attempt + 1}."],
            $"rerun {Phrases.Count(count, "node")}")
        : null;
}
