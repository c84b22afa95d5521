using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Orchestrator.Host.Journal;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Events;

/// <summary>
/// Writes events as a JSON list, or as Server-Sent Events: <c>id</c> is the sequence number, <c>event</c> the event's word, <c>data</c> the
/// same object as in the list; a notice has no <c>id</c>; a comment is a heartbeat.
/// </summary>
public static class EventAnswers
{
    public const string StreamType = "text/event-stream";

    /// <summary>So much is gathered before it is sent.</summary>
    private const int Chunk = 64 << 10;

    /// <summary>So much a stream may keep while nothing happens.</summary>
    private const int IdleChunk = 2 << 10;

    private static readonly JsonWriterOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A history of any length, without gathering it in memory.</summary>
    /// <param name="matches">Whether an event is asked for; null where all are.</param>
    public static async Task WriteListAsync(
        HttpResponse response, IAsyncEnumerable<RecordedEvent> events, Func<RecordedEvent, bool>? matches, CancellationToken cancellationToken)
    {
        var chunk = new ArrayBufferWriter<byte>(Chunk);
        var isFirst = true;
        await foreach (var recorded in events.WithCancellation(cancellationToken))
        {
            if (matches?.Invoke(recorded) == false)
                continue;
            chunk.Write(isFirst ? "["u8 : ","u8);
            isFirst = false;
            WriteJson(chunk, recorded);
            if (chunk.WrittenCount >= Chunk)
                await SendAsync(response, "application/json", chunk, cancellationToken);
        }
        chunk.Write(isFirst ? "[]"u8 : "]"u8);
        await SendAsync(response, "application/json", chunk, cancellationToken);
    }

    /// <summary>A <see cref="JournalPage"/>.</summary>
    public static Task WritePageAsync(HttpResponse response, IReadOnlyList<TailEvent> events, long next, CancellationToken cancellationToken)
    {
        var page = new ArrayBufferWriter<byte>(Chunk);
        page.Write("{\"events\":["u8);
        foreach (var (i, happened) in events.Index())
        {
            if (i > 0)
                page.Write(","u8);
            page.Write(happened.Json);
        }
        WriteText(page, string.Create(CultureInfo.InvariantCulture, $"],\"next\":{next}}}"));
        return SendAsync(response, "application/json", page, cancellationToken);
    }

    /// <summary>What happens in one deployment.</summary>
    public static Task WriteStreamAsync(HttpResponse response, IAsyncEnumerable<FeedItem> feed, CancellationToken cancellationToken) =>
        WriteStreamAsync(response, feed, Write, cancellationToken);

    /// <summary>What happens in all.</summary>
    public static Task WriteStreamAsync(HttpResponse response, IAsyncEnumerable<JournalFeedItem> feed, CancellationToken cancellationToken) =>
        WriteStreamAsync(response, feed, Write, cancellationToken);

    private static async Task WriteStreamAsync<T>(
        HttpResponse response, IAsyncEnumerable<T> feed, Action<IBufferWriter<byte>, T> write, CancellationToken cancellationToken)
    {
        var chunk = new ArrayBufferWriter<byte>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var events = feed.GetAsyncEnumerator(stop.Token);
        var next = events.MoveNextAsync().AsTask();
        try
        {
            var hasMore = await next;
            response.Headers.CacheControl = "no-store";
            while (hasMore)
            {
                write(chunk, events.Current);
                next = events.MoveNextAsync().AsTask();
                if (!next.IsCompleted || chunk.WrittenCount >= Chunk)
                    await SendAsync(response, StreamType, chunk, cancellationToken);
                // Followers are many and mostly wait: one that does keeps no large buffer.
                if (!next.IsCompleted && chunk.Capacity > IdleChunk)
                    chunk = new ArrayBufferWriter<byte>();
                hasMore = await next;
            }
            await SendAsync(response, StreamType, chunk, cancellationToken);
        }
        finally
        {
            // A feed that still looks for its next item cannot be disposed of.
            await stop.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Nothing stands in the answer before this: what fails earlier can still be answered as a problem, and as nothing else.</summary>
    private static async Task SendAsync(HttpResponse response, string type, ArrayBufferWriter<byte> chunk, CancellationToken cancellationToken)
    {
        if (!response.HasStarted)
            response.ContentType = type;
        await response.Body.WriteAsync(chunk.WrittenMemory, cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
        chunk.ResetWrittenCount();
    }

    private static void Write(IBufferWriter<byte> body, FeedItem item)
    {
        switch (item)
        {
            case FeedItem.Happened { Recorded: var recorded }:
                var word = EventManifests.WordOf(recorded.Event);
                WriteText(body, string.Create(CultureInfo.InvariantCulture, $"id: {recorded.Sequence}\nevent: {word}\ndata: "));
                WriteJson(body, recorded);
                body.Write("\n\n"u8);
                break;
            case FeedItem.Noticed { Notice: var notice }:
                WriteText(body, $"event: {HostApi.NoticeEvent}\ndata: {JsonSerializer.Serialize(notice, MessagesJson.Plain.StreamNotice)}\n\n");
                break;
            default:
                body.Write(": still here\n\n"u8);
                break;
        }
    }

    private static void Write(IBufferWriter<byte> body, JournalFeedItem item)
    {
        switch (item)
        {
            case JournalFeedItem.Happened { Event: var happened }:
                WriteText(body, string.Create(CultureInfo.InvariantCulture, $"id: {happened.Position}\nevent: {happened.Type}\ndata: "));
                body.Write(happened.Json);
                body.Write("\n\n"u8);
                break;
            case JournalFeedItem.Changed { Line: var line }:
                WriteText(body, $"event: {HostApi.DeploymentChangedEvent}\ndata: {JsonSerializer.Serialize(line, MessagesJson.Plain.DeploymentLine)}\n\n");
                break;
            case JournalFeedItem.Noticed { Notice: var notice }:
                WriteText(body, $"event: {HostApi.NoticeEvent}\ndata: {JsonSerializer.Serialize(notice, MessagesJson.Plain.HostNotice)}\n\n");
                break;
            case JournalFeedItem.Quiet { Position: var position }:
                // Without data it is no event, and moves where its reader resumes all the same.
                WriteText(body, string.Create(CultureInfo.InvariantCulture, $": still here\nid: {position}\n\n"));
                break;
            default:
                throw new InvalidOperationException($"no words for {item.GetType().Name}");
        }
    }

    /// <summary>JSON has no line break outside of texts and escapes those inside: it is one line of data.</summary>
    private static void WriteJson(IBufferWriter<byte> body, RecordedEvent recorded)
    {
        using var json = new Utf8JsonWriter(body, Plain);
        JsonSerializer.Serialize(json, recorded, MessagesJson.Plain.RecordedEvent);
    }

    private static void WriteText(IBufferWriter<byte> body, string text) => Encoding.UTF8.GetBytes(text, body);
}
