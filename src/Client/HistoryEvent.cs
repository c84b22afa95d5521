using System.Text;
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
    internal static ImmutableArray<HistoryEvent> List(byte[] json) =>
        [.. (JsonSerializer.Deserialize(json, ClientJson.Default.JsonElementArray) ?? throw new JsonException("it is null")).Select(element => Of(
            (element.Deserialize(ClientJson.Default.EventHead) ?? throw new JsonException("it has an event that is null")).Sequence,
            Encoding.UTF8.GetBytes(element.GetRawText())))];

    internal static HistoryEvent Of(long sequence, byte[] json)
    {
        try
        {
            return new HistoryEvent(sequence, json, JsonSerializer.Deserialize(json, MessagesJson.Default.RecordedEvent)?.Event);
        }
        catch (JsonException)
        {
            return new HistoryEvent(sequence, json, null);
        }
    }
}
