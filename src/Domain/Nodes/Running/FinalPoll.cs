using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;
using Orchestrator.Messages;

namespace Orchestrator.Domain.Nodes.Running;

/// <summary>The node is held again and read once more: what has not begun will not begin.</summary>
/// <param name="isSkipped">Whether the node was found disabled by us while the run was to begin, so that it was skipped.</param>
internal sealed class FinalPoll(RunWork run, bool isSkipped) : RunPhase(run)
{
    public override void OnStatus(NodeStatus status, ClockReading now)
    {
        var judging = Run.Judging;
        if (status.Applying || judging.HasEnded(status))
            Run.Watching.Continue(status, now);
        else if (!Run.OurHold.IsHeld)
            Run.Hold(now, OnBegin);
        else if (judging.IsPassedOver(status))
            Run.EndDisplaced(judging.PassedOverWords);
        else if (Run.Began && judging.IsAnothers)
            Run.EndDisplaced("it ended without writing a summary");
        else if (judging.HasLastRunMoved)
            // It cannot be told from ours, nor shown to be it: its clock went back by less than what counts as a step.
            Run.End(Outcome.FailedUnproven, "a run ended there, but by the node's own clock before ours was requested: its times prove nothing");
        else if (Run.Began)
            Run.End(Outcome.FailedRunDied, "the run was seen applying, then disappeared, and lastrun has not changed");
        else if (judging.InitiatedAt is null)
            Run.Finish(new NodeFact.Untraced(Context.Node, Run.Number, Run.OurHold.State));
        else if (isSkipped && Run.OurHold.State != Hold.None)
            Run.EndDisplaced("our own disable, repeated late, took effect after the enable, so the run was skipped");
        else
            EndNotStarted();
    }

    private void EndNotStarted()
    {
        var words = Run.OurHold.Words;
        Run.End(
            Outcome.FailedDidNotStart,
            $"it accepted the request, but no run started within {Durations.Text(Context.Options.StartTimeout)}{(words.Length > 0 ? $"; {words}" : "")}",
            Run.OurHold.State == Hold.None ? Cause.DisabledMeanwhile : null);
    }
}
