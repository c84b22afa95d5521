using System.CommandLine;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary><c>cancel</c>: ends a deployment in order.</summary>
internal static class CancelCommand
{
    public static Command Build(CommandContext context)
    {
        var release = Choices.Flag("--release", $"enable all nodes at the end, whatever the failure policy; {RunConsequences.OwnPuppet}");
        var yes = Choices.Flag("--yes", $"with {release.Name}: do not ask");
        var command = VerbCommand.Build(
            Verb.Cancel, "Stop a deployment: nothing new starts, running nodes finish, then the failure policy applies.", context,
            parsed => async (host, name) =>
            {
                var releases = parsed.GetValue(release);
                if (releases && !parsed.GetValue(yes))
                    await VerbCommand.ConfirmAsync(host, name, Question, context);
                return new VerbRequest(releases);
            },
            release, yes);
        command.Aliases.Add("stop");
        return command;
    }

    private static (IEnumerable<string>, string)? Question(DeploymentView view)
    {
        // Those that run are enabled now, and held behind their runs like the others.
        var count = view.Nodes.Count(n => n.Hold != Hold.None && n.KeptBy is null);
        return !view.Takes(Verb.Cancel) || count == 0 ? null
            : ([
                $"Nothing new starts and running nodes finish; then {Phrases.Count(count, "node")} {Phrases.Agree(count, "is", "are")} enabled.",
                .. VerbCommand.Kept(view), $"Note: {RunConsequences.OwnPuppet}.",
            ], $"cancel it and enable {Phrases.Count(count, "node")}");
    }
}
