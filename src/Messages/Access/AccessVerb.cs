using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Access;

/// <summary>What somebody may be allowed to do: the words of the column of verbs in a policy file.</summary>
[JsonConverter(typeof(EnumWords<AccessVerb>))]
public enum AccessVerb
{
    [JsonStringEnumMemberName("unknown")] Unknown = 0,

    /// <summary>Make plans of sites, compare them and ask what they need; check a mapping file.</summary>
    [JsonStringEnumMemberName("plan")] Plan = 1,

    [JsonStringEnumMemberName("run")] Run = 2,

    /// <summary>Read deployments, their nodes and their events.</summary>
    [JsonStringEnumMemberName("show")] Show = 3,

    /// <summary>Ask nodes what they say now.</summary>
    [JsonStringEnumMemberName("nodes")] Nodes = 4,

    [JsonStringEnumMemberName("pause")] Pause = 5,
    [JsonStringEnumMemberName("resume")] Resume = 6,
    [JsonStringEnumMemberName("approve")] Approve = 7,
    [JsonStringEnumMemberName("cancel")] Cancel = 8,
    [JsonStringEnumMemberName("abandon")] Abandon = 9,
    [JsonStringEnumMemberName("retry")] Retry = 10,
    [JsonStringEnumMemberName("rollback")] Rollback = 11,
    [JsonStringEnumMemberName("release")] Release = 12,
    [JsonStringEnumMemberName("hold")] Hold = 13,

    // Those from here on are about the whole host: they have no environment, application or node.

    /// <summary>Go on with an incomplete journal.</summary>
    [JsonStringEnumMemberName("recover")] Recover = 14,

    /// <summary>Import a history from another journal.</summary>
    [JsonStringEnumMemberName("import")] Import = 15,

    /// <summary>Delete old histories.</summary>
    [JsonStringEnumMemberName("prune")] Prune = 16,

    /// <summary>See and check how the host reaches nodes and servers.</summary>
    [JsonStringEnumMemberName("config")] Config = 17,

    /// <summary>Create, list and revoke tokens.</summary>
    [JsonStringEnumMemberName("token")] Token = 18,

    /// <summary>See and try the policy.</summary>
    [JsonStringEnumMemberName("policy")] Policy = 19,

    /// <summary>Read the audit log.</summary>
    [JsonStringEnumMemberName("audit")] Audit = 20,
}
