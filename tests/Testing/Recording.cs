using System.Text.Json;

namespace Orchestrator.Testing;

/// <summary>One recorded message of tests/fixtures/wire: its payload, and what was read in it when it was recorded.</summary>
/// <param name="At">When it passed the broker.</param>
public sealed record Recording(string Name, byte[] Payload, string Subject, JsonElement Envelope, JsonElement Body, DateTimeOffset At)
{
    /// <summary>Every message whose payload was kept.</summary>
    public static IReadOnlyList<Recording> All { get; } =
        [.. Directory.EnumerateDirectories(Recordings.Folder).Order(StringComparer.Ordinal).Where(d => File.Exists(Path.Combine(d, "timeline.jsonl")))
            .SelectMany(Conversation)];

    /// <summary>The names of the conversations of which requests were kept.</summary>
    public static IReadOnlyList<string> Conversations { get; } = [.. All.Where(r => r.IsRequest).Select(r => Path.GetDirectoryName(r.Name)!).Distinct()];

    /// <summary>The certificates of the nodes' authorities: those of the two times at which was recorded.</summary>
    public static string Authorities => Certificates("pki", "ca") + Text("pki", "jane", "ca.pem");

    public bool IsRequest => Name.EndsWith("request", StringComparison.Ordinal);

    /// <summary>True for the conversations with nodes whose serializer is YAML.</summary>
    public bool SpeaksYaml => Name.Contains("yaml", StringComparison.Ordinal);

    public static Recording Of(string name) => All.Single(r => r.Name == name);

    /// <summary>A conversation, in order of time.</summary>
    /// <param name="first">The number of the first message.</param>
    public static IReadOnlyList<Recording> Read(string conversation, string first = "") =>
        [.. Conversation(Path.Combine(Recordings.Folder, conversation)).Where(r => string.CompareOrdinal(Path.GetFileName(r.Name), first) >= 0)];

    public static string Certificates(string folder, string name) => Text(folder, "certs", $"{name}.pem");

    /// <summary>A file among the recordings.</summary>
    public static string Text(params string[] path) => File.ReadAllText(Path.Combine([Recordings.Folder, .. path]));

    /// <summary>A field of the envelope.</summary>
    public string Field(string name) => Envelope.GetProperty(name).GetString()!;

    private static IEnumerable<Recording> Conversation(string folder)
    {
        foreach (var line in File.ReadLines(Path.Combine(folder, "timeline.jsonl")))
        {
            var message = JsonDocument.Parse(line).RootElement;
            var file = Path.Combine(folder, $"{message.GetProperty("message").GetString()}.raw");
            if (!File.Exists(file))
                continue;
            yield return new Recording(
                $"{Path.GetFileName(folder)}/{Path.GetFileNameWithoutExtension(file)}", File.ReadAllBytes(file), message.GetProperty("subject").GetString()!,
                message.TryGetProperty("envelope", out var envelope) ? envelope : default, message.TryGetProperty("body", out var body) ? body : default,
                message.GetProperty("at").GetDateTimeOffset());
        }
    }
}
