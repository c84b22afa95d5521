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
/// The nodes of one collective, over a broker: <see cref="WavePublisher"/> sends, <see cref="ReplySubscription"/> hears, <see cref="FleetCounters"/>
/// tells what was dropped. The connection comes back by itself; what was on its way when it broke is silence.
/// </summary>
public sealed partial class ChoriaFleet : IFleet
{
    private const int LargestWaves = 2000;
    private static readonly TimeSpan BetweenReports = TimeSpan.FromSeconds(10);

    private readonly ChoriaSettings _settings;
    private readonly CallerFiles _caller;
    private readonly NatsConnection _connection;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly PendingRequests _pending;
    private readonly FleetCounters _counters;
    private readonly ReplySubscription _replies;
    private readonly WavePublisher _publisher;
    private readonly CancellationTokenSource _closing = new();
    private Task _reading = Task.CompletedTask;
    private ITimer? _reports;
    private int _failedReconnects;

    /// <summary>Since when there is no connection, as UTC ticks; 0 while there is one.</summary>
    private long _lostAt;

    private ChoriaFleet(FleetName name, ChoriaSettings settings, CallerFiles caller, NatsConnection connection, TimeProvider time, ILogger log)
    {
        (Name, _settings, _caller, _connection, _time, _log) = (name, settings, caller, connection, time, log);
        var subject = Subjects.Replies(settings.Collective, settings.CallerId, RandomNumberGenerator.GetHexString(16, lowercase: true));
        _pending = new PendingRequests(time);
        _counters = new FleetCounters(name, _pending, log);
        _replies = new ReplySubscription(name, settings.CallerId, subject, _pending, _counters, time);
        var wire = new WavePublisher.Wire(
            (to, payload, cancellation) => connection.PublishAsync(to, payload, cancellationToken: cancellation),
            async cancellation => await connection.PingAsync(cancellation));
        _publisher = new WavePublisher(name, settings, () => caller.Current, subject, _pending, wire, time, log);
    }

    public FleetName Name { get; }

    /// <remarks>What is under way leaves within seconds even where few messages a second may: a request grows old while it waits.</remarks>
    public int MaxInFlight => Math.Min(LargestWaves, _settings.MessagesPerSecond * 5);

    public int? LargestMessage => _connection.ServerInfo is { MaxPayload: > 0 } broker ? broker.MaxPayload : null;

    public string? Trouble => _caller.Trouble ?? _replies.Refusal ?? Lost;
    public IReadOnlyDictionary<string, long> Dropped => _pending.Dropped;
    public long Overflowed => _counters.Overflowed;

    /// <summary>Reads certificate and key, connects and subscribes.</summary>
    /// <param name="brokers">The brokers, each HOST:PORT, in order.</param>
    /// <exception cref="FleetUnavailableException">It cannot be reached; the sentence says why.</exception>
    public static async Task<ChoriaFleet> ConnectAsync(
        FleetName name, ChoriaSettings settings, ImmutableArray<string> brokers, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var escaped = new EscapedLogs(loggers);
        CallerFiles caller;
        try
        {
            caller = CallerFiles.Open(name, settings, time, escaped.CreateLogger<CallerFiles>());
        }
        catch (CallerIdentityException e)
        {
            throw new FleetUnavailableException(e.Message, e);
        }
        NatsConnection connection;
        try
        {
            connection = await BrokerConnection.OpenAsync(settings, brokers, escaped, cancellationToken, () => caller.Current.Tls);
        }
        catch
        {
            caller.Dispose();
            throw;
        }
        var fleet = new ChoriaFleet(name, settings, caller, connection, time, escaped.CreateLogger<ChoriaFleet>());
        try
        {
            await fleet.OpenAsync(cancellationToken);
            return fleet;
        }
        catch (Exception e)
        {
            await fleet.DisposeAsync();
            if (e is NatsException)
                throw new FleetUnavailableException($"the connection to the broker of the fleet {name} broke while it was opened: {e.Message}", e);
            throw;
        }
    }

