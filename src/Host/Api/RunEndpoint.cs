using System.Security.Cryptography;
using System.Text.Json;
using Orchestrator.Actors.Deployments;
using Orchestrator.Host.Access;
using Orchestrator.Host.Coordination;
using Orchestrator.Host.Fleets;
using Orchestrator.Host.Journal;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Host.Api;

/// <summary>Begins deployments: of a plan that was made and stored before, whatever has become of its site since.</summary>
public static class RunEndpoint
{
    public static void MapRun(this IEndpointRouteBuilder api) => api.MapPost(
        HostApi.Deployments,
        async (
            HttpContext http, FleetDirectory fleets, IPlanStore plans, CoordinatorClient coordinator, AccessControl access, IdempotencyKeys keys) =>
    {
        var key = IdempotencyHeader.Of(http.Request);
        var request = Requests.Checked(await Bodies.ReadAsync(http, MessagesJson.Default.RunRequest));
        var plan = await StoredAsync(request.PlanId, plans, http.RequestAborted);
        await access.RequireAsync(http, AccessVerb.Run, plan, request.Options.RunEnvironment, request.Options.RollbackEnvironment);
        if (plan.Warnings.FirstOrDefault(w => w.Kind == PlanWarningKinds.UnusableName) is { } unusable)
            throw new ApiException(unusable.Message, "planId");
        if (OptionRules.Problem(request.Options, plan) is { } problem)
            throw new ApiException(problem, "options.spread");
        if (plan.NodeCount == 0 && !request.AllowEmpty)
            throw new ApiException(Problems.Conflict("the plan has no nodes, so there is nothing to run", ProblemCodes.PlanEmpty));
        var id = DeploymentIds.New();
        if (key is not null)
        {
            id = await IdOfAsync(key, request, id, http.Asker(), keys);
            // Its fleet may be out of reach by now, or gone.
            if (await coordinator.KnownAsync(id, http.RequestAborted).ValueAsync() is { } line)
                return Accepted(id, plan, line.WaitsFor);
        }
        var fleet = await fleets.ChooseAsync(request.Fleet, coordinator.IsBusyAsync, http.RequestAborted).OfFleetAsync("fleet.name", "fleet.scenario");
        // The plan first: a registered deployment whose plan is missing could never start, and one that was only shown is not kept for ever.
        await plans.SaveAsync(plan, http.RequestAborted);
        var options = request.Options.MaxRunning is null ? request.Options with { MaxRunning = fleet.MaxRunning } : request.Options;
        var registered = await coordinator.AskAsync<CoordinatorProtocol.Registered>(
            new CoordinatorProtocol.RegisterDeployment(id, plan, fleet.Name, options, http.Asker().Caller, request.NoWait), http.RequestAborted).ValueAsync();
        return Accepted(registered.Id, plan, registered.WaitsFor);
    }).OnlyWhereComplete().OnlyWithRoom().TakesIdempotencyKey().Needs(AccessVerb.Run);

    private static IResult Accepted(DeploymentId id, Plan plan, ImmutableArray<DeploymentId> waitsFor) =>
        Bodies.Json(new RunAccepted(id, plan.Id, waitsFor), MessagesJson.Plain.RunAccepted, StatusCodes.Status202Accepted);

    /// <summary>The deployment that the key stands for; from now on the fresh one, where it stood for none.</summary>
    private static async Task<DeploymentId> IdOfAsync(string key, RunRequest request, DeploymentId fresh, Asker asker, IdempotencyKeys keys)
    {
        var sha256 = SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(request, MessagesJson.Plain.RunRequest));
        var known = await keys.TakeAsync(asker.Caller, key, sha256, fresh);
        return known.Sha256.AsSpan().SequenceEqual(sha256)
            ? known.Deployment
            : throw new ApiException(Problems.KeyReused($"this {HostApi.IdempotencyKey} was used for another run before: use a new key for each run"));
    }

    private static async Task<Plan> StoredAsync(PlanId id, IPlanStore plans, CancellationToken cancellationToken)
    {
        try
        {
            return await plans.LoadAsync(id, cancellationToken);
        }
        catch (InvalidDataException e)
        {
            throw new ApiException(Problems.NotFound($"{e.Message}: plan the site again", ProblemCodes.PlanNotFound) with { Field = "planId" }, e);
        }
    }
}
