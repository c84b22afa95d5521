using Akka.Actor;
using Akka.Event;
using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Nodes.Throttling;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages.Nodes;
using static Orchestrator.Actors.Fleet.FleetProtocol;

namespace Orchestrator.Actors.Fleet;

/// <summary>
/// The one way to a fleet's nodes: what is asked within a short window with the same words leaves as one wave, each
/// answer goes to its asker, silence becomes a timeout that counts from the publish, even where that never comes to an end,
/// and an act whose order is out of date is not sent. A bounded number of requests is under way at once; the rest waits its turn, acts before reads:
/// what was read goes stale while an act waits. It also keeps count of the nodes that run Puppet, over all deployments.
/// </summary>
public sealed class FleetActor : ReceiveActor, IWithTimers
{
    private sealed record WindowElapsed : INoSerializationVerificationNeeded
    {
        public static readonly WindowElapsed Instance = new();
    }

    private sealed record Published(string Wave) : INoSerializationVerificationNeeded;

    private sealed record ReportDue : INoSerializationVerificationNeeded
    {
        public static readonly ReportDue Instance = new();
    }

    private sealed record PublishFailed(string Wave, Exception Error) : INoSerializationVerificationNeeded;

    private sealed record WaveTimedOut(string Wave) : INoSerializationVerificationNeeded;

    private sealed record Wave(
        bool IsAct, TimeSpan Timeout, ClockReading AskedAt, Dictionary<NodeName, QueuedRequest> Open, CancellationTokenSource Publishing);

    private const string WindowKey = "window";
    private const string ReportKey = "report";
    private static readonly TimeSpan Window = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPublish = TimeSpan.FromSeconds(60);

    /// <summary>What contradicts an answer that is older is nobody's any more.</summary>
    private static readonly TimeSpan LatestContradiction = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan BetweenReports = TimeSpan.FromSeconds(10);

    private readonly IFleet _fleet;
    private readonly HostClock _clock;
    private readonly IJournalOwnership? _ownership;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly RequestQueue _queue = new();
    private readonly Dictionary<string, Wave> _waves = [];
    private readonly Dictionary<DeploymentId, int> _epochs = [];

    /// <summary>Who recently received which answer: several may have asked the same node.</summary>
    private readonly Dictionary<(string Wave, NodeName Identity), IActorRef> _answered = [];

    /// <summary>The keys of <see cref="_answered"/>, oldest first, and when they were answered by the monotonic clock.</summary>
    private readonly Queue<(TimeSpan At, (string Wave, NodeName Identity) Key)> _answeredAt = new();
    private readonly ConcurrencyLimiter _limiter = new();
    private readonly Dictionary<PermitHolder, (IActorRef Actor, long Correlation)> _waitingForPermit = [];
    private IDisposable? _listener;
    private int _inFlight;
    private long _unexpected;
    private long _unexpectedReported;
    private string? _lastFailure;

