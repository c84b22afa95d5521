using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Actors.Deployments;

/// <summary>Keeps plans by their hash, once each, beside the journal. Actors ask: nothing is read or parsed on the thread that asks.</summary>
public interface IPlanStore
{
    /// <summary>Stores a plan; storing it again is no error. It is on disk when this returns.</summary>
    Task SaveAsync(Plan plan, CancellationToken cancellationToken);

    /// <summary>Loads a plan and checks its hash. Throws <see cref="InvalidDataException"/> with one sentence where it is missing or damaged.</summary>
    Task<Plan> LoadAsync(PlanId id, CancellationToken cancellationToken);
}
