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
/// this process alone. The connection comes back by itself; what was on its way when it broke is silence. What it drops, and what the
/// broker says, is counted and told in a summary now and then.
/// </summary>
public sealed partial class ChoriaFleet : IFleet
{
    private const int LargestWaves = 2000;
    private static readonly TimeSpan BetweenReports = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LongestProbe = TimeSpan.FromSeconds(5);

    private readonly ChoriaSettings _settings;
    private readonly CallerIdentity _caller;
    private readonly NatsConnection _connection;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly string _sender;
    private readonly string _replies;
    private readonly PendingRequests _pending;
    private readonly Throttle _throttle;
    private readonly CancellationTokenSource _closing = new();
    private readonly BrokerComplaints _complaints = new();
    private readonly TaskCompletionSource _probeRefused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Action<FleetReply>? _listener;
    private Task _reading = Task.CompletedTask;
    private ITimer? _reports;
    private volatile string? _refusal;
    private long _overflowed;
    private long _failedReads;
    private int _failedReconnects;
    private string _reported = "";

    private ChoriaFleet(FleetName name, ChoriaSettings settings, CallerIdentity caller, NatsConnection connection, TimeProvider time, ILogger log)
    {
        (Name, _settings, _caller, _connection, _time, _log) = (name, settings, caller, connection, time, log);
        _sender = Dns.GetHostName();
        _replies = Subjects.Replies(settings.Collective, caller.CallerId, RandomNumberGenerator.GetHexString(16, lowercase: true));
        _pending = new PendingRequests(time);
        _throttle = new Throttle(settings.MessagesPerSecond, time);
    }

    /// <inheritdoc/>
    public FleetName Name { get; }

    /// <inheritdoc/>
    /// <remarks>What is under way leaves within seconds even where few messages a second may: a request grows old while it waits.</remarks>
    public int MaxInFlight => Math.Min(LargestWaves, _settings.MessagesPerSecond * 5);

    /// <inheritdoc/>
    public int? LargestMessage => _connection.ServerInfo is { MaxPayload: > 0 } broker ? broker.MaxPayload : null;

    /// <summary>Messages that were dropped, by reason; see <see cref="PendingRequests.Dropped"/>.</summary>
    public IReadOnlyDictionary<string, long> Dropped => _pending.Dropped;

    /// <summary>Answers that found no room because they came faster than they were read; each is silence for its asker.</summary>
    public long Overflowed => Interlocked.Read(ref _overflowed);

    private string Probe => $"{_replies}.probe";

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
        var escaped = new EscapedLogs(loggers);
        CallerIdentity caller;
        try
        {
            caller = CallerIdentity.Load(settings, time.GetUtcNow());
        }
        catch (CallerIdentityException e)
        {
            throw new FleetUnavailableException(e.Message, e);
        }
        NatsConnection connection;
        try
        {
            connection = await BrokerConnection.OpenAsync(settings, brokers, escaped, cancellationToken);
        }
        catch
        {
            caller.Dispose();
            throw;
        }
        var fleet = new ChoriaFleet(name, settings, caller, connection, time, escaped.CreateLogger<ChoriaFleet>());
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
            throw new FleetUnavailableException($"there is no connection to a broker of the fleet {Name}, reconnecting");
        if (_refusal is { } refusal)
            throw new FleetUnavailableException(refusal);

