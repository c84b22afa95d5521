using System.Collections.Immutable;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Cli.Progress;

/// <summary>
/// What a deployment's events say about where it stands, for showing it: a pure fold. It decides nothing; how the deployment ended is read
/// from the host's view.
/// </summary>
internal sealed record ProgressModel
{
    /// <summary>The deployment.</summary>
    public required DeploymentId Id { get; init; }

    /// <summary>The plan's environment.</summary>
    public required string Environment { get; init; }

    /// <summary>When it was registered.</summary>
    public required DateTimeOffset RegisteredAt { get; init; }

    /// <summary>What it is doing.</summary>
    public DeploymentPhase Phase { get; init; } = DeploymentPhase.Waiting;

    /// <summary>What the caller chose; null until it began.</summary>
    public DeploymentOptions? Options { get; init; }

    /// <summary>What held nodes are disabled with.</summary>
    public string HoldMessage { get; init; } = "";

    /// <summary>The groups in their order.</summary>
    public required ImmutableSortedDictionary<int, GroupProgress> Groups { get; init; }

    /// <summary>The nodes by name.</summary>
    public required ImmutableDictionary<NodeName, NodeProgress> Nodes { get; init; }

    /// <summary>The group whose gate opened last; 0 before the first.</summary>
    public int OpenGroup { get; init; }

    /// <summary>The nodes of the batch that was opened last.</summary>
    public ImmutableArray<NodeName> Batch { get; init; } = [];

    /// <summary>How many nodes of that batch are at which stage.</summary>
    public StageCounts BatchStages { get; init; }

    /// <summary>How many nodes answered the check.</summary>
    public int CheckedCount { get; init; }

    /// <summary>How many nodes carry the hold message, as far as is known.</summary>
    public int HeldCount { get; init; }

    /// <summary>How many nodes are held and have no run.</summary>
    public int IdleCount { get; init; }

    /// <summary>Nodes that a person should look at, in the order in which that came up.</summary>
    public ImmutableList<NodeName> Attention { get; init; } = [];

    /// <summary>Who asked to stop, or why nothing new starts; empty while all goes its way.</summary>
    public string Stopping { get; init; } = "";

    /// <summary>Where nothing has happened yet.</summary>
    /// <param name="view">For the nodes and their groups; how they stand is what the events say.</param>
    public static ProgressModel Of(DeploymentView view) => new()
    {
        Id = view.Id,
        Environment = view.Environment,
        RegisteredAt = view.StartedAt,
        Nodes = view.Nodes.ToImmutableDictionary(n => n.Name, n => new NodeProgress(n.Group)),
        Groups = view.Nodes.GroupBy(n => n.Group).ToImmutableSortedDictionary(
            g => g.Key, g => new GroupProgress(g.Key, null, null, new StageCounts(Waiting: g.Count(), 0, 0, 0, 0, 0, 0))),
    };

    /// <summary>Where it stands after an event. An event of a newer host (null) changes nothing.</summary>
    public ProgressModel After(IDeploymentEvent? happened) => happened switch
    {
        DeploymentStarted e => this with { Phase = DeploymentPhase.Checking, Options = e.Options, HoldMessage = e.HoldMessage },
        NodesChecked e => Each(e.Nodes.Select(n => n.Node), n => n with { Checked = true }),
        IsolationStarted => this with { Phase = DeploymentPhase.Isolating },
        NodesHeld e => Each(e.Nodes, n => n with { Hold = Hold.Held }),
        NodesIdle e => Each(e.Nodes, n => n with { Idle = true }),
        GroupStarted e => Opened(e),
        BatchStarted e => Opened(e),
        RunRequested e => One(e.Node, n => n with { Stage = NodeStage.Starting, Hold = Hold.Open }),
        RunsBegan e => Each(e.Nodes, n => n with { Stage = NodeStage.Running }),
        RunDisplaced e => One(e.Node, n => n with { Stage = NodeStage.Chosen }),
        RunUntraced e => One(e.Node, n => n with { Stage = NodeStage.Chosen }),
        RunNotSent e => One(e.Node, n => n with { Stage = NodeStage.Chosen }),
        NodeSettled e => Settled(e),
        NodesSkipped e => Each(e.Nodes, n => n with { Stage = NodeStage.Skipped, Outcome = Outcome.Skipped, Message = e.Because }),
        GroupFinished e when Groups.TryGetValue(e.Group, out var group) => this with { Groups = Groups.SetItem(e.Group, group with { FinishedAt = e.At }) },
        NodeOutOfTurn e => LookAt(e.Node, e.Message),
        CancelRequested e => this with { Stopping = $"cancelled by {e.By}" },
        DeploymentStopping e => this with { Stopping = Stopping.Length > 0 ? Stopping : e.Because },
        NodesReleased e => Each(e.Nodes, n => n with { Hold = Hold.None, Idle = false }),
        NodeNotReleased e => One(e.Node, n => n with { Hold = Hold.NotReleased }).LookAt(e.Node, $"not released: {e.Message}"),
        NodeNotHeld e => One(e.Node, n => n with { Hold = Hold.NotHeld }).LookAt(e.Node, $"not held: {e.Message}"),
        FleetLost e => this with { Stopping = e.Message },
        DeploymentEnded e => this with { Phase = e.End },
        _ => this,
    };

