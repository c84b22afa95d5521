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
public sealed class ReplyDesk(TimeProvider time)
{
    // No deadline of a request is longer; what comes later is nobody's any more.
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, OpenWave> _waves = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _dropped = new(StringComparer.Ordinal);
    private long _swept = time.GetTimestamp();

    /// <summary>How many messages were dropped, by reason: a <see cref="WireFault"/>, <c>NotAsked</c> (or twice, or too late) or <c>OtherRequest</c>.</summary>
    public IReadOnlyDictionary<string, long> Dropped => new Dictionary<string, long>(_dropped);

    /// <summary>How many waves still wait for an answer.</summary>
    public int OpenWaves => _waves.Count;

    /// <summary>Expects answers to a wave from now on.</summary>
    public void Expect(FleetWave wave)
    {
        Sweep();
        _waves[wave.Id] = new OpenWave(wave.Request.Action, time.GetTimestamp(), new HashSet<string>(wave.Identities.Select(i => i.Value), StringComparer.Ordinal));
    }

    /// <summary>Expects none any more: nothing was sent.</summary>
    public void Forget(string waveId) => _waves.TryRemove(waveId, out _);

    /// <summary>Looks at what arrived.</summary>
    /// <param name="waveId">The last part of the subject on which it arrived: the request id.</param>
    /// <param name="payload">All layers.</param>
    /// <returns>The answer; null where it was dropped.</returns>
    public FleetReply? Accept(string waveId, ReadOnlySpan<byte> payload)
    {
        try
        {
            if (!_waves.TryGetValue(waveId, out var wave))
                return Drop("NotAsked");
            using var transport = TransportMessage.Open(payload);
            if (!wave.Awaits(transport.Sender))
                return Drop("NotAsked");
            var reply = Read(waveId, wave.Action, transport);
            if (reply is null)
                return Drop("OtherRequest");
            // Only what is an answer uses a node's one answer up: a forgery that is none does not silence it.
            if (!wave.Answered(transport.Sender, out var isLast))
                return Drop("NotAsked");
            if (isLast)
                _waves.TryRemove(waveId, out _);
            return new FleetReply(waveId, new NodeName(transport.Sender), reply);
        }
        catch (WireException e)
        {
            return Drop(e.Fault.ToString());
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

    private FleetReply? Drop(string reason)
    {
        _dropped.AddOrUpdate(reason, 1, static (_, count) => count + 1);
        return null;
    }

    private void Sweep()
    {
        var swept = Interlocked.Read(ref _swept);
        if (time.GetElapsedTime(swept) < Kept / 10 || Interlocked.CompareExchange(ref _swept, time.GetTimestamp(), swept) != swept)
            return;
        foreach (var (id, wave) in _waves)
        {
            if (time.GetElapsedTime(wave.SentAt) > Kept)
                _waves.TryRemove(id, out _);
        }
    }

    private sealed class OpenWave(string action, long sentAt, HashSet<string> awaited)
    {
        public string Action => action;

        public long SentAt => sentAt;

        public bool Awaits(string sender)
        {
            lock (awaited)
                return awaited.Contains(sender);
        }

        public bool Answered(string sender, out bool isLast)
        {
            lock (awaited)
            {
                var was = awaited.Remove(sender);
                isLast = awaited.Count == 0;
                return was;
            }
        }
    }
}
