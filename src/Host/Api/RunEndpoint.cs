using System.Security.Cryptography;
using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Plans;
using Orchestrator.Host.Fleets;
using Orchestrator.Host.Planning;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Api;

/// <summary>Begins deployments: plans the site again, stores the plan, and has the deployment registered.</summary>
public static class RunEndpoint
{
    /// <summary>Letters and digits that nobody mistakes for each other: no i, l, o, 0 and 1.</summary>
    private const string IdCharacters = "abcdefghjkmnpqrstuvwxyz23456789";

    private const int IdLength = 8;

    /// <summary>Maps POST <see cref="HostApi.Deployments"/>.</summary>
    public static void MapRun(this IEndpointRouteBuilder api) => api.MapPost(
        HostApi.Deployments, async (HttpContext http, SitePlanning planning, FleetDirectory fleets, IPlanStore plans, Coordinator coordinator) =>
    {
        var request = Requests.Checked(await Bodies.ReadAsync(http, MessagesJson.Default.RunRequest));
        var fleet = await fleets.ChooseAsync(request.Fleet, http.RequestAborted);
        var result = await planning.PlanAsync(request.Site, http.RequestAborted, toRun: true);
        if (result is PlanResult.Refused refused)
            return SiteEndpoints.Refused(refused);

        var plan = ((PlanResult.Planned)result).Plan;
        await ExpectedPlan.CheckAsync(request.ExpectedPlan, plan, plans, http.RequestAborted);
        if (OptionRules.Problem(request.Options, plan) is { } problem)
            throw new ApiException(problem);
        // The plan first: a registered deployment whose plan is missing could never start.
        await plans.SaveAsync(plan, http.RequestAborted);
        var id = new DeploymentId(RandomNumberGenerator.GetString(IdCharacters, IdLength));
        var options = request.Options.MaxRunning is null ? request.Options with { MaxRunning = fleet.MaxRunning } : request.Options;
        var registered = await coordinator.AskAsync<CoordinatorProtocol.Registered>(
            new CoordinatorProtocol.RegisterDeployment(id, plan, fleet.Name, options, request.Caller, request.NoWait), http.RequestAborted);
        return Bodies.Json(new RunAccepted(registered.Id, plan.Id, registered.WaitsFor), MessagesJson.Plain.RunAccepted, StatusCodes.Status202Accepted);
    });
}
