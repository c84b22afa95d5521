using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Akka.Actor;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Host.Api;
using Orchestrator.Host.Events;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Host.Tests.Events;

public sealed class AllEventsTests : IAsyncLifetime
{
    private const string First = "k7m2p9xa";
    private const string Second = "b3c4d5e6";
    private static readonly DateTimeOffset At = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
    private static readonly DeploymentEnded End = new(DeploymentPhase.Succeeded, "", At);
    private TestHost _host = null!;
    private IActorRef _first = null!;
    private IActorRef _second = null!;

    public async Task InitializeAsync()
    {
        _host = await TestHost.StartAsync();
        _host.Coordinator.Lines =
            [FakeCoordinator.Line(First) with { RunEnvironment = "canary" }, FakeCoordinator.Line(Second) with { Environment = "staging" }];
        (_first, _second) = (_host.RecorderOf(First), _host.RecorderOf(Second));
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    private static SupervisorStarted Nth(int n) => new(n, At);

    private static Task<long> Record(IActorRef of, params IDeploymentEvent[] events) => Until.DoneAsync(of.Ask<long>(new Recorder.Record(events)));

    private static JournalFeed FeedOf(TestHost host) => host.Services.GetRequiredService<JournalFeed>();

    private async Task<JournalPage> PageAsync(long? after = null, int? limit = null, string? environment = null, string[]? types = null)
    {
        var answer = await _host.GetAsync(HostApi.JournalEvents(after, limit, environment, types));
        Assert.True(answer.Status == 200, answer.Text);
        return answer.Read(MessagesJson.Default.JournalPage);
    }

    /// <summary>A follower: its answer, and what it reads.</summary>
    private sealed class Follower(HttpResponseMessage response, IAsyncEnumerator<SseItem<string>> items, Func<string> lastEventId) : IAsyncDisposable
    {
        public string LastEventId => lastEventId();

        /// <summary>What comes next: its number and what happened, or its name and data; null at the end.</summary>
        public async Task<string?> NextAsync()
        {
            if (!await Until.DoneAsync(items.MoveNextAsync().AsTask()))
                return null;
            var item = items.Current;
            if (item.EventType is HostApi.NoticeEvent or HostApi.DeploymentChangedEvent)
                return $"{item.EventType} {item.Data}";
            var happened = JsonSerializer.Deserialize(item.Data, MessagesJson.Default.JournalEvent)!;
            Assert.Equal(item.EventId, $"{happened.Position}");
            return $"{happened.Deployment} {happened.Recorded.Sequence} {item.EventType}";
        }

        public async ValueTask DisposeAsync()
        {
            response.Dispose();
            try
            {
                await items.DisposeAsync();
            }
            catch (Exception e) when (e is IOException or NotSupportedException)
            {
                // It was cut.
            }
        }
    }

    private async Task<Follower> FollowAsync(long? after = null, string? lastEventId = null, string? environment = null, string[]? types = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, HostApi.JournalEvents(after, null, environment, types));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        var response = await _host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        var parser = SseParser.Create(await response.Content.ReadAsStreamAsync());
        return new Follower(response, parser.EnumerateAsync().GetAsyncEnumerator(), () => parser.LastEventId);
    }

    [Fact]
    public async Task A_follower_sees_what_happens_in_all_deployments_in_the_order_in_which_it_did()
    {
        await Record(_first, Nth(1));
        await using var follower = await FollowAsync();
        await Record(_second, Nth(1));
        await Record(_first, Nth(2));
        await Record(_second, End);

        Assert.Equal($"{Second} 1 supervisor-started", await follower.NextAsync());
        Assert.Equal($"{First} 2 supervisor-started", await follower.NextAsync());
        Assert.Equal($"{Second} 2 ended", await follower.NextAsync());
    }

    [Fact]
    public async Task After_a_position_it_gets_what_it_missed_and_then_what_happens_each_once()
    {
        await Record(_first, [.. Enumerable.Range(1, JournalTail.PageSize + 500).Select(Nth)]);
        await Record(_second, Nth(1));
        var page = await PageAsync(after: 0, limit: 2);
        await using var follower = await FollowAsync(after: page.Next);
        for (var n = 3; n <= JournalTail.PageSize + 500; n++)
            Assert.Equal($"{First} {n} supervisor-started", await follower.NextAsync());
        Assert.Equal($"{Second} 1 supervisor-started", await follower.NextAsync());
        await Record(_second, Nth(2));
        Assert.Equal($"{Second} 2 supervisor-started", await follower.NextAsync());

        await using var resumed = await FollowAsync(after: 0, lastEventId: follower.LastEventId);
        await Record(_first, End);
        Assert.Equal($"{First} {JournalTail.PageSize + 501} ended", await resumed.NextAsync());
    }

