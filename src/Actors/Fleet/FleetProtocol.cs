using Akka.Actor;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Actors.Fleet;

/// <summary>What is said to and by a <see cref="FleetActor"/>. Local: it never leaves the process.</summary>
public static class FleetProtocol
{
    /// <summary>Ask one node one thing. Answered to the sender by exactly one of <see cref="Answered"/>, <see cref="Unanswered"/> and <see cref="NotSent"/>.</summary>
    /// <param name="Identity">The node's name on the wire.</param>
    /// <param name="Request">What is asked.</param>
    /// <param name="Timeout">From the publish on.</param>
    /// <param name="TimeToLive">After this long the node drops the request.</param>
    /// <param name="Fence">Whose write ordered it; null for reads.</param>
    /// <param name="Correlation">Comes back with the answer.</param>
    public sealed record AskNode(NodeName Identity, NodeRequest Request, TimeSpan Timeout, TimeSpan TimeToLive, Fence? Fence, long Correlation)
        : INoSerializationVerificationNeeded;

    /// <summary>The node answered.</summary>
    public sealed record Answered(long Correlation, NodeReply Reply, Moment AskedAt) : INoSerializationVerificationNeeded;

    /// <summary>No answer within the timeout.</summary>
    public sealed record Unanswered(long Correlation) : INoSerializationVerificationNeeded;

    /// <summary>Nothing was sent.</summary>
    /// <param name="Correlation">Which question.</param>
    /// <param name="Why">One sentence for people.</param>
    /// <param name="IsVoid">True where the order itself has lost its place, so that asking again is in vain; false where there was no way to the node.</param>
    public sealed record NotSent(long Correlation, string Why, bool IsVoid) : INoSerializationVerificationNeeded;

    /// <summary>The sender is going to have Puppet run on its node, see <see cref="Slots{TAsker}"/>. It has the slot until <see cref="ReturnSlot"/> or its death.</summary>
    /// <param name="Deployment">Whose node it is.</param>
    /// <param name="Limit">Waits for <see cref="SlotGranted"/> until fewer than so many run, and is told <see cref="SlotQueued"/> where that is not at once; null where it does not wait and is not answered.</param>
    /// <param name="Correlation">Comes back with the slot.</param>
    public sealed record AskSlot(DeploymentId Deployment, int? Limit, long Correlation) : INoSerializationVerificationNeeded;

    /// <summary>The node waits in line; <see cref="SlotGranted"/> follows.</summary>
    public sealed record SlotQueued(long Correlation) : INoSerializationVerificationNeeded;

    /// <summary>The node may run.</summary>
    public sealed record SlotGranted(long Correlation) : INoSerializationVerificationNeeded;

    /// <summary>The sender's node runs no more, or is not going to.</summary>
    public sealed record ReturnSlot : INoSerializationVerificationNeeded
    {
        /// <summary>The only one.</summary>
        public static readonly ReturnSlot Instance = new();
    }

    /// <summary>From here on only acts of this epoch may leave for the deployment.</summary>
    public sealed record OpenEpoch(DeploymentId Deployment, int Epoch) : INoSerializationVerificationNeeded;
}

/// <summary>Proves at the publish that an act was ordered by a write that still counts.</summary>
/// <param name="Deployment">Whose act.</param>
/// <param name="Epoch">The supervisor that ordered it.</param>
/// <param name="ValidUntil">By the monotonic clock: an order older than this is void.</param>
public sealed record Fence(DeploymentId Deployment, int Epoch, TimeSpan ValidUntil);
