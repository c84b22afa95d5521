using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Client;

/// <summary>Reads a stream of Server-Sent Events of one connection.</summary>
internal static class EventStream
{
    /// <summary>A host writes a heartbeat at least twice as often; one that does not is stopped, or not able to.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(25);

    /// <summary>A stream silent for longer is broken.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(90);

    /// <summary>The events until the stream's end. Throws <see cref="HostLostException"/> where it breaks.</summary>
    /// <param name="onSilence">Takes true where the host is silent for so long that it does not answer, then false once it does again.</param>
    /// <param name="onNotice">Takes what is no event of the deployment, before the event that comes after it.</param>
    public static async IAsyncEnumerable<HistoryEvent> ReadAsync(
        Stream stream, TimeProvider clock, Func<bool, Task> onSilence, Func<StreamNotice, Task> onNotice,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var timed = new TimedStream(stream, Silence, LongestSilence, onSilence, clock);
        await using var items = SseParser.Create(timed, (_, data) => data.ToArray()).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(items))
        {
            if (items.Current is { EventId: null, EventType: HostApi.NoticeEvent } word)
            {
                if (Parse(word.Data, MessagesJson.Default.StreamNotice) is { } notice)
                    await onNotice(notice);
            }
            else if (long.TryParse(items.Current.EventId, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence) && items.Current.Data.Length > 0)
            {
                yield return new HistoryEvent(sequence, items.Current.Data, Parse(items.Current.Data, MessagesJson.Default.RecordedEvent)?.Event);
            }
        }
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<SseItem<byte[]>> items)
    {
        try
        {
            return await items.MoveNextAsync();
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException || (e is IOException and not HostException))
        {
            throw new HostLostException("the connection to the host was lost while following a deployment", e);
        }
    }

    private static T? Parse<T>(byte[] json, JsonTypeInfo<T> info) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, info);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
