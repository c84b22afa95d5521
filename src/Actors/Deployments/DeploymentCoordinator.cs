using Akka.Actor;
using Akka.Event;
using Akka.Persistence;
using Orchestrator.Actors.Fleet;
using Orchestrator.Domain.Coordination;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;

namespace Orchestrator.Actors.Deployments;

/// <summary>
/// The only writer of which deployments exist. Decides by <see cref="Coordination"/>, writes,
/// and only then acts: starts and stops supervisors, hands them verbs, answers.
/// </summary>
public sealed class DeploymentCoordinator : ReceivePersistentActor, IWithTimers
{
    private sealed record HistoryRead(CoordinationState State, long Last) : INoSerializationVerificationNeeded;

    private const string TimeKey = "time";
    private static readonly TimeSpan LongestCount = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(20);

    private readonly CoordinatorServices _services;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<long, IActorRef> _askers = [];
    private CoordinationState _state = CoordinationState.Initial;
    private long _asked;
    private bool _isUnread;
    private bool _isDraining;

    public DeploymentCoordinator(CoordinatorServices services)
    {
        _services = services;
        Recover<ICoordinatorEvent>(e => _state = CoordinationState.Evolve(_state, e));
        Recover<RecoveryCompleted>(_ => OnRecovered());
        Command<HistoryRead>(OnRead);
        Command<Status.Failure>(m => throw new InvalidOperationException($"the coordinator's history cannot be read: {m.Cause.Message}", m.Cause));
        WhenRead<RegisterDeployment>(m => Take(new CoordinationInput.Register(m, Asked())));
        WhenRead<VerbOnDeployment>(m => Take(new CoordinationInput.Verb(m, Asked())));
        WhenRead<ResumeUnfinished>(m => Take(new CoordinationInput.Resume(m.Only, Asked())));
        WhenRead<GiveUpUnfinished>(m => Take(new CoordinationInput.GiveUp(m.By, Asked())));
        WhenRead<ImportDeployment>(m => Take(new CoordinationInput.Import(m, Asked())));
        WhenRead<PruneDeployments>(m => Take(new CoordinationInput.Prune(m, Asked())));
        WhenRead<ListPrunable>(m => Sender.Tell(DeploymentLines.Prunable(_state, m, Host)));
        WhenRead<ListDeployments>(m => Sender.Tell(DeploymentLines.Page(_state, m, Host)));
        WhenRead<WhichAreKnown>(m => Sender.Tell(DeploymentLines.Known(_state, m)));
        WhenRead<FindDeployment>(m => Sender.Tell(DeploymentLines.Find(_state, m.IdOrPrefix, Host)));
        WhenRead<SurveyNodes>(m => Reached(m.Fleet, fleet =>
            SurveyActor.Props(m, fleet, _state.OwnersOf(m.Fleet, m.Nodes.Select(n => n.WireName)), Sender)));
        WhenRead<ReleaseStrays>(m => Reached(m.Fleet, fleet => StrayReleaseActor.Props(m, fleet, Sender, _services.Clock)));
        Command<Drain>(_ => OnDrain());
        Command<CoordinationInput>(Take);
        Command<Terminated>(m => Take(new CoordinationInput.SupervisorGone(new DeploymentId(Uri.UnescapeDataString(m.ActorRef.Path.Name)))));
    }

    public override string PersistenceId => "coordinator";

    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>Of what is read at once Akka only needs to know the last number.</summary>
    public override Recovery Recovery => _services.History is null ? base.Recovery : Recovery.None;

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

    protected override SupervisorStrategy SupervisorStrategy() => new CoordinatorStrategy(_log);

    private void OnRecovered()
    {
        if (_services.History is { } history)
        {
            _isUnread = true;
            history.ReadAsync().PipeTo(Self, success: read => new HistoryRead(read.State, read.Last));
        }
        else
        {
            Take(new CoordinationInput.Recovered());
        }
    }

    private void OnRead(HistoryRead m)
    {
        if (m.Last != LastSequenceNr)
            throw new InvalidOperationException($"the coordinator's history was read up to event {m.Last}, but has {LastSequenceNr}");
        (_state, _isUnread) = (m.State, false);
        Take(new CoordinationInput.Recovered());
    }

