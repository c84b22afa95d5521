using Orchestrator.Domain.Runs;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Nodes;

/// <summary>What was learnt about one node. A fact that no longer fits the node's state is ignored, so it may be told twice.</summary>
public abstract record NodeFact(NodeName Node)
{
    /// <param name="Noop">Its last run was noop.</param>
    /// <param name="Environment">The environment that its last run began in, where that is not the plan's; null where it is, or is not known.</param>
    public sealed record Checked(
        NodeName Node, bool DaemonPresent, bool Applying, bool Noop = false, string? Environment = null, double? LastRun = null) : NodeFact(Node);

    /// <summary>It is disabled with our message.</summary>
    public sealed record Held(NodeName Node) : NodeFact(Node);

    /// <summary>It is held and idle.</summary>
    /// <param name="LastRun">Null where the node was not read.</param>
    public sealed record Idle(NodeName Node, double? LastRun = null) : NodeFact(Node);

    /// <summary>It waits for a permit under the limit of its fleet.</summary>
    /// <param name="Number">The request that is being prepared.</param>
    public sealed record PermitAwaited(NodeName Node, int Number) : NodeFact(Node);

    /// <summary>It has its permit, whether it waited or not.</summary>
    /// <param name="Number">The request that is being prepared.</param>
    public sealed record PermitAcquired(NodeName Node, int Number) : NodeFact(Node);

    /// <summary>It is held and idle, and this is what it said just before it is to be enabled.</summary>
    public sealed record Ready(NodeName Node, double LastRun, double NodeTime, bool DaemonPresent) : NodeFact(Node);

    /// <summary>The request never left: no run can have begun by it.</summary>
    public sealed record NotSent(NodeName Node, int Number, string Message) : NodeFact(Node);

    public sealed record Accepted(NodeName Node, int Number, double InitiatedAt) : NodeFact(Node);

    /// <summary>A run was seen applying.</summary>
    public sealed record Began(NodeName Node, int Number) : NodeFact(Node);

    /// <summary>It stopped answering while its run was watched.</summary>
    public sealed record Silent(NodeName Node, int Number) : NodeFact(Node);

    public sealed record HeardAgain(NodeName Node, int Number) : NodeFact(Node);

    /// <summary>A run that is somebody else's, or may be, took our place and is not as good; the node was to be held again.</summary>
    /// <param name="Deviation">What made it doubtful whether the run was ours; null where it surely was not.</param>
    /// <param name="PersonsWords">The message with which a person has it disabled; null where none has.</param>
    public sealed record Displaced(
        NodeName Node, int Number, string Message, Hold Hold, RunDeviation? Deviation = null, string? PersonsWords = null) : NodeFact(Node);

    /// <summary>The unanswered request left no trace; the node was to be held again.</summary>
    public sealed record Untraced(NodeName Node, int Number, Hold Hold) : NodeFact(Node);

    /// <param name="Took">How long it took from the node's answer to runonce on; null where it was no run of ours that succeeded.</param>
    /// <param name="Habit">What this run and the one before showed although it was not asked of them; null for nothing new.</param>
    /// <param name="PersonsWords">The message with which a person has it disabled; null where none has.</param>
    public sealed record Judged(
        NodeName Node, int Number, Verdict Verdict, Hold Hold, TimeSpan? Took = null, RunDeviation? Habit = null, string? PersonsWords = null)
        : NodeFact(Node);

    /// <summary>Its attempt ended without a run that could be judged.</summary>
    /// <param name="Number">The request it is about; 0 before the first.</param>
    /// <param name="Hold">What is known of our hold; null where nothing new is.</param>
    /// <param name="Cause">Why, where that is known more closely than by the outcome.</param>
    /// <param name="PersonsWords">The message with which a person has it disabled; null where none has.</param>
    public sealed record Ended(
        NodeName Node, int Number, Outcome Outcome, string Message, Hold? Hold, Cause? Cause = null, string? PersonsWords = null) : NodeFact(Node);

    /// <summary>It was seen enabled or applying while it should have been held and idle.</summary>
    public sealed record OutOfTurn(NodeName Node, string Message) : NodeFact(Node);

    /// <summary>A run ended there under our hold that the deployment, as far as its history goes, had not asked for.</summary>
    public sealed record RanUnasked(NodeName Node, double LastRun, string Message) : NodeFact(Node);

    /// <summary>It gave two different answers to one request; see <see cref="Orchestrator.Messages.Nodes.ContradictoryReply"/>.</summary>
    public sealed record Contradicted(NodeName Node, string Action, string First, string Second) : NodeFact(Node);

    /// <summary>It was read to see whether it is held.</summary>
    public sealed record Seen(NodeName Node, NodeSight Sight) : NodeFact(Node);

    /// <summary>It does not carry our message any more.</summary>
    public sealed record Released(NodeName Node) : NodeFact(Node);

    /// <summary>It could not be enabled, or that could not be confirmed.</summary>
    public sealed record NotReleased(NodeName Node, string Message) : NodeFact(Node);

    /// <summary>It could not be disabled, or that could not be confirmed.</summary>
    public sealed record NotHeld(NodeName Node, string Message) : NodeFact(Node);
}

/// <summary>What a node that was read says of our hold.</summary>
public abstract record NodeSight
{
    private NodeSight() { }

    /// <summary>It carries our message.</summary>
    /// <param name="Again">It was enabled, and we have just disabled it again.</param>
    public sealed record Ours(double LastRun, bool Again) : NodeSight;

    /// <summary>It is disabled with another message.</summary>
    public sealed record Others(double LastRun, string Message) : NodeSight;

    /// <param name="Why">Why it could not be disabled again; null where that was not tried.</param>
    public sealed record Enabled(double LastRun, string? Why) : NodeSight;

    /// <summary>It did not answer, or not so that it can be understood.</summary>
    public sealed record Silent(string Why) : NodeSight;
}
