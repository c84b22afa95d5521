using Orchestrator.Choria.Client;
using Orchestrator.Domain.Plans;
using Orchestrator.Host.Configuration;
using Orchestrator.Host.Planning;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Host.Api;

/// <summary>Asks all nodes of a configured fleet whether they are there.</summary>
public static class PingEndpoint
{
    public static void MapPing(this IEndpointRouteBuilder api) => api.MapPost(
        HostApi.Ping, async (HttpContext http, SitePlanning planning, FleetConfigurations configurations, FleetPing ping) =>
    {
        var request = Requests.Checked(await Bodies.ReadAsync(http, MessagesJson.Default.PingRequest));
        var fleet = await RealFleets.FindAsync(request.Fleet, configurations, http.RequestAborted);
        ImmutableArray<NodeName>? expected = null;
        if (request.Site is { } site)
        {
            var result = await planning.PlanAsync(site, http.RequestAborted).OfSiteAsync("site.");
            if (result is PlanResult.Refused refused)
                return SiteEndpoints.Refused(refused);
            expected = [.. ((PlanResult.Planned)result).Plan.Groups.SelectMany(g => g.Nodes).Select(n => n.WireName)];
        }
        try
        {
            var nodes = await ping.AskAsync(fleet.Name, fleet.Settings, request.Wait, http.RequestAborted);
            return Bodies.Json(
                new PingView(fleet.Name, request.Wait, nodes, expected is { } names ? [.. names.Except(nodes.Select(n => n.Name)).Order()] : null),
                MessagesJson.Plain.PingView);
        }
        catch (FleetUnavailableException e)
        {
            throw new FleetUnavailableException(e.Message, e) { Fleet = fleet.Name };
        }
    }).OnlyWithRoom().Needs(AccessVerb.Config);
}
