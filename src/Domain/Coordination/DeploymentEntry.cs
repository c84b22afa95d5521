using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.CoordinatorEvents;

namespace Orchestrator.Domain.Coordination;

/// <summary>One run of the host's program: what it took on is its own until it ends.</summary>
/// <param name="Id">Unique among all that ever wrote to the journal.</param>
public sealed record HostInstance(string Id);

/// <summary>One deployment as the coordinator knows it: what the journal says, and beside it what this process has learnt.</summary>
/// <param name="Order">Its place in the order of arrival, from 0.</param>
public sealed record DeploymentEntry(DeploymentRegistered Registered, int Order)
{
    public DeploymentId Id => Registered.Id;

    public FleetName Fleet => Registered.Fleet;

    /// <summary>How often it was given its nodes back after its end. An end that is told from before the newest is none any more.</summary>
    public int Reopenings { get; init; }

    /// <summary>Its turn has come: it has its nodes and waits for nobody. False for what an earlier version began.</summary>
    public bool HasBegun { get; init; }

    /// <summary>How it ended; null while it is open.</summary>
    public Ending? End { get; init; }

    /// <summary>When it ended, whatever was released since; null while it is open.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>It ran in another journal and is only read here.</summary>
    public bool IsImported { get; init; }

    /// <summary>Given up by a person before it began or because it cannot be carried on: no supervisor may start any more, whatever its history says.</summary>
    public bool IsWithdrawn { get; init; }

    /// <summary>Why it was refused when its turn came; null where it was not.</summary>
    public DeploymentRefused? Refused { get; init; }

    /// <summary>The host instance that took it on last; null where the journal tells of none.</summary>
    public string? CarriedBy { get; init; }

    public NodeSet Nodes { get; init; } = new NodeSet.Unread();

    public Supervision Supervision { get; init; } = new Supervision.None();

    /// <summary>Why it cannot be carried on; null where nothing is known against it.</summary>
    public string? Broken { get; init; }

    /// <summary>What its supervisor said last; null where it has not spoken.</summary>
    public SupervisorReports.PhaseReached? Phase { get; init; }

    public bool IsOpen => End is null;

    /// <summary>How many nodes are nobody else's after its end, because it holds them or may.</summary>
    public int KeptCount => End is null ? 0 : End.KeepsAll ? Registered.NodeCount : End.Keeps.Identities.Count;

    /// <summary>Whether others may not have some nodes because of it.</summary>
    public bool HasClaims => IsOpen || KeptCount > 0;

    /// <summary>The nodes that are its own now, and so nobody else's; null where they are not known.</summary>
    public ClaimedNodes? Claims => End is null or { KeepsAll: true } ? (Nodes as NodeSet.Read)?.Nodes : End.Keeps;

    /// <summary>Whether its plan must be read before anybody can say which nodes are its own.</summary>
    public bool NeedsNodes => End is null or { KeepsAll: true };

    /// <summary>What its supervisor begins with where it has no history.</summary>
    public DeploymentCommand.Start Begin() => new(
        Id, Registered.PlanId, Registered.Environment, Fleet, Registered.Options, Registered.Caller, Registered.NodeCount);

    /// <summary>Whether there is anything left to do about it.</summary>
    public bool IsLive => HasClaims || Supervision is not Supervision.None;
}

/// <param name="KeepsAll">It holds every node of its plan, or may.</param>
/// <param name="Keeps">The nodes that it holds, or may, where those are not all.</param>
public sealed record Ending(DeploymentPhase Phase, bool KeepsAll, ClaimedNodes Keeps)
{
    /// <summary>Those of the nodes it still holds that a person keeps: each is released by its own name alone.</summary>
    public ImmutableSortedSet<NodeName> Kept { get; init; } = [];

    /// <summary>Those of them of which it is not known whether they are held, or which are not as they should be, by name.</summary>
    public ImmutableArray<NodeName> Unclear { get; init; } = [];
}

/// <summary>What is known of a plan's nodes.</summary>
public abstract record NodeSet
{
    private NodeSet() { }

    /// <summary>Nobody has asked for them.</summary>
    public sealed record Unread : NodeSet;

    /// <summary>The plan is being read for the first time.</summary>
    public sealed record Reading : NodeSet;

    public sealed record Read(ClaimedNodes Nodes) : NodeSet;

    /// <summary>The plan could not be read for now, and is read again.</summary>
    /// <param name="Failures">How often in a row.</param>
    /// <param name="RetryAt">By the monotonic clock; null while it is being read again.</param>
    public sealed record Unreadable(string Why, int Failures, TimeSpan? RetryAt) : NodeSet;

    /// <summary>The plan is lost: read again only where a person says so.</summary>
    public sealed record Damaged(string Why) : NodeSet;
}

/// <summary>What there is of a deployment's supervisor in this process.</summary>
public abstract record Supervision
{
    private Supervision() { }

    public sealed record None : Supervision;

    /// <summary>It starts once fewer others are waking; the fleet already waits for it to recover.</summary>
    public sealed record Due : Supervision;

    /// <summary>It works.</summary>
    /// <param name="Since">By the monotonic clock.</param>
    /// <param name="Failures">How often in a row it failed before.</param>
    /// <param name="HandedOver">It has told its end, and that is in the journal: nothing more is wanted of it, unless it is asked.</param>
    /// <param name="IsAwake">It has read its history, or has had the time to: others need not wait for it.</param>
    public sealed record Running(TimeSpan Since, int Failures, bool HandedOver = false, bool IsAwake = false) : Supervision;

    public sealed record Stopping : Supervision;

    /// <summary>It failed, and starts again after a pause.</summary>
    /// <param name="Failures">How often in a row.</param>
    /// <param name="Until">By the monotonic clock.</param>
    public sealed record BackingOff(int Failures, TimeSpan Until) : Supervision;
}
