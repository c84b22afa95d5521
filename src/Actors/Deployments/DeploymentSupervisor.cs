using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Event;
using Akka.Pattern;
using Akka.Persistence;
using Orchestrator.Actors.Fleet;
using Orchestrator.Actors.Nodes;
using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Deployments.Work;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Plans;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using static Orchestrator.Actors.Deployments.SupervisorProtocol;

namespace Orchestrator.Actors.Deployments;

/// <summary>
/// The only writer of one deployment's history. Decides by the pure core, writes, and only then acts: after a recovery
/// and after every write it gives out the difference between what should be happening and what it gave out before, and
/// tells the coordinator what it owes it (see <see cref="SupervisorDuties"/>).
/// </summary>
public sealed class DeploymentSupervisor : ReceivePersistentActor, IWithTimers
{
    private sealed record PlanLoaded(Plan Plan) : INoSerializationVerificationNeeded;

    private sealed record PlanNotRead(Exception Error) : INoSerializationVerificationNeeded;

    private sealed record ReadDue : INoSerializationVerificationNeeded
    {
        public static readonly ReadDue Instance = new();
    }

    private sealed record TimerElapsed : INoSerializationVerificationNeeded
    {
        public static readonly TimerElapsed Instance = new();
    }

    private sealed record ClockDue : INoSerializationVerificationNeeded, INotInfluenceReceiveTimeout
    {
        public static readonly ClockDue Instance = new();
    }

    private sealed record ProgressDue : INoSerializationVerificationNeeded, INotInfluenceReceiveTimeout
    {
        public static readonly ProgressDue Instance = new();
    }

    private const string TimeKey = "time";
    private const string ProgressKey = "progress";
    private const string ClockKey = "clock";
    private const string ReadKey = "read";
    private static readonly DeploymentCommand.GiveUp GivenUp = new("the recovery of the journal");
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan BetweenLooksAtClock = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ToldAgain = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FirstReadPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LastReadPause = TimeSpan.FromSeconds(4);

    private readonly DeploymentId _id;
    private readonly DeploymentCommand.Start _start;
    private readonly SupervisorServices _services;
    private readonly IActorRef _coordinator;
    private readonly HostClock _clock;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Assignments _assignments = new();
    private readonly Dictionary<int, IActorRef> _groups = [];
    private DeploymentState _state = DeploymentState.Initial;
    private DeploymentState _decided = DeploymentState.Initial;
    private PlanIndex? _plan;
    private SupervisorDuties.Told _told = SupervisorDuties.Told.Nothing;
    private TimeSpan _readPause = FirstReadPause;

    /// <summary>The sum of the steps of the machine's clock that are in the history or being written.</summary>
    private TimeSpan _stepped;
    private int _reopenings;
    private int _writing;
    private bool _isAwaited;
    private bool _isFrozen;

    /// <param name="start">How it begins where it has no history.</param>
    /// <param name="reopenings">How often the coordinator has given it its nodes back.</param>
    /// <param name="coordinator">To whom it tells its phases and its end.</param>
    /// <param name="plan">Its plan; null where it is to be read.</param>
    public DeploymentSupervisor(DeploymentCommand.Start start, int reopenings, SupervisorServices services, IActorRef coordinator, Plan? plan = null)
    {
        (_id, _start, _reopenings, _services, _coordinator) = (start.Id, start, reopenings, services, coordinator);
        PersistenceId = PersistenceIdOf(_id);
        _clock = services.Clock.Begin();
        Recover<IDeploymentEvent>(e => _state = _decided = DeploymentEvolution.Evolve(_state, new RecordedEvent(LastSequenceNr, e)));
        Recover<RecoveryCompleted>(_ =>
        {
            if (plan is null)
                ReadPlan();
            else
                Self.Tell(new PlanLoaded(plan));
        });
        Command<ReadDue>(_ => ReadPlan());
        Command<SupervisorProtocol.Freeze>(_ => _isFrozen = true);
        Command<PlanLoaded>(m => OnPlan(m.Plan));
        Command<PlanNotRead>(m => OnPlanNotRead(m.Error));
        WhenWritten<Order>(OnOrder);
        Command<GroupActor.FactsReported>(OnFacts);
        WhenWritten<TimerElapsed>(_ => OnTime());
        Command<ClockDue>(_ =>
        {
            if (ClockReading.IsStep(_clock.Now.Stepped - _stepped))
                Self.Tell(TimerElapsed.Instance);
        });
        Command<ProgressDue>(_ => DoDuties());
        Command<EndAcknowledged>(m =>
        {
            _told = _told with { Acknowledged = m.Report };
            DoDuties();
        });
    }