    public async Task PublishAsync(FleetWave wave, CancellationToken cancellationToken)
    {
        if (_connection.ConnectionState != NatsConnectionState.Open)
            throw new FleetUnavailableException($"there is no connection to a broker of the fleet {Name}, reconnecting");
        if (_replies.Refusal is { } refusal)
            throw new FleetUnavailableException(refusal);
        // Looks at the files: they may have been renewed.
        _ = _caller.Current;
        if (_caller.Trouble is { } trouble)
            throw new FleetUnavailableException(trouble);
        await _publisher.PublishAsync(wave, _replies.FailDelivery, cancellationToken);
    }

    public IDisposable Listen(Action<FleetReply> onReply) => _replies.Listen(onReply);

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _connection.DisposeAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_reports is not null)
            await _reports.DisposeAsync();
        _counters.Report();
        _caller.Dispose();
        _closing.Dispose();
    }

    private string? Lost => Interlocked.Read(ref _lostAt) is > 0 and var at
        ? $"the connection to the broker of the fleet {Name} was lost at {Phrases.Time(new DateTimeOffset(at, TimeSpan.Zero))} and is being retried: "
            + "check the broker and the network"
        : null;

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        _connection.MessageDropped += (_, _) =>
        {
            _counters.CountOverflow();
            return default;
        };
        _connection.ServerError += (_, e) =>
        {
            OnComplaint(e.Error);
            return default;
        };
        _connection.ConnectionDisconnected += (_, e) =>
        {
            // Not when it is open again: what the next broker refuses may be told before that.
            _replies.ForgetRefusal();
            Interlocked.CompareExchange(ref _lostAt, _time.GetUtcNow().UtcTicks, 0);
            Disconnected(_log, Name, e.Message);
            return default;
        };
        _connection.ReconnectFailed += (_, e) =>
        {
            if (Interlocked.Increment(ref _failedReconnects) == 1)
                ReconnectFailed(_log, Name, e.Message);
            return default;
        };
        _connection.ConnectionOpened += (_, e) =>
        {
            Interlocked.Exchange(ref _failedReconnects, 0);
            Interlocked.Exchange(ref _lostAt, 0);
            Connected(_log, Name, e.Message);
            return default;
        };
        var subscription = await _replies.OpenAsync(_connection, cancellationToken);
        _reading = _replies.ReadAsync(subscription, _closing.Token);
        _reports = _time.CreateTimer(_ => Report(), null, BetweenReports, BetweenReports);
    }

    private void Report()
    {
        // A certificate that expires is told also while nobody asks for anything.
        _ = _caller.Current;
        _counters.Report();
    }

    private void OnComplaint(string error)
    {
        if (!_replies.Note(error))
            return;
        _counters.CountComplaint(error);
        var nodes = $"{_settings.Collective}.node.";
        if (BrokerComplaints.RefusedPublish(error) is { } published && published.StartsWith(nodes, StringComparison.Ordinal))
        {
            _replies.FailDelivery(
                new NodeName(published[nodes.Length..]),
                $"the broker does not let {_settings.CallerId} publish to {published}: allow it {nodes}> in the broker's permissions");
        }
    }

    [LoggerMessage(3, LogLevel.Warning, "Fleet {Fleet} lost its connection, reconnecting: {Reason}")]
    private static partial void Disconnected(ILogger log, FleetName fleet, string reason);

    [LoggerMessage(4, LogLevel.Information, "Fleet {Fleet} is connected: {Broker}")]
    private static partial void Connected(ILogger log, FleetName fleet, string broker);

    [LoggerMessage(8, LogLevel.Warning, "No broker of fleet {Fleet} accepts a connection yet; retrying silently until one does: {Reason}")]
    private static partial void ReconnectFailed(ILogger log, FleetName fleet, string reason);
}
