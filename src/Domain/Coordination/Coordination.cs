using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using static Orchestrator.Messages.Deployments.CoordinatorEvents;

namespace Orchestrator.Domain.Coordination;

/// <summary>What follows from an input.</summary>
/// <param name="Events">To be written, all or none, before anything is done or answered; often none.</param>
/// <param name="After">The state after them, and after what this process learnt.</param>
/// <param name="Effects">To be done then, in this order.</param>
public sealed record CoordinationStep(ImmutableArray<ICoordinatorEvent> Events, CoordinationState After, ImmutableArray<CoordinationEffect> Effects);

/// <summary>
/// Decides between deployments: who has which node, who is carried on here, what a verb meets. What should be carried on and what is are
/// compared after every input (see <see cref="Reconcile"/>), so that whatever was missed, by a failure or a restart, is made up for by the next.
/// </summary>
public sealed partial class Coordination
{
    /// <summary>A verb that no supervisor has answered by then is answered for it: whoever asks does not wait for ever.</summary>
    public static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(18);

    /// <summary>A supervisor that lived for so long before it failed is not failing over and over.</summary>
    private static readonly TimeSpan Steady = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>Others that wait for permits wait no longer for a supervisor that failed so often, half a minute, to say which of its nodes do.</summary>
    private const int MostFailuresExpected = 8;

    /// <summary>How often a verb is handed to a supervisor that says it has ended.</summary>
    private const int MostSent = 3;

    /// <summary>How many supervisors read their histories at once: a host that resumes hundreds must also read its journal and answer requests.</summary>
    internal const int MostWaking = 8;

    private static readonly TimeSpan LongestWaking = TimeSpan.FromSeconds(5);

    private const int LongestReason = 500;

    private readonly HostContext _host;
    private readonly ImmutableArray<ICoordinatorEvent>.Builder _events = ImmutableArray.CreateBuilder<ICoordinatorEvent>();
    private readonly ImmutableArray<CoordinationEffect>.Builder _effects = ImmutableArray.CreateBuilder<CoordinationEffect>();
    private readonly HashSet<DeploymentId> _due = [];
    private CoordinationState _state;

    /// <summary>That of the deployment being registered, for which the store need not be asked where its turn comes at once; else null.</summary>
    private Plan? _plan;

    private Coordination(CoordinationState state, HostContext host) => (_state, _host) = (state, host);

    private TimeSpan Now => _host.Now.Monotonic;

    public static CoordinationStep Decide(CoordinationState state, CoordinationInput input, HostContext host)
    {
        var step = new Coordination(state, host);
        step.Take(input);
        step.Reconcile();
        return new CoordinationStep(step._events.ToImmutable(), step._state, step._effects.ToImmutable());
    }

    /// <summary>When something follows by time alone, by the monotonic clock; null where nothing does.</summary>
    public static TimeSpan? NextTime(CoordinationState state)
    {
        // Nothing starts while plans are read for the first time.
        var times = state.LiveEntries
            .SelectMany(e => (TimeSpan?[])[state.IsReading ? null : (e.Supervision as Supervision.BackingOff)?.Until, (e.Nodes as NodeSet.Unreadable)?.RetryAt])
            .Concat(state.Pending.Values.Select(p => (TimeSpan?)p.AskedAt + LongestAnswer))
            .Concat(state.IsReading || !state.LiveEntries.Any(e => e.Supervision is Supervision.Due) ? []
                : state.LiveEntries.Select(e =>
                    e.Supervision is Supervision.Running { IsAwake: false } waking ? waking.Since + LongestWaking : (TimeSpan?)null));
        return times.Min();
    }

    private void Take(CoordinationInput input)
    {
        switch (input)
        {
            case CoordinationInput.Recovered or CoordinationInput.Tick:
                break;
            case CoordinationInput.Register i:
                OnRegister(i.Deployment, i.Question);
                break;
            case CoordinationInput.Verb i:
                OnVerb(new PendingVerb(i.Question, i.Asked, Now));
                break;
            case CoordinationInput.Resume i:
                OnResume(i.Only, i.Question);
                break;
            case CoordinationInput.GiveUp i:
                OnGiveUp(i.By, i.Question);
                break;
            case CoordinationInput.Import i:
                OnImport(i.Deployment, i.Question);
                break;
            case CoordinationInput.Prune i:
                OnPrune(i.Deployments, i.Question);
                break;
            case SupervisorReports.PhaseReached i when _state.Find(i.Id) is { } entry:
                Put(entry with { Phase = i, Supervision = entry.Supervision is Supervision.Running r ? r with { IsAwake = true } : entry.Supervision });
                break;
            case SupervisorReports.Ended i when _state.Find(i.Id) is { } entry:
                OnEnded(entry, i);
                break;
            case SupervisorReports.Broken i when _state.Find(i.Id) is { } entry:
                Break(entry, i.Why);
                break;
            case SupervisorReports.OrderAnswered i when _state.Pending.TryGetValue(i.Order, out var pending):
                OnOrderAnswered(pending, i.Answer);
                break;
            case CoordinationInput.SupervisorGone i when _state.Find(i.Id) is { } entry:
                OnSupervisorGone(entry);
                break;
            case CoordinationInput.PlanRead i when _state.Find(i.Id) is { } entry:
                OnPlanRead(entry, i);
                break;
        }
    }

