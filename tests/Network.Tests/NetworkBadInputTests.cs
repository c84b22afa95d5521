using System.Text;
using Orchestrator.Choria.Protocol;

namespace Orchestrator.Network.Tests;

/// <summary>Malformed and hostile messages, and brokers that let us do little: a clear end, or a counted drop, and never a wrong outcome.</summary>
public sealed class NetworkBadInputTests
{
    private const string Site = """
        environment: production
        applications:
          Lamp[app1]:
            Lamp::Mysql[app1]:    { node: dev1, produces: [Sql[app1]] }
            Lamp::Webapp[app1-1]: { node: dev2, consumes: [Sql[app1]] }
        """;

    [Fact]
    public async Task An_intruder_who_floods_our_subjects_with_what_is_no_answer_changes_no_outcome_and_the_log_counts_it()
    {
        const int ForEachRequest = 1000;
        await using var network = await TestNetwork.StartAsync();
        await network.EmulateAsync("dev[1-2]", "speed: 10\nnodes: { dev2: { result: failed-resources } }");
        await using var intruder = await network.ConnectAsync(TestNetwork.NodeName);
        using var end = new CancellationTokenSource();
        var said = 0;
        var subscription = await intruder.SubscribeCoreAsync<byte[]>("mcollective.node.>");
        await intruder.PingAsync();
        var flooding = FloodAsync();

        var state = network.NewState();
        var ran = await state.RunAsync("run", state.Write("site.yaml", Site), "--yes", "--output", "json");
        await end.CancelAsync();
        await flooding;
        Assert.Equal((1, "failed: dev1 succeeded held, dev2 failed: resources held"), (ran.ExitCode, OutcomeRow.EndOf(ran.Deployment())));
        Assert.True(said > 5 * ForEachRequest, $"the intruder said only {said}");
        await state.EndHostAsync();
        var log = await File.ReadAllLinesAsync(state.Log);
        var last = log.Last(l => l.Contains(" dropped so far: ", StringComparison.Ordinal));
        foreach (var reason in (string[])[
            "not JSON", "not base64", "wrong hash", "node was not asked", "request and subject do not match",
        ])
        {
            Assert.Matches($"{reason}: [1-9][0-9]+", last);
        }
        Assert.InRange(log.Count(l => l.Contains(" dropped so far: ", StringComparison.Ordinal)), 1, 20);
        Assert.Equal("", string.Join('\n', log.Where(l => l.Contains("[ERR]", StringComparison.Ordinal))));

        async Task FloodAsync()
        {
            try
            {
                await foreach (var message in subscription.Msgs.ReadAllAsync(end.Token))
                {
                    using var transport = TransportMessage.Open(message.Data);
                    var id = transport.ReplyTo![(transport.ReplyTo!.LastIndexOf('.') + 1)..];
                    var node = message.Subject["mcollective.node.".Length..];
                    var lies = Lies(id, node);
                    for (var i = 0; i < ForEachRequest; i++, said++)
                        await intruder.PublishAsync(transport.ReplyTo, lies[i % lies.Length], cancellationToken: end.Token);
                }
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        }
    }

    [Fact]
    public async Task A_node_that_answers_in_YAML_is_refused_with_the_setting_and_not_called_unreachable()
    {
        await using var network = await TestNetwork.StartAsync();
        var recorded = await File.ReadAllBytesAsync(Path.Combine(AppContext.BaseDirectory, "yaml-reply.raw"));
        using var reply = TransportMessage.Open(recorded);
        await using var node = await network.ConnectAsync(TestNetwork.NodeName);
        var subscription = await node.SubscribeCoreAsync<byte[]>($"mcollective.node.{reply.Sender}");
        await node.PingAsync();
        using var end = new CancellationTokenSource();
        var answering = AnswerAsync();

        var state = network.NewState();
        var site = Site.Replace("dev1", reply.Sender, StringComparison.Ordinal).Replace("dev2", reply.Sender, StringComparison.Ordinal);
        var ran = await state.RunAsync("run", state.Write("site.yaml", site), "--yes", "--output", "json");
        await end.CancelAsync();
        await answering;

        Assert.Equal((3, $"refused: {reply.Sender} refused"), (ran.ExitCode, OutcomeRow.EndOf(ran.Deployment())));
        Assert.Contains("plugin.choria.security.serializer = json", ran.Deployment().Nodes[0].Message, StringComparison.Ordinal);

        async Task AnswerAsync()
        {
            try
            {
                await foreach (var message in subscription.Msgs.ReadAllAsync(end.Token))
                {
                    using var transport = TransportMessage.Open(message.Data);
                    await node.PublishAsync(transport.ReplyTo!, recorded);
                }
            }
            catch (OperationCanceledException)
            {
                // The test is over.
            }
        }
    }

    [Fact]
    public async Task A_broker_that_does_not_let_us_publish_to_a_node_is_the_outcome_of_that_node_and_nothing_was_changed()
    {
        await using var network = await TestNetwork.StartAsync(Permissions("""publish: { deny: "mcollective.node.dev2" }, subscribe: ">" """), mapsUsers: true);
        await network.EmulateAsync("dev[1-2]", "speed: 10");
        var state = network.NewState();
        var ran = await state.RunAsync("run", state.Write("site.yaml", Site), "--yes", "--output", "json");
        Assert.Equal((3, "refused: dev1 skipped, dev2 refused"), (ran.ExitCode, OutcomeRow.EndOf(ran.Deployment())));
        Assert.Equal(
            "the broker does not let choria=alice.mcollective publish to mcollective.node.dev2: allow it mcollective.node.> in the broker's permissions",
            ran.Deployment().Nodes[1].Message);
    }

    [Fact]
    public async Task A_broker_that_does_not_let_us_hear_answers_is_named_with_the_subject_in_the_run_and_in_the_check()
    {
        await using var network = await TestNetwork.StartAsync(Permissions("""publish: ">", subscribe: { deny: "mcollective.reply.>" }"""), mapsUsers: true);
        var state = network.NewState();
        var ran = await state.RunAsync("run", state.Write("site.yaml", Site), "--yes");
        Assert.Equal(8, ran.ExitCode);
        Assert.Matches(
            @"does not let choria=alice\.mcollective subscribe to .*: allow it mcollective\.reply\.[0-9a-f]{32}\.> .*"
            + "; \"orchestrator config --fleet default\" checks each setting",
            ran.LastWord());
        var checks = await state.RunAsync("config");
        Assert.Equal(8, checks.ExitCode);
        Assert.Contains(
            $"FAILED   broker {network.Broker.Address}: the broker of the fleet default does not let choria=alice.mcollective subscribe", checks.Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broker_that_lets_only_nodes_publish_answers_is_no_trouble_and_not_told()
    {
        await using var network = await TestNetwork.StartAsync(Permissions("""publish: { deny: "mcollective.reply.>" }, subscribe: ">" """), mapsUsers: true);
        await network.EmulateAsync("dev[1-2]", "speed: 10");
        var state = network.NewState();
        var ran = await state.RunAsync("run", state.Write("site.yaml", Site), "--yes");
        Assert.True(ran.ExitCode == 0, ran.Output + ran.Error);
        Assert.DoesNotContain("complains", File.ReadAllText(state.Log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_has_run_out_is_named_and_so_is_one_of_another_key()
    {
        await using var network = await TestNetwork.StartAsync();
        network.Authority.Certify("old.mcollective", until: network.Authority.Now.AddHours(-1));
        network.Authority.Certify("mixed.mcollective");
        File.Copy(network.Authority.Key(TestNetwork.Caller), network.Authority.Key("mixed.mcollective"), overwrite: true);
        foreach (var (caller, words, line) in new[]
        {
            ("old.mcollective", "old.mcollective.pem expired on ", "FAILED   certificate: \"old.mcollective\" expired on "),
            ("mixed.mcollective", "mixed.mcollective.pem does not belong to the certificate ", "FAILED   key and certificate: "),
        })
        {
            var state = network.NewState(caller);
            var ran = await state.RunAsync("run", state.Write("site.yaml", Site), "--yes");
            Assert.Equal(8, ran.ExitCode);
            Assert.Contains(words, ran.LastWord(), StringComparison.Ordinal);
            Assert.Contains(line, (await state.RunAsync("config")).Output, StringComparison.Ordinal);
        }
    }

    private static string Permissions(string permissions) =>
        $$"""authorization { users: [ { user: "{{TestNetwork.Caller}}", permissions: { {{permissions}} } }, { user: "{{TestNetwork.NodeName}}" } ] }""";

    /// <summary>What whoever may publish on the broker can make up without being taken for the node.</summary>
    private static byte[][] Lies(string request, string node)
    {
        var body = """{"statuscode":0,"statusmsg":"OK","data":{"applying":false,"enabled":true,"lastrun":2000000000}}"""u8;
        var now = TimeProvider.System.GetUtcNow();
        var right = RpcReply.Wrap(request, node, "puppet", now, body);
        using var transport = TransportMessage.Open(right);
        var changed = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(transport.Data.Span).Replace("false", "true ", StringComparison.Ordinal));
        return
        [
            "{"u8.ToArray(),
            Encoding.UTF8.GetBytes($$$"""{"protocol":"choria:transport:1","data":"%%%","headers":{"mc_sender":"{{{node}}}"}}"""),
            TransportMessage.Wrap(changed, node, null),
            RpcReply.Wrap(request, "dev9", "puppet", now, body),
            RpcReply.Wrap(new string('0', 32), node, "puppet", now, body),
        ];
    }
}
