using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Runs;

/// <summary>A proof that lacks, what it makes of the run, and the number or line that shows it.</summary>
/// <param name="Proof">1 to 8, as docs/proofs.md counts them.</param>
/// <param name="Outcome">What the run is called if this is the first thing wrong with it.</param>
internal readonly record struct Finding(int Proof, Outcome Outcome, string Message);

/// <summary>
/// The proofs 2 to 8 on one finished run: each yields what lacks, nothing where it holds. What only cannot be known (a count that is missing, a log that
/// cannot be had) is unproven and never called by a failure's name.
/// </summary>
internal sealed class RunProofs
{
    /// <summary>
    /// How much earlier than asked for our run may seem to begin, seconds. Only <c>lastrun</c> is cut on the side that makes a begin too early, by less than
    /// a second; <c>time.total</c> counts from a moment after the agent's launch, and <c>initiated_at</c> is the second in which it was launched.
    /// </summary>
    private const double Rounding = 1;

    private readonly RunQuestion question;
    private readonly RunSummary summary;

    public RunProofs(RunQuestion question, RunSummary summary)
    {
        (this.question, this.summary) = (question, summary);
        Log = new LogReading(summary.Logs, BeginIsKnown ? summary.LastRun - summary.TimeTotal!.Value : RunJudge.AskedAt(question), summary.LastRun);
        Deviation = DeviationOf();
    }

    public LogReading Log { get; }

    /// <summary>What it shows that was not asked of it; null for nothing.</summary>
    public RunDeviation? Deviation { get; }

    /// <summary>An agent's, not <c>puppet apply</c>'s.</summary>
    public bool IsAgents => !RunJudge.IsApply(summary);

    /// <summary>Resources in the catalog: the lower of the two counts where the summary has both and they differ.</summary>
    public int? TotalResources => summary.TotalResources is { } all && summary.Resources.Total is { } inner
        ? Math.Min(all, inner)
        : summary.TotalResources ?? summary.Resources.Total;

    /// <summary>The begin can be told where the agent's times reach back to it and the clock that made them stood still.</summary>
    private bool BeginIsKnown => summary.TimeTotal is >= 0 && PuppetVersions.TimesTellTheRun(summary.PuppetVersion) && !question.ClockStepped;

    public IEnumerable<Finding> Findings() =>
        [.. IsOurs(), .. CatalogCame(), .. WasAppliedToItsEnd(), .. NothingFailed(), .. WasReal(), .. WasInEnvironment(), .. HasLog()];

    /// <summary>
    /// Another's run that stands in for ours: full, and begun after our enable. Its begin is known only to the second that <c>lastrun</c> cuts off, so
    /// a begin less than a second before the node's time at the enable may have been after it.
    /// </summary>
    public bool StandsInForOurs =>
        BeginIsKnown
        && IsAgents
        && Deviation is null
        && summary.InitialEnvironment is not null
        && !BeganElsewhere
        && SecondsBegunBefore(question.NodeTimeBefore) < 1
        && summary.Resources.Skipped == 0
        && summary.Events.Noop is null or 0;

    /// <summary>Whether something shows that it cannot be ours, rather than that it may not be.</summary>
    public bool IsSurelyAnothers => question.AnothersRun || !IsAgents || BeganElsewhere || BeganTooEarly;

    private bool BeganTooEarly => BeginIsKnown && !(SecondsBegunBefore(RunJudge.AskedAt(question)) <= Rounding);

    /// <summary>Proof 2: an agent's run, begun not earlier than it was asked for, in the environment and of the kind that was asked for.</summary>
    private IEnumerable<Finding> IsOurs() => [.. BeganWhenAsked(), .. IsOfOurKind()];

    private IEnumerable<Finding> IsOfOurKind()
    {
        if (!IsAgents)
            yield return new(2, Outcome.FailedDisplaced, "the summary is from puppet apply, not from an agent run");
        if (BeganElsewhere)
        {
            yield return new(2, Outcome.FailedDisplaced,
                $"this is another Puppet run: it started in environment '{summary.InitialEnvironment}', but ours was requested in '{question.RunEnvironment}'");
        }
        if (Deviation is { } deviation && question.Habit?.Explains(deviation) != true && question.Doubt?.Explains(deviation) != true)
            yield return new(2, Outcome.FailedDisplaced, $"this may be another Puppet run: {string.Join("; ", WordsOf(deviation))}");
        if (summary.Resources.Skipped is null && !question.Tagged)
        {
            yield return Unproven(
                2, "the summary does not say whether resources were skipped (resources.skipped): this may be another Puppet run, restricted by tags");
        }
    }

