using System.Collections.Immutable;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Deployments;

/// <summary>What a deployment is at, one record per stage so that no stage carries another's values.</summary>
public abstract record Stage
{
    private Stage() { }

    /// <summary>Nothing in the journal yet.</summary>
    public sealed record NotStarted : Stage;

    /// <summary>Every node is read; nothing is changed.</summary>
    public sealed record Checking : Stage;

    /// <summary>Nodes are being disabled and waited for.</summary>
    public sealed record Isolating(DateTimeOffset IdleDeadlineAt) : Stage;

    /// <summary>Groups run. <paramref name="Batch"/> is 0 before the group's first; <paramref name="Last"/> is the last node of the open one.</summary>
    public sealed record Running(int Group, int Batch, NodeName? Last) : Stage;

    /// <summary>Nothing new starts; what runs is awaited.</summary>
    public sealed record Stopping(DeploymentPhase Intended, string Because, bool WasRunning) : Stage;

    /// <summary>Open nodes are being disabled again.</summary>
    public sealed record Holding(DeploymentPhase Intended, string Because) : Stage;

    /// <summary>Nodes are being enabled.</summary>
    public sealed record Releasing(DeploymentPhase Intended, string Because) : Stage;

    /// <summary>Over. A release may still go on.</summary>
    public sealed record Ended(DeploymentPhase End, string Message, DateTimeOffset At) : Stage;
}

/// <summary>One deployment as its history tells; changed by <see cref="DeploymentEvolution"/> alone, and never in need of the plan.</summary>
public sealed record DeploymentState
{
    /// <summary>Before the first event.</summary>
    public static DeploymentState Initial { get; } = new();

    /// <summary>What it is at.</summary>
    public Stage Stage { get; init; } = new Stage.NotStarted();

    /// <summary>How it began; null before that.</summary>
    public DeploymentEvents.DeploymentStarted? Start { get; init; }

    /// <summary>Which supervisor writes this history.</summary>
    public int Epoch { get; init; }

    /// <summary>Every node that an event has named.</summary>
    public ImmutableDictionary<NodeName, NodeState> Nodes { get; init; } = ImmutableDictionary<NodeName, NodeState>.Empty;

    /// <summary>Nodes of which the stage still expects to hear; the check is counted instead.</summary>
    public ImmutableHashSet<NodeName> Pending { get; init; } = [];

    /// <summary>Nodes that passed the check or settled in it.</summary>
    public int Heard { get; init; }

    /// <summary>Nodes that failed, were refused or unreachable: what the failure budget counts.</summary>
    public int Failures { get; init; }

    /// <summary>Requests in the journal of which a run may have begun: while 0, a failure undoes everything.</summary>
    public int RunsThatMayHaveBegun { get; init; }

    /// <summary>Who cancelled it and whether its nodes are to be released; null where nobody did.</summary>
    public DeploymentEvents.CancelRequested? Cancel { get; init; }

    /// <summary>What it was started with; throws before that.</summary>
    public DeploymentOptions Options => Start?.Options ?? throw new InvalidOperationException("the deployment has not started");

    /// <summary>
    /// Whether a node of which a run was asked for may be asked again where that request came to nothing: what was ordered before a failure
    /// elsewhere is brought to its end, so that a restart changes no outcome; after a cancel nothing is asked any more.
    /// </summary>
    public bool AsksAgain(NodeState node) => node.Request is not null && Stage is Stage.Running or Stage.Stopping { Intended: DeploymentPhase.Failed };

    /// <summary>The word for <c>list</c> and <c>show</c>.</summary>
    public DeploymentPhase Phase => Stage switch
    {
        Stage.NotStarted => DeploymentPhase.Waiting,
        Stage.Checking => DeploymentPhase.Checking,
        Stage.Isolating => DeploymentPhase.Isolating,
        Stage.Stopping { WasRunning: false } => DeploymentPhase.Isolating,
        Stage.Releasing { Intended: DeploymentPhase.Refused } => DeploymentPhase.Isolating,
        Stage.Ended ended => ended.End,
        _ => DeploymentPhase.Running,
    };
}
