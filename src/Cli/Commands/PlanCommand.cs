using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Reports;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary><c>plan</c>: what would run, in which order.</summary>
internal static class PlanCommand
{
    /// <summary>The command.</summary>
    public static Command Build(Surroundings surroundings)
    {
        var site = new SiteChoices();
        var batch = Choices.Value("--batch", "SIZES", "show the batches of each group: a size, a share, or a growing list such as 1,5,50%");
        var output = Choices.OutputOption(withLines: false);
        var command = new Command("plan", "Show which nodes run in which order, without running anything. (--emulate changes nothing here.)");
        site.AddTo(command);
        command.Add(batch);
        command.Add(output);
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var sizes = Choices.ReadBatch(parsed, batch);
            var request = await site.ReadSiteAsync(parsed, surroundings);
            await site.ReadFleetAsync(parsed, surroundings);
            using var host = await HostConnection.OpenAsync(surroundings);
            var answer = await host.PostAsync(HostApi.Plans, request, MessagesJson.Plain.PlanRequest, surroundings.Interrupted);
            if (answer.SiteProblems() is { } problems)
                return SiteChoices.Tell(problems, answer, form, surroundings);
            if (form == Output.Json)
            {
                surroundings.Out.WriteJson(answer.Good().Body);
                return ExitCodes.Done;
            }
            var plan = answer.Good().Read(CliJson.Default.Plan);
            surroundings.Out.Write(PlanText.Lines(plan, sizes));
            surroundings.Error.Write(PlanText.Warnings(plan));
            return ExitCodes.Done;
        });
        return command;
    }
}
