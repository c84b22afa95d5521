using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Deployments.State;

/// <summary>What a deployment is at, one record per stage so that no stage carries another's values.</summary>
public abstract record Stage
{
    private Stage() { }

    /// <summary>Nothing in the journal yet.</summary>
    public sealed record NotStarted : Stage;

    /// <summary>Every node of the attempt is read; nothing is changed.</summary>
    public sealed record Checking : Stage;

    /// <summary>Nodes are being disabled and waited for, before the groups run or before a rollback.</summary>
    public sealed record Isolating(DateTimeOffset IdleDeadlineAt) : Stage;

    /// <summary>
    /// Groups run, in a rollback the last one first. <paramref name="Group"/> is 0 where nodes begin each by itself, <paramref name="Batch"/> before the
    /// group's first; <paramref name="Last"/> is the last node of the open one. A finished group may be waited after, and the next one's approval for.
    /// </summary>
    public sealed record Running(int Group, int Batch, NodeName? Last, bool IsFinished = false) : Stage;

    /// <summary>Nothing new starts; what runs is awaited.</summary>
    public sealed record Stopping(DeploymentPhase Intended, string Because, bool WasRunning) : Stage;

    /// <summary>Open nodes are being disabled again.</summary>
    public sealed record Holding(DeploymentPhase Intended, string Because) : Stage;

    /// <summary>Nodes are being enabled.</summary>
    public sealed record Releasing(DeploymentPhase Intended, string Because) : Stage;

    /// <summary>Over. A release may still go on.</summary>
    public sealed record Ended(DeploymentPhase End, string Message, DateTimeOffset At) : Stage;
}

/// <summary>What a running deployment waits for beside its nodes.</summary>
public abstract record Wait
{
    private Wait() { }

    /// <summary>A person is to approve the group; after the deadline that counts as no.</summary>
    public sealed record Approval(int Group, DateTimeOffset? DeadlineAt) : Wait;

    /// <summary>A batch has ended, and its effect is waited for.</summary>
    public sealed record Soak(DateTimeOffset Until) : Wait;

    /// <summary>What failed may be transient: another attempt begins then by itself.</summary>
    public sealed record Retry(int Attempt, DateTimeOffset Until) : Wait;

    /// <summary>Until when; null for ever.</summary>
    public DateTimeOffset? EndsAt => this switch
    {
        Approval approval => approval.DeadlineAt,
        Soak soak => soak.Until,
        Retry retry => retry.Until,
        _ => null,
    };
}

/// <summary>How many nodes of a deployment are waited for, and held in which way.</summary>
/// <param name="Pending">The stage still expects to hear of them.</param>
/// <param name="Touched">May be disabled by it, or should be.</param>
/// <param name="Held">Those of them that have confirmed it.</param>
/// <param name="Unclear">Those of them of which that is not known, or that are not as they should be.</param>
/// <param name="NotReleased">Those of these that should be free and may be held.</param>
/// <param name="LookedAt">Those that are being read to see whether they are held.</param>
/// <param name="Settled">Those whose attempt, or run of the rollback, has ended.</param>
public readonly record struct NodeCounts(int Pending, int Touched, int Held, int Unclear, int NotReleased, int LookedAt, int Settled)
{
    /// <summary>After one node went from one to the other; null is one that no event has named.</summary>
    public NodeCounts Moved(NodeState? from, NodeState to) => Plus(from, -1).Plus(to, 1);

    private NodeCounts Plus(NodeState? node, int nodes)
    {
        if (node is null)
            return this;
        var standing = NodeStanding.Of(node);
        return new NodeCounts(
            Pending + (node.IsPending ? nodes : 0),
            Touched + (node.IsTouched ? nodes : 0),
            Held + (standing == Standing.Held ? nodes : 0),
            Unclear + (standing.IsUnclear() ? nodes : 0),
            NotReleased + (standing == Standing.NotReleased ? nodes : 0),
            LookedAt + (node.IsLookedAt ? nodes : 0),
            Settled + (node.Step == NodeStep.Settled ? nodes : 0));
    }
}

/// <summary>A request that came under a key and was not refused.</summary>
/// <param name="Sequence">The number of the event by which it was done, or of the last one where there was nothing to do.</param>
public sealed record TakenRequest(DeploymentEvents.RequestTaken Event, long Sequence);

/// <summary>One deployment as its history tells; changed by <see cref="DeploymentEvolution"/> alone, and never in need of the plan.</summary>
public sealed record DeploymentState
{
    public static DeploymentState Initial { get; } = new();
    public Stage Stage { get; init; } = new Stage.NotStarted();

