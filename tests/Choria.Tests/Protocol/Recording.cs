using System.Text.Json;

namespace Orchestrator.Choria.Tests.Protocol;

/// <summary>One recorded message: its payload, and what was read in it when it was recorded.</summary>
public sealed record Recording(string Name, byte[] Payload, string Subject, JsonElement Envelope, JsonElement Body)
{
    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "fixtures", "wire");

    /// <summary>Every message whose payload was kept.</summary>
    public static IReadOnlyList<Recording> All { get; } =
        [.. Directory.EnumerateDirectories(Root).Order(StringComparer.Ordinal).Where(d => File.Exists(Path.Combine(d, "timeline.jsonl")))
            .SelectMany(Conversation)];

    public bool IsRequest => Name.EndsWith("request", StringComparison.Ordinal);

    /// <summary>True for the conversations with nodes whose serializer is YAML.</summary>
    public bool SpeaksYaml => Name.Contains("yaml", StringComparison.Ordinal);

    public static Recording Of(string name) => All.Single(r => r.Name == name);

    public static string Certificates(string folder, string name) => Text(folder, "certs", $"{name}.pem");

    /// <summary>A file among the recordings.</summary>
    public static string Text(params string[] path) => File.ReadAllText(Path.Combine([Root, .. path]));

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
                message.TryGetProperty("envelope", out var envelope) ? envelope : default, message.TryGetProperty("body", out var body) ? body : default);
        }
    }
}
