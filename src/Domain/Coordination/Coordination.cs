using System.Collections.Immutable;
using Orchestrator.Domain.Deployments;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.CoordinatorEvents;

namespace Orchestrator.Domain.Coordination;

/// <summary>What follows from an input.</summary>
/// <param name="Events">To be written, all or none, before anything is done or answered; often none.</param>
/// <param name="After">The state after them, and after what this process learnt.</param>
/// <param name="Effects">To be done then, in this order.</param>
public sealed record CoordinationStep(ImmutableArray<ICoordinatorEvent> Events, CoordinationState After, ImmutableArray<Effect> Effects);

/// <summary>
/// Decides between deployments: who has which node, who is carried on here, what a verb meets. What should be carried on and what is are
/// compared after every input (see <see cref="Reconcile"/>), so that whatever was missed, by a failure or a restart, is made up for by the next.
/// </summary>
public sealed class Coordination
{
    /// <summary>A verb that no supervisor has answered by then is answered for it: whoever asks does not wait for ever.</summary>
    public static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(18);

    /// <summary>A supervisor that lived for so long before it failed is not failing over and over.</summary>
    private static readonly TimeSpan Steady = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Others that wait for places among the nodes that run wait no longer for a supervisor that failed so often, half a minute, to say which of its nodes do.</summary>
    private const int MostFailuresExpected = 8;

    /// <summary>How often a verb is handed to a supervisor that says it has ended.</summary>
    private const int MostSent = 3;

    private readonly Surroundings _around;
    private readonly ImmutableArray<ICoordinatorEvent>.Builder _events = ImmutableArray.CreateBuilder<ICoordinatorEvent>();
    private readonly ImmutableArray<Effect>.Builder _effects = ImmutableArray.CreateBuilder<Effect>();
    private CoordinationState _state;

    private Coordination(CoordinationState state, Surroundings around) => (_state, _around) = (state, around);

    private TimeSpan Now => _around.Now.Monotonic;

    /// <summary>What follows from the input.</summary>
    public static CoordinationStep Decide(CoordinationState state, Input input, Surroundings around)
    {
        var step = new Coordination(state, around);
        step.Take(input);
        step.Reconcile();
        return new CoordinationStep(step._events.ToImmutable(), step._state, step._effects.ToImmutable());
    }

    /// <summary>When something follows by time alone, by the monotonic clock; null where nothing does.</summary>
    public static TimeSpan? NextTime(CoordinationState state)
    {
        // Nothing starts while plans are read for the first time.
        var times = state.LiveEntries.SelectMany(e => (TimeSpan?[])[state.IsReading ? null : (e.Supervision as Supervision.BackingOff)?.Until, (e.Nodes as NodeSet.Unreadable)?.RetryAt])
            .Concat(state.Pending.Values.Select(p => (TimeSpan?)p.AskedAt + LongestAnswer));
        return times.Min();
    }

    private void Take(Input input)
    {
        switch (input)
        {
            case Input.Recovered or Input.Tick:
                break;
            case Input.Register i:
                OnRegister(i.Deployment, i.Question);
                break;
            case Input.Verb i:
                OnVerb(new PendingVerb(i.Question, i.Asked, Now));
                break;
            case Input.Resume i:
                OnResume(i.Only, i.Question);
                break;
            case Input.PhaseReached i when _state.Find(i.Report.Id) is { } entry:
                Put(entry with { Phase = i.Report });
                break;
            case Input.Ended i when _state.Find(i.Report.Id) is { } entry:
                OnEnded(entry, i.Report);
                break;
            case Input.Broken i when _state.Find(i.Report.Id) is { } entry:
                Break(entry, i.Report.Why);
                break;
            case Input.OrderAnswered i when _state.Pending.TryGetValue(i.Report.Order, out var pending):
                OnOrderAnswered(pending, i.Report.Answer);
                break;
            case Input.SupervisorGone i when _state.Find(i.Id) is { } entry:
                OnSupervisorGone(entry);
                break;
            case Input.PlanRead i when _state.Find(i.Id) is { } entry:
                OnPlanRead(entry, i);
                break;
        }
    }

