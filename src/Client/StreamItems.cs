using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Client;

/// <summary>What the events of a stream say; null for what no host known here writes.</summary>
internal static class StreamItems
{
    /// <summary>Of the stream of one deployment.</summary>
    public static StreamItem? OfDeployment(SseItem<byte[]> item)
    {
        if (item is { EventId: null, EventType: HostApi.NoticeEvent })
            return Read(item, MessagesJson.Default.StreamNotice) is { } notice ? new StreamItem.Noticed(notice) : null;
        return long.TryParse(item.EventId, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence) && item.Data.Length > 0
            ? new StreamItem.Happened(new HistoryEvent(sequence, item.Data, Read(item, MessagesJson.Default.RecordedEvent)?.Event))
            : null;
    }

    /// <summary>Of the stream of all deployments.</summary>
    public static StreamItem? OfAll(SseItem<byte[]> item) => item switch
    {
        { EventId: null, EventType: HostApi.NoticeEvent } =>
            Read(item, MessagesJson.Default.HostNotice) is { } notice ? new StreamItem.HostNoticed(notice) : null,
        { EventId: null, EventType: HostApi.DeploymentChangedEvent } =>
            Read(item, MessagesJson.Default.DeploymentLine) is { } line ? new StreamItem.Changed(line) : null,
        { EventId: not null } => Read(item, ClientJson.Default.JournalHead) is { } head ? new StreamItem.HappenedIn(JournalEntry.Of(head, item.Data)) : null,
        _ => null,
    };

    private static T? Read<T>(SseItem<byte[]> item, JsonTypeInfo<T> info) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(item.Data, info);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
