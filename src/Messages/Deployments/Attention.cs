using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Deployments;

/// <summary>For what a deployment needs a person.</summary>
[JsonConverter(typeof(EnumWords<Attention>))]
public enum Attention
{
    [JsonStringEnumMemberName("unknown")] Unknown = 0,
    [JsonStringEnumMemberName("awaiting approval")] AwaitingApproval = 1,

    /// <summary>It has ended and keeps nodes disabled for people to look.</summary>
    [JsonStringEnumMemberName("frozen")] Frozen = 2,

    /// <summary>Its rollback failed.</summary>
    [JsonStringEnumMemberName("stuck")] Stuck = 3,

    /// <summary>A node that should be disabled may be open.</summary>
    [JsonStringEnumMemberName("not held")] NotHeld = 4,

    /// <summary>A node that should be enabled may be disabled.</summary>
    [JsonStringEnumMemberName("not released")] NotReleased = 5,

    /// <summary>Nothing has happened for some minutes although nobody is waited for.</summary>
    [JsonStringEnumMemberName("no progress")] NoProgress = 6,

    /// <summary>No node that is waited for answers any more.</summary>
    [JsonStringEnumMemberName("all nodes silent")] AllSilent = 7,

    /// <summary>Nodes have been held for longer than the deployment allows.</summary>
    [JsonStringEnumMemberName("held too long")] HeldTooLong = 8,
}
