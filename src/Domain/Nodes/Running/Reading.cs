using System.Globalization;
using Orchestrator.Domain.Runs;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes.Running;

/// <summary>A run has ended, and its summary is read to judge it by.</summary>
internal sealed class Reading(RunWork run) : RunPhase(run)
{
    /// <summary>Why the log could not be had; null where it is still asked for.</summary>
    private string? _withoutLog;
    private Cause? _withoutLogCause;

    public override void OnBegin(ClockReading now) => Run.Ask(new NodeRequest.LastRunSummary(Logs: _withoutLog is null));

    public override void OnAnswer(NodeReply reply, ClockReading now)
    {
        var summary = ((SummaryReply)reply).Summary;
        if (!Run.Judging.Matches(summary) && Run.Judging.MayStillMatch())
            Run.Watching.ContinueLater(now);
        else
            Judge(Run.Judging.Judge(summary), summary, now);
    }

    public override void OnSilence(NodeRequest request, ClockReading now)
    {
        if (_withoutLog is null)
        {
            AskWithoutLog($"no answer{LargestMessage}", Cause.LogUnanswered, now);
        }
        else
        {
            Run.Phase = Run.Watching;
            base.OnSilence(request, now);
        }
    }

    public override void OnRefusal(NodeRequest request, string words, ClockReading now)
    {
        if (_withoutLog is null)
            AskWithoutLog(words, null, now);
        else
            Run.Hold(now, _ => Run.End(Outcome.Refused, $"it ran, but its summary cannot be read: {words}", Causes.OfWords(words)));
    }

    public override void OnMalformed(NodeRequest request, string words, ClockReading now)
    {
        if (_withoutLog is null)
            AskWithoutLog(words, null, now);
        else
            Run.Hold(now, _ => Run.End(Outcome.FailedUnproven, $"it ran, but {words}", Causes.OfWords(words)));
    }

    /// <summary>A log can be too large for the broker, or more than the node's plugin can read: the rest of the summary may still be had.</summary>
    private void AskWithoutLog(string words, Cause? cause, ClockReading now)
    {
        (_withoutLog, _withoutLogCause) = ($"its log could not be fetched: {words}", cause);
        OnBegin(now);
    }

    private string LargestMessage => Context.LargestMessage is { } bytes
        ? string.Create(CultureInfo.InvariantCulture, $"; the broker accepts messages of at most {bytes / 1024} KiB (max_payload), and a longer log is dropped")
        : "";

    private void Judge(Verdict verdict, RunSummary summary, ClockReading now)
    {
        // On a node that is held and idle nothing will begin any more.
        if (verdict.IsApply && !Run.OurHold.IsHeld)
        {
            PassOver(summary.LastRun, verdict.Message, now);
            return;
        }
        if (!verdict.IsApply)
            Run.TellBegan();
        if (_withoutLog is not null)
        {
            verdict = verdict with
            {
                Warnings = verdict.Warnings.Add(_withoutLog),
                Cause = verdict.Outcome == Outcome.FailedUnproven ? _withoutLogCause : verdict.Cause,
            };
        }
        Run.Judging.SetVerdict(verdict, summary);
        if (Run.OurHold.IsHeld || !verdict.CountsAsOurs)
            Run.HoldAndConclude(now);
        else
            // Between the end of this run and the disable another may begin: then what comes of that is waited for.
            Run.Hold(now, then => Run.Enter(Run.Watching, then));
    }

    /// <summary>Puppet apply asks for no lock: ours may be on, may have been, or may be on its way.</summary>
    private void PassOver(double lastRun, string words, ClockReading now)
    {
        Run.Judging.PassOver(lastRun, words);
        if (Run.Refusal is not null && !Run.Began)
            Run.HoldAndRefuse(now);
        else
            Run.Watching.Continue(Run.Judging.Last!, now);
    }
}
