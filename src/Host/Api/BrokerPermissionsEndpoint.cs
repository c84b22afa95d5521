using Orchestrator.Choria.Connecting;
using Orchestrator.Domain.Plans;
using Orchestrator.Host.Configuration;
using Orchestrator.Host.Planning;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Api;

/// <summary>What the users of a fleet's broker need.</summary>
public static class BrokerPermissionsEndpoint
{
    public static void MapBrokerPermissions(this IEndpointRouteBuilder api) => api.MapPost(
        HostApi.BrokerPermissions, async (HttpContext http, SitePlanning planning, FleetConfigurations configurations) =>
    {
        var request = Requests.Checked(await Bodies.ReadAsync(http, MessagesJson.Default.BrokerPermissionsRequest));
        var fleet = await RealFleets.FindAsync(request.Fleet, configurations, http.RequestAborted);
        var settings = fleet.Settings;
        ImmutableArray<BrokerUser> nodes = [];
        if (request.Site is { } site)
        {
            var result = await planning.PlanAsync(site, http.RequestAborted, toRun: true).OfSiteAsync("site.");
            if (result is PlanResult.Refused refused)
                return SiteEndpoints.Refused(refused);
            nodes =
            [
                .. ((PlanResult.Planned)result).Plan.Groups.SelectMany(g => g.Nodes)
                    .Select(n => BrokerPermissions.OfNode(settings.Collective, n.Name, n.WireName)),
            ];
        }
        try
        {
            var view = new BrokerPermissionsView(
                fleet.Name, settings.Collective, settings.CallerId, BrokerPermissions.LoginOf(settings), [BrokerPermissions.OfCaller(settings), .. nodes]);
            return Bodies.Json(view, MessagesJson.Plain.BrokerPermissionsView);
        }
        catch (BrokerLoginException e)
        {
            throw new ApiException(e.Message, null, e);
        }
    }).Needs(AccessVerb.Config);
}
