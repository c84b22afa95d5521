using System.Globalization;
using Orchestrator.NodeAgent.Emulation.Scenarios;

namespace Orchestrator.NodeAgent.Emulation.Runs;

/// <summary>
/// What a run leaves behind: the summary and the log that real Puppet writes for its result. The numbers follow from the
/// facts, so that the begin that can be reckoned from them (<see cref="LastRun"/> less the total time) is the true one.
/// </summary>
public sealed class RunReport
{
    private const int LeastManaged = 1;

    // Puppet's own resources in every catalog: schedules and the filebucket.
    private const int OfPuppet = 7;

    private readonly RunFacts _facts;

    public RunReport(RunFacts facts)
    {
        _facts = facts;
        (Resources, Events) = Count(facts);
    }

    /// <summary>When it ended, whole epoch seconds by the node's clock.</summary>
    public long LastRun => (long)Math.Floor(_facts.WrittenAt);

    /// <summary>The catalog's version; null where none came.</summary>
    public string? ConfigVersion =>
        !_facts.HasCatalog ? null
        : _facts.Apply ? ((long)Math.Floor(_facts.LockedAt)).ToString(CultureInfo.InvariantCulture)
        : _facts.Settings.ConfigVersion;

    public PuppetVersion Puppet => _facts.Settings.Puppet;

    /// <summary>Who ran, in Puppet's words.</summary>
    public string RunMode => _facts.Apply ? "user" : "agent";

    public string InitialEnvironment => _facts.InitialEnvironment;

    /// <summary>The environment that the catalog came from; where none came, the one that the run began with.</summary>
    public string ConvergedEnvironment => _facts.CatalogCame ? _facts.ConvergedEnvironment : _facts.InitialEnvironment;

    public ReportedResources Resources { get; }
    public (int Success, int Failure, int Noop) Events { get; }

    /// <summary>Resources of the agent's catalog that are not Puppet's own; null where none came.</summary>
    public int? ManagedResources => _facts.HasCatalog && !_facts.Apply ? Math.Max(_facts.Settings.Resources - OfPuppet, LeastManaged) : null;

    /// <summary>Puppet's times, seconds by name, in the order of the summary (without <c>last_run</c>).</summary>
    public IReadOnlyList<KeyValuePair<string, double>> Times => TimesOf(_facts);

    /// <summary>One of the times; null where the summary lacks it.</summary>
    public double? Time(string name)
    {
        foreach (var (key, seconds) in Times)
        {
            if (key == name) return seconds;
        }
        return null;
    }

    /// <summary>The log, in order of time.</summary>
    public IReadOnlyList<ReportLine> Lines() => PuppetLog.Write(_facts, Resources, Time("catalog_application") ?? _facts.LockedSeconds);

    private static (ReportedResources, (int, int, int)) Count(RunFacts facts)
    {
        var settings = facts.Settings;
        if (!facts.HasCatalog) return (default, default);
        if (facts.Result == RunResult.DependencyCycle)
        {
            var inCycle = Math.Max(2, settings.Failed ?? 0);
            return (new ReportedResources(inCycle, 0, inCycle, 0, inCycle, 0, 0), (0, inCycle, 0));
        }
        // Only what was looked at before the signal is counted, and the resource that it met.
        if (facts.IsCutShort)
        {
            var done = facts.Result == RunResult.Interrupted ? settings.Changed : 0;
            var total = EvaluatedBeforeTheSignal(facts) + 1;
            return facts.OnlyReports
                ? (new ReportedResources(total, 0, 0, 0, done, 0, 0, Scheduled: 1), (0, 0, done))
                : (new ReportedResources(total, done, 0, 0, done, 0, 0, Scheduled: 1), (done, 0, 0));
        }
        var corrective = facts.Result == RunResult.CachedCatalog;
        var changes = facts.Result == RunResult.NoChange || settings.Resources == 0 ? 0 : settings.Changed;
        if (facts.OnlyReports)
        {
            // Puppet set to noop by its own configuration is seen by its noop events alone, so there is one at least.
            var would = facts.Result == RunResult.NoopConfigured ? Math.Max(1, changes) : changes;
            return (new ReportedResources(Total(facts, would), 0, 0, 0, would, 0, Skipped(facts, would)), (0, 0, would));
        }
        var failed = Failed(facts);
        var restart = facts.Result == RunResult.FailedRestart ? failed : 0;
        var resources = new ReportedResources(
            Total(facts, changes + failed), changes, failed, restart, changes + failed, corrective ? changes : 0, Skipped(facts, changes + failed));
        return (resources, (changes, failed, 0));
    }

