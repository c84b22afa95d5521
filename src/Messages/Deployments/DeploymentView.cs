using System.Text.Json.Serialization;
using Orchestrator.Messages.Access;

namespace Orchestrator.Messages.Deployments;

/// <summary>A deployment as <c>show ID --output json</c> prints it.</summary>
/// <param name="StartedAt">When it was registered.</param>
/// <param name="EndedAt">When it ended; null while it goes on.</param>
/// <param name="Message">Why it ended so, or for what or whom it waits.</param>
/// <param name="Nodes">In the plan's order.</param>
/// <param name="Attempt">1, and one more for each retry.</param>
/// <param name="Attention">What needs a person now, in words; left out where nothing does.</param>
/// <param name="Report">What came of it, added up; left out where nobody added it up.</param>
/// <param name="Sequence">The number of the last event in it; 0 before the first.</param>
/// <param name="Unattended">It has not ended, but no host is running it; left out otherwise.</param>
/// <param name="Verbs">What makes sense now; left out where nothing does. What is asked later may be refused all the same.</param>
/// <param name="Imported">Whether it ran in another journal and is only read here; left out where not.</param>
/// <param name="Refusal">Why it was refused when its turn came; left out where it was not.</param>
/// <param name="Trouble">Why it may stand still now although somebody carries it on, one sentence for people; left out where all is well.</param>
/// <param name="Progress">How far it has come; left out before it begins and from its end on.</param>
/// <param name="Clock">How the host's clock was set in the last hour and what to do, one sentence for people; left out where it was not.</param>
public sealed record DeploymentView(
    DeploymentId Id,
    PlanId PlanId,
    string Environment,
    DeploymentPhase State,
    DateTimeOffset StartedAt,
    DateTimeOffset? EndedAt,
    FleetName Fleet,
    string Caller,
    string Message,
    ImmutableArray<NodeView> Nodes,
    int Attempt = 1,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Attention = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DeploymentReport? Report = null,
    long Sequence = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Unattended = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<PossibleVerb>? Verbs = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Imported = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Refusal? Refusal = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Description = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Trouble = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DeploymentProgress? Progress = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Clock = null)
{
    /// <summary>Which nodes it holds and may hold, added up.</summary>
    public Holdings Holdings => Holdings.Of(Nodes);

    /// <summary>The same for one person: without the verbs that must be another's.</summary>
    public DeploymentView For(string caller) => this with
    {
        Verbs = Verbs?.Where(v => v.NotBy?.Any(n => Callers.PersonOf(n) == Callers.PersonOf(caller)) != true).ToList(),
    };

    /// <summary>What a person can do with it once the cause of a failure is dealt with.</summary>
    [JsonIgnore]
    public AfterFix AfterFix => AfterFixOf(State, Verbs);

    /// <summary>What makes sense for the deployment as a whole about a verb; null where it does not.</summary>
    public PossibleVerb? Possible(Verb verb) => Verbs?.FirstOrDefault(v => v.Verb == verb && !v.NamesNode);

    /// <summary>Whether a verb makes sense now for the deployment as a whole.</summary>
    public bool Takes(Verb verb) => Takes(Verbs, verb);

    /// <summary>
    /// What a person can do with a deployment once the cause of a failure is dealt with. After an abandon no retry is advised, because nodes may still be
    /// running unwatched, though a person may ask for it.
    /// </summary>
    /// <param name="verbs">What makes sense for it now; null for nothing.</param>
    public static AfterFix AfterFixOf(DeploymentPhase state, IReadOnlyList<PossibleVerb>? verbs) =>
        state != DeploymentPhase.Abandoned && Takes(verbs, Verb.Retry) ? AfterFix.Retry
        : state.IsEnd() && Takes(verbs, Verb.Release) ? AfterFix.Release
        : AfterFix.Nothing;

    private static bool Takes(IReadOnlyList<PossibleVerb>? verbs, Verb verb) => verbs?.Any(v => v.Verb == verb && !v.NamesNode) == true;
}