    /// <summary>True where a node ended otherwise than it should.</summary>
    public static bool NeedsAPerson(Outcome outcome) => outcome is not (Outcome.Succeeded or Outcome.Skipped);

    private ProgressModel Opened(GroupStarted e) => this with
    {
        Phase = DeploymentPhase.Running,
        OpenGroup = e.Group,
        Groups = Groups.TryGetValue(e.Group, out var group) ? Groups.SetItem(e.Group, group with { StartedAt = e.At }) : Groups,
    };

    private ProgressModel Opened(BatchStarted e) =>
        (this with { Batch = [], BatchStages = default })
            .Each(e.Nodes, n => n with { Stage = NodeStage.Chosen }) with
        { Batch = e.Nodes, BatchStages = new StageCounts(0, Chosen: e.Nodes.Length, 0, 0, 0, 0, 0) };

    private ProgressModel Settled(NodeSettled e)
    {
        var stage = e.Outcome switch { Outcome.Succeeded => NodeStage.Succeeded, Outcome.Skipped => NodeStage.Skipped, _ => NodeStage.Failed };
        var settled = One(e.Node, n => n with { Stage = stage, Outcome = e.Outcome, Hold = e.Hold, Changed = e.Changed ?? e.WouldChange });
        return NeedsAPerson(e.Outcome) ? settled.LookAt(e.Node, e.Message) : settled;
    }

    private ProgressModel LookAt(NodeName node, string message)
    {
        var isNew = Nodes.TryGetValue(node, out var known) && !known.NeedsLook;
        var model = One(node, n => n with { Message = message, NeedsLook = true });
        return isNew ? model with { Attention = model.Attention.Add(node) } : model;
    }

    private ProgressModel One(NodeName name, Func<NodeProgress, NodeProgress> change) => Each([name], change);

    private ProgressModel Each(IEnumerable<NodeName> names, Func<NodeProgress, NodeProgress> change)
    {
        var nodes = Nodes.ToBuilder();
        var groups = Groups.ToBuilder();
        var (batch, isChecked, held, idle) = (BatchStages, CheckedCount, HeldCount, IdleCount);
        foreach (var name in names)
        {
            if (!nodes.TryGetValue(name, out var before))
                continue;
            var after = change(before);
            nodes[name] = after;
            isChecked += Count(after.Checked) - Count(before.Checked);
            held += Count(IsHeld(after)) - Count(IsHeld(before));
            idle += Count(after.Idle) - Count(before.Idle);
            if (after.Stage == before.Stage)
                continue;
            groups[after.Group] = groups[after.Group] with { Stages = groups[after.Group].Stages.With(before.Stage, -1).With(after.Stage, 1) };
            if (before.Stage != NodeStage.Waiting && !Batch.IsEmpty && after.Group == OpenGroup && InBatch(name))
                batch = batch.With(before.Stage, -1).With(after.Stage, 1);
        }
        return this with
        {
            Nodes = nodes.ToImmutable(),
            Groups = groups.ToImmutable(),
            BatchStages = batch,
            CheckedCount = isChecked,
            HeldCount = held,
            IdleCount = idle,
        };
    }

    // A batch's nodes are in ordinal order.
    private bool InBatch(NodeName name) => Batch.BinarySearch(name) >= 0;

    private static bool IsHeld(NodeProgress node) => node.Hold is Hold.Held or Hold.NotReleased;

    private static int Count(bool yes) => yes ? 1 : 0;
}
