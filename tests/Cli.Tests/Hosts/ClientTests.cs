using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Orchestrator.Client;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.StateFolders;

namespace Orchestrator.Cli.Tests.Hosts;

/// <summary>The client as other programs use it, against a host that plays a deployment.</summary>
public sealed class ClientTests : HostedTests
{
    private static readonly RunRequest Run = new(Sample.Succeeded.PlanId, new DeploymentOptions(), new FleetChoice(true, null, null), NoWait: false);

    [Fact]
    public async Task An_answer_is_a_value_and_what_the_host_wrote()
    {
        Host.Answers["GET " + HostApi.Host] = (200, """{"version":"9","processId":1,"startedAt":"2026-01-01T00:00:00Z","unfinished":[],"newer":true}""");
        using var client = Client();

        var answer = await client.GetStatusAsync();
        Assert.Equal("9", answer.Value.Version);
        Assert.Contains("\"newer\":true", System.Text.Encoding.UTF8.GetString(answer.Json.Span), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_read_is_told_once_its_value_is_asked_for()
    {
        Host.Answers["GET " + HostApi.Host] = (200, "[]");
        using var client = Client();

        var answer = await client.GetStatusAsync();
        Assert.Equal("[]"u8, answer.Json.Span);
        Assert.Throws<UnreadableAnswerException>(() => answer.Value);
    }

    [Fact]
    public async Task A_refusal_has_the_hosts_reason()
    {
        using var client = Client();

        var refused = await Assert.ThrowsAsync<HostRefusedException>(() => client.GetDeploymentAsync("nobody"));
        Assert.Equal((404, ProblemCodes.NotFound), (refused.Status, refused.Problem!.Code));
        Assert.StartsWith("no deployment has the id ", refused.Message, StringComparison.Ordinal);
        Assert.Null(refused.RetryAfter);
    }

    [Fact]
    public async Task A_refusal_says_when_to_ask_again()
    {
        (Host.Busy[HostApi.ImportHistory], Host.RetryAfter) = (1, "7");
        using var client = Client();

        // What was read of a file is gone: it is not sent again.
        var refused = await Assert.ThrowsAsync<HostRefusedException>(() => client.ImportAsync(new MemoryStream([1])));
        Assert.Equal((true, TimeSpan.FromSeconds(7)), (refused.IsTransient, refused.RetryAfter));
    }

    [Fact]
    public async Task Too_many_requests_are_made_again_later()
    {
        var path = HostApi.Deployment(Sample.Succeeded.Id.Value);
        (Host.Busy[path], Host.BusyStatus) = (3, 429);
        using var client = Client();

        Assert.Equal(DeploymentPhase.Succeeded, (await client.GetDeploymentAsync(Sample.Succeeded.Id.Value)).Value.State);
        Assert.Equal(4, Host.Requests.Count(r => r.Path == path));
    }

    [Fact]
    public async Task A_run_whose_answer_was_lost_is_asked_for_again_under_its_key()
    {
        Host.Lost[HostApi.Deployments] = 2;
        var clock = new FakeTimeProvider();
        using var client = Client(clock);
        var running = client.RunAsync(Run, "mine");
        await Until.TrueAsync(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return running.IsCompleted;
        });

        Assert.Equal(Sample.Succeeded.Id, (await running).Value.Id);
        Assert.Equal(["mine", "mine", "mine"], Host.IdempotencyKeys);
    }

    [Fact]
    public async Task A_run_without_a_key_has_one_for_all_that_is_sent()
    {
        Host.Lost[HostApi.Deployments] = 1;
        using var client = Client();

        Assert.Equal(Sample.Succeeded.Id, (await client.RunAsync(Run)).Value.Id);
        Assert.Equal(2, Host.IdempotencyKeys.Count);
        Assert.Single(Host.IdempotencyKeys.Distinct());
    }

    [Fact]
    public async Task A_run_whose_answer_stays_lost_is_a_lost_host()
    {
        Host.Lost[HostApi.Deployments] = int.MaxValue;
        using var client = Client();

        await Assert.ThrowsAsync<HostLostException>(() => client.RunAsync(Run, mostAgain: 1));
        Assert.Equal(2, Host.IdempotencyKeys.Count);
    }

    [Fact]
    public async Task A_verb_whose_answer_was_lost_is_asked_for_again_under_its_key()
    {
        var path = HostApi.Verb("k7", "retry");
        Host.Lost[path] = 2;
        Host.Answer("POST", path, 200, new VerbDone(Sample.Succeeded.Id, false, "already done", 7), MessagesJson.Default.VerbDone);
        var clock = new FakeTimeProvider();
        using var client = Client(clock);
        var asking = client.SendAsync("k7", Verb.Retry);
        await Until.TrueAsync(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return asking.IsCompleted;
        });

        Assert.Equal(7, (await asking).Value.Sequence);
        Assert.Equal(3, Host.IdempotencyKeys.Count);
        Assert.Single(Host.IdempotencyKeys.Distinct());
        await client.SendAsync("k7", Verb.Retry, idempotencyKey: "mine");
        Assert.Equal("mine", Host.IdempotencyKeys.Last());
    }