/// <summary>Why a deployment that had waited was refused when its turn came: the same as one that is refused at once.</summary>
/// <param name="Code">One of <see cref="Api.ProblemCodes"/>.</param>
/// <param name="Detail">One sentence.</param>
/// <param name="Holder">The deployment that holds the nodes.</param>
/// <param name="Nodes">The nodes because of which; empty where they are not known.</param>
/// <param name="Next">What a person does first, each of these; left out where nothing is to be done any more, or nobody knows.</param>
public sealed record Refusal(
    string Code, string Detail, DeploymentId Holder, ImmutableArray<NodeName> Nodes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<Api.NextStep>? Next = null);

/// <param name="Nodes">The nodes of which one must be named; left out where it is for the deployment as a whole, or <paramref name="AllBut"/> says it.</param>
/// <param name="NeedsEnvironment">Rollback only: no Puppet environment was given to run, so one must be named; left out where not.</param>
/// <param name="AllBut">Any node of the deployment but these must be named: said so where it is shorter; left out otherwise.</param>
/// <param name="Group">Approve only: the group that waits; left out otherwise.</param>
/// <param name="Count">Retry, rollback and release of the whole: how many nodes it would run again or enable; left out otherwise.</param>
/// <param name="NotBy">The people whom it is refused to, because another person must do it; left out where there are none.</param>
public sealed record PossibleVerb(
    Verb Verb,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<NodeName>? Nodes = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool NeedsEnvironment = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<NodeName>? AllBut = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Group = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? NotBy = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Count = null)
{
    /// <summary>Whether it may be this node that is named.</summary>
    public bool Names(NodeName node) => Nodes?.Contains(node) ?? AllBut?.Contains(node) == false;

    /// <summary>Whether one node must be named.</summary>
    [JsonIgnore]
    public bool NamesNode => Nodes is not null || AllBut is not null;
}

/// <summary>A node of a deployment as it stands now.</summary>
/// <param name="Outcome">How its attempt ended; null while open.</param>
/// <param name="Changed">Changed resources; null where no run was judged.</param>
/// <param name="WouldChange">Resources that a noop run would have changed; left out otherwise.</param>
/// <param name="Message">What a person should read; may carry text from outside.</param>
/// <param name="Held">The node has confirmed that this deployment has it disabled.</param>
/// <param name="Hold">What the deployment did last about it.</param>
/// <param name="Compensation">How its run of a rollback ended; left out where there was none.</param>
/// <param name="KeptBy">Who wants it kept disabled beyond the end; left out where nobody does.</param>
/// <param name="Changes">The id of its changes in the report; left out where the log did not tell them, or there are none.</param>
/// <param name="AwaitsPlace">Its turn has come, and it waits for a permit (<see cref="DeploymentOptions.MaxRunning"/>); left out where not.</param>
/// <param name="Cause">Why its attempt ended so, where that calls for advice of its own; left out otherwise.</param>
/// <param name="SeenAt">When it was last read to see whether it is held; left out where it was not since it was disabled.</param>
/// <param name="Seen">What it showed then beyond the history, or why it was silent; left out where nothing. May carry text from outside.</param>
/// <param name="Standing">How it stands to the deployment; <paramref name="Held"/> where it is held.</param>
/// <param name="CompensationErrorLines">The lines of the log of its run in the rollback that a person needs; left out where there are none.</param>
/// <param name="PersonsWords">The message with which a person has it disabled; left out where none has. From outside.</param>
public sealed record NodeView(
    NodeName Name,
    int Group,
    Outcome? Outcome,
    int? Changed,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? WouldChange,
    string Message,
    bool Held,
    Hold Hold,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? ErrorLines,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Warnings,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Outcome? Compensation = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? CompensationMessage = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? KeptBy = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Changes = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool AwaitsPlace = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Cause? Cause = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Cause? CompensationCause = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? SeenAt = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Seen = null,
    Standing Standing = Standing.Free,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? PersonsWords = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? CompensationErrorLines = null);

/// <summary>How far a deployment that goes on has come.</summary>
/// <param name="Attempt">1, and one more for each retry.</param>
/// <param name="Done">How many nodes have come to the end of the attempt, or of the rollback, also those that it is not about.</param>
/// <param name="Of">How many nodes there are.</param>
/// <param name="Group">The group whose gate opened last; left out where none is open, and where nodes begin each by itself.</param>
/// <param name="Groups">How many groups there are; left out with <paramref name="Group"/>, and where an earlier version registered the deployment.</param>
public sealed record DeploymentProgress(
    int Attempt, int Done, int Of,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Group = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Groups = null)
{
    /// <param name="groups">0 where that is not known.</param>
    public DeploymentProgress OfGroups(int groups) => this with { Groups = Group is null || groups == 0 ? null : groups };
}

