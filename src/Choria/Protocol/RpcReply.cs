using System.Security.Cryptography;

namespace Orchestrator.Choria.Protocol;

/// <summary>
/// A node's answer with all layers opened and its hash checked. The hash is no signature: whoever may publish on the broker can forge a
/// reply, so the reader also checks the request id, that the sender was asked, and that it answers once.
/// </summary>
public sealed class RpcReply : IDisposable
{
    private const string SecureName = "secure layer of the reply";
    private const string Name = "reply layer";
    private PooledBytes _body;

    private RpcReply(PooledBytes body, string requestId, string sender, string agent, DateTimeOffset time) =>
        (_body, RequestId, Sender, Agent, Time) = (body, requestId, sender, agent, time);

    public string RequestId { get; }
    public string Sender { get; }
    public string Agent { get; }

    /// <summary>When, by the node's clock, in whole seconds.</summary>
    public DateTimeOffset Time { get; }

    /// <summary>What the agent said, JSON. Valid until this is disposed.</summary>
    public ReadOnlyMemory<byte> Body => _body.Memory;

    /// <exception cref="WireException">It is none; <see cref="WireFault.Yaml"/> where a node's serializer is set to YAML.</exception>
    public static RpcReply Open(ReadOnlySpan<byte> payload)
    {
        using var transport = TransportMessage.Open(payload);
        return Open(transport);
    }

    public static RpcReply Open(TransportMessage transport)
    {
        var message = OpenSecure(transport.Data.Span);
        try
        {
            if (message.Span.StartsWith("---"u8))
            {
                throw new WireException(WireFault.Yaml,
                    "the node answers in YAML: set plugin.choria.security.serializer = json in its server.cfg and restart its server");
            }
            var reply = OpenReply(message.Span);
            // A forwarder changes neither: a reply whose two senders differ was put together by somebody.
            if (reply.Sender != transport.Sender)
            {
                reply.Dispose();
                throw new WireException(WireFault.Field, $"the {Name} is from \"{reply.Sender}\", but its transport is from \"{transport.Sender}\"");
            }
            return reply;
        }
        finally
        {
            message.Dispose();
        }
    }

    /// <summary>Wraps an agent's answer in all layers, as a node does.</summary>
    public static byte[] Wrap(string requestId, string sender, string agent, DateTimeOffset time, ReadOnlySpan<byte> body)
    {
        var text = body.ToArray();
        var message = Layer.Write(json =>
        {
            json.WriteString("protocol"u8, Layer.Reply);
            json.WriteString("message"u8, text);
            json.WriteStartObject("envelope"u8);
            json.WriteString("senderid"u8, sender);
            json.WriteString("requestid"u8, requestId);
            json.WriteString("agent"u8, agent);
            json.WriteNumber("time"u8, time.ToUnixTimeSeconds());
            json.WriteEndObject();
        });
        var secure = Layer.Write(json =>
        {
            json.WriteString("protocol"u8, Layer.SecureReply);
            json.WriteString("message"u8, message);
            json.WriteBase64String("hash"u8, SHA256.HashData(message));
        });
        return TransportMessage.Wrap(secure, sender, replyTo: null);
    }

    public void Dispose() => _body.Dispose();

    private static PooledBytes OpenSecure(ReadOnlySpan<byte> data) => Layer.Read(SecureName, data, static (ref LayerReader reader) =>
    {
        PooledBytes message = default, hash = default;
        try
        {
            while (reader.NextField())
            {
                if (reader.IsField("message"u8))
                    reader.LongText("message", ref message);
                else if (reader.IsField("hash"u8))
                    reader.Base64("hash", ref hash);
                else
                    reader.Skip();
            }
            reader.End(Layer.SecureReply);
            if (!message.IsRented || !hash.IsRented)
                throw new WireException(WireFault.Field, $"the {SecureName} has no {(message.IsRented ? "hash" : "message")}");
            Span<byte> computed = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(message.Span, computed);
            if (!computed.SequenceEqual(hash.Span))
                throw new WireException(WireFault.Hash, $"the hash of the {SecureName} does not match its message");
            var opened = message;
            message = default;
            return opened;
        }
        finally
        {
            hash.Dispose();
            message.Dispose();
        }
    });

    private static RpcReply OpenReply(ReadOnlySpan<byte> message) => Layer.Read(Name, message, static (ref LayerReader reader) =>
    {
        PooledBytes body = default;
        try
        {
            (string? RequestId, string? Sender, string? Agent, long? Time) envelope = default;
            while (reader.NextField())
            {
                if (reader.IsField("message"u8))
                    reader.LongText("message", ref body);
                else if (reader.IsField("envelope"u8))
                    envelope = Envelope(ref reader);
                else
                    reader.Skip();
            }
            reader.End(Layer.Reply);
            if (!body.IsRented)
                throw new WireException(WireFault.Field, $"the {Name} has no message");
            return new RpcReply(
                body, Layer.Required(Name, "requestid", envelope.RequestId), Layer.Required(Name, "senderid", envelope.Sender), envelope.Agent ?? "",
                Layer.Time(Name, Layer.Required(Name, "time", envelope.Time)));
        }
        catch
        {
            body.Dispose();
            throw;
        }
    });

    private static (string? RequestId, string? Sender, string? Agent, long? Time) Envelope(ref LayerReader reader)
    {
        string? requestId = null, sender = null, agent = null;
        long? time = null;
        reader.Enter("envelope");
        while (reader.NextField())
        {
            if (reader.IsField("requestid"u8))
                requestId = reader.Text("requestid");
            else if (reader.IsField("senderid"u8))
                sender = reader.Text("senderid");
            else if (reader.IsField("agent"u8))
                agent = reader.Text("agent");
            else if (reader.IsField("time"u8))
                time = reader.Number("time");
            else
                reader.Skip();
        }
        return (requestId, sender, agent, time);
    }
}