    [Fact]
    public async Task A_stream_that_broke_goes_on_after_the_last_event_until_the_end()
    {
        var seen = new TaskCompletionSource();
        (Host.BreakFirstStreamAfter, Host.BeforeBreak) = (3, seen.Task);
        using var client = Client();

        var items = new List<StreamItem>();
        await foreach (var item in client.FollowAsync(Sample.Succeeded.Id.Value))
        {
            items.Add(item);
            if (items.Count == 3)
                seen.SetResult();
        }

        var happened = items.OfType<StreamItem.Happened>().Select(h => h.Event.Sequence);
        Assert.Equal(Enumerable.Range(1, Host.Events.Length).Select(n => (long)n), happened);
        Assert.Equal(3, items.FindIndex(i => i is StreamItem.Lost));
        Assert.IsType<StreamItem.Reconnected>(items[4]);
        Assert.Equal(DeploymentPhase.Succeeded, Assert.IsType<StreamItem.Ended>(items[^1]).View.Value.State);
        Assert.Equal(["3"], Host.Requests.Where(r => r.LastEventId is not null).Select(r => r.LastEventId));
    }

    [Fact]
    public async Task A_stream_of_all_goes_on_after_the_last_position_that_it_was_told()
    {
        var line = new DeploymentLine(
            Sample.Succeeded.Id, "production", DeploymentPhase.Running, Sample.At(0), 3, 0, "rip", new FleetName("emulated"), Sample.Succeeded.PlanId,
            Active: true, []);
        var played = JsonSerializer.SerializeToElement(Host.Events[0], MessagesJson.Default.RecordedEvent).GetRawText();
        var endpoint = new ScriptedEndpoint(
            $"event: deployment\ndata: {JsonSerializer.Serialize(line, MessagesJson.Default.DeploymentLine)}\n\n"
            + $"id: 5\nevent: x\ndata: {{\"position\":5,\"deployment\":\"k7m2p9xa\",{played[1..]}\n\n"
            + "event: notice\ndata: {\"trouble\":\"the disk is full\"}\n\n",
            "id: 9\n: nothing new\n\n",
            "id: 7\ndata: {\"position\":7}\n\n"
            + "id: 12\nevent: x\ndata: {\"position\":12,\"deployment\":\"b3c4d5e6\",\"sequence\":1,\"type\":\"from-the-future\"}\n\n");
        using var client = new OrchestratorClient(endpoint);

        var items = new List<StreamItem>();
        await foreach (var item in client.FollowAllAsync(4, "production", ["x"]))
        {
            items.Add(item);
            if (item is StreamItem.HappenedIn { Entry.Position: 12 })
                break;
        }

        Assert.Equal(
            ["Changed", "HappenedIn", "HostNoticed", "Lost", "Reconnected", "Lost", "Reconnected", "HappenedIn"], items.Select(i => i.GetType().Name));
        var known = Assert.IsType<StreamItem.HappenedIn>(items[1]).Entry;
        Assert.Equal((5, new DeploymentId("k7m2p9xa"), 1, true), (known.Position, known.Deployment, known.Event.Sequence, known.Event.Event is not null));
        Assert.Null(Assert.IsType<StreamItem.HappenedIn>(items[^1]).Entry.Event.Event);
        Assert.Equal(
            [("/v1/events?after=4&environment=production&type=x", "4"), ("/v1/events?after=5&environment=production&type=x", "5"),
                ("/v1/events?after=9&environment=production&type=x", "9")],
            endpoint.Requests);
    }

    [Fact]
    public async Task Who_has_enough_leaves_a_stream_that_goes_on()
    {
        Host.BeforeStreamEnds = new TaskCompletionSource().Task;
        using var client = Client();

        await foreach (var item in client.FollowAsync(Sample.Succeeded.Id.Value))
        {
            if (item is StreamItem.Happened { Event.Sequence: 2 })
                break;
        }
    }

    [Fact]
    public async Task A_host_that_does_not_come_back_is_lost_in_the_end()
    {
        (Host.BreakFirstStreamAfter, Host.BeforeBreak) = (1, new TaskCompletionSource().Task);
        using var client = Client();
        await using var items = client.FollowAsync(Sample.Succeeded.Id.Value, mostBreaks: 2).GetAsyncEnumerator();

        Assert.True(await items.MoveNextAsync());
        Assert.IsType<StreamItem.Happened>(items.Current);
        var next = items.MoveNextAsync().AsTask();
        await Host.DisposeAsync();
        Assert.True(await next);
        Assert.IsType<StreamItem.Lost>(items.Current);
        await Assert.ThrowsAsync<HostLostException>(async () =>
        {
            while (await items.MoveNextAsync())
                Assert.IsType<StreamItem.Lost>(items.Current);
        });
    }

