using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Coordination;

/// <summary>What a supervisor tells the coordinator.</summary>
public static class SupervisorReports
{
    /// <summary>What it is at now.</summary>
    /// <param name="Attention">For what it needs a person, in words; null where for nothing.</param>
    /// <param name="Releases">Whether it has ended and nodes are being enabled.</param>
    public sealed record PhaseReached(DeploymentId Id, DeploymentPhase Phase, string? Attention, bool Releases) : CoordinationInput;

    /// <summary>It has ended and nothing is under way. Told until it is acknowledged.</summary>
    /// <param name="Held">The nodes it still holds, in ordinal order.</param>
    /// <param name="Reopenings">Of how many reopenings it has heard.</param>
    public sealed record Ended(DeploymentId Id, DeploymentPhase End, ImmutableArray<NodeName> Held, int Reopenings) : CoordinationInput
    {
        /// <summary>Those of the held nodes that a person wants kept, in ordinal order.</summary>
        public ImmutableArray<NodeName> Kept { get; init; } = [];

        public bool Equals(Ended? other) =>
            other is not null && Id == other.Id && End == other.End && Reopenings == other.Reopenings && Held.SequenceEqual(other.Held)
            && Kept.SequenceEqual(other.Kept);

        public override int GetHashCode() => HashCode.Combine(Id, End, Held.Length, Reopenings);
    }

    /// <summary>Its last word: it cannot be carried on.</summary>
    public sealed record Broken(DeploymentId Id, string Why) : CoordinationInput;

    /// <summary>What it says to an order.</summary>
    /// <param name="Answer"><see cref="CoordinatorProtocol.Done"/> or <see cref="CoordinatorProtocol.Denied"/>; null where it must be reopened first.</param>
    public sealed record OrderAnswered(DeploymentId Id, long Order, object? Answer) : CoordinationInput;
}
