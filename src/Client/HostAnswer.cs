using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Orchestrator.Client;

/// <summary>What a host answered: as a value, and as the host wrote it, where a newer one may say more than is known here.</summary>
public sealed class HostAnswer<T>
{
    private readonly byte[] _json;
    private readonly Func<byte[], T> _read;
    private StrongBox<T>? _value;

    internal HostAnswer(byte[] json, Func<byte[], T> read) => (_json, _read) = (json, read);

    /// <summary>As the host wrote it, in UTF-8.</summary>
    public ReadOnlyMemory<byte> Json => _json;

    /// <summary>The same as a value. Throws <see cref="UnreadableAnswerException"/> where it is none.</summary>
    public T Value => (_value ??= new StrongBox<T>(Checked(() => _read(_json)))).Value!;

    /// <summary>The same as a value of another shape. Throws <see cref="UnreadableAnswerException"/> where it is none.</summary>
    public TOther ReadAs<TOther>(JsonTypeInfo<TOther> info) =>
        Checked(() => JsonSerializer.Deserialize(_json, info) ?? throw new JsonException("it is null"));

    private static TRead Checked<TRead>(Func<TRead> read)
    {
        try
        {
            return read();
        }
        catch (JsonException e)
        {
            throw new UnreadableAnswerException(e);
        }
    }
}
