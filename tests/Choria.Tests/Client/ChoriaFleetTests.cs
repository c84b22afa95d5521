using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using NATS.NKeys;
using Orchestrator.Choria.Client;
using Orchestrator.Choria.Protocol;
using Orchestrator.Choria.Security;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Choria.Tests.Client;

/// <summary>The client over a real nats-server with mutual TLS; the nodes are the test's own and say what they like.</summary>
public sealed class ChoriaFleetTests
{
    private static readonly byte[] Idle = """{"statuscode":0,"statusmsg":"OK","data":{"applying":false,"enabled":true,"lastrun":0}}"""u8.ToArray();

    [Fact]
    public async Task A_wave_is_signed_once_and_published_to_each_node_byte_for_byte_the_same()
    {
        await using var broker = await OwnBroker.StartAsync();
        await using var fleet = await broker.ConnectAsync();
        await using var nodes = await broker.ListenAsync();

        await fleet.PublishAsync(Wave("dev1.example.net", "dev2.example.net", "dev3"), default);

        await Until.TrueAsync(() => nodes.Heard.Count == 3, "each node has heard it");
        Assert.Equal(["mcollective.node.dev1.example.net", "mcollective.node.dev2.example.net", "mcollective.node.dev3"], nodes.Heard.Select(h => h.Subject));
        Assert.All(nodes.Heard, heard => Assert.Equal(nodes.Heard.First().Payload, heard.Payload));
    }

    [Theory]
    [InlineData("", 1 << 20)]
    [InlineData("max_payload: 65536", 65536)]
    public async Task The_largest_message_is_what_the_broker_announces(string configuration, int bytes)
    {
        await using var broker = await OwnBroker.StartAsync(configuration, mapsUsers: false);
        await using var fleet = await broker.ConnectAsync();
        Assert.Equal(bytes, ((IFleet)fleet).LargestMessage);
    }