    /// <summary>Until the nodes of open deployments are known nothing is answered; the stash holds what edges ask meanwhile.</summary>
    private void WhenRead<T>(Action<T> handle) => Command<T>(m =>
    {
        if (_isUnread || _state.IsReading)
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
        if (step.Events.IsEmpty)
            CarryOut(step);
        else
            PersistAll(step.Events, _ => { }, () => CarryOut(step));
    }

    private void CarryOut(CoordinationStep step)
    {
        var before = _state;
        _state = step.After;
        foreach (var effect in step.Effects)
            CarryOut(effect);
        foreach (var line in DeploymentLines.Changed(before, _state, Host))
            Context.System.EventStream.Publish(new DeploymentChanged(line));
        if (!_state.IsReading)
            Stash.UnstashAll();
        if (Coordination.NextTime(_state) - _services.Clock.Now.Monotonic is { } wait)
            Timers.StartSingleTimer(TimeKey, new CoordinationInput.Tick(), wait > ShortestWait ? wait : ShortestWait);
        else
            Timers.Cancel(TimeKey);
    }

    private void CarryOut(CoordinationEffect effect)
    {
        switch (effect)
        {
            case CoordinationEffect.Answer e:
                if (_askers.Remove(e.Question, out var asker))
                    asker.Tell(e.Reply);
                break;
            case CoordinationEffect.ReadPlan e:
                _services.Plans.ReadAsync(e.Plan).PipeTo(
                    Self, null, plan => new CoordinationInput.PlanRead(e.Id, plan), error => new CoordinationInput.PlanRead(e.Id, error));
                break;
            case CoordinationEffect.AwaitRecovery e:
                FleetOf(e.Fleet).Tell(new FleetProtocol.AwaitRecovery(e.Ids));
                break;
            case CoordinationEffect.Start e:
                var services = new SupervisorServices(
                    _services.Plans, e.FleetLost is null ? FleetOf(e.Entry.Fleet) : ActorRefs.Nobody, _services.Clock, e.FleetLost,
                    () => _services.Fleets.Find(e.Entry.Fleet)?.LargestMessage, IsOver: !e.Entry.IsOpen, MayHold: e.Entry.KeptCount > 0);
                // Without a message of its own: what comes while this actor writes is stashed, and Akka's stash gives back a bare Terminated.
                var supervisor = Context.ActorOf(
                    DeploymentSupervisor.Props(e.Entry.Begin(), e.Entry.Reopenings, services, Self, e.Plan), Uri.EscapeDataString(e.Entry.Id.Value));
                Context.Watch(supervisor);
                if (_isDraining)
                    supervisor.Tell(SupervisorProtocol.Freeze.Instance);
                break;
            case CoordinationEffect.Stop e:
                Context.Stop(SupervisorOf(e.Id));
                break;
            case CoordinationEffect.Order e:
                SupervisorOf(e.Id).Tell(new SupervisorProtocol.Order(e.Command, e.Reopenings, e.Number));
                break;
            case CoordinationEffect.Acknowledge e:
                SupervisorOf(e.Report.Id).Tell(new SupervisorProtocol.EndAcknowledged(e.Report));
                break;
            case CoordinationEffect.EndEpoch e:
                Context.Child(CoordinatorStrategy.ChildOf(e.Fleet)).Tell(new FleetProtocol.EndEpoch(e.Id));
                break;
            case CoordinationEffect.Log e:
                _log.Log(e.IsError ? LogLevel.ErrorLevel : LogLevel.WarningLevel, null, e.Message, e.Id, e.Reason);
                break;
        }
    }

    private void OnDrain()
    {
        var isFirst = !_isDraining;
        _isDraining = true;
        foreach (var supervisor in isFirst ? _state.LiveEntries.Select(e => SupervisorOf(e.Id)) : [])
            supervisor.Tell(SupervisorProtocol.Freeze.Instance);
        Task.WhenAll(Context.GetChildren().Where(CoordinatorStrategy.IsFleet)
                .Select(fleet => fleet.Ask<FleetProtocol.ActsUnderWay>(FleetProtocol.CountActs.Instance, LongestCount)))
            .PipeTo(Sender, success: acts => new Draining(acts.Sum(a => a.Count)));
    }

    /// <summary>The supervisor, or nobody where it is gone.</summary>
    private static IActorRef SupervisorOf(DeploymentId id) => Context.Child(Uri.EscapeDataString(id.Value));

    private IActorRef FleetOf(FleetName name)
    {
        var child = CoordinatorStrategy.ChildOf(name);
        return Context.Child(child) is var known && !known.IsNobody()
            ? known
            : Context.ActorOf(FleetActor.Props(_services.Fleets.Find(name)!, _services.Clock, _services.Ownership), child);
    }

    private void Reached(FleetName fleet, Func<IActorRef, Props> props)
    {
        if (_services.Fleets.Find(fleet) is null)
            Sender.Tell(Denials.Unreached(fleet));
        else
            Context.ActorOf(props(FleetOf(fleet)));
    }
}
