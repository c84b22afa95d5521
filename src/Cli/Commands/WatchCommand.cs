using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Progress;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary><c>watch</c>: follows a deployment that somebody started.</summary>
internal static class WatchCommand
{
    public static Command Build(Surroundings surroundings)
    {
        var id = Choices.IdArgument();
        var output = Choices.OutputOption(withLines: true);
        var command = new Command("watch", "Follow a deployment from its first event to its end, and exit with its result.") { id, output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var name = Choices.ReadId(parsed, id);
            using var host = await HostConnection.OpenAsync(surroundings);
            var view = (await host.GetAsync(HostApi.Deployment(name), surroundings.Interrupted)).Good().Read(MessagesJson.Default.DeploymentView);
            return await WatchedDeployment.ToTheEndAsync(host, view.Id.Value, carryOn: false, form, surroundings);
        });
        return command;
    }
}
