using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Orchestrator.Client;

/// <summary>Follows a stream of the host over as many connections as it takes.</summary>
/// <param name="what">What is followed, for sentences.</param>
/// <param name="pathAfter">What to ask for to go on after a number; null for from now on.</param>
/// <param name="read">What an event of the stream says; null for nothing that is known here.</param>
/// <param name="numberOf">The number of an item that has one: each comes once.</param>
/// <param name="endAsync">The last item where what is followed has ended, once a stream has come to its end; null where it goes on.</param>
internal sealed class Following(
    Transport host, string what, Func<long?, string> pathAfter, Func<SseItem<byte[]>, StreamItem?> read, Func<StreamItem, long?> numberOf, int mostBreaks,
    Func<CancellationToken, Task<StreamItem?>> endAsync)
{
    public async IAsyncEnumerable<StreamItem> ToTheEndAsync(long? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (last, breaks, wasLost) = (after, 0, false);
        while (true)
        {
            var (seenBefore, wasOpen, lasted) = (last, false, false);
            var (stream, lost) = await OrLostAsync(() => host.OpenEventsAsync(pathAfter(last), last ?? 0, cancellationToken));
            if (stream is not null)
            {
                var opened = host.Clock.GetTimestamp();
                await using var connection = new Connection(new EventStream(stream, host.Clock, read), stream, cancellationToken);
                wasOpen = true;
                if (wasLost)
                    yield return new StreamItem.Reconnected();
                wasLost = false;
                while (true)
                {
                    (var item, lost) = await OrLostAsync(connection.NextAsync);
                    if (item is null)
                        break;
                    if (numberOf(item) is { } number)
                    {
                        if (number <= last)
                            continue;
                        last = number;
                    }
                    yield return item;
                }
                // A heartbeat may say how far the stream has come without an event.
                if (connection.LastNumber is { } reached && !(reached <= last))
                    last = reached;
                lasted = host.Clock.GetElapsedTime(opened) > EventStream.LongestSilence;
            }
            if (lost is null)
            {
                (var end, lost) = await OrLostAsync(() => endAsync(cancellationToken));
                if (end is not null)
                {
                    yield return end;
                    yield break;
                }
            }
            // A host closes the stream of a slow reader, who may come back. One that does not answer may be stopped for as long as it takes.
            breaks = last != seenBefore || lasted || lost is { TimedOut: true } ? 1 : breaks + 1;
            if (breaks > mostBreaks)
                throw lost is not null && !wasOpen ? lost : ClosedAgain(lost);
            if (lost is not null)
            {
                wasLost = true;
                yield return new StreamItem.Lost(lost);
            }
            await Task.Delay(Pauses.After(breaks), host.Clock, cancellationToken);
        }
    }

    private HostLostException ClosedAgain(HostLostException? lost) => new($"the host keeps closing the event stream of {what}: see {host.Endpoint.Log}", lost);

    private static async Task<(T? Answer, HostLostException? Lost)> OrLostAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return (await ask(), null);
        }
        catch (HostLostException e)
        {
            return (default, e);
        }
    }

    /// <summary>One connection: what comes over it, in order.</summary>
    private sealed class Connection : IAsyncDisposable
    {
        private const int MostPrefetched = 1024;

        private readonly EventStream _events;
        private readonly CancellationTokenSource _stop;
        private readonly Channel<StreamItem> _items = Channel.CreateBounded<StreamItem>(MostPrefetched);
        private readonly Task _reading;

        public Connection(EventStream events, Stream stream, CancellationToken cancellationToken)
        {
            _events = events;
            _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _reading = ReadAsync(stream, _stop.Token);
        }

        /// <summary>Of what has come, once all of it was given out; null for none.</summary>
        public long? LastNumber =>
            long.TryParse(_events.LastId, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

        /// <summary>Null once the host has closed it; throws <see cref="HostLostException"/> where it broke.</summary>
        public async Task<StreamItem?> NextAsync()
        {
            while (await _items.Reader.WaitToReadAsync(CancellationToken.None))
            {
                if (_items.Reader.TryRead(out var item))
                    return item;
            }
            return null;
        }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _reading;
            _stop.Dispose();
        }

        private async Task ReadAsync(Stream stream, CancellationToken cancellationToken)
        {
            Exception? end = null;
            try
            {
                await using var owned = stream;
                await foreach (var item in _events.ReadAsync(begins => WriteAsync(new StreamItem.Silence(begins)), cancellationToken))
                    await WriteAsync(item);
            }
            catch (Exception e)
            {
                end = e;
            }
            _items.Writer.Complete(end);

            Task WriteAsync(StreamItem item) => _items.Writer.WriteAsync(item, cancellationToken).AsTask();
        }
    }
}