    private bool BeganElsewhere => question.RunEnvironment is { } asked && summary.InitialEnvironment is { } begun && begun != asked;

    /// <summary>
    /// A run of ours skips nothing but what depends on a failed resource, which the log names one by one; begins in the node's own environment, which nobody
    /// knows beforehand; and is as real as was asked for.
    /// </summary>
    private RunDeviation? DeviationOf()
    {
        var hasFailed = summary.Resources.Failed > 0 || summary.Resources.FailedToRestart > 0;
        var explained = !hasFailed ? 0 : Log.Unusable is null ? Log.SkippedByDependencies : int.MaxValue;
        var skipped = !question.Tagged && summary.Resources.Skipped > explained ? summary.Resources.Skipped.Value - explained : 0;
        var environment = question.RunEnvironment is null && summary.InitialEnvironment != question.PlanEnvironment ? summary.InitialEnvironment : null;
        var (noop, success) = (summary.Events.Noop ?? 0, summary.Events.Success ?? 0);
        var isOtherKind = question.Noop ? success > 0 && noop == 0 : noop > 0 && success == 0;
        return skipped > 0 || environment is not null || isOtherKind
            ? new RunDeviation(skipped, environment, isOtherKind, Mixed: !question.Noop && noop > 0 && success > 0) : null;
    }

    private IEnumerable<string> WordsOf(RunDeviation deviation)
    {
        if (deviation.Skipped > 0)
            yield return $"it skipped {deviation.Skipped}{OfTotal} resources, because of tags or the node's schedules";
        if (deviation.Environment is { } environment)
            yield return $"it started in the environment '{environment}', but the plan's is '{question.PlanEnvironment}'";
        if (deviation.Noop)
        {
            yield return question.Noop
                ? "it changed resources although noop was requested"
                : "it was a noop run: somebody else started it, or Puppet is set to noop there";
        }
    }

    private IEnumerable<Finding> BeganWhenAsked()
    {
        if (question.AnothersRun)
        {
            yield return new(2, Outcome.FailedDisplaced, "another Puppet run was in progress when ours was requested");
        }
        else if (question.ClockStepped)
        {
            yield return Unproven(2, question.OurClockMayHaveStepped
                ? "the node's clock or this host's jumped during the run: the node's times prove nothing"
                : "the node's clock jumped during the run: its times prove nothing");
        }
        else if (!PuppetVersions.TimesTellTheRun(summary.PuppetVersion))
        {
            yield return Unproven(2, summary.PuppetVersion is { } version
                ? $"Puppet {version} does not report when its run started; 5.5 and later do"
                : "the summary does not say which Puppet ran, so its times prove nothing");
        }
        else if (!BeginIsKnown)
        {
            yield return Unproven(2, "the summary does not say how long the run took (time.total)");
        }
        else if (BeganTooEarly)
        {
            yield return new(2, Outcome.FailedDisplaced,
                $"this is another Puppet run: it started {Seconds(SecondsBegunBefore(RunJudge.AskedAt(question)))} before ours was requested");
        }
    }

    /// <summary>Proof 3: a catalog came, and from the server.</summary>
    private IEnumerable<Finding> CatalogCame()
    {
        var isSkipped = Log.Line(LogMeaning.NoCatalog) is not null;
        if (summary.ConfigVersion is null || TotalResources is <= 0 || isSkipped)
        {
            var why = Log.Text(LogMeaning.PrerunFailed, LogMeaning.ServerGaveNoCatalog, LogMeaning.NoCatalog) ?? (summary.ConfigVersion, TotalResources) switch
            {
                (null, <= 0) => "the summary has neither a config version nor resources",
                (null, _) => "the summary has no config version",
                _ => "the catalog has no resources",
            };
            yield return new(3, Outcome.FailedNoCatalog, $"there was no catalog: {why}");
            yield break;
        }
        if (TotalResources is null)
            yield return Unproven(3, "the summary does not say how many resources the catalog has");
        if (!question.AllowCachedCatalog && Log.Text(LogMeaning.ServerGaveNoCatalog, LogMeaning.CachedCatalog) is { } cached)
            yield return new(3, Outcome.FailedCachedCatalog, $"a cached catalog was applied: {cached}");
    }

