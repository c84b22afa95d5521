using System.Text.Json;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Client;

/// <summary>One event of a deployment's history.</summary>
/// <param name="Sequence">Its number, from 1; one stream has each number once, in order.</param>
/// <param name="Json">As the host wrote it, in UTF-8.</param>
/// <param name="Event">What it says; null where a newer host wrote a kind that is unknown here.</param>
public sealed record HistoryEvent(long Sequence, ReadOnlyMemory<byte> Json, IDeploymentEvent? Event)
{
    /// <summary>One by one: an event that a newer host wrote must not hide the others.</summary>
    internal static ImmutableArray<HistoryEvent> List(byte[] json)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Array)
            throw new JsonException("it is no list of events");
        return [.. document.RootElement.EnumerateArray().Select(Of)];
    }

    private static HistoryEvent Of(JsonElement element)
    {
        var head = element.Deserialize(ClientJson.Default.EventHead) ?? throw new JsonException("it has an event that is null");
        var json = System.Text.Encoding.UTF8.GetBytes(element.GetRawText());
        try
        {
            return new HistoryEvent(head.Sequence, json, element.Deserialize(MessagesJson.Default.RecordedEvent)!.Event);
        }
        catch (JsonException)
        {
            return new HistoryEvent(head.Sequence, json, null);
        }
    }
}
