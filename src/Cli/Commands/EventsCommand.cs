using System.CommandLine;
using System.Text;
using System.Text.Json;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
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
        command.SetQuery(context, id, output, (parsed, name) => HostApi.Events(
            name, nodes: Choices.ReadValues(parsed, node), types: Choices.ReadWords(parsed, type, EventManifests.Words)), (_, answer, form) =>
        {
            // One by one: an event that a newer host wrote must not hide the others.
            foreach (var element in answer.Read(CliJson.Default.JsonElement).EnumerateArray())
            {
                if (form == Output.JsonLines)
                    context.Out.WriteJson(Encoding.UTF8.GetBytes(element.GetRawText()));
                else
                    context.Out.Write(EventLine(element, context.Zone));
            }
        });
        return command;
    }

    private static Line EventLine(JsonElement element, TimeZoneInfo zone)
    {
        try
        {
            return EventText.Of(element.Deserialize(MessagesJson.Default.RecordedEvent)!, zone);
        }
        catch (JsonException)
        {
            return element.GetRawText();
        }
    }
}
