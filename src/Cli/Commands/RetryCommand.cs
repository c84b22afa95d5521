using System.CommandLine;
using Orchestrator.Cli.Parsing;
using Orchestrator.Messages.Api;
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
            (parsed, host, id, _) => parsed.GetValue(yes) ? Task.CompletedTask : VerbCommand.ConfirmAsync(host, id, Verb.Retry, new VerbRequest(), context),
            yes);
    }
}
