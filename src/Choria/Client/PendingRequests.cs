using System.Collections.Concurrent;
using Orchestrator.Choria.Protocol;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Choria.Client;

/// <summary>
/// Knows which nodes were asked what, and lets through what is an answer to that: of a wave of ours, from a node that was asked, once,
/// with a hash that holds. All else is counted by its reason and dropped. Safe for use by several threads.
/// </summary>
public sealed class PendingRequests(TimeProvider time)
{
    /// <summary>A drop: it answers nothing that is open. It came very late, after all had answered, or was never asked for.</summary>
    public const string NoRequest = "no open request";

    /// <summary>A drop: its sender was not asked.</summary>
    public const string NotAsked = "node was not asked";

    /// <summary>A drop: its sender has answered already.</summary>
    public const string Twice = "duplicate answer";

    /// <summary>A drop: its envelope answers another request than its subject.</summary>
    public const string OtherRequest = "request and subject do not match";

    private const int LongestDetail = 200;

    // No deadline of a request is longer; what comes later is nobody's any more.
    private static readonly TimeSpan Retention = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, OpenWave> _waves = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _dropped = new(StringComparer.Ordinal);
    private long _swept = time.GetTimestamp();

    /// <summary>How many messages were dropped, by reason: one of this class's, or that of a <see cref="WireFault"/>.</summary>
    public IReadOnlyDictionary<string, long> Dropped => new Dictionary<string, long>(_dropped);

    /// <summary>What was wrong with the message that was dropped last, for people; empty before the first.</summary>
    public string LastDropped { get; private set; } = "";

    public int OpenWaves => _waves.Count;

    public static string ReasonOf(WireFault fault) => fault switch
    {
        WireFault.Size => "too large",
        WireFault.Json => "not JSON",
        WireFault.Protocol => "wrong protocol",
        WireFault.Base64 => "not base64",
        WireFault.Field => "missing or invalid field",
        WireFault.Hash => "wrong hash",
        _ => fault.ToString(),
    };

    public void Expect(FleetWave wave)
    {
        Sweep();
        _waves[wave.Id] = new OpenWave(wave.Request.Action, time.GetTimestamp(), wave.Identities.Select(i => i.Value));
    }

    /// <summary>Expects no answer to it any more: nothing was sent.</summary>
    public void Forget(string waveId) => _waves.TryRemove(waveId, out _);

    /// <summary>A request to a node did not get past the broker: nobody waits for that node's answer any more.</summary>
    /// <param name="words">Who refused to deliver it, why and what to do.</param>
    /// <returns>What to tell whoever asked.</returns>
    public ImmutableArray<FleetReply> FailDelivery(NodeName identity, string words)
    {
        var told = ImmutableArray.CreateBuilder<FleetReply>();
        foreach (var (id, wave) in _waves)
        {
            if (wave.Answered(identity.Value, out var isLast) != Asked.Now)
                continue;
            if (isLast)
                _waves.TryRemove(id, out _);
            told.Add(new FleetReply(id, identity, new UndeliveredReply(words, time.GetUtcNow())));
        }
        return told.ToImmutable();
    }

    /// <summary>Looks at what arrived; null where it was dropped.</summary>
    /// <param name="waveId">The last part of the subject on which it arrived: the request id.</param>
    public FleetReply? Accept(string waveId, ReadOnlySpan<byte> payload)
    {
        try
        {
            if (!_waves.TryGetValue(waveId, out var wave))
                return Drop(NoRequest, waveId);
            using var transport = TransportMessage.Open(payload);
            if (wave.Awaits(transport.Sender) is var asked && asked != Asked.Now)
                return Drop(asked, transport.Sender);
            var reply = Read(waveId, wave.Action, transport);
            if (reply is null)
                return Drop(OtherRequest, transport.Sender);
            // Only what is an answer uses a node's one answer up: a forgery that is none does not silence it.
            asked = wave.Answered(transport.Sender, out var isLast);
            if (asked != Asked.Now)
                return Drop(asked, transport.Sender);
            if (isLast)
                _waves.TryRemove(waveId, out _);
            return new FleetReply(waveId, new NodeName(transport.Sender), reply);
        }
        catch (WireException e)
        {
            return Drop(ReasonOf(e.Fault), e.Message);
        }
    }

    private NodeReply? Read(string waveId, string action, TransportMessage transport)
    {
        try
        {
            using var reply = RpcReply.Open(transport);
            return reply.RequestId == waveId ? PuppetAgentReplies.Parse(action, reply.Body, reply.Time) : null;
        }
        catch (WireException e) when (e.Fault == WireFault.Yaml)
        {
            // It has been carried out: the node is told apart from a silent one, and its words name the setting.
            return new MalformedReply(5, e.Message, time.GetUtcNow(), e.Message);
        }
    }

    private FleetReply? Drop(Asked asked, string sender) => Drop(asked == Asked.Never ? NotAsked : Twice, sender);

    private FleetReply? Drop(string reason, string detail)
    {
        _dropped.AddOrUpdate(reason, 1, static (_, count) => count + 1);
        LastDropped = OutsideText.OneLine(detail, LongestDetail);
        return null;
    }

    private void Sweep()
    {
        var swept = Interlocked.Read(ref _swept);
        if (time.GetElapsedTime(swept) < Retention / 10 || Interlocked.CompareExchange(ref _swept, time.GetTimestamp(), swept) != swept)
            return;
        foreach (var (id, wave) in _waves)
        {
            if (time.GetElapsedTime(wave.SentAt) > Retention)
                _waves.TryRemove(id, out _);
        }
    }

    private enum Asked
    {
        Never,
        Now,
        Before,
    }

    private sealed class OpenWave
    {
        private readonly Dictionary<string, bool> _awaited = new(StringComparer.Ordinal);
        private int _open;

        public OpenWave(string action, long sentAt, IEnumerable<string> nodes)
        {
            (Action, SentAt) = (action, sentAt);
            foreach (var node in nodes)
                _awaited[node] = true;
            _open = _awaited.Count;
        }

        public string Action { get; }

        public long SentAt { get; }

        public Asked Awaits(string sender)
        {
            lock (_awaited)
                return !_awaited.TryGetValue(sender, out var awaited) ? Asked.Never : awaited ? Asked.Now : Asked.Before;
        }

        public Asked Answered(string sender, out bool isLast)
        {
            lock (_awaited)
            {
                var asked = Awaits(sender);
                if (asked == Asked.Now)
                {
                    _awaited[sender] = false;
                    _open--;
                }
                isLast = _open == 0;
                return asked;
            }
        }
    }
}
