namespace Orchestrator.Messages.Nodes;

/// <summary>
/// What a node's last run did: the puppet agent plugin's counts and, inside, Puppet's own <c>last_run_summary.yaml</c>.
/// A number that the node did not give is null: a missing one is a proof that lacks, not a zero.
/// </summary>
/// <param name="LastRun">When the run ended, epoch seconds by the node's clock; 0 where none ever did.</param>
/// <param name="ConfigVersion">The catalog's version; null where no catalog came ("unknown" on the wire is null here).</param>
/// <param name="TotalResources">Resources in the catalog.</param>
/// <param name="Resources">Puppet's <c>resources</c> counts.</param>
/// <param name="Events">Puppet's <c>events</c> counts.</param>
/// <param name="TimeTotal">Puppet's <c>time.total</c>, seconds; from 5.5 on from the run's begin, and below 0 where the clock was set back.</param>
/// <param name="CatalogApplication">Puppet's <c>time.catalog_application</c>, seconds; missing where the apply did not reach its end.</param>
/// <param name="PuppetVersion">Puppet's <c>version.puppet</c>.</param>
/// <param name="ConvergedEnvironment">Puppet's <c>application.converged_environment</c>, from 6.25 and 7.10 on.</param>
/// <param name="InitialEnvironment">Puppet's <c>application.initial_environment</c>.</param>
/// <param name="RunMode">Puppet's <c>application.run_mode</c>, from 6.25 and 7.10 on: <c>agent</c>, or <c>user</c> for <c>puppet apply</c>.</param>
/// <param name="IsTimedAsAgent">Whether the times tell what only an agent does before it applies a catalog (<c>startup_time</c>, <c>plugin_sync</c>,
/// <c>fact_generation</c>).</param>
/// <param name="Logs">The log's lines; null where they were not asked for or not given as a list.</param>
public sealed record RunSummary(
    double LastRun,
    string? ConfigVersion,
    int? TotalResources,
    ResourceCounts Resources,
    EventCounts Events,
    double? TimeTotal,
    double? CatalogApplication,
    string? PuppetVersion,
    string? ConvergedEnvironment,
    string? InitialEnvironment,
    string? RunMode,
    bool IsTimedAsAgent,
    ImmutableArray<LogLine>? Logs)
{
    /// <summary>
    /// Puppet's <c>time.startup_time</c>, seconds, which only agents write: from the begin of the application to that of the run, the loading of Ruby and
    /// Puppet before it, of about the same length, left out.
    /// </summary>
    public double? StartupTime { get; init; }
}

/// <summary>Counts of resources; null where the summary lacks the number.</summary>
public sealed record ResourceCounts(int? Total, int? Changed, int? Failed, int? FailedToRestart, int? OutOfSync, int? Skipped);

/// <summary>Counts of events; null where the summary lacks the number (noop is left out where it is 0).</summary>
public sealed record EventCounts(int? Total, int? Success, int? Failure, int? Noop);

/// <summary>One line of a run's log.</summary>
/// <param name="Time">Epoch seconds by the node's clock (<c>time_utc</c>).</param>
/// <param name="Level">Puppet's level: debug, info, notice, warning, err, alert, emerg, crit.</param>
/// <param name="Source"><c>Puppet</c> or the resource that spoke.</param>
/// <param name="Message">The text; from outside.</param>
public sealed record LogLine(double Time, string Level, string Source, string Message);
