using NATS.Client.Core;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Choria.Client;

/// <summary>
/// Hears what comes on the subjects of this process alone and tells its one listener what is an answer, and which requests were not
/// delivered. It knows whether the broker lets us hear answers at all.
/// </summary>
/// <param name="subject">The subject below which answers come.</param>
internal sealed class ReplySubscription(FleetName fleet, string callerId, string subject, PendingRequests pending, FleetCounters counters, TimeProvider time)
{
    private static readonly TimeSpan LongestProbe = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource _probeRefused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Action<FleetReply>? _listener;
    private volatile string? _refusal;

    /// <summary>The message to ourselves: see <see cref="OpenAsync"/>.</summary>
    private string Probe => $"{subject}.probe";

    /// <summary>Why the broker does not let us hear answers, and what to do; null where it does.</summary>
    public string? Refusal => _refusal;

    /// <summary>One listener at a time, until what is returned is disposed.</summary>
    public IDisposable Listen(Action<FleetReply> onReply)
    {
        if (Interlocked.CompareExchange(ref _listener, onReply, null) is not null)
            throw new InvalidOperationException($"the fleet {fleet} has a listener already: dispose it before another one listens");
        return new Listening(this, onReply);
    }

    /// <summary>
    /// Subscribes and waits until it is known whether the broker lets us hear answers: the client tells refusals at any time later. A message to ourselves
    /// comes back where it does; a broker that does not take that message says so after its word on the subscription.
    /// </summary>
    public async Task<INatsSub<NatsMemoryOwner<byte>>> OpenAsync(NatsConnection connection, CancellationToken cancellationToken)
    {
        var subscription = await connection.SubscribeCoreAsync<NatsMemoryOwner<byte>>($"{subject}.*", cancellationToken: cancellationToken);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await connection.PublishAsync(Probe, cancellationToken: cancellationToken);
        var echo = subscription.Msgs.WaitToReadAsync(enough.Token).AsTask();
        await Task.WhenAny(echo, _probeRefused.Task, Task.Delay(LongestProbe, time, enough.Token));
        await enough.CancelAsync();
        await ((Task)echo).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (subscription.Msgs.TryRead(out var probe))
            probe.Data.Dispose();
        return _refusal is { } refusal ? throw new FleetUnavailableException(refusal) : subscription;
    }

    public async Task ReadAsync(INatsSub<NatsMemoryOwner<byte>> subscription, CancellationToken cancellationToken)
    {
        await foreach (var message in subscription.Msgs.ReadAllAsync(cancellationToken))
        {
            using var payload = message.Data;
            Hear(message.Subject, payload.Span);
        }
    }

    /// <summary>Tells the listener what has arrived, where it is an answer.</summary>
    public void Hear(string arrivedOn, ReadOnlySpan<byte> payload)
    {
        try
        {
            if (pending.Accept(arrivedOn[(arrivedOn.LastIndexOf('.') + 1)..], payload) is { } reply)
                _listener?.Invoke(reply);
        }
        catch (Exception e)
        {
            // An error of ours in one message must not make all later answers silence.
            counters.CountFailedRead(e);
        }
    }

    /// <summary>The connection is gone: what its broker refused, the next one may allow.</summary>
    public void ForgetRefusal() => _refusal = null;

    /// <summary>Takes note of what the broker refuses.</summary>
    /// <returns>False where it is about the message to ourselves, which is nobody's business.</returns>
    public bool Note(string error)
    {
        if (BrokerComplaints.RefusedPublish(error) == Probe)
        {
            _probeRefused.TrySetResult();
            return false;
        }
        if (BrokerComplaints.RefusedSubscription(error) is { } subscribed && subscribed.StartsWith(subject, StringComparison.Ordinal))
        {
            var hashed = subject[..subject.LastIndexOf('.')];
            _refusal = $"the broker of the fleet {fleet} does not let {callerId} subscribe to {subject}.*: allow it {hashed}.> " +
                "(the hashed form of its caller id)";
            _probeRefused.TrySetResult();
        }
        return true;
    }

    /// <summary>Tells the listener that a node's request was not delivered; see <see cref="PendingRequests.FailDelivery"/>.</summary>
    public void FailDelivery(NodeName identity, string words)
    {
        foreach (var told in pending.FailDelivery(identity, words))
            _listener?.Invoke(told);
    }

    private sealed class Listening(ReplySubscription subscription, Action<FleetReply> onReply) : IDisposable
    {
        public void Dispose() => Interlocked.CompareExchange(ref subscription._listener, null, onReply);
    }
}
