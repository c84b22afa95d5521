using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Deployments;

/// <summary>What a person may ask of a deployment that exists. Each may be asked at any moment; twice does no harm.</summary>
[JsonConverter(typeof(EnumWords<Verb>))]
public enum Verb
{
    [JsonStringEnumMemberName("unknown")] Unknown = 0,

    /// <summary>Nothing new starts until it is resumed; what runs goes on.</summary>
    [JsonStringEnumMemberName("pause")] Pause = 1,

    [JsonStringEnumMemberName("resume")] Resume = 2,

    /// <summary>Lets the group begin that waits for a person.</summary>
    [JsonStringEnumMemberName("approve")] Approve = 3,

    /// <summary>Nothing new starts, what runs is awaited, then the failure policy.</summary>
    [JsonStringEnumMemberName("cancel")] Cancel = 4,

    /// <summary>Ends it without waiting for what runs.</summary>
    [JsonStringEnumMemberName("abandon")] Abandon = 5,

    /// <summary>After the end: another attempt of what did not succeed.</summary>
    [JsonStringEnumMemberName("retry")] Retry = 6,

    /// <summary>Stops it where it goes on, then runs what ran again against the rollback environment.</summary>
    [JsonStringEnumMemberName("rollback")] Rollback = 7,

    /// <summary>After the end: enables what is still held.</summary>
    [JsonStringEnumMemberName("release")] Release = 8,

    /// <summary>Keeps a node disabled beyond the end.</summary>
    [JsonStringEnumMemberName("hold")] Hold = 9,
}
