using Microsoft.Data.Sqlite;
using Orchestrator.Domain.Plans;
using Orchestrator.Host.Access;
using Orchestrator.Host.Coordination;
using Orchestrator.Host.Fleets;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Planning;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Host.Api;

/// <summary>What begins with a site: its plan, what differs from an earlier one, what its nodes weigh in it, and what they say now.</summary>
public static class SiteEndpoints
{
    /// <summary>Maps <see cref="HostApi.Plans"/> and what is under it, and <see cref="HostApi.Nodes"/>.</summary>
    public static void MapSites(this IEndpointRouteBuilder api)
    {
        api.MapPost(HostApi.Plans, async (
            HttpContext http, string? expected, bool? run, bool? empty, int? edges, string? fleet, SitePlanning planning, FleetDirectory fleets,
            PlanStore plans, AccessControl access, ILogger<PlanStore> log) =>
        {
            var request = Requests.Checked(await Bodies.ReadAsync(http, MessagesJson.Default.PlanRequest));
            if (fleet is not null)
                await fleets.NameAsync(new FleetChoice(false, null, null, fleet), http.RequestAborted).OfFleetAsync("fleet");
            var result = await planning.PlanAsync(request, http.RequestAborted, run ?? false, empty ?? false, edges ?? 0).OfSiteAsync("");
            if (result is PlanResult.Refused refused)
                return Refused(refused);
            var answer = ((PlanResult.Planned)result).Plan;
            var plan = answer with { Edges = null };
            await access.RequireAsync(http, AccessVerb.Plan, plan);
            await ExpectedPlan.CheckAsync(http, expected is null ? null : new PlanId(expected), plan, plans, access);
            if (run ?? false)
                await plans.KeepShownAsync(plan, http.RequestAborted);
            else
                await TryKeepShownAsync(plan, plans, log, http.RequestAborted);
            return Bodies.Json(PlanJson.Write(answer));
        }).OnlyWithRoom().Needs(AccessVerb.Plan);

        api.MapPost(HostApi.SiteFile, async (HttpContext http, SitePlanning planning, AccessControl access) =>
        {
            var request = Requests.Checked(await Bodies.ReadAsync(http, MessagesJson.Default.PlanRequest));
            if (request is not { Instances: [], Nodes: null or [], Exclude: null or [] })
                throw new ApiException("a site file has the whole site: leave out instances, nodes and exclude", null);
            var (file, result) = await planning.WriteFileAsync(request, http.RequestAborted).OfSiteAsync("");
            if (file is null)
                return Refused((PlanResult.Refused)result);
            await access.RequireAsync(http, AccessVerb.Plan, ((PlanResult.Planned)result).Plan);
            return TypedResults.Bytes(file, "application/yaml");
        }).OnlyWithRoom().Needs(AccessVerb.Plan);

        api.MapPost(HostApi.Plans + "/against/{id}", async (
            HttpContext http, string id, SitePlanning planning, PlanStore plans, CoordinatorClient coordinator, AccessControl access) =>
        {
            var request = Requests.Checked(await Bodies.ReadAsync(http, MessagesJson.Default.PlanRequest));
            var (before, deployment) = await EarlierAsync(http, id, plans, coordinator);
            await access.RequireAsync(http, AccessVerb.Plan, before);
            var result = await planning.PlanAsync(request, http.RequestAborted).OfSiteAsync("");
            if (result is PlanResult.Refused refused)
                return Refused(refused);
            var plan = ((PlanResult.Planned)result).Plan;
            await access.RequireAsync(http, AccessVerb.Plan, plan);
            return Bodies.Json(PlanDiff.Between(before, plan, deployment), MessagesJson.Plain.PlanDifference);
        }).OnlyWithRoom().Needs(AccessVerb.Plan);

        api.MapPost(HostApi.Impact, async (
            HttpContext http, SitePlanning planning, FleetDirectory fleets, RunHistories histories, AccessControl access) =>
        {
            var request = Requests.Checked(await Bodies.ReadAsync(http, MessagesJson.Default.ImpactRequest));
            var fleet = await fleets.NameAsync(request.Fleet, http.RequestAborted).OfFleetAsync("fleet.name", "fleet.scenario");
            var result = await planning.PlanAsync(request.Site, http.RequestAborted).OfSiteAsync("site.");
            if (result is PlanResult.Refused refused)
                return Refused(refused);
            var plan = ((PlanResult.Planned)result).Plan;
            await access.RequireAsync(http, AccessVerb.Plan, plan);
            var times = await histories.TimesAsync(plan, fleet, http.RequestAborted).ValueAsync();
            return Bodies.Json(Impact.Of(plan, fleet, request.Batch, times), MessagesJson.Plain.PlanImpact);
        }).OnlyWithRoom().Needs(AccessVerb.Plan);

        api.MapPost(HostApi.Nodes, async (
            HttpContext http, SitePlanning planning, FleetDirectory fleets, CoordinatorClient coordinator, DeploymentReader reader, AccessControl access) =>
        {
            var request = Requests.Checked(await Bodies.ReadAsync(http, MessagesJson.Default.NodesRequest));
            var result = await planning.PlanAsync(request.Site, http.RequestAborted).OfSiteAsync("site.");
            if (result is PlanResult.Refused refused)
                return Refused(refused);
            var plan = ((PlanResult.Planned)result).Plan;
            var nodes = ListRequests.Nodes(plan, request.Nodes);
            await access.RequireAsync(http, AccessVerb.Nodes, plan.Environment, nodes);
            var fleet = await fleets.ChooseAsync(request.Fleet, coordinator.IsBusyAsync, http.RequestAborted).OfFleetAsync("fleet.name", "fleet.scenario");
            var survey = new CoordinatorProtocol.SurveyNodes(fleet.Name, nodes, request.RpcTimeout);
            var time = SurveyTimes.Survey(request.RpcTimeout);
            var surveyed = await coordinator.AskAsync<CoordinatorProtocol.Surveyed>(survey, http.RequestAborted, time).ValueAsync();
            return Bodies.Json(await reader.WithHeldAtAsync(surveyed.Nodes, http.RequestAborted), MessagesJson.Plain.NodesNow);
        }).OnlyWithRoom().Needs(AccessVerb.Nodes);
    }

    // Whoever only looks need not care that the journal's disk is full.
    private static async Task TryKeepShownAsync(Plan plan, PlanStore plans, ILogger log, CancellationToken cancellationToken)
    {
        try
        {
            await plans.KeepShownAsync(plan, cancellationToken);
        }
        catch (SqliteException e)
        {
            log.LogWarning(e, "The plan {Plan} is shown but could not be stored: later plans cannot be compared with it", plan.Id);
        }
    }

    private static async Task<(Plan Plan, DeploymentId? Deployment)> EarlierAsync(
        HttpContext http, string id, PlanStore plans, CoordinatorClient coordinator)
    {
        if (!id.StartsWith(PlanId.Prefix, StringComparison.Ordinal))
        {
            var line = await FoundDeployments.FindAsync(http, id, coordinator);
            return (await plans.LoadAsync(line.PlanId, http.RequestAborted), line.Id);
        }
        try
        {
            return (await plans.LoadAsync(new PlanId(id), http.RequestAborted), null);
        }
        catch (InvalidDataException e)
        {
            throw new ApiException(Problems.NotFound($"{e.Message}: only plans that were shown are kept", ProblemCodes.PlanNotFound), e);
        }
    }

    public static IResult Refused(PlanResult.Refused refused) =>
        Bodies.Json(PlanJson.Write(new SiteProblems(refused.Problems)), StatusCodes.Status422UnprocessableEntity);
}
