using Orchestrator.Host.Access;
using Orchestrator.Host.Coordination;
using Orchestrator.Host.Events;
using Orchestrator.Host.Journal;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Api;

/// <summary>What happened, as lists, and what happens, as streams: in one deployment, and in all that whoever asks may see.</summary>
public static class EventEndpoints
{
    /// <summary>How many pages of the journal one request may look through for events that match.</summary>
    public const int MostPages = 20;

    public static void MapEvents(this IEndpointRouteBuilder api)
    {
        api.MapGet(DeploymentEndpoints.One + "/events", async (
            HttpContext http, string id, string? after, string? node, string? type, CoordinatorClient coordinator, DeploymentHistory history, EventFeed feed,
            StreamRights rights) =>
        {
            var last = ListRequests.After(http.Request, after) ?? 0;
            var matches = ListRequests.EventFilter(node, type);
            var line = await FoundDeployments.FindAsync(http, id, coordinator, AccessVerb.Show);
            if (!IsStream(http.Request))
            {
                await EventAnswers.WriteListAsync(http.Response, history.ReadAsync(line.Id, last, http.RequestAborted), matches, http.RequestAborted);
                return;
            }
            if (matches is not null)
                throw new ApiException("node and type are for the list of events: a stream has them all", node is null ? "type" : "node");
            await Streams.HoldAsync(
                http, end => rights.Watch(http, line, end), end => EventAnswers.WriteStreamAsync(http.Response, feed.FollowAsync(line.Id, last, end), end));
        }).Needs(AccessVerb.Show);

        api.MapGet(HostApi.AllEvents, async (
            HttpContext http, string? after, string? limit, string? environment, string? type, CoordinatorClient coordinator, AccessControl access,
            JournalTail tail, JournalFeed feed, StreamRights rights) =>
        {
            var asker = http.Asker();
            var types = ListRequests.EventTypes(type);
            var most = ListRequests.CheckedLimit(limit);
            var position = ListRequests.After(http.Request, after);
            if (position > await tail.NewestAsync(http.RequestAborted))
            {
                throw new ApiException(Problems.Conflict(
                    $"the journal has no event at position {position} yet: it is another one, or an older copy; begin without a position",
                    ProblemCodes.PositionUnknown));
            }
            if (!IsStream(http.Request))
            {
                var (events, next) = await PageAsync(position ?? 0);
                await EventAnswers.WritePageAsync(http.Response, events, next, http.RequestAborted);
                return;
            }
            if (limit is not null)
                throw new ApiException("limit is for the list of events: a stream has them all", "limit");
            await Streams.HoldAsync(
                http, end => rights.Watch(http, end),
                end => EventAnswers.WriteStreamAsync(http.Response, feed.FollowAsync(position, Matches, SeesAsync, end), end));

            bool Matches(string word) => types?.Contains(word) != false;

            // INTENT: where nobody says, nothing goes on: whoever resumes then gets what would have been left out.
            async Task<bool> SeesAsync(DeploymentId id, CancellationToken cancellationToken) =>
                await coordinator.KnownAsync(id, cancellationToken).ValueAsync() is { } line
                && (environment is null || environment == line.Environment || environment == line.RunEnvironment)
                && await access.MaySeeAsync(asker, line, cancellationToken);

            async Task<(List<TailEvent> Events, long Next)> PageAsync(long next)
            {
                var seen = new Dictionary<DeploymentId, bool>();
                var events = new List<TailEvent>();
                for (var pages = 1; ; pages++)
                {
                    var page = await tail.AfterAsync(next, http.RequestAborted);
                    foreach (var happened in page.Events.Where(_ => events.Count < most))
                    {
                        next = happened.Position;
                        if (!Matches(happened.Type))
                            continue;
                        if (!seen.TryGetValue(happened.Deployment, out var isSeen))
                            seen.Add(happened.Deployment, isSeen = await SeesAsync(happened.Deployment, http.RequestAborted));
                        if (isSeen)
                            events.Add(happened);
                    }
                    if (events.Count == most || !page.IsMore || pages == MostPages)
                        return (events, next);
                }
            }
        }).Needs(AccessVerb.Show);
    }

    private static bool IsStream(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(
            a => a.MediaType.Equals(EventAnswers.StreamType, StringComparison.OrdinalIgnoreCase) && a.Quality is null or > 0);
}
