using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using Orchestrator.Choria.Connecting;
using Orchestrator.Choria.Protocol;
using Orchestrator.Choria.Security;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Choria.Client;

/// <summary>
/// The nodes of one collective, over a broker: each wave is signed once and published to each of its nodes; answers come on subjects of
/// this process alone. The connection comes back by itself; what was on its way when it broke is silence.
/// </summary>
public sealed partial class ChoriaFleet : IFleet
{
    private static readonly TimeSpan BetweenReports = TimeSpan.FromSeconds(10);

    private readonly ChoriaSettings _settings;
    private readonly CallerIdentity _caller;
    private readonly NatsConnection _connection;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly string _sender;
    private readonly string _replies;
    private readonly ReplyDesk _desk;
    private readonly Throttle _throttle;
    private readonly CancellationTokenSource _closing = new();
    private Action<FleetReply>? _listener;
    private Task _reading = Task.CompletedTask;
    private ITimer? _reports;
    private string? _refusal;
    private long _overflowed;
    private long _reported;

    private ChoriaFleet(FleetName name, ChoriaSettings settings, CallerIdentity caller, NatsConnection connection, TimeProvider time, ILogger log)
    {
        (Name, _settings, _caller, _connection, _time, _log) = (name, settings, caller, connection, time, log);
        _sender = Dns.GetHostName();
        _replies = Subjects.Replies(settings.Collective, caller.CallerId, RandomNumberGenerator.GetHexString(16, lowercase: true));
        _desk = new ReplyDesk(time);
        _throttle = new Throttle(settings.MessagesPerSecond, time);
    }

    /// <inheritdoc/>
    public FleetName Name { get; }

    /// <summary>Messages that were dropped, by reason; see <see cref="ReplyDesk.Dropped"/>.</summary>
    public IReadOnlyDictionary<string, long> Dropped => _desk.Dropped;

    /// <summary>Answers that found no room because they came faster than they were read; each is silence for its asker.</summary>
    public long Overflowed => Interlocked.Read(ref _overflowed);

