using System.Collections.Immutable;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using Orchestrator.Actors.Fleet;
using Orchestrator.Actors.Nodes;
using Orchestrator.Domain.Deployments;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using static Orchestrator.Actors.Deployments.SupervisorProtocol;

namespace Orchestrator.Actors.Deployments;

/// <summary>
/// The only writer of one deployment's history. Decides by the pure core, writes, and only then acts: after a recovery
/// and after every write it gives out the difference between what should be happening and what it gave out before.
/// </summary>
public sealed class DeploymentSupervisor : ReceivePersistentActor, IWithTimers
{
    private sealed record PlanLoaded(Plan Plan) : INoSerializationVerificationNeeded;

    private sealed record PlanMissing(string Why) : INoSerializationVerificationNeeded;

    private sealed record AnnounceDue : INoSerializationVerificationNeeded
    {
        public static readonly AnnounceDue Instance = new();
    }

    private sealed record TimeCame : INoSerializationVerificationNeeded
    {
        public static readonly TimeCame Instance = new();
    }

    private const string AnnounceKey = "announce";
    private const string TimeKey = "time";
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan AnnounceAgain = TimeSpan.FromSeconds(2);

    /// <summary>An order to enable or run a node that could not be sent for so long is void.</summary>
    private static readonly TimeSpan OrderLife = TimeSpan.FromMinutes(2);

    private readonly DeploymentId _id;
    private readonly SupervisorServices _services;
    private readonly IActorRef _coordinator;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Assignments _assignments = new();
    private readonly Dictionary<int, IActorRef> _groups = [];
    private DeploymentState _state = DeploymentState.Initial;
    private DeploymentState _decided = DeploymentState.Initial;
    private PlanIndex? _plan;
    private (DeploymentPhase Phase, string? Attention, bool Releases) _told;
    private int _reopenings;
    private int? _toldOver;
    private int _writing;
    private bool _loading;
    private bool _isAwaited;

    /// <summary>Carries one deployment.</summary>
    public DeploymentSupervisor(DeploymentId id, SupervisorServices services, IActorRef coordinator)
    {
        (_id, _services, _coordinator) = (id, services, coordinator);
        PersistenceId = PersistenceIdOf(id);
        Recover<IDeploymentEvent>(e => _state = _decided = DeploymentEvolution.Evolve(_state, e));
        Recover<RecoveryCompleted>(_ =>
        {
            if (_state.Start is { } start)
                LoadPlan(start.PlanId);
        });
        WhenWritten<Begin>(OnBegin);
        Command<PlanLoaded>(m => OnPlan(m.Plan));
        Command<PlanMissing>(m => _coordinator.Tell(new Broken(_id, m.Why)));
        WhenWritten<Order>(OnOrder);
        Command<GroupActor.FactsReported>(OnFacts);
        WhenWritten<TimeCame>(_ => Handle(new DeploymentCommand.Tick(), ActorRefs.Nobody, null));
        Command<AnnounceDue>(_ => Announce());
        Command<OverAcknowledged>(m =>
        {
            if (m.Keeps.SequenceEqual(Keeps()))
                Timers.Cancel(AnnounceKey);
        });
        WhenWritten<Retire>(_ =>
        {
            if (_state.Stage is Stage.Ended && _state.Counts.Pending == 0)
                Context.Stop(Self);
        });
    }

    /// <inheritdoc/>
    public override string PersistenceId { get; }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>The name of a deployment's history in the journal; never changes.</summary>
    public static string PersistenceIdOf(DeploymentId id) => $"deployment-{id.Value}";

    /// <summary>How to make one.</summary>
    public static Props Props(DeploymentId id, SupervisorServices services, IActorRef coordinator) =>
        Akka.Actor.Props.Create(() => new DeploymentSupervisor(id, services, coordinator));

    /// <inheritdoc/>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Escalate);

    /// <inheritdoc/>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) =>
        _log.Error(cause, "Deployment {DeploymentId} could not write to the journal and is taken up again from there", _id);