    [Theory]
    [InlineData("status", 60)]
    [InlineData("runonce", 30)]
    public async Task A_request_is_what_Choria_s_servers_want(string action, int timeToLive)
    {
        await using var broker = await OwnBroker.StartAsync();
        await using var fleet = await broker.ConnectAsync();
        await using var nodes = await broker.ListenAsync();
        NodeRequest request = action == "status"
            ? new NodeRequest.Status()
            : new NodeRequest.Runonce(Force: true, Noop: false, UseCachedCatalog: false, Environment: null);
        var wave = Wave(request, timeToLive, "dev1");

        await fleet.PublishAsync(wave, default);

        await Until.TrueAsync(() => nodes.Heard.Count == 1, "the node has heard it");
        var payload = nodes.Heard.Single().Payload;
        using var transport = TransportMessage.Open(payload);
        using var verifier = new RequestVerifier(
            await File.ReadAllTextAsync(broker.Authority.Certificate("ca")), [RequestVerifier.DefaultAllowed], TimeProvider.System);
        var said = verifier.Open(transport);
        Assert.Equal(
            (wave.Id, OwnBroker.Caller, "mcollective", "puppet", timeToLive),
            (said.Id, said.Caller["choria=".Length..], said.Collective, said.Agent, (int)said.TimeToLive.TotalSeconds));
        Assert.Matches("^[0-9a-f]{32}$", said.Id);
        Assert.Equal("puppet", Assert.Single(said.Filter.Agents));
        Assert.Matches($"^mcollective\\.reply\\.[0-9a-f]{{32}}\\.[0-9a-f]{{16}}\\.{wave.Id}$", transport.ReplyTo);
        Assert.InRange(TimeProvider.System.GetUtcNow() - said.Time, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        var body = JsonDocument.Parse(said.Body).RootElement;
        Assert.Equal((action, JsonValueKind.True), (body.GetProperty("action").GetString(), body.GetProperty("data").GetProperty("process_results").ValueKind));
        // Base64 in one line, and no white space anywhere outside of texts.
        Assert.DoesNotContain("\\n", JsonDocument.Parse(payload).RootElement.GetProperty("data").GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain((byte)'\n', payload);
    }

    [Fact]
    public async Task Hostile_messages_by_the_thousand_are_counted_and_the_right_answers_are_still_heard()
    {
        const int Each = 3000;
        await using var broker = await OwnBroker.StartAsync();
        await using var fleet = await broker.ConnectAsync();
        await using var nodes = await broker.ListenAsync();
        var heard = Listen(fleet);
        var wave = Wave("dev1", "dev2");
        await fleet.PublishAsync(wave, default);
        await Until.TrueAsync(() => nodes.Heard.Count == 2, "the nodes have heard it");
        var replyTo = nodes.ReplyTo;
        var good = Answer(wave.Id, "dev1");
        var tampered = Tampered(good);
        byte[][] hostile =
        [
            "no JSON at all"u8.ToArray(),
            """{"protocol":"choria:transport:1","data":"*no base64*","headers":{"mc_sender":"dev1"}}"""u8.ToArray(),
            tampered,
            Answer(wave.Id, "dev3"),
            Answer("00000000000000000000000000000000", "dev1"),
            Recording.Of("08-status-disabled/001-request").Payload,
        ];
        for (var i = 0; i < Each; i++)
        {
            foreach (var payload in hostile)
                await nodes.SayAsync(replyTo, payload);
        }
        await nodes.SayAsync(replyTo[..replyTo.LastIndexOf('.')] + ".11111111111111111111111111111111", good);
        await nodes.SayAsync(replyTo, good);
        await nodes.SayAsync(replyTo, good);
        await nodes.SayAsync(replyTo, Answer(wave.Id, "dev2"));
        await nodes.SayAsync(replyTo, good);

        await Until.TrueAsync(() => heard.Count >= 2 && fleet.Dropped.Values.Sum() + fleet.Overflowed >= Each * hostile.Length + 3, "all has been looked at");
        Assert.Equal(["dev1", "dev2"], heard.Select(h => h.Identity.Value));
        Assert.All(heard, h => Assert.True(Assert.IsType<StatusReply>(h.Reply).IsOk));
        Assert.Equal(0, fleet.Overflowed);
        Assert.Equal(
            new SortedDictionary<string, long>(StringComparer.Ordinal)
            {
                [PendingRequests.ReasonOf(WireFault.Json)] = Each,
                [PendingRequests.ReasonOf(WireFault.Base64)] = Each,
                [PendingRequests.ReasonOf(WireFault.Hash)] = Each,
                // The recorded request's sender is a client.
                [PendingRequests.NotAsked] = 2 * Each,
                [PendingRequests.OtherRequest] = Each,
                [PendingRequests.Twice] = 2,
                [PendingRequests.NoRequest] = 1,
            },
            new SortedDictionary<string, long>(fleet.Dropped.ToDictionary(), StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_was_dropped_is_told_in_one_line_when_the_fleet_is_let_go_at_the_latest()
    {
        await using var broker = await OwnBroker.StartAsync();
        var fleet = await broker.ConnectAsync();
        await using var nodes = await broker.ListenAsync();
        var wave = Wave("dev1");
        await fleet.PublishAsync(wave, default);
        await Until.TrueAsync(() => nodes.Heard.Count == 1, "the node has heard it");
        for (var i = 0; i < 100; i++)
            await nodes.SayAsync(nodes.ReplyTo, Answer(wave.Id, "dev2"));
        await Until.TrueAsync(() => fleet.Dropped.Values.Sum() == 100, "all has been looked at");
        await fleet.DisposeAsync();

        Assert.Equal(
            "Warning: Messages of fleet test dropped so far: node was not asked: 100; the last one: dev2",
            Assert.Single(broker.Log.Lines, l => l.Contains("dropped", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_node_that_answers_in_YAML_is_heard_with_the_name_of_the_setting()
    {
        await using var broker = await OwnBroker.StartAsync();
        await using var fleet = await broker.ConnectAsync();
        await using var nodes = await broker.ListenAsync();
        var heard = Listen(fleet);
        var recording = Recording.Of("114-json-request-to-yaml-node/002-reply");
        using var transport = TransportMessage.Open(recording.Payload);
        await fleet.PublishAsync(Wave(transport.Sender), default);
        await Until.TrueAsync(() => nodes.Heard.Count == 1, "the node has heard it");
        await nodes.SayAsync(nodes.ReplyTo, recording.Payload);

        await Until.TrueAsync(() => !heard.IsEmpty, "it is heard");
        Assert.Contains("plugin.choria.security.serializer = json", Assert.IsType<MalformedReply>(heard.Single().Reply).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task While_there_is_no_broker_nothing_is_sent_and_nothing_leaves_later()
    {
        await using var broker = await OwnBroker.StartAsync();
        await using var fleet = await broker.ConnectAsync();
        await broker.Server.KillAsync();
        await Until.TrueAsync(() => broker.Log.Lines.Any(l => l.Contains("lost its connection", StringComparison.Ordinal)), "the loss is noticed");

        for (var i = 0; i < 20; i++)
        {
            await Assert.ThrowsAsync<FleetUnavailableException>(
                () => fleet.PublishAsync(Wave(new NodeRequest.Runonce(true, null, null, null), 30, "dev1"), default));
        }

        await broker.Server.StartAsync();
        await using var nodes = await broker.ListenAsync();
        await Until.TrueAsync(async () =>
        {
            try
            {
                await fleet.PublishAsync(Wave("dev2"), default);
                return true;
            }
            catch (FleetUnavailableException)
            {
                return false;
            }
        }, "the connection comes back by itself");
        await Until.TrueAsync(() => !nodes.Heard.IsEmpty, "the node has heard it");
        Assert.DoesNotContain(nodes.Heard, h => h.Subject.EndsWith("dev1", StringComparison.Ordinal));

        // The subscription has come back too.
        var heard = Listen(fleet);
        using var transport = TransportMessage.Open(nodes.Heard.Last().Payload);
        await nodes.SayAsync(transport.ReplyTo!, Answer(transport.ReplyTo![(transport.ReplyTo!.LastIndexOf('.') + 1)..], "dev2"));
        await Until.TrueAsync(() => heard.Count == 1, "the answer is heard");
    }

    [Fact]
    public async Task Answers_that_find_no_room_are_counted_and_told()
    {
        const int Room = 65_536;
        await using var broker = await OwnBroker.StartAsync();
        var fleet = await broker.ConnectAsync();
        await using var nodes = await broker.ListenAsync();
        using var gate = new ManualResetEventSlim();
        using var first = new ManualResetEventSlim();
        using var listening = fleet.Listen(_ =>
        {
            first.Set();
            gate.Wait();
        });
        var wave = Wave("dev1");
        await fleet.PublishAsync(wave, default);
        await Until.TrueAsync(() => nodes.Heard.Count == 1, "the node has heard it");
        await nodes.SayAsync(nodes.ReplyTo, Answer(wave.Id, "dev1"));
        await Until.TrueAsync(() => first.IsSet, "the reader is held up");
        for (var i = 0; i < Room + 1000; i++)
            await nodes.SayAsync(nodes.ReplyTo, "x"u8.ToArray());
        await Until.TrueAsync(() => fleet.Overflowed >= 900, "some found no room");
        gate.Set();
        await fleet.DisposeAsync();

        Assert.Contains(broker.Log.Lines, l => l.Contains("queue full", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_broker_that_does_not_let_us_publish_to_a_node_is_named_and_says_so_in_two_lines_not_in_thousands()
    {
        await using var broker = await OwnBroker.StartAsync(Permissions("""publish: { deny: "mcollective.node.closed.>" }, subscribe: ">" """));
        var fleet = await broker.ConnectAsync();
        await using var nodes = await broker.ListenAsync();
        var heard = Listen(fleet);

        await fleet.PublishAsync(Wave([.. Enumerable.Range(0, 500).Select(i => $"closed.n{i}"), "open"]), default);

        await Until.TrueAsync(() => heard.Count == 500 && nodes.Heard.Count == 1, "500 are undelivered");
        Assert.All(heard, h => Assert.Equal(
            $"the broker does not let choria={OwnBroker.Caller} publish to mcollective.node.{h.Identity}: allow it mcollective.node.> in the "
                + "broker's permissions",
            Assert.IsType<UndeliveredReply>(h.Reply).Words));
        await fleet.DisposeAsync();
        Assert.Equal(2, broker.Log.Lines.Count(l => l.Contains("Permissions Violation", StringComparison.Ordinal)));
        Assert.Contains(broker.Log.Lines, l => l.EndsWith("keeps complaining: Permissions Violation for Publish to ... (500 times)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_broker_that_does_not_let_us_hear_answers_is_named_with_the_subject()
    {
        await using var broker = await OwnBroker.StartAsync(Permissions("""publish: ">", subscribe: { deny: "mcollective.reply.>" }"""));
        var refused = await Assert.ThrowsAsync<FleetUnavailableException>(() => broker.ConnectAsync());
        Assert.Matches(
            $@"does not let choria=alice\.mcollective subscribe to mcollective\.reply\..*: allow it mcollective\.reply\.[0-9a-f]{{32}}\.>", refused.Message);
    }

    [Fact]
    public async Task A_broker_that_allows_no_more_than_the_hashed_form_of_the_caller_id_is_enough()
    {
        var hashed = Subjects.Replies("mcollective", $"choria={OwnBroker.Caller}", "x")[..^2];
        await using var broker = await OwnBroker.StartAsync(Permissions($$"""publish: "mcollective.node.>", subscribe: "{{hashed}}.>" """));
        await using var fleet = await broker.ConnectAsync();
        await using var nodes = await broker.ListenAsync();
        var heard = Listen(fleet);
        var wave = Wave("dev1");
        await fleet.PublishAsync(wave, default);
        await Until.TrueAsync(() => nodes.Heard.Count == 1, "the node has heard it");
        await nodes.SayAsync(nodes.ReplyTo, Answer(wave.Id, "dev1"));
        await Until.TrueAsync(() => heard.Count == 1, "its answer is heard");
    }

    [Theory]
    [InlineData("a..b")]
    [InlineData("*")]
    [InlineData(">")]
    [InlineData("dev1.>")]
    [InlineData("dev1 x")]
    [InlineData("dev1\r\nPUB mcollective.node.dev2 0")]
    public async Task A_name_that_would_escape_its_subject_is_turned_back_and_the_others_are_asked(string name)
    {
        await using var broker = await OwnBroker.StartAsync();
        await using var fleet = await broker.ConnectAsync();
        await using var nodes = await broker.ListenAsync();
        var heard = Listen(fleet);

        await fleet.PublishAsync(Wave(name, "dev9"), default);

        await Until.TrueAsync(() => !nodes.Heard.IsEmpty && !heard.IsEmpty, "both have their answer");
        Assert.Equal("mcollective.node.dev9", Assert.Single(nodes.Heard).Subject);
        Assert.Contains("NATS subject", Assert.IsType<UndeliveredReply>(heard.Single().Reply).Words, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_has_run_out_or_is_of_another_key_or_name_is_named_before_any_broker_is_asked()
    {
        await using var broker = await OwnBroker.StartAsync();
        var authority = broker.Authority;
        authority.Certify("old.mcollective", authority.Now.AddHours(-1));
        authority.Certify("early.mcollective", from: authority.Now.AddDays(2));
        authority.Certify("mixed.mcollective");
        File.Copy(authority.Key(OwnBroker.Caller), authority.Key("mixed.mcollective"), overwrite: true);
        authority.Certify("other.mcollective");
        var problems = new List<string>();
        foreach (var name in (string[])["old.mcollective", "early.mcollective", "mixed.mcollective"])
            problems.Add((await Assert.ThrowsAsync<FleetUnavailableException>(() => broker.ConnectAsync(name))).Message);
        problems.Add((await Assert.ThrowsAsync<FleetUnavailableException>(
            () => broker.ConnectAsync(
                "bob.mcollective",
                s => s with { Certificate = authority.Certificate("other.mcollective"), PrivateKey = authority.Key("other.mcollective") }))).Message);

        Assert.Collection(
            problems,
            p => Assert.Contains("old.mcollective.pem expired on ", p, StringComparison.Ordinal),
            p => Assert.Contains("early.mcollective.pem is valid only from ", p, StringComparison.Ordinal),
            p => Assert.Contains("does not belong to the certificate", p, StringComparison.Ordinal),
            p => Assert.Contains("is for \"other.mcollective\", but certname is \"bob.mcollective\"", p, StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_more_leave_a_second_than_the_limit_allows()
    {
        await using var broker = await OwnBroker.StartAsync();
        await using var fleet = await broker.ConnectAsync(change: s => s with { MessagesPerSecond = 100 });
        await using var nodes = await broker.ListenAsync();
        var begun = TimeProvider.System.GetTimestamp();

        await Task.WhenAll(
            fleet.PublishAsync(Wave([.. Enumerable.Range(0, 60).Select(i => $"a{i}")]), default),
            fleet.PublishAsync(Wave([.. Enumerable.Range(0, 60).Select(i => $"b{i}")]), default));

        Assert.InRange(TimeProvider.System.GetElapsedTime(begun), TimeSpan.FromSeconds(0.9), TimeSpan.FromSeconds(30));
        await Until.TrueAsync(() => nodes.Heard.Count == 120, "all have left");
        Assert.Equal(500, fleet.MaxInFlight);
    }

    [Fact]
    public async Task A_renewed_certificate_signs_the_next_requests_over_the_connection_that_there_is()
    {
        await using var broker = await OwnBroker.StartAsync();
        await using var fleet = await broker.ConnectAsync();
        await using var nodes = await broker.ListenAsync();
        await fleet.PublishAsync(Wave("dev1"), default);
        broker.Authority.Certify(OwnBroker.Caller);
        var renewed = await File.ReadAllTextAsync(broker.Authority.Certificate(OwnBroker.Caller));

        await Until.TrueAsync(
            async () =>
            {
                await fleet.PublishAsync(Wave("dev1"), default);
                return nodes.Heard.Any(h => SignerOf(h.Payload) == renewed);
            },
            "a request is signed with the renewed certificate");
        Assert.NotEqual(renewed, SignerOf(nodes.Heard.First().Payload));
        Assert.DoesNotContain(broker.Log.Lines, l => l.Contains("lost its connection", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ca")]
    [InlineData("nkey")]
    public async Task A_file_that_is_not_there_for_a_while_does_not_end_the_attempts_to_connect_again(string which)
    {
        await using var broker = await OwnBroker.StartAsync("debug: true", mapsUsers: false);
        var (ca, nkey) = (Path.Combine(broker.Authority.Folder, "our-ca.pem"), Path.Combine(broker.Authority.Folder, "user.nk"));
        File.Copy(broker.Authority.Certificate("ca"), ca);
        using (var pair = KeyPair.CreatePair(PrefixByte.User))
            await File.WriteAllTextAsync(nkey, pair.GetSeed());
        await using var fleet = await broker.ConnectAsync(change: s => s with { CertificateAuthority = ca, NKeySeed = nkey });
        var file = which == "ca" ? ca : nkey;
        await broker.Server.KillAsync();
        File.Move(file, file + ".away");
        var before = await broker.Server.ConnectionsAsync();
        await broker.Server.StartAsync();
        await Until.TrueAsync(async () => await broker.Server.ConnectionsAsync() >= before + 2, "an attempt has failed and another one begun");
        File.Move(file + ".away", file);

        await using var nodes = await broker.ListenAsync();
        await SentAsync(fleet, nodes);
    }

    [Fact]
    public async Task A_broker_that_comes_back_with_another_authority_is_connected_to_with_what_the_files_are_by_then()
    {
        await using var broker = await OwnBroker.StartAsync();
        await using var fleet = await broker.ConnectAsync();
        await broker.Server.KillAsync();
        using var successor = new TestAuthority(broker.Authority.Folder, TimeProvider.System.GetUtcNow());
        foreach (var name in (string[])["localhost", OwnBroker.Node, OwnBroker.Caller])
            successor.Certify(name);
        await broker.Server.StartAsync();
        await using var nodes = await broker.ListenAsync();

        await SentAsync(fleet, nodes);
        Assert.Equal(await File.ReadAllTextAsync(successor.Certificate(OwnBroker.Caller)), SignerOf(nodes.Heard.First().Payload));
    }

    [Fact]
    public async Task What_one_broker_refused_the_next_may_allow_and_what_it_refuses_is_remembered()
    {
        await using var broker = await OwnBroker.StartAsync(Permissions("""publish: ">", subscribe: ">" """));
        await using var fleet = await broker.ConnectAsync();
        var allows = broker.Server.Configuration;

        broker.Server.Configuration = allows.Replace("subscribe: \">\"", "subscribe: { deny: \"mcollective.reply.>\" }", StringComparison.Ordinal);
        Assert.NotEqual(allows, broker.Server.Configuration);
        await RestartAsync();
        await Until.TrueAsync(async () => (await WhyNotSentAsync())?.Contains("does not let", StringComparison.Ordinal) == true, "the refusal is known");

        broker.Server.Configuration = allows;
        await RestartAsync();
        await Until.TrueAsync(async () => await WhyNotSentAsync() is null, "the refusal is forgotten");

        async Task RestartAsync()
        {
            await broker.Server.KillAsync();
            await broker.Server.StartAsync();
        }

        async Task<string?> WhyNotSentAsync()
        {
            try
            {
                await fleet.PublishAsync(Wave("dev1"), default);
                return null;
            }
            catch (FleetUnavailableException e)
            {
                return e.Message;
            }
        }
    }

    private static Task SentAsync(ChoriaFleet fleet, OwnBroker.Nodes nodes) => Until.TrueAsync(
        async () =>
        {
            try
            {
                await fleet.PublishAsync(Wave("dev1"), default);
            }
            catch (FleetUnavailableException)
            {
                // Not yet.
            }
            return !nodes.Heard.IsEmpty;
        },
        "the fleet is connected again");

    [Fact]
    public async Task Nothing_is_sent_with_an_expired_certificate_until_it_is_renewed()
    {
        await using var broker = await OwnBroker.StartAsync();
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        broker.Authority.Certify(OwnBroker.Caller, until: time.GetUtcNow().AddMinutes(2));
        await using var fleet = await ChoriaFleet.ConnectAsync(
            new FleetName("test"), broker.Settings(), [broker.Server.Address], time, broker.Log, CancellationToken.None);
        await using var nodes = await broker.ListenAsync();
        Assert.Null(fleet.Trouble);

        time.Advance(TimeSpan.FromMinutes(3));
        var refused = await Assert.ThrowsAsync<FleetUnavailableException>(() => fleet.PublishAsync(Wave("dev1"), default));
        Assert.Contains("so nothing is sent to the fleet test: renew it", refused.Message, StringComparison.Ordinal);
        Assert.Equal(refused.Message, fleet.Trouble);

        broker.Authority.Certify(OwnBroker.Caller);
        time.Advance(TimeSpan.FromSeconds(1));
        await fleet.PublishAsync(Wave("dev2"), default);
        await Until.TrueAsync(() => !nodes.Heard.IsEmpty, "the node has heard it");
        Assert.Equal("mcollective.node.dev2", Assert.Single(nodes.Heard).Subject);
    }

    private static string SignerOf(byte[] payload)
    {
        using var transport = TransportMessage.Open(payload);
        return SecureRequest.Read(transport.Data.Span).Certificate;
    }

    private static string Permissions(string permissions) =>
        $$"""authorization { users: [ { user: "{{OwnBroker.Caller}}", permissions: { {{permissions}} } }, { user: "{{OwnBroker.Node}}" } ] }""";

    private static FleetWave Wave(params string[] nodes) => Wave(new NodeRequest.Status(), 60, nodes);

    private static FleetWave Wave(NodeRequest request, int timeToLive, params string[] nodes) =>
        new(Guid.NewGuid().ToString("N"), request, [.. nodes.Select(n => new NodeName(n))], TimeSpan.FromSeconds(timeToLive));

    private static ConcurrentQueue<FleetReply> Listen(ChoriaFleet fleet)
    {
        var heard = new ConcurrentQueue<FleetReply>();
        fleet.Listen(heard.Enqueue);
        return heard;
    }

    private static byte[] Answer(string request, string node) => RpcReply.Wrap(request, node, "puppet", TimeProvider.System.GetUtcNow(), Idle);

    private static byte[] Tampered(byte[] answer)
    {
        using var transport = TransportMessage.Open(answer);
        var changed = Encoding.UTF8.GetString(transport.Data.Span).Replace("true", "null", StringComparison.Ordinal);
        return TransportMessage.Wrap(Encoding.UTF8.GetBytes(changed), transport.Sender, null);
    }
}
