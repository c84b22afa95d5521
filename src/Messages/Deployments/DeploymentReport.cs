using System.Text.Json.Serialization;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Messages.Deployments;

/// <summary>
/// What came of a deployment, added up from its history: the property <c>report</c> of what <c>show ID --output json</c> prints. While the
/// deployment goes on it says what came of it so far.
/// </summary>
/// <param name="Noop">Whether its runs were only to report: then changes are what would change.</param>
/// <param name="Groups">A row for each group of the plan, in order; each node counts by its newest attempt.</param>
/// <param name="Rollback">The newest rollback; left out where there was none.</param>
/// <param name="Changes">Nodes with the same changes together: the most nodes first, those without any change last.</param>
/// <param name="Time">From the registration to the newest end, or until now.</param>
/// <param name="Phases">That time in the order of <see cref="ReportPhase"/>, but settling before the groups; together exactly it.</param>
/// <param name="CriticalPath">The nodes whose turns, one after the other, made the time of the groups, over all attempts.</param>
/// <param name="Added">What the orchestrator itself added: the time of <see cref="ReportPhase.Groups"/> without the critical path's runs.</param>
/// <param name="BeforeRuns">
/// How much of <paramref name="Added"/> went by before a run on the critical path was asked for: reading its status, waiting until another run there
/// was over, or until the limit of running nodes allowed one more.
/// </param>
/// <param name="Advice">What to do next, by the word of each outcome that occurred; where all its nodes have one cause, what that asks for.</param>
/// <param name="AfterRuns">
/// How much of <paramref name="Added"/> went by after a run on the critical path had ended by its node's own clock: until that was seen, proved, and the
/// next node's turn came. Nodes tell times in seconds, so it is an estimate; a run whose end is not known counts up to its verdict.
/// </param>
/// <param name="Environments">In which Puppet environments its nodes were to run, and ran; left out by hosts that did not tell.</param>
/// <param name="OverrideNoop">Whether runs were real also on nodes that their owners set to noop; left out where not.</param>
/// <param name="Causes">Each outcome that needs a person with each of its causes, the most nodes first; left out where none does.</param>
/// <param name="NobodyAnswered">Not one node answered the check, of several: then they have one advice in common; left out where not.</param>
/// <param name="ClockSteps">How the host's clock was set while it ran, in order; left out where it was not.</param>
/// <param name="Contradictions">Where nodes gave two different answers to one request, in order; left out where none did.</param>
public sealed record DeploymentReport(
    bool Noop,
    ImmutableArray<ReportRow> Groups,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RollbackReport? Rollback,
    ImmutableArray<SameChanges> Changes,
    TimeSpan Time,
    ImmutableArray<PhaseTime> Phases,
    ImmutableArray<CriticalTurn> CriticalPath,
    TimeSpan Added,
    TimeSpan BeforeRuns,
    [property: JsonConverter(typeof(OrdinalDictionaryConverter<string>))] ImmutableSortedDictionary<string, string> Advice,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] TimeSpan AfterRuns = default,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RunEnvironments? Environments = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool OverrideNoop = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<CausedOutcome>? Causes = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool NobodyAnswered = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ClockStep>? ClockSteps = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<Contradiction>? Contradictions = null);

/// <summary>A node gave two different answers to one request: one of them may be forged.</summary>
/// <param name="At">When the second one came, by the host's clock.</param>
/// <param name="Action">What it was asked.</param>
/// <param name="First">The beginning of the SHA-256 of the answer that came first, 16 hexadecimal characters.</param>
/// <param name="Second">The same of the other.</param>
public sealed record Contradiction(NodeName Node, DateTimeOffset At, string Action, string First, string Second);

/// <summary>The host's clock was set while the deployment ran.</summary>
/// <param name="At">When, by the clock as it was before.</param>
/// <param name="By">Negative where it was set back.</param>
public sealed record ClockStep(DateTimeOffset At, TimeSpan By);

/// <summary>Nodes that ended alike and for the same cause.</summary>
/// <param name="Cause">Why; left out where the outcome says all that is known.</param>
/// <param name="NodeCount">How many attempts, those of a rollback beside those before it.</param>
public sealed record CausedOutcome(
    Outcome Outcome, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Cause? Cause, int NodeCount, string Advice);

/// <summary>In which Puppet environments a deployment's nodes were to run, and ran.</summary>
/// <param name="Asked">The one that nodes were asked to run in; left out where each ran in the environment of its own configuration.</param>
/// <param name="Ran">Where the runs really ended, each node by its newest attempt: the most nodes first. Empty where no run told.</param>
public sealed record RunEnvironments(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Asked,
    ImmutableArray<NodesRanIn> Ran);

/// <summary>Nodes that ran in one Puppet environment.</summary>
/// <param name="Environment">Text from outside.</param>
/// <param name="Nodes">The first few of them in the plan's order.</param>
/// <param name="Differs">It is not the environment that was asked for or, where none was, not the plan's; left out where it is.</param>
public sealed record NodesRanIn(
    string Environment, int NodeCount, ImmutableArray<NodeName> Nodes, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Differs);

