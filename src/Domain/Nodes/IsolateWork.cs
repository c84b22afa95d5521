using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes;

/// <summary>Disables a node and waits until no run goes on there, at most until the idle deadline.</summary>
internal sealed class IsolateWork(NodeContext context, DateTimeOffset idleDeadlineAt) : HoldingWork(context)
{
    private TimeSpan _since;

    protected override DateTimeOffset? Deadline => idleDeadlineAt;

    protected override void OnBegin(Moment now)
    {
        _since = now.Monotonic;
        Hold(now);
    }

    protected override void OnHeld(Moment now)
    {
        Tell(new NodeFact.Held(Context.Node));
        AskStatus();
    }

    protected override void OnStatus(StatusReply reply, Moment askedAt, Moment now)
    {
        var status = reply.Status;
        if (!Context.IsOurs(status))
        {
            if (status.Enabled == false)
                OnHeldByOther(status.DisableMessage, now);
            else
            {
                Tell(new NodeFact.OutOfTurn(Context.Node, "somebody enabled it while it was to be held; it is disabled again"));
                Hold(now);
            }
        }
        else if (!status.Applying)
            Finish(new NodeFact.Idle(Context.Node));
        else if (now.Wall >= idleDeadlineAt)
            FinishEnded(0, Outcome.Refused, "a run goes on there and did not end by the idle deadline (or a lock was left by a dead process)", Messages.Deployments.Hold.Held);
        else
            Wake(Context.Pace.Next(now.Monotonic - _since));
    }

    protected override void OnWake(Moment now) => AskStatus();

    protected override void OnHeldByOther(string message, Moment now) => FinishEnded(0, Outcome.RefusedDisabled, message, Messages.Deployments.Hold.None);

    protected override void OnNotHeld(string? words, Moment now)
    {
        if (words is null)
            FinishEnded(0, Outcome.Unreachable, $"no answer to disable{WhySilent}");
        else
            FinishEnded(0, Outcome.Refused, words, MayBeHeld ? Messages.Deployments.Hold.Asked : Messages.Deployments.Hold.None);
    }

    protected override void OnOtherSilence(NodeRequest request, Moment now) => FinishEnded(0, Outcome.Unreachable, $"no answer while it was waited for to be idle{WhySilent}");

    protected override void OnOtherRefusal(NodeRequest request, string words, Moment now) => FinishEnded(0, Outcome.Refused, words);
}
