using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Deployments;

/// <summary>A fact in a deployment's history. The journal's stream says whose; <see cref="At"/> is the host's clock.</summary>
public interface IDeploymentEvent
{
    DateTimeOffset At { get; }
}

/// <summary>
/// The history of one deployment, in the order in which its supervisor wrote it. Extend only: a new meaning is a new event.
/// Times named <c>LastRun</c>, <c>NodeTime</c> and <c>InitiatedAt</c> are epoch seconds by the node's clock.
/// </summary>
public static class DeploymentEvents
{
    /// <summary>The deployment began; holds all that a supervisor needs but the plan's text.</summary>
    /// <param name="PlanId">Which plan; stored once by this hash.</param>
    /// <param name="Fleet">Which fleet, for ever.</param>
    /// <param name="HoldMessage">What a node held by this deployment is disabled with; carries the deployment's id.</param>
    public sealed record DeploymentStarted(
        PlanId PlanId, string Environment, FleetName Fleet, DeploymentOptions Options, string Caller, int NodeCount, string HoldMessage,
        DateTimeOffset At) : IDeploymentEvent;

    /// <summary>A supervisor took this history over; acts of earlier epochs are void from here on.</summary>
    public sealed record SupervisorStarted(int Epoch, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>These nodes answered the check and may take part.</summary>
    public sealed record NodesChecked(ImmutableArray<CheckedNode> Nodes, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>Intent: every node that may take part is going to be disabled with the hold message.</summary>
    public sealed record IsolationStarted(DateTimeOffset IdleDeadlineAt, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>These nodes said that they are disabled with our message.</summary>
    public sealed record NodesHeld(ImmutableArray<NodeName> Nodes, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>These nodes are held and no run goes on there.</summary>
    /// <param name="LastRuns">
    /// The lastrun of each, in their order: until a run is asked for it should not move. Null in histories of earlier versions.
    /// </param>
    public sealed record NodesIdle(
        ImmutableArray<NodeName> Nodes, DateTimeOffset At,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<double>? LastRuns = null) : IDeploymentEvent;

    /// <summary>A group's gate opened.</summary>
    public sealed record GroupStarted(int Group, int NodeCount, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>Intent: these nodes of the open group are going to be enabled and run.</summary>
    /// <param name="Batch">1 for the group's first.</param>
    /// <param name="Nodes">In ordinal order.</param>
    /// <param name="IdleDeadlineAt">By when each must have been seen idle.</param>
    public sealed record BatchStarted(
        int Group, int Batch, ImmutableArray<NodeName> Nodes, DateTimeOffset IdleDeadlineAt, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>Intent: the node is going to be enabled and asked for one run, once under this number.</summary>
    /// <param name="Number">1 for the node's first request of this deployment.</param>
    /// <param name="LastRun">The node's lastrun just before.</param>
    /// <param name="NodeTime">The node's clock just before.</param>
    /// <param name="DaemonPresent">Options that a daemon would refuse are left out.</param>
    /// <param name="StartDeadlineAt">By when the run must have begun.</param>
    /// <param name="RunDeadlineAt">By when it must have ended.</param>
    /// <param name="Environment">The Puppet environment of this run, where it is not the options': a rollback's.</param>
    public sealed record RunRequested(
        NodeName Node, int Number, double LastRun, double NodeTime, bool DaemonPresent, DateTimeOffset StartDeadlineAt, DateTimeOffset RunDeadlineAt,
        DateTimeOffset At,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Environment = null) : IDeploymentEvent;

    /// <summary>The node took the request.</summary>
    public sealed record RunAccepted(NodeName Node, int Number, double InitiatedAt, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>On these nodes a run was seen applying.</summary>
    public sealed record RunsBegan(ImmutableArray<NodeName> Nodes, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>A run that is somebody else's, or may be, took the place of ours and is not as good; the node is asked again under a new number.</summary>
    /// <param name="Deviation">What made it doubtful whether the run was ours; null where it surely was not.</param>
    public sealed record RunDisplaced(
        NodeName Node, int Number, string Message, DateTimeOffset At,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RunDeviation? Deviation = null) : IDeploymentEvent;

    /// <summary>A runonce that was not answered left no trace: no run, no new lastrun, its time to live and the start deadline have passed.</summary>
    public sealed record RunUntraced(NodeName Node, int Number, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>The request never left this host; the node is asked under a new number.</summary>
    public sealed record RunNotSent(NodeName Node, int Number, string Message, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>The node's attempt ended.</summary>
    /// <param name="Message">One sentence for a person; may carry text from outside.</param>
    /// <param name="Changed">Changed resources, where a run was judged.</param>
    /// <param name="WouldChange">Resources that a noop run would have changed.</param>
    /// <param name="Lacking">The numbers of the proofs that lack, where a run was judged.</param>
    /// <param name="ErrorLines">The lines of the log that a person needs.</param>
    /// <param name="Warnings">What is odd but no failure.</param>
    /// <param name="Changes">The id of a <see cref="ChangesSeen"/>, where the log told what was changed or would be.</param>
    /// <param name="Cause">Why, where that is known closely enough for advice of its own; null where the outcome says all.</param>
    /// <param name="RanIn">The Puppet environment that the run really had in the end; null where no run was judged, or it does not say.</param>
    /// <param name="Habit">What two runs showed although it was not asked of them: expected of this node's runs from now on; null for nothing new.</param>
    /// <param name="Took">From the node's answer to runonce to its run's end by the node's own clock, so to the second; null where not known.</param>
    /// <param name="PersonsWords">The message with which a person has it disabled instead of us; null where none has. From outside.</param>
    public sealed record NodeSettled(
        NodeName Node,
        Outcome Outcome,
        string Message,
        Hold Hold,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Changed,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? WouldChange,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<int>? Lacking,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? ErrorLines,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Warnings,
        DateTimeOffset At,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Changes = null,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Cause? Cause = null,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? RanIn = null,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RunDeviation? Habit = null,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] TimeSpan? Took = null,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? PersonsWords = null) : IDeploymentEvent;

    /// <summary>What a run changed or would change, told once for all nodes with the same; <see cref="NodeSettled"/> names it by its id.</summary>
    /// <param name="Id">Of the resources and what became of them; the same for the same changes.</param>
    /// <param name="Lines">Resource and words, the first few in the log's order; text from outside.</param>
    /// <param name="Count">How many changes there are in all.</param>
    public sealed record ChangesSeen(string Id, ImmutableArray<string> Lines, int Count, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>These nodes stopped answering while their runs were watched.</summary>
    public sealed record NodesSilent(ImmutableArray<NodeName> Nodes, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>These nodes answer again.</summary>
    public sealed record NodesHeardAgain(ImmutableArray<NodeName> Nodes, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>The turn of these nodes has come, and each waits for its place among the nodes of the fleet that may run Puppet at once.</summary>
    public sealed record PlacesAwaited(ImmutableArray<NodeName> Nodes, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>These nodes waited and have their places: the idle timeout counts from here.</summary>
    public sealed record PlacesTaken(ImmutableArray<NodeName> Nodes, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>These nodes never ran: because of a node that they depend on, or because the deployment stopped first.</summary>
    /// <param name="Cause">The node that they depend on and that did not succeed, or was skipped itself; null where the deployment stopped.</param>
    public sealed record NodesSkipped(
        ImmutableArray<NodeName> Nodes, string Because, DateTimeOffset At,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] NodeName? Cause = null) : IDeploymentEvent;

    /// <summary>All nodes of the group have settled.</summary>
    public sealed record GroupFinished(int Group, int Succeeded, int Failed, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>A held node was seen enabled or applying out of turn, in which case it is waited for and held again, or a run had ended there.</summary>
    /// <param name="LastRun">The node's lastrun, where that shows a run under our hold which this history did not ask for; else null.</param>
    public sealed record NodeOutOfTurn(
        NodeName Node, string Message, DateTimeOffset At,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? LastRun = null) : IDeploymentEvent;

    /// <summary>A node gave two different answers to one request: one may be forged.</summary>
    /// <param name="Action">The agent's action that was requested.</param>
    /// <param name="First">The beginning of the SHA-256 of the first answer, which was taken; 16 hexadecimal characters.</param>
    /// <param name="Second">The same of the answer after it.</param>
    public sealed record AnswersContradicted(NodeName Node, string Action, string First, string Second, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>A person asked to stop: nothing new starts, running nodes finish.</summary>
    /// <param name="Release">Enable all nodes at the end, whatever the failure policy.</param>
    public sealed record CancelRequested(string By, bool Release, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>A person asked to stop without waiting for what runs.</summary>
    public sealed record AbandonRequested(string By, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>A person paused it: nothing new starts, running nodes finish.</summary>
    public sealed record DeploymentPaused(string By, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>A person ended the pause.</summary>
    /// <param name="WaitUntil">Until when is waited now, for approval or after a batch: the pause moved it. Null where nothing was waited for.</param>
    public sealed record DeploymentResumed(
        string By, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? WaitUntil, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>The group waits for a person.</summary>
    /// <param name="DeadlineAt">After that it counts as no; null for never.</param>
    public sealed record ApprovalAwaited(
        int Group, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? DeadlineAt, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>A person let the group begin.</summary>
    public sealed record GroupApproved(int Group, string By, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>A batch has ended; the next one begins at <paramref name="Until"/>.</summary>
    public sealed record SoakStarted(DateTimeOffset Until, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>A person asked for another attempt of what did not succeed; the check of these nodes begins.</summary>
    /// <param name="Attempt">From 2 up.</param>
    /// <param name="Nodes">In the plan's order.</param>
    /// <param name="Automatic">Nobody asked for it: the deployment had not ended, and what failed may be transient.</param>
    public sealed record RetryStarted(
        int Attempt, ImmutableArray<NodeName> Nodes, string By, DateTimeOffset At,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Automatic = false) : IDeploymentEvent;

    /// <summary>What failed may be transient: another attempt begins by itself after a while.</summary>
    /// <param name="Attempt">Its number.</param>
    /// <param name="Nodes">The nodes because of which.</param>
    /// <param name="Because">How they ended, as a clause.</param>
    public sealed record RetryAwaited(
        int Attempt, ImmutableArray<NodeName> Nodes, string Because, DateTimeOffset Until, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>A person asked to stop and to roll back what ran.</summary>
    public sealed record RollbackRequested(string By, string Environment, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>Intent: these nodes are going to be held and then run again, last group first.</summary>
    /// <param name="Nodes">Every node of which a run was asked for, in the plan's order.</param>
    /// <param name="Because">Why, and how the deployment would have ended otherwise.</param>
    /// <param name="IdleDeadlineAt">By when each must be held and idle.</param>
    public sealed record RollbackStarted(
        string Environment, ImmutableArray<NodeName> Nodes, string Because, DateTimeOffset IdleDeadlineAt, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>A person wants the node kept disabled beyond the end.</summary>
    public sealed record NodeKept(NodeName Node, string By, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>
    /// A verb came under a key: the event before it in the same write is what it led to, if there was anything to do. The same request is not done once more.
    /// </summary>
    /// <param name="Key">The SHA-256 of who asked and of the key; 64 hexadecimal characters.</param>
    /// <param name="Request">The SHA-256 of what was asked for.</param>
    /// <param name="Answer">What was answered.</param>
    public sealed record RequestTaken(string Key, string Request, string Answer, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>A person is needed; said again while it lasts.</summary>
    public sealed record AttentionRaised(Attention Attention, string Message, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>The person is not needed any more for this.</summary>
    public sealed record AttentionEnded(Attention Attention, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>Nothing new starts from here on; <see cref="Intended"/> is where it will end.</summary>
    public sealed record DeploymentStopping(DeploymentPhase Intended, string Because, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>Intent: nodes that may be open are going to be disabled again and left so.</summary>
    public sealed record HoldingStarted(ImmutableArray<NodeName> Nodes, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>Intent: every node that carries our message is going to be enabled.</summary>
    /// <param name="By">Who asked, where a person did.</param>
    /// <param name="Only">The one node, where it is about one.</param>
    /// <param name="NodeCount">How many nodes those are. Null in histories of earlier versions.</param>
    public sealed record ReleaseStarted(
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? By,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] NodeName? Only,
        DateTimeOffset At,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? NodeCount = null) : IDeploymentEvent;

    /// <summary>These nodes do not carry our message any more.</summary>
    public sealed record NodesReleased(ImmutableArray<NodeName> Nodes, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>The node should have been enabled and could not be: it may still be disabled by us.</summary>
    public sealed record NodeNotReleased(NodeName Node, string Message, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>The node should have been disabled and that could not be confirmed: it may be open to other runs.</summary>
    public sealed record NodeNotHeld(NodeName Node, string Message, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>These nodes are being read: whether they are held is what they say, not what this history remembers.</summary>
    /// <param name="By">Who asked, where a person did.</param>
    /// <param name="InDoubt">A part of the history may be lost: what it says of them counts for nothing until they are read.</param>
    public sealed record LookStarted(
        ImmutableArray<NodeName> Nodes, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? By, DateTimeOffset At,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool InDoubt = false) : IDeploymentEvent;

    /// <summary>What nodes that were read said.</summary>
    public sealed record NodesSeen(ImmutableArray<SeenNode> Nodes, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>
    /// The host's clock was set. Times of this history, and deadlines, go on as if it had not been, until another supervisor takes over.
    /// </summary>
    /// <param name="By">Negative where it was set back.</param>
    public sealed record ClockStepped(TimeSpan By, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>The fleet is gone, and with it everything on its nodes.</summary>
    public sealed record FleetLost(string Message, DateTimeOffset At) : IDeploymentEvent;

    /// <summary>The end. Only holds may change after it.</summary>
    public sealed record DeploymentEnded(DeploymentPhase End, string Message, DateTimeOffset At) : IDeploymentEvent;
}

/// <summary>What the check learnt about a node that may take part.</summary>
/// <param name="Noop">The node's last run was noop: it may be set to noop in its own configuration.</param>
/// <param name="Environment">The environment that the node's last run began in, where that is not the plan's; null where it is, or is not known.</param>
/// <param name="LastRun">The node's lastrun. Null in histories of earlier versions.</param>
public sealed record CheckedNode(
    NodeName Node, bool DaemonPresent, bool Applying,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Noop = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Environment = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? LastRun = null);

/// <summary>What a node that was read said of our hold.</summary>
/// <param name="Hold">What it is now; as it was before where the node was silent.</param>
/// <param name="LastRun">The node's lastrun; null where it was silent.</param>
/// <param name="Message">Why it was silent, or what it shows beyond the history; null for nothing. May carry text from outside.</param>
/// <param name="Person">What a person did to it instead of us.</param>
/// <param name="PersonsWords">The message with which a person disabled it; null where none did. From outside.</param>
public sealed record SeenNode(
    NodeName Node, Hold Hold,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? LastRun = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Message = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] PersonsAct Person = PersonsAct.Unknown,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? PersonsWords = null)
{
    [JsonIgnore]
    public bool IsSilent => LastRun is null;
}

/// <summary>Whether a node is disabled by this deployment.</summary>
[JsonConverter(typeof(EnumWords<Hold>))]
public enum Hold
{
    /// <summary>Never touched, or known not to carry our message.</summary>
    [JsonStringEnumMemberName("none")] None = 0,

    /// <summary>We asked to disable it, and the answer is not in: it may carry our message.</summary>
    [JsonStringEnumMemberName("asked")] Asked = 1,

    /// <summary>It said that it is disabled with our message.</summary>
    [JsonStringEnumMemberName("held")] Held = 2,

    /// <summary>It is enabled for our run.</summary>
    [JsonStringEnumMemberName("open")] Enabled = 3,

    /// <summary>It should be held and that could not be confirmed.</summary>
    [JsonStringEnumMemberName("not held")] NotHeld = 4,

    /// <summary>It should be free and that could not be confirmed.</summary>
    [JsonStringEnumMemberName("not released")] NotReleased = 5,
}
