namespace Orchestrator.Choria.Protocol;

/// <summary>The secure layer of a request: the request layer as it was signed, the signature, and the certificate of who signed. Not verified yet.</summary>
/// <param name="Message">The request layer, byte for byte as signed.</param>
/// <param name="Signature">RSA PKCS#1 v1.5 with SHA-256 over <paramref name="Message"/>.</param>
/// <param name="Certificate">The signer's certificate, PEM; text from outside.</param>
public sealed record SecureRequest(byte[] Message, byte[] Signature, string Certificate)
{
    private const string Name = "secure layer of the request";

    /// <exception cref="WireException">It is none.</exception>
    public static SecureRequest Read(ReadOnlySpan<byte> data) => Layer.Read(Name, data, static (ref LayerReader reader) =>
    {
        string? certificate = null;
        byte[]? message = null, signature = null;
        while (reader.NextField())
        {
            if (reader.IsField("message"u8))
            {
                using var text = reader.LongText("message");
                message = text.Span.ToArray();
            }
            else if (reader.IsField("signature"u8))
            {
                using var bytes = reader.Base64("signature");
                signature = bytes.Span.ToArray();
            }
            else if (reader.IsField("pubcert"u8))
            {
                certificate = reader.Text("pubcert");
            }
            else
            {
                reader.Skip();
            }
        }
        reader.End(Layer.SecureRequest);
        return new SecureRequest(
            Layer.Required(Name, "message", message), Layer.Required(Name, "signature", signature), Layer.Required(Name, "pubcert", certificate));
    });

    public byte[] Write() => Layer.Write(json =>
    {
        json.WriteString("protocol"u8, Layer.SecureRequest);
        json.WriteString("message"u8, Message);
        json.WriteBase64String("signature"u8, Signature);
        json.WriteString("pubcert"u8, Certificate);
    });
}
