using Orchestrator.Host.Access;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Api;

/// <summary>Histories that come into the journal from a file, and those that leave it for files.</summary>
public static class HistoryEndpoints
{
    public static void MapHistories(this IEndpointRouteBuilder api)
    {
        api.MapPost(HostApi.ImportHistory, async (HttpContext http, HistoryMoves moves) =>
            Bodies.Json(await moves.ImportAsync(http.Request.Body, http.Asker().Caller, http.RequestAborted), MessagesJson.Plain.DeploymentLine))
            .OnlyWhereComplete().Needs(AccessVerb.Import);

        api.MapPost(HostApi.Prune, async (HttpContext http, HistoryMoves moves) =>
        {
            var request = Requests.Checked(await Bodies.ReadAsync(http, MessagesJson.Default.PruneRequest));
            return Bodies.Json(await moves.PruneAsync(request, http.Asker().Caller, http.RequestAborted), MessagesJson.Plain.Pruned);
        }).OnlyWhereComplete().Needs(AccessVerb.Prune);
    }
}
