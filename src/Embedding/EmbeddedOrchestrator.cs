using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orchestrator.Actors;
using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Coordination;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Embedding;

/// <summary>Registers what a service needs that deploys from its own code.</summary>
public static class EmbeddedOrchestrator
{
    /// <summary>
    /// What <see cref="OrchestratorHosting.AddOrchestrator"/> needs, for a service that deploys from its own code, each unless the service registers its own:
    /// the clock, plans as files, the fleets that are registered as <see cref="IFleet"/>, and <see cref="DeploymentService"/> to deploy with.
    /// </summary>
    /// <param name="planFolder">Where plans are kept, beside the journal.</param>
    public static IServiceCollection AddOrchestrator(this IServiceCollection services, string planFolder)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(new HostInstance(Guid.NewGuid().ToString("N")));
        services.TryAddSingleton<IPlanStore>(_ => new PlanFolder(planFolder));
        services.TryAddSingleton<IFleets, RegisteredFleets>();
        services.TryAddSingleton<DeploymentService>();
        return services;
    }
}
