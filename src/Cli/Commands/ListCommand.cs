using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary><c>list</c>: all deployments.</summary>
internal static class ListCommand
{
    public static Command Build(Surroundings surroundings)
    {
        var output = Choices.OutputOption(withLines: false);
        var command = new Command("list", "List all deployments: those that need action first, then those still running.") { output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            using var host = await HostConnection.OpenAsync(surroundings);
            var answer = (await host.GetAsync(HostApi.Deployments, surroundings.Interrupted)).Good();
            if (form == Output.Json)
                surroundings.Out.WriteJson(answer.Body);
            else
                surroundings.Out.Write(DeploymentList.Lines(answer.Read(MessagesJson.Default.DeploymentLines), surroundings.Zone, surroundings.Out.TableWidth));
            return ExitCodes.Done;
        });
        return command;
    }
}
