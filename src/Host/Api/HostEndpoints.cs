using Orchestrator.Host.Access;
using Orchestrator.Host.Coordination;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Process;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Api;

/// <summary>The whole API, and the host's own part of it.</summary>
public static class HostEndpoints
{
    /// <summary>Whoever starts a host asks for it with a patience of seconds.</summary>
    private static readonly TimeSpan LongestReading = TimeSpan.FromSeconds(1);

    public static void MapOrchestratorApi(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("").AddEndpointFilterFactory(StrictRequests.RefuseUnknownQueries).AddEndpointFilter(Permitted.AuditFailuresAsync)
            .AddEndpointFilter(IdempotencyHeader.RefuseUnusedAsync).AddEndpointFilter(Preconditions.RefuseAsync);
        api.MapHost();
        api.MapOpenApi();
        api.MapDocs();
        api.MapConfig();
        api.MapPing();
        api.MapBrokerPermissions();
        api.MapMapping();
        api.MapPolicy();
        api.MapAudit();
        api.MapTokens();
        api.MapSites();
        api.MapStrays();
        api.MapRun();
        api.MapDeployments();
        api.MapEvents();
        api.MapRecover();
        api.MapHistories();
        api.MapWeb();
    }

    private static void MapHost(this IEndpointRouteBuilder api) => api.MapGet(
        HostApi.Host, async (
            HttpContext http, HostIdentity host, HostTrouble trouble, JournalConnections journal, CoordinatorClient coordinator, UntoldDeployments untold,
            AccessControl access) =>
    {
        // Where there is no answer the host is there all the same, and says what is wrong with its journal to whoever needs it.
        var answer = await coordinator.CurrentAsync(http.RequestAborted);
        ImmutableArray<DeploymentLine> unfinished = answer is CoordinatorAnswer<ImmutableArray<DeploymentLine>>.Given { Value: var current }
            ? [.. current.Where(d => !d.Active)]
            : [];
        unfinished = await access.VisibleAsync(http.Asker(), unfinished, http.RequestAborted);
        unfinished = await untold.ToldAsync(unfinished, LongestReading, http.RequestAborted);
        var status = new HostStatus(host.Version, host.ProcessId, host.StartedAt, unfinished, trouble.Any, journal.Incomplete, trouble.Clock,
            http.Asker().Caller);
        return Bodies.Json(status, MessagesJson.Plain.HostStatus);
    }).NeedsNothing();
}
