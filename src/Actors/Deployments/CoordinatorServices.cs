using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Actors.Deployments;

/// <summary>What the coordinator needs of the world.</summary>
/// <param name="Plans">Where plans are kept.</param>
/// <param name="Fleets">The fleets that this host was started for.</param>
/// <param name="Clock">The host's clocks.</param>
/// <param name="Duty">What this process carries on.</param>
public sealed record CoordinatorServices(IPlanStore Plans, IFleets Fleets, HostClock Clock, Duty Duty);

/// <summary>
/// Which deployments this process carries on: those that it began or was asked to resume, never one that it merely read of. It outlives
/// the coordinator, which goes on with them where it is taken up again. Only the coordinator touches it.
/// </summary>
public sealed class Duty
{
    private readonly HashSet<DeploymentId> _deployments = [];

    /// <summary>Whether this deployment is this process's business.</summary>
    public bool Has(DeploymentId id) => _deployments.Contains(id);

    /// <summary>From here on it is.</summary>
    public void TakeUp(DeploymentId id) => _deployments.Add(id);

    /// <summary>From here on it is not: it cannot be carried on.</summary>
    public void GiveUp(DeploymentId id) => _deployments.Remove(id);
}