/// <summary>A group's nodes by the end of their newest attempt: all counts but <paramref name="Changed"/> add up to <paramref name="Nodes"/>.</summary>
/// <param name="Nodes">How many nodes it has; in a rollback those that ran again.</param>
/// <param name="Succeeded">All proofs hold.</param>
/// <param name="Changed">Nodes, whatever their outcome, on which resources were changed, or would be with noop.</param>
/// <param name="Failed">A run that was asked for came to no good end.</param>
/// <param name="Open">Not ended yet or, where the deployment has ended, never: its fleet was lost, or it was given up.</param>
/// <param name="Time">From the first node's turn to the last one's end, in the group's newest attempt; left out where no turn came.</param>
public sealed record ReportRow(
    int Group, int Nodes, int Succeeded, int Changed, int Failed, int Unreachable, int Refused, int Skipped, int Open,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] TimeSpan? Time);

/// <param name="Groups">A row for each group with nodes that were to run again, in the order in which they ran: the last group first.</param>
/// <param name="Ran">Where its runs really ended, as in the report; left out where no run told.</param>
public sealed record RollbackReport(
    string Environment, string Because, ImmutableArray<ReportRow> Groups, ImmutableArray<SameChanges> Changes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<NodesRanIn>? Ran = null);

/// <summary>Nodes on which the same was changed, or would be.</summary>
/// <param name="Nodes">The first few of them in the plan's order; a node of the deployment names its changes by <paramref name="Id"/>.</param>
/// <param name="Count">How many changes each of them has; 0 where none.</param>
/// <param name="Id">The id of the changes; left out where there are none, or where the log did not tell them: then only their number is the same.</param>
/// <param name="Lines">The first few changes, as resource and words; text from outside.</param>
public sealed record SameChanges(
    int NodeCount,
    ImmutableArray<NodeName> Nodes,
    int Count,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Id,
    ImmutableArray<string> Lines);

/// <summary>How long a phase took, all its parts together.</summary>
public sealed record PhaseTime(ReportPhase Phase, TimeSpan Time);

/// <summary>One turn on the critical path.</summary>
/// <param name="Before">From the opening of its batch to the request for its run, without settling and pauses in it.</param>
/// <param name="Run">
/// From the journalled request for its run, the first where it was asked again, to the run's end, without settling and pauses in it; 0 where no run was
/// asked for. The end is the node's answer by the host's clock, and what the run took from there on by the node's; else the verdict.
/// </param>
/// <param name="Settling">What was waited only for agents launched before the node was disabled (the option settle); left out where nothing.</param>
/// <param name="Paused">How long the deployment was paused meanwhile: that time counts as the pause's alone; left out where it was not.</param>
public sealed record CriticalTurn(
    NodeName Node, int Group, int Attempt, TimeSpan Before, TimeSpan Run,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] TimeSpan Settling = default,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] TimeSpan Paused = default);

/// <summary>What a deployment's time goes by with. One thing at a time: a pause counts as one whatever else goes on.</summary>
[JsonConverter(typeof(EnumWords<ReportPhase>))]
public enum ReportPhase
{
    [JsonStringEnumMemberName("unknown")] Unknown = 0,

    /// <summary>Nodes belonged to other deployments; and what the host took to begin.</summary>
    [JsonStringEnumMemberName("waiting")] Waiting = 1,

    /// <summary>Every node was read.</summary>
    [JsonStringEnumMemberName("check")] Check = 2,

    /// <summary>Nodes were disabled and waited for until idle.</summary>
    [JsonStringEnumMemberName("isolation")] Isolation = 3,

    /// <summary>Nodes ran, or what ran was brought to its end.</summary>
    [JsonStringEnumMemberName("groups")] Groups = 4,

    /// <summary>The effect of a batch was waited for.</summary>
    [JsonStringEnumMemberName("soaks")] Soaks = 5,

    /// <summary>A person was waited for.</summary>
    [JsonStringEnumMemberName("approvals")] Approvals = 6,

    /// <summary>A person had paused it.</summary>
    [JsonStringEnumMemberName("pauses")] Pauses = 7,

    /// <summary>Nodes were held and run again, up to the end.</summary>
    [JsonStringEnumMemberName("rollback")] Rollback = 8,

    /// <summary>Open nodes were disabled again after a failure.</summary>
    [JsonStringEnumMemberName("holding")] Holding = 9,

    /// <summary>Nodes were enabled.</summary>
    [JsonStringEnumMemberName("release")] Release = 10,

    /// <summary>It had ended, before a person asked for a retry or a rollback.</summary>
    [JsonStringEnumMemberName("ended")] Ended = 11,

    /// <summary>A node on the critical path was ready but for agents that had been launched before it was disabled: the option settle.</summary>
    [JsonStringEnumMemberName("settling")] Settling = 12,

    /// <summary>An attempt that begins by itself was waited for.</summary>
    [JsonStringEnumMemberName("retry waits")] RetryWaits = 13,
}