    [Fact]
    public async Task Whoever_has_seen_nothing_yet_and_resumes_misses_nothing()
    {
        await Record(_first, Nth(1));
        string position;
        await using (var follower = await FollowAsync(environment: "staging"))
        {
            await Record(_second, Nth(1));
            Assert.Equal($"{Second} 1 supervisor-started", await follower.NextAsync());
            await Record(_first, Nth(2));
            var next = follower.NextAsync();
            // Nothing for it: only where it resumes moves on.
            var before = follower.LastEventId;
            await Until.TrueAsync(() =>
            {
                _host.Time.Advance(TimeSpan.FromSeconds(10));
                return follower.LastEventId != before;
            }, "the place to resume after moves on");
            position = follower.LastEventId;
            Assert.False(next.IsCompleted);
        }
        await Record(_second, Nth(2));
        await using var resumed = await FollowAsync(lastEventId: position);
        Assert.Equal($"{Second} 2 supervisor-started", await resumed.NextAsync());
    }

    [Fact]
    public async Task Environment_and_type_choose()
    {
        await using var staging = await FollowAsync(environment: "staging");
        await using var ends = await FollowAsync(types: ["ended"]);
        await Record(_first, Nth(1), End);
        await Record(_second, Nth(1));
        Assert.Equal($"{Second} 1 supervisor-started", await staging.NextAsync());
        Assert.Equal($"{First} 2 ended", await ends.NextAsync());

        Assert.Equal([1L], (await PageAsync(environment: "staging")).Events.Select(e => e.Recorded.Sequence));
        Assert.Equal([1L, 2L], (await PageAsync(environment: "canary")).Events.Select(e => e.Recorded.Sequence));
        Assert.Equal([End], (await PageAsync(types: ["ended", "paused"])).Events.Select(e => e.Recorded.Event));
    }

    [Fact]
    public async Task Pages_have_all_events_once_and_the_last_one_says_where_to_go_on()
    {
        await Record(_first, [.. Enumerable.Range(1, 5).Select(Nth)]);
        await Record(_second, Nth(1));
        var read = new List<string>();
        var (after, page) = (0L, await PageAsync(limit: 4));
        while (page.Events.Length > 0)
        {
            read.AddRange(page.Events.Select(e => $"{e.Deployment} {e.Recorded.Sequence}"));
            after = page.Next;
            page = await PageAsync(after, 4);
        }
        Assert.Equal([.. Enumerable.Range(1, 5).Select(n => $"{First} {n}"), $"{Second} 1"], read);
        Assert.Equal(after, page.Next);
        await Record(_second, Nth(2));
        Assert.Equal([2L], (await PageAsync(page.Next)).Events.Select(e => e.Recorded.Sequence));
    }

    [Fact]
    public async Task One_request_for_rare_events_does_not_read_the_whole_journal()
    {
        const int LookedAt = EventEndpoints.MostPages * JournalTail.PageSize;
        await Record(_first, [.. Enumerable.Range(1, LookedAt).Select(Nth), End]);

        var page = await PageAsync(types: ["ended"]);
        Assert.Empty(page.Events);
        Assert.Equal([End], (await PageAsync(page.Next, types: ["ended"])).Events.Select(e => e.Recorded.Event));
    }

