using System.CommandLine;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary><c>retry</c>: a new attempt.</summary>
internal static class RetryCommand
{
    public static Command Build(CommandContext context) => FollowedVerbCommand.Build(
        Verb.Retry,
        "Rerun failed, unreachable and skipped nodes in the same order, as a new attempt, and follow it.",
        context,
        _ => null,
        (_, _, _, _) => Task.CompletedTask);
}
