using Orchestrator.Domain.Plans;
using Orchestrator.Host.Fleets;
using Orchestrator.Host.Planning;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Host.Api;

/// <summary>What begins with a site: its plan, and what its nodes say now.</summary>
public static class SiteEndpoints
{
    /// <summary>Maps <see cref="HostApi.Plans"/> and <see cref="HostApi.Nodes"/>.</summary>
    public static void MapSites(this IEndpointRouteBuilder api)
    {
        api.MapPost(HostApi.Plans, async (HttpContext http, SitePlanning planning) =>
        {
            var request = Requests.Checked(await Bodies.ReadAsync(http, MessagesJson.Default.PlanRequest));
            var result = await planning.PlanAsync(request, http.RequestAborted);
            return result is PlanResult.Refused refused ? Refused(refused) : Bodies.Json(PlanJson.Write(((PlanResult.Planned)result).Plan));
        });

        api.MapPost(HostApi.Nodes, async (HttpContext http, SitePlanning planning, FleetDirectory fleets, Coordinator coordinator) =>
        {
            var request = Requests.Checked(await Bodies.ReadAsync(http, MessagesJson.Default.NodesRequest));
            var fleet = await fleets.ChooseAsync(request.Fleet, http.RequestAborted);
            var result = await planning.PlanAsync(request.Site, http.RequestAborted);
            if (result is PlanResult.Refused refused)
                return Refused(refused);
            var plan = ((PlanResult.Planned)result).Plan;
            var surveyed = await coordinator.AskAsync<CoordinatorProtocol.Surveyed>(
                new CoordinatorProtocol.SurveyNodes(fleet.Name, [.. plan.Groups.SelectMany(g => g.Nodes)], request.RpcTimeout), http.RequestAborted, request.RpcTimeout);
            return Bodies.Json(surveyed.Nodes, MessagesJson.Plain.NodesNow);
        });
    }

    /// <summary>Why a site cannot be planned, all at once.</summary>
    public static IResult Refused(PlanResult.Refused refused) => Bodies.Json(PlanJson.Write(new SiteProblems(refused.Problems)), StatusCodes.Status422UnprocessableEntity);
}
