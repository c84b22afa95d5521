using NATS.Client.Core;
using Orchestrator.Choria.Client;
using Orchestrator.Choria.Connecting;
using Orchestrator.Choria.Protocol;
using Orchestrator.Choria.Security;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Choria.Tests.Client;

/// <summary>A ping of discovery over a real nats-server; the nodes are the test's own and say what real ones said.</summary>
public sealed class FleetPingTests
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);
    private static readonly FleetName Fleet = new("test");

    [Theory]
    [InlineData("01-discovery-ping")]
    [InlineData("68-ping-body-raw")]
    [InlineData("69-ping-body-raw-unquoted")]
    public void A_recorded_pong_is_a_node_with_its_clock(string folder)
    {
        var replies = Recording.All.Where(r => r.Name.StartsWith(folder + "/", StringComparison.Ordinal) && !r.IsRequest).ToList();
        Assert.Equal(4, replies.Count);
        foreach (var recording in replies)
        {
            var id = recording.Envelope.GetProperty("requestid").GetString()!;
            var time = DateTimeOffset.FromUnixTimeSeconds(recording.Envelope.GetProperty("time").GetInt64());
            var node = FleetPing.Read(id, recording.Payload, TimeSpan.FromMilliseconds(7), time.AddMilliseconds(300));
            Assert.Equal(new PingedNode(
                new NodeName(recording.Envelope.GetProperty("senderid").GetString()!), TimeSpan.FromMilliseconds(7), time, TimeSpan.Zero, null), node);
            Assert.Null(FleetPing.Read("00000000000000000000000000000000", recording.Payload, default, time));
        }
    }

    [Fact]
    public void A_node_that_answers_in_YAML_is_there_and_its_setting_is_named()
    {
        var node = FleetPing.Read("x", Recording.Of("114-json-request-to-yaml-node/002-reply").Payload, TimeSpan.FromMilliseconds(7), DateTimeOffset.UnixEpoch);
        Assert.NotEqual("", node!.Name.Value);
        Assert.Null(node.Time);
        Assert.Contains("plugin.choria.security.serializer = json", node.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.0, 0.3, 0.0)]
    [InlineData(0.0, 0.999, 0.0)]
    [InlineData(0.0, 25.0, -24.0)]
    [InlineData(90.0, 0.0, 90.0)]
    public void The_second_that_a_node_cuts_is_no_offset(double said, double now, double offset) =>
        Assert.Equal(TimeSpan.FromSeconds(offset), FleetPing.OffsetOf(DateTimeOffset.UnixEpoch.AddSeconds(said), DateTimeOffset.UnixEpoch.AddSeconds(now)));

    [Fact]
    public async Task All_nodes_of_the_collective_are_asked_once_and_each_counts_once()
    {
        await using var broker = await OwnBroker.StartAsync();
        await using var nodes = await ListenAsync(broker, request => request.Agent == "discovery"
            ? [("dev2", 0, request.Id), ("dev1", 3600, request.Id), ("dev2", 0, request.Id), ("dev3", 0, "00000000000000000000000000000000")]
            : []);

        var answered = await new FleetPing(new BrokerAddresses(), TimeProvider.System).AskAsync(Fleet, broker.Settings(), Wait, default);

        Assert.Equal([("dev1", true), ("dev2", false)], answered.Select(n => (n.Name.Value, n.IsClockOff)));
        Assert.InRange(answered[0].Offset!.Value, TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(61));
        Assert.All(answered, n => Assert.InRange(n.Took, TimeSpan.Zero, Wait + TimeSpan.FromSeconds(30)));
        Assert.Equal(("\"ping\"", TimeSpan.FromDays(1)), (System.Text.Encoding.UTF8.GetString(nodes.Heard!.Body.Span), nodes.Heard.TimeToLive));
    }

    [Fact]
    public async Task A_collective_without_a_node_is_empty_and_a_broker_that_does_not_let_us_ask_is_named()
    {
        await using var broker = await OwnBroker.StartAsync();
        var ping = new FleetPing(new BrokerAddresses(), TimeProvider.System);
        Assert.Empty(await ping.AskAsync(Fleet, broker.Settings(), TimeSpan.FromMilliseconds(200), default));

        await using var strict = await OwnBroker.StartAsync(
            $$"""
            authorization {
              users: [ { user: "{{OwnBroker.Caller}}", permissions: { publish: ["mcollective.node.>"], subscribe: ["mcollective.reply.>"] } } ]
            }
            """);
        var e = await Assert.ThrowsAsync<FleetUnavailableException>(() => ping.AskAsync(Fleet, strict.Settings(), Wait, default));
        Assert.Contains("allow it to publish to mcollective.broadcast.agent.discovery", e.Message, StringComparison.Ordinal);
    }

    private static async Task<Nodes> ListenAsync(OwnBroker broker, Func<RpcRequest, IEnumerable<(string Name, int Ahead, string Id)>> answers)
    {
        var settings = broker.Settings(OwnBroker.Node);
        var connection = new NatsConnection(new NatsOpts
        {
            Url = $"tls://{broker.Server.Address}",
            TlsOpts = new NatsTlsOpts
            {
                Mode = TlsMode.Require,
                CaFile = settings.CertificateAuthority,
                CertFile = settings.Certificate,
                KeyFile = settings.PrivateKey,
            },
        });
        var subscription = await connection.SubscribeCoreAsync<byte[]>("mcollective.broadcast.agent.>");
        await connection.PingAsync();
        return new Nodes(connection, subscription, new RequestVerifier(
            await File.ReadAllTextAsync(settings.CertificateAuthority), [RequestVerifier.DefaultAllowed], TimeProvider.System), answers);
    }

    /// <summary>All nodes of the collective.</summary>
    private sealed class Nodes : IAsyncDisposable
    {
        private readonly NatsConnection _connection;
        private readonly RequestVerifier _verifier;
        private readonly Task _listening;

        public Nodes(
            NatsConnection connection, INatsSub<byte[]> subscription, RequestVerifier verifier,
            Func<RpcRequest, IEnumerable<(string Name, int Ahead, string Id)>> answers)
        {
            (_connection, _verifier) = (connection, verifier);
            _listening = AnswerAsync(subscription, answers);
        }

        public RpcRequest? Heard { get; private set; }

        public async ValueTask DisposeAsync()
        {
            await _connection.DisposeAsync();
            await _listening;
            _verifier.Dispose();
        }

        private async Task AnswerAsync(INatsSub<byte[]> subscription, Func<RpcRequest, IEnumerable<(string Name, int Ahead, string Id)>> answers)
        {
            await foreach (var message in subscription.Msgs.ReadAllAsync())
            {
                using var transport = TransportMessage.Open(message.Data!);
                var request = Heard = _verifier.Open(transport);
                foreach (var (name, ahead, id) in answers(request))
                {
                    await _connection.PublishAsync(
                        transport.ReplyTo!, RpcReply.Wrap(id, name, request.Agent, TimeProvider.System.GetUtcNow().AddSeconds(ahead), "\"pong\""u8));
                }
            }
        }
    }
}