    /// <summary>Proof 4: it was applied to its end, hooks included.</summary>
    private IEnumerable<Finding> WasAppliedToItsEnd()
    {
        if (Log.Text(LogMeaning.ApplyFailed) is { } brokenOff)
            yield return new(4, Outcome.FailedInterrupted, brokenOff);
        if (summary.CatalogApplication is null)
        {
            yield return PuppetVersions.TimesTellTheRun(summary.PuppetVersion)
                ? new(4, Outcome.FailedInterrupted, "the catalog was not applied completely: the summary has no time.catalog_application")
                : Unproven(4, "the summary does not say that the catalog was applied completely (time.catalog_application)");
        }
        if (Log.Text(LogMeaning.GenerateFailed) is { } generate)
            yield return new(4, Outcome.FailedGenerate, generate);
        if (Log.Text(LogMeaning.PrerunFailed) is { } prerun)
            yield return new(4, Outcome.FailedNoCatalog, prerun);
        if (Log.Text(LogMeaning.PostrunFailed) is { } postrun)
            yield return new(4, Outcome.FailedPostrun, postrun);
    }

    /// <summary>Proof 5: no resource, restart or event failed.</summary>
    private IEnumerable<Finding> NothingFailed()
    {
        var (failed, restarts, events) = (summary.Resources.Failed, summary.Resources.FailedToRestart, summary.Events.Failure);
        var what = failed > 0 ? $"{failed}{OfTotal} resources failed"
            : restarts > 0 ? $"{restarts}{OfTotal} resources failed to restart"
            : events is > 0 and var failures ? $"{Phrases.Count(failures, "event")} failed"
            : null;
        if (what is not null)
        {
            yield return new(5, Outcome.FailedResources, Log.FirstError is { } line ? $"{what}: {line}" : what);
        }
        else if (failed is null || restarts is null || events is null)
        {
            var missing = failed is null ? "resources.failed" : restarts is null ? "resources.failed_to_restart" : "events.failure";
            yield return Unproven(5, $"the summary does not say whether something failed ({missing})");
        }
    }

    /// <summary>Proof 6: it was real, unless noop was asked for.</summary>
    private IEnumerable<Finding> WasReal()
    {
        var hadRealEventsBefore = question.Habit is { Mixed: true } || question.Doubt is { Mixed: true };
        if (!question.Noop && !hadRealEventsBefore && summary.Events.Noop > 0 && summary.Events.Success is null or 0)
        {
            yield return new(6, Outcome.FailedNoopRun, question.NoopOverridden
                ? $"all events were noop ({summary.Events.Noop}) although noop=false was sent: the resources themselves are set to noop"
                : $"all events were noop ({summary.Events.Noop}): Puppet is set to noop in its own configuration");
        }
    }

    /// <summary>Proof 7: it was the environment asked for.</summary>
    private IEnumerable<Finding> WasInEnvironment()
    {
        if (question.RunEnvironment is not { } asked)
            yield break;
        if (summary.ConvergedEnvironment is { } converged)
        {
            if (converged != asked)
            {
                yield return new(7, Outcome.FailedOtherEnvironment,
                    $"the run's environment was '{converged}', not '{asked}'{(Log.Text(LogMeaning.NoSuchEnvironment) is { } why ? $": {why}" : "")}");
            }
        }
        else if (Log.Text(LogMeaning.NoSuchEnvironment, LogMeaning.OtherEnvironment) is { } other)
        {
            yield return new(7, Outcome.FailedOtherEnvironment, $"the run's environment was not '{asked}': {other}");
        }
        else if (Log.Unusable is { } why)
        {
            yield return Unproven(7, $"it is not known whether the run's environment was '{asked}': the summary does not say, and {why}");
        }
    }

    /// <summary>Proof 8: a log that is this run's and is understood.</summary>
    private IEnumerable<Finding> HasLog()
    {
        if (Log.Unusable is { } why && !question.AcceptWithoutLog)
            yield return Unproven(8, why);
    }

    /// <summary>
    /// How much earlier than a moment the run began (<c>lastrun</c> minus <c>time.total</c>), below 0 where later. Whole seconds are subtracted from
    /// each other first, so that nothing of the fraction is lost.
    /// </summary>
    private double SecondsBegunBefore(double moment) => summary.TimeTotal!.Value - (summary.LastRun - moment);

    private string OfTotal => TotalResources is { } total ? $" of {total}" : "";

    private static Finding Unproven(int proof, string message) => new(proof, Outcome.FailedUnproven, message);

    private static string Seconds(double seconds) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{seconds:0.###}s");
}
