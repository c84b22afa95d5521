using System.CommandLine;
using Orchestrator.Cli.Parsing;
using Orchestrator.Client.Texts;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary><c>cancel</c>: ends a deployment in order.</summary>
internal static class CancelCommand
{
    public static Command Build(CommandContext context)
    {
        var release = Choices.Flag("--release", $"enable all nodes at the end, whatever the failure policy; {VerbConsequences.OwnPuppet}");
        var yes = Choices.Flag("--yes", $"with {release.Name}: do not ask");
        var command = VerbCommand.Build(
            Verb.Cancel, "Stop a deployment: nothing new starts, running nodes finish, then the failure policy applies.", context,
            parsed => async (host, name) =>
            {
                var releases = parsed.GetValue(release);
                if (releases && !parsed.GetValue(yes))
                    await VerbCommand.ConfirmAsync(host, name, Verb.Cancel, new VerbRequest(Release: true), context);
                return new VerbRequest(releases);
            },
            release, yes);
        command.Aliases.Add("stop");
        return command;
    }
}
