using System.Runtime.Serialization;
using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.Views;
using Orchestrator.Host.Access;
using Orchestrator.Host.Configuration;
using Orchestrator.Host.Coordination;
using Orchestrator.Host.Fleets;
using Orchestrator.Host.Journal;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Host.Api;

/// <summary>Going on with a journal that lost a part of what it said: nothing is carried on, and what nodes show is true.</summary>
public static class RecoverEndpoint
{
    public static void MapRecover(this IEndpointRouteBuilder api) => api.MapPost(
        HostApi.Recover,
        async (
            HttpContext http, JournalConnections journal, CoordinatorClient coordinator, FleetDirectory fleets, LooksUnderWay looks) =>
    {
        await Bodies.ReadNoneAsync(http);
        var by = http.Asker().Caller;
        if (journal.Incomplete is not { } missing)
            return Bodies.Json(new Recovered(null, [], [], []), MessagesJson.Plain.Recovered);
        var known = await coordinator.CurrentAsync(http.RequestAborted).ValueAsync();
        var unread = await ReachAsync(known, fleets, coordinator, http.RequestAborted);
        var giveUp = new CoordinatorProtocol.GiveUpUnfinished(by);
        var given = await coordinator.AskAsync<CoordinatorProtocol.Deployments>(giveUp, http.RequestAborted).ValueAsync();
        // After they are given up in the journal: who dies between the two is asked to recover once more.
        journal.AcceptAsComplete();
        var nodes = new List<RecoveredNode>();
        foreach (var line in known.Where(d => d.State.IsEnd() && d.Keeps > 0 && !unread.ContainsKey(d.Fleet)))
        {
            var look = new VerbOnDeployment(line.Id, new DeploymentCommand.LookAtAll(by));
            if (await coordinator.AskAsync<CoordinatorProtocol.Done>(look, http.RequestAborted) is CoordinatorAnswer<CoordinatorProtocol.Done>.Given)
                nodes.AddRange(await ReadAsync(line.Id));
        }
        foreach (var line in given.Lines.Where(d => d.Keeps > 0))
            nodes.AddRange(await ReadAsync(line.Id));
        var ended = new List<DeploymentLine>();
        foreach (var line in given.Lines)
            ended.Add(await coordinator.FindAsync(line.Id.Value, http.RequestAborted).ValueAsync());
        return Bodies.Json(new Recovered(missing, [.. ended], [.. nodes], [.. unread.Values]), MessagesJson.Plain.Recovered);

        async Task<IEnumerable<RecoveredNode>> ReadAsync(DeploymentId id)
        {
            try
            {
                return RecoveredNodes.Of(id, await looks.AwaitAsync(id, RecoveredNodes.AreRead, http.RequestAborted));
            }
            catch (Exception e) when (e is SerializationException or InvalidOperationException)
            {
                return []; // It cannot be carried on, which its line says.
            }
        }
    }).Needs(AccessVerb.Recover);

    /// <summary>For endpoints that begin, carry on or end something: not while nobody knows what was done before.</summary>
    public static RouteHandlerBuilder OnlyWhereComplete(this RouteHandlerBuilder endpoint) => endpoint.AddEndpointFilter((invocation, next) =>
        invocation.HttpContext.RequestServices.GetRequiredService<JournalConnections>().Incomplete is { } why
            ? throw new ApiException(Problems.Unavailable(why, ProblemCodes.JournalIncomplete))
            : next(invocation));

    /// <summary>Connects to the fleets of these deployments; those that cannot be reached, with the reason.</summary>
    private static async Task<Dictionary<FleetName, string>> ReachAsync(
        IEnumerable<DeploymentLine> lines, FleetDirectory fleets, CoordinatorClient coordinator, CancellationToken cancellationToken)
    {
        var unreached = new Dictionary<FleetName, string>();
        foreach (var fleet in lines.Select(d => d.Fleet).Where(f => !f.IsEmulated).Distinct())
        {
            try
            {
                fleets.MakeKnown(fleet);
                await fleets.ReachAsync(fleet, coordinator.IsBusyAsync, cancellationToken);
            }
            catch (Exception e) when (e is FleetUnavailableException or ConfigurationException)
            {
                unreached.Add(fleet, $"the nodes of the fleet {fleet} were not read: {e.Message}");
            }
        }
        return unreached;
    }
}
