using Orchestrator.Choria.Connecting;
using Orchestrator.Host.Configuration;
using Orchestrator.Host.Coordination;
using Orchestrator.Host.Fleets;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;
using Orchestrator.Puppet.Connecting;

namespace Orchestrator.Host.Api;

/// <summary>How a fleet is reached, and whether it would work.</summary>
public static class ConfigEndpoint
{
    public static void MapConfig(this IEndpointRouteBuilder api)
    {
        api.MapGet(HostApi.Config, (HttpContext http, string? fleet, [AsParameters] Parts parts) =>
            AnswerAsync(new FleetChoice(false, null, null, fleet), parts, http.RequestAborted).OfFleetAsync("fleet")).Needs(AccessVerb.Config);

        api.MapPost(HostApi.Config, async (HttpContext http, [AsParameters] Parts parts) =>
            await AnswerAsync(await Bodies.ReadAsync(http, MessagesJson.Default.FleetChoice), parts, http.RequestAborted).OfFleetAsync("name"))
            .Needs(AccessVerb.Config);
    }

    /// <summary>What the answer comes from.</summary>
    private sealed record Parts(
        FleetConfigurations Configurations, FleetDirectory Fleets, CoordinatorClient Coordinator, ConnectionChecks Checks, PuppetChecks Puppet);

    private static async Task<IResult> AnswerAsync(FleetChoice choice, Parts parts, CancellationToken cancellationToken)
    {
        var found = await parts.Configurations.FindAsync(choice.Name, cancellationToken);
        var difference = await parts.Configurations.DifferenceAsync(choice.Name, choice.Variables, cancellationToken);
        // What is connected is so with what is configured now, as far as may be.
        await parts.Fleets.TakeUpAsync(found.Name, parts.Coordinator.IsBusyAsync, cancellationToken);
        var results = await Task.WhenAll(
            parts.Checks.RunAsync(found.Name, found.Settings, cancellationToken), parts.Puppet.RunAsync(found.Puppet, found.Settings, cancellationToken));
        IEnumerable<ConfigCheck> own =
        [
            new("configuration", CheckResult.Ok, found.File ?? "no file, using the defaults"),
            .. difference is null ? (ConfigCheck[])[] : [new("environment", CheckResult.Warning, difference)],
        ];
        ConfigCheck[] running = parts.Fleets.Check(found.Name) is { } check ? [check] : [];
        var view = new ConfigView(found.File, found.Name, found.IsDefault, found.Fleets, found.Lines, [.. own, .. results[0], .. running, .. results[1]]);
        return Bodies.Json(view, MessagesJson.Plain.ConfigView);
    }
}