    public FleetActor(IFleet fleet, HostClock clock, IJournalOwnership? ownership = null)
    {
        (_fleet, _clock, _ownership) = (fleet, clock, ownership);
        Receive<AskNode>(ask =>
        {
            _queue.Enqueue(new QueuedRequest(ask, Sender));
            ScheduleFlush();
        });
        Receive<CancelQueued>(_ => _queue.Cancel(Sender));
        Receive<AwaitRecovery>(m =>
        {
            foreach (var deployment in m.Deployments)
                _limiter.AwaitRecovery(deployment);
        });
        Receive<BeginEpoch>(m =>
        {
            _epochs[m.Deployment] = m.Epoch;
            RecoverPermits(m.Deployment, m.Running);
        });
        Receive<EndEpoch>(m =>
        {
            _epochs.Remove(m.Deployment);
            RecoverPermits(m.Deployment, []);
        });
        Receive<AcquirePermit>(OnAcquirePermit);
        Receive<ReleasePermit>(m =>
        {
            _waitingForPermit.Remove(m.PermitHolder);
            Grant(_limiter.Release(m.PermitHolder));
        });
        Receive<CountActs>(_ => Sender.Tell(new ActsUnderWay(_queue.Acts + _waves.Values.Where(w => w.IsAct).Sum(w => w.Open.Count))));
        Receive<WindowElapsed>(_ => Flush());
        Receive<Published>(m => OnPublished(m.Wave));
        Receive<PublishFailed>(OnPublishFailed);
        Receive<FleetReply>(OnReply);
        Receive<WaveTimedOut>(m => OnTimedOut(m.Wave));
        Receive<ReportDue>(_ => Report());
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="fleet">Which.</param>
    /// <param name="clock">The host's clocks.</param>
    /// <param name="ownership">Asked before each wave of acts; null where the journal can have no other owner.</param>
    public static Props Props(IFleet fleet, HostClock clock, IJournalOwnership? ownership = null) =>
        Akka.Actor.Props.Create(() => new FleetActor(fleet, clock, ownership));

    protected override void PreStart()
    {
        var self = Self;
        _listener = _fleet.Listen(reply => self.Tell(reply));
    }

    protected override void PostStop()
    {
        _listener?.Dispose();
        // What has not left by now must not leave in the time of a successor, which takes it for silence.
        foreach (var wave in _waves.Values)
            wave.Publishing.Cancel();
        Report();
    }

    private void Report()
    {
        if (_unexpected == _unexpectedReported)
            return;
        _unexpectedReported = _unexpected;
        _log.Warning(
            "{Count} answers of fleet {Fleet} came after the RPC timeout so far and were dropped: if this number grows, raise the RPC timeout of runs",
            _unexpected, _fleet.Name);
    }

    private void OnAcquirePermit(AcquirePermit ask)
    {
        if (ask.Limit is not { } limit)
        {
            Grant(_limiter.AcquireNow(ask.PermitHolder));
            return;
        }
        _waitingForPermit[ask.PermitHolder] = (Sender, ask.Correlation);
        var granted = _limiter.Acquire(ask.PermitHolder, limit);
        if (!granted.Contains(ask.PermitHolder))
            Sender.Tell(new PermitQueued(ask.Correlation));
        Grant(granted);
    }

    /// <summary>Whoever of the deployment waited is gone with the supervisor before.</summary>
    private void RecoverPermits(DeploymentId deployment, ImmutableArray<NodeName> running)
    {
        foreach (var runner in _waitingForPermit.Keys.Where(r => r.Deployment == deployment).ToList())
            _waitingForPermit.Remove(runner);
        Grant(_limiter.Recover(deployment, running));
    }

    private void Grant(IReadOnlyList<PermitHolder> runners)
    {
        foreach (var runner in runners)
        {
            if (_waitingForPermit.Remove(runner, out var asked))
                asked.Actor.Tell(new PermitGranted(asked.Correlation));
        }
    }

    private void ScheduleFlush()
    {
        if (_inFlight < _fleet.MaxInFlight && !Timers.IsTimerActive(WindowKey))
            Timers.StartSingleTimer(WindowKey, WindowElapsed.Instance, Window);
    }

    private void Flush()
    {
        var now = _clock.Now;
        var waves = new Dictionary<(NodeRequest, TimeSpan, TimeSpan), Dictionary<NodeName, QueuedRequest>>();
        var again = new List<QueuedRequest>();
        while (_inFlight < _fleet.MaxInFlight && _queue.TryDequeue(out var asked))
        {
            var ask = asked.Ask;
            if (Refusal(ask, now) is { } refusal)
            {
                asked.By.Tell(refusal);
                continue;
            }
            var key = (ask.Request, ask.Timeout, ask.TimeToLive);
            if (!waves.TryGetValue(key, out var open))
                waves.Add(key, open = []);
            if (open.TryAdd(ask.Identity, asked))
                _inFlight++;
            else
                again.Add(asked);
        }
        foreach (var asked in again)
            _queue.Enqueue(asked);
        foreach (var ((request, timeout, timeToLive), open) in waves)
            Publish(request, timeout, timeToLive, open, now);
        if (!_queue.IsEmpty)
            ScheduleFlush();
    }

    /// <summary>What the asker hears where the act must not leave; null where it may.</summary>
    private object? Refusal(AskNode ask, ClockReading now) => ask.Fence switch
    {
        null => null,
        var fence when _epochs.GetValueOrDefault(fence.Deployment) != fence.Epoch =>
            new NotSent(ask.Correlation, "another supervisor has taken the deployment over", IsFenced: true),
        var fence => now.Monotonic > fence.ValidUntil ? new Expired(ask.Correlation) : null,
    };

    private void Publish(NodeRequest request, TimeSpan timeout, TimeSpan timeToLive, Dictionary<NodeName, QueuedRequest> open, ClockReading now)
    {
        var id = Guid.NewGuid().ToString("N");
        var wave = new Wave(request.IsAct, timeout, now, open, new CancellationTokenSource());
        _waves.Add(id, wave);
        // A publish may hang: what it has not sent by then is cancelled, and no node would do what it sends so late.
        AwaitAnswers(id, timeout + (timeToLive < LongestPublish ? timeToLive : LongestPublish));
        SendAsync(new FleetWave(id, request, [.. open.Keys], timeToLive), wave.Publishing.Token)
            .PipeTo(Self, success: () => new Published(id), failure: e => new PublishFailed(id, e));
    }

    /// <summary>Makes of whatever the fleet throws at once a failure of the task.</summary>
    private async Task SendAsync(FleetWave wave, CancellationToken cancellationToken)
    {
        if (wave.Request.IsAct && _ownership is not null && await _ownership.WhyNotActAsync().ConfigureAwait(false) is { } why)
            throw new FleetUnavailableException(why);
        await _fleet.PublishAsync(wave, cancellationToken).ConfigureAwait(false);
    }

    private void OnPublished(string id)
    {
        _lastFailure = null;
        AwaitAnswers(id);
    }

    private void AwaitAnswers(string id)
    {
        if (_waves.TryGetValue(id, out var wave))
            AwaitAnswers(id, wave.Timeout);
    }

    private void AwaitAnswers(string id, TimeSpan timeout) => Timers.StartSingleTimer(id, new WaveTimedOut(id), timeout);

    /// <summary>Only the fleet's own word that nothing left counts: after anything else a node may have the request, and silence is the answer.</summary>
    private void OnPublishFailed(PublishFailed failed)
    {
        if (!_waves.ContainsKey(failed.Wave))
            return;
        if (failed.Error is not FleetUnavailableException)
        {
            _log.Error(failed.Error, "A wave to fleet {Fleet} failed; nodes that do not answer count as silent", _fleet.Name);
            AwaitAnswers(failed.Wave);
            return;
        }
        if (failed.Error.Message != _lastFailure)
            _log.Warning("A wave to fleet {Fleet} could not be sent: {Reason}", _fleet.Name, failed.Error.Message);
        _lastFailure = failed.Error.Message;
        Complete(failed.Wave, asked => new NotSent(asked.Ask.Correlation, failed.Error.Message, IsFenced: false));
    }

    private void OnTimedOut(string id)
    {
        if (_waves.TryGetValue(id, out var wave))
            wave.Publishing.Cancel();
        Complete(id, asked => new Unanswered(asked.Ask.Correlation));
    }

    private void OnReply(FleetReply reply)
    {
        if (reply.Reply is ContradictoryReply contradictory)
        {
            if (_answered.TryGetValue((reply.WaveId, reply.Identity), out var asker))
                asker.Tell(new Contradicted(contradictory));
            return;
        }
        if (!_waves.TryGetValue(reply.WaveId, out var wave) || !wave.Open.Remove(reply.Identity, out var asked))
        {
            _unexpected++;
            if (!Timers.IsTimerActive(ReportKey))
                Timers.StartSingleTimer(ReportKey, ReportDue.Instance, BetweenReports);
            return;
        }
        _inFlight--;
        RememberAnswered((reply.WaveId, reply.Identity), asked.By);
        asked.By.Tell(new Answered(asked.Ask.Correlation, reply.Reply, wave.AskedAt));
        if (wave.Open.Count == 0)
            Complete(reply.WaveId, _ => throw new InvalidOperationException("nobody is left to tell"));
        else if (!_queue.IsEmpty)
            ScheduleFlush();
    }

    private void RememberAnswered((string Wave, NodeName Identity) request, IActorRef asker)
    {
        var now = _clock.Now.Monotonic;
        while (_answeredAt.TryPeek(out var oldest) && now - oldest.At > LatestContradiction)
            _answered.Remove(_answeredAt.Dequeue().Key);
        _answered[request] = asker;
        _answeredAt.Enqueue((now, request));
    }

    private void Complete(string id, Func<QueuedRequest, object> tell)
    {
        if (!_waves.Remove(id, out var wave))
            return;
        Timers.Cancel(id);
        _inFlight -= wave.Open.Count;
        foreach (var asked in wave.Open.Values)
            asked.By.Tell(tell(asked));
        if (!_queue.IsEmpty)
            ScheduleFlush();
    }
}
