using Orchestrator.NodeAgent.Emulation.Scenarios;


namespace Orchestrator.NodeAgent.Emulation.Runs;

/// <summary>What is known of a run when it writes its summary. Clock times are the node's, epoch seconds.</summary>
/// <param name="Noop">Whether it was asked to report only; null where the node's own configuration decides.</param>
/// <param name="Full">False where tags restricted it.</param>
/// <param name="Environment">The environment asked for; null for the node's own.</param>
/// <param name="Apply">It is a <c>puppet apply</c>, of a manifest of its own: no server, no facts of the agent's, run mode user.</param>
/// <param name="LockedAt">The clock when it took the run lock; of an apply, when it began.</param>
/// <param name="WrittenAt">The clock when it wrote the summary.</param>
/// <param name="Seconds">How long it really took from its begin to the summary, seconds.</param>
/// <param name="LockedSeconds">How much of that it held the lock.</param>
public sealed record RunFacts(
    string Node,
    NodeSettings Settings,
    RunResult Result,
    bool? Noop,
    bool Full,
    string? Environment,
    bool Apply,
    double LockedAt,
    double WrittenAt,
    double Seconds,
    double LockedSeconds)
{
    /// <summary>Where Puppet Server puts a node of which nothing else is said.</summary>
    private const string ServersOwnEnvironment = "production";

    /// <summary>A catalog came, from the server or the cache.</summary>
    public bool CatalogCame => Result != RunResult.NoCatalog;

    /// <summary>A catalog was there to apply: one that came, and no command before the run failed.</summary>
    public bool HasCatalog => CatalogCame && Result != RunResult.PrerunFailure;

    /// <summary>The catalog was applied to its end.</summary>
    public bool AppliedToTheEnd => HasCatalog && !IsCutShort && Result != RunResult.DependencyCycle;

    /// <summary>It ended on its way through the catalog.</summary>
    public bool IsCutShort => Result is RunResult.Interrupted or RunResult.Terminated or RunResult.RunTimeout;

    /// <summary>Nothing was changed in earnest.</summary>
    public bool OnlyReports => Noop ?? Result == RunResult.NoopConfigured;

    /// <summary>Resources that an agent's run skips for their schedule's sake.</summary>
    public int SkippedBySchedule => Apply ? 0 : Settings.Skipped;

    /// <summary>The environment that the run began with.</summary>
    public string InitialEnvironment => Environment ?? Settings.Environment;

    /// <summary>The server has the environment that the run began with. An apply asks no server.</summary>
    public bool EnvironmentExists => Apply || Settings.Environments is not { } known || known.Contains(InitialEnvironment);

    private string AnyOtherEnvironment =>
        Settings.Environment != InitialEnvironment ? Settings.Environment : InitialEnvironment == "other" ? "another" : "other";

    /// <summary>The environment that the catalog came from.</summary>
    public string ConvergedEnvironment =>
        Apply ? InitialEnvironment
        : Result == RunResult.OtherEnvironment ? AnyOtherEnvironment
        : Settings.EnvironmentIsPinned ? Settings.Environment
        : EnvironmentExists ? InitialEnvironment
        : ServersOwnEnvironment;
}

/// <summary>Puppet's counts of resources.</summary>
public readonly record struct ReportedResources(
    int Total, int Changed, int Failed, int FailedToRestart, int OutOfSync, int Corrective, int Skipped, int Scheduled = 0);
