using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Client;

/// <summary>Follows a deployment over as many connections as it takes.</summary>
/// <param name="view">Asks how the deployment stands, once a stream has come to its end.</param>
internal sealed class Following(
    Transport host, string id, int mostBreaks, Func<CancellationToken, Task<HostAnswer<DeploymentView>>> view)
{
    public async IAsyncEnumerable<StreamItem> ToTheEndAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (last, breaks, wasLost) = (after, 0, false);
        while (true)
        {
            var (seenBefore, wasOpen) = (last, false);
            var (stream, lost) = await OrLostAsync(() => host.OpenEventsAsync(HostApi.Events(id, last), last, cancellationToken));
            if (stream is not null)
            {
                await using var connection = new Connection(stream, host.Clock, cancellationToken);
                wasOpen = true;
                if (wasLost)
                    yield return new StreamItem.Reconnected();
                wasLost = false;
                while (true)
                {
                    (var item, lost) = await OrLostAsync(connection.NextAsync);
                    if (item is null)
                        break;
                    if (item is StreamItem.Happened { Event.Sequence: var sequence })
                    {
                        if (sequence <= last)
                            continue;
                        last = sequence;
                    }
                    yield return item;
                }
            }
            if (lost is null)
            {
                (var end, lost) = await OrLostAsync(() => view(cancellationToken));
                if (end?.Value.State.IsEnd() == true)
                {
                    yield return new StreamItem.Ended(end);
                    yield break;
                }
            }
            // A host closes the stream of a slow reader, who may come back. One that does not answer may be stopped for as long as it takes.
            breaks = last > seenBefore || lost is { TimedOut: true } ? 1 : breaks + 1;
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

    private HostLostException ClosedAgain(HostLostException? lost) =>
        new($"the host keeps closing the event stream of deployment {id}: see {host.Endpoint.Log}", lost);

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

        private readonly CancellationTokenSource _stop;
        private readonly Channel<StreamItem> _items = Channel.CreateBounded<StreamItem>(MostPrefetched);
        private readonly Task _reading;

        public Connection(Stream stream, TimeProvider clock, CancellationToken cancellationToken)
        {
            _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _reading = ReadAsync(stream, clock, _stop.Token);
        }

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

        private async Task ReadAsync(Stream stream, TimeProvider clock, CancellationToken cancellationToken)
        {
            Exception? end = null;
            try
            {
                await using var owned = stream;
                var events = EventStream.ReadAsync(
                    stream, clock, begins => WriteAsync(new StreamItem.Silence(begins)), notice => WriteAsync(new StreamItem.Noticed(notice)),
                    cancellationToken);
                await foreach (var happened in events)
                    await WriteAsync(new StreamItem.Happened(happened));
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
