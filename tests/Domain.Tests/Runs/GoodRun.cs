using Orchestrator.Domain.Runs;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Tests.Runs;

/// <summary>A run with all proofs, for tests that change one thing of it. It was asked for at 1000, began at 1001 and ended at 1021.5, cut to 1021.</summary>
internal static class GoodRun
{
    public const double AskedAt = 1000;
    public const double Begin = 1001;
    public const double End = 1021;

    public static readonly RunQuestion Question = new(
        Noop: false, RunEnvironment: null, PlanEnvironment: "production", AllowCachedCatalog: false, AcceptWithoutLog: false,
        LastRunBefore: 500, NodeTimeBefore: 999, InitiatedAt: AskedAt, ClockStepped: false);

    public static readonly NodeStatus Status = new(
        Applying: false, Idling: false, Enabled: false, DaemonPresent: false, LastRun: End, SinceLastRun: 1, DisableMessage: "held");

    public static readonly RunSummary Summary = new(
        LastRun: End, ConfigVersion: "v7", TotalResources: 40,
        new ResourceCounts(Total: 40, Changed: 2, Failed: 0, FailedToRestart: 0, OutOfSync: 2, Skipped: 0),
        new EventCounts(Total: 2, Success: 2, Failure: 0, Noop: null),
        TimeTotal: End - Begin, CatalogApplication: 15.5, PuppetVersion: "7.23.0",
        ConvergedEnvironment: "production", InitialEnvironment: "production", RunMode: "agent", IsTimedAsAgent: true,
        Logs:
        [
            new LogLine(1002, "info", "Puppet", "Using environment 'production'"),
            new LogLine(1003, "err", "Facter", "Permission denied @ rb_sysopen - /proc/1/environ"),
            new LogLine(1005, "info", "Puppet", "Caching catalog for dev1.example.net"),
            new LogLine(1005, "info", "Puppet", "Applying configuration version 'v7'"),
            new LogLine(1012, "notice", "/Stage[main]/Web/File[/srv/www]/ensure", "created"),
            new LogLine(1021, "notice", "Puppet", "Applied catalog in 15.50 seconds"),
        ]);

    public static Verdict Judge(RunQuestion? question = null, NodeStatus? status = null, RunSummary? summary = null) =>
        RunJudge.Judge(question ?? Question, status ?? Status, summary ?? Summary);

    /// <summary>The good run with lines put before the last of its log.</summary>
    public static RunSummary WithLines(params LogLine[] lines) => Summary with { Logs = Summary.Logs!.Value.InsertRange(Summary.Logs.Value.Length - 1, lines) };

    public static LogLine Line(string message, string source = "Puppet", string level = "err", double time = 1010) => new(time, level, source, message);

    /// <summary>The agent of another version; from 6.25 and 7.10 on a summary says the environment, before it does not.</summary>
    public static RunSummary Of(string version, RunSummary? summary = null) =>
        (summary ?? Summary) with { PuppetVersion = version, ConvergedEnvironment = null, InitialEnvironment = null, RunMode = null };

    public static void Succeeded(Verdict verdict)
    {
        Assert.True(verdict.Outcome == Outcome.Succeeded, $"{verdict.Outcome}: {verdict.Message}");
        Assert.Empty(verdict.Lacking);
        Assert.True(verdict.CountsAsOurs);
    }

    public static void Lacks(Verdict verdict, Outcome outcome, params int[] proofs)
    {
        Assert.True(verdict.Outcome == outcome, $"{verdict.Outcome}, not {outcome}: {verdict.Message}");
        Assert.Equal(proofs, verdict.Lacking);
        Assert.NotEmpty(verdict.Message);
    }
}
