using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Deployments;

/// <summary>What a run is judged against: what was asked for, and what the node said before. All times are epoch seconds by the node's clock.</summary>
/// <param name="Noop">A noop run was asked for.</param>
/// <param name="RunEnvironment">The environment asked for with <c>--run-environment</c>; null where none was.</param>
/// <param name="PlanEnvironment">The plan's environment: another one in the run is a warning where none was asked for.</param>
/// <param name="AllowCachedCatalog">A cached catalog is good enough.</param>
/// <param name="AcceptWithoutLog">A run whose log cannot be had may succeed.</param>
/// <param name="LastRunBefore">The node's lastrun just before it was enabled; 0 where it never ran.</param>
/// <param name="NodeTimeBefore">The node's clock just before it was enabled (lastrun + since_lastrun).</param>
/// <param name="InitiatedAt">The accepted runonce's <c>initiated_at</c>; null where that answer was lost or another's run took our place, then <paramref name="NodeTimeBefore"/> stands in.</param>
/// <param name="ClockStepped">The node's clock moved more than 5 s against ours while the run went on.</param>
/// <param name="AnothersRun">The agent refused our runonce because a run was on already: then the run judged is not ours, whenever it began.</param>
/// <param name="Tagged">The run was to be restricted by tags, so that it skips resources.</param>
/// <param name="NoopOverridden">The agent was told noop=false, so that its own configuration cannot have made the run noop.</param>
/// <param name="Habit">What runs of ours are known to show on this node although it is not asked of them; null for nothing.</param>
/// <param name="Doubt">What made it doubtful whether the run before was ours, where the node was watched before this one: a run that shows the same is ours. Null for nothing.</param>
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
    RunDeviation? Doubt = null);

/// <summary>
/// What a run showed that was not asked of it: then it may be somebody else's. Where a second run, before which the node was watched, shows the same, it
/// is the node's habit.
/// </summary>
/// <param name="Skipped">Resources that were skipped although no dependency of theirs failed: by schedules of the node, or by somebody's tags; 0 for none.</param>
/// <param name="Environment">The environment that it began in, where that is not the plan's; null where it is, or is not told.</param>
/// <param name="Noop">Its events were all noop where a real run was asked for, or all real where noop was.</param>
/// <param name="Mixed">It had noop events beside real ones where a real run was asked for: once the real ones are done, only the noop ones are left.</param>
public sealed record RunDeviation(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int Skipped,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Environment,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Noop,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Mixed = false)
{
    /// <summary>Whether all of <paramref name="other"/> is in this one too.</summary>
    public bool Explains(RunDeviation other) =>
        (other.Skipped == 0 || other.Skipped == Skipped) && (other.Environment is null || other.Environment == Environment) && (!other.Noop || Noop || Mixed);
}

/// <summary>The truth about one run: its outcome, the proofs that lack, and what a person should read.</summary>
/// <param name="IsOurs">
/// False where the run is somebody else's or may be, see <see cref="CountsAsOurs"/>, or none has ended since. True also where it cannot be
/// told by its times: such a run is unproven, not another's.
/// </param>
/// <param name="CountsAsOurs">True where the run is ours, or another's that is as good: all proofs but the second, full, not noop, begun after our enable.</param>
/// <param name="Outcome">
/// The outcome if the run counts as ours; <see cref="Deployments.Outcome.FailedDisplaced"/> where it is another's that does not, and
/// <see cref="Deployments.Outcome.FailedUnproven"/> with proof 1 lacking where no run was seen to end.
/// </param>
/// <param name="Lacking">The numbers (1 to 8) of the proofs that lack, ascending; empty where it succeeded.</param>
/// <param name="Changed">Changed resources; null where unknown.</param>
/// <param name="WouldChange">Noop runs: resources that would change; null otherwise.</param>
/// <param name="Message">One sentence that says what happened; may carry text from outside.</param>
/// <param name="ErrorLines">The log's lines that a person needs, a few at most, shortened with a marker.</param>
/// <param name="Warnings">Sentences about what is odd but no failure (single noop resources, another environment).</param>
/// <param name="Changes">What the log says was changed or would be; null where it says nothing of the kind.</param>
/// <param name="Deviation">What the run showed that was not asked of it: where it counts as ours, the node's habit; else why it may be another's. Null for nothing, and where it surely is another's.</param>
/// <param name="IsApply">No agent's run but <c>puppet apply</c>'s, which takes no lock: ours may still be on or on its way.</param>
/// <param name="Cause">Why, where that is known more closely than by the outcome.</param>
/// <param name="RanIn">The environment that the run really had in the end; null where that is not known.</param>
public sealed record Verdict(
    bool IsOurs,
    bool CountsAsOurs,
    Outcome Outcome,
    ImmutableArray<int> Lacking,
    int? Changed,
    int? WouldChange,
    string Message,
    ImmutableArray<string> ErrorLines,
    ImmutableArray<string> Warnings,
    RunChanges? Changes = null,
    RunDeviation? Deviation = null,
    bool IsApply = false,
    Cause? Cause = null,
    string? RanIn = null);

/// <summary>What a run changed, or would have changed.</summary>
/// <param name="Id">Of the resources and what became of them; the same for the same changes, in whatever order and on whatever node.</param>
/// <param name="Lines">Resource and words, the first few in the log's order, shortened with a marker; text from outside.</param>
/// <param name="Count">How many there are in all.</param>
public sealed record RunChanges(string Id, ImmutableArray<string> Lines, int Count);
