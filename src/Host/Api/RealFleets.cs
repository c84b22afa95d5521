using Orchestrator.Host.Configuration;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Api;

/// <summary>The configured fleet that a request is about, as the asker and this host mean it.</summary>
internal static class RealFleets
{
    /// <exception cref="ApiException">It is an emulated one, or the asker's environment means another.</exception>
    public static async Task<FleetConfiguration> FindAsync(FleetChoice choice, FleetConfigurations configurations, CancellationToken cancellationToken)
    {
        if (choice.Emulated)
            throw new ApiException("an emulated fleet has no broker: name a fleet of the configuration", "fleet.emulated");
        if (await configurations.DifferenceAsync(choice.Name, choice.Variables, cancellationToken) is { } difference)
            throw new ApiException(Problems.Conflict(difference, ProblemCodes.FleetConflict));
        return await configurations.FindAsync(choice.Name, cancellationToken).OfFleetAsync("fleet.name");
    }
}
