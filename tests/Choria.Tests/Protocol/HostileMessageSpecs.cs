using System.Text;
using CsCheck;
using Orchestrator.Choria.Protocol;
using Orchestrator.Choria.Security;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Choria.Tests.Protocol;

/// <summary>Whatever arrives: an opened message or the codec's own error, and nothing else.</summary>
public sealed class HostileMessageSpecs
{
    private static readonly byte[][] Payloads = [.. Recording.All.Where((_, i) => i % 7 == 0).Select(r => r.Payload)];
    private static readonly RequestVerifier Verifier = new(Recording.Certificates("pki", "ca"), [RequestVerifier.DefaultAllowed], TimeProvider.System);

    private static readonly Gen<byte[]> Mutated =
        from payload in Gen.Int[0, Payloads.Length - 1].Select(i => Payloads[i])
        from count in Gen.Int[1, 8]
        from edits in Gen.Select(Gen.Int[0, 1 << 20], Gen.Byte, Gen.Int[0, 4]).Array[count]
        select edits.Aggregate(payload, (bytes, edit) => Edit(bytes, edit.Item1, edit.Item2, edit.Item3));

    [Fact]
    public void A_mutated_recording_is_opened_or_refused_by_the_codec_alone() => Mutated.Sample(payload => Handled(payload), iter: 20_000);

    [Fact]
    public void A_mutated_inner_layer_with_a_right_hash_is_opened_or_refused_by_the_codec_alone() =>
        Mutated.Sample(
            layer =>
            {
                // The mutation is put where only a hash protects: into what the hash is computed of.
                var reply = RpcReply.Wrap("45bd89d2220c5c27ba449661c3e7ab11", "dev1.example.net", "puppet", DateTimeOffset.UnixEpoch, Valid(layer));
                using var opened = RpcReply.Open(reply);
                foreach (var action in (string[])["status", "enable", "runonce", "last_run_summary", "nosuch"])
                    Assert.NotNull(PuppetAgentReplies.Parse(action, opened.Body, opened.Time));
                return Handled(TransportMessage.Wrap(layer, "dev1.example.net", null));
            },
            iter: 5_000);

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"protocol\":\"choria:transport:2\",\"data\":\"e30=\",\"headers\":{\"mc_sender\":\"a\"}}")]
    [InlineData("{\"protocol\":\"choria:transport:1\",\"data\":\"e30\",\"headers\":{\"mc_sender\":\"a\"}}")]
    [InlineData("{\"protocol\":\"choria:transport:1\",\"data\":\"e30=\",\"headers\":{}}")]
    [InlineData("{\"protocol\":\"choria:transport:1\",\"data\":7,\"headers\":{\"mc_sender\":\"a\"}}")]
    [InlineData("{\"protocol\":\"choria:transport:1\",\"data\":\"e30=\",\"headers\":{\"mc_sender\":\"\\ud800\"}}")]
    [InlineData("{\"protocol\":\"choria:transport:1\",\"data\":\"e30=\",\"headers\":{\"mc_sender\":\"a\"}}}")]
    public void What_is_no_message_is_refused(string payload) => Assert.Throws<WireException>(() => RpcReply.Open(Encoding.UTF8.GetBytes(payload)));

    [Fact]
    public void A_deep_nest_is_refused() =>
        Assert.Throws<WireException>(() => RpcReply.Open(Encoding.UTF8.GetBytes("{\"x\":" + string.Concat(Enumerable.Repeat("[", 1_000_000)))));

    [Fact]
    public void A_reply_whose_hash_is_of_other_bytes_is_refused()
    {
        using var transport = TransportMessage.Open(Recording.Of("08-status-disabled/002-reply").Payload);
        var secure = Encoding.UTF8.GetString(transport.Data.Span).Replace("false", "true ", StringComparison.Ordinal);
        Assert.Equal(WireFault.Hash, Assert.Throws<WireException>(() => RpcReply.Open(TransportMessage.Wrap(Encoding.UTF8.GetBytes(secure), transport.Sender, null))).Fault);
    }

    [Fact]
    public void A_reply_whose_transport_names_another_sender_is_refused()
    {
        using var transport = TransportMessage.Open(Recording.Of("08-status-disabled/002-reply").Payload);
        Assert.Equal(WireFault.Field, Assert.Throws<WireException>(() => RpcReply.Open(TransportMessage.Wrap(transport.Data.Span, "dev2.example.net", null))).Fault);
    }

    private static byte[] Valid(byte[] text) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text));

    private static bool Handled(byte[] payload)
    {
        try
        {
            using var reply = RpcReply.Open(payload);
            _ = PuppetAgentReplies.Parse("status", reply.Body, reply.Time);
        }
        catch (WireException)
        {
        }
        try
        {
            using var transport = TransportMessage.Open(payload);
            _ = Verifier.Open(transport);
        }
        catch (WireException)
        {
        }
        return true;
    }

    private static byte[] Edit(byte[] bytes, int at, byte value, int kind)
    {
        at %= Math.Max(1, bytes.Length);
        return kind switch
        {
            0 => [.. bytes[..at], value, .. bytes[Math.Min(bytes.Length, at + 1)..]],
            1 => [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + value)..]],
            2 => [.. bytes[..at], value, .. bytes[at..]],
            3 => bytes[..at],
            _ => [.. bytes[..at], .. bytes[Math.Max(0, at - value)..]],
        };
    }
}
