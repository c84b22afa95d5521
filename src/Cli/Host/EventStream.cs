using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Host;

/// <summary>One event of a deployment as the host's stream carried it.</summary>
/// <param name="Sequence">Its number in the deployment's history.</param>
/// <param name="Json">The event's JSON as it came, in UTF-8.</param>
/// <param name="Event">What it says; null where a newer host wrote a kind that is unknown here.</param>
internal sealed record StreamedEvent(long Sequence, byte[] Json, IDeploymentEvent? Event);

/// <summary>Reads Server-Sent Events.</summary>
internal static class EventStream
{
    /// <summary>A host writes a heartbeat more often than this; a stream silent for longer is broken.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(90);

    /// <summary>The events until the stream's end. Throws <see cref="HostLostException"/> where it breaks.</summary>
    public static async IAsyncEnumerable<StreamedEvent> ReadAsync(Stream stream, TimeProvider clock, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var timed = new TimedStream(stream, LongestSilence, clock);
        await using var items = SseParser.Create(timed, (_, data) => data.ToArray()).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(items))
        {
            if (long.TryParse(items.Current.EventId, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence) && items.Current.Data.Length > 0)
                yield return new StreamedEvent(sequence, items.Current.Data, Parse(items.Current.Data));
        }
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<SseItem<byte[]>> items)
    {
        try
        {
            return await items.MoveNextAsync();
        }
        catch (Exception e) when (e is IOException or HttpRequestException or TimeoutException)
        {
            throw new HostLostException("the connection to the host was lost while following a deployment", e);
        }
    }

    private static IDeploymentEvent? Parse(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, MessagesJson.Default.RecordedEvent)?.Event;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
