using System.Collections.Immutable;
using Akka.Actor;
using Orchestrator.Domain.Deployments;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Actors.Deployments;

/// <summary>What coordinator and supervisor say to each other. Local: it never reaches the journal.</summary>
public static class SupervisorProtocol
{
    /// <summary>To the supervisor: begin, or go on. Sent until <see cref="Running"/> comes, and where an <see cref="Over"/> is older than the newest reopening; once more does no harm.</summary>
    /// <param name="Start">What it begins with.</param>
    /// <param name="Reopenings">How often the coordinator has given an ended deployment its nodes back.</param>
    public sealed record Begin(DeploymentCommand.Start Start, int Reopenings) : INoSerializationVerificationNeeded;

    /// <summary>From the supervisor: its history has begun.</summary>
    public sealed record Running(DeploymentId Id) : INoSerializationVerificationNeeded;

    /// <summary>To the supervisor: a verb. Answered by <see cref="CoordinatorProtocol.Done"/> or <see cref="CoordinatorProtocol.Denied"/>.</summary>
    /// <param name="Command">What is asked.</param>
    /// <param name="Reopenings">How often the coordinator has given an ended deployment its nodes back.</param>
    public sealed record Order(DeploymentCommand Command, int Reopenings) : INoSerializationVerificationNeeded;

    /// <summary>From the supervisor: what it is at now.</summary>
    /// <param name="Id">Which.</param>
    /// <param name="Phase">What it does.</param>
    /// <param name="Attention">For what it needs a person, in words; null where for nothing.</param>
    /// <param name="Releases">Whether it has ended and nodes are being enabled.</param>
    public sealed record PhaseReached(DeploymentId Id, DeploymentPhase Phase, string? Attention, bool Releases) : INoSerializationVerificationNeeded;

    /// <summary>From the supervisor, until it is acknowledged: it is over, and these nodes it keeps.</summary>
    /// <param name="Id">Which.</param>
    /// <param name="End">How it ended.</param>
    /// <param name="Keeps">In ordinal order.</param>
    /// <param name="Reopenings">Of how many reopenings it has heard: an end from before the newest is none any more.</param>
    public sealed record Over(DeploymentId Id, DeploymentPhase End, ImmutableArray<NodeName> Keeps, int Reopenings) : INoSerializationVerificationNeeded;

    /// <summary>To the supervisor: what it said is in the coordinator's journal.</summary>
    public sealed record OverAcknowledged(ImmutableArray<NodeName> Keeps) : INoSerializationVerificationNeeded;

    /// <summary>To the supervisor: nothing more is wanted of you. Handled after all that came before.</summary>
    public sealed record Retire : INoSerializationVerificationNeeded
    {
        /// <summary>The only one.</summary>
        public static readonly Retire Instance = new();
    }

    /// <summary>From the supervisor, its last word: the deployment cannot be carried on.</summary>
    public sealed record Broken(DeploymentId Id, string Why) : INoSerializationVerificationNeeded;
}
