using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;

namespace Orchestrator.Client;

/// <summary>Reads the Server-Sent Events of one connection.</summary>
/// <param name="read">What an event says; null for nothing that is known here.</param>
internal sealed class EventStream(Stream stream, TimeProvider clock, Func<SseItem<byte[]>, StreamItem?> read)
{
    /// <summary>A host writes a heartbeat at least twice as often; one that does not is stopped, or not able to.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(25);

    /// <summary>A stream silent for longer is broken.</summary>
    public static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(90);

    private SseParser<byte[]>? _parser;
    private string _idBefore = "";
    private byte _lastByte;

    /// <summary>Whether all that has come is whole: the parser takes an id from its line, and the data of its event may never come.</summary>
    private bool _isWhole;

    /// <summary>The last id of what has come whole, also of a heartbeat; empty for none.</summary>
    public string LastId => _isWhole ? _parser!.LastEventId : _idBefore;

    /// <summary>What comes until the stream's end. Throws <see cref="HostLostException"/> where it breaks.</summary>
    /// <param name="onSilence">Takes true where the host is silent for so long that it does not answer, then false once it does again.</param>
    public async IAsyncEnumerable<StreamItem> ReadAsync(Func<bool, Task> onSilence, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var timed = new TimedStream(stream, Silence, LongestSilence, onSilence, Follow, clock);
        _parser = SseParser.Create(timed, (_, data) => data.ToArray());
        await using var events = _parser.EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(events))
        {
            if (read(events.Current) is { } item)
                yield return item;
        }
    }

    /// <summary>The parser asks for more once it has read what came before.</summary>
    private void Follow(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        _idBefore = LastId;
        _isWhole = bytes[^1] == '\n' && (bytes.Length > 1 ? bytes[^2] : _lastByte) == '\n';
        _lastByte = bytes[^1];
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<SseItem<byte[]>> events)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (Exception e) when (e is HttpRequestException or TimeoutException || (e is IOException and not HostException))
        {
            throw new HostLostException("the connection to the host was lost while following its events", e);
        }
    }
}
