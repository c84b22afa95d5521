using Orchestrator.Host.Coordination;
using Orchestrator.Host.Journal;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Api;

/// <summary>Going on with a journal that lost a part of what it said.</summary>
public static class RecoverEndpoint
{
    public static void MapRecover(this IEndpointRouteBuilder api) => api.MapPost(
        HostApi.Recover, async (HttpContext http, JournalConnections journal, CoordinatorClient coordinator) =>
    {
        var by = Requests.Checked(await Bodies.ReadAsync(http, MessagesJson.Default.RecoverRequest)).By;
        if (journal.Incomplete is not { } missing)
            return Bodies.Json(new Recovered(null, []), MessagesJson.Plain.Recovered);
        var giveUp = new CoordinatorProtocol.GiveUpUnfinished(by);
        var given = await coordinator.AskAsync<CoordinatorProtocol.Deployments>(giveUp, http.RequestAborted).ValueAsync();
        // After they are given up in the journal: who dies between the two is asked to recover once more.
        journal.AcceptAsComplete();
        return Bodies.Json(new Recovered(missing, given.Lines), MessagesJson.Plain.Recovered);
    });

    /// <summary>For endpoints that begin, carry on or end something: not while nobody knows what was done before.</summary>
    public static RouteHandlerBuilder OnlyWhereComplete(this RouteHandlerBuilder endpoint) => endpoint.AddEndpointFilter((invocation, next) =>
        invocation.HttpContext.RequestServices.GetRequiredService<JournalConnections>().Incomplete is { } why
            ? throw new ApiException(Problems.Unavailable(why, ProblemCodes.JournalIncomplete))
            : next(invocation));
}
