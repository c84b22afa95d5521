using System.Security.Cryptography;
using Orchestrator.Actors.Deployments;
using Orchestrator.Host.Access;
using Orchestrator.Host.Coordination;
using Orchestrator.Host.Fleets;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Host.Api;

/// <summary>Begins deployments: of a plan that was made and stored before, whatever has become of its site since.</summary>
public static class RunEndpoint
{
    /// <summary>Letters and digits that nobody mistakes for each other: no i, l, o, 0 and 1.</summary>
    private const string IdCharacters = "abcdefghjkmnpqrstuvwxyz23456789";

    private const int IdLength = 8;

    public static void MapRun(this IEndpointRouteBuilder api) => api.MapPost(
        HostApi.Deployments, async (HttpContext http, FleetDirectory fleets, IPlanStore plans, CoordinatorClient coordinator, AccessControl access) =>
    {
        var request = Requests.Checked(await Bodies.ReadAsync(http, MessagesJson.Default.RunRequest));
        var plan = await StoredAsync(request.PlanId, plans, http.RequestAborted);
        await access.RequireAsync(http, AccessVerb.Run, plan, request.Options.RunEnvironment, request.Options.RollbackEnvironment);
        var fleet = await fleets.ChooseAsync(request.Fleet, coordinator.IsBusyAsync, http.RequestAborted);
        if ((plan.Warnings.FirstOrDefault(w => w.Kind == PlanWarningKinds.UnusableName)?.Message ?? OptionRules.Problem(request.Options, plan)) is { } problem)
            throw new ApiException(problem);
        if (plan.NodeCount == 0 && !request.AllowEmpty)
            throw new ApiException(Problems.Conflict("the plan has no nodes, so there is nothing to run", ProblemCodes.PlanEmpty));
        // The plan first: a registered deployment whose plan is missing could never start, and one that was only shown is not kept for ever.
        await plans.SaveAsync(plan, http.RequestAborted);
        var id = new DeploymentId(RandomNumberGenerator.GetString(IdCharacters, IdLength));
        var options = request.Options.MaxRunning is null ? request.Options with { MaxRunning = fleet.MaxRunning } : request.Options;
        var registered = await coordinator.AskAsync<CoordinatorProtocol.Registered>(
            new CoordinatorProtocol.RegisterDeployment(id, plan, fleet.Name, options, http.Asker().Caller, request.NoWait), http.RequestAborted).ValueAsync();
        return Bodies.Json(new RunAccepted(registered.Id, plan.Id, registered.WaitsFor), MessagesJson.Plain.RunAccepted, StatusCodes.Status202Accepted);
    }).OnlyWhereComplete().OnlyWithRoom().Needs(AccessVerb.Run);

    private static async Task<Plan> StoredAsync(PlanId id, IPlanStore plans, CancellationToken cancellationToken)
    {
        try
        {
            return await plans.LoadAsync(id, cancellationToken);
        }
        catch (InvalidDataException e)
        {
            throw new ApiException(Problems.NotFound($"{e.Message}: plan the site again", ProblemCodes.PlanNotFound), e);
        }
    }
}
