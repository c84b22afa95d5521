using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary>What commands that show something of one deployment share: as JSON it is passed on as the host wrote it.</summary>
internal static class QueryCommand
{
    /// <param name="pathOf">What to ask the host for, from the command line and the deployment's id.</param>
    public static void SetQuery(
        this Command command, CommandContext context, Argument<string?> id, Option<string?> output, Func<ParseResult, string, string> pathOf,
        Action<ParseResult, HostAnswer, Output> show) =>
        command.SetQuery(context, id, output, (parsed, name, host) => host.GetAsync(pathOf(parsed, name), context.Interrupted), show);

    /// <param name="ask">Sends the request, given the command line, the deployment's id and the host.</param>
    public static void SetQuery(
        this Command command, CommandContext context, Argument<string?> id, Option<string?> output,
        Func<ParseResult, string, HostConnection, Task<HostAnswer>> ask, Action<ParseResult, HostAnswer, Output> show) =>
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var typed = Choices.ReadArgument(parsed, id);
            using var host = await HostConnection.OpenAsync(context);
            var name = await Latest.ResolveAsync(host, typed, context);
            var answer = (await ask(parsed, name, host)).Good();
            return form == Output.Json
                ? context.End(ExitCodes.Done, form, answer, () => [])
                : Ending.Say(() => show(parsed, answer, form), ExitCodes.Done);
        });
}
