using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Deployments.State;

/// <summary>How far a node has come in its deployment.</summary>
public enum NodeStep
{
    Unknown = 0,

    /// <summary>Passed the check.</summary>
    Checked = 1,

    /// <summary>Held by us; a run may still go on.</summary>
    Held = 2,

    /// <summary>Held by us and idle.</summary>
    Idle = 3,

    /// <summary>In the open batch; its status is read before it is enabled.</summary>
    Preparing = 4,

    /// <summary>A run is in the journal and may have been asked for.</summary>
    Requested = 5,

    /// <summary>The node took the request.</summary>
    Accepted = 6,

    /// <summary>A run was seen applying.</summary>
    Began = 7,

    /// <summary>Its attempt ended.</summary>
    Settled = 8,

    /// <summary>In a retry, and not read yet.</summary>
    Retried = 9,
}

/// <summary>One node of a deployment, as its history tells.</summary>
public sealed record NodeState
{
    private readonly Rare _rare = Rare.None;

    public required NodeStep Step { get; init; }

    /// <summary>When its turn came, it had its permit, its request was accepted or its run was first seen: whichever it came to last.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>Whether the stage still expects to hear of it; the first attempt's check is counted instead.</summary>
    public bool IsPending { get; init; }

    public Hold Hold { get; init; }

    /// <summary>Whether it is being enabled for good: where the answer is not in, it may be by now.</summary>
    public bool IsBeingReleased { get => field && IsPending; init; }

    /// <summary>What a person did to it instead, as it said last; none where the deployment has had it its own way since.</summary>
    public PersonsAct Person { get => _rare.Person; init => _rare = _rare with { Person = value }; }

    /// <summary>With what words a person disabled it; null where nobody did.</summary>
    public string? PersonsWords { get => _rare.PersonsWords; init => _rare = _rare with { PersonsWords = value }; }

    /// <summary>
    /// Since when it is disabled by this deployment without a break, by the host's clock; means nothing while it is not. From the opening of its batch on the
    /// latest time of all its nodes, so that they settle together and a failure of one does not come before another begins.
    /// </summary>
    public DateTimeOffset HeldAt { get; init; }

    /// <summary>Whether it is being read to see whether it is held, beside what the stage expects of it.</summary>
    public bool IsLookedAt { get; init; }

    /// <summary>Whether a part of the history may be lost that told of it, and it has not said since whether it is held.</summary>
    public bool IsInDoubt { get => _rare.IsInDoubt; init => _rare = _rare with { IsInDoubt = value }; }

    /// <summary>When it last said whether it is held, asked for that alone; null where it has not since it was disabled.</summary>
    public DateTimeOffset? SeenAt { get => _rare.SeenAt; init => _rare = _rare with { SeenAt = value }; }

    /// <summary>What the newest such reading showed beyond the history, or why the node was silent; null for nothing.</summary>
    public string? Seen { get => _rare.Seen; init => _rare = _rare with { Seen = value }; }

    /// <summary>When it last said that this deployment holds it; null if it is not held.</summary>
    public DateTimeOffset? LastHeldAt => Hold is Hold.Held or Hold.NotReleased ? SeenAt ?? (Hold == Hold.Held ? HeldAt : null) : null;

    /// <summary>Its lastrun when it was checked or, later, seen held and idle; null where that is not known, or a run was asked for since.</summary>
    public double? LastRun { get; init; }

    /// <summary>What to say of a run of this attempt or rollback that ended there under our hold and was not asked for; null where there was none.</summary>
    public string? RanUnasked { get => _rare.RanUnasked; init => _rare = _rare with { RanUnasked = value }; }

    /// <summary>Warnings about contradictory answers in this attempt or rollback.</summary>
    public ImmutableArray<string> Contradictions { get => _rare.Contradictions; init => _rare = _rare with { Contradictions = value }; }

    /// <summary>Whether its turn has come and it waits for a permit under the limit of its fleet.</summary>
    public bool AwaitsPermit { get => field && Step == NodeStep.Preparing; init; }

