using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Deployments;

/// <summary>What a deployment is doing, or how it ended; the words that <c>list</c> and <c>show</c> print.</summary>
[JsonConverter(typeof(EnumWords<DeploymentPhase>))]
public enum DeploymentPhase
{
    [JsonStringEnumMemberName("unknown")] Unknown = 0,

    /// <summary>Registered; waiting for nodes reserved by another deployment.</summary>
    [JsonStringEnumMemberName("waiting")] Waiting = 1,

    /// <summary>Reads every node; changes nothing.</summary>
    [JsonStringEnumMemberName("checking")] Checking = 2,

    /// <summary>Disables all nodes and waits until they are idle.</summary>
    [JsonStringEnumMemberName("isolating")] Isolating = 3,

    /// <summary>Runs Puppet group by group, or brings that to its end.</summary>
    [JsonStringEnumMemberName("running")] Running = 4,

    /// <summary>A person paused it: nothing new starts.</summary>
    [JsonStringEnumMemberName("paused")] Paused = 5,

    /// <summary>The next group waits for a person.</summary>
    [JsonStringEnumMemberName("awaiting approval")] AwaitingApproval = 6,

    /// <summary>A failure or a person stopped it: nothing new starts, what runs finishes, and nodes are brought to where they stay.</summary>
    [JsonStringEnumMemberName("stopping")] Stopping = 7,

    /// <summary>All proofs hold on all nodes.</summary>
    [JsonStringEnumMemberName("succeeded")] Succeeded = 20,

    /// <summary>Ended within its failure budget.</summary>
    [JsonStringEnumMemberName("succeeded with failures")] SucceededWithFailures = 21,

    /// <summary>Frozen or released after failures.</summary>
    [JsonStringEnumMemberName("failed")] Failed = 22,

    /// <summary>By the check, or undone before the first run.</summary>
    [JsonStringEnumMemberName("refused")] Refused = 23,

    [JsonStringEnumMemberName("cancelled")] Cancelled = 24,

    /// <summary>Nobody waits for it any more, or its fleet is gone.</summary>
    [JsonStringEnumMemberName("abandoned")] Abandoned = 25,

    /// <summary>It failed, and every node that ran was run again against the rollback environment, with all proofs.</summary>
    [JsonStringEnumMemberName("rolled back")] RolledBack = 26,

    /// <summary>A rollback failed on some node: a person decides.</summary>
    [JsonStringEnumMemberName("stuck")] Stuck = 27,
}

/// <summary>What the phases mean for who waits.</summary>
public static class DeploymentPhases
{
    /// <summary>True for the ends: nothing of it goes on.</summary>
    public static bool IsEnd(this DeploymentPhase phase) => phase >= DeploymentPhase.Succeeded;

    /// <summary>Whether a deployment on its way to this end was stopped: it did not just come to the end of its groups.</summary>
    public static bool IsStoppedAt(this DeploymentPhase end) =>
        end.IsEnd() && end is not (DeploymentPhase.Succeeded or DeploymentPhase.SucceededWithFailures or DeploymentPhase.RolledBack);
}
