using System.Net;
using System.Net.Sockets;
using NATS.NKeys;
using Orchestrator.Choria.Client;
using Orchestrator.Choria.Connecting;
using Orchestrator.Choria.Protocol;
using Orchestrator.Choria.Tests.Client;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Choria.Tests.Connecting;

/// <summary>What a broker that does not take us looks like, against real ones: the check's line, and the sentence of a run.</summary>
public sealed class ConnectionChecksTests
{
    [Fact]
    public async Task A_broker_that_takes_us()
    {
        await using var broker = await OwnBroker.StartAsync();
        Assert.Equal(
            [
                $"brokers ok: {broker.Server.Address} (as configured)",
                $"broker {broker.Server.Address} ok: connected over mutual TLS, and let us subscribe to our replies",
                $"permissions {broker.Server.Address} warning: the broker lets us read the requests to nodes, and so repeat them, "
                    + "read the replies to other callers, reply to them in a node's place; "
                    + "whoever else has a certificate may be able to do the same: restrict its users",
            ],
            (await LinesAsync(broker.Settings())).TakeLast(3));
    }

    [Fact]
    public async Task One_broker_of_two_is_enough_and_the_other_is_told_of()
    {
        await using var broker = await OwnBroker.StartAsync();
        var settings = broker.Settings() with { Brokers = ["localhost:1", broker.Server.Address] };
        var lines = (await LinesAsync(settings)).TakeLast(3).ToList();

        Assert.StartsWith("broker localhost:1 warning: nothing listens on localhost:1", lines[0], StringComparison.Ordinal);
        Assert.StartsWith($"broker {broker.Server.Address} ok", lines[1], StringComparison.Ordinal);
        await using var fleet = await ConnectAsync(settings);
    }

    [Theory]
    [InlineData("mcollective.node.>", "mcollective.reply.HASH.>", false, false, false)]
    [InlineData("mcollective.node.>", "mcollective.reply.>", false, true, false)]
    [InlineData("mcollective.node.>", ">", true, true, false)]
    [InlineData(">", "mcollective.reply.HASH.>", false, false, true)]
    [InlineData(">", "mcollective.reply.>", true, true, true)]
    [InlineData("mcollective.>", "mcollective.>", true, true, true)]
    public async Task What_a_broker_allows_beyond_need_is_found_on_subjects_of_nobody(
        string publish, string subscribe, bool hearsRequests, bool hearsReplies, bool forgesReplies)
    {
        var hashed = Subjects.AllReplies("mcollective", $"choria={OwnBroker.Caller}");
        subscribe = subscribe.Replace("mcollective.reply.HASH.>", hashed, StringComparison.Ordinal);
        await using var broker = await OwnBroker.StartAsync(
            $$"""
            authorization {
              users: [
                { user: "{{OwnBroker.Caller}}", permissions: { publish: "{{publish}}", subscribe: "{{subscribe}}" } }
                { user: "{{OwnBroker.Node}}" }
              ]
            }
            """);
        await using var nodes = await broker.ListenAsync();
        Assert.Equal(
            new BrokerExcess(hearsRequests, hearsReplies, forgesReplies),
            await BrokerPermissionsProbe.AskAsync(broker.Settings(), broker.Server.Address, CancellationToken.None));
        Assert.Empty(nodes.Heard);
    }

    [Fact]
    public async Task Nothing_listens_or_the_name_is_none()
    {
        await using var broker = await OwnBroker.StartAsync();
        await FailsAsync(broker.Settings() with { Brokers = ["localhost:1"] }, "nothing listens on localhost:1");
        await FailsAsync(
            broker.Settings() with { Brokers = ["no-such-host.invalid:4222"] }, "the broker's name in no-such-host.invalid:4222 cannot be resolved");
    }

    [Fact]
    public async Task A_broker_of_another_authority_and_one_that_does_not_know_ours()
    {
        await using var broker = await OwnBroker.StartAsync();
        await using var strange = await OwnBroker.StartAsync();
        var settings = broker.Settings() with { Brokers = [strange.Server.Address] };
        await FailsAsync(
            settings,
            $"its certificate was issued by \"Puppet CA: test\", which is not an authority in {settings.CertificateAuthority}: set ca to that of the broker");
        // One that we trust and that does not trust us.
        await using var wary = await NatsServer.StartAsync(
            NatsServer.MutualTls(broker.Authority).Replace(broker.Authority.Certificate("ca"), strange.Authority.Certificate("ca"), StringComparison.Ordinal));
        await FailsAsync(settings with { Brokers = [wary.Address] }, $"the broker {wary.Address} closed the connection: it may not trust our certificate");
    }

