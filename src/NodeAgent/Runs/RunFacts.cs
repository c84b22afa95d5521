using Orchestrator.NodeAgent.Scenarios;

namespace Orchestrator.NodeAgent.Runs;

/// <summary>What is known of a run when it writes its summary. Clock times are the node's, epoch seconds.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Settings">The node's behaviour: the summary's numbers and texts.</param>
/// <param name="Result">How it ended.</param>
/// <param name="Noop">It was asked to report only.</param>
/// <param name="Full">False where tags restricted it.</param>
/// <param name="Environment">The environment asked for; null for the node's own.</param>
/// <param name="LockedAt">The clock when it took the run lock.</param>
/// <param name="WrittenAt">The clock when it wrote the summary.</param>
/// <param name="Seconds">How long it really took from its begin to the summary, seconds.</param>
/// <param name="LockedSeconds">How much of that it held the lock.</param>
public sealed record RunFacts(
    string Node,
    NodeSettings Settings,
    RunResult Result,
    bool Noop,
    bool Full,
    string? Environment,
    double LockedAt,
    double WrittenAt,
    double Seconds,
    double LockedSeconds)
{
    /// <summary>A catalog came, from the server or the cache.</summary>
    public bool CatalogCame => Result != RunResult.NoCatalog;

    /// <summary>A catalog was there to apply: one that came, and no command before the run failed.</summary>
    public bool HasCatalog => CatalogCame && Result != RunResult.PrerunFailure;

    /// <summary>The catalog was applied to its end.</summary>
    public bool AppliedToTheEnd => HasCatalog && Result is not (RunResult.Interrupted or RunResult.DependencyCycle);

    /// <summary>Nothing was changed in earnest.</summary>
    public bool OnlyReports => Noop || Result == RunResult.NoopConfigured;

    /// <summary>The environment that the run began with.</summary>
    public string InitialEnvironment => Environment ?? Settings.Environment;

    /// <summary>The environment that the catalog came from.</summary>
    public string ConvergedEnvironment =>
        Result != RunResult.OtherEnvironment ? (Settings.EnvironmentIsPinned ? Settings.Environment : InitialEnvironment)
        : Settings.Environment != InitialEnvironment ? Settings.Environment
        : InitialEnvironment == "other" ? "another" : "other";
}

/// <summary>Puppet's counts of resources.</summary>
public readonly record struct ReportedResources(int Total, int Changed, int Failed, int FailedToRestart, int OutOfSync, int Corrective, int Skipped, int Scheduled = 0);
