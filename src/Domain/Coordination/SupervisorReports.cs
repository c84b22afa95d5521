using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Coordination;

/// <summary>What a supervisor tells the coordinator.</summary>
public static class SupervisorReports
{
    /// <summary>What it is at now.</summary>
    /// <param name="Attention">For what it needs a person, in words; null where for nothing.</param>
    /// <param name="Releases">Whether it has ended and nodes are being enabled.</param>
    /// <param name="Held">How many nodes have confirmed that they are held.</param>
    /// <param name="Unclear">Of how many that is not known, or which are not as they should be.</param>
    /// <param name="FirstUnclear">The first few of these, in ordinal order; none where it is default.</param>
    /// <param name="Progress">How far it has come; null where it has ended.</param>
    /// <param name="Approval">What a person may do about the group that waits for approval; null where none does.</param>
    public sealed record PhaseReached(
        DeploymentId Id, DeploymentPhase Phase, string? Attention, bool Releases, int Held = 0, int Unclear = 0,
        ImmutableArray<NodeName> FirstUnclear = default, DeploymentProgress? Progress = null, PossibleVerb? Approval = null) : CoordinationInput
    {
        public bool Equals(PhaseReached? other) =>
            other is not null && (Id, Phase, Attention, Releases, Held, Unclear, Progress)
                == (other.Id, other.Phase, other.Attention, other.Releases, other.Held, other.Unclear, other.Progress)
            && Approval?.Group == other.Approval?.Group && (Approval?.NotBy ?? []).SequenceEqual(other.Approval?.NotBy ?? [])
            && NamesOf(this).SequenceEqual(NamesOf(other));

        public override int GetHashCode() => HashCode.Combine(Id, Phase, Attention, Releases, Held, Unclear);

        private static ImmutableArray<NodeName> NamesOf(PhaseReached report) => report.FirstUnclear.IsDefault ? [] : report.FirstUnclear;
    }

    /// <summary>It has ended and nothing is under way. Told until it is acknowledged.</summary>
    /// <param name="Keeps">The nodes that are nobody else's yet, because it holds them or may, in ordinal order.</param>
    /// <param name="Reopenings">Of how many reopenings it has heard.</param>
    public sealed record Ended(DeploymentId Id, DeploymentPhase End, ImmutableArray<NodeName> Keeps, int Reopenings) : CoordinationInput
    {
        /// <summary>Those of them of which it is not known whether they are held, or which are not as they should be, in ordinal order.</summary>
        public ImmutableArray<NodeName> Unclear { get; init; } = [];

        /// <summary>Those of the held nodes that a person wants kept, in ordinal order.</summary>
        public ImmutableArray<NodeName> Kept { get; init; } = [];

        public bool Equals(Ended? other) =>
            other is not null && Id == other.Id && End == other.End && Reopenings == other.Reopenings && Keeps.SequenceEqual(other.Keeps)
            && Kept.SequenceEqual(other.Kept) && Unclear.SequenceEqual(other.Unclear);

        public override int GetHashCode() => HashCode.Combine(Id, End, Keeps.Length, Reopenings, Unclear.Length);
    }

    /// <summary>Its last word: it cannot be carried on.</summary>
    public sealed record Broken(DeploymentId Id, string Why) : CoordinationInput;

    /// <summary>What it says to an order.</summary>
    /// <param name="Answer"><see cref="CoordinatorProtocol.Done"/> or <see cref="CoordinatorProtocol.Denied"/>; null where it must be reopened first.</param>
    public sealed record OrderAnswered(DeploymentId Id, long Order, object? Answer) : CoordinationInput;
}
