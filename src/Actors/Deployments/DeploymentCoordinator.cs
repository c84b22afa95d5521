using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using Orchestrator.Actors.Fleet;
using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;

namespace Orchestrator.Actors.Deployments;

/// <summary>
/// The only writer of which deployments exist. Decides by <see cref="Coordination"/>, writes,
/// and only then acts: starts and stops supervisors, hands them verbs, answers.
/// </summary>
public sealed class DeploymentCoordinator : ReceivePersistentActor, IWithTimers
{
    private sealed record TimerElapsed : INoSerializationVerificationNeeded
    {
        public static readonly TimerElapsed Instance = new();
    }

    private const string TimeKey = "time";
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(20);

    /// <summary>A plan that takes longer to read is not there for now.</summary>
    private static readonly TimeSpan LongestRead = TimeSpan.FromSeconds(10);

    private const int LongestReason = 500;

    private readonly CoordinatorServices _services;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<DeploymentId, IActorRef> _supervisors = [];
    private readonly Dictionary<FleetName, IActorRef> _fleets = [];
    private readonly Dictionary<long, IActorRef> _askers = [];
    private CoordinationState _state = CoordinationState.Initial;
    private long _asked;

    public DeploymentCoordinator(CoordinatorServices services)
    {
        _services = services;
        Recover<ICoordinatorEvent>(e => _state = CoordinationState.Evolve(_state, e));
        Recover<RecoveryCompleted>(_ => Take(new CoordinationInput.Recovered()));
        WhenRead<RegisterDeployment>(m => Take(new CoordinationInput.Register(m, Asked())));
        WhenRead<VerbOnDeployment>(m => Take(new CoordinationInput.Verb(m, Asked())));
        WhenRead<ResumeUnfinished>(m => Take(new CoordinationInput.Resume(m.Only, Asked())));
        WhenRead<ListDeployments>(m => Sender.Tell(DeploymentLines.Page(_state, m, Host)));
        WhenRead<WhichAreKnown>(m => Sender.Tell(DeploymentLines.Known(_state, m)));
        WhenRead<FindDeployment>(m => Sender.Tell(DeploymentLines.Find(_state, m.IdOrPrefix, Host)));
        WhenRead<SurveyNodes>(m => Reached(m.Fleet, fleet =>
            SurveyActor.Props(m, fleet, _state.OwnersOf(m.Fleet, m.Nodes.Select(n => n.Name)), Sender)));
        WhenRead<ReleaseStrays>(m => Reached(m.Fleet, fleet => StrayReleaseActor.Props(m, fleet, Sender)));
        Command<SupervisorReports.PhaseReached>(m => Take(new CoordinationInput.PhaseReached(m)));
        Command<SupervisorReports.Ended>(m => Take(new CoordinationInput.Ended(m)));
        Command<SupervisorReports.Broken>(m => Take(new CoordinationInput.Broken(m)));
        Command<SupervisorReports.OrderAnswered>(m => Take(new CoordinationInput.OrderAnswered(m)));
        Command<CoordinationInput.PlanRead>(Take);
        Command<TimerElapsed>(_ => Take(new CoordinationInput.Tick()));
        Command<Terminated>(m => OnSupervisorGone(m.ActorRef));
    }

    public override string PersistenceId => "coordinator";

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(CoordinatorServices services) => Akka.Actor.Props.Create(() => new DeploymentCoordinator(services));

