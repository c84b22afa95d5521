using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Runs;

/// <summary>
/// Says what became of a run, from what was asked for and what the node said: succeeded only where every proof of docs/proofs.md holds. All times
/// are the node's own; none is ever compared with ours. Pure, and total: odd numbers make a run unproven, never an exception.
/// </summary>
public static class RunJudge
{
    /// <summary>Where several proofs lack, the first of these outcomes names the run.</summary>
    private static readonly ImmutableArray<Outcome> Order =
    [
        Outcome.FailedDisplaced, Outcome.FailedNoCatalog, Outcome.FailedCachedCatalog, Outcome.FailedResources, Outcome.FailedInterrupted,
        Outcome.FailedGenerate, Outcome.FailedPostrun, Outcome.FailedNoopRun, Outcome.FailedOtherEnvironment, Outcome.FailedUnproven,
    ];

    /// <summary>
    /// True where a run has ended since ours was asked for: the node is idle, and its <c>lastrun</c> differs from before and is not earlier
    /// than the moment of asking. Nodes cut these times to whole seconds, some plugins do not, so both are compared by the second: a run that ends
    /// in the very second in which it was asked for is fresh. Where the clock stepped, only the difference counts.
    /// </summary>
    public static bool IsFresh(RunQuestion question, NodeStatus status) => NotFresh(question, status) is null;

    /// <summary>True where the summary is of the run that the status speaks of; otherwise read both again.</summary>
    public static bool Matches(NodeStatus status, RunSummary summary) => status.LastRun == summary.LastRun;

    /// <summary>
    /// True where <c>puppet apply</c> wrote the summary, which takes no lock. Before 6.25 and 7.10 the mode is not told; then its times show it, because an
    /// agent has always told how long it gathered facts for, and an apply never does.
    /// </summary>
    public static bool IsApply(RunSummary summary) => summary.RunMode is { } mode
        ? mode != "agent"
        : !summary.IsTimedAsAgent && PuppetVersions.TimesTellTheRun(summary.PuppetVersion);

    /// <summary>
    /// Judges one run. Meant for a status that <see cref="IsFresh"/> and a summary that <see cref="Matches"/>; where either is not so, proof 1 lacks, the
    /// run is unproven, and nothing else is read out of a summary that is not this run's.
    /// </summary>
    /// <param name="question">What was asked for, and what the node said before.</param>
    public static Verdict Judge(RunQuestion question, NodeStatus after, RunSummary summary)
    {
        if (NotFresh(question, after) is { } notFresh)
            return NotSeen(isOurs: false, notFresh);
        if (!Matches(after, summary))
            return NotSeen(isOurs: true, "the summary and the status are from different runs: lastrun differs");
        var proofs = new RunProofs(question, summary);
        var findings = proofs.Findings().ToList();
        var isOurs = !findings.Exists(f => f.Outcome == Outcome.FailedDisplaced);
        var standsIn = !isOurs && findings.Count == 1 && proofs.StandsInForOurs;
        if (standsIn)
            findings.Clear();
        var decisive = findings.OrderBy(f => Order.IndexOf(f.Outcome)).Cast<Finding?>().FirstOrDefault();

        return new Verdict(
            isOurs,
            CountsAsOurs: isOurs || standsIn,
            decisive?.Outcome ?? Outcome.Succeeded,
            Lacking: [.. findings.Select(f => f.Proof).Distinct().Order()],
            summary.Resources.Changed,
            question.Noop ? WouldChange(summary) : null,
            decisive?.Message ?? Success(question, summary, proofs.TotalResources),
            proofs.Log.ErrorLines,
            [.. Warnings(question, summary, proofs.Log, standsIn)],
            proofs.Log.Changes,
            proofs.IsSurelyAnothers ? null : proofs.Deviation,
            IsApply: !isOurs && !proofs.IsAgents,
            CauseOf(decisive?.Outcome, question, summary, proofs.Log),
            summary.ConvergedEnvironment ?? ChosenEnvironment(proofs.Log));
    }