    /// <summary>How many events it has: the number of the newest one.</summary>
    public long Length { get; init; }

    /// <summary>How it began; null before that.</summary>
    public DeploymentEvents.DeploymentStarted? Start { get; init; }

    /// <summary>Which supervisor writes this history.</summary>
    public int Epoch { get; init; }

    /// <summary>When its current supervisor took it over from an earlier one, by the machine's time of day; null where the first one still runs it.</summary>
    public DateTimeOffset? TakenOverAt { get; init; }

    /// <summary>1, and one more for each retry.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>Who started this attempt, or the one that it follows by itself; empty before the first.</summary>
    public string AttemptBy { get; init; } = "";

    /// <summary>How many attempts began by themselves since a person started one.</summary>
    public int AutomaticRetries { get; init; }

    /// <summary>Every node that an event has named.</summary>
    public NodeDictionary<NodeState> Nodes { get; init; } = NodeDictionary<NodeState>.Empty;

    /// <summary>Warnings about contradictory answers of nodes that the check has not passed or ended yet: nothing else is known of them.</summary>
    public ImmutableDictionary<NodeName, ImmutableArray<string>> EarlyContradictions { get; init; } =
        ImmutableDictionary<NodeName, ImmutableArray<string>>.Empty;

    /// <summary>Warnings about contradictory answers of a node in this attempt or rollback.</summary>
    public ImmutableArray<string> ContradictionsOf(NodeName node) =>
        Nodes.GetValueOrDefault(node)?.Contradictions ?? (EarlyContradictions.TryGetValue(node, out var early) ? early : []);

    public NodeCounts Counts { get; init; }

    /// <summary>The nodes of which the stage still expects to hear; looks at every node for them.</summary>
    public IEnumerable<NodeName> Pending => Nodes.Where(n => n.Value.IsPending).Select(n => n.Key);

    /// <summary>Who had all nodes read last, and the result is not in; null where nobody waits for it.</summary>
    public string? LookedAtBy { get => field is not null && Counts.LookedAt > 0 ? field : null; init; }

    /// <summary>The nodes that are being read to see whether they are held; looks at every node for them.</summary>
    public IEnumerable<NodeName> LookedAt => Nodes.Where(n => n.Value.IsLookedAt).Select(n => n.Key);

    /// <summary>Nodes that passed the attempt's check or settled in it.</summary>
    public int Heard { get; init; }

    /// <summary>How many nodes the attempt's check is about.</summary>
    public int Expected { get; init; }

    /// <summary>Nodes of the attempt that failed, were refused or unreachable: what the failure budget counts.</summary>
    public int Failures { get; init; }

    /// <summary>A node whose run showed that the server lacks the environment asked for: no other node would fare better. Null where none did.</summary>
    public NodeName? NoSuchEnvironment { get; init; }

    /// <summary>Requests in the journal of which a run may have begun: while 0, a failure undoes everything.</summary>
    public int RunsThatMayHaveBegun { get; init; }

    /// <summary>Nodes that a person wants kept disabled beyond the end.</summary>
    public ImmutableDictionary<NodeName, DeploymentEvents.NodeKept> Kept { get; init; } = ImmutableDictionary<NodeName, DeploymentEvents.NodeKept>.Empty;

    /// <summary>Nodes among those that are waited for that stopped answering, and since when.</summary>
    public ImmutableDictionary<NodeName, DateTimeOffset> Silent { get; init; } = ImmutableDictionary<NodeName, DateTimeOffset>.Empty;

    /// <summary>How many nodes wait for a permit under the limit of their fleet.</summary>
    public int AwaitedPermits => Stage is Stage.Running or Stage.Stopping ? Nodes.Values.Count(n => n.IsPending && n.AwaitsPermit) : 0;

    /// <summary>Who cancelled it and whether its nodes are to be released; null where nobody did.</summary>
    public DeploymentEvents.CancelRequested? Cancel { get; init; }

    /// <summary>Who wants it to end without waiting; null where nobody does.</summary>
    public DeploymentEvents.AbandonRequested? Abandon { get; init; }

    /// <summary>Who paused it; null where it is not paused.</summary>
    public DeploymentEvents.DeploymentPaused? Pause { get; init; }

    /// <summary>What it waits for beside its nodes; null where for nothing.</summary>
    public Wait? Wait { get; init; }

    /// <summary>The group that was approved last in this attempt.</summary>
    public int Approved { get; init; }

    /// <summary>The groups that a person approved, in any attempt, and for which nobody was asked again since.</summary>
    public ImmutableHashSet<int> OpenGates { get; init; } = [];

