using System.Net.ServerSentEvents;
using Akka.Actor;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Host.Coordination;
using Orchestrator.Host.Events;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Process;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Host.Tests.Events;

public sealed class EventStreamTests : IAsyncLifetime
{
    private const string Id = "k7m2p9xa";
    private static readonly DateTimeOffset At = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
    private static readonly DeploymentEnded End = new(DeploymentPhase.Succeeded, "", At);
    private TestHost _host = null!;
    private IActorRef _recorder = null!;

    public async Task InitializeAsync()
    {
        _host = await TestHost.StartAsync();
        _host.Coordinator.Lines = [FakeCoordinator.Line(Id)];
        _recorder = _host.RecorderOf(Id);
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task A_thousand_followers_of_one_deployment_all_see_its_end()
    {
        const int Many = 1000;
        await Record([.. Enumerable.Range(1, 20).Select(Nth)]);
        var opened = 0;
        var followers = Enumerable.Range(0, Many).Select(_ => FollowAsync()).ToList();
        await Until.TrueAsync(() => Volatile.Read(ref opened) == Many, "all follow");
        await Record(Nth(21), End);

        Assert.All(await Task.WhenAll(followers), last => Assert.Equal("22 ended", last));

        async Task<string?> FollowAsync()
        {
            var (response, reader) = await OpenAsync();
            using (response)
            using (reader)
            {
                var (last, isFirst) = (await NextEventAsync(reader), true);
                while (await NextEventAsync(reader) is { } next)
                {
                    if (isFirst)
                        Interlocked.Increment(ref opened);
                    (last, isFirst) = (next, false);
                }
                return last;
            }
        }
    }

    [Fact]
    public async Task Many_who_resume_at_once_wait_as_long_as_it_takes_and_each_gets_all_that_they_missed()
    {
        await Record([.. Enumerable.Range(1, 3000).Select(Nth), End]);
        var followers = Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(async () =>
        {
            var (response, reader) = await OpenAsync();
            using (response)
            using (reader)
            {
                var seen = 0;
                while (await NextEventAsync(reader) is not null)
                    seen++;
                return seen;
            }
        })));
        await Until.TrueAsync(() =>
        {
            _host.Time.Advance(TimeSpan.FromSeconds(20));
            return followers.IsCompleted;
        });
        Assert.All(await followers, seen => Assert.Equal(3001, seen));
    }

    [Fact]
    public async Task A_history_of_more_than_a_page_is_read_whole_and_in_order()
    {
        await Record([.. Enumerable.Range(1, 2000).Select(Nth)]);
        Assert.Equal(Enumerable.Range(1, 2000).Select(n => (long)n), await SequencesAsync(0));
        await Record(Nth(2001));
        Assert.Equal(2001, (await SequencesAsync(0)).Count);
        Assert.Equal([2000, 2001], await SequencesAsync(1999));

        async Task<List<long>> SequencesAsync(long after)
        {
            var read = new List<long>();
            await foreach (var recorded in _host.Services.GetRequiredService<DeploymentHistory>().ReadAsync(new DeploymentId(Id), after, default))
                read.Add(recorded.Sequence);
            return read;
        }
    }

    private static SupervisorStarted Nth(int n) => new(n, At);

    /// <summary>What the coordinator knows of a deployment changes.</summary>
    private void Change(DeploymentLine line)
    {
        _host.Coordinator.Lines = [line];
        _host.System.EventStream.Publish(new CoordinatorProtocol.DeploymentChanged(line));
    }

    private Task<long> Record(params IDeploymentEvent[] events) => Until.DoneAsync(_recorder.Ask<long>(new Recorder.Record(events)));

    /// <summary>Reads one event with its id; a comment is "heartbeat", the stream's end is null.</summary>
    private static async Task<string?> NextAsync(StreamReader reader)
    {
        var lines = new List<string>();
        while (await Until.DoneAsync(reader.ReadLineAsync()) is { } line)
        {
            if (line.Length > 0)
            {
                lines.Add(line);
            }
            else
            {
                return lines[0].StartsWith(':') ? "heartbeat"
                    : lines[0] == "event: notice" ? $"notice {lines[1]["data: ".Length..]}"
                    : $"{lines[0]["id: ".Length..]} {lines[1]["event: ".Length..]}";
            }
        }
        return null;
    }

    /// <summary>The next event, whatever heartbeats come before.</summary>
    private static async Task<string?> NextEventAsync(StreamReader reader)
    {
        string? next;
        while ((next = await NextAsync(reader)) == "heartbeat")
        {
        }
        return next;
    }

    private async Task<(HttpResponseMessage Response, StreamReader Reader)> OpenAsync(long after = 0, string? lastEventId = null)
    {
        var response = await _host.WatchAsync(Id, after, lastEventId);
        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return (response, new StreamReader(await response.Content.ReadAsStreamAsync()));
    }

    [Fact]
    public async Task A_watcher_gets_the_history_then_what_happens_and_then_the_end()
    {
        await Record(Nth(1), Nth(2));
        var (response, reader) = await OpenAsync();
        using var _ = response;

        Assert.Equal("1 supervisor-started", await NextEventAsync(reader));
        Assert.Equal("2 supervisor-started", await NextEventAsync(reader));
        await Record(Nth(3));
        Assert.Equal("3 supervisor-started", await NextEventAsync(reader));
        await Record(Nth(4), End);
        Assert.Equal("4 supervisor-started", await NextEventAsync(reader));
        Assert.Equal("5 ended", await NextEventAsync(reader));
        Assert.Null(await NextAsync(reader));
    }

    [Fact]
    public async Task An_end_that_a_retry_followed_is_not_the_end()
    {
        await Record(Nth(1), End with { End = DeploymentPhase.Failed }, new RetryStarted(2, [new NodeName("n1")], "jane", At));
        var (response, reader) = await OpenAsync();
        using var _ = response;

        foreach (var next in new[] { "1 supervisor-started", "2 ended", "3 retry-started" })
            Assert.Equal(next, await NextEventAsync(reader));
        await Record(Nth(2), End);
        Assert.Equal("4 supervisor-started", await NextEventAsync(reader));
        Assert.Equal("5 ended", await NextEventAsync(reader));
        Assert.Null(await NextAsync(reader));
    }

    [Fact]
    public async Task The_data_of_an_event_is_the_recorded_event()
    {
        await Record(new NodeSettled(new NodeName("n1"), Outcome.Refused, "line 1\nline 2 \u001b[31m grün", Hold.None, null, null, null, null, null, At), End);
        using var response = await _host.WatchAsync(Id);
        var text = await response.Content.ReadAsStringAsync();

        var data = text.Split('\n').First(l => l.StartsWith("data: ", StringComparison.Ordinal))["data: ".Length..];
        var recorded = System.Text.Json.JsonSerializer.Deserialize(data, MessagesJson.Default.RecordedEvent)!;
        Assert.Equal((1, "line 1\nline 2 \u001b[31m grün"), (recorded.Sequence, ((NodeSettled)recorded.Event).Message));
        Assert.StartsWith("id: 1\nevent: node-settled\ndata: {\"sequence\":1,\"type\":\"node-settled\",", text, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', text);
    }

    [Fact]
    public async Task Any_reader_of_server_sent_events_gets_the_number_the_word_and_the_data()
    {
        await Record(Nth(1), End);
        using var response = await _host.WatchAsync(Id);

        var items = new List<(string?, string)>();
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync()).EnumerateAsync())
        {
            items.Add((item.EventId, item.EventType));
            Assert.Equal(item.EventId, $"{System.Text.Json.JsonSerializer.Deserialize(item.Data, MessagesJson.Default.RecordedEvent)!.Sequence}");
        }

        Assert.Equal([("1", "supervisor-started"), ("2", "ended")], items);
    }

    [Fact]
    public async Task A_watcher_goes_on_after_the_last_event_it_got()
    {
        await Record(Nth(1), Nth(2), Nth(3));
        var (byHeader, reader) = await OpenAsync(after: 1, lastEventId: "2");
        using var _ = byHeader;
        Assert.Equal("3 supervisor-started", await NextEventAsync(reader));

        var (byQuery, other) = await OpenAsync(after: 1);
        using var __ = byQuery;
        Assert.Equal("2 supervisor-started", await NextEventAsync(other));
    }

    [Fact]
    public async Task The_stream_of_an_ended_deployment_is_its_whole_history()
    {
        await Record(Nth(1), End, new NodesReleased([new NodeName("n1")], At));
        _host.Coordinator.Lines = [FakeCoordinator.Line(Id, DeploymentPhase.Succeeded)];
        using var response = await _host.WatchAsync(Id);

        var text = await response.Content.ReadAsStringAsync();

        Assert.Equal(["id: 1", "id: 2", "id: 3"], text.Split('\n').Where(l => l.StartsWith("id", StringComparison.Ordinal)));
        using var rest = await _host.WatchAsync(Id, after: 3);
        Assert.Equal("", await rest.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_deployment_that_is_withdrawn_while_it_waits_ends_its_stream_without_an_event()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line(Id, DeploymentPhase.Waiting)];
        var (response, reader) = await OpenAsync();
        using var _ = response;
        Assert.Equal("heartbeat", await NextAsync(reader));
        Change(FakeCoordinator.Line(Id, DeploymentPhase.Cancelled));

        Assert.Null(await Until.DoneAsync(NextEventAsync(reader)));
    }

    [Fact]
    public async Task It_ends_also_where_the_word_of_the_end_was_lost_with_the_coordinator_that_failed()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line(Id, DeploymentPhase.Waiting)];
        var (response, reader) = await OpenAsync();
        using var _ = response;
        Assert.Equal("heartbeat", await NextAsync(reader));
        _host.Coordinator.Lines = [FakeCoordinator.Line(Id, DeploymentPhase.Cancelled)];
        _host.Time.Advance(TimeSpan.FromSeconds(10));

        Assert.Null(await Until.DoneAsync(NextEventAsync(reader)));
    }

    [Fact]
    public async Task That_nobody_carries_a_deployment_on_is_told_beside_its_events_whenever_it_changes()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line(Id, active: false)];
        await Record(Nth(1));
        var (response, reader) = await OpenAsync();
        using var _ = response;

        Assert.Equal("1 supervisor-started", await NextEventAsync(reader));
        Assert.Equal("""notice {"active":false,"trouble":null}""", await NextEventAsync(reader));
        Change(FakeCoordinator.Line("other222", active: false));
        Change(FakeCoordinator.Line(Id));
        Assert.Equal("""notice {"active":true,"trouble":null}""", await NextEventAsync(reader));
        Change(FakeCoordinator.Line(Id));
        Change(FakeCoordinator.Line(Id, active: false) with { Attention = DeploymentLine.CannotBeCarriedOn });
        Assert.Equal("""notice {"active":false,"cannotBeCarriedOn":true,"trouble":null}""", await NextEventAsync(reader));
    }

    /// <summary>A feed of a host with trouble of a test's own making.</summary>
    private IAsyncEnumerator<FeedItem> Follow(Func<FleetName, string?> ofFleet) => new EventFeed(
        _host.System, _host.Services.GetRequiredService<DeploymentHistory>(), _host.Services.GetRequiredService<JournalConnections>(),
        _host.Services.GetRequiredService<CoordinatorClient>(),
        new HostTrouble(() => null, ofFleet, () => "of some fleet"), new HostSettings(), _host.Time).FollowAsync(new DeploymentId(Id), 0, default)
        .GetAsyncEnumerator();

    private static async Task<FeedItem> NextAsync(IAsyncEnumerator<FeedItem> feed)
    {
        Assert.True(await Until.DoneAsync(feed.MoveNextAsync().AsTask()));
        return feed.Current;
    }

    [Fact]
    public async Task Who_follows_is_told_that_the_journal_is_out_of_reach_and_follows_on_once_it_is_back()
    {
        await Record(Nth(1));
        await using var feed = Follow(_ => null);
        Assert.IsType<FeedItem.Happened>(await NextAsync(feed));
        Assert.IsType<FeedItem.Quiet>(await NextAsync(feed));

        File.Move(_host.State.Journal, _host.State.Journal + ".moved");
        Change(FakeCoordinator.Line(Id, active: false));
        var told = Assert.IsType<FeedItem.Noticed>(await NextAsync(feed)).Notice;
        Assert.Contains("was moved or deleted", told.Trouble, StringComparison.Ordinal);
        Assert.IsType<FeedItem.Quiet>(await NextAsync(feed));

        File.Move(_host.State.Journal + ".moved", _host.State.Journal);
        Change(FakeCoordinator.Line(Id));
        Assert.Equal(StreamNotice.AllIsWell, Assert.IsType<FeedItem.Noticed>(await NextAsync(feed)).Notice);
        Assert.IsType<FeedItem.Quiet>(await NextAsync(feed));
        await Record(Nth(2));
        Assert.Equal(2, Assert.IsType<FeedItem.Happened>(await NextAsync(feed)).Recorded.Sequence);
    }

    [Fact]
    public async Task Only_trouble_of_the_deployments_own_fleet_is_told_to_who_follows_it()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line(Id, fleet: new FleetName("prod"))];
        await using var other = Follow(fleet => fleet.Value == "test" ? "of test" : null);
        Assert.IsType<FeedItem.Quiet>(await NextAsync(other));
        await using var own = Follow(fleet => $"of {fleet}");
        Assert.Equal("of prod", Assert.IsType<FeedItem.Noticed>(await NextAsync(own)).Notice.Trouble);
    }

    [Fact]
    public async Task Trouble_is_told_also_while_events_come_too_often_for_the_stream_ever_to_be_quiet()
    {
        string? trouble = null;
        await using var feed = Follow(_ => trouble);
        Assert.IsType<FeedItem.Quiet>(await NextAsync(feed));

        trouble = "the certificate expired";
        for (var n = 1; n <= 2; n++)
        {
            _host.Time.Advance(new HostSettings().Heartbeat * 0.6);
            await Record(Nth(n));
            Assert.Equal(n, Assert.IsType<FeedItem.Happened>(await NextAsync(feed)).Recorded.Sequence);
        }
        Assert.Equal("the certificate expired", Assert.IsType<FeedItem.Noticed>(await NextAsync(feed)).Notice.Trouble);
    }

    [Fact]
    public async Task An_end_that_has_been_taken_back_since_it_was_told_is_not_the_end()
    {
        var (response, reader) = await OpenAsync();
        using var _ = response;
        Assert.Equal("heartbeat", await NextAsync(reader));

        // Reopened already when the word of its end comes.
        _host.System.EventStream.Publish(new CoordinatorProtocol.DeploymentChanged(FakeCoordinator.Line(Id, DeploymentPhase.Failed)));
        await Record(Nth(1));

        Assert.Equal("1 supervisor-started", await NextEventAsync(reader));
    }

    [Fact]
    public async Task A_quiet_stream_says_now_and_then_that_it_lives()
    {
        await Record(Nth(1));
        var (response, reader) = await OpenAsync();
        using var _ = response;
        Assert.Equal("1 supervisor-started", await NextAsync(reader));
        Assert.Equal("heartbeat", await NextAsync(reader));

        var second = NextAsync(reader);
        await Until.TrueAsync(() =>
        {
            _host.Time.Advance(TimeSpan.FromSeconds(10));
            return second.IsCompleted;
        }, "another heartbeat comes");
        Assert.Equal("heartbeat", await second);
    }

    [Fact]
    public async Task An_event_that_a_watcher_missed_is_read_from_the_journal()
    {
        var (response, reader) = await OpenAsync();
        using var _ = response;
        Assert.Equal("heartbeat", await NextAsync(reader));
        await Until.DoneAsync(_recorder.Ask<long>(new Recorder.Record([Nth(1), Nth(2)], IsPublished: false)));
        await Record(Nth(3));

        Assert.Equal("1 supervisor-started", await NextEventAsync(reader));
        Assert.Equal("2 supervisor-started", await NextEventAsync(reader));
        Assert.Equal("3 supervisor-started", await NextEventAsync(reader));
    }

    [Fact]
    public async Task Another_deployments_events_are_not_passed_on()
    {
        var (response, reader) = await OpenAsync();
        using var _ = response;
        await Until.DoneAsync(_host.RecorderOf("other222").Ask<long>(new Recorder.Record([End])));
        await Record(End);
        Assert.Equal("1 ended", await NextEventAsync(reader));
        Assert.Null(await NextAsync(reader));
    }

    [Fact]
    public async Task A_watcher_that_goes_leaves_nobody_behind()
    {
        var (response, reader) = await OpenAsync();
        Assert.Equal("heartbeat", await NextAsync(reader));
        await Until.TrueAsync(() => Watchers() == 1, "a watcher is there");

        response.Dispose();

        await Until.TrueAsync(() => Watchers() == 0, "the watcher is gone");
    }

    [Fact]
    public async Task A_slow_watcher_is_closed_and_resumes_where_it_stood()
    {
        var feed = _host.Services.GetRequiredService<EventFeed>();
        var got = new List<long>();
        await foreach (var item in feed.FollowAsync(new DeploymentId(Id), 0, default))
        {
            if (item is FeedItem.Happened { Recorded: var recorded })
            {
                got.Add(recorded.Sequence);
            }
            else if (got.Count == 0)
            {
                await Record([.. Enumerable.Range(1, EventFeed.Capacity + 500).Select(Nth)]);
                await Until.TrueAsync(() => Watchers() == 0, "the watcher that nobody reads is closed");
            }
        }
        Assert.InRange(got.Count, 1, EventFeed.Capacity);
        Assert.Equal(Enumerable.Range(1, got.Count).Select(i => (long)i), got);

        await Record(End);
        await foreach (var item in feed.FollowAsync(new DeploymentId(Id), got[^1], default))
        {
            if (item is FeedItem.Happened { Recorded: var recorded })
                got.Add(recorded.Sequence);
        }
        Assert.Equal(Enumerable.Range(1, EventFeed.Capacity + 501).Select(i => (long)i), got);
    }

    [Fact]
    public async Task A_history_with_an_event_of_a_newer_version_is_told_so()
    {
        await Record(Nth(1));
        Damage("manifest = 'dep.from-the-future.v9'", 1);

        var list = await _host.GetAsync(Messages.Api.HostApi.Events(Id));
        using var stream = await _host.WatchAsync(Id);

        Assert.Equal(500, list.Problem.Status);
        Assert.Contains("newer version", list.Problem.Detail, StringComparison.Ordinal);
        Assert.Equal(500, (int)stream.StatusCode);
    }

    [Fact]
    public async Task A_list_of_events_that_cannot_be_completed_is_a_problem_and_nothing_else()
    {
        await Record([.. Enumerable.Range(1, 9).Select(Nth)]);
        Damage("message = x'00'", 6);

        var list = await _host.GetAsync(Messages.Api.HostApi.Events(Id));

        Assert.Equal(500, list.Problem.Status);
        Assert.Contains("the journal is damaged", list.Problem.Detail, StringComparison.Ordinal);
    }

    /// <summary>Changes one event where it lies.</summary>
    private void Damage(string how, int number)
    {
        using var connection = new JournalConnections(_host.State.Journal).Open();
        using var command = connection.CreateCommand();
        command.CommandText = FormattableString.Invariant($"UPDATE journal SET {how} WHERE sequence_number = {number}");
        Assert.Equal(1, command.ExecuteNonQuery());
    }

    /// <summary>How many watchers there are.</summary>
    private int Watchers() => ((ActorRefWithCell)((ExtendedActorSystem)_host.System).Guardian).Children
        .OfType<ActorRefWithCell>().Count(c => c.Underlying.Props.Type == typeof(EventWatcher));
}