        _pending.Expect(wave);
        var now = _time.GetUtcNow();
        var request = new RpcRequest(
            wave.Id, _sender, _caller.CallerId, _settings.Collective, PuppetRequests.Agent, wave.TimeToLive, now,
            new RpcFilter { Agents = [PuppetRequests.Agent] }, PuppetRequests.Body(wave.Request, _caller.CallerId));
        var payload = _caller.Seal(request, $"{_replies}.{wave.Id}");
        var sent = 0;
        var hasBegun = false;
        try
        {
            for (; sent < wave.Identities.Length; sent++)
            {
                if (sent % _throttle.Most == 0 && _throttle.Reserve(Math.Min(_throttle.Most, wave.Identities.Length - sent)) is var wait && wait > TimeSpan.Zero)
                    await Task.Delay(wait, _time, cancellationToken);
                if (!Subjects.IsIdentity(wave.Identities[sent].Value))
                {
                    FailDelivery(wave.Identities[sent], "its name cannot be part of a NATS subject: letters, digits, _, - and single dots can");
                    continue;
                }
                var subject = Subjects.Node(_settings.Collective, wave.Identities[sent]);
                hasBegun = true;
                await _connection.PublishAsync(subject, payload, cancellationToken: cancellationToken);
            }
            // A publish returns when it is buffered: the broker's pong says that it has read all of them, so that silence counts from here.
            await _connection.PingAsync(cancellationToken);
        }
        catch (Exception e) when (!hasBegun || (sent == 0 && e is NatsException and not NatsTimeoutException))
        {
            // The client gave up before it had anything to write.
            _pending.Forget(wave.Id);
            throw new FleetUnavailableException($"the connection to the broker of the fleet {Name} is broken: {e.Message}", e);
        }
        catch (Exception e)
        {
            // Whatever it was, some may have left, the first one too where the client only ran out of patience: who does not answer is silent.
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
            OnComplaint(e.Error);
            return default;
        };
        _connection.ConnectionDisconnected += (_, e) =>
        {
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
            _refusal = null;
            Interlocked.Exchange(ref _failedReconnects, 0);
            Connected(_log, Name, e.Message);
            return default;
        };
        var subscription = await _connection.SubscribeCoreAsync<NatsMemoryOwner<byte>>($"{_replies}.*", cancellationToken: cancellationToken);
        await ProbeAsync(subscription, cancellationToken);
        if (_refusal is { } refusal)
            throw new FleetUnavailableException(refusal);
        _reading = ReadAsync(subscription);
        _reports = _time.CreateTimer(_ => Report(), null, BetweenReports, BetweenReports);
    }

    /// <summary>
    /// Waits until it is known whether the broker lets us hear answers: the client tells refusals at any time later. A message to ourselves
    /// comes back where it does; a broker that does not take that message says so after its word on the subscription.
    /// </summary>
    private async Task ProbeAsync(INatsSub<NatsMemoryOwner<byte>> subscription, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await _connection.PublishAsync(Probe, cancellationToken: cancellationToken);
        var echo = subscription.Msgs.WaitToReadAsync(enough.Token).AsTask();
        await Task.WhenAny(echo, _probeRefused.Task, Task.Delay(LongestProbe, _time, enough.Token));
        await enough.CancelAsync();
        await ((Task)echo).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (subscription.Msgs.TryRead(out var probe))
            probe.Data.Dispose();
    }

    /// <summary>Each complaint is told once and then counted: a broker that refuses a wave says so for each of its nodes.</summary>
    private void OnComplaint(string error)
    {
        if (BrokerComplaints.RefusedPublish(error) == Probe)
        {
            _probeRefused.TrySetResult();
            return;
        }
        if (_complaints.Note(error))
            BrokerComplains(_log, Name, OutsideText.OneLine(error, 300));
        if (BrokerComplaints.RefusedSubscription(error) is { } subscribed && subscribed.StartsWith(_replies, StringComparison.Ordinal))
        {
            var hashed = _replies[.._replies.LastIndexOf('.')];
            _refusal = $"the broker of the fleet {Name} does not let {_caller.CallerId} subscribe to {_replies}.*: allow it {hashed}.> (the hashed form of its caller id)";
            _probeRefused.TrySetResult();
        }
        else if (BrokerComplaints.RefusedPublish(error) is { } published && published.StartsWith($"{_settings.Collective}.node.", StringComparison.Ordinal))
        {
            FailDelivery(
                new NodeName(published[$"{_settings.Collective}.node.".Length..]),
                $"the broker does not let {_caller.CallerId} publish to {published}: allow it {_settings.Collective}.node.> in the broker's permissions");
        }
    }

    private void FailDelivery(NodeName identity, string words)
    {
        foreach (var told in _pending.FailDelivery(identity, words))
            _listener?.Invoke(told);
    }

    private async Task ReadAsync(INatsSub<NatsMemoryOwner<byte>> subscription)
    {
        await foreach (var message in subscription.Msgs.ReadAllAsync(_closing.Token))
        {
            using var payload = message.Data;
            try
            {
                if (_pending.Accept(message.Subject[(message.Subject.LastIndexOf('.') + 1)..], payload.Span) is { } reply)
                    _listener?.Invoke(reply);
            }
            catch (Exception e)
            {
                // An error of ours in one message must not make all later answers silence.
                if (Interlocked.Increment(ref _failedReads) == 1)
                    ReadFailed(_log, Name, e);
            }
        }
    }

    private void Report()
    {
        var reasons = string.Join(", ", _pending.Dropped
            .Append(new("no room, because they came faster than they were read", Overflowed))
            .Append(new("not read because of an error of ours", Interlocked.Read(ref _failedReads)))
            .Where(d => d.Value > 0).OrderBy(d => d.Key, StringComparer.Ordinal).Select(d => $"{d.Value} {d.Key}"));
        if (reasons.Length > 0 && reasons != _reported)
            MessagesDropped(_log, Name, reasons, _pending.LastDropped);
        _reported = reasons;
        if (_complaints.TakeRepeated() is { Length: > 0 } repeated)
            BrokerRepeats(_log, Name, repeated);
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

    [LoggerMessage(5, LogLevel.Warning, "Messages of fleet {Fleet} dropped so far: {Reasons}; of the last: {Last}")]
    private static partial void MessagesDropped(ILogger log, FleetName fleet, string reasons, string last);

    [LoggerMessage(6, LogLevel.Warning, "The broker of fleet {Fleet} went on to complain: {Complaints}")]
    private static partial void BrokerRepeats(ILogger log, FleetName fleet, string complaints);

    [LoggerMessage(8, LogLevel.Warning, "No broker of fleet {Fleet} takes us yet, it is tried again without a word until one does: {Reason}")]
    private static partial void ReconnectFailed(ILogger log, FleetName fleet, string reason);

    [LoggerMessage(7, LogLevel.Error, "A message of fleet {Fleet} could not be read because of an error of ours; later ones are counted only")]
    private static partial void ReadFailed(ILogger log, FleetName fleet, Exception error);
}