    public override string PersistenceId { get; }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>The name of a deployment's history in the journal; never changes.</summary>
    public static string PersistenceIdOf(DeploymentId id) => $"deployment-{id.Value}";

    public static Props Props(
        DeploymentCommand.Start start, int reopenings, SupervisorServices services, IActorRef coordinator, Plan? plan = null) =>
        Akka.Actor.Props.Create(() => new DeploymentSupervisor(start, reopenings, services, coordinator, plan));

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Escalate);

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) =>
        _log.Error(cause, "Deployment {Deployment} could not write to the journal and is restarted from there", _id);

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        _log.Error(cause, "The journal rejected an event of deployment {Deployment}, which is restarted from there", _id);
        Context.Stop(Self);
    }

    /// <summary>A journal that cannot be read now is read again; a history that makes no sense never will.</summary>
    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        // Akka's filter of replayed events throws an IllegalStateException where a second writer's are among them.
        var damage = message is IDeploymentEvent ? reason : Causes(reason).FirstOrDefault(e => e is SerializationException or IllegalStateException);
        if (damage is null)
            _log.Error(reason, "The history of deployment {Deployment} could not be read from the journal and is read again", _id);
        else
            _coordinator.Tell(new SupervisorReports.Broken(_id, $"its history in the journal cannot be read ({damage.Message})"));
    }

    private static IEnumerable<Exception> Causes(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
            yield return error;
    }

    /// <summary>Whatever is no report is decided on what is in the journal; reports that come after it wait behind it.</summary>
    private void WhenWritten<T>(Action<T> handle) => Command<T>(m =>
    {
        if (_isFrozen)
            return;
        if (_writing == 0)
        {
            handle(m);
            return;
        }
        _isAwaited = true;
        Stash.Stash();
    });

    /// <summary>A report is decided while the one before it is being written, and acted on once it is written itself; a failed write takes both back.</summary>
    private void OnFacts(GroupActor.FactsReported m)
    {
        // What is not decided is learnt again by the next host, from the node.
        if (_isFrozen)
            return;
        if (_isAwaited)
        {
            Stash.Stash();
            return;
        }
        var group = Sender;
        if (Decide(_decided, new DeploymentCommand.Report(m.Facts)) is not Decision.Accept(var events, var after))
        {
            group.Tell(GroupActor.FactsWritten.Instance);
            return;
        }
        Write(events, after, () => group.Tell(GroupActor.FactsWritten.Instance));
    }

    private Decision Decide(DeploymentState state, DeploymentCommand command)
    {
        var now = _clock.Now;
        return DeploymentDecider.Decide(state, _plan!, command, now.Wall, now.Stepped - _stepped);
    }

    /// <summary>The one way to write. What follows is done once the events are in the journal; a failed write takes back what was decided after it.</summary>
    private void Write(ImmutableArray<IDeploymentEvent> events, DeploymentState after, Action answer)
    {
        _writing++;
        _decided = after;
        foreach (var step in events.OfType<DeploymentEvents.ClockStepped>())
            _stepped += step.By;
        PersistAllAsync(events, _ => { }, () =>
        {
            _state = after;
            answer();
            Written(events);
            if (--_writing > 0)
                return;
            _isAwaited = false;
            Stash.UnstashAll();
        });
    }

    private void ReadPlan() =>
        _services.Plans.ReadAsync(_start.PlanId).PipeTo(Self, success: plan => new PlanLoaded(plan), failure: e => new PlanNotRead(e));

    /// <summary>A plan that is lost never comes back by itself; one that cannot be read now is read again, and whoever asks waits meanwhile.</summary>
    private void OnPlanNotRead(Exception error)
    {
        if (CoordinationInput.PlanRead.DamageIn(error) is { } damage)
        {
            _coordinator.Tell(new SupervisorReports.Broken(_id, damage.Message));
            return;
        }
        // The coordinator, which has read it before, counts failures and lets nobody wait for this one for ever.
        if (_readPause > LastReadPause)
        {
            throw new InvalidOperationException(
                $"the plan of deployment {_id} cannot be read ({OutsideText.OneLine(error.GetBaseException().Message, 200)})", error);
        }
        Timers.StartSingleTimer(ReadKey, ReadDue.Instance, _readPause);
        _readPause *= 2;
    }

    private void OnPlan(Plan plan)
    {
        if (_isFrozen)
            return;
        _plan = new PlanIndex(plan);
        if (_state.Start is not null)
            TakeOver();
        else if (_services is { IsOver: false } && _reopenings == 0)
            Handle(_start, null);
        else if (_services is { IsOver: true, MayHold: true, FleetLost: null })
            GiveUpLost();
        else
            _coordinator.Tell(new SupervisorReports.Broken(_id, "its history is missing from the journal"));
        Stash.UnstashAll();
    }

    /// <summary>Its history is lost with what it did to its nodes: it gets a new one, begun and ended in one write, with which all of them are read.</summary>
    private void GiveUpLost()
    {
        if (Decide(_state, _start) is Decision.Accept begun && Decide(begun.After, GivenUp) is Decision.Accept ended)
            Write([.. begun.Events, .. ended.Events], ended.After, () => { });
    }

    /// <summary>RECOVERY: the first write after it names the new epoch, before any act. A deployment that is over and idle needs none.</summary>
    private void TakeOver()
    {
        // A release of one that is over acts under the epoch that it has.
        BeginEpoch();
        if (_services.FleetLost is { } lost)
            Handle(new DeploymentCommand.LoseFleet(lost), null);
        else if (_services.IsOver && _state.Stage is not Stage.Ended)
            Handle(GivenUp, null);
        else if (_state.Stage is not Stage.Ended || _state.Counts is not { Pending: 0, LookedAt: 0 })
            Handle(new DeploymentCommand.TakeOver(), null);
        else
            // After what waits in the stash: a retry comes before it is said once more that this has ended.
            Self.Tell(TimerElapsed.Instance);
    }

    private void OnOrder(Order order)
    {
        if (_plan is null)
        {
            Stash.Stash();
            return;
        }
        var hasEnded = _state.Stage is Stage.Ended && _state.Counts.Pending == 0;
        if (_state.Stage is Stage.Ended)
        {
            // There are no deadlines now: the machine's time of day is taken over.
            _clock.Resynchronize();
            _stepped = TimeSpan.Zero;
        }
        if (hasEnded && order.Command is DeploymentCommand.Retry or DeploymentCommand.Rollback && order.Reopenings <= _told.Ended?.Reopenings
            && RepeatedRequests.Of(_state, order.Command) is null)
        {
            // The coordinator has its end by now, or is about to: it must give the nodes back before this goes on.
            Sender.Tell(new SupervisorReports.OrderAnswered(_id, order.Number, null));
            return;
        }
        _reopenings = Math.Max(_reopenings, order.Reopenings);
        // An end that nothing follows is told again, so that the coordinator can rely on it.
        _told = _told with { Acknowledged = null };
        var asker = Sender;
        Handle(order.Command, answer => asker.Tell(new SupervisorReports.OrderAnswered(_id, order.Number, answer)));
    }

    private void OnTime()
    {
        if (_plan is not null)
            Handle(new DeploymentCommand.Tick(), null);
    }

    private void Handle(DeploymentCommand command, Action<object>? answer)
    {
        switch (Decide(_state, command))
        {
            case Decision.Accept(var events, var after):
                Write(events, after, () => answer?.Invoke(Done(events)));
                break;
            case Decision.Ignore(var why, var sequence):
                answer?.Invoke(new CoordinatorProtocol.Done(_id, false, why, sequence ?? LastSequenceNr));
                DoDuties();
                break;
            case Decision.Reject rejected:
                answer?.Invoke(Denials.Of(_id, rejected));
                DoDuties();
                break;
        }
    }

    /// <summary>What a verb is answered. Its own event is the first, but for what the clock did; where there was nothing to do, its key stands alone.</summary>
    private CoordinatorProtocol.Done Done(ImmutableArray<IDeploymentEvent> written)
    {
        var own = written.TakeWhile(e => e is DeploymentEvents.ClockStepped).Count();
        var isChanged = written[own] is not DeploymentEvents.RequestTaken;
        return new CoordinatorProtocol.Done(_id, isChanged, VerbAnswers.Of(written), LastSequenceNr - written.Length + own + (isChanged ? 1 : 0));
    }

    /// <summary>Tells the coordinator what it does not know, and arms the one timer for what follows by time alone; times are the journal's.</summary>
    private void DoDuties()
    {
        var now = _clock.Now;
        var duties = SupervisorDuties.Of(_id, _state, _reopenings, _told, now.Monotonic);
        if (duties.Phase is { } phase)
            _coordinator.Tell(phase);
        if (duties.PhaseAt is null)
            Timers.Cancel(ProgressKey);
        else if (!Timers.IsTimerActive(ProgressKey))
            Timers.StartSingleTimer(ProgressKey, ProgressDue.Instance, duties.PhaseAt.Value - now.Monotonic);
        var toldAt = _told.EndAt;
        if (duties.End is { } end && (end != _told.Ended || now.Monotonic - toldAt >= ToldAgain))
        {
            _coordinator.Tell(end);
            toldAt = now.Monotonic;
        }
        _told = _told with
        {
            Phase = duties.Phase ?? _told.Phase,
            PhaseAt = duties.Phase is null ? _told.PhaseAt : now.Monotonic,
            Ended = duties.End ?? _told.Ended,
            EndAt = toldAt,
        };
        var wait = Attentions.NextTime(_state) - now.Wall;
        if (duties.End is not null && toldAt + ToldAgain - now.Monotonic is var again && !(again >= wait))
            wait = again;
        if (wait is { } left)
            Timers.StartSingleTimer(TimeKey, TimerElapsed.Instance, left > ShortestWait ? left : ShortestWait);
        else
            Timers.Cancel(TimeKey);
        if (_state.Stage is Stage.NotStarted or Stage.Ended)
            Timers.Cancel(ClockKey);
        else if (!Timers.IsTimerActive(ClockKey))
            Timers.StartPeriodicTimer(ClockKey, ClockDue.Instance, BetweenLooksAtClock);
    }

    private void Written(ImmutableArray<IDeploymentEvent> events)
    {
        var first = LastSequenceNr - events.Length + 1;
        for (var i = 0; i < events.Length; i++)
            Context.System.EventStream.Publish(new CoordinatorProtocol.EventRecorded(_id, new RecordedEvent(first + i, events[i])));
        if (events.Any(e => e is DeploymentEvents.SupervisorStarted))
            BeginEpoch();
        Reconcile(events);
        DoDuties();
        if (_services.FleetLost is { } lost && _state.Stage is not Stage.Ended && _writing == 1)
            Handle(new DeploymentCommand.LoseFleet(lost), null);
    }

    private void BeginEpoch() => _services.Fleet.Tell(new FleetProtocol.BeginEpoch(_id, _state.Epoch, [.. Assignments.Running(_state)]));

    /// <summary>IDEMPOTENT: gives out what is new among the nodes that the write concerns.</summary>
    private void Reconcile(ImmutableArray<IDeploymentEvent> events)
    {
        var fence = new Fence(_id, _state.Epoch, TimeSpan.MaxValue);
        foreach (var group in _assignments.After(events, _state, _plan!).GroupBy(a => _plan!.GroupOf(a.Node)))
            GroupOf(group.Key).Tell(new GroupActor.AssignNodes([.. group], fence));
    }

    private IActorRef GroupOf(int number)
    {
        if (!_groups.TryGetValue(number, out var group))
        {
            var start = _state.Start!;
            var plan = _plan!;
            var (id, services, clock) = (_id, _services, _clock);
            _groups.Add(number, group = Context.ActorOf(GroupActor.Props(number, node => NodeActor.Props(
                new NodeContext(node, id, start.HoldMessage, start.Environment, start.Options) { LargestMessage = services.LargestMessage?.Invoke() },
                plan.WireNameOf(node), services.Fleet, clock)), $"group-{number}"));
        }
        return group;
    }
}

/// <summary>What a supervisor needs of the world.</summary>
/// <param name="FleetLost">Why the fleet is gone for ever; null where it is there.</param>
/// <param name="LargestMessage">The largest message of the fleet's broker as it is known now; null where nobody can say.</param>
/// <param name="IsOver">The coordinator has its end: where its own history has none, that is shorter than it was, and nothing is gone on with.</param>
/// <param name="MayHold">After its end it holds nodes, or may.</param>
public sealed record SupervisorServices(
    IPlanStore Plans, IActorRef Fleet, HostClock Clock, string? FleetLost = null, Func<int?>? LargestMessage = null, bool IsOver = false,
    bool MayHold = false);
