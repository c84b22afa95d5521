using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Events;

/// <summary>
/// Writes events as a JSON list, or as Server-Sent Events: <c>id</c> is the sequence number, <c>event</c> the event's word, <c>data</c> the
/// same object as in the list; a comment is a heartbeat.
/// </summary>
public static class EventAnswers
{
    /// <summary>What a watcher accepts.</summary>
    public const string StreamType = "text/event-stream";

    /// <summary>So much is gathered before it is sent.</summary>
    private const int Chunk = 64 << 10;

    private static readonly JsonWriterOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A history of any length, without gathering it in memory.</summary>
    public static async Task WriteListAsync(HttpResponse response, IAsyncEnumerable<RecordedEvent> events, CancellationToken cancellationToken)
    {
        var body = response.BodyWriter;
        var isFirst = true;
        await foreach (var recorded in events.WithCancellation(cancellationToken))
        {
            // Only now: what fails before the first event can still be answered as a problem.
            if (isFirst)
                response.ContentType = "application/json";
            body.Write(isFirst ? "["u8 : ","u8);
            isFirst = false;
            WriteJson(body, recorded);
            if (body.UnflushedBytes >= Chunk)
                await body.FlushAsync(cancellationToken);
        }
        if (isFirst)
            response.ContentType = "application/json";
        body.Write(isFirst ? "[]"u8 : "]"u8);
        await body.FlushAsync(cancellationToken);
    }

    /// <summary>A feed, for as long as it goes on.</summary>
    public static async Task WriteStreamAsync(HttpResponse response, IAsyncEnumerable<RecordedEvent?> feed, CancellationToken cancellationToken)
    {
        var body = response.BodyWriter;
        await using var events = feed.GetAsyncEnumerator(cancellationToken);
        // What fails before there is anything to say can still be answered as a problem.
        var hasMore = await events.MoveNextAsync();
        response.ContentType = StreamType;
        response.Headers.CacheControl = "no-store";
        while (hasMore)
        {
            Write(body, events.Current);
            var next = events.MoveNextAsync().AsTask();
            if (!next.IsCompleted || body.UnflushedBytes >= Chunk)
                await body.FlushAsync(cancellationToken);
            hasMore = await next;
        }
        await body.FlushAsync(cancellationToken);
    }

    private static void Write(PipeWriter body, RecordedEvent? recorded)
    {
        if (recorded is null)
        {
            body.Write(": still here\n\n"u8);
            return;
        }
        WriteText(body, string.Create(CultureInfo.InvariantCulture, $"id: {recorded.Sequence}\nevent: {EventManifests.WordOf(recorded.Event)}\ndata: "));
        WriteJson(body, recorded);
        body.Write("\n\n"u8);
    }

    /// <summary>JSON has no line break outside of texts and escapes those inside: it is one line of data.</summary>
    private static void WriteJson(PipeWriter body, RecordedEvent recorded)
    {
        using var json = new Utf8JsonWriter(body, Plain);
        JsonSerializer.Serialize(json, recorded, MessagesJson.Plain.RecordedEvent);
    }

    private static void WriteText(PipeWriter body, string text) => Encoding.UTF8.GetBytes(text, body);
}