    /// <summary>Reads certificate and key, connects and subscribes.</summary>
    /// <param name="name">What the fleet is called.</param>
    /// <param name="settings">How to reach it.</param>
    /// <param name="brokers">The brokers, each HOST:PORT, in order.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where it logs.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="FleetUnavailableException">It cannot be reached; the sentence says why.</exception>
    public static async Task<ChoriaFleet> ConnectAsync(
        FleetName name, ChoriaSettings settings, ImmutableArray<string> brokers, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        CallerIdentity caller;
        try
        {
            caller = CallerIdentity.Load(settings);
        }
        catch (CallerIdentityException e)
        {
            throw new FleetUnavailableException(e.Message, e);
        }
        NatsConnection connection;
        try
        {
            connection = await BrokerConnection.OpenAsync(settings, brokers, loggers, cancellationToken);
        }
        catch
        {
            caller.Dispose();
            throw;
        }
        var fleet = new ChoriaFleet(name, settings, caller, connection, time, loggers.CreateLogger<ChoriaFleet>());
        try
        {
            await fleet.SubscribeAsync(cancellationToken);
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task PublishAsync(FleetWave wave, CancellationToken cancellationToken)
    {
        if (_connection.ConnectionState != NatsConnectionState.Open)
            throw new FleetUnavailableException($"there is no connection to a broker of the fleet {Name}: it is tried again");
        if (_refusal is { } refusal)
            throw new FleetUnavailableException(refusal);

        _desk.Expect(wave);
        var now = _time.GetUtcNow();
        var request = new RpcRequest(
            wave.Id, _sender, _caller.CallerId, _settings.Collective, PuppetRequests.Agent, wave.TimeToLive, now,
            new RpcFilter { Agents = [PuppetRequests.Agent] }, PuppetRequests.Body(wave.Request, _caller.CallerId));
        var payload = _caller.Seal(request, $"{_replies}.{wave.Id}");
        var sent = 0;
        try
        {
            for (; sent < wave.Identities.Length; sent++)
            {
                if (sent % _throttle.Most == 0 && _throttle.Reserve(Math.Min(_throttle.Most, wave.Identities.Length - sent)) is var wait && wait > TimeSpan.Zero)
                    await Task.Delay(wait, _time, cancellationToken);
                if (Subjects.IsIdentity(wave.Identities[sent].Value))
                    await _connection.PublishAsync(Subjects.Node(_settings.Collective, wave.Identities[sent]), payload, cancellationToken: cancellationToken);
            }
            // A publish returns when it is buffered: the broker's pong says that it has read all of them, so that silence counts from here.
            await _connection.PingAsync(cancellationToken);
        }
        catch (Exception e) when (e is NatsException or OperationCanceledException or TimeoutException or ObjectDisposedException)
        {
            if (sent == 0)
            {
                _desk.Forget(wave.Id);
                throw new FleetUnavailableException($"the connection to the broker of the fleet {Name} is broken: {e.Message}", e);
            }
            // Some may have left: whoever does not answer is silent.
            WaveBroken(_log, Name, sent, wave.Identities.Length, e.Message);
        }
    }

    /// <inheritdoc/>
    public IDisposable Listen(Action<FleetReply> onReply)
    {
        if (Interlocked.CompareExchange(ref _listener, onReply, null) is not null)
            throw new InvalidOperationException($"the fleet {Name} has a listener already: dispose it before another one listens");
        return new Listening(this, onReply);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _connection.DisposeAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_reports is not null)
            await _reports.DisposeAsync();
        Report();
        _caller.Dispose();
        _closing.Dispose();
    }

    private async Task SubscribeAsync(CancellationToken cancellationToken)
    {
        _connection.MessageDropped += (_, _) =>
        {
            Interlocked.Increment(ref _overflowed);
            return default;
        };
        _connection.ServerError += (_, e) =>
        {
            BrokerComplains(_log, Name, e.Error);
            if (e.Error.Contains("Permissions Violation for Subscription", StringComparison.OrdinalIgnoreCase) && e.Error.Contains(_replies, StringComparison.Ordinal))
                _refusal = $"the broker of the fleet {Name} does not let {_caller.CallerId} subscribe to {_replies}.*: allow {_settings.Collective}.reply.> (or the hashed form of the caller id) for it";
            return default;
        };
        _connection.ConnectionDisconnected += (_, e) =>
        {
            Disconnected(_log, Name, e.Message);
            return default;
        };
        _connection.ConnectionOpened += (_, e) =>
        {
            _refusal = null;
            Connected(_log, Name, e.Message);
            return default;
        };
        var subscription = await _connection.SubscribeCoreAsync<NatsMemoryOwner<byte>>($"{_replies}.*", cancellationToken: cancellationToken);
        // The broker's word on the subscription comes before its pong.
        await _connection.PingAsync(cancellationToken);
        if (_refusal is { } refusal)
            throw new FleetUnavailableException(refusal);
        _reading = ReadAsync(subscription);
        _reports = _time.CreateTimer(_ => Report(), null, BetweenReports, BetweenReports);
    }

    private async Task ReadAsync(INatsSub<NatsMemoryOwner<byte>> subscription)
    {
        await foreach (var message in subscription.Msgs.ReadAllAsync(_closing.Token))
        {
            using var payload = message.Data;
            if (_desk.Accept(message.Subject[(message.Subject.LastIndexOf('.') + 1)..], payload.Span) is { } reply)
                _listener?.Invoke(reply);
        }
    }

    private void Report()
    {
        var dropped = _desk.Dropped;
        var count = dropped.Values.Sum() + Overflowed;
        if (count == _reported)
            return;
        _reported = count;
        MessagesDropped(_log, Name, string.Join(", ", dropped.OrderBy(d => d.Key, StringComparer.Ordinal).Select(d => $"{d.Key} {d.Value}").Append($"no room {Overflowed}")));
    }

    private sealed class Listening(ChoriaFleet fleet, Action<FleetReply> onReply) : IDisposable
    {
        public void Dispose() => Interlocked.CompareExchange(ref fleet._listener, null, onReply);
    }

    [LoggerMessage(1, LogLevel.Warning, "Of a wave for fleet {Fleet} {Sent} of {All} requests may have left: {Reason}")]
    private static partial void WaveBroken(ILogger log, FleetName fleet, int sent, int all, string reason);

    [LoggerMessage(2, LogLevel.Warning, "The broker of fleet {Fleet} complains: {Error}")]
    private static partial void BrokerComplains(ILogger log, FleetName fleet, string error);

    [LoggerMessage(3, LogLevel.Warning, "The connection of fleet {Fleet} is gone, it is tried again: {Reason}")]
    private static partial void Disconnected(ILogger log, FleetName fleet, string reason);

    [LoggerMessage(4, LogLevel.Information, "Fleet {Fleet} is connected: {Broker}")]
    private static partial void Connected(ILogger log, FleetName fleet, string broker);

    [LoggerMessage(5, LogLevel.Warning, "Messages of fleet {Fleet} dropped so far: {Reasons}")]
    private static partial void MessagesDropped(ILogger log, FleetName fleet, string reasons);
}