    private void OnRegister(CoordinatorProtocol.RegisterDeployment m, long question)
    {
        if (_state.Find(m.Id) is { } known)
        {
            Answer(question, new CoordinatorProtocol.Registered(m.Id, _state.WaitsFor(known)));
            return;
        }
        ImmutableHashSet<NodeName> nodes = [.. m.Plan.Groups.SelectMany(g => g.Nodes).Select(n => n.Name)];
        var ahead = _state.Ahead(m.Fleet, nodes, int.MaxValue);
        if (!_around.Reaches(m.Fleet))
            Answer(question, Denials.Unreached(m.Fleet));
        else if (_state.Keeper(m.Fleet, nodes) is { } kept)
            Answer(question, Denials.Kept(kept.Keeper, kept.Nodes));
        else if (m.NoWait && !ahead.IsEmpty)
            Answer(question, Denials.InUse(ahead[0]));
        else
        {
            Write(new DeploymentRegistered(m.Id, m.Plan.Id, m.Plan.Environment, m.Fleet, m.Options, m.Caller, m.Plan.NodeCount, _around.Now.Wall));
            Put(_state.Find(m.Id)! with { Nodes = new NodeSet.Read(nodes) });
            Answer(question, new CoordinatorProtocol.Registered(m.Id, ahead));
            // It may have to wait for others of its fleet, which nobody else carries on.
            Adopt(_state.LiveEntries.Where(e => e.Fleet == m.Fleet && e.Broken is null));
        }
    }

    private void OnResume(DeploymentId? only, long question)
    {
        if (only is not { } id)
            Answer(question, Adopted(_state.LiveEntries));
        else if (_state.Find(id) is not { } entry)
            Answer(question, Denials.Unknown(id.Value));
        else if (!entry.IsOpen)
            Answer(question, Denials.Ended(entry));
        else if (_around.IsLost(entry.Fleet))
            // Its supervisor abandons it by itself, which takes a moment after the host's start.
            Answer(question, new CoordinatorProtocol.Deployments([]));
        else if (!_around.Reaches(entry.Fleet))
            Answer(question, Denials.Unreached(entry));
        else
            Answer(question, Adopted(WithThoseAhead(entry)));
    }

    /// <summary>A deployment after those that it waits for, and they after theirs.</summary>
    private List<Entry> WithThoseAhead(Entry entry)
    {
        var all = new List<Entry> { entry };
        for (var i = 0; i < all.Count; i++)
            all.AddRange(_state.WaitsFor(all[i]).Select(id => _state.Find(id)!).Except(all).ToList());
        all.Reverse();
        return all;
    }

    private CoordinatorProtocol.Deployments Adopted(IEnumerable<Entry> entries) =>
        new([.. Adopt(entries).Select(e => DeploymentLines.Of(_state, _state.Find(e.Id)!, _around))]);

    /// <summary>
    /// Takes on those that nobody carries on and whose fleet is reached from here; also those that have ended and keep nodes: a release
    /// may have been begun, and a person is to be called again.
    /// </summary>
    /// <returns>Those that have not ended.</returns>
    private List<Entry> Adopt(IEnumerable<Entry> entries)
    {
        var taken = entries.Where(e => e.HasClaims && !e.IsWithdrawn && _around.Reaches(e.Fleet) && (e.Broken is not null || !IsOurs(e))).ToList();
        foreach (var entry in taken)
            Put(entry with { Broken = null, Nodes = entry.Nodes is NodeSet.Damaged ? new NodeSet.Unread() : entry.Nodes });
        Claim(taken.Where(e => !IsOurs(e)));
        return [.. taken.Where(e => e.IsOpen)];
    }

    private void Claim(IEnumerable<Entry> entries)
    {
        ImmutableArray<DeploymentId> ids = [.. entries.Select(e => e.Id)];
        if (!ids.IsEmpty)
            Write(new DeploymentsAdopted(ids, _around.Instance.Id, _around.Now.Wall));
    }

    private bool IsOurs(Entry entry) => entry.CarriedBy == _around.Instance.Id;

    private void OnVerb(PendingVerb pending)
    {
        var m = pending.Verb;
        if (_state.Find(m.Id) is not { } entry)
            Answer(pending, Denials.Unknown(m.Id.Value));
        else if (entry.IsWithdrawn)
            Answer(pending, Denials.GivenUp(entry));
        else if (entry is { Broken: not null, HasClaims: true } && m.Verb == Verb.Abandon)
            AbandonBroken(entry, pending);
        else if (entry is { IsOpen: true, Broken: { } why })
            Answer(pending, Denials.Broken(entry, why));
        else if (entry.IsOpen && !IsOurs(entry))
            Answer(pending, Denials.NotCarriedOn(m.Id));
        else if (_state.WaitsFor(entry) is { IsEmpty: false } ahead)
            WithdrawWaiting(entry, pending, ahead);
        else if (!entry.IsOpen && m.Verb is Verb.Retry or Verb.Rollback)
            Reopen(entry, pending);
        else
            Forward(entry, pending);
    }

