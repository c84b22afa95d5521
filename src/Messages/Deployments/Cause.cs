using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Deployments;

/// <summary>Why a node's attempt ended as it did, where that calls for other advice than its outcome alone.</summary>
[JsonConverter(typeof(EnumWords<Cause>))]
public enum Cause
{
    [JsonStringEnumMemberName("unknown")] Unknown = 0,

    /// <summary>A Puppet daemon runs there, which takes no option of runonce that the deployment needs.</summary>
    [JsonStringEnumMemberName("daemon")] Daemon = 1,

    /// <summary>A run went on there until the idle deadline, or a dead process left its lock.</summary>
    [JsonStringEnumMemberName("not idle")] NotIdle = 2,

    /// <summary>The agent cannot read its own <c>last_run_summary.yaml</c>: it is empty or damaged.</summary>
    [JsonStringEnumMemberName("summary unreadable")] SummaryUnreadable = 3,

    /// <summary>Puppet has no state folder there, so that it cannot be disabled.</summary>
    [JsonStringEnumMemberName("no state folder")] NoStateFolder = 4,

    /// <summary>The node's server answers in YAML.</summary>
    [JsonStringEnumMemberName("yaml")] Yaml = 5,

    /// <summary><c>runtimeout</c> ended the run.</summary>
    [JsonStringEnumMemberName("runtimeout")] Runtimeout = 6,

    /// <summary>Somebody ended the run by a signal.</summary>
    [JsonStringEnumMemberName("signal")] Signal = 7,

    /// <summary>The server does not have the environment that was asked for.</summary>
    [JsonStringEnumMemberName("no such environment")] NoSuchEnvironment = 8,

    /// <summary>Another deployment of an orchestrator holds the node.</summary>
    [JsonStringEnumMemberName("other deployment")] OtherDeployment = 9,

    /// <summary>The summary with its log was not answered: it may be larger than the broker's largest message.</summary>
    [JsonStringEnumMemberName("log unanswered")] LogUnanswered = 10,

    /// <summary>Somebody disabled the node while its run was awaited.</summary>
    [JsonStringEnumMemberName("disabled meanwhile")] DisabledMeanwhile = 11,

    /// <summary>The node's policy denies the action.</summary>
    [JsonStringEnumMemberName("denied")] Denied = 12,

    /// <summary>A person ended the deployment during the node's run.</summary>
    [JsonStringEnumMemberName("abandoned")] Abandoned = 13,
}