    /// <inheritdoc/>
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        _log.Error(cause, "The journal rejected an event of deployment {DeploymentId}, which is taken up again from there", _id);
        Context.Stop(Self);
    }

    /// <summary>A journal that cannot be read now is read again; a history that makes no sense never will.</summary>
    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        var damage = message is IDeploymentEvent ? reason : Causes(reason).FirstOrDefault(e => e is SerializationException);
        if (damage is null)
            _log.Error(reason, "The history of deployment {DeploymentId} could not be read from the journal, and is read again", _id);
        else
            _coordinator.Tell(new Broken(_id, $"its history in the journal cannot be read ({damage.Message})"));
    }

    private static IEnumerable<Exception> Causes(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
            yield return error;
    }

    /// <summary>Whatever is no report is decided on what is in the journal; reports that come after it wait behind it.</summary>
    private void WhenWritten<T>(Action<T> handle) => Command<T>(m =>
    {
        if (_writing == 0)
        {
            handle(m);
            return;
        }
        _isAwaited = true;
        Stash.Stash();
    });

    /// <summary>A report is decided while the one before it is being written. What follows from it is done once it is written itself, and a write that fails takes both back.</summary>
    private void OnFacts(GroupActor.FactsReported m)
    {
        if (_isAwaited)
        {
            Stash.Stash();
            return;
        }
        var group = Sender;
        if (DeploymentDecider.Decide(_decided, _plan!, new DeploymentCommand.Report(m.Facts), _services.Clock.Now.Wall) is not Decision.Accept(var events, var after))
        {
            group.Tell(GroupActor.FactsWritten.Instance);
            return;
        }
        _writing++;
        _decided = after;
        PersistAllAsync(events, _ => { }, () =>
        {
            _state = after;
            group.Tell(GroupActor.FactsWritten.Instance);
            Written(events);
            if (--_writing > 0)
                return;
            _isAwaited = false;
            Stash.UnstashAll();
        });
    }

    private void OnBegin(Begin begin)
    {
        if (_loading)
            Stash.Stash();
        else if (_plan is null)
        {
            Stash.Stash();
            LoadPlan(begin.Start.PlanId);
        }
        else
        {
            var isNews = begin.Reopenings > _reopenings;
            _reopenings = Math.Max(_reopenings, begin.Reopenings);
            Handle(begin.Start, _coordinator, new Running(_id));
            if (isNews && _state.Stage is Stage.Ended && _state.Counts.Pending == 0)
                Announce();
        }
    }

    private void LoadPlan(PlanId id)
    {
        _loading = true;
        _services.Plans.LoadAsync(id, CancellationToken.None).PipeTo(Self, success: plan => new PlanLoaded(plan), failure: e => new PlanMissing(e.Message));
    }

    private void OnPlan(Plan plan)
    {
        _loading = false;
        _plan = new PlanIndex(plan);
        if (_state.Start is not null)
            TakeOver();
        Stash.UnstashAll();
    }

    /// <summary>RECOVERY: the first write after it names the new epoch, before any act. A deployment that is over and idle needs none.</summary>
    private void TakeOver()
    {
        // A release of one that is over acts under the epoch that it has.
        OpenEpoch();
        if (_services.FleetLost is { } lost)
            Handle(new DeploymentCommand.LoseFleet(lost), ActorRefs.Nobody, null);
        else if (_state.Stage is not Stage.Ended || _state.Counts.Pending > 0)
            Handle(new DeploymentCommand.TakeOver(), ActorRefs.Nobody, null);
        if (_state.Stage is Stage.Ended)
            Announce();
        AwaitTime();
    }

    private void OnOrder(Order order)
    {
        if (_loading)
        {
            Stash.Stash();
            return;
        }
        _reopenings = Math.Max(_reopenings, order.Reopenings);
        if (_plan is null)
            Sender.Tell(new CoordinatorProtocol.Denied($"deployment {_id} has not started", Messages.Api.ExitCodes.Usage));
        else if (_state.Stage is Stage.Ended && order.Reopenings <= _toldOver && Reopening(order.Command) is { } verb)
            // The coordinator is about to take the nodes back: it hears the verb again after that, and gives them back first.
            _coordinator.Tell(verb, Sender);
        else
            Handle(order.Command, Sender, new CoordinatorProtocol.Done(_id, true, ""));
    }

    /// <summary>The verb behind an order that lets an ended deployment go on; null for any other.</summary>
    private CoordinatorProtocol.VerbOnDeployment? Reopening(DeploymentCommand command) => command switch
    {
        DeploymentCommand.Retry c => new CoordinatorProtocol.VerbOnDeployment(_id, Verb.Retry, c.By),
        DeploymentCommand.Rollback c => new CoordinatorProtocol.VerbOnDeployment(_id, Verb.Rollback, c.By, Environment: c.Environment),
        _ => null,
    };

    private void Handle(DeploymentCommand command, IActorRef replyTo, object? reply)
    {
        switch (DeploymentDecider.Decide(_state, _plan!, command, _services.Clock.Now.Wall))
        {
            case Decision.Accept(var events, var after):
                PersistAll(events, _ => { }, () =>
                {
                    _state = _decided = after;
                    Answer(replyTo, reply is CoordinatorProtocol.Done done ? done with { Message = VerbAnswers.Of(events) } : reply);
                    Written(events);
                });
                break;
            case Decision.Ignore(var why):
                Answer(replyTo, reply is CoordinatorProtocol.Done ? new CoordinatorProtocol.Done(_id, false, why) : reply);
                Unchanged(command);
                break;
            case Decision.Reject(var why):
                Answer(replyTo, reply is CoordinatorProtocol.Done ? new CoordinatorProtocol.Denied($"deployment {_id}: {why}", Messages.Api.ExitCodes.Usage) : reply);
                Unchanged(command);
                break;
        }
    }

    /// <summary>A verb that would have begun it again leaves it ended: the coordinator, which had given it its nodes back, must hear so.</summary>
    private void Unchanged(DeploymentCommand command)
    {
        if (command is DeploymentCommand.Tick)
            AwaitTime();
        else if (command is DeploymentCommand.Retry or DeploymentCommand.Rollback && _state.Stage is Stage.Ended && _state.Counts.Pending == 0)
            Announce();
    }

    /// <summary>Arms the one timer for what follows by time alone; the times are those of the journal.</summary>
    private void AwaitTime()
    {
        if (Attentions.NextTime(_state) is not { } next)
        {
            Timers.Cancel(TimeKey);
            return;
        }
        var wait = next - _services.Clock.Now.Wall;
        Timers.StartSingleTimer(TimeKey, TimeCame.Instance, wait > ShortestWait ? wait : ShortestWait);
    }

    private static void Answer(IActorRef replyTo, object? reply)
    {
        if (reply is not null)
            replyTo.Tell(reply);
    }

    private void Written(ImmutableArray<IDeploymentEvent> events)
    {
        var first = LastSequenceNr - events.Length + 1;
        for (var i = 0; i < events.Length; i++)
            Context.System.EventStream.Publish(new CoordinatorProtocol.EventRecorded(_id, new RecordedEvent(first + i, events[i])));
        if (events.Any(e => e is DeploymentEvents.SupervisorStarted))
            OpenEpoch();
        Reconcile(events);
        TellPhase();
        AwaitTime();
        if (_services.FleetLost is { } lost && _state.Stage is not Stage.Ended)
            Self.Tell(new Order(new DeploymentCommand.LoseFleet(lost), _reopenings), ActorRefs.NoSender);
        if (_state.Stage is Stage.Ended && _state.Counts.Pending == 0)
            Announce();
    }

    private void OpenEpoch() => _services.Fleet.Tell(new FleetProtocol.OpenEpoch(_id, _state.Epoch, [.. Assignments.Running(_state)]));

    private void TellPhase()
    {
        var attention = _state.Attention.IsEmpty ? null : string.Join(", ", _state.Attention.Keys.Select(a => a.Word()));
        var now = (_state.Phase, attention, _state.Stage is Stage.Ended && _state.Counts.Pending > 0);
        if (_told == now)
            return;
        _told = now;
        _coordinator.Tell(new PhaseReached(_id, _told.Phase, _told.Attention, _told.Releases));
    }

    /// <summary>IDEMPOTENT: gives out what is new among the nodes that the write concerns.</summary>
    private void Reconcile(ImmutableArray<IDeploymentEvent> events)
    {
        var fence = new Fence(_id, _state.Epoch, _services.Clock.Now.Monotonic + OrderLife);
        foreach (var group in _assignments.After(events, _state, _plan!).GroupBy(a => _plan!.GroupOf(a.Node)))
            GroupOf(group.Key).Tell(new GroupActor.AssignNodes([.. group], fence));
    }

    private IActorRef GroupOf(int number)
    {
        if (!_groups.TryGetValue(number, out var group))
        {
            var start = _state.Start!;
            var plan = _plan!;
            var (id, services) = (_id, _services);
            _groups.Add(number, group = Context.ActorOf(GroupActor.Props(number, node => NodeActor.Props(
                new NodeContext(node, id, start.HoldMessage, start.Environment, start.Options) { LargestMessage = services.LargestMessage?.Invoke() },
                plan.WireNameOf(node), services.Fleet, services.Clock)), $"group-{number}"));
        }
        return group;
    }

    private void Announce()
    {
        TellPhase();
        _toldOver = _reopenings;
        _coordinator.Tell(new Over(_id, _state.Phase, Keeps(), _reopenings));
        Timers.StartSingleTimer(AnnounceKey, AnnounceDue.Instance, AnnounceAgain);
    }

    private ImmutableArray<NodeName> Keeps() => [.. _state.Nodes.Where(n => n.Value.Hold is not Hold.None).Select(n => n.Key).Order()];
}

/// <summary>What a supervisor needs of the world.</summary>
/// <param name="Plans">Where plans are kept.</param>
/// <param name="Fleet">The fleet actor of the deployment's fleet.</param>
/// <param name="Clock">The host's clocks.</param>
/// <param name="FleetLost">Why the fleet is gone for ever; null where it is there.</param>
/// <param name="LargestMessage">The largest message of the fleet's broker as it is known now; null where nobody can say.</param>
public sealed record SupervisorServices(IPlanStore Plans, IActorRef Fleet, HostClock Clock, string? FleetLost = null, Func<int?>? LargestMessage = null);