/// <summary>A deployment's line in <c>list</c>.</summary>
/// <param name="StartedAt">When it was registered.</param>
/// <param name="Held">How many nodes have confirmed that it holds them.</param>
/// <param name="Active">False where it has not ended and is not running, because its host has exited: <c>resume</c> resumes it.</param>
/// <param name="WaitsFor">The deployments whose nodes it waits for.</param>
/// <param name="Attention">What needs a person now, in words; left out where nothing does. Such lines come first in a list.</param>
/// <param name="Releases">Whether it has ended and nodes are being enabled now; left out where not.</param>
/// <param name="RunEnvironment">The Puppet environment of its runs; left out where each node runs in that of its own configuration.</param>
/// <param name="Imported">Whether it ran in another journal and is only read here; left out where not.</param>
/// <param name="Bytes">How much its history has in the journal, without its plan, which others may share; left out where nobody asked.</param>
/// <param name="Refusal">Why it was refused when its turn came; left out where it was not.</param>
/// <param name="Description">What it is for, in the words of who started it; left out where none were given.</param>
/// <param name="Unclear">Of how many more nodes it is not known whether they are held, or which are not as they should be; left out where of none.</param>
/// <param name="UnclearNodes">The first few of these, in ordinal order; left out where there are none.</param>
/// <param name="EndedAt">When it ended; left out while it goes on.</param>
/// <param name="Applications">The first few of its plan; left out where an earlier version registered it, or it was imported.</param>
/// <param name="ApplicationCount">How many there are; left out where that is not known.</param>
/// <param name="Progress">How far it has come; left out before it begins and from its end on.</param>
/// <param name="GroupCount">How many groups its plan has; left out where that is not known.</param>
/// <param name="Approval">The approval that a group waits for, as the verbs of the deployment have it; left out where none does.</param>
public sealed record DeploymentLine(
    DeploymentId Id,
    string Environment,
    DeploymentPhase State,
    DateTimeOffset StartedAt,
    int NodeCount,
    int Held,
    string Caller,
    FleetName Fleet,
    PlanId PlanId,
    bool Active,
    ImmutableArray<DeploymentId> WaitsFor,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Attention = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Releases = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? RunEnvironment = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Imported = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Bytes = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Refusal? Refusal = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Description = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int Unclear = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<NodeName>? UnclearNodes = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? EndedAt = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Applications = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int ApplicationCount = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DeploymentProgress? Progress = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int GroupCount = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] PossibleVerb? Approval = null)
{
    public const int MostUnclearNodes = 3;

    /// <summary>The attention of one whose plan or history in the journal cannot be read; no word of its history, which nobody can write.</summary>
    public const string CannotBeCarriedOn = "cannot continue";

    /// <summary>Whether it may hold nodes now: it is not waiting for another one, and has not ended without holding any.</summary>
    [JsonIgnore]
    public bool MayHold => State.IsEnd() ? Keeps > 0 : WaitsFor.IsEmpty;

    /// <summary>How many nodes it holds or may hold.</summary>
    [JsonIgnore]
    public int Keeps => Held + Unclear;
}

/// <param name="Deployments">Newest first.</param>
/// <param name="Next">The last of them, before which the next page begins; null where there is none.</param>
/// <param name="Older">How many are older than all of them.</param>
/// <param name="Current">Those of the older ones that have not ended or still hold nodes, newest first; empty where nobody asked for them.</param>
/// <param name="JournalBytes">How much the journal has on disk, with plans and free space; left out where nobody asked.</param>
public sealed record DeploymentPage(
    ImmutableArray<DeploymentLine> Deployments, DeploymentId? Next, int Older, ImmutableArray<DeploymentLine> Current,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? JournalBytes = null);

/// <summary>One entry of a deployment's history with its place in it.</summary>
/// <param name="Sequence">Its number in the deployment's stream, from 1; a watcher resumes after it.</param>
[JsonConverter(typeof(RecordedEventConverter))]
public sealed record RecordedEvent(long Sequence, IDeploymentEvent Event);
