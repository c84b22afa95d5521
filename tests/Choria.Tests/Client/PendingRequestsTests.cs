using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Orchestrator.Choria.Client;
using Orchestrator.Choria.Protocol;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Choria.Tests.Client;

/// <summary>What counts as an answer: of a wave of ours, by a node that was asked, once.</summary>
public sealed class PendingRequestsTests
{
    private const string Wave = "45bd89d2220c5c27ba449661c3e7ab11";
    private readonly FakeTimeProvider _time = new();
    private readonly PendingRequests _pending;

    public PendingRequestsTests()
    {
        _pending = new PendingRequests(_time);
        Ask(Wave, "dev1.example.net", "dev2.example.net");
    }

    [Fact]
    public void An_answer_of_a_node_that_was_asked_is_let_through()
    {
        var reply = _pending.Accept(Wave, Recording.Of("08-status-disabled/002-reply").Payload);
        Assert.Equal("dev1.example.net", reply?.Identity.Value);
        Assert.Equal(false, Assert.IsType<StatusReply>(reply!.Reply).Status.Enabled);
        Assert.Empty(_pending.Dropped);
    }

    [Fact]
    public void The_same_answer_twice_is_let_through_once()
    {
        Assert.NotNull(_pending.Accept(Wave, Answer("dev1.example.net")));
        Assert.Null(_pending.Accept(Wave, Answer("dev1.example.net")));
        Assert.Equal(1, _pending.Dropped[PendingRequests.Twice]);
        Assert.Equal("dev1.example.net", _pending.LastDropped);
    }

    [Fact]
    public void A_second_answer_that_says_something_else_is_told_of_once_with_both_digests()
    {
        Assert.IsType<StatusReply>(_pending.Accept(Wave, Answer("dev1.example.net"))?.Reply);
        _pending.Accept(Wave, Answer("dev2.example.net"));

        var told = Assert.IsType<ContradictoryReply>(_pending.Accept(Wave, Answer("dev1.example.net", applying: true))?.Reply);
        Assert.Equal(("status", Digest(false), Digest(true)), (told.Action, told.First, told.Second));
        Assert.Null(_pending.Accept(Wave, Answer("dev1.example.net", applying: true)));
        Assert.Equal((1, 1), (_pending.Dropped[PendingRequests.Contradictory], _pending.Dropped[PendingRequests.Twice]));
    }

    [Theory]
    [InlineData("\"enabled\":true", "\"enabled\":false", true)]
    [InlineData("\"lastrun\":0", "\"lastrun\":1", true)]
    [InlineData("\"since_lastrun\":10", "\"since_lastrun\":13", false)]
    [InlineData("10 seconds ago", "13 seconds ago", false)]
    public void A_request_that_was_delivered_twice_is_answered_twice_and_what_only_tells_the_time_contradicts_nothing(string said, string says, bool isTold)
    {
        const string body = """
            {"statuscode":0,"statusmsg":"OK","data":{"applying":false,"message":"idling; 10 seconds ago","enabled":true,"since_lastrun":10,"lastrun":0}}
            """;
        _pending.Accept(Wave, Wrapped("dev1.example.net", body));

        var second = _pending.Accept(Wave, Wrapped("dev1.example.net", body.Replace(said, says, StringComparison.Ordinal)));

        Assert.Equal(isTold, second?.Reply is ContradictoryReply);
    }

