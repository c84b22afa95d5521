using System.Collections.Frozen;
using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.Views;
using Orchestrator.Domain.Plans;
using Orchestrator.Host.Access;
using Orchestrator.Host.Coordination;
using Orchestrator.Host.Fleets;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Planning;
using Orchestrator.Host.Process;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Following;

namespace Orchestrator.Host.Api;

/// <summary>What is asked about deployments that exist, and the verbs on them.</summary>
public static class DeploymentEndpoints
{
    internal const string One = HostApi.Deployments + "/{id}";

    private static readonly FrozenDictionary<string, Verb> Verbs =
        Enum.GetValues<Verb>().Where(v => v != Verb.Unknown).ToFrozenDictionary(v => v.Word(), StringComparer.Ordinal);

    /// <summary>Maps the rest of <see cref="HostApi.Deployments"/> and <see cref="HostApi.Resume"/>.</summary>
    public static void MapDeployments(this IEndpointRouteBuilder api)
    {
        api.MapGet(HostApi.Deployments, async (
            HttpContext http, string? limit, string? before, bool? current, bool? sizes, string? state, string? environment, string? since, string? by,
            CoordinatorClient coordinator, HistoryStore histories, AccessControl access) =>
        {
            var filter = ListRequests.Filter(state, environment, since, by);
            var page = await VisiblePageAsync(http, ListRequests.CheckedLimit(limit), before, current ?? false, filter, coordinator, access);
            return Bodies.Json(sizes ?? false ? await Task.Run(() => histories.Sized(page)) : page, MessagesJson.Plain.DeploymentPage);
        }).Needs(AccessVerb.Show);

        api.MapGet(One + "/line", async (HttpContext http, string id, CoordinatorClient coordinator) =>
            Bodies.Json(await FoundDeployments.FindAsync(http, id, coordinator, AccessVerb.Show), MessagesJson.Plain.DeploymentLine)).Needs(AccessVerb.Show);

        api.MapPost(HostApi.Resume, async (HttpContext http, string? id, CoordinatorClient coordinator, FleetDirectory fleets, AccessControl access) =>
        {
            // Nothing goes by it: what is carried on already is left as it is, however often it is asked for.
            _ = IdempotencyHeader.Of(http.Request);
            await Bodies.ReadNoneAsync(http);
            DeploymentLine? one = id is null ? null : await FoundDeployments.FindAsync(http, id, coordinator);
            // Before anything is taken up: a fleet that cannot be reached leaves its deployments as they are.
            var unfinished = one is null ? await coordinator.CurrentAsync(http.RequestAborted).ValueAsync() : [one];
            foreach (var line in unfinished)
                await access.RequireAsync(http, AccessVerb.Resume, line);
            foreach (var fleet in unfinished.GroupBy(d => d.Fleet))
            {
                fleets.MakeKnown(fleet.Key);
                if (fleet.Any(d => !d.Active))
                    await fleets.ReachAsync(fleet.Key, coordinator.IsBusyAsync, http.RequestAborted);
            }
            var resume = new CoordinatorProtocol.ResumeUnfinished(one?.Id);
            var taken = await coordinator.AskAsync<CoordinatorProtocol.Deployments>(resume, http.RequestAborted).ValueAsync();
            return Bodies.Json(taken.Lines, MessagesJson.Plain.DeploymentLines);
        }).OnlyWhereComplete().TakesIdempotencyKey().Needs(AccessVerb.Resume);

        api.MapGet(One, async (HttpContext http, string id, CoordinatorClient coordinator, DeploymentReader reader) =>
        {
            var line = await FoundDeployments.FindAsync(http, id, coordinator, AccessVerb.Show);
            return await ViewAsync(await reader.ViewAsync(line, http.RequestAborted), line, http);
        }).Needs(AccessVerb.Show);

        api.MapPost(One + "/look", async (
            HttpContext http, string id, CoordinatorClient coordinator, FleetDirectory fleets, LooksUnderWay looks, DeploymentReader reader) =>
        {
            await Bodies.ReadNoneAsync(http);
            var line = await FoundDeployments.FindAsync(http, id, coordinator, AccessVerb.Show);
            if (!line.MayHold)
                return await ViewAsync(await reader.ViewAsync(line, http.RequestAborted), line, http);
            fleets.MakeKnown(line.Fleet);
            await fleets.ReachAsync(line.Fleet, coordinator.IsBusyAsync, http.RequestAborted);
            var look = new VerbOnDeployment(line.Id, new DeploymentCommand.Look(http.Asker().Caller));
            await coordinator.AskAsync<CoordinatorProtocol.Done>(look, http.RequestAborted).ValueAsync();
            var state = await looks.AwaitAsync(line.Id, s => s.Counts.LookedAt == 0, http.RequestAborted);
            line = await coordinator.FindAsync(line.Id.Value, http.RequestAborted).ValueAsync();
            return await ViewAsync(DeploymentViews.AfterLook(await reader.ViewAsync(line, http.RequestAborted), state), line, http);
        }).OnlyWhereComplete().Needs(AccessVerb.Show);

        api.MapGet(One + "/progress", async (
            HttpContext http, string id, string? at, CoordinatorClient coordinator, IPlanStore plans, DeploymentHistory history) =>
        {
            var upTo = ListRequests.EventNumber(at, "at", "\"at\"") ?? long.MaxValue;
            var line = await FoundDeployments.FindAsync(http, id, coordinator, AccessVerb.Show);
            var plan = await plans.LoadAsync(line.PlanId, http.RequestAborted);
            var nodes = plan.Groups.SelectMany(g => g.Nodes, (g, n) => KeyValuePair.Create(n.Name, g.Number)).ToList();
            var progress = ProgressModel.Of(line.Id, line.Environment, line.StartedAt, nodes) with { WaitsFor = line.WaitsFor };
            await foreach (var recorded in history.ReadAsync(line.Id, 0, http.RequestAborted, upTo))
                progress = progress.After(recorded.Sequence, recorded.Event);
            return Bodies.Json(progress, MessagesJson.Plain.ProgressModel);
        }).Needs(AccessVerb.Show);

        api.MapGet(One + "/impact", async (
            HttpContext http, string id, CoordinatorClient coordinator, IPlanStore plans, RunHistories histories, DeploymentHistory history) =>
        {
            var line = await FoundDeployments.FindAsync(http, id, coordinator, AccessVerb.Show);
            var plan = await plans.LoadAsync(line.PlanId, http.RequestAborted);
            var batch = (await OptionsAsync(line.Id, history, http.RequestAborted))?.Batch;
            var times = await histories.TimesAsync(plan, line.Fleet, http.RequestAborted, RunHistories.FewDeployments).ValueAsync();
            return Bodies.Json(Impact.Of(plan, line.Fleet, batch, times), MessagesJson.Plain.PlanImpact);
        }).OnlyWithRoom().Needs(AccessVerb.Show);

        api.MapGet(One + "/why/{node}", async (
            HttpContext http, string id, string node, CoordinatorClient coordinator, IPlanStore plans, DeploymentReader reader) =>
        {
            var line = await FoundDeployments.FindAsync(http, id, coordinator, AccessVerb.Show);
            var plan = new PlanIndex(await plans.LoadAsync(line.PlanId, http.RequestAborted));
            var name = NodeName.From(node);
            if (!plan.Has(name))
            {
                var near = Nearest.Of(node, plan.Nodes.Select(n => n.Value));
                var meant = near is null ? "" : $", did you mean {near}?";
                throw new ApiException(Problems.NotFound($"deployment {line.Id} has no node \"{node}\"{meant}", ProblemCodes.NodeNotFound) with
                {
                    Deployments = [line.Id],
                    Nodes = near is null ? null : [new NodeName(near)],
                });
            }
            return Bodies.Json(await reader.WhyAsync(line, plan, name, http.RequestAborted), MessagesJson.Plain.WhyView);
        }).Needs(AccessVerb.Show);

        api.MapPost(One + "/{verb}", async (
            HttpContext http, string id, string verb, CoordinatorClient coordinator, FleetDirectory fleets, HostTrouble trouble, AccessControl access,
            DeploymentHistory history, TakenRequests requests) =>
        {
            if (!Verbs.TryGetValue(verb, out var known))
            {
                var words = string.Join(", ", Verbs.Keys.Order(StringComparer.Ordinal));
                throw new ApiException(Problems.NotFound($"unknown verb \"{verb}\": use one of {words}") with { Field = "verb" });
            }
            await access.RequireSomeAsync(http, known.Access());
            var body = await Bodies.ReadAsync(http, MessagesJson.Default.VerbRequest);
            var caller = http.Asker().Caller;
            var command = Requests.Command(body, known, caller) with { Request = IdempotencyHeader.IdentityOf(http.Request, caller, known, body) };
            var line = await FoundDeployments.FindAsync(http, id, coordinator);
            var other = command is DeploymentCommand.Rollback rollback
                ? rollback.Environment ?? (await OptionsAsync(line.Id, history, http.RequestAborted))?.RollbackEnvironment
                : null;
            await access.RequireAsync(http, known.Access(), line, DetailOf(command), other);
            var done = await DoneBeforeAsync(line, command, requests, http.RequestAborted);
            if (done is null)
            {
                fleets.MakeKnown(line.Fleet);
                if (line.State.IsEnd())
                    await fleets.TakeUpAsync(line.Fleet, coordinator.IsBusyAsync, http.RequestAborted);
                done = await coordinator.AskAsync<CoordinatorProtocol.Done>(new VerbOnDeployment(line.Id, command), http.RequestAborted).ValueAsync();
            }
            return Bodies.Json(
                new VerbDone(done.Id, done.Changed, done.Message, done.Sequence, trouble.Of(line.Fleet), trouble.Clock), MessagesJson.Plain.VerbDone);
        }).OnlyWhereComplete().TakesIdempotencyKey().WithMetadata(new Permitted.Need(null));
    }