    private static int Failed(RunFacts facts)
    {
        static bool Fails(RunResult result) => result is RunResult.FailedResources or RunResult.FailedRestart or RunResult.DependencyCycle;
        var asked = facts.Settings.Failed ?? 0;
        if (Fails(facts.Result)) return Math.Max(1, asked);
        // A number of the summary by itself, unless it belongs to the failing runs of a list.
        return facts.Settings.Results.Any(Fails) ? 0 : asked;
    }

    private static int Skipped(RunFacts facts, int touched)
    {
        var rest = Math.Max(0, Catalog(facts, touched) - touched);
        // Tags leave out all that they do not name, Puppet's own schedules and filebucket too.
        if (!facts.Full) return Math.Max(1, rest);
        return Math.Max(facts.SkippedBySchedule, Math.Min(BehindFailure(facts), rest));
    }

    private static int BehindFailure(RunFacts facts) => facts.Result == RunResult.FailedResources && !facts.OnlyReports ? 1 : 0;

    /// <summary>Resources in the catalog: an apply's manifest has no more than what it touches, and Puppet's own.</summary>
    private static int Catalog(RunFacts facts, int touched) =>
        facts.Apply ? OfPuppet + Math.Max(LeastManaged, touched + BehindFailure(facts)) : facts.Settings.Resources;

    private static int Total(RunFacts facts, int touched) => Math.Max(Catalog(facts, touched), touched + Skipped(facts, touched));

    private static int EvaluatedBeforeTheSignal(RunFacts facts) => facts.Result == RunResult.Interrupted ? facts.Settings.Changed : 1;

    /// <summary>Whether a resource of the site is evaluated at all, which is then a file.</summary>
    private static bool LooksAtFiles(RunFacts facts)
    {
        if (facts.IsCutShort) return EvaluatedBeforeTheSignal(facts) > 0;
        if (!facts.AppliedToTheEnd) return false;
        var (resources, _) = Count(facts);
        if (resources.OutOfSync > 0) return true;
        // The schedule that skips them is a resource too.
        return facts.Full && (resources.Skipped == 0 || resources.Total - OfPuppet - 1 > resources.Skipped);
    }

    private static List<KeyValuePair<string, double>> TimesOf(RunFacts facts)
    {
        var locked = facts.LockedSeconds;
        var times = new List<KeyValuePair<string, double>>(14);
        void Add(string name, double seconds) => times.Add(new(name, Math.Round(seconds, 9)));
        var applied = facts.Apply ? locked * 0.999 : locked * 0.85;
        var retrieval = facts.Result == RunResult.CachedCatalog ? locked * 0.0003 : locked * 0.03;
        if (!facts.Settings.Puppet.TimesWholeRun)
        {
            // Old agents add up what their resources took: the total does not reach back to the begin, and nothing tells the end.
            if (facts.HasCatalog) Add("config_retrieval", retrieval);
            if (facts.HasCatalog) Add("file", applied * 0.9);
            Add("total", facts.HasCatalog ? retrieval + (applied * 0.9) : 0);
            return times;
        }
        if (facts.AppliedToTheEnd) Add("catalog_application", applied);
        if (facts.HasCatalog) Add("config_retrieval", retrieval);
        if (facts.CatalogCame && !facts.Apply) Add("convert_catalog", locked * 0.002);
        if (!facts.Apply) Add("fact_generation", locked * 0.08);
        if (LooksAtFiles(facts)) Add("file", applied * 0.9);
        if (facts.AppliedToTheEnd && facts.Full) Add("filebucket", locked * 0.00001);
        if (!facts.Apply) Add("plugin_sync", locked * 0.01);
        if (facts.AppliedToTheEnd && facts.Full) Add("schedule", locked * 0.00005);
        if (!facts.Apply) Add("startup_time", ((facts.Seconds - locked) * 0.4) + (locked * 0.01));
        Add("total", facts.Seconds);
        if (facts.AppliedToTheEnd) Add("transaction_evaluation", applied * 0.999);
        return times;
    }
}

/// <summary>A line of a run's log. <paramref name="Time"/>: whole epoch seconds by the node's clock.</summary>
public readonly record struct ReportLine(long Time, string Level, string Source, string Message);
