using System.CommandLine;
using System.Text;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Text;
using Orchestrator.Client;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary><c>events</c>: a deployment's history.</summary>
internal static class EventsCommand
{
    public static Command Build(CommandContext context)
    {
        var id = Choices.LatestIdArgument();
        var output = Choices.OutputOption(withLines: true);
        var node = Choices.List("--node", "NODES", "only events that name one of these nodes; * and ? match any characters and one");
        var type = Choices.List("--type", "TYPES", "only events of these types, such as node-settled or run-requested");
        type.CompletionSources.Add([.. EventManifests.Words]);
        var command = new Command("events", "Show a deployment's history: who requested what, and what happened on which node.") { id, node, type, output };
        command.SetQuery(context, id, output, (parsed, name, client) => client.GetEventsAsync(
            name, 0, Choices.ReadValues(parsed, node), Choices.ReadWords(parsed, type, EventManifests.Words), context.Interrupted), (_, answer, form) =>
        {
            foreach (var happened in answer.Value)
            {
                if (form == Output.JsonLines)
                    context.Out.WriteJson(happened.Json.Span);
                else
                    context.Out.Write(EventLine(happened, context.Zone));
            }
        });
        return command;
    }

    private static Line EventLine(HistoryEvent happened, TimeZoneInfo zone) => happened.Event is { } known
        ? EventText.Of(new RecordedEvent(happened.Sequence, known), zone)
        : Encoding.UTF8.GetString(happened.Json.Span);
}