    /// <summary>
    /// What was done for this request before; null where nothing was. One that runs knows that itself. Any other would first be taken up again, with nodes that
    /// another may have by now.
    /// </summary>
    private static async Task<CoordinatorProtocol.Done?> DoneBeforeAsync(
        DeploymentLine line, DeploymentCommand.ByPerson command, TakenRequests requests, CancellationToken cancellationToken)
    {
        if (command.Request is not { } request || (line.Active && !line.State.IsEnd())
            || await requests.FindAsync(line.Id, request.Key, cancellationToken) is not { } taken)
        {
            return null;
        }
        return RepeatedRequests.Of(taken, request) switch
        {
            Decision.Ignore done => new CoordinatorProtocol.Done(line.Id, false, done.Why, done.Sequence ?? 0),
            var other => throw new ApiException(Problems.Of(Denials.Of(line.Id, (Decision.Reject)other))),
        };
    }

    /// <summary>What the audit log says of a command beside its verb.</summary>
    private static string? DetailOf(DeploymentCommand.ByPerson command) => command switch
    {
        DeploymentCommand.Cancel { ReleaseNodes: true } => "and enable all nodes at the end",
        DeploymentCommand.Release { Only: { } node } => $"node {node}",
        DeploymentCommand.Hold hold => $"node {hold.Node}",
        DeploymentCommand.Rollback { Environment: { } environment } => $"to {environment}",
        DeploymentCommand.Approve { Group: { } group } => FormattableString.Invariant($"group {group}"),
        _ => null,
    };

