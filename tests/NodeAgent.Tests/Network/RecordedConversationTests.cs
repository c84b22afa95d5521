using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Time.Testing;
using Orchestrator.Choria.Protocol;
using Orchestrator.Choria.Security;
using Orchestrator.Messages;
using Orchestrator.NodeAgent.Emulation.Nodes;
using Orchestrator.NodeAgent.Serving;
using Orchestrator.NodeAgent.Tests.Nodes;
using Orchestrator.NodeAgent.Tests.Scenarios;

namespace Orchestrator.NodeAgent.Tests.Network;

/// <summary>
/// Every request of the recorded conversations, byte for byte, comes to emulated nodes in the situation of the recorded ones: those answer that
/// answered, with what they answered, and those are silent that were.
/// </summary>
public sealed partial class RecordedConversationTests
{
    /// <summary>Nodes that the emulation does not play: set to speak YAML.</summary>
    private static readonly string[] OtherNodes =
        ["110-yaml-serializer-ping", "111-yaml-serializer-status", "112-yaml-serializer-disable", "114-json-request-to-yaml-node"];

    /// <summary>The inputs of an action that the emulation lacks were refused, the action itself is refused here: the same code in other words.</summary>
    private const string OtherAction = "51-missing-required-data";

    /// <summary>No catalog is, in the emulation, one that does not compile: the server is there, and its plugins are fetched.</summary>
    private const string WithoutServer = "99-server-unreachable-last_run_summary";

    private static readonly string[] Names = ["dev1", "dev2", "dev3", "dev4"];

    public static TheoryData<string> Conversations => [.. Recording.Conversations.Except(OtherNodes)];

