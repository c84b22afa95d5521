namespace Orchestrator.Choria.Protocol;

/// <summary>
/// The outermost layer, what a broker carries: who sent it, where answers go, and the secure layer as base64. A node answers to the
/// reply-to of this layer, not to that of NATS.
/// </summary>
public sealed class TransportMessage : IDisposable
{
    private const string Name = "transport layer";
    private PooledBytes _data;

    private TransportMessage(PooledBytes data, string sender, string? replyTo) => (_data, Sender, ReplyTo) = (data, sender, replyTo);

    /// <summary>The header <c>mc_sender</c>: who says to have sent it.</summary>
    public string Sender { get; }

    /// <summary>The header <c>reply-to</c>; null in a reply.</summary>
    public string? ReplyTo { get; }

    /// <summary>The secure layer. Valid until this is disposed.</summary>
    public ReadOnlyMemory<byte> Data => _data.Memory;

    /// <summary>Opens a payload. Its other headers (<c>seen-by</c>, <c>federation</c>) are left out.</summary>
    /// <exception cref="WireException">It is none.</exception>
    public static TransportMessage Open(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > Layer.MaxBytes)
            throw new WireException(WireFault.Size, $"a message of {payload.Length} bytes is larger than any broker lets through");
        return Layer.Read(Name, payload, static (ref LayerReader reader) =>
        {
            PooledBytes data = default;
            try
            {
                string? sender = null, replyTo = null;
                while (reader.NextField())
                {
                    if (reader.IsField("data"u8))
                        reader.Base64("data", ref data);
                    else if (reader.IsField("headers"u8))
                        (sender, replyTo) = Headers(ref reader);
                    else
                        reader.Skip();
                }
                reader.End(Layer.Transport);
                if (!data.IsRented)
                    throw new WireException(WireFault.Field, $"the {Name} has no data");
                return new TransportMessage(data, Layer.Required(Name, "mc_sender", sender), replyTo);
            }
            catch
            {
                data.Dispose();
                throw;
            }
        });
    }

    /// <summary>Wraps a secure layer; the base64 is one line.</summary>
    public static byte[] Wrap(ReadOnlySpan<byte> data, string sender, string? replyTo)
    {
        var bytes = data.ToArray();
        return Layer.Write(json =>
        {
            json.WriteString("protocol"u8, Layer.Transport);
            json.WriteBase64String("data"u8, bytes);
            json.WriteStartObject("headers"u8);
            json.WriteString("mc_sender"u8, sender);
            if (replyTo is not null)
                json.WriteString("reply-to"u8, replyTo);
            json.WriteEndObject();
        });
    }

    public void Dispose() => _data.Dispose();

    private static (string? Sender, string? ReplyTo) Headers(ref LayerReader reader)
    {
        string? sender = null, replyTo = null;
        reader.Enter("headers");
        while (reader.NextField())
        {
            if (reader.IsField("mc_sender"u8))
                sender = reader.Text("mc_sender");
            else if (reader.IsField("reply-to"u8))
                replyTo = reader.Text("reply-to");
            else
                reader.Skip();
        }
        return (sender, replyTo);
    }
}
