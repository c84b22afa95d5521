using System.Text.Json.Serialization;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Messages.Following;

/// <summary>
/// What a deployment's events say about where it stands, for showing it: a pure fold. The host makes it of a history once, for who begins to follow; from there
/// on events move it there as they would have here. It decides nothing; how the deployment ended is read from the host's view.
/// </summary>
public sealed record ProgressModel
{
    /// <summary>The number of the last event in it; 0 before the first.</summary>
    public long Sequence { get; init; }

    public required DeploymentId Id { get; init; }
    public required string Environment { get; init; }
    public required DateTimeOffset RegisteredAt { get; init; }

    /// <summary>The word for it, as the host has it.</summary>
    [JsonIgnore]
    public DeploymentPhase Phase => this switch
    {
        _ when Doing.IsEnd() => Doing,
        { PausedBy: not null } => DeploymentPhase.Paused,
        { Approval: not null } => DeploymentPhase.AwaitingApproval,
        { Intended: { } end } when end.IsStoppedAt() => DeploymentPhase.Stopping,
        { Doing: DeploymentPhase.Isolating, Rollback: not null } => DeploymentPhase.Running,
        _ => Doing,
    };

    /// <summary>What it is doing but for pauses and waits.</summary>
    public DeploymentPhase Doing { get; init; } = DeploymentPhase.Waiting;

    /// <summary>How it will end, from when nothing new starts; null before, and after its end.</summary>
    public DeploymentPhase? Intended { get; init; }

    /// <summary>The deployments whose nodes it waits for; none once it has started.</summary>
    public ImmutableArray<DeploymentId> WaitsFor { get; init; } = [];

    /// <summary>1, and one more for each retry.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>How many nodes the attempt is about.</summary>
    public int Expected { get; init; }

    /// <summary>Who paused it; null where nobody did.</summary>
    public string? PausedBy { get; init; }

    /// <summary>The group that waits for approval; null where none does.</summary>
    public ApprovalAwaited? Approval { get; init; }

    /// <summary>Until when is waited after a batch; null where that is not so.</summary>
    public DateTimeOffset? SoakUntil { get; init; }

    /// <summary>The attempt that begins by itself after a while; null where none does.</summary>
    public RetryAwaited? Retry { get; init; }

    /// <summary>How far the host's clock is ahead of the times of the newest events; negative where it was set back.</summary>
    public TimeSpan ClockStepped { get; init; }

    /// <summary>The rollback that goes on or has ended; null where there was none.</summary>
    public RollbackStarted? Rollback { get; init; }

    public ImmutableSortedDictionary<Attention, string> Attention { get; init; } = ImmutableSortedDictionary<Attention, string>.Empty;

    /// <summary>What the caller chose; null until it began.</summary>
    public DeploymentOptions? Options { get; init; }

    /// <summary>What held nodes are disabled with.</summary>
    public string HoldMessage { get; init; } = "";

    public required ImmutableSortedDictionary<int, GroupProgress> Groups { get; init; }
    public required ImmutableDictionary<NodeName, NodeProgress> Nodes { get; init; }

    /// <summary>The group whose gate opened last; 0 before the first, and where nodes begin each by itself.</summary>
    public int OpenGroup { get; init; }

    /// <summary>Nodes begin each by itself, without groups.</summary>
    public bool IsEager { get; init; }

    /// <summary>The number of the batch that was opened last.</summary>
    public int BatchNumber { get; init; }

    /// <summary>The nodes of the batch that was opened last, or all that were opened where there are no groups.</summary>
    public ImmutableHashSet<NodeName> Batch { get; init; } = [];

    public StageCounts BatchStages { get; init; }

    /// <summary>How many nodes of the batch wait for their first request: its turn to be told comes with the last of them.</summary>
    public int Unasked { get; init; }

    /// <summary>How many nodes take part in what goes on.</summary>
    public int CheckedCount { get; init; }

    /// <summary>How many of them carry the hold message.</summary>
    public int IsolatedCount { get; init; }

    public int IdleCount { get; init; }

    /// <summary>How many nodes wait for their places among those of the fleet that may run Puppet at once.</summary>
    public int AwaitedPlaces { get; init; }

    /// <summary>How many runs succeeded, over all attempts, and how long these took together from the request to the verdict.</summary>
    public int GoodRuns { get; init; }

    public TimeSpan GoodRunTime { get; init; }

