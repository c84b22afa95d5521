using Orchestrator.Domain.Runs;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes.Running;

/// <summary>What the node's statuses and summaries say of the awaited run: whether one is over, whose it was, what became of it.</summary>
internal sealed class Judging(NodeContext context, NodeAssignment.Run run)
{
    /// <summary>How often status and summary may speak of different runs before the summary is judged as it is.</summary>
    private const int MostMismatches = 3;

    private readonly ClockWatch _clock = new(context, run.Request);
    private int _mismatches;

    /// <summary>The ends of runs that the node told of since the request, by its own clock.</summary>
    private readonly HashSet<double> _ends = [];

    /// <summary>What was said of a run before the node was held again behind it; null where nothing was.</summary>
    private (Verdict Verdict, RunSummary Summary)? _judged;

    /// <summary>The newest summary that is puppet apply's, by its lastrun, and what was said of it: ours may be on or on its way. Null for none.</summary>
    private (double LastRun, string Words)? _passedOver;

    /// <summary>When the node took the request, by its clock in epoch seconds; null where it did not say.</summary>
    public double? InitiatedAt { get; set; } = run.InitiatedAt;

    /// <summary>
    /// The run that is watched is another's for sure. After a restart that is only known where a run had been seen although the node had not taken our request:
    /// it was refused for that run, most likely, and where only its answer was lost the run counts if it is as good.
    /// </summary>
    public bool IsAnothers { get; set; } = !run.MayAsk && run.Began && run.InitiatedAt is null;

    /// <summary>The newest status; null before the first.</summary>
    public NodeStatus? Last { get; private set; }

    /// <summary>What the request is to decide; null where nothing is doubtful.</summary>
    public RunDeviation? Doubt => run.Doubt;

    public bool HasVerdict => _judged is not null;

    public bool HasLastRunMoved => Last!.LastRun != run.Request.LastRun;

    public string PassedOverWords => _passedOver!.Value.Words;

    public string? Environment => run.Request.Environment ?? context.Options.RunEnvironment;

    /// <summary>Whether the run would be asked for by a signal to the node's daemon.</summary>
    public bool IsSignalled => context.IsSignalled(run.Request.DaemonPresent);

    public void Observe(NodeStatus status, ClockReading askedAt, ClockReading now)
    {
        _clock.Observe(status, askedAt, now);
        Last = status;
        if (HasLastRunMoved && !IsPassedOver(status))
            _ends.Add(status.LastRun);
    }

    /// <summary>Whether a run has ended there that is to be judged.</summary>
    public bool HasEnded(NodeStatus status) => RunJudge.IsFresh(Question(), status) && !IsPassedOver(status);

    public bool IsPassedOver(NodeStatus status) => !status.Applying && status.LastRun == _passedOver?.LastRun;

    public void PassOver(double lastRun, string words)
    {
        _passedOver = (lastRun, words);
        _ends.Remove(lastRun);
    }

    /// <summary>Whether the node tells of no other run than the one that was judged already.</summary>
    public bool IsStillJudged(NodeStatus status) => !status.Applying && status.LastRun == _judged?.Summary.LastRun;

    /// <summary>Whether the summary is of the run that the newest status speaks of.</summary>
    public bool Matches(RunSummary summary) => RunJudge.Matches(Last!, summary);

    /// <summary>Whether it is worth reading both again where they do not match: not for ever.</summary>
    public bool MayStillMatch() => ++_mismatches <= MostMismatches;

    public Verdict Judge(RunSummary summary)
    {
        _mismatches = 0;
        context.LearnStartup(summary);
        return RunJudge.Judge(Question(), Last!, summary);
    }

    /// <summary>The verdict, until another run is judged in the place of this one.</summary>
    public void SetVerdict(Verdict verdict, RunSummary summary) => _judged = (verdict, summary);

    /// <summary>Drops the verdict, because an answer that it rests on may be forged.</summary>
    public void ForgetVerdict() => _judged = null;

    /// <summary>What to tell of the run that was judged last.</summary>
    public NodeFact Conclusion(HoldTracking hold)
    {
        var (verdict, summary) = _judged!.Value;
        context.JudgedLastRun = summary.LastRun;
        if (!verdict.CountsAsOurs)
            return new NodeFact.Displaced(context.Node, run.Request.Number, verdict.Message, hold.State, verdict.Deviation, hold.PersonsWords);
        if (hold.Words.Length > 0)
            verdict = verdict with { Warnings = verdict.Warnings.Add(hold.Words) };
        if (_ends.Count > 1)
        {
            verdict = verdict with
            {
                Warnings = verdict.Warnings.Add(
                    $"Puppet ran {_ends.Count} times there although one run was requested: somebody else started another, or sent the request once more"),
            };
        }
        return new NodeFact.Judged(
            context.Node, run.Request.Number, verdict, hold.State,
            verdict is { IsOurs: true, Outcome: Outcome.Succeeded } ? RunPolling.Took(InitiatedAt, summary.LastRun) : null,
            verdict.Deviation is { } deviation && run.Habit?.Explains(deviation) != true ? Doubt is { Mixed: true } doubt ? doubt : deviation : null,
            hold.PersonsWords);
    }

    private RunQuestion Question() => new(
        context.Options.Noop, Environment, context.PlanEnvironment, context.Options.AllowCachedCatalog, context.Options.AcceptWithoutLog,
        run.Request.LastRun, run.Request.NodeTime, InitiatedAt, _clock.Stepped)
    {
        OurClockMayHaveStepped = _clock.MayBeOurs,
        AnothersRun = IsAnothers,
        Tagged = context.Tags is not null,
        NoopOverridden = !IsSignalled && context.Options.OverrideNoop,
        Habit = run.Habit,
        // Without the node's word nobody knows whether it was watched to the end before ours was requested.
        Doubt = InitiatedAt is null ? null : Doubt,
    };
}