    private void WithdrawWaiting(Entry entry, PendingVerb pending, ImmutableArray<DeploymentId> ahead)
    {
        if (ahead.Select(id => _state.Find(id)!).Prepend(entry).FirstOrDefault(e => e.Claims is null) is { } unknown)
        {
            // Whether it waits at all is not known, nor, in the journal of an earlier version, whether it has begun.
            Answer(pending, Denials.PlanUnreadable(unknown, (unknown.Nodes as NodeSet.Unreadable)?.Why ?? unknown.Broken ?? "it is being read"));
            return;
        }
        if (pending.Verb.Verb is not (Verb.Cancel or Verb.Abandon))
        {
            Answer(pending, Denials.NotBegun(entry.Id, ahead));
            return;
        }
        Write(new DeploymentWithdrawn(entry.Id, pending.Verb.By, _around.Now.Wall));
        Answer(pending, new CoordinatorProtocol.Done(entry.Id, true, "cancelled while it waited: nothing was changed on any node"));
    }

    /// <summary>Its supervisor cannot end it, and must not go on with it where its plan comes back: others may have its nodes by then.</summary>
    private void AbandonBroken(Entry entry, PendingVerb pending)
    {
        Write(new DeploymentWithdrawn(entry.Id, pending.Verb.By, _around.Now.Wall));
        Write(new DeploymentRetired(entry.Id, DeploymentPhase.Abandoned, false, [], _around.Now.Wall));
        Put(_state.Find(entry.Id)! with { Broken = null });
        Log(false, "Deployment {DeploymentId}, which could not be carried on, was abandoned by {Reason}", entry.Id, pending.Verb.By);
        Answer(pending, new CoordinatorProtocol.Done(
            entry.Id, true, "abandoned: other deployments may use its nodes; it is not known which of them are still running or disabled, \"orchestrator nodes SITE\" shows it"));
    }

    /// <summary>INTENT: its nodes are its own again before its supervisor is told to go on; where that will not, it tells its end again.</summary>
    private void Reopen(Entry entry, PendingVerb pending)
    {
        if (!_around.Reaches(entry.Fleet))
            Answer(pending, entry.Fleet.IsEmulated ? Denials.FleetGone(entry.Id) : Denials.Unreached(entry));
        else if (entry.Nodes is NodeSet.Damaged damaged)
            Answer(pending, Denials.Broken(entry, damaged.Why));
        else if (entry.Nodes is not NodeSet.Read { Names: var nodes })
            Wait(pending);
        else if (_state.Keeper(entry.Fleet, nodes, entry.Id) is { } kept)
            Answer(pending, Denials.KeptBefore(kept.Keeper, kept.Nodes));
        else if (_state.Ahead(entry.Fleet, nodes, int.MaxValue) is { IsEmpty: false } others)
            Answer(pending, Denials.InUseNow(others[0]));
        else
        {
            Write(new DeploymentReopened(entry.Id, pending.Verb.By, _around.Now.Wall));
            if (!IsOurs(entry))
                Claim([entry]);
            Forward(_state.Find(entry.Id)!, pending);
        }
    }

    private void Forward(Entry entry, PendingVerb pending)
    {
        switch (entry.Supervision)
        {
            case Supervision.BackingOff:
                Answer(pending, Denials.TakenUpAgain(entry.Id));
                break;
            case Supervision.Stopping:
                Wait(pending);
                break;
            case Supervision.None when !_around.Reaches(entry.Fleet) && !_around.IsLost(entry.Fleet):
                Answer(pending, Denials.Unreached(entry));
                break;
            default:
                if (entry.HasClaims && !IsOurs(entry))
                {
                    // So that what is begun now is gone on with.
                    Claim([entry]);
                    entry = _state.Find(entry.Id)!;
                }
                if (entry.Supervision is Supervision.None)
                    Start(entry, 0);
                Pend(pending with { Sent = pending.Sent + 1, IsOpen = true });
                _effects.Add(new Effect.Order(entry.Id, CommandOf(pending.Verb), entry.Reopenings, pending.Number));
                break;
        }
    }

    private static DeploymentCommand CommandOf(CoordinatorProtocol.VerbOnDeployment m) => m.Verb switch
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

    /// <summary>A supervisor that has ended, and is asked to go on, is asked again once its end is in the journal and its nodes are reserved.</summary>
    private void OnOrderAnswered(PendingVerb pending, object? answer)
    {
        if (answer is not null)
            Answer(pending, answer);
        else if (pending.Sent < MostSent)
            OnVerb(pending with { IsOpen = false });
        else
            Answer(pending, Denials.NotAnswered(pending.Verb.Id, "is about to end"));
    }

