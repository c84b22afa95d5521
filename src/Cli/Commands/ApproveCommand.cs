using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary><c>approve</c>: the next group may begin.</summary>
internal static class ApproveCommand
{
    public static Command Build(CommandContext context)
    {
        var group = Choices.Value("--group", "N", "only this group, as watch and show name it; refused if it does not wait [default: the one that waits now]");
        return VerbCommand.Build(
            Verb.Approve, "Approve the group that waits for approval (run --approve-groups); who approved is recorded.", context,
            parsed =>
            {
                var named = Choices.ReadNumber(parsed, group, "the number of a group");
                return async (host, name) => new VerbRequest(Group: named ?? await WaitingAsync(host, name, context));
            },
            group);
    }

    // Named to the host, so that it is this group or none: another person may approve it first.
    private static async Task<int?> WaitingAsync(HostConnection host, string id, CommandContext context) =>
        (await host.Client.GetDeploymentAsync(id, context.Interrupted)).Value
            .Verbs?.FirstOrDefault(v => v.Verb == Verb.Approve)?.Group;
}
