using NATS.Client.Core;
using Orchestrator.Choria.Protocol;

namespace Orchestrator.Network.Tests;

/// <summary>A broker that allows what the command prints, and nothing else: everything works, and nobody else gets in.</summary>
public sealed class NetworkPermissionsTests
{
    private const string Site = """
        environment: production
        applications:
          Lamp[app1]:
            Lamp::Mysql[app1]:  { node: dev1.example.net, produces: [Sql[app1]] }
            Lamp::Webapp[app1]: { node: dev2.example.net, consumes: [Sql[app1]] }
        """;

    [Fact]
    public async Task With_exactly_the_printed_permissions_a_deployment_succeeds_and_nobody_else_may_repeat_hear_or_forge_anything()
    {
        await using var network = await TestNetwork.StartAsync();
        foreach (var name in (string[])["dev1.example.net", "dev2.example.net", "bob.mcollective"])
            network.Authority.Certify(name);
        var state = network.NewState();
        var site = state.Write("site.yaml", Site);
        var open = await state.RunAsync("config");
        Assert.Contains($"warning  permissions {network.Broker.Address}: the broker lets us read the requests to nodes", open.Output, StringComparison.Ordinal);
        Assert.Equal(0, open.ExitCode);

        var printed = await state.RunAsync("config", "--broker-permissions", site);
        Assert.Equal((0, ""), (printed.ExitCode, printed.Error));
        await network.Broker.KillAsync();
        network.Broker.Configuration = NatsServer.MutualTls(network.Authority, printed.Output, mapsUsers: true);
        await network.Broker.StartAsync();
        var first = await network.EmulateOneAsync("dev1.example.net", "speed: 20");
        var second = await network.EmulateOneAsync("dev2.example.net", "speed: 20");

        var ran = await state.RunAsync("run", site, "--yes", "--output", "json");
        Assert.Equal((0, "succeeded: dev1.example.net succeeded, dev2.example.net succeeded"), (ran.ExitCode, OutcomeRow.EndOf(ran.Deployment())));
        Assert.Contains($"ok       permissions {network.Broker.Address}: ", (await state.RunAsync("config")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await state.RunAsync("config", "--ping", site)).ExitCode);

        Assert.DoesNotContain("complains", await File.ReadAllTextAsync(state.Log), StringComparison.Ordinal);

        var replies = Subjects.AllReplies("mcollective", $"choria={TestNetwork.Caller}");
        Assert.Equal(
            [
                "publish mcollective.node.dev2.example.net", "subscribe mcollective.node.dev2.example.net", "subscribe mcollective.node.>",
                $"subscribe {replies}",
            ],
            await RefusedAsync(
                network, "dev1.example.net", ["mcollective.node.dev2.example.net"], ["mcollective.node.dev2.example.net", "mcollective.node.>", replies]));
        Assert.Equal(
            ["publish mcollective.reply.x.y", "subscribe mcollective.node.dev1.example.net", "subscribe mcollective.reply.>"],
            await RefusedAsync(network, TestNetwork.Caller, ["mcollective.reply.x.y"], ["mcollective.node.dev1.example.net", "mcollective.reply.>"]));
        var stranger = await Assert.ThrowsAsync<Messages.Fleet.FleetUnavailableException>(() => network.ConnectAsync("bob.mcollective"));
        Assert.Contains("refused us: Authorization Violation", stranger.Message, StringComparison.Ordinal);
        await first.FreshAsync();
        await second.FreshAsync();
        Assert.Equal((1, 1), (first.Runs("dev1.example.net"), second.Runs("dev2.example.net")));
    }

    /// <summary>What the broker refuses a user of it, of what it tries in this order; each of these must be refused, or the test waits in vain.</summary>
    private static async Task<List<string>> RefusedAsync(TestNetwork network, string user, string[] publish, string[] subscribe)
    {
        await using var connection = await network.ConnectAsync(user);
        var refused = new System.Collections.Concurrent.ConcurrentQueue<string>();
        connection.ServerError += (_, e) =>
        {
            var words = e.Error.Split('"');
            // The client library subscribes to an inbox of its own.
            if (!words[1].Contains(".inbox.", StringComparison.Ordinal))
                refused.Enqueue($"{(words[0].Contains("Publish", StringComparison.OrdinalIgnoreCase) ? "publish" : "subscribe")} {words[1]}");
            return default;
        };
        foreach (var subject in publish)
            await connection.PublishAsync(subject);
        var subscriptions = new List<INatsSub<byte[]>>();
        foreach (var subject in subscribe)
            subscriptions.Add(await connection.SubscribeCoreAsync<byte[]>(subject));
        await Until.TrueAsync(() => refused.Count == publish.Length + subscribe.Length, $"{user} is refused all of it");
        foreach (var subscription in subscriptions)
            await subscription.DisposeAsync();
        return [.. refused];
    }
}