    private HostContext Host => new(_services.Clock.Now, _services.Instance, fleet => _services.Fleets.Find(fleet) is not null);

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) =>
        _log.Error(cause, "The coordinator could not write to the journal and is restarted from there");

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        _log.Error(cause, "The journal rejected an event of the coordinator, which is restarted from there");
        Context.Stop(Self);
    }

    public override void AroundPostStop()
    {
        // Before Akka gives back to the mailbox, and so to nobody, what is stashed.
        foreach (var asker in _askers.Values.Concat(Stash.ClearStash().Select(e => e.Sender)))
            asker.Tell(OrchestratorHosting.TakenUpAgain);
        base.AroundPostStop();
    }

    /// <summary>
    /// RECOVERY: a supervisor that failed starts anew after a pause. A fleet's actor that failed has forgotten who waits for an answer or a permit, so all
    /// that hangs on it begins anew with the coordinator.
    /// </summary>
    protected override SupervisorStrategy SupervisorStrategy() => new StopAndStartAnew(this);

    private sealed class StopAndStartAnew(DeploymentCoordinator coordinator) : OneForOneStrategy(-1, -1, _ => Directive.Stop, loggingEnabled: false)
    {
        protected override Directive Handle(IActorRef child, Exception exception)
        {
            var reason = OutsideText.OneLine(exception.GetBaseException().Message, LongestReason);
            if (coordinator._fleets.FirstOrDefault(f => f.Value.Equals(child)) is { Value: not null } failed)
            {
                coordinator._log.Error("The way to the fleet {Fleet} failed ({Reason}): every deployment is restarted from the journal", failed.Key, reason);
                return Directive.Escalate;
            }
            coordinator._log.Error(exception, "The actor {Name} failed: {Reason}", child.Path.Name, reason);
            return base.Handle(child, exception);
        }
    }

    /// <summary>Until the nodes of open deployments are known nothing is answered; the stash holds what edges ask meanwhile.</summary>
    private void WhenRead<T>(Action<T> handle) => Command<T>(m =>
    {
        if (_state.IsReading)
            Stash.Stash();
        else
            handle(m);
    });

    private long Asked()
    {
        _askers.Add(++_asked, Sender);
        return _asked;
    }

    private void Take(CoordinationInput input)
    {
        var step = Coordination.Decide(_state, input, Host);
        var plan = (input as CoordinationInput.Register)?.Deployment.Plan;
        if (step.Events.IsEmpty)
            CarryOut(step, plan);
        else
            PersistAll(step.Events, _ => { }, () => CarryOut(step, plan));
    }

    /// <param name="step">What is to be done.</param>
    /// <param name="plan">That of a deployment being registered, for which the store need not be asked where its turn comes at once; else null.</param>
    private void CarryOut(CoordinationStep step, Plan? plan)
    {
        var before = _state;
        _state = step.After;
        foreach (var effect in step.Effects)
            CarryOut(effect, plan);
        foreach (var line in DeploymentLines.Changed(before, _state, Host))
            Context.System.EventStream.Publish(new DeploymentChanged(line));
        if (!_state.IsReading)
            Stash.UnstashAll();
        if (Coordination.NextTime(_state) is not { } next)
        {
            Timers.Cancel(TimeKey);
        }
        else
        {
            Timers.StartSingleTimer(
                TimeKey, TimerElapsed.Instance, next - _services.Clock.Now.Monotonic is var wait && wait > ShortestWait ? wait : ShortestWait);
        }
    }

    private void CarryOut(CoordinationEffect effect, Plan? plan)
    {
        switch (effect)
        {
            case CoordinationEffect.Answer e:
                if (_askers.Remove(e.Question, out var asker))
                    asker.Tell(e.Reply);
                break;
            case CoordinationEffect.ReadPlan e:
                ReadAsync(_services.Plans, e).PipeTo(Self);
                break;
            case CoordinationEffect.AwaitRecovery e:
                FleetOf(e.Fleet).Tell(new FleetProtocol.AwaitRecovery(e.Ids));
                break;
            case CoordinationEffect.Start e:
                Start(e.Entry, plan?.Id == e.Entry.Registered.PlanId ? plan : null);
                break;
            case CoordinationEffect.Stop e:
                Context.Stop(_supervisors[e.Id]);
                break;
            case CoordinationEffect.Order e:
                _supervisors[e.Id].Tell(new SupervisorProtocol.Order(e.Command, e.Reopenings, e.Number));
                break;
            case CoordinationEffect.Acknowledge e:
                if (_supervisors.TryGetValue(e.Report.Id, out var supervisor))
                    supervisor.Tell(new SupervisorProtocol.EndAcknowledged(e.Report));
                break;
            case CoordinationEffect.EndEpoch e:
                if (_fleets.TryGetValue(e.Fleet, out var fleet))
                    fleet.Tell(new FleetProtocol.EndEpoch(e.Id));
                break;
            case CoordinationEffect.Log e:
                var reason = OutsideText.OneLine(e.Reason, LongestReason);
                if (e.IsError)
                    _log.Error(e.Message, e.Id, reason);
                else
                    _log.Warning(e.Message, e.Id, reason);
                break;
        }
    }

    private static async Task<CoordinationInput.PlanRead> ReadAsync(IPlanStore plans, CoordinationEffect.ReadPlan read)
    {
        try
        {
            var plan = await plans.LoadAsync(read.Plan, CancellationToken.None).WaitAsync(LongestRead).ConfigureAwait(false);
            return new CoordinationInput.PlanRead(read.Id, [.. plan.Groups.SelectMany(g => g.Nodes).Select(n => n.Name)]);
        }
        catch (Exception e)
        {
            var why = e is TimeoutException ? FormattableString.Invariant($"no answer from the journal within {LongestRead.TotalSeconds:0} s") : e.Message;
            return new CoordinationInput.PlanRead(read.Id, null, why, e is InvalidDataException);
        }
    }

    private void Start(DeploymentEntry entry, Plan? plan)
    {
        var r = entry.Registered;
        var lost = Host.IsLost(r.Fleet) ? "its emulated fleet ended with the host process that it lived in" : null;
        var services = new SupervisorServices(
            _services.Plans, lost is null ? FleetOf(r.Fleet) : ActorRefs.Nobody, _services.Clock, lost, () => _services.Fleets.Find(r.Fleet)?.LargestMessage);
        var start = new DeploymentCommand.Start(r.Id, r.PlanId, r.Environment, r.Fleet, r.Options, r.Caller, r.NodeCount);
        var actor = Context.ActorOf(DeploymentSupervisor.Props(start, entry.Reopenings, services, Self, plan));
        // Without a message of its own: what comes while this actor writes is stashed, and Akka's stash gives back a bare Terminated.
        Context.Watch(actor);
        _supervisors.Add(entry.Id, actor);
    }

    private void OnSupervisorGone(IActorRef actor)
    {
        var id = _supervisors.First(s => s.Value.Equals(actor)).Key;
        _supervisors.Remove(id);
        Take(new CoordinationInput.SupervisorGone(id));
    }

    private IActorRef FleetOf(FleetName name)
    {
        if (!_fleets.TryGetValue(name, out var actor))
        {
            var fleet = FleetActor.Props(_services.Fleets.Find(name)!, _services.Clock, _services.Ownership);
            _fleets.Add(name, actor = Context.ActorOf(fleet, $"fleet-{_fleets.Count + 1}"));
        }
        return actor;
    }

    private void Reached(FleetName fleet, Func<IActorRef, Props> props)
    {
        if (_services.Fleets.Find(fleet) is null)
            Sender.Tell(Denials.Unreached(fleet));
        else
            Context.ActorOf(props(FleetOf(fleet)));
    }
}
