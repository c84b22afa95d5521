using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Terminal;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary><c>recover</c>: goes on with a journal that lost a part of what it said.</summary>
internal static class RecoverCommand
{
    public static Command Build(CommandContext context)
    {
        var yes = Choices.Flag("--yes", "recover without asking");
        var output = Choices.OutputOption(withLines: false);
        var command = new Command("recover", "Go on with a journal that is shorter than it was: give up the deployments that had not ended.") { yes, output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            using var host = await HostConnection.OpenAsync(context);
            if (host.IsJournalIncomplete && !parsed.GetValue(yes))
            {
                await Prompt.AskAsync(context, context.Error, Consequences, "go on without what is missing");
                await host.EnsureHostAsync(context.Interrupted);
            }
            var request = new RecoverRequest(context.Caller);
            var answer = (await host.PostAsync(HostApi.Recover, request, MessagesJson.Plain.RecoverRequest, context.Interrupted)).Good();
            if (form == Output.Json)
                context.Out.WriteJson(answer.Body);
            else
                Tell(answer.Read(MessagesJson.Default.Recovered), context);
            return ExitCodes.Done;
        });
        return command;
    }

    private static IEnumerable<string> Consequences =>
    [
        "Deployments that had not ended are given up, because nobody knows how far they went. Their nodes stay as they are: disabled or enabled, some running.",
        "Deployments started after the last event in the journal are unknown to it, and a retry started after it can be started again.",
    ];

    private static void Tell(Recovered recovered, CommandContext context)
    {
        if (recovered.Missing is null)
        {
            context.Out.Write("Nothing to recover: the journal is complete.");
            return;
        }
        if (recovered.GivenUp.IsDefaultOrEmpty)
            context.Out.Write("Recovered: no deployment had to be given up.");
        else
            context.Out.Write(["Given up:", .. DeploymentList.Lines(recovered.GivenUp, context.Zone, context.Out.TableWidth)]);
        context.Out.Write("To see the state of nodes: orchestrator nodes SITE. To enable those left disabled: orchestrator release --from-nodes SITE.");
    }
}
