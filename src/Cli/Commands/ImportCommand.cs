using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Text;
using Orchestrator.Client;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary><c>import</c>: reads a deployment of another journal into this one.</summary>
internal static class ImportCommand
{
    public static Command Build(CommandContext context)
    {
        var file = new Argument<string?>("FILE") { Arity = ArgumentArity.ExactlyOne, Description = "what export or prune wrote" };
        var output = Choices.OutputOption(withLines: false);
        var command = new Command(
            "import",
            "Add an exported deployment to the journal, to be read only: it counts as ended, reserves no nodes, and is never "
            + "resumed or retried.") { file, output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var path = Choices.ReadArgument(parsed, file)!;
            await using var history = Open(path);
            using var host = await HostConnection.OpenAsync(context);
            var answer = await ImportAsync(host, path, history, context);
            return context.End(ExitCodes.Done, form, answer, () =>
            {
                var line = answer.Value;
                return
                [
                    .. DeploymentList.Lines([line], context.Clock.GetUtcNow(), context.Zone, context.Out.TableWidth), Line.Empty,
                    $"Imported: orchestrator show {line.Id}",
                ];
            });
        });
        return command;
    }

    private static async Task<HostAnswer<DeploymentLine>> ImportAsync(HostConnection host, string path, Stream history, CommandContext context)
    {
        try
        {
            return await host.Client.ImportAsync(history, context.Interrupted);
        }
        catch (HostRefusedException e) when (e.Problem is { Code: ProblemCodes.BadRequest } problem)
        {
            throw Choices.Usage($"{path}: {problem.Detail}");
        }
    }

    private static FileStream Open(string path)
    {
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Choices.Usage($"the file {path} cannot be read: {e.Message}");
        }
    }
}
