using Orchestrator.Domain.Runs;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes.Running;

/// <summary>
/// The node is enabled and watched: a run to decide a doubt is asked for once whoever was launched before the enable must have shown himself.
/// </summary>
internal sealed class WatchingBeforeRun(RunWork run, ClockReading enabledAt) : RunPhase(run)
{
    public override void OnStatus(NodeStatus status, ClockReading now)
    {
        var left = enabledAt.Monotonic + Context.StartupTime - now.Monotonic;
        if (Context.IsDisabledByAnother(status))
            Run.EndUnasked(Outcome.RefusedDisabled, status.DisableMessage, Hold.None);
        else if (status.Applying)
            HoldForAnother(now);
        else if (Run.Judging.HasLastRunMoved && !Run.Judging.IsPassedOver(status))
            Run.Ask(new NodeRequest.LastRunSummary(Logs: false));
        else if (left <= TimeSpan.Zero)
            Run.Enter(new RequestingRun(Run), now);
        else
            Run.Wake(Context.PollInterval.Next(Context.StartupTime - left) is var pause && pause < left ? pause : left);
    }

    /// <summary>The summary of a run that has just ended there: puppet apply's is nobody at the locks.</summary>
    public override void OnAnswer(NodeReply reply, ClockReading now)
    {
        var summary = ((SummaryReply)reply).Summary;
        if (RunJudge.IsApply(summary) && (Run.Judging.Matches(summary) || Run.Judging.MayStillMatch()))
        {
            Run.Judging.PassOver(summary.LastRun, "");
            Run.AskStatus();
        }
        else
        {
            HoldForAnother(now);
        }
    }

    public override void OnSilence(NodeRequest request, ClockReading now) =>
        Run.Hold(now, _ => Run.EndUnasked(Outcome.Unreachable, "no answer while it was being watched, before runonce", Run.OurHold.State));

    public override void OnRefusal(NodeRequest request, string words, ClockReading now) =>
        Run.Hold(now, _ => Run.EndUnasked(Outcome.Refused, words, Run.OurHold.State, Causes.OfWords(words)));

    private void HoldForAnother(ClockReading now) =>
        Run.Hold(now, _ => Run.EndDisplaced("another Puppet run started while the node was watched, before ours was requested"));
}