    /// <summary>How many nodes of all groups are at which stage.</summary>
    [JsonIgnore]
    public StageCounts AllStages => Groups.Values.Aggregate(default(StageCounts), (sum, g) => new StageCounts(
        sum.Waiting + g.Stages.Waiting, sum.Chosen + g.Stages.Chosen, sum.Starting + g.Stages.Starting, sum.Running + g.Stages.Running,
        sum.Succeeded + g.Stages.Succeeded, sum.Failed + g.Stages.Failed, sum.Skipped + g.Stages.Skipped));

    /// <summary>How many nodes of the attempt have not answered its check.</summary>
    [JsonIgnore]
    public int Unanswered => Groups.Values.Sum(g => g.Stages.Waiting) - CheckedCount;

    /// <summary>Nodes that a person should look at, in the order in which that came up.</summary>
    public ImmutableList<NodeName> ToLookAt { get; init; } = [];

    /// <summary>Who asked to stop, or why nothing new starts; empty while all goes its way.</summary>
    public string Stopping { get; init; } = "";

    /// <summary>Where nothing has happened yet.</summary>
    /// <param name="groupOf">The plan's nodes, each with the number of its group.</param>
    public static ProgressModel Of(
        DeploymentId id, string environment, DateTimeOffset registeredAt, IReadOnlyCollection<KeyValuePair<NodeName, int>> groupOf) => new()
        {
            Id = id,
            Environment = environment,
            RegisteredAt = registeredAt,
            Expected = groupOf.Count,
            Nodes = groupOf.ToImmutableDictionary(n => n.Key, n => new NodeProgress(n.Value)),
            Groups = groupOf.GroupBy(n => n.Value).ToImmutableSortedDictionary(
                g => g.Key, g => new GroupProgress(g.Key, null, null, new StageCounts(Waiting: g.Count(), 0, 0, 0, 0, 0, 0))),
        };

    /// <summary>Where it stands after an event.</summary>
    /// <param name="happened">Null for one of a newer host, which changes nothing else.</param>
    public ProgressModel After(long sequence, IDeploymentEvent? happened) => After(happened) with { Sequence = sequence };

    public ProgressModel After(IDeploymentEvent? happened) => happened switch
    {
        DeploymentStarted e => this with { Doing = DeploymentPhase.Checking, WaitsFor = [], Options = e.Options, HoldMessage = e.HoldMessage },
        NodesChecked e => Each(e.Nodes.Select(n => n.Node), n => n with { Checked = true }),
        IsolationStarted => this with { Doing = DeploymentPhase.Isolating },
        NodesHeld e => Each(e.Nodes, n => n with { Held = true }),
        NodesIdle e => Each(e.Nodes, n => n with { Idle = true }),
        GroupStarted e => Opened(e),
        BatchStarted e => Opened(e),
        PlacesAwaited e => Each(e.Nodes, n => n with { AwaitsPlace = true }),
        PlacesTaken e => Each(e.Nodes, n => n with { AwaitsPlace = false }),
        RunRequested e => One(e.Node, n => n with { Stage = NodeStage.Starting, Held = false, Asked = true, RequestedAt = e.At }),
        RunsBegan e => Each(e.Nodes, n => n with { Stage = NodeStage.Running }),
        RunDisplaced e => One(e.Node, n => n with { Stage = NodeStage.Chosen, RequestedAt = null }),
        RunUntraced e => One(e.Node, n => n with { Stage = NodeStage.Chosen, RequestedAt = null }),
        RunNotSent e => One(e.Node, n => n with { Stage = NodeStage.Chosen, RequestedAt = null }),
        NodeSettled e => Settled(e),
        NodesSkipped e =>
            Each(e.Nodes, n => n with { Stage = NodeStage.Skipped, Outcome = Outcome.Skipped, Message = e.Because, Checked = false }).Done(e.Nodes, e.At),
        GroupFinished e when Groups.TryGetValue(e.Group, out var group) => this with { Groups = Groups.SetItem(e.Group, group with { FinishedAt = e.At }) },
        NodeOutOfTurn e => LookAt(e.Node, e.Message),
        AnswersContradicted e => LookAt(e.Node, Phrases.Contradicted(e.Action, e.First, e.Second)),
        CancelRequested e => Goes() with
        {
            Stopping = $"cancelled by {e.By}",
            Intended = Retry is null ? Intended : DeploymentPhase.Cancelled,
        },
        AbandonRequested e => Goes() with { Stopping = $"abandoned by {e.By}" },
        RollbackRequested e => Goes() with { Stopping = $"{e.By} requested a rollback to {e.Environment}" },
        DeploymentStopping e => Goes() with { Stopping = Stopping.Length > 0 ? Stopping : e.Because, Intended = e.Intended },
        DeploymentPaused e => Each(Nodes.Keys, n => n.AwaitsPlace ? n with { AwaitsPlace = false } : n) with { PausedBy = e.By },
        DeploymentResumed e => this with
        {
            PausedBy = null,
            Approval = Approval is { } approval
            ? approval with { DeadlineAt = e.WaitUntil }
            : null,
            SoakUntil = SoakUntil is null ? null : e.WaitUntil,
            Retry = Retry is { } retry && e.WaitUntil is { } until ? retry with { Until = until } : null,
        },
        ApprovalAwaited e => this with { Approval = e, SoakUntil = null },
        GroupApproved => this with { Approval = null },
        SoakStarted e => this with { SoakUntil = e.Until },
        RetryStarted e =>
            Again(e.Nodes, isRollback: false) with { Doing = DeploymentPhase.Checking, Attempt = e.Attempt, Expected = e.Nodes.Length, Retry = null },
        RetryAwaited e => this with { Retry = e },
        RollbackStarted e => Again(e.Nodes, isRollback: true) with { Doing = DeploymentPhase.Isolating, Rollback = e },
        AttentionRaised e => this with { Attention = Attention.SetItem(e.Attention, e.Message) },
        AttentionEnded e => this with { Attention = Attention.Remove(e.Attention) },
        NodesReleased e => Each(e.Nodes, n => n with { Held = false, Idle = false }),
        NodeNotReleased e => One(e.Node, n => n with { Held = false }).LookAt(e.Node, $"not released: {e.Message}"),
        NodeNotHeld e => One(e.Node, n => n with { Held = false }).LookAt(e.Node, $"not held: {e.Message}"),
        NodesSeen e => e.Nodes.Aggregate(this, (model, seen) => model.One(seen.Node, n => n with { Held = seen.Hold == Hold.Held })),
        SupervisorStarted => this with { ClockStepped = TimeSpan.Zero },
        ClockStepped e => this with { ClockStepped = ClockStepped + e.By },
        FleetLost e => Each(Nodes.Keys, n => n with { Held = false }) with { Stopping = e.Message },
        DeploymentEnded e => Goes() with { Doing = e.End, Intended = null, ClockStepped = TimeSpan.Zero },
        _ => this,
    };

