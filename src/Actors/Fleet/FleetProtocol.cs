using Akka.Actor;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Nodes.Throttling;
using Orchestrator.Messages;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Actors.Fleet;

/// <summary>What is said to and by a <see cref="FleetActor"/>. Local: it never leaves the process.</summary>
public static class FleetProtocol
{
    /// <summary>
    /// Ask one node one thing. Answered to the sender by exactly one of <see cref="Answered"/>, <see cref="Unanswered"/>, <see cref="NotSent"/> and, where
    /// it has a fence, <see cref="Expired"/>.
    /// </summary>
    /// <param name="Identity">The node's name on the wire.</param>
    /// <param name="Timeout">From the publish on.</param>
    /// <param name="TimeToLive">After this long the node drops the request.</param>
    /// <param name="Fence">Whose write ordered it; null for reads.</param>
    /// <param name="Correlation">Comes back with the answer.</param>
    public sealed record AskNode(NodeName Identity, NodeRequest Request, TimeSpan Timeout, TimeSpan TimeToLive, Fence? Fence, long Correlation)
        : INoSerializationVerificationNeeded;

    public sealed record Answered(long Correlation, NodeReply Reply, ClockReading AskedAt) : INoSerializationVerificationNeeded;

    /// <summary>A second, different answer came to a request of this asker: one of the two may be forged.</summary>
    public sealed record Contradicted(ContradictoryReply Reply) : INoSerializationVerificationNeeded;

    public sealed record Unanswered(long Correlation) : INoSerializationVerificationNeeded;

    /// <summary>Nothing was sent.</summary>
    /// <param name="IsFenced">True where the order itself is out of date, so that asking again is in vain; false where there was no way to the node.</param>
    public sealed record NotSent(long Correlation, string Why, bool IsFenced) : INoSerializationVerificationNeeded;

    /// <summary>What the sender asked and what still waits for its turn is not asked any more, and not answered.</summary>
    public sealed record CancelQueued : INoSerializationVerificationNeeded
    {
        public static readonly CancelQueued Instance = new();
    }

    /// <summary>It waited for its turn until its fence had expired, and nothing was sent: who still wants it asks anew, with a fresh fence.</summary>
    public sealed record Expired(long Correlation) : INoSerializationVerificationNeeded;

    /// <summary>
    /// The sender is going to have Puppet run on this node, see <see cref="ConcurrencyLimiter"/>. It has the permit until <see cref="ReleasePermit"/>, or
    /// until its deployment's next epoch says otherwise.
    /// </summary>
    /// <param name="Limit">Waits for <see cref="PermitGranted"/> until fewer than so many run, and is told <see cref="PermitQueued"/> where that is not at
    /// once; null where it does not wait and is not answered.</param>
    public sealed record AcquirePermit(PermitHolder PermitHolder, int? Limit, long Correlation) : INoSerializationVerificationNeeded;

    /// <summary>The node waits in line; <see cref="PermitGranted"/> follows.</summary>
    public sealed record PermitQueued(long Correlation) : INoSerializationVerificationNeeded;

    public sealed record PermitGranted(long Correlation) : INoSerializationVerificationNeeded;

    /// <summary>The node runs no more, or is not going to.</summary>
    public sealed record ReleasePermit(PermitHolder PermitHolder) : INoSerializationVerificationNeeded;

    /// <summary>These deployments are taken up. Nodes of theirs may run: no permit is granted before each has opened an epoch or is given up.</summary>
    public sealed record AwaitRecovery(ImmutableArray<DeploymentId> Deployments) : INoSerializationVerificationNeeded;

    /// <summary>From here on only acts of this epoch may leave for the deployment, and only these nodes of it have permits.</summary>
    public sealed record BeginEpoch(DeploymentId Deployment, int Epoch, ImmutableArray<NodeName> Running) : INoSerializationVerificationNeeded;

    /// <summary>How many acts are not answered, those that wait for their turn included. Answered by <see cref="ActsUnderWay"/>.</summary>
    public sealed record CountActs : INoSerializationVerificationNeeded
    {
        public static readonly CountActs Instance = new();
    }

    public sealed record ActsUnderWay(int Count) : INoSerializationVerificationNeeded;

    /// <summary>Nobody carries the deployment on: no act of it may leave, and its permits are free.</summary>
    public sealed record EndEpoch(DeploymentId Deployment) : INoSerializationVerificationNeeded;
}

/// <summary>Proves at the publish that an act was ordered by a supervisor that still counts, and not too long ago.</summary>
/// <param name="Deployment">Whose act.</param>
/// <param name="Epoch">The supervisor that ordered it: where another has taken over, the act is void.</param>
/// <param name="ValidUntil">By the monotonic clock: an act that is still waiting for its turn then is not sent. Set by whoever asks, each time.</param>
public sealed record Fence(DeploymentId Deployment, int Epoch, TimeSpan ValidUntil);
