using System.Collections.Concurrent;
using Orchestrator.Choria.Protocol;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages.Nodes;
using Orchestrator.NodeAgent.Agents;
using Orchestrator.NodeAgent.Emulation.Nodes;
using Orchestrator.NodeAgent.Emulation.Scenarios;
using Orchestrator.NodeAgent.Serving;

namespace Orchestrator.NodeAgent.Emulation.Fleet;

/// <summary>
/// A fleet of emulated nodes in this process. Any name is a node and exists from the first request on. The fleet outlives
/// its listeners: what a host asked for before it fell goes on, and the next listener hears the rest.
/// </summary>
public sealed class EmulatedFleet : IFleet
{
    /// <summary>Who calls, as the nodes see it, where nothing else is said.</summary>
    public const string DefaultCaller = "choria=orchestrator.mcollective";

    private readonly ConcurrentDictionary<NodeName, EmulatedNode> _nodes = new();
    private readonly Scenario _scenario;
    private readonly TimeProvider _time;
    private readonly NodeTime _nodeTime;
    private readonly string _caller;
    private readonly DueQueue _answers;
    private Action<FleetReply>? _listener;
    private long _unheard;
    private bool _disposed;

    /// <param name="time">The host's clock: requests carry its time. Nodes have their own clocks, which do not move when this one is set.</param>
    public EmulatedFleet(Scenario scenario, TimeProvider time, string caller = DefaultCaller)
    {
        (_scenario, _time, _caller) = (scenario, time, caller);
        _nodeTime = new NodeTime(time);
        _answers = new DueQueue(_nodeTime);
    }

    public FleetName Name => _scenario.FleetName;

    /// <summary>Answers that came while nobody listened.</summary>
    public long UnheardReplies => Interlocked.Read(ref _unheard);

    /// <summary>
    /// Delivers the wave to each of its nodes at once: the wire takes no time here, so that a request is expired only where the node's clock is
    /// ahead by more than its time to live; one to a node that is down is gone.
    /// </summary>
    /// <exception cref="FleetUnavailableException">The fleet is disposed.</exception>
    public Task PublishAsync(FleetWave wave, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return Task.FromCanceled(cancellationToken);
        if (_disposed) return Task.FromException(new FleetUnavailableException("the emulated fleet has been shut down"));
        var call = AgentCall.From(wave.Request, _caller);
        _answers.Add(Deliver(wave, call).ToList());
        return Task.CompletedTask;
    }

    public IDisposable Listen(Action<FleetReply> onReply)
    {
        if (Interlocked.CompareExchange(ref _listener, onReply, null) is not null)
            throw new InvalidOperationException("the emulated fleet has a listener already: dispose it before another one listens");
        return new Listening(this, onReply);
    }

    /// <summary>What is true of a node now, for tests that hold the orchestrator's account against it.</summary>
    public NodeObservation Observe(NodeName node) => NodeOf(node).Observe();

    public ValueTask DisposeAsync()
    {
        _disposed = true;
        _answers.Dispose();
        return ValueTask.CompletedTask;
    }

    private List<(TimeSpan, Action<long>)> Deliver(FleetWave wave, AgentCall call)
    {
        var now = _time.GetUtcNow();
        var answers = new List<(TimeSpan, Action<long>)>();
        foreach (var identity in wave.Identities)
        {
            var node = NodeOf(identity);
            if (node.Drops(now, wave.TimeToLive)) continue;
            if (node.Receive(call) is { } pending) answers.Add((pending.Delay, due => Answer(wave.Id, identity, pending, due)));
        }
        return answers;
    }

    private void Answer(string waveId, NodeName identity, PendingAnswer pending, long due)
    {
        if (pending.Complete(new DateTimeOffset(due, TimeSpan.Zero)) is not { } answer) return;
        if (_listener is { } listener) listener(new FleetReply(waveId, identity, ReplyOf(pending.ActionName, answer)));
        else Interlocked.Increment(ref _unheard);
    }

    private EmulatedNode NodeOf(NodeName name) => _nodes.GetOrAdd(name, static (n, fleet) => new EmulatedNode(n, fleet._scenario, fleet._nodeTime), this);

    /// <summary>An answer goes through the words of the wire, so that nothing is known here that a real node would not say.</summary>
    private static NodeReply ReplyOf(string action, AgentAnswer answer) =>
        PuppetAgentReplies.Parse(action, answer.ToJson(), DateTimeOffset.FromUnixTimeSeconds(answer.SentAt));

    private sealed class Listening(EmulatedFleet fleet, Action<FleetReply> onReply) : IDisposable
    {
        public void Dispose() => Interlocked.CompareExchange(ref fleet._listener, null, onReply);
    }
}
