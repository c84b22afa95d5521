using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Progress;

namespace Orchestrator.Cli.Commands;

/// <summary><c>watch</c>: follows a deployment that somebody started.</summary>
internal static class WatchCommand
{
    public static Command Build(CommandContext context)
    {
        var id = Choices.IdArgument();
        var output = Choices.OutputOption(withLines: true);
        var command = new Command("watch", "Follow a deployment from its first event to its end, and exit with its result.") { id, output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var name = Choices.ReadId(parsed, id);
            using var host = await HostConnection.OpenAsync(context);
            return await WatchedDeployment.ToTheEndAsync(host, name, carryOn: false, form, context);
        });
        return command;
    }
}
