using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Runs;

/// <summary>What a run is judged against: what was asked for, and what the node said before. All times are epoch seconds by the node's clock.</summary>
/// <param name="RunEnvironment">The environment asked for with <c>--run-environment</c>; null where none was.</param>
/// <param name="PlanEnvironment">The plan's environment: another one in the run is a warning where none was asked for.</param>
/// <param name="LastRunBefore">The node's lastrun just before it was enabled; 0 where it never ran.</param>
/// <param name="NodeTimeBefore">The node's clock just before it was enabled (lastrun + since_lastrun).</param>
/// <param name="InitiatedAt">The accepted runonce's <c>initiated_at</c>; null where it is not known: <paramref name="NodeTimeBefore"/> stands in.</param>
/// <param name="ClockStepped">The node's clock moved more than 5 s against ours while the run went on.</param>
/// <param name="AnothersRun">The agent refused our runonce because a run was on already: then the run judged is not ours, whenever it began.</param>
/// <param name="Tagged">The run was to be restricted by tags, so that it skips resources.</param>
/// <param name="NoopOverridden">The agent was told noop=false, so that its own configuration cannot have made the run noop.</param>
/// <param name="Habit">What runs of ours are known to show on this node although it is not asked of them; null for nothing.</param>
/// <param name="Doubt">What made it doubtful whether the run before was ours: of a watched node a run that shows it again is ours. Null for nothing.</param>
/// <param name="OurClockMayHaveStepped">Whether it may have been our clock instead: no host was running for a while.</param>
public sealed record RunQuestion(
    bool Noop,
    string? RunEnvironment,
    string PlanEnvironment,
    bool AllowCachedCatalog,
    bool AcceptWithoutLog,
    double LastRunBefore,
    double NodeTimeBefore,
    double? InitiatedAt,
    bool ClockStepped,
    bool AnothersRun = false,
    bool Tagged = false,
    bool NoopOverridden = false,
    RunDeviation? Habit = null,
    RunDeviation? Doubt = null,
    bool OurClockMayHaveStepped = false);
