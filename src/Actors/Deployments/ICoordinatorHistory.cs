using Orchestrator.Domain.Coordination;

namespace Orchestrator.Actors.Deployments;

/// <summary>Reads the coordinator's whole history at once: event by event, as Akka replays it, 10,000 deployments take more than a second.</summary>
public interface ICoordinatorHistory
{
    /// <summary>The state after all events, and the number of the last one.</summary>
    /// <exception cref="InvalidOperationException">An event breaks a rule of replay; the message begins with its number.</exception>
    Task<(CoordinationState State, long Last)> ReadAsync();
}
