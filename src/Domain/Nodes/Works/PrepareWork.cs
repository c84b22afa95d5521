using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes.Works;

/// <summary>
/// Just before a node is enabled: sees that it carries our message and is idle, and reads its lastrun and clock, which the
/// proof of the coming run needs; a run that ended there meanwhile is told. Not before it has been disabled for so long that an agent launched before
/// has met the lock, and one that an earlier request of ours launched. A node found enabled or applying out of turn is held and waited for again.
/// </summary>
internal sealed class PrepareWork(NodeContext context, NodeAssignment.Prepare prepare) : HoldingWork(context)
{
    private readonly int number = prepare.Number;
    private readonly DateTimeOffset idleDeadlineAt = prepare.IdleDeadlineAt;
    private TimeSpan _since;
    private bool _told;

    protected override DateTimeOffset? Deadline => idleDeadlineAt;

    protected override void OnBegin(ClockReading now)
    {
        _since = now.Monotonic;
        var (settling, starting) = (prepare.SettledAt - now.Wall, Context.StartedBy - now.Monotonic);
        // However the host's clock is set meanwhile.
        if (settling > Context.Options.Settle)
            settling = Context.Options.Settle;
        var left = settling > starting ? settling : starting;
        if (left <= TimeSpan.Zero)
            AskStatus();
        else
            Wake(left);
    }

    protected override void OnStatus(StatusReply reply, ClockReading askedAt, ClockReading now)
    {
        var status = reply.Status;
        if (status.Enabled == false && !Context.IsOurs(status))
        {
            OnHeldByOther(status.DisableMessage, now);
        }
        else if (status.Enabled != false)
        {
            TellOnce(status.Applying
                ? "it was found enabled, and a run is in progress there; it is disabled again"
                : "it was found enabled; it is disabled again");
            Hold(now);
        }
        else if (status.Applying)
        {
            TellOnce("a run is in progress there although it is held");
            if (now.Wall >= idleDeadlineAt)
                FinishEnded(number, Outcome.Refused, "another Puppet run was in progress there and did not end by the idle deadline", cause: Cause.NotIdle);
            else
                Wake(Context.PollInterval.Next(now.Monotonic - _since));
        }
        else if (Context.Clock.WhyExpired(now) is { } why)
        {
            FinishEnded(number, Outcome.RefusedClock, why);
        }
        else if (status.NodeTime is not { } nodeTime)
        {
            FinishEnded(number, Outcome.Refused, "it did not say when its last run was, so ours could not be told apart");
        }
        else
        {
            Context.Baseline = (nodeTime, askedAt, now);
            if (prepare.LastRun is { } known && known != status.LastRun)
                Tell(new NodeFact.RanUnasked(Context.Node, status.LastRun, Unasked(status.LastRun)));
            Conclude(new NodeFact.Ready(Context.Node, status.LastRun, nodeTime, status.DaemonPresent));
        }
    }

    protected override void OnWake(ClockReading now) => AskStatus();

    protected override void OnHeld(ClockReading now)
    {
        if (Context.Options.Settle > TimeSpan.Zero)
            Wake(Context.Options.Settle);
        else
            AskStatus();
    }

    protected override void OnHeldByOther(string message, ClockReading now) => FinishDisabled(number, message);

    protected override void OnNotHeld(string? words, ClockReading now)
    {
        if (words is null)
            FinishEnded(number, Outcome.Unreachable, $"no answer to disable, before runonce{WhySilent}", Messages.Deployments.Hold.Asked);
        else
            FinishEnded(number, Outcome.Refused, words, Messages.Deployments.Hold.NotHeld);
    }

    protected override void OnOtherSilence(NodeRequest request, ClockReading now) =>
        FinishEnded(number, Outcome.Unreachable, $"no answer before runonce{WhySilent}");

    protected override void OnOtherRefusal(NodeRequest request, string words, ClockReading now) => FinishEnded(number, Outcome.Refused, words);

    /// <summary>Of a journal that is an older copy it may be this deployment's own: the proof of the coming run begins after it.</summary>
    private static string Unasked(double lastRun) => lastRun > 0
        ? "a Puppet run that this deployment did not ask for ended there while it was held"
        : "its record of its last Puppet run disappeared while it was held: it was reinstalled, or its state was deleted";

    private void TellOnce(string message)
    {
        if (!_told)
            Tell(new NodeFact.OutOfTurn(Context.Node, message));
        _told = true;
    }
}
