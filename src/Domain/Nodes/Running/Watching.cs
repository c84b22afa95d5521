using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes.Running;

/// <summary>The run is awaited, and its end; the node is held again behind it.</summary>
internal sealed class Watching(RunWork run) : RunPhase(run)
{
    /// <summary>New agents look at the disabled lock again right after they took the run lock: disabled earlier, the run skips in silence.</summary>
    private static readonly TimeSpan HoldAfter = TimeSpan.FromSeconds(1);

    private TimeSpan? _seenApplyingAt;
    private int _idleAfterBegin;

    /// <summary>When the node said that it took the request, by the monotonic clock; null where it did not, or not in this life of the host.</summary>
    public TimeSpan? AcceptedAt { get; set; }

    /// <summary>Goes on from a status that was just read.</summary>
    public void Continue(NodeStatus status, ClockReading now)
    {
        Run.Phase = this;
        OnStatus(status, now);
    }

    /// <summary>Goes on, a pause from now.</summary>
    public void ContinueLater(ClockReading now)
    {
        Run.Phase = this;
        Wait(now);
    }

    public override void OnStatus(NodeStatus status, ClockReading now)
    {
        if (Run.Judging.IsStillJudged(status) && Run.OurHold.IsHeld)
            Run.HoldAndConclude(now);
        else if (Run.Judging.IsStillJudged(status))
            Run.Hold(now, OnBegin);
        else if (status.Applying)
            OnApplying(now);
        else if (Run.Judging.HasEnded(status))
            // Not disabled before it is known whose run this was: ours may be on its way, and would skip in silence.
            Run.Enter(new Reading(Run), now);
        else if (Run.Began)
            OnGone(now);
        else if (now.Wall >= Run.Start.At(Run.Judging.InitiatedAt is not null))
            PollOnceMore(now);
        else if (Run.Judging.InitiatedAt is not null && Run.OurHold.IsHeldUnasked(status) && !MayStillStart(now))
            PollOnceMore(now, isSkipped: true);
        else
            Wait(now);
    }

    /// <summary>The summary of the run before, which tells when to expect the end of this one.</summary>
    public override void OnAnswer(NodeReply reply, ClockReading now)
    {
        if (Run.Polling.Learn(((SummaryReply)reply).Summary))
            WaitForEnd(now);
        else
            Run.AskStatus();
    }

    public override void OnSilence(NodeRequest request, ClockReading now)
    {
        if (request is NodeRequest.LastRunSummary)
            Run.AskStatus();
        else if (Run.Judging.HasVerdict && Run.OurHold.IsHeld)
            Run.HoldAndConclude(now);
        else
            base.OnSilence(request, now);
    }

    public override void OnRefusal(NodeRequest request, string words, ClockReading now)
    {
        if (request is NodeRequest.LastRunSummary)
            Run.AskStatus();
        else
            base.OnRefusal(request, words, now);
    }

    public override void OnWake(ClockReading now)
    {
        if (IsHoldDue(now))
            Run.Hold(now, OnBegin);
        else if (IsOursApplying && Run.Polling.NeedsRunBefore(now))
            Run.Ask(new NodeRequest.LastRunSummary(Logs: false));
        else
            Run.AskStatus();
    }

    protected override void Wait(ClockReading now) => Wait(_idleAfterBegin == 1 ? Run.Polling.ShortPause() : Run.Polling.Pause(now), now);

    /// <summary>What another's run takes nobody knows, nor when it began.</summary>
    private bool IsOursApplying => !Run.Judging.IsAnothers && Run.Judging.Last is { Applying: true };

    private void OnApplying(ClockReading now)
    {
        if (_seenApplyingAt is null && AcceptedAt is { } accepted)
            Context.LearnStartup(now.Monotonic - accepted);
        Run.TellBegan();
        _idleAfterBegin = 0;
        _seenApplyingAt ??= now.Monotonic;
        if (now.Wall >= Run.Request.RunDeadlineAt)
            EndUnfinished(now);
        else if (IsHoldDue(now))
            Run.Hold(now, WaitForEnd);
        else
            WaitForEnd(now);
    }

    /// <summary>At the run deadline a run goes on: ours, or another's that came after ours or kept it away.</summary>
    private void EndUnfinished(ClockReading now)
    {
        if (Run.Judging.HasVerdict)
            Run.HoldAndConclude(now);
        else if (Run.Judging.IsAnothers)
            Run.Hold(now, _ => Run.EndDisplaced("another Puppet run is still in progress at the run deadline"));
        else
            Run.Hold(now, _ => Run.End(Outcome.FailedDidNotFinish, "the run had not finished by the run deadline"));
    }

    /// <summary>A run was seen, and now there is neither a run nor a summary of it.</summary>
    private void OnGone(ClockReading now)
    {
        _seenApplyingAt = null;
        if (++_idleAfterBegin >= 2 && !MayStillStart(now))
            PollOnceMore(now);
        else
            Wait(now);
    }

    private void PollOnceMore(ClockReading now, bool isSkipped = false) => Run.Hold(now, then => Run.Enter(new FinalPoll(Run, isSkipped), then));

    /// <summary>Whether our request's agent may still have to look at the locks: who was seen may be another, and ours would skip on a disabled node.</summary>
    private bool MayStillStart(ClockReading now) => Run.Refusal is null && !Run.OurHold.IsHeld && now.Monotonic < Context.StartedBy;

    private bool IsHoldDue(ClockReading now) => LeftToHold(now) <= TimeSpan.Zero;

    private TimeSpan? LeftToHold(ClockReading now)
    {
        if (Run.OurHold.IsHeld || _seenApplyingAt is not { } seen || Run.Judging.Last is not { Applying: true })
            return null;
        var (left, starting) = (seen + HoldAfter - now.Monotonic, Context.StartedBy - now.Monotonic);
        return Run.Refusal is not null || left > starting ? left : starting;
    }

    private void WaitForEnd(ClockReading now) => Wait(IsOursApplying ? Run.Polling.PauseToEnd(now) : Run.Polling.Pause(now), now);

    private void Wait(TimeSpan next, ClockReading now) => Run.Wake(LeftToHold(now) is { } left && left < next ? left : next);
}
