using Orchestrator.Domain.Coordination;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Actors.Deployments;

/// <summary>What the coordinator needs of the world.</summary>
/// <param name="Instance">This run of the host's program: it outlives the coordinator, which goes on with what was taken on where it is taken up again.</param>
/// <param name="Ownership">Asked before acts; null where the journal can have no other owner.</param>
/// <param name="History">Null where Akka is to replay it.</param>
public sealed record CoordinatorServices(
    IPlanStore Plans, IFleets Fleets, HostClock Clock, HostInstance Instance, IJournalOwnership? Ownership = null, ICoordinatorHistory? History = null);