    /// <summary>The batch after which was waited last, as group and batch.</summary>
    public (int Group, int Batch) Soaked { get; init; }

    /// <summary>Who requested a rollback and to what; null where nobody did.</summary>
    public DeploymentEvents.RollbackRequested? RollbackWanted { get; init; }

    /// <summary>The rollback that goes on or has ended; null where there was none.</summary>
    public DeploymentEvents.RollbackStarted? Rollback { get; init; }

    /// <summary>Nodes whose run of the rollback did not succeed.</summary>
    public int FailedCompensations { get; init; }

    public ImmutableDictionary<string, DeploymentEvents.ChangesSeen> Changes { get; init; } = ImmutableDictionary<string, DeploymentEvents.ChangesSeen>.Empty;

    /// <summary>For what a person is needed, and when that was said last.</summary>
    public ImmutableSortedDictionary<Attention, DeploymentEvents.AttentionRaised> Attention { get; init; } =
        ImmutableSortedDictionary<Attention, DeploymentEvents.AttentionRaised>.Empty;

    /// <summary>The requests with a key that were not refused, by the hash of caller and key.</summary>
    public ImmutableDictionary<string, TakenRequest> Requests { get; init; } = ImmutableDictionary<string, TakenRequest>.Empty;

    /// <summary>Since when it holds nodes without a break; null where it holds none.</summary>
    public DateTimeOffset? HeldSince { get; init; }

    /// <summary>When something happened last, other than that a person was called.</summary>
    public DateTimeOffset MovedAt { get; init; }

    /// <summary>How the host's clock was set while it ran, in order.</summary>
    public ImmutableArray<DeploymentEvents.ClockStepped> ClockSteps { get; init; } = [];

    /// <summary>How many of these came before the current supervisor, or before the end: later times already include them.</summary>
    public int EarlierClockSteps { get; init; }

    /// <summary>How far the host's clock is ahead of the times of this history's newest events; negative where it was set back.</summary>
    public TimeSpan ClockStepped => Stepped(EarlierClockSteps..);

    /// <summary>The sum of a range of <see cref="ClockSteps"/>.</summary>
    public TimeSpan Stepped(Range steps) => ClockSteps.IsEmpty ? TimeSpan.Zero : ClockSteps[steps].Aggregate(TimeSpan.Zero, (sum, step) => sum + step.By);

    /// <summary>What it was started with; throws before that.</summary>
    public DeploymentOptions Options => Start?.Options ?? throw new InvalidOperationException("the deployment has not started");

    /// <summary>
    /// Whether a node of which a run was asked for may be asked again where that request came to nothing: what was ordered before a failure
    /// elsewhere is brought to its end, so that a restart changes no outcome; after a cancel nothing is asked any more.
    /// </summary>
    public bool AsksAgain(NodeState node) =>
        node.IsAsked
        && (IsRollingBack || this is { Cancel: null, RollbackWanted: null })
        && Stage is Stage.Running or Stage.Stopping { Intended: DeploymentPhase.Failed or DeploymentPhase.Stuck };

    /// <summary>Whether a rollback goes on: then results are those of the rollback's runs.</summary>
    public bool IsRollingBack => Rollback is not null && Stage is not Stage.Ended;

    /// <summary>Whether the stage still expects to hear of the node.</summary>
    public bool IsPending(NodeName node) => Nodes.GetValueOrDefault(node) is { IsPending: true };

    /// <summary>How far it has come; null before its first event and from its end on.</summary>
    public DeploymentProgress? Progress => Stage is Stage.NotStarted or Stage.Ended
        ? null
        : new(Attempt, Counts.Settled, Start!.NodeCount, Stage is Stage.Running { Group: > 0 and var group } ? group : null);

    /// <summary>The word for <c>list</c> and <c>show</c>.</summary>
    public DeploymentPhase Phase => Stage switch
    {
        Stage.NotStarted => DeploymentPhase.Waiting,
        Stage.Ended ended => ended.End,
        _ when Pause is not null => DeploymentPhase.Paused,
        _ when Wait is Wait.Approval => DeploymentPhase.AwaitingApproval,
        Stage.Checking => DeploymentPhase.Checking,
        Stage.Stopping => DeploymentPhase.Stopping,
        Stage.Holding { Intended: var end } when end.IsStoppedAt() => DeploymentPhase.Stopping,
        Stage.Releasing { Intended: var end } when end.IsStoppedAt() => DeploymentPhase.Stopping,
        Stage.Isolating when !IsRollingBack => DeploymentPhase.Isolating,
        _ => DeploymentPhase.Running,
    };
}
