using Orchestrator.Domain.Runs;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes.Works;

/// <summary>Disables a node and waits until no run goes on there, at most until the idle deadline.</summary>
internal sealed class IsolateWork(NodeContext context, DateTimeOffset idleDeadlineAt) : HoldingWork(context)
{
    private TimeSpan _since;

    /// <summary>The node's words where it denied to be disabled; null where it did not. A try before may have disabled it, so it is read once more.</summary>
    private string? _denied;

    protected override DateTimeOffset? Deadline => idleDeadlineAt;

    protected override void OnBegin(ClockReading now)
    {
        _since = now.Monotonic;
        Hold(now);
    }

    protected override void OnReadAnew(ClockReading now)
    {
        _denied = null;
        base.OnReadAnew(now);
    }

    protected override void OnHeld(ClockReading now)
    {
        Tell(new NodeFact.Held(Context.Node));
        AskStatus();
    }

    protected override void OnStatus(StatusReply reply, ClockReading askedAt, ClockReading now)
    {
        var status = reply.Status;
        if (_denied is not null)
        {
            Deny(Context.IsOurs(status) ? Messages.Deployments.Hold.Held : Messages.Deployments.Hold.None);
        }
        else if (!Context.IsOurs(status))
        {
            if (status.Enabled == false)
            {
                OnHeldByOther(status.DisableMessage, now);
            }
            else
            {
                Tell(new NodeFact.OutOfTurn(Context.Node, "somebody enabled it while it was held; it is disabled again"));
                Hold(now);
            }
        }
        else if (!status.Applying)
        {
            Conclude(new NodeFact.Idle(Context.Node, status.LastRun));
        }
        else if (now.Wall >= idleDeadlineAt)
        {
            FinishEnded(0, Outcome.Refused, "a run is in progress there and did not end by the idle deadline (or a dead process left its lock)",
                Messages.Deployments.Hold.Held, Cause.NotIdle);
        }
        else
        {
            Wake(Context.PollInterval.Next(now.Monotonic - _since));
        }
    }

    protected override void OnWake(ClockReading now) => AskStatus();

    protected override void OnHeldByOther(string message, ClockReading now) => FinishDisabled(0, message);

    protected override void OnNotHeld(string? words, ClockReading now)
    {
        if (words is null)
        {
            FinishEnded(0, Outcome.Unreachable, $"no answer to disable{WhySilent}");
        }
        else
        {
            _denied = words;
            if (MayBeHeld)
                Deny(Messages.Deployments.Hold.Asked);
            else
                AskStatus();
        }
    }

    protected override void OnOtherSilence(NodeRequest request, ClockReading now)
    {
        if (_denied is not null)
            Deny(Messages.Deployments.Hold.Asked);
        else
            FinishEnded(0, Outcome.Unreachable, $"no answer while waiting for it to become idle{WhySilent}");
    }

    protected override void OnOtherRefusal(NodeRequest request, string words, ClockReading now)
    {
        if (_denied is not null)
            Deny(Messages.Deployments.Hold.Asked);
        else
            FinishEnded(0, Outcome.Refused, words, cause: Causes.OfWords(words));
    }

    private void Deny(Hold hold) => FinishEnded(0, Outcome.Refused, _denied!, hold, Causes.OfWords(_denied!));
}