    /// <summary>True where a node ended otherwise than it should.</summary>
    public static bool NeedsAPerson(Outcome outcome) => outcome is not (Outcome.Succeeded or Outcome.Skipped);

    /// <summary>Without a pause or a wait.</summary>
    private ProgressModel Goes() => this with { PausedBy = null, Approval = null, SoakUntil = null, Retry = null };

    private ProgressModel Opened(GroupStarted e) => this with
    {
        Doing = DeploymentPhase.Running,
        OpenGroup = e.Group,
        IsEager = e.Group == 0,
        Batch = [],
        BatchNumber = 0,
        BatchStages = default,
        Approval = null,
        SoakUntil = null,
        Groups = Groups.TryGetValue(e.Group, out var group) ? Groups.SetItem(e.Group, group with { StartedAt = e.At, FinishedAt = null }) : Groups,
    };

    private ProgressModel Opened(BatchStarted e)
    {
        var before = IsEager ? this : this with { Batch = [], BatchStages = default };
        var stages = before.BatchStages.With(NodeStage.Chosen, e.Nodes.Count(Nodes.ContainsKey));
        var opened = before.Each(e.Nodes, n => n with { Stage = NodeStage.Chosen, AwaitsPlace = false, Asked = false }) with
        {
            Unasked = (IsEager ? Unasked : 0) + e.Nodes.Count(Nodes.ContainsKey),
            Batch = before.Batch.Union(e.Nodes),
            BatchNumber = e.Batch,
            BatchStages = stages,
            SoakUntil = null
        };
        return opened.Timed(e.Nodes, g => g.StartedAt is null, g => g with { StartedAt = e.At });
    }

    /// <summary>These nodes stand where all stood at the beginning; what the others came to stays.</summary>
    private ProgressModel Again(ImmutableArray<NodeName> nodes, bool isRollback)
    {
        var again = nodes.ToHashSet();
        var model = Each(Nodes.Keys, n => n with { Checked = false, Idle = false, Asked = false })
            .Each(nodes, n => n with
            {
                Stage = NodeStage.Waiting,
                Checked = isRollback,
                Outcome = null,
                Changed = null,
                Message = "",
                NeedsLook = false,
                RequestedAt = null,
            });
        return model with
        {
            Stopping = "",
            Intended = null,
            Batch = [],
            BatchStages = default,
            Unasked = 0,
            ToLookAt = ToLookAt.RemoveAll(again.Contains),
            Groups = model.Groups.SetItems(model.Groups.Where(g => g.Value.Stages.Waiting > 0).Select(g => KeyValuePair.Create(
                g.Key, g.Value with { StartedAt = null, FinishedAt = null, SucceededBefore = isRollback ? 0 : g.Value.Stages.Succeeded }))),
        };
    }