    private void OnRegister(CoordinatorProtocol.RegisterDeployment m, long question)
    {
        if (_state.Find(m.Id) is { } known)
        {
            var isSame = known.Registered.PlanId == m.Plan.Id && known.Registered.Caller == m.Caller;
            Answer(question, isSame ? new CoordinatorProtocol.Registered(m.Id, _state.WaitsFor(known)) : Denials.Exists(m.Id));
            return;
        }
        if (_state.Pruned.Contains(m.Id))
        {
            Answer(question, Denials.Pruned(m.Id));
            return;
        }
        var nodes = ClaimedNodes.Of(m.Plan);
        var ahead = _state.Ahead(m.Fleet, nodes, int.MaxValue);
        if (!_host.Reaches(m.Fleet))
        {
            Answer(question, Denials.Unreached(m.Fleet));
        }
        else if (_state.Holder(m.Fleet, nodes) is { } held)
        {
            Answer(question, Denials.StillHeld(held.Holder, held.Nodes));
        }
        else if (m.NoWait && !ahead.IsEmpty)
        {
            Answer(question, Denials.WouldWait(ahead[0]));
        }
        else
        {
            Write(new DeploymentRegistered(m.Id, m.Plan.Id, m.Plan.Environment, m.Fleet, m.Options, m.Caller, m.Plan.NodeCount, _host.Now.TimeOfDay,
                [.. m.Plan.Applications.Take(DeploymentRegistered.MostApplications)], m.Plan.Applications.Length, m.Plan.Groups.Length));
            Put(_state.Find(m.Id)! with { Nodes = new NodeSet.Read(nodes) });
            _plan = m.Plan;
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
        else if (_host.IsLost(entry.Fleet))
            // Its supervisor abandons it by itself, which takes a moment after the host's start.
            Answer(question, new CoordinatorProtocol.Deployments([]));
        else if (!_host.Reaches(entry.Fleet))
            Answer(question, Denials.Unreached(entry));
        else
            Answer(question, Adopted(WithThoseAhead(entry)));
    }

    /// <summary>A deployment after those that it waits for, and they after theirs.</summary>
    private List<DeploymentEntry> WithThoseAhead(DeploymentEntry entry)
    {
        var all = new List<DeploymentEntry> { entry };
        for (var i = 0; i < all.Count; i++)
            all.AddRange(_state.WaitsFor(all[i]).Select(id => _state.Find(id)!).Except(all).ToList());
        all.Reverse();
        return all;
    }

    private CoordinatorProtocol.Deployments Adopted(IEnumerable<DeploymentEntry> entries) =>
        new([.. Adopt(entries).Select(e => DeploymentLines.Of(_state, _state.Find(e.Id)!, _host))]);

    /// <summary>
    /// Takes on those that nobody carries on and whose fleet is reached from here; also those that have ended and hold nodes: a release
    /// may have been begun, and a person is to be called again.
    /// </summary>
    /// <returns>Those that have not ended.</returns>
    private List<DeploymentEntry> Adopt(IEnumerable<DeploymentEntry> entries)
    {
        var taken = entries.Where(e => e.HasClaims && !e.IsWithdrawn && _host.Reaches(e.Fleet) && (e.Broken is not null || !IsOurs(e))).ToList();
        foreach (var entry in taken)
            TryAgain(entry);
        Claim(taken.Where(e => !IsOurs(e)));
        return [.. taken.Where(e => e.IsOpen)];
    }

    /// <summary>A person says so: what is damaged may have been mended since.</summary>
    private DeploymentEntry TryAgain(DeploymentEntry entry) =>
        Put(entry with { Broken = null, Nodes = entry.Nodes is NodeSet.Damaged ? new NodeSet.Unread() : entry.Nodes });

    private void Claim(IEnumerable<DeploymentEntry> entries)
    {
        ImmutableArray<DeploymentId> ids = [.. entries.Select(e => e.Id)];
        if (!ids.IsEmpty)
            Write(new DeploymentsAdopted(ids, _host.Instance.Id, _host.Now.TimeOfDay));
    }

    private bool IsOurs(DeploymentEntry entry) => entry.CarriedBy == _host.Instance.Id;

    private void OnEnded(DeploymentEntry entry, SupervisorReports.Ended report)
    {
        if (entry.IsWithdrawn || report.Reopenings < entry.Reopenings)
            return; // Of one that was given up, or an end from before the newest reopening: its supervisor tells anew.
        if (!report.End.IsEnd())
        {
            Log(true, "The supervisor of deployment {Deployment} reported an end that is not one: {Reason}", entry.Id, report.End.ToString());
            return;
        }
        var keepsAll = report.Keeps.Length > 0 && report.Keeps.Length == entry.Registered.NodeCount;
        var keeps = keepsAll ? [] : report.Keeps;
        var claimed = (entry.Nodes as NodeSet.Read)?.Nodes ?? entry.End?.Keeps ?? ClaimedNodes.None;
        var end = new Ending(report.End, keepsAll, claimed.Named(keeps)) { Kept = [.. report.Kept], Unclear = report.Unclear };
        if (entry.End is not { } known || known.Phase != end.Phase || known.KeepsAll != keepsAll || !known.Keeps.Identities.SetEquals(end.Keeps.Identities)
            || !known.Kept.SetEquals(end.Kept) || !known.Unclear.SequenceEqual(end.Unclear))
        {
            Write(new DeploymentRetired(
                entry.Id, end.Phase, keepsAll, keeps, _host.Now.TimeOfDay, claimed.IdentitiesOf(keeps), report.Kept.IsEmpty ? null : report.Kept,
                report.Unclear.IsEmpty ? null : report.Unclear));
        }
        entry = _state.Find(entry.Id)!;
        if (entry.Supervision is Supervision.Running running)
            Put(entry with { Supervision = running with { HandedOver = true, IsAwake = true } });
        _effects.Add(new CoordinationEffect.Acknowledge(report));
    }

    private void Break(DeploymentEntry entry, string why)
    {
        if (entry.IsWithdrawn || entry.Broken == why)
            return;
        var supervision = entry.Supervision;
        if (supervision is Supervision.Running)
        {
            _effects.Add(new CoordinationEffect.Stop(entry.Id));
            supervision = new Supervision.Stopping();
        }
        Put(entry with { Broken = why, Supervision = supervision });
        foreach (var pending in PendingOf(entry.Id))
            Answer(pending, Denials.Broken(entry, why));
        Log(true, "Deployment {Deployment} cannot continue: {Reason}", entry.Id, why);
    }

    private void OnSupervisorGone(DeploymentEntry entry)
    {
        if (entry.Supervision is Supervision.Running running)
        {
            var failures = Now - running.Since >= Steady ? 1 : running.Failures + 1;
            Put(entry with { Supervision = new Supervision.BackingOff(failures, Now + PauseAfter(failures)) });
            foreach (var pending in PendingOf(entry.Id).Where(p => p.IsOpen))
                Answer(pending, Denials.NotAnswered(entry.Id, "failed and is being restarted"));
            if (failures == MostFailuresExpected)
                _effects.Add(new CoordinationEffect.EndEpoch(entry.Fleet, entry.Id));
            if (failures == 1)
            {
                Log(false, "The supervisor of deployment {Deployment} failed and is restarted from the journal, {Reason}", entry.Id,
                    "with growing pauses while it keeps failing");
            }
        }
        else
        {
            Put(entry with { Supervision = new Supervision.None() });
            _effects.Add(new CoordinationEffect.EndEpoch(entry.Fleet, entry.Id));
        }
    }

    private void OnPlanRead(DeploymentEntry entry, CoordinationInput.PlanRead read)
    {
        if (entry.Nodes is not (NodeSet.Reading or NodeSet.Unreadable))
            return; // An answer to a question that was answered meanwhile.
        if (read.Nodes is { } nodes)
        {
            Put(entry with { Nodes = new NodeSet.Read(nodes) });
        }
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
            {
                Log(
                    false, "The plan of deployment {Deployment} cannot be read, so its nodes are blocked; trying again: {Reason}",
                    entry.Id, read.Why);
            }
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

    private void Answer(long question, object reply) => _effects.Add(new CoordinationEffect.Answer(question, reply));

    private void Log(bool isError, string message, DeploymentId id, string reason) =>
        _effects.Add(new CoordinationEffect.Log(isError, message, id, OutsideText.OneLine(reason, LongestReason)));

    private void Write(ICoordinatorEvent @event)
    {
        _events.Add(@event);
        _state = CoordinationState.Evolve(_state, @event);
    }

    private DeploymentEntry Put(DeploymentEntry entry)
    {
        _state = _state.With(entry);
        return entry;
    }
}