    [Fact]
    public void An_answer_that_is_none_contradicts_nothing()
    {
        _pending.Accept(Wave, Answer("dev1.example.net"));

        Assert.Null(_pending.Accept(Wave, Answer("dev1.example.net", "00000000000000000000000000000000", applying: true)));
        Assert.Equal(1, _pending.Dropped[PendingRequests.OtherRequest]);
        Assert.IsType<ContradictoryReply>(_pending.Accept(Wave, Answer("dev1.example.net", applying: true))?.Reply);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_that_cannot_be_read_contradicts_one_that_can_and_is_the_same_as_any_other_that_cannot(bool unreadableFirst)
    {
        var yaml = Unreadable("dev1.example.net", "---\n:since_lastrun: 10\n");
        var (first, second) = unreadableFirst ? (yaml, Answer("dev1.example.net")) : (Answer("dev1.example.net"), yaml);
        Assert.NotNull(_pending.Accept(Wave, first));

        if (unreadableFirst)
            Assert.Null(_pending.Accept(Wave, Unreadable("dev1.example.net", "---\n:since_lastrun: 13\n")));
        Assert.IsType<ContradictoryReply>(_pending.Accept(Wave, second)?.Reply);
    }

    [Fact]
    public void A_second_answer_long_after_all_have_answered_is_nobody_s()
    {
        _pending.Accept(Wave, Answer("dev1.example.net"));
        _pending.Accept(Wave, Answer("dev2.example.net"));
        _time.Advance(TimeSpan.FromSeconds(11));
        Ask("11111111111111111111111111111111", "dev1.example.net");

        Assert.Null(_pending.Accept(Wave, Answer("dev1.example.net", applying: true)));
        Assert.Equal(1, _pending.Dropped[PendingRequests.NoRequest]);
    }

    [Fact]
    public void A_node_that_was_not_asked_is_not_heard()
    {
        Assert.Null(_pending.Accept(Wave, Answer("dev3.example.net")));
        Assert.Equal(1, _pending.Dropped[PendingRequests.NotAsked]);
    }

    [Fact]
    public void An_answer_to_no_wave_of_ours_is_not_heard()
    {
        Assert.Null(_pending.Accept("00000000000000000000000000000000", Answer("dev1.example.net")));
        Assert.Equal(1, _pending.Dropped[PendingRequests.NoRequest]);
    }

    [Fact]
    public void An_answer_to_another_request_on_our_subject_is_not_heard_and_does_not_use_up_the_right_one()
    {
        Assert.Null(_pending.Accept(Wave, Answer("dev1.example.net", "00000000000000000000000000000000")));
        Assert.Equal(1, _pending.Dropped[PendingRequests.OtherRequest]);
        Assert.NotNull(_pending.Accept(Wave, Answer("dev1.example.net")));
    }

    [Fact]
    public void A_message_with_a_wrong_hash_is_counted_and_does_not_use_up_the_right_one()
    {
        var payload = Answer("dev1.example.net");
        using (var transport = TransportMessage.Open(payload))
        {
            var changed = Encoding.UTF8.GetString(transport.Data.Span).Replace("statuscode", "statuscodx", StringComparison.Ordinal);
            Assert.Null(_pending.Accept(Wave, TransportMessage.Wrap(Encoding.UTF8.GetBytes(changed), "dev1.example.net", null)));
        }
        Assert.Equal(1, _pending.Dropped[PendingRequests.ReasonOf(WireFault.Hash)]);
        Assert.NotNull(_pending.Accept(Wave, payload));
    }

    [Fact]
    public void A_node_that_answers_in_YAML_is_told_apart_from_a_silent_one()
    {
        var recording = Recording.Of("114-json-request-to-yaml-node/002-reply");
        var id = recording.Subject.Split('.')[^1].Length == 32 ? recording.Subject.Split('.')[^1] : Wave;
        var reply = Assert.IsType<MalformedReply>(_pending.Accept(id, recording.Payload)?.Reply);
        Assert.Contains("plugin.choria.security.serializer = json", reply.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_message_says_of_itself_comes_into_no_log_with_its_line_breaks_or_at_any_length()
    {
        Assert.Null(_pending.Accept(Wave, Answer($"dev9\n2026-01-01 [INF] all is well\u202e\u001b[2J{new string('x', 100_000)}")));
        Assert.StartsWith(@"dev9\u000a2026-01-01 [INF] all is well\u202e\u001b[2Jxxx", _pending.LastDropped, StringComparison.Ordinal);
        Assert.InRange(_pending.LastDropped.Length, 100, 200);
    }

    [Fact]
    public void A_request_that_was_turned_back_is_told_once_and_nobody_waits_for_its_answer()
    {
        var told = Assert.Single(_pending.FailDelivery(new NodeName("dev1.example.net"), "the broker does not let us"));
        Assert.Equal(
            (Wave, "dev1.example.net", "the broker does not let us"), (told.WaveId, told.Identity.Value, Assert.IsType<UndeliveredReply>(told.Reply).Words));
        Assert.Empty(_pending.FailDelivery(new NodeName("dev1.example.net"), "again"));
        Assert.Empty(_pending.FailDelivery(new NodeName("dev9.example.net"), "not asked"));
        Assert.NotNull(_pending.Accept(Wave, Answer("dev2.example.net")));
        Assert.Equal(0, _pending.OpenWaves);
    }

    [Fact]
    public void A_wave_that_all_have_answered_is_forgotten()
    {
        _pending.Accept(Wave, Answer("dev1.example.net"));
        Assert.Equal(1, _pending.OpenWaves);
        _pending.Accept(Wave, Answer("dev2.example.net"));
        Assert.Equal(0, _pending.OpenWaves);
    }

    [Fact]
    public void A_wave_that_nobody_answers_is_forgotten_in_the_end()
    {
        _time.Advance(TimeSpan.FromMinutes(6));
        Ask("11111111111111111111111111111111", "dev1.example.net");
        Assert.Equal(1, _pending.OpenWaves);
    }

    private void Ask(string id, params string[] nodes) =>
        _pending.Expect(new FleetWave(id, new NodeRequest.Status(), [.. nodes.Select(n => new NodeName(n))], TimeSpan.FromMinutes(1)));

    private static byte[] Answer(string node, string request = Wave, bool applying = false) =>
        RpcReply.Wrap(request, node, "puppet", DateTimeOffset.UnixEpoch, Body(applying));

    private static byte[] Wrapped(string node, string body) =>
        RpcReply.Wrap(Wave, node, "puppet", DateTimeOffset.UnixEpoch, Encoding.UTF8.GetBytes(body));

    private static byte[] Unreadable(string node, string message) => TransportMessage.Wrap(
        Layer.Write(json =>
        {
            json.WriteString("protocol"u8, Layer.SecureReply);
            json.WriteString("message"u8, message);
            json.WriteBase64String("hash"u8, SHA256.HashData(Encoding.UTF8.GetBytes(message)));
        }),
        node, replyTo: null);

    private static byte[] Body(bool applying) => Encoding.UTF8.GetBytes(
        $"{{\"statuscode\":0,\"statusmsg\":\"OK\",\"data\":{{\"applying\":{(applying ? "true" : "false")},\"enabled\":true,\"lastrun\":0}}}}");

    private static string Digest(bool applying) => Convert.ToHexStringLower(SHA256.HashData(Body(applying)))[..16];
}