    [Fact]
    public void The_situation_of_every_conversation_is_told() =>
        Assert.Equal(Recording.Conversations, RecordedSituation.All.Keys.Concat(OtherNodes).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Conversations))]
    public void The_nodes_that_answered_answer_the_same_and_the_others_are_silent(string conversation)
    {
        var situation = RecordedSituation.All[conversation];
        var messages = Recording.Read(conversation, situation.From);
        var clock = new FakeTimeProvider();
        var nodes = Prepare(situation, clock, messages[0].At);
        using var verifier = new RequestVerifier(Recording.Authorities, [RequestVerifier.DefaultAllowed], clock);
        var servers = new NodeServers("mcollective", nodes, new RequestGate(verifier));
        var replies = messages.Where(m => !m.IsRequest).ToList();

        foreach (var request in messages.Where(m => m.IsRequest))
        {
            Reach(clock, request.At);
            var taken = Take(servers, request);
            foreach (var node in taken?.Nodes.OrderBy(n => replies.FindIndex(r => Answers(r, request, n))).ToArray() ?? [])
            {
                var recorded = replies.Find(r => Answers(r, request, node));
                Assert.True(recorded is not null, $"{node.Name} was silent to {request.Body}");
                replies.Remove(recorded);
                Same(conversation, request, recorded, Answer(clock, taken!.Admitted, node, recorded));
            }
        }

        Assert.Empty(replies.Select(r => $"{r.Field("senderid")} answered: {r.Body}"));
    }

    [Theory]
    [InlineData("110-yaml-serializer-ping")]
    [InlineData("111-yaml-serializer-status")]
    [InlineData("112-yaml-serializer-disable")]
    public void A_request_in_YAML_gets_silence(string conversation)
    {
        var clock = new FakeTimeProvider();
        var request = Recording.Read(conversation)[0];
        var nodes = Prepare(new RecordedSituation(), clock, request.At);
        using var verifier = new RequestVerifier(Recording.Authorities, [RequestVerifier.DefaultAllowed], clock);
        Assert.Null(Take(new NodeServers("mcollective", nodes, new RequestGate(verifier)), request));
    }

    private static EmulatedNode[] Prepare(RecordedSituation situation, FakeTimeProvider clock, DateTimeOffset begin)
    {
        var first = situation.Before.Length > 0 ? Trial.Start.AddSeconds(MomentOf(situation.Before[0])) : begin;
        clock.SetUtcNow(first);
        var scenario = ScenarioReaderTests.Good($"defaults: {{ {situation.Settings} }}");
        EmulatedNode[] nodes = [.. Names.Select(n => new EmulatedNode(new NodeName($"{n}.example.net"), scenario, clock))];
        foreach (var step in situation.Before)
        {
            var parts = step.Split(' ', 4);
            Reach(clock, Trial.Start.AddSeconds(MomentOf(step)));
            using var data = JsonDocument.Parse(parts[3]);
            Assert.Equal(0, nodes[Array.IndexOf(Names, parts[1])].Handle(parts[2], data.RootElement, Trial.Caller)!.Code);
        }
        return nodes;
    }

    private static double MomentOf(string step) => double.Parse(step.Split(' ')[0], CultureInfo.InvariantCulture);

    private static void Reach(FakeTimeProvider clock, DateTimeOffset moment)
    {
        if (moment > clock.GetUtcNow()) clock.SetUtcNow(moment);
    }

    private static TakenRequest? Take(NodeServers servers, Recording request)
    {
        try
        {
            return servers.Take(request.Subject, request.Payload);
        }
        catch (WireException)
        {
            return null;
        }
    }

    private static bool Answers(Recording reply, Recording request, INode node) =>
        reply.Field("requestid") == request.Field("requestid") && reply.Field("senderid") == node.Name.Value && reply.At >= request.At;

    /// <summary>The node answers in the second that the real reply's envelope bears.</summary>
    private static byte[] Answer(FakeTimeProvider clock, AdmittedRequest admitted, INode node, Recording recorded)
    {
        if (admitted.Call is not { } call)
        {
            Assert.True(node.Listens);
            return NodeServers.Pong.ToArray();
        }
        var pending = node.Receive(call);
        Assert.NotNull(pending);
        var second = DateTimeOffset.FromUnixTimeSeconds(recorded.Envelope.GetProperty("time").GetInt64());
        Reach(clock, second.AddMilliseconds(second.AddSeconds(1) > recorded.At ? recorded.At.Millisecond : 999));
        var answer = pending.Value.Complete();
        Assert.NotNull(answer);
        using var wire = RpcReply.Open(
            RpcReply.Wrap(admitted.Request.Id, node.Name.Value, admitted.Request.Agent, DateTimeOffset.FromUnixTimeSeconds(answer.SentAt), answer.ToJson()));
        Assert.Equal(
            (recorded.Field("requestid"), recorded.Field("senderid"), recorded.Field("agent"), second), (wire.RequestId, wire.Sender, wire.Agent, wire.Time));
        return wire.Body.ToArray();
    }

    /// <summary>Word for word, order of keys and types included; of summaries what a run decides, see <see cref="SummaryShape"/>.</summary>
    private static void Same(string conversation, Recording request, Recording recorded, byte[] answer)
    {
        using var emulated = JsonDocument.Parse(answer);
        if (request.Body.ValueKind == JsonValueKind.Object && request.Body.GetProperty("action").GetString() == "last_run_summary"
            && recorded.Body.GetProperty("data").GetProperty("lastrun").GetInt64() > 0)
        {
            var (want, got) = (recorded.Body.GetProperty("data"), emulated.RootElement.GetProperty("data"));
            Assert.Equal(recorded.Body.GetProperty("statuscode").GetInt32(), emulated.RootElement.GetProperty("statuscode").GetInt32());
            Assert.Equal(
                SummaryShape.Of(want), SummaryShape.Of(got).Where(l => conversation != WithoutServer || !l.Contains("plugin_sync", StringComparison.Ordinal)));
            if (want.GetProperty("logs").ValueKind == JsonValueKind.Array) Assert.Equal(SummaryShape.PuppetLines(want), SummaryShape.PuppetLines(got));
        }
        else if (conversation == OtherAction)
        {
            Assert.Equal(recorded.Body.GetProperty("statuscode").GetInt32(), emulated.RootElement.GetProperty("statuscode").GetInt32());
        }
        else
        {
            Assert.Equal(Plain(recorded.Body.GetRawText()), Plain(Encoding.UTF8.GetString(answer)));
        }
    }

    /// <summary>Without what is the machine's: where Puppet stands there, and how Ruby names a temporary file.</summary>
    private static string Plain(string json) =>
        TemporaryLock().Replace(JsonNode.Parse(json)!.ToJsonString(), "a lock")
            .Replace("/srv/lab/nodes/dev2.example.net/puppet-agent", "puppet agent", StringComparison.Ordinal);

    [GeneratedRegex(@"/[\w./]*/agent_disabled\.lock\d{8}-\d+-\w+")]
    private static partial Regex TemporaryLock();
}
