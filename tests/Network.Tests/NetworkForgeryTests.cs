using System.Text;
using NATS.Client.Core;
using Orchestrator.Choria.Protocol;

namespace Orchestrator.Network.Tests;

/// <summary>A broker that restricts nobody, and somebody there who answers beside a node, in its name.</summary>
public sealed class NetworkForgeryTests
{
    /// <summary>The second node keeps the deployment going: a second answer may come late.</summary>
    private const string Site = """
        environment: production
        applications:
          Lamp[app1]:
            Lamp::Mysql[app1]: { node: dev1.example.net, produces: [Sql[app1]] }
            Lamp::Webapp[app1]: { node: dev2.example.net, consumes: [Sql[app1]] }
        """;

    private const string Forged = "dev1.example.net";

    [Theory]
    [InlineData(1, "succeeded: dev1.example.net succeeded, dev2.example.net succeeded")]
    [InlineData(int.MaxValue, "failed: dev1.example.net failed: unproven held, dev2.example.net skipped held")]
    public async Task A_run_counts_by_an_answer_that_nobody_contradicts_or_not_at_all(int forgeries, string end)
    {
        await using var network = await TestNetwork.StartAsync();
        await network.EmulateAsync("dev[1-2].example.net", "speed: 5\ndefaults: { run: 8s, start-lag: 1s..2s, answer: 5ms..50ms }");
        await using var forger = await network.ConnectAsync();
        await using var replies = await forger.SubscribeCoreAsync<byte[]>("mcollective.reply.>");
        await forger.PingAsync();
        var forging = ForgeAsync(forger, replies, forgeries);

        var state = network.NewState();
        var ran = await state.RunAsync("run", state.Write("site.yaml", Site), "--yes", "--output", "json");
        await replies.UnsubscribeAsync();
        Assert.NotEqual(0, await forging);

        const string told = "it gave two different answers to one last_run_summary request (SHA-256 ";
        Assert.Equal(end, OutcomeRow.EndOf(ran.Deployment()));
        Assert.StartsWith(told, ran.Deployment().Nodes.Single(n => n.Name.Value == Forged).Warnings![0], StringComparison.Ordinal);
        var events = await state.RunAsync("events", ran.Deployment().Id.Value);
        Assert.Contains($"dev1.example.net: {told}", events.Output, StringComparison.Ordinal);
    }

    /// <summary>Says beside the node that its run, not what was before, failed.</summary>
    /// <returns>How often.</returns>
    private static async Task<int> ForgeAsync(NatsConnection forger, INatsSub<byte[]> replies, int forgeries)
    {
        var (forged, seen) = (0, 0);
        await foreach (var message in replies.Msgs.ReadAllAsync())
        {
            // A client's message to itself, which shows that it hears.
            if (message.Data is not { Length: > 0 } payload)
                continue;
            using var reply = RpcReply.Open(payload);
            var body = Encoding.UTF8.GetString(reply.Body.Span);
            if (reply.Sender != Forged || !body.Contains("\"failed_resources\":0", StringComparison.Ordinal) || ++seen == 1 || forged == forgeries)
                continue;
            var failed = Encoding.UTF8.GetBytes(body.Replace("\"failed_resources\":0", "\"failed_resources\":7", StringComparison.Ordinal));
            forged++;
            await forger.PublishAsync(message.Subject, RpcReply.Wrap(reply.RequestId, reply.Sender, reply.Agent, reply.Time, failed));
        }
        return forged;
    }
}
