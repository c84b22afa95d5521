using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json;

namespace Orchestrator.Choria.Client;

/// <summary>
/// The beginning of the SHA-256 of what an answer says, without what only tells when it was given (<c>since_lastrun</c>, and the sentence of a status that
/// is made of it): a request that is delivered twice is answered twice, truthfully each time.
/// </summary>
internal static class AnswerDigest
{
    /// <param name="body">The reply's innermost JSON; where it is none, all of it counts.</param>
    public static ulong Of(string action, ReadOnlySpan<byte> body)
    {
        var kept = ArrayPool<byte>.Shared.Rent(body.Length);
        try
        {
            return Of(kept.AsSpan(0, Keep(action == "status", body, kept)));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return Of(body);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(kept);
        }
    }

    /// <summary>Stands for all answers in YAML: they are not read, and each tells the time.</summary>
    public static ulong Yaml { get; } = Of("---"u8);

    private static ulong Of(ReadOnlySpan<byte> said)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(said, digest);
        return BinaryPrimitives.ReadUInt64BigEndian(digest);
    }

    private static int Keep(bool isStatus, ReadOnlySpan<byte> body, Span<byte> kept)
    {
        var (length, from) = (0, 0);
        var reader = new Utf8JsonReader(body);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName
                || !(reader.ValueTextEquals("since_lastrun"u8) || (isStatus && reader.ValueTextEquals("message"u8))))
            {
                continue;
            }
            var until = (int)reader.TokenStartIndex;
            reader.Skip();
            body[from..until].CopyTo(kept[length..]);
            (length, from) = (length + until - from, (int)reader.BytesConsumed);
        }
        body[from..].CopyTo(kept[length..]);
        return length + body.Length - from;
    }
}
