using System.Text.Json;
using Orchestrator.Choria.Protocol;

namespace Orchestrator.Choria.Tests.Protocol;

/// <summary>Every recorded reply: opened, its hash checked, and rebuilt to the same meaning.</summary>
public sealed class RecordedReplyTests
{
    public static TheoryData<string> Replies => [.. Recording.All.Where(r => !r.IsRequest && !r.SpeaksYaml).Select(r => r.Name)];

    public static TheoryData<string> YamlReplies => [.. Recording.All.Where(r => !r.IsRequest && r.SpeaksYaml).Select(r => r.Name)];

    [Fact]
    public void There_are_recordings() => Assert.True(Replies.Count > 100 && YamlReplies.Count > 3, $"{Replies.Count} replies, {YamlReplies.Count} in YAML");

    [Theory]
    [MemberData(nameof(Replies))]
    public void A_recorded_reply_says_what_was_recorded(string name)
    {
        var recording = Recording.Of(name);
        using var reply = RpcReply.Open(recording.Payload);
        Holds(recording, reply);
    }

    [Theory]
    [MemberData(nameof(Replies))]
    public void A_recorded_reply_can_be_rebuilt(string name)
    {
        var recording = Recording.Of(name);
        using var reply = RpcReply.Open(recording.Payload);
        using var again = RpcReply.Open(RpcReply.Wrap(reply.RequestId, reply.Sender, reply.Agent, reply.Time, reply.Body.Span));
        Holds(recording, again);
        Assert.Equal(reply.Body.ToArray(), again.Body.ToArray());
    }

    [Theory]
    [MemberData(nameof(YamlReplies))]
    public void A_node_that_answers_in_YAML_is_told_the_setting(string name)
    {
        var fault = Assert.Throws<WireException>(() => RpcReply.Open(Recording.Of(name).Payload));
        Assert.Equal(WireFault.Yaml, fault.Fault);
        Assert.StartsWith("the node answers in YAML", fault.Message, StringComparison.Ordinal);
        Assert.Contains("plugin.choria.security.serializer = json", fault.Message, StringComparison.Ordinal);
    }

    private static void Holds(Recording recording, RpcReply reply)
    {
        Assert.Equal(recording.Envelope.GetProperty("requestid").GetString(), reply.RequestId);
        Assert.Equal(recording.Envelope.GetProperty("senderid").GetString(), reply.Sender);
        Assert.Equal(recording.Envelope.GetProperty("agent").GetString(), reply.Agent);
        Assert.Equal(recording.Envelope.GetProperty("time").GetInt64(), reply.Time.ToUnixTimeSeconds());
        Assert.True(JsonElement.DeepEquals(
            recording.Body, JsonDocument.Parse(reply.Body).RootElement), $"{recording.Body}\n{System.Text.Encoding.UTF8.GetString(reply.Body.Span)}");
    }
}