    [Fact]
    public async Task Events_that_a_newer_host_wrote_hide_no_others()
    {
        var id = Sample.Succeeded.Id.Value;
        Host.Answers[$"GET {HostApi.Deployment(id)}/events"] =
            (200, $$"""[{"sequence":1,"type":"from-the-future"},{{JsonSerializer.Serialize(Host.Events[1], MessagesJson.Default.RecordedEvent)}}]""");
        using var client = Client();

        var events = (await client.GetEventsAsync(id)).Value;
        Assert.Equal([(1L, false), (2L, true)], events.Select(e => (e.Sequence, e.Event is not null)));
    }

    [Fact]
    public async Task Where_nobody_listens_the_socket_is_named()
    {
        using var client = new OrchestratorClient(HostEndpoint.Socket(Cli.Folder + "/nobody.sock"));

        var lost = await Assert.ThrowsAsync<HostLostException>(() => client.GetStatusAsync());
        Assert.Equal(($"no host answers at the socket {Cli.Folder}/nobody.sock: see its log", false), (lost.Message, lost.TimedOut));
    }

    [Fact]
    public async Task A_stream_that_is_not_answered_in_time_is_given_up_with_its_connection()
    {
        var path = Path.Combine(Cli.Folder, "silent.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var clock = new FakeTimeProvider();
        using var client = new OrchestratorClient(HostEndpoint.Socket(path), clock);
        await using var items = client.FollowAsync("k7m2p9xa", mostBreaks: 0).GetAsyncEnumerator();
        var first = items.MoveNextAsync().AsTask();
        using var connection = await Until.DoneAsync(listener.AcceptAsync());
        var request = new byte[4096];
        Assert.NotEqual(0, await Until.DoneAsync(connection.ReceiveAsync(request)));

        clock.Advance(TimeSpan.FromMinutes(3));
        var lost = await Assert.ThrowsAsync<HostLostException>(() => Until.DoneAsync(first));
        Assert.True(lost.TimedOut);
        Assert.Equal(0, await Until.DoneAsync(connection.ReceiveAsync(request)));
    }

    [Fact]
    public async Task Nothing_is_sent_to_a_services_socket_where_others_may_have_put_one()
    {
        using var client = new OrchestratorClient(HostEndpoint.Socket(Host.Socket));
        Assert.Equal(ProductVersion.Current, (await client.GetStatusAsync()).Value.Version);
        Host.Requests.Clear();

        File.SetUnixFileMode(Cli.Folder, (UnixFileMode)0b111_111_111);
        using var wary = new OrchestratorClient(HostEndpoint.Socket(Host.Socket));
        await Assert.ThrowsAsync<HostUnusableException>(() => wary.GetStatusAsync());
        Assert.Empty(Host.Requests);
    }

    [Theory]
    [InlineData("http://localhost:8443")]
    [InlineData("https://localhost:8443/orchestrator")]
    public void A_host_on_another_machine_is_asked_over_tls_only_and_at_no_path(string url) =>
        Assert.Throws<ArgumentException>(() => HostEndpoint.Https(new Uri(url), "ca.pem", "token"));

    [Theory]
    [InlineData(UnusableFile.CertificateAuthority, "/nowhere/ca.pem", "/nowhere/certificate.pem")]
    public void A_file_that_is_missing_is_named(UnusableFile file, string authority, string certificate)
    {
        var unusable = Assert.Throws<HostUnusableException>(
            () => new OrchestratorClient(HostEndpoint.Https(new Uri("https://localhost:8443"), authority, certificate, "/nowhere/key.pem")));
        Assert.Equal((file, $"there is no certificate authority {authority}"), (unusable.File, unusable.Message));
    }

    /// <summary>Answers each request with the next stream, which breaks at its end.</summary>
    private sealed class ScriptedEndpoint(params string[] streams) : HostEndpoint
    {
        public List<(string Path, string LastEventId)> Requests { get; } = [];

        public override string Log => "no log";

        internal override HttpMessageHandler Handler(TimeProvider clock) => new Scripted(this, streams);

        internal override HostException Lost(HttpRequestException cause) => throw cause;

        private sealed class Scripted(ScriptedEndpoint endpoint, string[] streams) : HttpMessageHandler
        {
            protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            {
                var stream = new EventStreamTests.BreakingStream(streams[endpoint.Requests.Count], 7);
                endpoint.Requests.Add((request.RequestUri!.PathAndQuery, request.Headers.GetValues("Last-Event-ID").Single()));
                return Task.FromResult(new HttpResponseMessage { Content = new StreamContent(stream) });
            }
        }
    }

    private OrchestratorClient Client(TimeProvider? clock = null) => new(
        HostEndpoint.OwnHost(StateFolder.Locate(name => name == "ORCHESTRATOR_STATE" ? Cli.Folder : null, out _)!), clock);
}