    [Fact]
    public async Task A_broker_whose_certificate_is_of_another_name()
    {
        await using var broker = await OwnBroker.StartAsync();
        File.Copy(broker.Authority.Certificate("node.example.net"), broker.Authority.Certificate("localhost"), overwrite: true);
        File.Copy(broker.Authority.Key("node.example.net"), broker.Authority.Key("localhost"), overwrite: true);
        await using var server = await NatsServer.StartAsync(NatsServer.MutualTls(broker.Authority));
        await FailsAsync(
            broker.Settings() with { Brokers = [server.Address] }, "its certificate is for node.example.net, not for localhost: use that name in brokers");
    }

    [Fact]
    public async Task A_broker_whose_certificate_has_run_out()
    {
        await using var broker = await OwnBroker.StartAsync();
        broker.Authority.Certify("localhost", until: broker.Authority.Now.AddHours(-1));
        await using var server = await NatsServer.StartAsync(NatsServer.MutualTls(broker.Authority));
        await FailsAsync(broker.Settings() with { Brokers = [server.Address] }, "renew it on the broker, or check this machine's clock");
    }

    [Fact]
    public async Task A_broker_without_TLS()
    {
        await using var broker = await OwnBroker.StartAsync();
        await using var plain = await NatsServer.StartAsync("");
        await FailsAsync(broker.Settings() with { Brokers = [plain.Address] }, $"the broker {plain.Address} does not use TLS");
    }

    [Fact]
    public async Task What_is_no_broker_at_all()
    {
        await using var broker = await OwnBroker.StartAsync();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var over = new CancellationTokenSource();
        var talking = TalkAsync(listener, over.Token);
        await FailsAsync(
            broker.Settings() with { Brokers = [$"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"] },
            "it may not trust our certificate, or is not a NATS server with TLS");
        await over.CancelAsync();
        await talking;
    }

    [Fact]
    public async Task An_nkey_that_the_broker_wants_beside_the_certificate()
    {
        using var user = KeyPair.CreatePair(PrefixByte.User);
        using var stranger = KeyPair.CreatePair(PrefixByte.User);
        await using var broker = await OwnBroker.StartAsync();
        await using var server =
            await NatsServer.StartAsync(NatsServer.MutualTls(broker.Authority, $$"""authorization { users: [ { nkey: {{user.GetPublicKey()}} } ] }"""));
        var seed = Path.Combine(broker.Authority.Folder, "user.nk");
        var settings = broker.Settings() with { Brokers = [server.Address], NKeySeed = seed };

        await FailsAsync(settings, $"{seed} cannot be read");
        await File.WriteAllTextAsync(seed, stranger.GetSeed());
        await FailsAsync(settings, $"the broker {server.Address} refused us: Authorization Violation");
        await FailsAsync(settings with { NKeySeed = null }, $"the broker {server.Address} refused us: Authorization Violation");
        await File.WriteAllTextAsync(seed, user.GetSeed());
        Assert.Contains($"login ok: {seed}", await LinesAsync(settings));
        await using var fleet = await ConnectAsync(settings);
    }

    /// <remarks>The case of the broker's words depends on who tells them first, the broker or the library.</remarks>
    private static async Task FailsAsync(ChoriaSettings settings, string because)
    {
        var lines = await LinesAsync(settings);
        Assert.Contains(lines, l => l.Contains(" failed: ", StringComparison.Ordinal) && l.Contains(because, StringComparison.OrdinalIgnoreCase));
        var problem = await Assert.ThrowsAsync<FleetUnavailableException>(() => ConnectAsync(settings));
        Assert.Contains(because, problem.Message, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task<List<string>> LinesAsync(ChoriaSettings settings)
    {
        var checks = new ConnectionChecks(new BrokerAddresses(), TimeProvider.System);
        var found = await checks.RunAsync(new FleetName("test"), settings, CancellationToken.None);
        return [.. found.Select(c => $"{c.Name} {c.Result.ToString().ToLowerInvariant()}: {c.Message}")];
    }

    private static Task<ChoriaFleet> ConnectAsync(ChoriaSettings settings) =>
        ChoriaFleet.ConnectAsync(new FleetName("test"), settings, settings.Brokers, TimeProvider.System, new OwnBroker.LinesLog(), CancellationToken.None);

    /// <summary>Says what no broker says, to everybody.</summary>
    private static async Task TalkAsync(TcpListener listener, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            try
            {
                using var client = await listener.AcceptTcpClientAsync(over);
                await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), over);
            }
            catch (Exception e) when (e is SocketException or IOException or OperationCanceledException)
            {
                // Who called has gone, or the test is over.
            }
        }
    }
}
