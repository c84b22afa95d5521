using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Deployments;

/// <summary>A fact in the coordinator's history: which deployments exist and what they keep.</summary>
public interface ICoordinatorEvent
{
    /// <summary>By the host's clock.</summary>
    DateTimeOffset At { get; }
}

/// <summary>The coordinator's history. It carries plan hashes, not thousands of names.</summary>
public static class CoordinatorEvents
{
    /// <summary>A deployment exists from here on; holds what is needed to start it.</summary>
    /// <param name="Applications">The first few of its plan, in ordinal order. Earlier versions did not write it.</param>
    /// <param name="ApplicationCount">How many there are; 0 also where an earlier version wrote it.</param>
    /// <param name="GroupCount">How many groups its plan has; 0 also where an earlier version wrote it.</param>
    public sealed record DeploymentRegistered(
        DeploymentId Id, PlanId PlanId, string Environment, FleetName Fleet, DeploymentOptions Options, string Caller, int NodeCount,
        DateTimeOffset At,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Applications = null,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int ApplicationCount = 0,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int GroupCount = 0) : ICoordinatorEvent
    {
        /// <summary>So many applications stand in it.</summary>
        public const int MostApplications = 3;

        public bool Equals(DeploymentRegistered? other) =>
            other is not null && (Id, PlanId, Environment, Fleet, Caller, NodeCount, At, ApplicationCount, GroupCount)
                == (other.Id, other.PlanId, other.Environment, other.Fleet, other.Caller, other.NodeCount, other.At, other.ApplicationCount,
                    other.GroupCount)
            && Options.Equals(other.Options) && (Applications ?? []).SequenceEqual(other.Applications ?? []);

        public override int GetHashCode() => HashCode.Combine(Id, PlanId, At);
    }

    /// <summary>A person gave up a deployment that no supervisor carries on: it waited for its nodes, or cannot be read. None will take it up again.</summary>
    public sealed record DeploymentWithdrawn(DeploymentId Id, string By, DateTimeOffset At) : ICoordinatorEvent;

    /// <summary>
    /// The turn of a deployment that waited came, and it was refused as a new one would have been: nodes of its own are held by one that has ended. It never
    /// began.
    /// </summary>
    /// <param name="Code">One of <see cref="Api.ProblemCodes"/>.</param>
    /// <param name="Because">One sentence.</param>
    /// <param name="Nodes">The nodes because of which; empty where they are not known.</param>
    public sealed record DeploymentRefused(
        DeploymentId Id, string Code, string Because, DeploymentId Holder, ImmutableArray<NodeName> Nodes, DateTimeOffset At) : ICoordinatorEvent;

    /// <summary>A deployment that had ended goes on, by a retry or a rollback, and has all its nodes again.</summary>
    public sealed record DeploymentReopened(DeploymentId Id, string By, DateTimeOffset At) : ICoordinatorEvent;

    /// <summary>
    /// A host took these deployments on: it began them or a person asked it to resume them. The last one to do so carries them on while it lives.
    /// </summary>
    /// <param name="Instance">The run of the host's program.</param>
    public sealed record DeploymentsAdopted(ImmutableArray<DeploymentId> Ids, string Instance, DateTimeOffset At) : ICoordinatorEvent;

    /// <summary>
    /// A supervisor is about to begin a deployment, which has its nodes and waits for nobody from here on. Earlier versions did not write it.
    /// </summary>
    public sealed record DeploymentBegan(DeploymentId Id, DateTimeOffset At) : ICoordinatorEvent;

    /// <summary>A deployment ended, or what it keeps after its end changed.</summary>
    /// <param name="KeepsAll">It keeps every node of its plan.</param>
    /// <param name="Keeps">The nodes it keeps where it does not keep all.</param>
    /// <param name="Identities">Those of <paramref name="Keeps"/>, in their order; null where they are the names. Earlier versions did not write it.</param>
    /// <param name="Kept">
    /// Those of all that it keeps that a person wants kept, so that each is released by its own name alone; null for none. Earlier versions did not write it.
    /// </param>
    /// <param name="Unclear">
    /// Those of the kept nodes of which it is not known whether they are held, or which are not as they should be; null where there are none.
    /// Earlier versions did not write it.
    /// </param>
    public sealed record DeploymentRetired(
        DeploymentId Id, DeploymentPhase End, bool KeepsAll, ImmutableArray<NodeName> Keeps, DateTimeOffset At,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<NodeName>? Identities = null,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<NodeName>? Kept = null,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<NodeName>? Unclear = null) : ICoordinatorEvent;

    /// <summary>
    /// A deployment of another journal can be read here from now on: as one that has ended and has no nodes, whatever they were to it there. Its
    /// history was written before.
    /// </summary>
    /// <param name="RegisteredAt">When it was registered there.</param>
    /// <param name="End">How it ended there; abandoned where it had not.</param>
    /// <param name="EndedAt">When that was.</param>
    public sealed record DeploymentImported(
        DeploymentId Id, PlanId PlanId, string Environment, FleetName Fleet, DeploymentOptions Options, string Caller, int NodeCount,
        DateTimeOffset RegisteredAt, DeploymentPhase End, DateTimeOffset EndedAt, string By, DateTimeOffset At) : ICoordinatorEvent;

    /// <summary>
    /// Deployments that had ended and had no nodes any more are forgotten; their histories were written elsewhere, and are deleted after this.
    /// </summary>
    /// <param name="ExportedTo">The folder that they were written to.</param>
    public sealed record DeploymentsPruned(ImmutableArray<DeploymentId> Ids, string ExportedTo, string By, DateTimeOffset At) : ICoordinatorEvent;
}
