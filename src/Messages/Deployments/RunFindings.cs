using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Deployments;

/// <summary>
/// What a run showed that was not asked of it: it may be another's. Where a second run of a node that is watched shows it too, it is a habit.
/// </summary>
/// <param name="Skipped">Resources skipped although no dependency of theirs failed, by schedules of the node or somebody's tags; 0 for none.</param>
/// <param name="Environment">The environment that it began in, where that is not the plan's; null where it is, or is not told.</param>
/// <param name="Noop">Its events were all noop where a real run was asked for, or all real where noop was.</param>
/// <param name="Mixed">It had noop events beside real ones where a real run was asked for: once the real ones are done, only the noop ones are left.</param>
public sealed record RunDeviation(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int Skipped,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Environment,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Noop,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Mixed = false);

/// <summary>What a run changed, or would have changed.</summary>
/// <param name="Id">Of the resources and what became of them; the same for the same changes, in whatever order and on whatever node.</param>
/// <param name="Lines">Resource and words, the first few in the log's order, shortened with a marker; text from outside.</param>
/// <param name="Count">How many there are in all.</param>
public sealed record RunChanges(string Id, ImmutableArray<string> Lines, int Count);
