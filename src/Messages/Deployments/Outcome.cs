using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Deployments;

/// <summary>How one node's attempt ended. Every node of a deployment ends each attempt in exactly one; silence is one of them.</summary>
[JsonConverter(typeof(EnumWords<Outcome>))]
public enum Outcome
{
    [JsonStringEnumMemberName("unknown")] Unknown = 0,

    /// <summary>All proofs hold.</summary>
    [JsonStringEnumMemberName("succeeded")] Succeeded = 1,

    /// <summary>Resources, restarts or events failed.</summary>
    [JsonStringEnumMemberName("failed: resources")] FailedResources = 2,

    /// <summary>Compile error, Puppet Server unreachable, prerun command.</summary>
    [JsonStringEnumMemberName("failed: no catalog")] FailedNoCatalog = 3,

    [JsonStringEnumMemberName("failed: cached catalog")] FailedCachedCatalog = 4,

    /// <summary>The catalog was not applied to its end.</summary>
    [JsonStringEnumMemberName("failed: interrupted")] FailedInterrupted = 5,

    /// <summary>Additional resources could not be generated.</summary>
    [JsonStringEnumMemberName("failed: generate")] FailedGenerate = 6,

    [JsonStringEnumMemberName("failed: postrun")] FailedPostrun = 7,

    /// <summary>Noop where a real run was asked for.</summary>
    [JsonStringEnumMemberName("failed: noop run")] FailedNoopRun = 8,

    /// <summary>Another environment than asked for.</summary>
    [JsonStringEnumMemberName("failed: other environment")] FailedOtherEnvironment = 9,

    /// <summary>Accepted, never began by the start deadline.</summary>
    [JsonStringEnumMemberName("failed: did not start")] FailedDidNotStart = 10,

    /// <summary>Seen applying, then idle twice with lastrun unmoved.</summary>
    [JsonStringEnumMemberName("failed: run died")] FailedRunDied = 11,

    /// <summary>Began, not finished by the run deadline.</summary>
    [JsonStringEnumMemberName("failed: did not finish")] FailedDidNotFinish = 12,

    /// <summary>The log could not be had or understood, or the node's clock stepped during the run.</summary>
    [JsonStringEnumMemberName("failed: unproven")] FailedUnproven = 13,

    /// <summary>Others' runs in our place, three times.</summary>
    [JsonStringEnumMemberName("failed: displaced")] FailedDisplaced = 14,

    /// <summary>No answer; the message says in which phase.</summary>
    [JsonStringEnumMemberName("unreachable")] Unreachable = 15,

    /// <summary>Denied, input refused, or never idle by the idle deadline; the message has the node's words.</summary>
    [JsonStringEnumMemberName("refused")] Refused = 16,

    /// <summary>Disabled by somebody else; the message is that person's.</summary>
    [JsonStringEnumMemberName("refused: disabled")] RefusedDisabled = 17,

    /// <summary>Its clock and ours are too far apart.</summary>
    [JsonStringEnumMemberName("refused: clock")] RefusedClock = 18,

    /// <summary>A node it depends on did not succeed, or the deployment stopped first.</summary>
    [JsonStringEnumMemberName("skipped")] Skipped = 19,
}