    private static Cause? CauseOf(Outcome? outcome, RunQuestion question, RunSummary summary, LogReading log) => outcome switch
    {
        null or Outcome.FailedDisplaced => null,
        // Whatever else went wrong in the environment that the server chose in its place.
        _ when question.RunEnvironment is { } asked && summary.ConvergedEnvironment != asked && log.Line(LogMeaning.NoSuchEnvironment) is not null =>
            Cause.NoSuchEnvironment,
        Outcome.FailedInterrupted when log.Line(LogMeaning.Signalled) is not null => Cause.Signal,
        Outcome.FailedInterrupted when log.Line(LogMeaning.TimedOut) is not null => Cause.Runtimeout,
        _ => null,
    };

    private static string? ChosenEnvironment(LogReading log) => log.Line(LogMeaning.OtherEnvironment) is { } line ? RunLog.ChosenEnvironment(line) : null;

    /// <summary>The moment of asking by the node's clock; a runonce that was not taken says 0.</summary>
    internal static double AskedAt(RunQuestion question) => question.InitiatedAt is { } at and > 0 ? at : question.NodeTimeBefore;

    private static string? NotFresh(RunQuestion question, NodeStatus status)
    {
        if (status.Applying)
            return "the node is still applying a catalog";
        if (status.LastRun == question.LastRunBefore || !(status.LastRun > 0))
            return "no run has finished since ours was requested: lastrun has not changed";
        return question.ClockStepped || Math.Floor(status.LastRun) >= Math.Floor(AskedAt(question))
            ? null
            : "the node's last run finished before ours was requested";
    }

    private static Verdict NotSeen(bool isOurs, string why) => new(isOurs, CountsAsOurs: isOurs, Outcome.FailedUnproven, [1], null, null, why, [], []);

    /// <summary>Resources out of sync that were left so; where they are not counted, the noop events.</summary>
    private static int? WouldChange(RunSummary summary) =>
        summary.Resources.OutOfSync is { } outOfSync ? Math.Max(0, outOfSync - (summary.Resources.Changed ?? 0)) : summary.Events.Noop;

    private static string Success(RunQuestion question, RunSummary summary, int? total)
    {
        var (verb, count) = question.Noop ? ("would change", WouldChange(summary)) : ("changed", summary.Resources.Changed);
        return count switch
        {
            null => "the catalog was applied",
            0 => question.Noop ? "would change nothing" : "no change",
            _ => $"{verb} {count} of {total} resources",
        };
    }

    private static IEnumerable<string> Warnings(RunQuestion question, RunSummary summary, LogReading log, bool standsIn)
    {
        if (standsIn)
            yield return "another Puppet run took its place; it started after the node was enabled, was complete, and proves the same";
        if (log.Unusable is { } why && question.AcceptWithoutLog)
            yield return $"accepted without a log ({why}): a fallback to a cached catalog would go unnoticed";
        if (question.AllowCachedCatalog && log.Text(LogMeaning.ServerGaveNoCatalog, LogMeaning.CachedCatalog) is { } cached)
            yield return $"a cached catalog was applied, as allowed: {cached}";
        if (!question.Noop && summary.Events is { Noop: > 0 and var noop, Success: > 0 and var real })
            yield return $"{Phrases.Count(noop, "noop event")} and {Phrases.Count(real, "real event")}: some resources are set to noop";
        if (summary.Resources is { Skipped: > 0 and var skipped, Failed: null or 0, FailedToRestart: null or 0 })
        {
            yield return question.Tagged
                ? $"{Phrases.Count(skipped, "skipped resource")}: the run was restricted by tags"
                : $"{Phrases.Count(skipped, "skipped resource")} although none failed: two runs did so, so the node's own schedules are the cause";
        }
        if (question.Noop && summary.Resources.Changed is > 0 and var changed)
            yield return $"{Phrases.Count(changed, "changed resource")} although noop was requested";
        var chosen = summary.ConvergedEnvironment ?? ChosenEnvironment(log);
        if (question.RunEnvironment is null && chosen is not null && chosen != question.PlanEnvironment)
            yield return $"the run's environment was '{chosen}', but the plan's is '{question.PlanEnvironment}'";
    }
}
