using Orchestrator.Choria.Connecting;
using Orchestrator.Host.Configuration;
using Orchestrator.Host.Fleets;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Puppet.Connecting;

namespace Orchestrator.Host.Api;

/// <summary>How a fleet is reached, and whether it would work.</summary>
public static class ConfigEndpoint
{
    public static void MapConfig(this IEndpointRouteBuilder api)
    {
        api.MapGet(HostApi.Config, (
            HttpContext http, string? fleet, FleetConfigurations configurations, FleetDirectory fleets, ConnectionChecks checks, PuppetChecks puppet) =>
            AnswerAsync(new FleetChoice(false, null, null, fleet), configurations, fleets, checks, puppet, http.RequestAborted));

        api.MapPost(HostApi.Config, async (
            HttpContext http, FleetConfigurations configurations, FleetDirectory fleets, ConnectionChecks checks, PuppetChecks puppet) =>
            await AnswerAsync(await Bodies.ReadAsync(http, MessagesJson.Default.FleetChoice), configurations, fleets, checks, puppet, http.RequestAborted));
    }

    private static async Task<IResult> AnswerAsync(
        FleetChoice choice, FleetConfigurations configurations, FleetDirectory fleets, ConnectionChecks checks, PuppetChecks puppet,
        CancellationToken cancellationToken)
    {
        var found = await configurations.FindAsync(choice.Name, cancellationToken);
        var difference = await configurations.DifferenceAsync(choice.Name, choice.Variables, cancellationToken);
        var results = await Task.WhenAll(
            checks.RunAsync(found.Name, found.Settings, cancellationToken), puppet.RunAsync(found.Puppet, found.Settings, cancellationToken));
        IEnumerable<ConfigCheck> own =
        [
            new("configuration", CheckResult.Ok, found.File ?? "no file, using the defaults"),
            .. difference is null ? (ConfigCheck[])[] : [new("environment", CheckResult.Warning, difference)],
        ];
        ConfigCheck[] running = fleets.Check(found.Name) is { } check ? [check] : [];
        var view = new ConfigView(found.File, found.Name, found.IsDefault, found.Fleets, found.Lines, [.. own, .. results[0], .. running, .. results[1]]);
        return Bodies.Json(view, MessagesJson.Plain.ConfigView);
    }
}
