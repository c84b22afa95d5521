using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Deployments;

/// <summary>An event of some deployment, with its place among those of all of them.</summary>
/// <param name="Position">Its place in the journal: larger than those of all that were recorded before. A follower resumes after it.</param>
[JsonConverter(typeof(JournalEventConverter))]
public sealed record JournalEvent(long Position, DeploymentId Deployment, RecordedEvent Recorded);

/// <summary>A page of the events of all deployments.</summary>
/// <param name="Events">Those that may be seen, in their order.</param>
/// <param name="Next">After what the next page begins, also where this one is empty. There is nothing more where it is what was asked for.</param>
public sealed record JournalPage(ImmutableArray<JournalEvent> Events, long Next);

/// <summary>What keeps a host's deployments from going on, and is no event of one.</summary>
/// <param name="Trouble">A sentence for people; null where all is well.</param>
public sealed record HostNotice(string? Trouble);

/// <summary>Writes an event as one flat object: <c>position</c>, <c>deployment</c>, then what <see cref="RecordedEventConverter"/> writes.</summary>
public sealed class JournalEventConverter : JsonConverter<JournalEvent>
{
    public override JournalEvent Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var root = document.RootElement;
        return root.ValueKind == JsonValueKind.Object
            && root.TryGetProperty("position", out var position) && position.TryGetInt64(out var number)
            && root.TryGetProperty("deployment", out var deployment) && deployment.GetString() is { } id
                ? new JournalEvent(number, new DeploymentId(id), RecordedEventConverter.Read(root))
                : throw new JsonException("an event of the journal needs a position and a deployment");
    }

    public override void Write(Utf8JsonWriter writer, JournalEvent value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WriteNumber("position", value.Position);
        writer.WriteString("deployment", value.Deployment.Value);
        RecordedEventConverter.WriteProperties(writer, value.Recorded);
        writer.WriteEndObject();
    }
}
