using System.Text.Json.Serialization;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Messages.Following;

/// <summary>How far a node has come, as it is counted for people.</summary>
[JsonConverter(typeof(EnumWords<NodeStage>))]
public enum NodeStage
{
    [JsonStringEnumMemberName("unknown")] Unknown = 0,

    /// <summary>Its turn has not come.</summary>
    [JsonStringEnumMemberName("waiting")] Waiting = 1,

    /// <summary>Its batch is open; it has not been asked for a run.</summary>
    [JsonStringEnumMemberName("chosen")] Chosen = 2,

    /// <summary>It was asked for a run that has not been seen yet.</summary>
    [JsonStringEnumMemberName("starting")] Starting = 3,

    /// <summary>Its run was seen.</summary>
    [JsonStringEnumMemberName("running")] Running = 4,

    [JsonStringEnumMemberName("succeeded")] Succeeded = 5,

    /// <summary>It failed, refused or fell silent.</summary>
    [JsonStringEnumMemberName("failed")] Failed = 6,

    [JsonStringEnumMemberName("skipped")] Skipped = 7,
}

/// <summary>One node of a deployment that is followed.</summary>
/// <param name="Held">Whether it has confirmed that it is held; means nothing from when nodes are released on.</param>
/// <param name="Idle">Whether it was held and seen without a run.</param>
/// <param name="Checked">Whether it takes part in what goes on: it answered the attempt's check, or is in the rollback.</param>
/// <param name="Outcome">How its attempt, or its run of the rollback, ended; null while open.</param>
/// <param name="Message">What a person should read; from outside.</param>
/// <param name="AwaitsPlace">Whether it waits for its place among the nodes of the fleet that may run Puppet at once; counts while it is chosen.</param>
/// <param name="Asked">Whether it was asked for a run since its batch was opened.</param>
/// <param name="RequestedAt">When the run that goes on was requested; null where none does.</param>
public sealed record NodeProgress(
    int Group,
    NodeStage Stage = NodeStage.Waiting,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Held = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Idle = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Checked = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] Outcome? Outcome = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int? Changed = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool NeedsLook = false,
    string Message = "",
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool AwaitsPlace = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Asked = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? RequestedAt = null);

/// <summary>One group of a deployment that is followed.</summary>
/// <param name="Number">1 for the first to run.</param>
/// <param name="StartedAt">When its gate opened; null before.</param>
/// <param name="FinishedAt">When its last node settled; null before.</param>
/// <param name="SucceededBefore">How many of its nodes succeeded in an earlier attempt, and so do not run in this one.</param>
public sealed record GroupProgress(int Number, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt, StageCounts Stages, int SucceededBefore = 0)
{
    /// <summary>How long it has been open, or was.</summary>
    public TimeSpan? Elapsed(DateTimeOffset now) => StartedAt is { } start ? (FinishedAt ?? now) - start : null;
}

/// <summary>How many nodes are at which stage. A value: moving a node gives a new one.</summary>
public readonly record struct StageCounts(int Waiting, int Chosen, int Starting, int Running, int Succeeded, int Failed, int Skipped)
{
    [JsonIgnore]
    public int Total => Waiting + Chosen + Starting + Running + Succeeded + Failed + Skipped;

    /// <summary>How many have come to their end.</summary>
    [JsonIgnore]
    public int Settled => Succeeded + Failed + Skipped;

    /// <summary>The counts with so many nodes more at a stage.</summary>
    public StageCounts With(NodeStage stage, int more) => stage switch
    {
        NodeStage.Waiting => this with { Waiting = Waiting + more },
        NodeStage.Chosen => this with { Chosen = Chosen + more },
        NodeStage.Starting => this with { Starting = Starting + more },
        NodeStage.Running => this with { Running = Running + more },
        NodeStage.Succeeded => this with { Succeeded = Succeeded + more },
        NodeStage.Failed => this with { Failed = Failed + more },
        _ => this with { Skipped = Skipped + more },
    };
}
