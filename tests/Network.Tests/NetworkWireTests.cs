using System.Collections.Concurrent;
using System.Text.Json;
using NATS.Client.Core;
using Orchestrator.Choria.Connecting;
using Orchestrator.Choria.Protocol;
using Orchestrator.Choria.Security;

namespace Orchestrator.Network.Tests;

/// <summary>What passes the broker, heard by somebody who listens there.</summary>
public sealed class NetworkWireTests
{
    private static readonly string[] Acts = ["enable", "runonce", "last_run_summary"];

    private const string Lamp = """
        environment: production
        applications:
          Lamp[app1]:
            Lamp::Mysql[app1]:    { node: dev1.example.net, produces: [Sql[app1]] }
            Lamp::Webapp[app1-1]: { node: dev2.example.net, consumes: [Sql[app1]] }
            Lamp::Webapp[app1-2]: { node: dev3.example.net, consumes: [Sql[app1]] }
            Lamp::Webapp[app1-3]: { node: dev4.example.net, consumes: [Sql[app1]] }
        """;

    [Fact]
    public async Task The_Lamp_site_is_deployed_in_the_order_of_the_original()
    {
        await using var network = await TestNetwork.StartAsync();
        await network.EmulateAsync("dev[1-4].example.net", "speed: 5\ndefaults: { run: 8s, start-lag: 1s..2s, answer: 5ms..50ms }");
        await using var listener = await network.ConnectAsync();
        var heard = new ConcurrentQueue<(string Node, string Action)>();
        await using var requests = await listener.SubscribeCoreAsync<byte[]>("mcollective.node.>");
        await listener.PingAsync();
        using var verifier = new RequestVerifier(
            await File.ReadAllTextAsync(network.Authority.Certificate("ca")), [RequestVerifier.DefaultAllowed], TimeProvider.System);
        var listening = ListenAsync();
        var state = network.NewState();
        var ran = await state.RunAsync("run", state.Write("lamp.yaml", Lamp), "--yes", "--output", "json");
        Assert.Equal(0, ran.ExitCode);
        await listener.PingAsync();
        await requests.UnsubscribeAsync();
        await listening;

        var original = File.ReadLines(
            Path.Combine(AppContext.BaseDirectory, "fixtures", "71-orchestrator-run-ok.jsonl")).Select(l => JsonDocument.Parse(l).RootElement)
            .Where(m => m.GetProperty("body").TryGetProperty("action", out _))
            .Select(m => (m.GetProperty("subject").GetString()!["mcollective.node.".Length..], m.GetProperty("body").GetProperty("action").GetString()!));
        Assert.Equal(
            [
                "dev1: enable, runonce, last_run_summary, enable", "dev2: enable, runonce, last_run_summary, enable",
                "dev3: enable, runonce, last_run_summary, enable", "dev4: enable, runonce, last_run_summary, enable",
            ],
            ByNode(original));
        // The check reads every node's last run too.
        Assert.Equal(ByNode(original), ByNode(heard.SkipWhile(r => r.Action != "disable")));
        Assert.Equal(["group 1", "group 2", "all"], Stages(original));
        Assert.Equal(Stages(original), Stages(heard.SkipWhile(r => r.Action != "disable")));

        async Task ListenAsync()
        {
            await foreach (var message in requests.Msgs.ReadAllAsync())
            {
                using var transport = TransportMessage.Open(message.Data);
                using var body = JsonDocument.Parse(verifier.Open(transport).Body);
                heard.Enqueue((message.Subject["mcollective.node.".Length..], body.RootElement.GetProperty("action").GetString()!));
            }
        }
    }

    [Fact]
    public async Task Five_thousand_nodes_of_one_small_process_answer_a_ping()
    {
        const int Many = 5_000;
        await using var network = await TestNetwork.StartAsync();
        var fleet = await network.EmulateAsync($"node[0001-{Many}].example.net", "speed: 1");
        await using var client = await network.ConnectAsync();
        using var caller = CallerIdentity.Load(network.Settings(TestNetwork.Caller), TimeProvider.System.GetUtcNow());
        var replies = Subjects.Replies(ChoriaSettings.DefaultCollective, caller.CallerId, "ping");
        await using var pongs = await client.SubscribeCoreAsync<byte[]>(replies, opts: new NatsSubOpts { MaxMsgs = Many, Timeout = TimeSpan.FromSeconds(60) });
        var ping = new RpcRequest(
            new string('a', 32), TestNetwork.Caller, caller.CallerId, ChoriaSettings.DefaultCollective, "discovery",
            TimeSpan.FromSeconds(60), TimeProvider.System.GetUtcNow(), new RpcFilter { Agents = ["puppet"] }, "\"ping\""u8.ToArray());
        await client.PublishAsync(Subjects.Agent(ChoriaSettings.DefaultCollective, "discovery"), caller.Seal(ping, replies));
        var answered = new HashSet<string>();
        await foreach (var message in pongs.Msgs.ReadAllAsync())
        {
            using var reply = RpcReply.Open(message.Data);
            Assert.Equal("\"pong\"", System.Text.Encoding.UTF8.GetString(reply.Body.Span));
            answered.Add(reply.Sender);
        }
        Assert.Equal(Many, answered.Count);
        Assert.InRange(fleet.Memory, 0, 250_000_000);
    }

    /// <summary>What each node was asked to do, in order; what was asked several times in a row, once.</summary>
    private static IEnumerable<string> ByNode(IEnumerable<(string Node, string Action)> requests) =>
        from request in requests
        where Acts.Contains(request.Action)
        group request.Action by request.Node[..4] into node
        orderby node.Key
        select $"{node.Key}: {string.Join(", ", node.Where((action, i) => i == 0 || node.ElementAt(i - 1) != action))}";

    /// <summary>Whose turn it was, in order. A node's second enable is the end's.</summary>
    private static IEnumerable<string> Stages(IEnumerable<(string Node, string Action)> requests)
    {
        var ran = new HashSet<string>();
        var last = "";
        foreach (var (node, action) in requests.Where(r => Acts.Contains(r.Action)))
        {
            if (action == "last_run_summary")
                ran.Add(node);
            var stage = action == "enable" && ran.Contains(node) ? "all" : node.StartsWith("dev1", StringComparison.Ordinal) ? "group 1" : "group 2";
            if (stage != last)
                yield return last = stage;
        }
    }
}
