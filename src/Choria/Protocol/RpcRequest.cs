namespace Orchestrator.Choria.Protocol;

/// <summary>What is asked, by whom and for how long: the request layer with its body as it stands.</summary>
/// <param name="Id">32 lower-case hexadecimal characters, unique for ever.</param>
/// <param name="Caller">The caller id, <c>choria=</c> and the common name of the certificate that signs.</param>
/// <param name="TimeToLive">After this long a node drops it; whole seconds.</param>
/// <param name="Time">When it was made, by the caller's clock, whole seconds.</param>
/// <param name="Body">What the agent is told, for all agents but discovery JSON.</param>
public sealed record RpcRequest(
    string Id, string Sender, string Caller, string Collective, string Agent, TimeSpan TimeToLive, DateTimeOffset Time, RpcFilter Filter,
    ReadOnlyMemory<byte> Body)
{
    private const string Name = "request layer";

    /// <summary>The request layer as JSON: what is signed.</summary>
    public byte[] Write() => Layer.Write(json =>
    {
        json.WriteString("protocol"u8, Layer.Request);
        json.WriteString("message"u8, Body.Span);
        json.WriteStartObject("envelope"u8);
        json.WriteString("requestid"u8, Id);
        json.WriteString("senderid"u8, Sender);
        json.WriteString("callerid"u8, Caller);
        Filter.Write(json);
        json.WriteString("collective"u8, Collective);
        json.WriteString("agent"u8, Agent);
        json.WriteNumber("ttl"u8, (long)TimeToLive.TotalSeconds);
        json.WriteNumber("time"u8, Time.ToUnixTimeSeconds());
        json.WriteEndObject();
    });

    /// <summary>Reads a request layer, as strictly as a Ruby node: an envelope key that is none makes it no request.</summary>
    /// <exception cref="WireException">It is none.</exception>
    public static RpcRequest Read(ReadOnlySpan<byte> message)
    {
        if (message.StartsWith("---"u8))
            throw new WireException(WireFault.Yaml, "the request is YAML: the caller's serializer must be json");
        return Layer.Read(Name, message, static (ref LayerReader reader) =>
        {
            byte[]? body = null;
            RpcRequest? envelope = null;
            while (reader.NextField())
            {
                if (reader.IsField("message"u8))
                {
                    using var text = reader.LongText("message");
                    body = text.Span.ToArray();
                }
                else if (reader.IsField("envelope"u8))
                {
                    envelope = Envelope(ref reader);
                }
                else
                {
                    reader.Skip();
                }
            }
            reader.End(Layer.Request);
            return Layer.Required(Name, "envelope", envelope) with { Body = Layer.Required(Name, "message", body) };
        });
    }

    private static RpcRequest Envelope(ref LayerReader reader)
    {
        string? id = null, sender = null, caller = null, collective = null, agent = null;
        long? timeToLive = null, time = null;
        RpcFilter? filter = null;
        reader.Enter("envelope");
        while (reader.NextField())
        {
            if (reader.IsField("requestid"u8))
                id = reader.Text("requestid");
            else if (reader.IsField("senderid"u8))
                sender = reader.Text("senderid");
            else if (reader.IsField("callerid"u8))
                caller = reader.Text("callerid");
            else if (reader.IsField("filter"u8))
                filter = RpcFilter.Read(ref reader);
            else if (reader.IsField("collective"u8))
                collective = reader.Text("collective");
            else if (reader.IsField("agent"u8))
                agent = reader.Text("agent");
            else if (reader.IsField("ttl"u8))
                timeToLive = reader.Number("ttl");
            else if (reader.IsField("time"u8))
                time = reader.Number("time");
            else
                throw new WireException(WireFault.Field, $"the envelope has an unknown key: {reader.FieldName()}");
        }
        var seconds = Layer.Required(Name, "ttl", timeToLive);
        return new RpcRequest(
            Layer.Required(Name, "requestid", id), Layer.Required(Name, "senderid", sender), Layer.Required(Name, "callerid", caller),
            Layer.Required(Name, "collective", collective), Layer.Required(Name, "agent", agent),
            seconds is > 0 and <= int.MaxValue
                ? TimeSpan.FromSeconds(seconds)
                : throw new WireException(WireFault.Field, $"ttl of the {Name} is not a valid time to live"),
            Layer.Time(Name, Layer.Required(Name, "time", time)), filter ?? new RpcFilter(), default);
    }
}
