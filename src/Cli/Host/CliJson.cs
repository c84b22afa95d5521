using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Host;

/// <summary>What the command line reads of the host's answers beyond the messages that both share.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(ListedPage))]
[JsonSerializable(typeof(AuditedPage))]
[JsonSerializable(typeof(HostGreeting))]
[JsonSerializable(typeof(CommandError))]
internal sealed partial class CliJson : JsonSerializerContext
{
    /// <summary>With letters of all alphabets as they are.</summary>
    public static CliJson Plain { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>What was answered as a value. Throws <see cref="CommandFailedException"/> where it is none.</summary>
    public static T Read<T>(byte[] json, JsonTypeInfo<T> info) => Read(() => JsonSerializer.Deserialize(json, info));

    /// <summary>A part of it as a value.</summary>
    public static T Read<T>(JsonElement part, JsonTypeInfo<T> info) => Read(() => part.Deserialize(info));

    private static T Read<T>(Func<T?> read)
    {
        try
        {
            return read() ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new CommandFailedException($"the host's answer cannot be read: {e.Message}", ExitCodes.Unreachable);
        }
    }

    /// <summary>A list of documents as the host wrote them: a newer one may say more than is known here.</summary>
    public static byte[] Listed(IEnumerable<JsonElement> documents)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartArray();
            foreach (var document in documents)
                writer.WriteRawValue(document.GetRawText());
            writer.WriteEndArray();
        }
        return json.WrittenSpan.ToArray();
    }
}

/// <summary>What a <see cref="HostStatus"/> of any version has in common.</summary>
internal sealed record HostGreeting(string? Version, string? Trouble, string? JournalIncomplete, string? Clock, string? Caller);

/// <summary>A <see cref="DeploymentPage"/>, each deployment as the host wrote it.</summary>
internal sealed record ListedPage(
    [property: JsonRequired] ImmutableArray<JsonElement> Deployments, string? Next, int Older, [property: JsonRequired] ImmutableArray<JsonElement> Current,
    long? JournalBytes = null);

/// <summary>An <see cref="Messages.Access.AuditPage"/>, each entry as the host wrote it.</summary>
internal sealed record AuditedPage([property: JsonRequired] ImmutableArray<JsonElement> Entries, long? Next);
