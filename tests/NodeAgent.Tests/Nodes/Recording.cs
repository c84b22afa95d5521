using System.Text.Json;
using System.Text.Json.Nodes;

namespace Orchestrator.NodeAgent.Tests.Nodes;

/// <summary>A conversation with a real node: its requests and replies, opened.</summary>
internal sealed class Recording
{
    private Recording(IReadOnlyList<(JsonElement Body, long Time, DateTimeOffset At)> requests, IReadOnlyList<(JsonElement Body, long Time, DateTimeOffset At)> replies) =>
        (Requests, Replies) = (requests, replies);

    /// <summary>Bodies, the envelope's epoch seconds and when they passed the broker.</summary>
    public IReadOnlyList<(JsonElement Body, long Time, DateTimeOffset At)> Requests { get; }

    /// <inheritdoc cref="Requests"/>
    public IReadOnlyList<(JsonElement Body, long Time, DateTimeOffset At)> Replies { get; }

    public static Recording Read(string folder)
    {
        List<(JsonElement, long, DateTimeOffset)> requests = [], replies = [];
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "fixtures", "wire", folder, "timeline.jsonl")))
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement.Clone();
            var entry = (root.GetProperty("body"), root.GetProperty("envelope").GetProperty("time").GetInt64(), root.GetProperty("at").GetDateTimeOffset());
            (entry.Item1.TryGetProperty("statuscode", out _) ? replies : requests).Add(entry);
        }
        return new Recording(requests, replies);
    }

    /// <summary>JSON in one spelling, so that texts can be compared: order of keys, types and values count.</summary>
    public static string Normal(JsonElement json) => JsonNode.Parse(json.GetRawText())!.ToJsonString();

    /// <inheritdoc cref="Normal(JsonElement)"/>
    public static string Normal(byte[] json) => JsonNode.Parse(json)!.ToJsonString();
}
