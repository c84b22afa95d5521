using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Orchestrator.Host.Process;

/// <summary>A connection that the host has no room for: its one request is answered with the reason.</summary>
public sealed record BeyondLimit(string Reason);

/// <summary>
/// Accepts no connection that could take the file descriptors which the runtime and the journal need: it waits in the system's queue until another one is
/// gone. Kestrel's own limit closes a connection once it is accepted, and in a flood accepting is faster than closing. Over the network a peer has a short
/// time to show who they are.
/// </summary>
public sealed partial class BoundedListening(IConnectionListenerFactory transport, HostLimits limits, TimeProvider time, ILogger<BoundedListening> log)
    : IConnectionListenerFactory
{
    /// <summary>For the handshake and the head of a request with a token.</summary>
    public static TimeSpan TimeToProve { get; } = TimeSpan.FromSeconds(15);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var unproven = endpoint is IPEndPoint
            ? new UnprovenConnections(limits.MostUnproven, limits.MostUnprovenOfOne, reason => Crowded(log, endpoint, reason))
            : null;
        return new Listener(await transport.BindAsync(endpoint, cancellationToken), limits, unproven, time);
    }

    [LoggerMessage(74, LogLevel.Warning, "{Address}: {Reason}")]
    private static partial void Crowded(ILogger log, EndPoint address, string reason);

    /// <param name="unproven">Null where the system says who connects.</param>
    private sealed class Listener(IConnectionListener listener, HostLimits limits, UnprovenConnections? unproven, TimeProvider time) : IConnectionListener
    {
        /// <summary>Somebody else than a connection may have given file descriptors back.</summary>
        private static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

        private readonly CancellationTokenSource _unbound = new();
        private TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _open;

        public EndPoint EndPoint => listener.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            if (!await HasRoomAsync() || await listener.AcceptAsync(cancellationToken) is not { } connection)
                return null;
            var reason = limits.WhyNotServe(_open, unproven is not null);
            Interlocked.Increment(ref _open);
            return new Connection(connection, this, reason is null ? null : new BeyondLimit(reason), unproven, time);
        }

        /// <summary>Waits for it; false once nothing more is accepted.</summary>
        private async Task<bool> HasRoomAsync()
        {
            while (true)
            {
                var gone = Volatile.Read(ref _gone).Task;
                if (limits.MayAccept(Volatile.Read(ref _open), unproven is not null))
                    return true;
                try
                {
                    await gone.WaitAsync(BetweenLooks, time, _unbound.Token);
                }
                catch (TimeoutException)
                {
                    // One more look.
                }
                catch (OperationCanceledException)
                {
                    return false;
                }
            }
        }

        public void Leave()
        {
            Interlocked.Decrement(ref _open);
            Interlocked.Exchange(ref _gone, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
        }

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            await _unbound.CancelAsync();
            await listener.UnbindAsync(cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            await listener.DisposeAsync();
            _unbound.Dispose();
        }
    }

    /// <summary>Takes its place until its file descriptor is closed.</summary>
    private sealed class Connection : ConnectionContext
    {
        /// <summary>How long one that is not served may take for its request and the answer.</summary>
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

        private readonly ConnectionContext _connection;
        private readonly Listener _listener;
        private readonly Unproven? _unproven;
        private readonly ITimer? _late;

        public Connection(ConnectionContext connection, Listener listener, BeyondLimit? beyond, UnprovenConnections? unproven, TimeProvider time)
        {
            (_connection, _listener) = (connection, listener);
            if (unproven is not null && connection.RemoteEndPoint is IPEndPoint { Address: var address })
            {
                _unproven = unproven.Enter(address, () => connection.Abort(new ConnectionAbortedException("its peer did not show who they are")));
                connection.Features.Set(_unproven);
            }
            if (beyond is not null)
            {
                connection.Features.Set(beyond);
                _late = time.CreateTimer(_ => connection.Abort(new ConnectionAbortedException(beyond.Reason)), null, Patience, Timeout.InfiniteTimeSpan);
            }
            else if (_unproven is not null)
            {
                _late = time.CreateTimer(_ => _unproven.Expire(), null, TimeToProve, Timeout.InfiniteTimeSpan);
            }
        }

        public override string ConnectionId { get => _connection.ConnectionId; set => _connection.ConnectionId = value; }
        public override IFeatureCollection Features => _connection.Features;
        public override IDictionary<object, object?> Items { get => _connection.Items; set => _connection.Items = value; }
        public override IDuplexPipe Transport { get => _connection.Transport; set => _connection.Transport = value; }
        public override CancellationToken ConnectionClosed { get => _connection.ConnectionClosed; set => _connection.ConnectionClosed = value; }
        public override EndPoint? LocalEndPoint { get => _connection.LocalEndPoint; set => _connection.LocalEndPoint = value; }
        public override EndPoint? RemoteEndPoint { get => _connection.RemoteEndPoint; set => _connection.RemoteEndPoint = value; }

        public override void Abort(ConnectionAbortedException abortReason) => _connection.Abort(abortReason);

        public override async ValueTask DisposeAsync()
        {
            _unproven?.Leave();
            if (_late is not null)
                await _late.DisposeAsync();
            try
            {
                await _connection.DisposeAsync();
                await base.DisposeAsync();
            }
            finally
            {
                _listener.Leave();
            }
        }
    }
}
