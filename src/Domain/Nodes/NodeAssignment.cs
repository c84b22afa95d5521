using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Nodes;

/// <summary>What is to be done with one node now. The same assignment again means: go on with it.</summary>
public abstract record NodeAssignment
{
    /// <summary>Read it; change nothing.</summary>
    public sealed record Check : NodeAssignment;

    /// <summary>Disable it and wait until it is idle.</summary>
    public sealed record Isolate(DateTimeOffset IdleDeadlineAt) : NodeAssignment;

    /// <summary>See that it is held and idle, and read what the proof of the coming run will need.</summary>
    /// <param name="Number">The request that is being prepared, from 1.</param>
    /// <param name="IdleDeadlineAt">By when it must be idle.</param>
    /// <param name="SettledAt">From when on an agent that was launched before the node was disabled has looked at the locks: not enabled before.</param>
    public sealed record Prepare(int Number, DateTimeOffset IdleDeadlineAt, DateTimeOffset SettledAt) : NodeAssignment
    {
        /// <summary>The lastrun of the node when it was seen held and idle; null where that is not known, or a run was asked for since.</summary>
        public double? LastRun { get; init; }

        /// <summary>The same after it waited for a permit, a time in which the node could not become idle. The journal says the same a moment later.</summary>
        /// <param name="idleTimeout">How long the node may take from then on.</param>
        public Prepare GrantedAt(DateTimeOffset at, TimeSpan idleTimeout) =>
            at + idleTimeout > IdleDeadlineAt ? this with { IdleDeadlineAt = at + idleTimeout } : this;
    }

    /// <summary>Carry the journalled request to its end.</summary>
    /// <param name="Request">What the journal says was to be asked.</param>
    /// <param name="MayAsk">True once, right after the request was written: only then has nobody asked yet. Never true after a restart.</param>
    /// <param name="InitiatedAt">The node's answer, where the journal has it.</param>
    /// <param name="Began">A run was seen applying before.</param>
    public sealed record Run(DeploymentEvents.RunRequested Request, bool MayAsk, double? InitiatedAt, bool Began) : NodeAssignment
    {
        /// <summary>How long runs of the same group took, from the answer to runonce on; null where none is known.</summary>
        public TimeSpan? Usual { get; init; }

        /// <summary>The node contradicted itself in this attempt before the host was restarted: what it says now is watched for contradictions.</summary>
        public bool Contradicted { get; init; }

        /// <summary>What runs of ours are known to show on this node although it is not asked of them; null for nothing.</summary>
        public RunDeviation? Habit { get; init; }

        /// <summary>
        /// What made it doubtful whether the run before was ours: this one decides it, so the node is watched while it is enabled, before ours is asked
        /// for. Null where nothing is doubtful.
        /// </summary>
        public RunDeviation? Doubt { get; init; }
    }

    /// <summary>Nothing: what was begun before a run was asked for is left.</summary>
    public sealed record Rest : NodeAssignment;

    /// <summary>Disable it again and leave it so.</summary>
    public sealed record HoldAgain : NodeAssignment;

    /// <summary>Read whether it is held.</summary>
    /// <param name="Restores">Disable it where it is found enabled.</param>
    public sealed record Look(bool Restores) : NodeAssignment;

    /// <summary>Enable it if it carries our message.</summary>
    public sealed record Release : NodeAssignment;

    /// <summary>True where Puppet may run on the node by it: then it needs one of the fleet's permits.</summary>
    public bool NeedsPermit => this is Prepare or Run;

    /// <summary>True where <paramref name="other"/> is this assignment in another state of knowledge: whoever works on it just goes on.</summary>
    public bool IsSameWorkAs(NodeAssignment? other) => (this, other) switch
    {
        (Run a, Run b) => a.Request.Number == b.Request.Number,
        (Prepare a, Prepare b) => a.Number == b.Number,
        _ => Equals(other),
    };
}