    private void OnEnded(Entry entry, SupervisorReports.Ended report)
    {
        if (entry.IsWithdrawn || report.Reopenings < entry.Reopenings)
            return; // Of one that was given up, or an end from before the newest reopening: its supervisor tells anew.
        if (!report.End.IsEnd())
        {
            Log(true, "The supervisor of deployment {DeploymentId} told an end that is none: {Reason}", entry.Id, report.End.ToString());
            return;
        }
        var keepsAll = report.Keeps.Length > 0 && report.Keeps.Length == entry.Registered.NodeCount;
        var end = new Ending(report.End, keepsAll, keepsAll ? [] : [.. report.Keeps]);
        if (entry.End is not { } known || known.Phase != end.Phase || known.KeepsAll != end.KeepsAll || !known.Keeps.SetEquals(end.Keeps))
            Write(new DeploymentRetired(entry.Id, end.Phase, keepsAll, keepsAll ? [] : report.Keeps, _around.Now.Wall));
        entry = _state.Find(entry.Id)!;
        if (entry.Supervision is Supervision.Running running)
            Put(entry with { Supervision = running with { HandedOver = true } });
        _effects.Add(new Effect.Acknowledge(report));
    }

    private void Break(Entry entry, string why)
    {
        if (entry.IsWithdrawn || entry.Broken == why)
            return;
        var supervision = entry.Supervision;
        if (supervision is Supervision.Running)
        {
            _effects.Add(new Effect.Stop(entry.Id));
            supervision = new Supervision.Stopping();
        }
        Put(entry with { Broken = why, Supervision = supervision });
        foreach (var pending in PendingOf(entry.Id))
            Answer(pending, Denials.Broken(entry, why));
        Log(true, "Deployment {DeploymentId} cannot be carried on: {Reason}", entry.Id, why);
    }

    private void OnSupervisorGone(Entry entry)
    {
        if (entry.Supervision is Supervision.Running running)
        {
            var failures = Now - running.Since >= Steady ? 1 : running.Failures + 1;
            Put(entry with { Supervision = new Supervision.BackingOff(failures, Now + PauseAfter(failures)) });
            foreach (var pending in PendingOf(entry.Id).Where(p => p.IsOpen))
                Answer(pending, Denials.NotAnswered(entry.Id, "failed and is being restarted"));
            if (failures == MostFailuresExpected)
                _effects.Add(new Effect.GiveUp(entry.Fleet, entry.Id));
            if (failures == 1)
                Log(false, "The supervisor of deployment {DeploymentId} failed and is restarted from the journal, {Reason}", entry.Id, "with growing pauses while it keeps failing");
        }
        else
        {
            Put(entry with { Supervision = new Supervision.None() });
            _effects.Add(new Effect.GiveUp(entry.Fleet, entry.Id));
        }
    }

    private void OnPlanRead(Entry entry, Input.PlanRead read)
    {
        if (entry.Nodes is not (NodeSet.Reading or NodeSet.Unreadable { RetryAt: null }))
            return; // An answer to a question that was answered meanwhile.
        if (read.Nodes is { } nodes)
            Put(entry with { Nodes = new NodeSet.Read(nodes) });
        else if (read.IsDamaged)
        {
            Put(entry with { Nodes = entry.HasClaims ? new NodeSet.Damaged(read.Why) : new NodeSet.Unread() });
            if (entry.HasClaims)
                Break(_state.Find(entry.Id)!, read.Why);
            foreach (var pending in PendingOf(entry.Id).Where(p => !p.IsOpen))
                Answer(pending, Denials.Broken(entry, read.Why));
        }
        else
        {
            var failures = entry.Nodes is NodeSet.Unreadable before ? before.Failures + 1 : 1;
            if (failures == 1)
                Log(false, "The plan of deployment {DeploymentId} cannot be read, so nobody can have its nodes, and is read again: {Reason}", entry.Id, read.Why);
            Put(entry with { Nodes = entry.NeedsNodes ? new NodeSet.Unreadable(read.Why, failures, Now + PauseAfter(failures)) : new NodeSet.Unread() });
            foreach (var pending in PendingOf(entry.Id).Where(p => !p.IsOpen))
                Answer(pending, Denials.PlanUnreadable(entry, read.Why));
        }
    }

    private static TimeSpan PauseAfter(int failures)
    {
        var pause = ShortestPause * Math.Pow(2, Math.Min(failures - 1, 16));
        return pause < LongestPause ? pause : LongestPause;
    }

