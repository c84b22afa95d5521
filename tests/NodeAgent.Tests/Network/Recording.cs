using System.Text.Json;

namespace Orchestrator.NodeAgent.Tests.Network;

/// <summary>A message of a recorded conversation between real clients and real nodes.</summary>
/// <param name="Payload">Its bytes.</param>
/// <param name="IsRequest">Or a reply.</param>
/// <param name="Subject">Where it was published.</param>
/// <param name="Envelope">Opened when it was recorded.</param>
/// <param name="Body">The same.</param>
/// <param name="At">When it passed the broker.</param>
internal sealed record Recording(byte[] Payload, bool IsRequest, string Subject, JsonElement Envelope, JsonElement Body, DateTimeOffset At)
{
    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "fixtures", "wire");

    /// <summary>Conversations of which the requests' bytes were kept.</summary>
    public static IReadOnlyList<string> Conversations { get; } =
        [.. Directory.EnumerateFiles(Root, "*-request.raw", SearchOption.AllDirectories).Select(f => Path.GetFileName(Path.GetDirectoryName(f))!).Distinct()
            .Order(StringComparer.Ordinal)];

    /// <summary>The certificates of the nodes' authorities: those of the two times at which was recorded.</summary>
    public static string Authorities =>
        File.ReadAllText(Path.Combine(Root, "pki", "certs", "ca.pem")) + File.ReadAllText(Path.Combine(Root, "pki", "jane", "ca.pem"));

    /// <summary>The conversation, in order of time.</summary>
    /// <param name="conversation">Its name.</param>
    /// <param name="first">The number of the first message.</param>
    public static IReadOnlyList<Recording> Read(string conversation, string first = "") =>
    [
        .. from line in File.ReadLines(Path.Combine(Root, conversation, "timeline.jsonl"))
           let message = JsonDocument.Parse(line).RootElement
           let name = message.GetProperty("message").GetString()!
           where string.CompareOrdinal(name, first) >= 0
           select new Recording(
               File.ReadAllBytes(Path.Combine(Root, conversation, $"{name}.raw")), name.EndsWith("request", StringComparison.Ordinal),
               message.GetProperty("subject").GetString()!,
               message.GetProperty("envelope"), message.GetProperty("body"), message.GetProperty("at").GetDateTimeOffset()),
    ];

    /// <summary>A field of the envelope.</summary>
    public string Field(string name) => Envelope.GetProperty(name).GetString()!;
}
