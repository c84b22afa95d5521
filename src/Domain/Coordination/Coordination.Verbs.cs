using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.CoordinatorEvents;

namespace Orchestrator.Domain.Coordination;

/// <content>What a verb meets.</content>
public sealed partial class Coordination
{
    private void OnVerb(PendingVerb pending)
    {
        var m = pending.Verb;
        if (_state.Find(m.Id) is not { } entry)
            Answer(pending, Denials.Unknown(m.Id.Value));
        else if (entry.IsImported)
            Answer(pending, Denials.Imported(m.Id));
        else if (entry is { IsWithdrawn: true, Refused: null } && m.Command is DeploymentCommand.Cancel or DeploymentCommand.Abandon)
            Answer(pending, new CoordinatorProtocol.Done(m.Id, false, $"it is already {entry.End!.Phase.Word()}"));
        else if (entry.IsWithdrawn)
            Answer(pending, Denials.GivenUp(entry));
        else if (entry is { Broken: not null, HasClaims: true } && m.Command is DeploymentCommand.Abandon)
            AbandonBroken(entry, pending);
        else if (entry is { IsOpen: true, Broken: { } why })
            Answer(pending, Denials.Broken(entry, why));
        else if (entry.IsOpen && !IsOurs(entry))
            Answer(pending, _host.IsLost(entry.Fleet) ? Denials.FleetGone(m.Id) : Denials.NotCarriedOn(m.Id));
        else if (_state.WaitsFor(entry) is { IsEmpty: false } ahead)
            WithdrawWaiting(entry, pending, ahead);
        else if (!entry.IsOpen && m.Command is DeploymentCommand.Retry or DeploymentCommand.Rollback)
            Reopen(entry, pending);
        else
            Forward(entry, pending);
    }

    private void WithdrawWaiting(DeploymentEntry entry, PendingVerb pending, ImmutableArray<DeploymentId> ahead)
    {
        if (ahead.Select(id => _state.Find(id)!).Prepend(entry).FirstOrDefault(e => e.Claims is null) is { } unknown)
        {
            // Whether it waits at all is not known, nor, in the journal of an earlier version, whether it has begun.
            Answer(pending, Denials.PlanUnreadable(unknown, (unknown.Nodes as NodeSet.Unreadable)?.Why ?? unknown.Broken ?? "it is being read"));
            return;
        }
        if (pending.Verb.Command is not (DeploymentCommand.Cancel or DeploymentCommand.Abandon))
        {
            Answer(pending, Denials.NotBegun(entry.Id, ahead));
            return;
        }
        Write(new DeploymentWithdrawn(entry.Id, pending.Verb.Command.By, _host.Now.TimeOfDay));
        Answer(pending, new CoordinatorProtocol.Done(entry.Id, true, "cancelled while it waited: nothing was changed on any node"));
    }

    /// <summary>Those whose emulated fleet is gone end by themselves, and nodes are gone with them.</summary>
    private void OnGiveUp(string by, long question)
    {
        var open = _state.LiveEntries.Where(e => e.IsOpen && !_host.IsLost(e.Fleet)).ToList();
        foreach (var entry in open)
            Recover(entry, by);
        Answer(question, new CoordinatorProtocol.Deployments([.. open.Select(e => DeploymentLines.Of(_state, _state.Find(e.Id)!, _host))]));
    }

    /// <summary>
    /// Its end is in the journal before its supervisor writes it: none goes on with it from here on. Until its nodes were read it may hold any of them.
    /// </summary>
    private void Recover(DeploymentEntry entry, string by)
    {
        if (entry is not { Broken: null, Claims: not null } || !_host.Reaches(entry.Fleet) || !_state.WaitsFor(entry).IsEmpty)
        {
            GiveUp(entry, by);
            return;
        }
        if (!IsOurs(entry))
            Claim([entry]);
        Write(new DeploymentRetired(entry.Id, DeploymentPhase.Abandoned, true, [], _host.Now.TimeOfDay));
    }

    /// <summary>Its supervisor cannot end it, and must not go on with it where its plan comes back: others may have its nodes by then.</summary>
    private void GiveUp(DeploymentEntry entry, string by)
    {
        Write(new DeploymentWithdrawn(entry.Id, by, _host.Now.TimeOfDay));
        Write(new DeploymentRetired(entry.Id, DeploymentPhase.Abandoned, false, [], _host.Now.TimeOfDay));
        Put(_state.Find(entry.Id)! with { Broken = null });
        Log(false, "Deployment {Deployment}, which could not continue, was abandoned by {Caller}", entry.Id, by);
    }

    private void AbandonBroken(DeploymentEntry entry, PendingVerb pending)
    {
        GiveUp(entry, pending.Verb.Command.By);
        Answer(pending, new CoordinatorProtocol.Done(
            entry.Id, true, "abandoned: other deployments may use its nodes; it is not known which of them are still running or disabled, so ask them first"));
    }

    /// <summary>INTENT: its nodes are its own again before its supervisor is told to go on; where that will not, it tells its end again.</summary>
    private void Reopen(DeploymentEntry entry, PendingVerb pending)
    {
        if (!_host.Reaches(entry.Fleet))
        {
            Answer(pending, entry.Fleet.IsEmulated ? Denials.FleetGone(entry.Id) : Denials.Unreached(entry));
        }
        else if (entry.Nodes is not NodeSet.Read { Nodes: var nodes })
        {
            TryAgain(entry);
            Wait(pending);
        }
        else if (_state.Holder(entry.Fleet, nodes, entry.Id) is { } held)
        {
            Answer(pending, Denials.StillHeld(held.Holder, held.Nodes));
        }
        else if (_state.Ahead(entry.Fleet, nodes, int.MaxValue) is { IsEmpty: false } others)
        {
            Answer(pending, Denials.InUse(others[0]));
        }
        else
        {
            Write(new DeploymentReopened(entry.Id, pending.Verb.Command.By, _host.Now.TimeOfDay));
            if (!IsOurs(entry))
                Claim([entry]);
            Forward(_state.Find(entry.Id)!, pending);
        }
    }

    private void Forward(DeploymentEntry entry, PendingVerb pending)
    {
        switch (entry.Supervision)
        {
            case Supervision.BackingOff:
                Answer(pending, Denials.TakenUpAgain(entry.Id));
                break;
            case Supervision.Stopping:
                Wait(pending);
                break;
            case Supervision.None when !_host.Reaches(entry.Fleet) && !_host.IsLost(entry.Fleet):
                Answer(pending, Denials.Unreached(entry));
                break;
            default:
                if (entry.HasClaims && !IsOurs(entry))
                {
                    // So that what is begun now is gone on with.
                    Claim([entry]);
                    entry = _state.Find(entry.Id)!;
                }
                // A person's request is not delayed until its turn.
                if (entry.Supervision is Supervision.None or Supervision.Due)
                    Start(entry, 0, isFirst: entry.Supervision is Supervision.None);
                Pend(pending with { Sent = pending.Sent + 1, IsOpen = true });
                _effects.Add(new CoordinationEffect.Order(entry.Id, pending.Verb.Command, entry.Reopenings, pending.Number));
                break;
        }
    }

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
}
