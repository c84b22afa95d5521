using Orchestrator.Choria.Connecting;
using Orchestrator.Host.Configuration;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Api;

/// <summary>How a fleet is reached, and whether it would work.</summary>
public static class ConfigEndpoint
{
    /// <summary>Maps <see cref="HostApi.Config"/>.</summary>
    public static void MapConfig(this IEndpointRouteBuilder api) => api.MapGet(
        HostApi.Config, async (HttpContext http, string? fleet, FleetConfigurations configurations, ConnectionChecks checks) =>
    {
        FleetConfiguration found;
        try
        {
            found = await configurations.FindAsync(fleet, http.RequestAborted);
        }
        catch (ConfigurationException e)
        {
            throw new ApiException(e.Message, e);
        }
        var results = await checks.RunAsync(found.Name, found.Settings, http.RequestAborted);
        var view = new ConfigView(
            found.File, found.Name, found.IsDefault, found.Fleets, found.Lines,
            [new ConfigCheck("configuration", CheckResult.Ok, found.File ?? "no file, so the defaults hold"), .. results]);
        return Bodies.Json(view, MessagesJson.Plain.ConfigView);
    });
}
