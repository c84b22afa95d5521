using System.Collections.Concurrent;
using System.Globalization;
using Orchestrator.Choria.Protocol;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Choria.Client;

/// <summary>
/// Knows which nodes were asked what, and lets through only answers to that: to a wave of ours, from a node that was asked, once, with a
/// correct hash. A second, different answer of a node is reported, once. Everything else is dropped, and counted by its reason. Thread-safe.
/// </summary>
public sealed class PendingRequests(TimeProvider time)
{
    /// <summary>A drop: it answers nothing that is open. It came very late, after all had answered, or was never asked for.</summary>
    public const string NoRequest = "no open request";

    /// <summary>A drop: its sender was not asked.</summary>
    public const string NotAsked = "node was not asked";

    /// <summary>A drop: its sender has answered already, with the same content or after a contradiction was reported.</summary>
    public const string Twice = "duplicate answer";

    /// <summary>Not a drop, but counted with them: its sender has answered already, with other content.</summary>
    public const string Contradictory = "contradictory answer";

    /// <summary>A drop: its envelope answers another request than its subject.</summary>
    public const string OtherRequest = "request and subject do not match";

    private const int LongestDetail = 200;

    // No deadline of a request is longer; what comes later is nobody's any more.
    private static readonly TimeSpan Retention = TimeSpan.FromMinutes(5);

    /// <summary>How long after sending a wave is kept once all have answered, to compare second answers with the first.</summary>
    private static readonly TimeSpan RetentionOfAnswered = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, OpenWave> _waves = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _dropped = new(StringComparer.Ordinal);
    private long _swept = time.GetTimestamp();

    /// <summary>How many messages were dropped, by reason: one of this class's, or that of a <see cref="WireFault"/>.</summary>
    public IReadOnlyDictionary<string, long> Dropped => new Dictionary<string, long>(_dropped);

    /// <summary>What was wrong with the message that was dropped last, for people; empty before the first.</summary>
    public string LastDropped { get; private set; } = "";

    public int OpenWaves => _waves.Values.Count(w => w.IsOpen);

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
            if (wave.Answered(identity.Value, OpenWave.NoDigest) != Asked.Now)
                continue;
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
            var asked = wave.Awaits(transport.Sender);
            if (asked is Asked.Never or Asked.Closed)
                return Drop(asked, transport.Sender);
            var (reply, digest) = Read(waveId, wave.Action, transport);
            if (reply is null)
                return Drop(OtherRequest, transport.Sender);
            // Only what is an answer uses a node's one answer up: a forgery that is none does not silence it.
            asked = wave.Answered(transport.Sender, digest);
            if (asked == Asked.Now)
                return new FleetReply(waveId, new NodeName(transport.Sender), reply);
            if (asked != Asked.Before || wave.Contradicts(transport.Sender, digest) is not { } first)
                return Drop(asked, transport.Sender);
            Drop(Contradictory, transport.Sender);
            return new FleetReply(waveId, new NodeName(transport.Sender), new ContradictoryReply(wave.Action, Hex(first), Hex(digest), reply.SentAt));
        }
        catch (WireException e)
        {
            return Drop(ReasonOf(e.Fault), e.Message);
        }
    }

    private (NodeReply? Reply, ulong Digest) Read(string waveId, string action, TransportMessage transport)
    {
        try
        {
            using var reply = RpcReply.Open(transport);
            return reply.RequestId == waveId ? (PuppetAgentReplies.Parse(action, reply.Body, reply.Time), AnswerDigest.Of(action, reply.Body.Span)) : default;
        }
        catch (WireException e) when (e.Fault == WireFault.Yaml)
        {
            // It has been carried out: the node is told apart from a silent one, and its words name the setting.
            return (new MalformedReply(5, e.Message, time.GetUtcNow(), e.Message), AnswerDigest.Yaml);
        }
    }

    private static string Hex(ulong digest) => digest.ToString("x16", CultureInfo.InvariantCulture);

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
        if (time.GetElapsedTime(swept) < RetentionOfAnswered || Interlocked.CompareExchange(ref _swept, time.GetTimestamp(), swept) != swept)
            return;
        foreach (var (id, wave) in _waves)
        {
            if (time.GetElapsedTime(wave.SentAt) > (wave.IsOpen ? Retention : RetentionOfAnswered))
                _waves.TryRemove(id, out _);
        }
    }

    private enum Asked
    {
        Never,
        Now,

        /// <summary>It has answered.</summary>
        Before,

        /// <summary>It has answered, and further answers are not compared with the first.</summary>
        Closed,
    }

    private sealed class OpenWave
    {
        /// <summary>Stands for an answer that is not compared with others.</summary>
        public const ulong NoDigest = 0;

        private readonly Dictionary<string, (Asked State, ulong Digest)> _nodes = new(StringComparer.Ordinal);
        private int _open;

        public OpenWave(string action, long sentAt, IEnumerable<string> nodes)
        {
            (Action, SentAt) = (action, sentAt);
            foreach (var node in nodes)
                _nodes[node] = (Asked.Now, NoDigest);
            _open = _nodes.Count;
        }

        public string Action { get; }

        public long SentAt { get; }

        public bool IsOpen => Volatile.Read(ref _open) > 0;

        public Asked Awaits(string sender)
        {
            lock (_nodes)
                return _nodes.TryGetValue(sender, out var node) ? node.State : Asked.Never;
        }

        /// <summary>Records an answer.</summary>
        /// <returns>The sender's state before it.</returns>
        public Asked Answered(string sender, ulong digest)
        {
            lock (_nodes)
            {
                var asked = Awaits(sender);
                if (asked == Asked.Now)
                {
                    _nodes[sender] = (digest == NoDigest ? Asked.Closed : Asked.Before, digest);
                    _open--;
                }
                return asked;
            }
        }

        /// <summary>The digest of the sender's first answer if the second one differs, only once; null otherwise.</summary>
        public ulong? Contradicts(string sender, ulong second)
        {
            lock (_nodes)
            {
                if (second == NoDigest || _nodes[sender] is not (Asked.Before, var first) || first == second)
                    return null;
                _nodes[sender] = (Asked.Closed, first);
                return first;
            }
        }
    }
}