    [Fact]
    public async Task Whoever_accepts_no_stream_gets_a_page()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, HostApi.AllEvents);
        request.Headers.Add("Accept", "application/json, text/event-stream;q=0");
        using var answer = await _host.Client.SendAsync(request);
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task What_the_list_says_of_a_deployment_is_told_when_it_changes()
    {
        await using var follower = await FollowAsync();
        var line = FakeCoordinator.Line(First, DeploymentPhase.Waiting);
        _host.System.EventStream.Publish(new CoordinatorProtocol.DeploymentChanged(line));
        Assert.Equal($"deployment {JsonSerializer.Serialize(line, MessagesJson.Plain.DeploymentLine)}", await follower.NextAsync());
    }

    [Fact]
    public async Task Nobody_is_shown_an_event_of_a_deployment_that_he_may_not_see()
    {
        var sees = new HashSet<string> { Second };
        await using var feed = FeedOf(_host).FollowAsync(0, _ => true, (id, _) => Task.FromResult(sees.Contains(id.Value)), default).GetAsyncEnumerator();
        await Record(_first, Nth(1));
        await Record(_second, Nth(1));
        Assert.Equal(Second, await NextDeploymentAsync(feed));
        // What it may see is looked up again after a while.
        sees.Add(First);
        _host.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.IsType<JournalFeedItem.Quiet>(await NextAsync(feed));
        await Record(_first, Nth(2));
        Assert.Equal(First, await NextDeploymentAsync(feed));
    }

    [Fact]
    public async Task Whoever_may_not_see_a_deployment_any_more_is_not_shown_the_rest_of_its_past()
    {
        await Record(_first, Nth(1), Nth(2));
        await Record(_second, Nth(1));
        var sees = new HashSet<string> { First, Second };
        await using var feed = FeedOf(_host).FollowAsync(0, _ => true, (id, _) => Task.FromResult(sees.Contains(id.Value)), default).GetAsyncEnumerator();
        Assert.Equal(First, await NextDeploymentAsync(feed));
        sees.Remove(First);
        _host.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(Second, await NextDeploymentAsync(feed));
    }

    private static async Task<JournalFeedItem> NextAsync(IAsyncEnumerator<JournalFeedItem> feed)
    {
        Assert.True(await Until.DoneAsync(feed.MoveNextAsync().AsTask()));
        return feed.Current;
    }

    private static async Task<string> NextDeploymentAsync(IAsyncEnumerator<JournalFeedItem> feed)
    {
        while (true)
        {
            if (await NextAsync(feed) is JournalFeedItem.Happened { Event.Deployment.Value: var id })
                return id;
        }
    }

    [Fact]
    public async Task While_nobody_says_what_may_be_seen_nothing_is_left_out()
    {
        await using var follower = await FollowAsync();
        await Record(_second, Nth(1));
        Assert.Equal($"{Second} 1 supervisor-started", await follower.NextAsync());
        _host.Coordinator.Answer = message => message is CoordinatorProtocol.FindDeployment
            ? new CoordinatorProtocol.Denied(ProblemCodes.Restarting, "deployments are being restarted")
            : null;
        await Record(_first, Nth(1));
        Assert.Null(await follower.NextAsync());
        var refused = await _host.GetAsync(HostApi.JournalEvents(after: 0));
        Assert.Equal((503, ProblemCodes.Restarting), (refused.Status, refused.Problem.Code));

        _host.Coordinator.Answer = _ => null;
        await using var resumed = await FollowAsync(lastEventId: follower.LastEventId);
        Assert.Equal($"{First} 1 supervisor-started", await resumed.NextAsync());
    }

    [Fact]
    public async Task An_event_that_cannot_be_read_keeps_nobody_from_the_others()
    {
        await Record(_first, Nth(1), Nth(2), Nth(3), Nth(4), Nth(5));
        using (var connection = _host.Services.GetRequiredService<JournalConnections>().Open())
        {
            using var damage = connection.CreateCommand();
            damage.CommandText =
                """
                UPDATE journal SET message = x'00' WHERE sequence_number = 1; UPDATE journal SET manifest = 'dep.of-tomorrow.v7' WHERE sequence_number = 2;
                UPDATE journal SET message = CAST('{"a":"\ud800"}' AS BLOB) WHERE sequence_number = 3;
                UPDATE journal SET message = x'7B2261223A22FF227D' WHERE sequence_number = 4
                """;
            damage.ExecuteNonQuery();
        }
        var answer = await _host.GetAsync(HostApi.AllEvents);
        using var page = JsonDocument.Parse(answer.Text);
        Assert.Equal(
            ["unreadable", "of-tomorrow", "unreadable", "supervisor-started", "supervisor-started"],
            page.RootElement.GetProperty("events").EnumerateArray().Select(e => e.GetProperty("type").GetString()));
    }

    [Fact]
    public async Task A_follower_that_is_too_slow_is_closed_and_the_others_go_on()
    {
        await using var slow = FeedOf(_host).FollowAsync(null, _ => true, (_, _) => Task.FromResult(true), default).GetAsyncEnumerator();
        Assert.IsType<JournalFeedItem.Quiet>(await NextAsync(slow));
        await using var quick = await FollowAsync(types: ["ended"]);
        // In portions: whoever reads has time to, also on a slow machine.
        for (var portion = 1; portion <= 5; portion++)
        {
            await Record(_first, [.. Enumerable.Range(1, JournalFeed.Capacity / 4).Select(Nth)]);
            await Record(_second, End);
            Assert.Equal($"{Second} {portion} ended", await quick.NextAsync());
        }

        var got = 0;
        while (await Until.DoneAsync(slow.MoveNextAsync().AsTask()))
            got++;
        Assert.InRange(got, 1, JournalFeed.Capacity);
    }

    [Fact]
    public async Task A_long_past_of_which_nothing_is_asked_for_is_not_read_in_silence()
    {
        await Record(_first, [.. Enumerable.Range(1, JournalTail.PageSize).Select(Nth)]);
        await Record(_first, End);
        await using var feed = FeedOf(_host).FollowAsync(0, word => word == "ended", (_, _) => Task.FromResult(true), default).GetAsyncEnumerator();
        var quiet = Assert.IsType<JournalFeedItem.Quiet>(await NextAsync(feed));
        var ended = Assert.IsType<JournalFeedItem.Happened>(await NextAsync(feed)).Event;
        Assert.Equal((quiet.Position + 1, "ended"), (ended.Position, ended.Type));
    }

    [Fact]
    public async Task Where_nothing_can_be_read_any_more_the_streams_end_rather_than_go_silent()
    {
        await using var feed = FeedOf(_host).FollowAsync(null, _ => true, (_, _) => Task.FromResult(true), default).GetAsyncEnumerator();
        Assert.IsType<JournalFeedItem.Quiet>(await NextAsync(feed));
        // A row that has no number, which nothing of ours can write.
        Execute(
            "ALTER TABLE journal RENAME TO whole; CREATE TABLE journal AS SELECT * FROM whole WHERE false; "
            + $"INSERT INTO journal (ordering, persistence_id) VALUES (1000, 'deployment-{First}')");
        _host.System.EventStream.Publish(new CoordinatorProtocol.EventRecorded(new DeploymentId(First), new RecordedEvent(1, Nth(1))));
        Assert.False(await Until.DoneAsync(feed.MoveNextAsync().AsTask()));
        Execute("DROP TABLE journal; ALTER TABLE whole RENAME TO journal");

        void Execute(string sql)
        {
            using var journal = _host.Services.GetRequiredService<JournalConnections>().Open();
            using var command = journal.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }

    [Fact]
    public async Task The_journal_is_read_for_followers_only_and_again_for_the_next()
    {
        await using (await FollowAsync())
            await Until.TrueAsync(() => Watchers() == 1, "somebody reads");
        await Until.TrueAsync(() => Watchers() == 0, "nobody reads");
        await using var next = await FollowAsync();
        await Record(_first, Nth(1));
        Assert.Equal($"{First} 1 supervisor-started", await next.NextAsync());
    }

    private int Watchers() => ((ActorRefWithCell)((ExtendedActorSystem)_host.System).Guardian).Children
        .OfType<ActorRefWithCell>().Count(c => c.Underlying.Props.Type.DeclaringType?.Name == "JournalReading");

    [Fact]
    public async Task A_position_that_the_journal_does_not_have_yet_is_refused()
    {
        await Record(_first, Nth(1));
        var answer = await _host.GetAsync(HostApi.JournalEvents(after: 1_000_000));
        Assert.Equal((409, ProblemCodes.PositionUnknown), (answer.Status, answer.Problem.Code));
    }

    [Theory]
    [InlineData("after=-1", "\"after\" and Last-Event-ID must be the number of an event")]
    [InlineData("type=of-tomorrow", "unknown type of event \"of-tomorrow\"")]
    [InlineData("limit=0", "limit must be a whole number from 1 to 1000")]
    [InlineData("node=n1", "unknown key \"node\" in the query")]
    public async Task What_cannot_be_asked_for_is_refused(string query, string detail)
    {
        var answer = await _host.GetAsync($"{HostApi.AllEvents}?{query}");
        Assert.Equal(400, answer.Status);
        Assert.StartsWith(detail, answer.Problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_who_resume_at_once_wait_as_long_as_it_takes_and_each_gets_all_that_they_missed()
    {
        const int Pages = 3;
        await Record(_first, [.. Enumerable.Range(1, Pages * JournalTail.PageSize).Select(Nth)]);
        await Record(_second, Nth(1));
        var followers = Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(async () =>
        {
            await using var follower = await FollowAsync(after: 0);
            for (var n = 1; n <= Pages * JournalTail.PageSize; n++)
                Assert.Equal($"{First} {n} supervisor-started", await follower.NextAsync());
            return await follower.NextAsync();
        })));
        await Until.TrueAsync(() =>
        {
            _host.Time.Advance(TimeSpan.FromSeconds(20));
            return followers.IsCompleted;
        });
        Assert.All(await followers, last => Assert.Equal($"{Second} 1 supervisor-started", last));
    }

    [Fact]
    public async Task A_page_of_large_events_ends_early_and_the_next_goes_on_after_it()
    {
        var large = new DeploymentEnded(DeploymentPhase.Failed, new string('x', 100_000), At);
        await Record(_first, [Nth(1), large, large, large, large, Nth(2)]);
        var tail = _host.Services.GetRequiredService<JournalTail>();
        var page = await tail.AfterAsync(0, default);
        Assert.Equal((4, true), (page.Events.Count, page.IsMore));
        var last = await tail.AfterAsync(page.Events[^1].Position, default);
        Assert.Equal((2, false), (last.Events.Count, last.IsMore));
        Assert.Equal(6, (await PageAsync(after: 0)).Events.Length);
    }
}