    /// <summary>What its caller chose; null before its first event.</summary>
    private static async Task<DeploymentOptions?> OptionsAsync(DeploymentId id, DeploymentHistory history, CancellationToken cancellationToken)
    {
        await foreach (var first in history.ReadAsync(id, 0, cancellationToken, 1))
            return (first.Event as DeploymentEvents.DeploymentStarted)?.Options;
        return null;
    }

    /// <summary>As many as are asked for of those that may be seen. Where others stand between them, it looks twice as far with each question.</summary>
    private static async Task<DeploymentPage> VisiblePageAsync(
        HttpContext http, int limit, string? before, bool withCurrent, DeploymentFilter filter, CoordinatorClient coordinator, AccessControl access)
    {
        var visible = ImmutableArray.CreateBuilder<DeploymentLine>();
        for (var most = limit; ; most = Math.Min(2 * most, HostApi.LargestPage))
        {
            var page = await PageAsync(most);
            var seen = await access.VisibleAsync(http.Asker(), page.Deployments, http.RequestAborted);
            var left = limit - visible.Count;
            if (seen.Length >= left && seen[left - 1].Id != page.Deployments[^1].Id)
            {
                // One that ends with the last of them: what it says of older ones is true, and it names none that may not be seen.
                seen = seen[..left];
                page = await PageAsync(page.Deployments.IndexOf(seen[^1]) + 1);
                seen = [.. seen.IntersectBy(page.Deployments.Select(d => d.Id), d => d.Id)];
            }
            visible.AddRange(seen);
            if (page.Next is null || visible.Count == limit)
            {
                var current = await access.VisibleAsync(http.Asker(), page.Current, http.RequestAborted);
                return page with { Deployments = visible.ToImmutable(), Current = current };
            }
            before = page.Next.Value.Value;
        }

        async Task<DeploymentPage> PageAsync(int most) => await coordinator.PageAsync(most, before, withCurrent, http.RequestAborted, filter).ValueAsync();
    }

    private static async Task<IResult> ViewAsync(DeploymentView view, DeploymentLine line, HttpContext http)
    {
        var access = http.RequestServices.GetRequiredService<AccessControl>();
        return Bodies.Json(await access.ForAsync(http.Asker(), view, line, http.RequestAborted), MessagesJson.Plain.DeploymentView);
    }
}
