using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CsCheck;
using Orchestrator.Choria.Protocol;
using Orchestrator.Choria.Security;

namespace Orchestrator.Choria.Tests.Protocol;

/// <summary>Whatever arrives: an opened message or the codec's own error, and nothing else.</summary>
public sealed class HostileMessageTests
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

    [Fact]
    public void A_mutated_request_with_a_right_signature_is_read_or_refused_by_the_codec_alone()
    {
        // The mutation is put behind the signature: who has a certificate may sign anything.
        byte[][] messages = [.. Recording.All.Where((r, i) => r.IsRequest && i % 3 == 0).Select(MessageOf)];
        Gen.Select(Gen.Int[0, messages.Length - 1], Gen.Select(Gen.Int[0, 1 << 20], Gen.Byte, Gen.Int[0, 4]).Array[1, 8]).Sample(
            (index, edits) =>
            {
                var message = edits.Aggregate(messages[index], (bytes, edit) => Edit(bytes, edit.Item1, edit.Item2, edit.Item3));
                try
                {
                    var request = RpcRequest.Read(message);
                    // What was read can be written and read again.
                    Assert.Equal(request.Id, RpcRequest.Read(request.Write()).Id);
                }
                catch (WireException)
                {
                }
            },
            iter: 20_000);
    }

    [Fact]
    public void A_mutated_certificate_beside_a_request_is_verified_or_refused_by_the_codec_alone()
    {
        var recording = Recording.Of("08-status-disabled/001-request");
        using var transport = TransportMessage.Open(recording.Payload);
        var secure = SecureRequest.Read(transport.Data.Span);
        using var certificate = X509Certificate2.CreateFromPem(secure.Certificate);
        var der = certificate.RawData;
        Gen.Select(Gen.Int[0, der.Length], Gen.Byte, Gen.Int[0, 4]).Array[1, 4].Sample(
            edits =>
            {
                var changed = edits.Aggregate(der, (bytes, edit) => Edit(bytes, edit.Item1, edit.Item2, edit.Item3));
                var forged = secure with { Certificate = PemEncoding.WriteString("CERTIFICATE", changed) };
                return Handled(TransportMessage.Wrap(forged.Write(), transport.Sender, transport.ReplyTo));
            },
            iter: 2_000);
    }

    [Fact]
    public void Certificates_are_parsed_and_chained_once_and_those_of_strangers_do_not_fill_the_memory()
    {
        using var verifier = new RequestVerifier(Recording.Certificates("pki", "ca"), [RequestVerifier.DefaultAllowed], new Recorded());
        var recording = Recording.Of("08-status-disabled/001-request");
        using var transport = TransportMessage.Open(recording.Payload);
        for (var i = 0; i < 100; i++)
            Assert.NotNull(verifier.Open(transport));
        Assert.Equal(1, verifier.CertificatesParsed);

        var secure = SecureRequest.Read(transport.Data.Span);
        for (var i = 0; i < 2500; i++)
        {
            using var other = TransportMessage.Open(
                TransportMessage.Wrap((secure with { Certificate = $"# {i}\n{secure.Certificate}" }).Write(), transport.Sender, transport.ReplyTo));
            verifier.Open(other);
        }
        Assert.Equal(2501, verifier.CertificatesParsed);
        Assert.InRange(verifier.CertificatesKept, 1, 1000);
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{\"a\":")]
    [InlineData("\\u0041")]
    [InlineData("A")]
    [InlineData("{\"protocol\":\"x\"},")]
    public void What_a_hostile_message_costs_in_memory_is_bounded_by_its_size(string repeated)
    {
        const int Size = 4 << 20;
        var filling = string.Concat(Enumerable.Repeat(repeated, Size / repeated.Length));
        foreach (var payload in (string[])[
            filling, $"{{\"protocol\":\"choria:transport:1\",\"data\":\"{filling}\",\"headers\":{{\"mc_sender\":\"{filling}\"}}}}",
            $"{{\"headers\":{{\"mc_sender\":{filling}",
        ])
        {
            var bytes = Encoding.UTF8.GetBytes(payload);
            var before = GC.GetAllocatedBytesForCurrentThread();
            Handled(bytes);
            var cost = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(cost < 8L * bytes.Length + (1 << 20), $"{cost} bytes for a message of {bytes.Length}");
        }
    }

    [Fact]
    public void A_recorded_reply_costs_little_more_than_what_it_says()
    {
        var payload = Recording.Of("08-status-disabled/002-reply").Payload;
        Handled(payload);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            using var reply = RpcReply.Open(payload);
        }
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 0, payload.Length);
    }

    [Fact]
    public void A_message_that_is_larger_than_any_broker_lets_through_is_not_even_looked_at()
    {
        var payload = new byte[(64 << 20) + 1];
        Assert.Equal(WireFault.Size, Assert.Throws<WireException>(() => RpcReply.Open(payload)).Fault);
    }

    [Fact]
    public void An_error_quotes_little_of_what_came_and_keeps_to_one_line()
    {
        var sentence = Assert.Throws<WireException>(() => RpcReply.Open(Encoding.UTF8.GetBytes(
            $"{{\"protocol\":\"evil\\n\\u001b[2J{new string('x', 1 << 20)}\",\"data\":\"e30=\",\"headers\":{{\"mc_sender\":\"a\"}}}}"))).Message;
        Assert.Contains(@"evil\u000a\u001b[2Jxxx", sentence, StringComparison.Ordinal);
        Assert.InRange(sentence.Length, 50, 300);
    }

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
        Assert.Equal(
            WireFault.Hash,
            Assert.Throws<WireException>(() => RpcReply.Open(TransportMessage.Wrap(Encoding.UTF8.GetBytes(secure), transport.Sender, null))).Fault);
    }

    [Fact]
    public void A_reply_whose_transport_names_another_sender_is_refused()
    {
        using var transport = TransportMessage.Open(Recording.Of("08-status-disabled/002-reply").Payload);
        Assert.Equal(
            WireFault.Field, Assert.Throws<WireException>(() => RpcReply.Open(TransportMessage.Wrap(transport.Data.Span, "dev2.example.net", null))).Fault);
    }

    private static byte[] MessageOf(Recording recording)
    {
        using var transport = TransportMessage.Open(recording.Payload);
        return SecureRequest.Read(transport.Data.Span).Message;
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

    private sealed class Recorded : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 11, 22, 13, 0, 0, default);
    }
}
