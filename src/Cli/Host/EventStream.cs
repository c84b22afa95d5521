using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Host;

/// <summary>One event of a deployment as the host's stream carried it.</summary>
/// <param name="Sequence">Its number in the deployment's history.</param>
/// <param name="Json">The event's JSON as it came.</param>
/// <param name="Event">What it says; null where a newer host wrote a kind that is unknown here.</param>
internal sealed record StreamedEvent(long Sequence, string Json, IDeploymentEvent? Event);

/// <summary>Reads Server-Sent Events.</summary>
internal static class EventStream
{
    /// <summary>A host writes a heartbeat more often than this; a stream silent for longer is broken.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(90);

    /// <summary>The events until the stream's end. Throws <see cref="HostLostException"/> where it breaks.</summary>
    public static async IAsyncEnumerable<StreamedEvent> ReadAsync(Stream stream, TimeProvider clock, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        long? sequence = null;
        var data = new StringBuilder();
        while (await NextLineAsync(reader, clock, cancellationToken) is { } line)
        {
            if (line.Length == 0)
            {
                if (sequence is { } number && data.Length > 0)
                    yield return new StreamedEvent(number, data.ToString(), Parse(data.ToString()));
                sequence = null;
                data.Clear();
                continue;
            }
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var field = colon < 0 ? line : line[..colon];
            var value = colon < 0 ? "" : line[(colon + 1)..];
            if (value.StartsWith(' '))
                value = value[1..];
            switch (field)
            {
                case "id":
                    sequence = long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
                    break;
                case "data":
                    if (data.Length > 0)
                        data.Append('\n');
                    data.Append(value);
                    break;
                default:
                    // A heartbeat (a comment has an empty field's name), or the event's word, which the data has too.
                    break;
            }
        }
    }

    private static async Task<string?> NextLineAsync(StreamReader reader, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadLineAsync(cancellationToken).AsTask().WaitAsync(LongestSilence, clock, cancellationToken);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or TimeoutException)
        {
            throw new HostLostException("the host went away while a deployment was followed", e);
        }
    }

    private static IDeploymentEvent? Parse(string json)
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
