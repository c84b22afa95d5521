using System.CommandLine;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary><c>approve</c>: the next group may begin.</summary>
internal static class ApproveCommand
{
    public static Command Build(CommandContext context) => VerbCommand.Build(
        Verb.Approve, "Approve the group that waits for approval (run --approve-groups); who approved is recorded.", context,
        (_, by) => new VerbRequest(by));
}