    /// <summary>By when it must be idle before it is run; where it waits for its permit, that counts anew once it has it.</summary>
    public DateTimeOffset IdleDeadlineAt { get; init; }

    /// <summary>The newest request in the journal; null before the first.</summary>
    public DeploymentEvents.RunRequested? Request { get; init; }

    /// <summary>How many steps of the host's clock the times of <see cref="Request"/> already include: those before the supervisor that wrote it.</summary>
    public int RequestedAfterClockSteps { get; init; }

    /// <summary>The accepted request's <c>initiated_at</c>, epoch seconds by the node's clock.</summary>
    public double? InitiatedAt { get; init; }

    /// <summary>How many of its requests others' runs displaced.</summary>
    public int Displaced { get => _rare.Displaced; init => _rare = _rare with { Displaced = value }; }

    /// <summary>What made it doubtful whether the run of a request before was ours; null where nothing did.</summary>
    public RunDeviation? Doubt { get => _rare.Doubt; init => _rare = _rare with { Doubt = value }; }

    /// <summary>What its runs show although it is not asked of them; null for nothing.</summary>
    public RunDeviation? Habit { get => _rare.Habit; init => _rare = _rare with { Habit = value }; }

    /// <summary>How many of its requests left no trace.</summary>
    public int Untraced { get => _rare.Untraced; init => _rare = _rare with { Untraced = value }; }

    /// <summary>How many of its requests never left this host.</summary>
    public int NotSent { get => _rare.NotSent; init => _rare = _rare with { NotSent = value }; }

    /// <summary>Why the last of them did not, in one sentence; null where there is none.</summary>
    public string? NotSentBecause { get => _rare.NotSentBecause; init => _rare = _rare with { NotSentBecause = value }; }

    /// <summary>How its attempt ended; null while open.</summary>
    public DeploymentEvents.NodeSettled? Result { get; init; }

    /// <summary>The node because of which it was skipped; null where that was another reason, or it was not.</summary>
    public NodeName? SkippedBecauseOf { get => _rare.SkippedBecauseOf; init => _rare = _rare with { SkippedBecauseOf = value }; }

    /// <summary>How its run of the rollback ended; null where there was none.</summary>
    public DeploymentEvents.NodeSettled? Compensation { get => _rare.Compensation; init => _rare = _rare with { Compensation = value }; }

    /// <summary>Whether a run was asked for in this attempt or rollback.</summary>
    public bool IsAsked { get; init; }

    /// <summary>How many of its requests may have begun a run.</summary>
    public int Runs { get; init; }

    /// <summary>True where its attempt ended well.</summary>
    public bool HasSucceeded => Result?.Outcome == Outcome.Succeeded;

    /// <summary>True between a request and its end.</summary>
    public bool IsRunning => Step is NodeStep.Requested or NodeStep.Accepted or NodeStep.Began;

    /// <summary>True where the node may be disabled by this deployment, or should be.</summary>
    public bool IsTouched => Hold != Hold.None;

    /// <summary>What most nodes never have, apart: an event copies the states of its nodes, this by one reference (measured in bench/Deployments).</summary>
    private sealed record Rare
    {
        public static readonly Rare None = new();

        public PersonsAct Person { get; init; }
        public string? PersonsWords { get; init; }
        public bool IsInDoubt { get; init; }
        public DateTimeOffset? SeenAt { get; init; }
        public string? Seen { get; init; }
        public string? RanUnasked { get; init; }
        public ImmutableArray<string> Contradictions { get; init; } = [];
        public int Displaced { get; init; }
        public RunDeviation? Doubt { get; init; }
        public RunDeviation? Habit { get; init; }
        public int Untraced { get; init; }
        public int NotSent { get; init; }
        public string? NotSentBecause { get; init; }
        public NodeName? SkippedBecauseOf { get; init; }
        public DeploymentEvents.NodeSettled? Compensation { get; init; }
    }
}
