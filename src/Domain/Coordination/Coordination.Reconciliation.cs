using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Messages;
using static Orchestrator.Messages.Deployments.CoordinatorEvents;

namespace Orchestrator.Domain.Coordination;

/// <content>What should be carried on, against what is.</content>
public sealed partial class Coordination
{
    /// <summary>Compares what should be carried on with what is, and makes up the difference.</summary>
    private void Reconcile()
    {
        foreach (var pending in _state.Pending.Values.Where(p => Now - p.AskedAt >= LongestAnswer))
            Answer(pending, Denials.NotAnswered(pending.Verb.Id, $"has not answered within {Durations.Text(LongestAnswer)}"));
        foreach (var pending in _state.Pending.Values.Where(p => !p.IsOpen))
            OnVerb(pending);
        foreach (var entry in _state.LiveEntries.ToList())
            ReadNodes(entry);
        if (!_state.IsReading)
        {
            foreach (var entry in _state.LiveEntries.ToList())
                Supervise(_state.Find(entry.Id)!);
            Wake();
        }
        // All at once, and before any of their nodes can ask for a permit.
        var first = _effects.OfType<CoordinationEffect.Start>().FirstOrDefault() is { } start ? _effects.IndexOf(start) : _effects.Count;
        var awaited = _effects.OfType<CoordinationEffect.Start>().Where(s => s.IsFirst).Select(s => s.Entry)
            .Concat(_due.Select(id => _state.Find(id)!).Where(e => e.Supervision is Supervision.Due)).Where(e => _host.Reaches(e.Fleet));
        foreach (var fleet in awaited.GroupBy(e => e.Fleet, e => e.Id).ToList())
            _effects.Insert(first, new CoordinationEffect.AwaitRecovery(fleet.Key, [.. fleet]));
    }

    /// <summary>Starts the supervisors that are due, a few at a time: the next ones follow when these have reported their state, or after a while.</summary>
    private void Wake()
    {
        var waking = 0;
        foreach (var entry in _state.LiveEntries.ToList())
        {
            if (entry.Supervision is not Supervision.Running { IsAwake: false } running)
                continue;
            if (Now - running.Since < LongestWaking)
                waking++;
            else
                Put(entry with { Supervision = running with { IsAwake = true } });
        }
        foreach (var entry in _state.LiveEntries.Where(e => e.Supervision is Supervision.Due).ToList())
        {
            if (waking++ < MostWaking)
                Start(entry, 0, isFirst: _due.Contains(entry.Id));
        }
    }

    private void ReadNodes(DeploymentEntry entry)
    {
        var isWanted = entry.NeedsNodes
            || PendingOf(entry.Id).Any(p => p is { IsOpen: false, Verb.Command: DeploymentCommand.Retry or DeploymentCommand.Rollback });
        if (isWanted && entry.Nodes is NodeSet.Unread)
            entry = Put(entry with { Nodes = new NodeSet.Reading() });
        else if (isWanted && entry.Nodes is NodeSet.Unreadable { RetryAt: { } at } unreadable && at <= Now)
            entry = Put(entry with { Nodes = unreadable with { RetryAt = null } });
        else
            return;
        _effects.Add(new CoordinationEffect.ReadPlan(entry.Id, entry.Registered.PlanId));
    }

    private void Supervise(DeploymentEntry entry)
    {
        switch (entry.Supervision)
        {
            case Supervision.None when ShouldRun(entry):
                if (entry is { IsOpen: true, HasBegun: false } && !Begin(entry))
                    break;
                Put(_state.Find(entry.Id)! with { Supervision = new Supervision.Due() });
                _due.Add(entry.Id);
                break;
            case Supervision.BackingOff or Supervision.Due when entry.IsWithdrawn || entry.Broken is not null:
                Put(entry with { Supervision = new Supervision.None() });
                _effects.Add(new CoordinationEffect.EndEpoch(entry.Fleet, entry.Id));
                break;
            case Supervision.BackingOff waiting when waiting.Until <= Now:
                Start(entry, waiting.Failures, isFirst: false);
                break;
            case Supervision.Running { HandedOver: true } when !entry.HasClaims && !PendingOf(entry.Id).Any():
                _effects.Add(new CoordinationEffect.Stop(entry.Id));
                Put(entry with { Supervision = new Supervision.Stopping() });
                break;
        }
    }

    /// <summary>
    /// Its turn has come: it begins, or is refused as a new one would be where one that ended since it was registered holds nodes of its own. False where it
    /// does not begin, or not yet: whose plan cannot be read for a moment may hold any.
    /// </summary>
    private bool Begin(DeploymentEntry entry)
    {
        if (_host.IsLost(entry.Fleet) || _state.Holder(entry.Fleet, entry.Claims!) is not { } held)
        {
            Write(new DeploymentBegan(entry.Id, _host.Now.TimeOfDay));
            return true;
        }
        if (held.Nodes.IsEmpty && held.Holder.Nodes is not NodeSet.Damaged)
            return false;
        var denied = Denials.StillHeld(held.Holder, held.Nodes);
        Write(new DeploymentRefused(entry.Id, denied.Code, denied.Reason, held.Holder.Id, [.. denied.Nodes ?? []], _host.Now.TimeOfDay));
        return false;
    }

    private bool ShouldRun(DeploymentEntry entry) =>
        entry is { IsWithdrawn: false, Broken: null, HasClaims: true }
        && (!entry.NeedsNodes || entry.Claims is not null)
        && (_host.IsLost(entry.Fleet) || (IsOurs(entry) && _host.Reaches(entry.Fleet) && _state.WaitsFor(entry).IsEmpty));

    private void Start(DeploymentEntry entry, int failures, bool isFirst)
    {
        entry = Put(TryAgain(entry) with { Supervision = new Supervision.Running(Now, failures) });
        var lost = _host.IsLost(entry.Fleet) ? "its emulated fleet ended with the host process that it lived in" : null;
        var plan = _plan?.Id == entry.Registered.PlanId ? _plan : null;
        _effects.Add(new CoordinationEffect.Start(entry, isFirst, lost, plan));
    }
}
