using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Strays;
using Orchestrator.Host.Access;
using Orchestrator.Host.Coordination;
using Orchestrator.Host.Fleets;
using Orchestrator.Host.Planning;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Host.Api;

/// <summary>Nodes that are held by deployments of which this host's journal knows nothing: found by asking the nodes, and enabled by a person's word.</summary>
public static class StrayEndpoints
{
    private const int LongestName = 100;

    public static void MapStrays(this IEndpointRouteBuilder api)
    {
        api.MapPost(HostApi.Strays, async (HttpContext http, [AsParameters] Parts parts) =>
        {
            var request = Requests.Checked(await Bodies.ReadAsync(http, MessagesJson.Default.NodesRequest));
            var (found, refused) = await FindAsync(request, AccessVerb.Nodes, parts, http);
            return found is null ? SiteEndpoints.Refused(refused!) : Bodies.Json(found.Holds, MessagesJson.Plain.StrayHolds);
        }).Needs(AccessVerb.Nodes);

        api.MapPost(HostApi.StraysRelease, async (HttpContext http, [AsParameters] Parts parts) =>
        {
            var request = Requests.Checked(await Bodies.ReadAsync(http, MessagesJson.Default.StrayRelease));
            var (found, refused) = await FindAsync(
                new NodesRequest(request.Site, request.Fleet, request.RpcTimeout), AccessVerb.Release, parts, http, request.Node);
            if (found is null)
                return SiteEndpoints.Refused(refused!);
            ImmutableArray<CoordinatorProtocol.StrayTarget> targets =
            [
                .. found.Holds.Deployments.Where(d => request.Deployments.Contains(d.Id))
                    .SelectMany(d => d.Nodes.Where(IsMeant).Select(n => new CoordinatorProtocol.StrayTarget(found.Nodes[n], d.Id, found.Messages[n]))),
            ];
            var release = new CoordinatorProtocol.ReleaseStrays(found.Fleet, targets, request.RpcTimeout, http.Asker().Caller);
            var released = await parts.Coordinator.AskAsync<StraysReleased>(release, http.RequestAborted, SurveyTimes.Release(request.RpcTimeout)).ValueAsync();
            var left = found.Holds.Left.Where(
                n => IsMeant(n.Name) && (n.State == StrayState.Silent || n.Deployment is { } id && request.Deployments.Contains(id)));
            return Bodies.Json(new StraysReleased([.. released.Nodes, .. left]), MessagesJson.Plain.StraysReleased);

            bool IsMeant(NodeName node) => request.Node is null || request.Node == node;
        }).OnlyWhereComplete().Needs(AccessVerb.Release);
    }

    /// <summary>What the answers come from.</summary>
    private sealed record Parts(SitePlanning Planning, FleetDirectory Fleets, CoordinatorClient Coordinator, AccessControl Access);

    private static ApiProblem NoSuchNode(NodeName named, ImmutableArray<PlannedNode> nodes)
    {
        var near = Nearest.Of(named.Value, nodes.Select(n => n.Name.Value));
        var sentence = $"{OutsideText.OneLine(named.Value, LongestName)} is no node of the site{(near is null ? "" : $", did you mean {near}?")}";
        return Problems.NotFound(sentence, ProblemCodes.NodeNotFound) with { Nodes = near is null ? null : [new NodeName(near)] };
    }

    private sealed record Found(FleetName Fleet, Dictionary<NodeName, PlannedNode> Nodes, Dictionary<NodeName, string> Messages, StrayHolds Holds);

    /// <param name="mustHave">The only node that is to be touched; null for all.</param>
    private static async Task<(Found? Found, PlanResult.Refused? Refused)> FindAsync(
        NodesRequest request, AccessVerb verb, Parts parts, HttpContext http, NodeName? mustHave = null)
    {
        var result = await parts.Planning.PlanAsync(request.Site, http.RequestAborted).OfSiteAsync("site.");
        if (result is PlanResult.Refused refused)
            return (null, refused);
        var plan = ((PlanResult.Planned)result).Plan;
        var nodes = ListRequests.Nodes(plan, request.Nodes);
        if (mustHave is { } named && !nodes.Any(n => n.Name == named))
            throw new ApiException(NoSuchNode(named, nodes));
        await parts.Access.RequireAsync(http, verb, plan.Environment, [.. nodes.Where(n => mustHave is null || n.Name == mustHave)]);
        var fleet = await parts.Fleets.ChooseAsync(request.Fleet, parts.Coordinator.IsBusyAsync, http.RequestAborted)
            .OfFleetAsync("fleet.name", "fleet.scenario");
        var survey = new CoordinatorProtocol.SurveyNodes(fleet.Name, nodes, request.RpcTimeout);
        var surveyed = await parts.Coordinator.AskAsync<CoordinatorProtocol.Surveyed>(
            survey, http.RequestAborted, SurveyTimes.Survey(request.RpcTimeout)).ValueAsync();
        // Only now: what was registered meanwhile is known too.
        var holders = new CoordinatorProtocol.WhichAreKnown([.. surveyed.Nodes.Where(n => n.HeldBy is not null).Select(n => n.HeldBy!.Value)]);
        var known = await parts.Coordinator.AskAsync<CoordinatorProtocol.Known>(holders, http.RequestAborted).ValueAsync();
        var messages = surveyed.Nodes.ToDictionary(n => n.Name, n => n.Message);
        return (new Found(fleet.Name, nodes.ToDictionary(n => n.Name), messages, StraySurvey.Of(surveyed.Nodes, known.Ids)), null);
    }
}
