using System.Collections.Immutable;
using Akka.Actor;
using Akka.Event;
using Akka.Pattern;
using Akka.Persistence;
using Orchestrator.Actors.Fleet;
using Orchestrator.Domain.Deployments;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Actors.Deployments.SupervisorProtocol;
using static Orchestrator.Messages.Deployments.CoordinatorEvents;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;

namespace Orchestrator.Actors.Deployments;

/// <summary>
/// Knows which deployments exist, which nodes each has and who waits; starts their supervisors, and wakes them where a
/// verb is about one. It leads at the start of a deployment, its supervisor at the end.
/// </summary>
public sealed class DeploymentCoordinator : ReceivePersistentActor, IWithTimers
{
    private sealed record PlansLoaded(ImmutableDictionary<DeploymentId, ImmutableHashSet<NodeName>> Nodes) : INoSerializationVerificationNeeded;

    private sealed record PlanOfReopened(VerbOnDeployment Verb, IActorRef By, ImmutableHashSet<NodeName> Nodes) : INoSerializationVerificationNeeded;

    private sealed record StartDue : INoSerializationVerificationNeeded
    {
        public static readonly StartDue Instance = new();
    }

    private const string StartKey = "start";
    private static readonly TimeSpan StartAgain = TimeSpan.FromSeconds(2);

    private readonly CoordinatorServices _services;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Register _register = new();
    private readonly Dictionary<DeploymentId, IActorRef> _supervisors = [];
    private readonly Dictionary<DeploymentId, PhaseReached> _phases = [];
    private readonly Dictionary<FleetName, IActorRef> _fleets = [];
    private readonly HashSet<DeploymentId> _starting = [];
    private readonly Dictionary<DeploymentId, string> _broken = [];
    private readonly Dictionary<DeploymentId, List<(Order Order, IActorRef Sender)>> _retiring = [];
    private readonly Dictionary<DeploymentId, List<IActorRef>> _unheard = [];
    private bool _ready;

    /// <summary>One for a journal.</summary>
    public DeploymentCoordinator(CoordinatorServices services)
    {
        _services = services;
        Recover<ICoordinatorEvent>(_register.Apply);
        Recover<RecoveryCompleted>(_ => LoadPlans());
        Command<PlansLoaded>(OnPlansLoaded);
        WhenReady<RegisterDeployment>(OnRegister);
        WhenReady<ListDeployments>(_ => Sender.Tell(new CoordinatorProtocol.Deployments([.. _register.Entries.Reverse().Select(Line).OrderByDescending(l => l.Attention is not null)])));
        WhenReady<FindDeployment>(m => Sender.Tell(Find(m.IdOrPrefix)));
        WhenReady<VerbOnDeployment>(OnVerb);
        WhenReady<ResumeUnfinished>(OnResume);
        WhenReady<SurveyNodes>(OnSurvey);
        WhenReady<ReleaseStrays>(OnReleaseStrays);
        Command<StartDue>(_ => Start());
        Command<SupervisorProtocol.Running>(m => _starting.Remove(m.Id));
        Command<PhaseReached>(m =>
        {
            _unheard.Remove(m.Id);
            _phases[m.Id] = m;
        });
        Command<PlanOfReopened>(m => Reopen(_register.Find(m.Verb.Id)!, m.Verb, m.By, m.Nodes));
        Command<Broken>(OnBroken);
        Command<Over>(OnOver);
        Command<Terminated>(OnSupervisorGone);
    }

    /// <inheritdoc/>
    public override string PersistenceId => "coordinator";

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    public static Props Props(CoordinatorServices services) => Akka.Actor.Props.Create(() => new DeploymentCoordinator(services));

    /// <inheritdoc/>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) =>
        _log.Error(cause, "The coordinator could not write to the journal and is taken up again from there");

