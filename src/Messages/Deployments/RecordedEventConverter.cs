using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Deployments;

/// <summary>Writes a recorded event as one flat object: <c>sequence</c>, <c>type</c>, then the event's own properties.</summary>
public sealed class RecordedEventConverter : JsonConverter<RecordedEvent>
{
    public override RecordedEvent Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        return Read(document.RootElement);
    }

    public override void Write(Utf8JsonWriter writer, RecordedEvent value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        WriteProperties(writer, value);
        writer.WriteEndObject();
    }

    internal static RecordedEvent Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("sequence", out var sequence) || !sequence.TryGetInt64(out var number)
            || !root.TryGetProperty("type", out var type) || type.GetString() is not { } word)
        {
            throw new JsonException("an event needs a sequence and a type");
        }
        var info = EventManifests.FindWord(word) ?? throw new JsonException($"event type \"{word}\" is unknown here: a newer host wrote it");
        return new RecordedEvent(number, (IDeploymentEvent)root.Deserialize(info)!);
    }

    internal static void WriteProperties(Utf8JsonWriter writer, RecordedEvent value)
    {
        writer.WriteNumber("sequence", value.Sequence);
        writer.WriteString("type", EventManifests.WordOf(value.Event));
        var info = MessagesJson.Default.GetTypeInfo(value.Event.GetType())!;
        foreach (var property in JsonSerializer.SerializeToElement(value.Event, info).EnumerateObject())
            property.WriteTo(writer);
    }
}