    private ProgressModel Done(IEnumerable<NodeName> nodes, DateTimeOffset at) =>
        Timed(nodes, g => g.Stages.Settled == g.Stages.Total, g => g with { FinishedAt = at });

    /// <summary>Where groups are no barriers, each takes from its first node's begin to its last one's end.</summary>
    private ProgressModel Timed(
        IEnumerable<NodeName> nodes, Func<GroupProgress, bool> when, Func<GroupProgress, GroupProgress> timed) => !IsEager ? this : this with
        {
            Groups = Groups.SetItems(nodes.Where(Nodes.ContainsKey).Select(n => Groups[Nodes[n].Group]).DistinctBy(g => g.Number).Where(when)
            .Select(g => KeyValuePair.Create(g.Number, timed(g)))),
        };

    private ProgressModel Settled(NodeSettled e)
    {
        var stage = e.Outcome switch { Outcome.Succeeded => NodeStage.Succeeded, Outcome.Skipped => NodeStage.Skipped, _ => NodeStage.Failed };
        var settled = One(e.Node, n => n with
        {
            Stage = stage,
            Outcome = e.Outcome,
            Held = e.Hold == Hold.Held,
            Changed = e.Changed ?? e.WouldChange,
            RequestedAt = null,
        });
        if (e.Outcome == Outcome.Succeeded && Nodes.TryGetValue(e.Node, out var node) && node.RequestedAt is { } at)
            settled = settled with { GoodRuns = GoodRuns + 1, GoodRunTime = GoodRunTime + (e.At - at) };
        return (NeedsAPerson(e.Outcome) ? settled.LookAt(e.Node, e.Message) : settled).Done([e.Node], e.At);
    }

    private ProgressModel LookAt(NodeName node, string message)
    {
        var isNew = Nodes.TryGetValue(node, out var known) && !known.NeedsLook;
        var model = One(node, n => n with { Message = message, NeedsLook = true });
        return isNew ? model with { ToLookAt = model.ToLookAt.Add(node) } : model;
    }

    private ProgressModel One(NodeName name, Func<NodeProgress, NodeProgress> change) => Each([name], change);

    private ProgressModel Each(IEnumerable<NodeName> names, Func<NodeProgress, NodeProgress> change)
    {
        var nodes = Nodes.ToBuilder();
        var groups = Groups.ToBuilder();
        var (batch, isChecked, isolated, idle, awaited, unasked) = (BatchStages, CheckedCount, IsolatedCount, IdleCount, AwaitedPlaces, Unasked);
        foreach (var name in names)
        {
            if (!nodes.TryGetValue(name, out var before))
                continue;
            var after = change(before);
            nodes[name] = after;
            isChecked += Count(after.Checked) - Count(before.Checked);
            isolated += Count(IsIsolated(after)) - Count(IsIsolated(before));
            idle += Count(after.Idle) - Count(before.Idle);
            awaited += Count(AwaitsPlace(after)) - Count(AwaitsPlace(before));
            if (Batch.Contains(name))
                unasked += Count(IsUnasked(after)) - Count(IsUnasked(before));
            if (after.Stage == before.Stage)
                continue;
            groups[after.Group] = groups[after.Group] with { Stages = groups[after.Group].Stages.With(before.Stage, -1).With(after.Stage, 1) };
            if (before.Stage != NodeStage.Waiting && Batch.Contains(name))
                batch = batch.With(before.Stage, -1).With(after.Stage, 1);
        }
        return this with
        {
            Nodes = nodes.ToImmutable(),
            Groups = groups.ToImmutable(),
            BatchStages = batch,
            CheckedCount = isChecked,
            IsolatedCount = isolated,
            IdleCount = idle,
            AwaitedPlaces = awaited,
            Unasked = unasked,
        };
    }

    private static bool IsIsolated(NodeProgress node) => node is { Checked: true, Held: true };

    private static bool IsUnasked(NodeProgress node) => node is { Stage: NodeStage.Chosen, Asked: false };

    private static bool AwaitsPlace(NodeProgress node) => node is { Stage: NodeStage.Chosen, AwaitsPlace: true };

    private static int Count(bool yes) => yes ? 1 : 0;
}