    /// <summary>Compares what should be carried on with what is, and makes up the difference.</summary>
    private void Reconcile()
    {
        foreach (var pending in _state.Pending.Values.Where(p => Now - p.AskedAt >= LongestAnswer))
            Answer(pending, Denials.NotAnswered(pending.Verb.Id, FormattableString.Invariant($"has not answered within {LongestAnswer.TotalSeconds:0} s")));
        foreach (var pending in _state.Pending.Values.Where(p => !p.IsOpen))
            OnVerb(pending);
        foreach (var entry in _state.LiveEntries.ToList())
            ReadNodes(entry);
        if (!_state.IsReading)
        {
            foreach (var entry in _state.LiveEntries.ToList())
                Supervise(_state.Find(entry.Id)!);
        }
        // All at once, and before any of their nodes can ask for a place.
        var starts = _effects.OfType<Effect.Start>().Where(s => s.IsFirst && _around.Reaches(s.Entry.Fleet)).ToList();
        foreach (var fleet in starts.GroupBy(s => s.Entry.Fleet, s => s.Entry.Id))
            _effects.Insert(_effects.IndexOf(starts[0]), new Effect.Expect(fleet.Key, [.. fleet]));
    }

    private void ReadNodes(Entry entry)
    {
        var isWanted = entry.NeedsNodes || PendingOf(entry.Id).Any(p => p is { IsOpen: false, Verb.Verb: Verb.Retry or Verb.Rollback });
        if (isWanted && entry.Nodes is NodeSet.Unread)
            entry = Put(entry with { Nodes = new NodeSet.Reading() });
        else if (isWanted && entry.Nodes is NodeSet.Unreadable { RetryAt: { } at } unreadable && at <= Now)
            entry = Put(entry with { Nodes = unreadable with { RetryAt = null } });
        else
            return;
        _effects.Add(new Effect.ReadPlan(entry.Id, entry.Registered.PlanId));
    }

    private void Supervise(Entry entry)
    {
        switch (entry.Supervision)
        {
            case Supervision.None when ShouldRun(entry):
                if (entry is { IsOpen: true, HasBegun: false })
                    Write(new DeploymentBegan(entry.Id, _around.Now.Wall));
                Start(_state.Find(entry.Id)!, 0);
                break;
            case Supervision.BackingOff waiting when waiting.Until <= Now && !entry.IsWithdrawn && entry.Broken is null:
                Start(entry, waiting.Failures);
                break;
            case Supervision.BackingOff when entry.IsWithdrawn || entry.Broken is not null:
                Put(entry with { Supervision = new Supervision.None() });
                _effects.Add(new Effect.GiveUp(entry.Fleet, entry.Id));
                break;
            case Supervision.Running { HandedOver: true } when !entry.HasClaims && !PendingOf(entry.Id).Any():
                _effects.Add(new Effect.Stop(entry.Id));
                Put(entry with { Supervision = new Supervision.Stopping() });
                break;
        }
    }

    private bool ShouldRun(Entry entry) =>
        entry is { IsWithdrawn: false, Broken: null, HasClaims: true }
        && (!entry.NeedsNodes || entry.Claims is not null)
        && (_around.IsLost(entry.Fleet) || (IsOurs(entry) && _around.Reaches(entry.Fleet) && _state.WaitsFor(entry).IsEmpty));

    private void Start(Entry entry, int failures)
    {
        Put(entry with { Broken = null, Supervision = new Supervision.Running(Now, failures) });
        _effects.Add(new Effect.Start(entry, failures == 0));
    }

    private IEnumerable<PendingVerb> PendingOf(DeploymentId id) => _state.Pending.Values.Where(p => p.Verb.Id == id);

    private void Wait(PendingVerb pending) => Pend(pending with { IsOpen = false });

    private void Pend(PendingVerb pending)
    {
        _state = _state with { Pending = _state.Pending.SetItem(pending.Number, pending) };
        Put(_state.Find(pending.Verb.Id)!);
    }

    private void Answer(PendingVerb pending, object reply)
    {
        _state = _state with { Pending = _state.Pending.Remove(pending.Number) };
        if (_state.Find(pending.Verb.Id) is { } entry)
            Put(entry is { NeedsNodes: false, Nodes: NodeSet.Read } ? entry with { Nodes = new NodeSet.Unread() } : entry);
        Answer(pending.Number, reply);
    }

    private void Answer(long question, object reply) => _effects.Add(new Effect.Answer(question, reply));

    private void Log(bool isError, string message, DeploymentId id, string reason) => _effects.Add(new Effect.Log(isError, message, id, reason));

    private void Write(ICoordinatorEvent @event)
    {
        _events.Add(@event);
        _state = CoordinationState.Evolve(_state, @event);
    }

    private Entry Put(Entry entry)
    {
        _state = _state.With(entry);
        return entry;
    }
}
