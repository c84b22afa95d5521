using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orchestrator.Choria.Protocol;

internal static class Layer
{
    /// <summary>No broker is set to more than this; a larger message is none.</summary>
    public const int MaxBytes = 64 << 20;

    /// <summary>No thread keeps a larger buffer, in bytes.</summary>
    private const int MostKept = 256 << 10;

    public const string Transport = "choria:transport:1";
    public const string SecureRequest = "choria:secure:request:1";
    public const string SecureReply = "choria:secure:reply:1";
    public const string Request = "choria:request:1";
    public const string Reply = "choria:reply:1";

    // Texts travel inside texts four layers deep: what need not be escaped is not.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static (ArrayBufferWriter<byte> Bytes, Utf8JsonWriter Json)? _writer;

    public delegate T Reading<out T>(ref LayerReader reader);

    /// <summary>Reads a layer; whatever its bytes are, it ends well or in a <see cref="WireException"/>.</summary>
    public static T Read<T>(string layer, ReadOnlySpan<byte> json, Reading<T> read)
    {
        try
        {
            var reader = new LayerReader(layer, json);
            return read(ref reader);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            // InvalidOperationException: an escape that is half a character; System.Text.Json finds out only when it reads it.
            throw new WireException(WireFault.Json, $"the {layer} is not valid JSON: {e.Message}", e);
        }
    }

    public static T Required<T>(string layer, string name, T? value) where T : class =>
        value ?? throw new WireException(WireFault.Field, $"the {layer} has no {name}");

    public static T Required<T>(string layer, string name, T? value) where T : struct =>
        value ?? throw new WireException(WireFault.Field, $"the {layer} has no {name}");

    /// <summary>An epoch second as a time.</summary>
    public static DateTimeOffset Time(string layer, long seconds) => seconds is >= 0 and < 253_402_300_800
        ? DateTimeOffset.FromUnixTimeSeconds(seconds)
        : throw new WireException(WireFault.Field, $"time of the {layer} is not a valid time");

    public static byte[] Write(Action<Utf8JsonWriter> write)
    {
        // A fleet of emulated nodes writes very many: each thread keeps its buffer.
        if (_writer is not { Bytes.Capacity: <= MostKept })
            _writer = (new ArrayBufferWriter<byte>(1024), new Utf8JsonWriter(Stream.Null, Plain));
        var (bytes, json) = _writer.Value;
        bytes.ResetWrittenCount();
        json.Reset(bytes);
        json.WriteStartObject();
        write(json);
        json.WriteEndObject();
        json.Flush();
        return bytes.WrittenSpan.ToArray();
    }
}
