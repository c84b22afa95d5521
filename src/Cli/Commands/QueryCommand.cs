using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Client;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary>What commands that show something of one deployment share: as JSON it is passed on as the host wrote it.</summary>
internal static class QueryCommand
{
    /// <param name="ask">Sends the request, given the command line, the deployment's id and the client.</param>
    public static void SetQuery<T>(
        this Command command, CommandContext context, Argument<string?> id, Option<string?> output,
        Func<ParseResult, string, OrchestratorClient, Task<HostAnswer<T>>> ask, Action<ParseResult, HostAnswer<T>, Output> show) =>
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var typed = Choices.ReadArgument(parsed, id);
            using var host = await HostConnection.OpenAsync(context);
            var name = await Latest.ResolveAsync(host, typed, context);
            var answer = await ask(parsed, name, host.Client);
            return form == Output.Json
                ? context.End(ExitCodes.Done, form, answer, () => [])
                : Ending.Say(() => show(parsed, answer, form), ExitCodes.Done);
        });
}