    /// <inheritdoc/>
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        _log.Error(cause, "The journal rejected an event of the coordinator, which is taken up again from there");
        Context.Stop(Self);
    }

    /// <summary>RECOVERY: a fleet's actor that failed has forgotten who waits for an answer or a place, so all that hangs on it begins anew with the coordinator.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new FleetsEscalate(this);

    private sealed class FleetsEscalate(DeploymentCoordinator coordinator) : OneForOneStrategy
    {
        protected override Directive Handle(IActorRef child, Exception exception)
        {
            var failed = coordinator._fleets.FirstOrDefault(f => f.Value.Equals(child));
            if (failed.Value is null)
                return base.Handle(child, exception);
            coordinator._log.Error("The way to the fleet {Fleet} failed ({Reason}): every deployment is taken up again from the journal", failed.Key, exception.GetBaseException().Message);
            return Directive.Escalate;
        }
    }

    /// <summary>Until the nodes of open deployments are known nothing is answered; the stash holds what edges ask meanwhile.</summary>
    private void WhenReady<T>(Action<T> handle) => Command<T>(m =>
    {
        if (_ready)
            handle(m);
        else
            Stash.Stash();
    });

    private void LoadPlans()
    {
        var wanted = _register.WithoutNodes.Select(e => (e.Id, e.Registered.PlanId)).ToList();
        LoadAll(_services.Plans, wanted).PipeTo(Self);
    }

    private static async Task<PlansLoaded> LoadAll(IPlanStore plans, List<(DeploymentId Id, PlanId Plan)> wanted)
    {
        var nodes = ImmutableDictionary.CreateBuilder<DeploymentId, ImmutableHashSet<NodeName>>();
        foreach (var (id, planId) in wanted)
        {
            try
            {
                var plan = await plans.LoadAsync(planId, CancellationToken.None).ConfigureAwait(false);
                nodes[id] = [.. plan.Groups.SelectMany(g => g.Nodes).Select(n => n.Name)];
            }
            catch (InvalidDataException)
            {
                // Its supervisor finds the same and says so; its nodes are not known, so it reserves none.
                nodes[id] = [];
            }
        }
        return new PlansLoaded(nodes.ToImmutable());
    }

    private void OnPlansLoaded(PlansLoaded loaded)
    {
        foreach (var (id, nodes) in loaded.Nodes)
            _register.Find(id)!.Nodes = nodes;
        foreach (var entry in _register.Entries.Where(e => (e.IsOpen || e.KeptCount > 0) && IsLost(e.Registered.Fleet)))
            Begin(entry);
        // What this process had taken up before the coordinator was taken up again.
        Start();
        _ready = true;
        Stash.UnstashAll();
    }

    private bool IsUnreached(FleetName fleet) => !fleet.IsEmulated && _services.Fleets.Find(fleet) is null;

    private bool IsLost(FleetName fleet) => fleet.IsEmulated && _services.Fleets.Find(fleet) is null;

    /// <summary>
    /// Takes up those of the deployments that nobody carries on and whose fleet is reached from here; also those that have ended and keep nodes: a
    /// release may have been begun, and a person is to be called again.
    /// </summary>
    /// <returns>Those that have not ended.</returns>
    private ImmutableArray<DeploymentLine> Adopt(IEnumerable<Register.Entry> entries)
    {
        var here = entries.Where(e => _services.Fleets.Find(e.Registered.Fleet) is not null).ToList();
        foreach (var entry in here.Where(e => !e.IsOpen && e.KeptCount > 0 && !_supervisors.ContainsKey(e.Id)))
        {
            _broken.Remove(entry.Id);
            SupervisorOf(entry);
        }
        var taken = here.Where(e => e.IsOpen && !_services.Duty.Has(e.Id)).ToList();
        foreach (var entry in taken)
        {
            _broken.Remove(entry.Id);
            _services.Duty.TakeUp(entry.Id);
        }
        Start();
        return [.. taken.Select(Line)];
    }

    private void OnResume(ResumeUnfinished m)
    {
        if (m.Only is not { } only)
            Sender.Tell(new CoordinatorProtocol.Deployments(Adopt(_register.Entries)));
        else if (_register.Find(only) is not { } entry)
            Sender.Tell(Denials.Unknown(only.Value));
        else if (!entry.IsOpen)
            Sender.Tell(Denials.Ended(entry));
        else if (IsLost(entry.Registered.Fleet))
            // It is ended as abandoned by itself, which takes a moment after the host's start.
            Sender.Tell(new CoordinatorProtocol.Deployments([]));
        else if (_services.Fleets.Find(entry.Registered.Fleet) is null)
            Sender.Tell(Denials.Unreached(entry));
        else
            Sender.Tell(new CoordinatorProtocol.Deployments(Adopt(WithThoseAhead(entry))));
    }

    /// <summary>A deployment after those that it waits for, and they after theirs.</summary>
    private List<Register.Entry> WithThoseAhead(Register.Entry entry)
    {
        var all = new List<Register.Entry> { entry };
        for (var i = 0; i < all.Count; i++)
            all.AddRange(_register.WaitsFor(all[i]).Select(id => _register.Find(id)!).Except(all));
        all.Reverse();
        return all;
    }

    private void OnRegister(RegisterDeployment m)
    {
        if (_register.Find(m.Id) is { } known)
        {
            Sender.Tell(new Registered(m.Id, _register.WaitsFor(known)));
            return;
        }
        if (_services.Fleets.Find(m.Fleet) is null)
        {
            Sender.Tell(Denials.Unreached(m.Fleet));
            return;
        }
        ImmutableHashSet<NodeName> nodes = [.. m.Plan.Groups.SelectMany(g => g.Nodes).Select(n => n.Name)];
        if (_register.Keeper(m.Fleet, nodes) is { } kept)
        {
            Sender.Tell(Denials.Kept(kept.Keeper, kept.Nodes));
            return;
        }
        var ahead = _register.Ahead(m.Fleet, nodes, int.MaxValue);
        if (m.NoWait && !ahead.IsEmpty)
        {
            Sender.Tell(Denials.InUse(ahead[0]));
            return;
        }
        var sender = Sender;
        Persist(new DeploymentRegistered(m.Id, m.Plan.Id, m.Plan.Environment, m.Fleet, m.Options, m.Caller, m.Plan.NodeCount, _services.Clock.Now.Wall), e =>
        {
            _register.Apply(e);
            _register.Find(e.Id)!.Nodes = nodes;
            sender.Tell(new Registered(e.Id, ahead));
            Adopt(_register.Entries.Where(other => other.Registered.Fleet == e.Fleet && !_broken.ContainsKey(other.Id)));
        });
    }

    /// <summary>IDEMPOTENT: starts every deployment of ours that waits for nobody, and says so again until its supervisor answers.</summary>
    private void Start()
    {
        var due = _register.Entries.Where(e => e.IsOpen && _services.Duty.Has(e.Id) && _register.WaitsFor(e).IsEmpty).ToList();
        var without = due.Where(e => !_supervisors.ContainsKey(e.Id)).ToList();
        // Before any of their nodes can ask for a place.
        foreach (var fleet in without.Where(e => !IsLost(e.Registered.Fleet)).GroupBy(e => e.Registered.Fleet, e => e.Id))
            FleetOf(fleet.Key).Tell(new FleetProtocol.Expect([.. fleet]));
        _starting.UnionWith(without.Select(e => e.Id));
        foreach (var entry in due.Where(e => _starting.Contains(e.Id)))
            Begin(entry);
        if (_starting.Count > 0)
            Timers.StartSingleTimer(StartKey, StartDue.Instance, StartAgain);
    }

    private void Begin(Register.Entry entry)
    {
        var r = entry.Registered;
        SupervisorOf(entry).Tell(new Begin(new DeploymentCommand.Start(r.Id, r.PlanId, r.Environment, r.Fleet, r.Options, r.Caller, r.NodeCount), entry.Reopenings));
    }

    private IActorRef SupervisorOf(Register.Entry entry)
    {
        if (_supervisors.TryGetValue(entry.Id, out var known))
            return known;
        var fleet = entry.Registered.Fleet;
        var lost = IsLost(fleet) ? "its emulated fleet ended with the host process that it lived in" : null;
        var services = new SupervisorServices(_services.Plans, lost is null ? FleetOf(fleet) : ActorRefs.Nobody, _services.Clock, lost, () => _services.Fleets.Find(fleet)?.LargestMessage);
        var child = DeploymentSupervisor.Props(entry.Id, services, Self);
        var backoff = BackoffSupervisor.Props(Backoff
            .OnStop(child, "supervisor", minBackoff: TimeSpan.FromMilliseconds(200), maxBackoff: TimeSpan.FromSeconds(30), randomFactor: 0.2, maxNrOfRetries: -1)
            .WithFinalStopMessage(m => m is Retire)
            .WithReplyWhileStopped(Denials.TakenUpAgain(entry.Id)));
        var actor = Context.ActorOf(backoff);
        // Without a message of its own: what comes while this actor writes is stashed, and Akka's stash gives back a bare Terminated.
        Context.Watch(actor);
        _supervisors.Add(entry.Id, actor);
        _unheard[entry.Id] = [];
        return actor;
    }

    private IActorRef FleetOf(FleetName name)
    {
        if (!_fleets.TryGetValue(name, out var actor))
            _fleets.Add(name, actor = Context.ActorOf(FleetActor.Props(_services.Fleets.Find(name)!, _services.Clock), $"fleet-{_fleets.Count + 1}"));
        return actor;
    }

    private void OnVerb(VerbOnDeployment m)
    {
        if (_register.Find(m.Id) is not { } entry)
            Sender.Tell(Denials.Unknown(m.Id.Value));
        else if (entry.IsWithdrawn)
            Sender.Tell(Denials.GivenUp(entry));
        else if (entry.IsOpen && _services.Duty.Has(m.Id) && !_register.WaitsFor(entry).IsEmpty)
            OnVerbWhileWaiting(m);
        else if (!entry.IsOpen && m.Verb is Verb.Retry or Verb.Rollback)
            LoadReopened(entry, m);
        else if (m.Verb == Verb.Abandon && entry.IsOpen && _broken.ContainsKey(m.Id))
            AbandonBroken(m);
        else
            Forward(m.Id, CommandOf(m));
    }

    /// <summary>A deployment that is to go on after its end needs all its nodes again, and so its plan.</summary>
    private void LoadReopened(Register.Entry entry, VerbOnDeployment m)
    {
        var sender = Sender;
        if (_services.Fleets.Find(entry.Registered.Fleet) is null)
            sender.Tell(entry.Registered.Fleet.IsEmulated ? Denials.FleetGone(entry.Id) : Denials.Unreached(entry));
        else if (entry.Nodes is { } nodes)
            Reopen(entry, m, sender, nodes);
        else
        {
            LoadAll(_services.Plans, [(entry.Id, entry.Registered.PlanId)]).PipeTo(
                Self,
                success: loaded => new PlanOfReopened(m, sender, loaded.Nodes[entry.Id]),
                failure: _ => new PlanOfReopened(m, sender, []));
        }
    }

    /// <summary>INTENT: its nodes are its own again before it is told to go on; where it will not, it says at once that it is over.</summary>
    private void Reopen(Register.Entry entry, VerbOnDeployment m, IActorRef sender, ImmutableHashSet<NodeName> nodes)
    {
        var fleet = entry.Registered.Fleet;
        if (entry.IsOpen)
            Forward(entry, CommandOf(m), sender);
        else if (_register.Keeper(fleet, nodes, entry) is { } kept)
            sender.Tell(Denials.KeptBefore(kept.Keeper, kept.Nodes));
        else if (_register.Ahead(fleet, nodes, int.MaxValue) is { IsEmpty: false } others)
            sender.Tell(Denials.InUseNow(others[0]));
        else
        {
            Persist(new DeploymentReopened(entry.Id, m.By, _services.Clock.Now.Wall), e =>
            {
                _register.Apply(e);
                entry.Nodes = nodes;
                _services.Duty.TakeUp(entry.Id);
                Forward(entry, CommandOf(m), sender);
            });
        }
    }

    private void OnVerbWhileWaiting(VerbOnDeployment m)
    {
        if (m.Verb is not (Verb.Cancel or Verb.Abandon))
        {
            Sender.Tell(Denials.NotBegun(m.Id, _register.WaitsFor(_register.Find(m.Id)!)));
            return;
        }
        var sender = Sender;
        Persist(new DeploymentWithdrawn(m.Id, m.By, _services.Clock.Now.Wall), e =>
        {
            _register.Apply(e);
            sender.Tell(new Done(e.Id, true, "cancelled while it waited: nothing was changed on any node"));
            Start();
        });
    }

    /// <summary>Its supervisor cannot end it, and must not go on with it where its plan comes back: others may have its nodes by then.</summary>
    private void AbandonBroken(VerbOnDeployment m)
    {
        var (sender, now) = (Sender, _services.Clock.Now.Wall);
        PersistAll<ICoordinatorEvent>([new DeploymentWithdrawn(m.Id, m.By, now), new DeploymentRetired(m.Id, DeploymentPhase.Abandoned, false, [], now)], e =>
        {
            _register.Apply(e);
            if (e is DeploymentWithdrawn)
                return;
            _broken.Remove(m.Id);
            _log.Warning("{By} abandoned deployment {DeploymentId}, which could not be carried on", m.By, m.Id);
            sender.Tell(new Done(m.Id, true, "abandoned: other deployments may have its nodes; which of them run or are still disabled nobody knows, \"orchestrator nodes SITE\" shows it"));
            Start();
        });
    }

    private static DeploymentCommand CommandOf(VerbOnDeployment m) => m.Verb switch
    {
        Verb.Pause => new DeploymentCommand.Pause(m.By),
        Verb.Resume => new DeploymentCommand.Resume(m.By),
        Verb.Approve => new DeploymentCommand.Approve(m.By),
        Verb.Cancel => new DeploymentCommand.Cancel(m.By, m.Release),
        Verb.Abandon => new DeploymentCommand.Abandon(m.By),
        Verb.Retry => new DeploymentCommand.Retry(m.By),
        Verb.Rollback => new DeploymentCommand.Rollback(m.By, m.Environment),
        Verb.Release => new DeploymentCommand.Release(m.By, m.Node),
        Verb.Hold => new DeploymentCommand.Keep(m.By, m.Node!.Value),
        _ => throw new ArgumentOutOfRangeException(nameof(m), m.Verb, "no command for this verb"),
    };

    private void Forward(DeploymentId id, DeploymentCommand command)
    {
        if (_register.Find(id) is not { } entry)
            Sender.Tell(Denials.Unknown(id.Value));
        else if (entry.IsOpen && !_services.Duty.Has(id))
            Sender.Tell(_broken.TryGetValue(id, out var why)
                ? Denials.Broken(entry, why)
                : Denials.NotCarriedOn(id));
        else if (!_supervisors.ContainsKey(id) && IsUnreached(entry.Registered.Fleet))
            Sender.Tell(Denials.Unreached(entry));
        else
            Forward(entry, command, Sender);
    }

    private void Forward(Register.Entry entry, DeploymentCommand command, IActorRef sender)
    {
        var order = new Order(command, entry.Reopenings);
        if (_retiring.TryGetValue(entry.Id, out var waiting))
            waiting.Add((order, sender));
        else
            Send(entry, order, sender);
    }

    private void Send(Register.Entry entry, Order order, IActorRef sender)
    {
        SupervisorOf(entry).Tell(order, sender);
        if (_unheard.TryGetValue(entry.Id, out var unheard))
            unheard.Add(sender);
    }

    /// <summary>Verbs that came while a supervisor was on its way out go to its successor.</summary>
    private void OnSupervisorGone(Terminated gone)
    {
        var id = _supervisors.Single(s => s.Value.Equals(gone.ActorRef)).Key;
        _supervisors.Remove(id);
        if (_fleets.TryGetValue(_register.Find(id)!.Registered.Fleet, out var fleet))
            fleet.Tell(new FleetProtocol.GiveUp(id));
        if (_retiring.Remove(id, out var waiting))
            waiting.ForEach(w => Send(_register.Find(id)!, w.Order, w.Sender));
        // One that was resumed while its supervisor, which could not read it, was on its way out.
        Start();
    }

    private void OnBroken(Broken m)
    {
        _broken[m.Id] = m.Why;
        _starting.Remove(m.Id);
        _services.Duty.GiveUp(m.Id);
        if (_supervisors.TryGetValue(m.Id, out var supervisor) && _retiring.TryAdd(m.Id, []))
            Context.Stop(supervisor);
        // What it was told is lost with it.
        if (_unheard.Remove(m.Id, out var unheard))
            unheard.ForEach(sender => sender.Tell(Denials.Broken(_register.Find(m.Id)!, m.Why)));
        _log.Error("Deployment {DeploymentId} cannot be carried on: {Reason}", m.Id, m.Why);
    }

    /// <summary>The supervisor says so until this is written; said again, it is only acknowledged.</summary>
    private void OnOver(Over over)
    {
        var entry = _register.Find(over.Id)!;
        var sender = Sender;
        if (over.Reopenings < entry.Reopenings)
        {
            // Where it is no old word, the supervisor was taken up again meanwhile: what it has not handled yet comes before this.
            Begin(entry);
            return;
        }
        _starting.Remove(over.Id);
        var keepsAll = over.Keeps.Length > 0 && over.Keeps.Length == entry.Registered.NodeCount;
        if (entry.End == over.End && entry.KeepsAll == keepsAll && (keepsAll || entry.Keeps.SetEquals(over.Keeps)))
        {
            Acknowledge(sender, over);
            return;
        }
        Persist(new DeploymentRetired(over.Id, over.End, keepsAll, keepsAll ? [] : over.Keeps, _services.Clock.Now.Wall), e =>
        {
            _register.Apply(e);
            Acknowledge(sender, over);
            Start();
        });
    }

    private void Acknowledge(IActorRef supervisor, Over over)
    {
        supervisor.Tell(new OverAcknowledged(over.Keeps));
        // One that keeps nodes stays, to call a person again while that lasts.
        if (!over.Keeps.IsEmpty)
            return;
        _retiring.TryAdd(over.Id, []);
        SupervisorOf(_register.Find(over.Id)!).Tell(Retire.Instance);
    }

    private void OnSurvey(SurveyNodes m)
    {
        if (_services.Fleets.Find(m.Fleet) is null)
            Sender.Tell(Denials.Unreached(m.Fleet));
        else
            Context.ActorOf(SurveyActor.Props(m, FleetOf(m.Fleet), _register.OwnersOf(m.Fleet, m.Nodes.Select(n => n.Name)), Sender));
    }

    private void OnReleaseStrays(ReleaseStrays m)
    {
        if (_services.Fleets.Find(m.Fleet) is null)
            Sender.Tell(Denials.Unreached(m.Fleet));
        else
            Context.ActorOf(StrayReleaseActor.Props(m, FleetOf(m.Fleet), Sender));
    }

    private object Find(string text)
    {
        var found = _register.Entries.Where(e => e.Id.Value.StartsWith(text, StringComparison.Ordinal)).ToList();
        if (found.Find(e => e.Id.Value == text) is { } exact)
            found = [exact];
        return found switch
        {
            [] => Denials.Unknown(text),
            [var one] => new CoordinatorProtocol.Deployments([Line(one)]),
            _ => Denials.Ambiguous(text, found),
        };
    }

    private DeploymentLine Line(Register.Entry entry)
    {
        var r = entry.Registered;
        var waits = _register.WaitsFor(entry);
        var (_, phase, attention, releases) = _phases.GetValueOrDefault(entry.Id) ?? new PhaseReached(entry.Id, DeploymentPhase.Waiting, null, false);
        if (_broken.ContainsKey(entry.Id))
            attention = DeploymentLine.CannotBeCarriedOn;
        if (attention is null && !entry.IsOpen && entry.KeptCount > 0 && entry.End != DeploymentPhase.Succeeded)
            attention = (entry.End == DeploymentPhase.Stuck ? Attention.Stuck : Attention.Frozen).Word();
        return new DeploymentLine(r.Id, r.Environment, entry.IsOpen ? phase : entry.End, r.At, r.NodeCount, entry.KeptCount, r.Caller, r.Fleet, r.PlanId,
            !entry.IsOpen || _services.Duty.Has(r.Id), waits, attention, !entry.IsOpen && releases && _supervisors.ContainsKey(r.Id), r.Options.RunEnvironment);
    }
}
