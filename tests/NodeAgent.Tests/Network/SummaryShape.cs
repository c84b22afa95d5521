using System.Text.Json;
using System.Text.RegularExpressions;

namespace Orchestrator.NodeAgent.Tests.Network;

/// <summary>What of an answer to last_run_summary must be the same on an emulated and on a real node.</summary>
internal static partial class SummaryShape
{
    /// <summary>
    /// Every key with its type, in order, and the values that the situation decides. Left out: times that pass, the catalog's own
    /// types, whether a change corrected something (that is the node's past).
    /// </summary>
    public static List<string> Of(JsonElement data)
    {
        var shape = new List<string>();
        void Walk(string path, JsonElement value)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.Object when path is ".type_distribution": shape.Add(path); break;
                case JsonValueKind.Object:
                    shape.Add(path + " {}");
                    foreach (var property in value.EnumerateObject()) Walk($"{path}.{property.Name}", property.Value);
                    break;
                case JsonValueKind.Array: shape.Add(path + " []"); break;
                case JsonValueKind.Number when path.EndsWith("_time", StringComparison.Ordinal) || path.StartsWith(".summary.time.", StringComparison.Ordinal) && !path.EndsWith("last_run", StringComparison.Ordinal):
                    // The real catalog had an exec; a first run fetches the node's own definition.
                    if (path is not (".summary.time.exec" or ".summary.time.node_retrieval")) shape.Add(path + " seconds");
                    break;
                case JsonValueKind.Number when path.Contains("corrective", StringComparison.Ordinal) || path.Contains("corrected", StringComparison.Ordinal): shape.Add(path + " number"); break;
                default: shape.Add($"{path} {value.GetRawText()}"); break;
            }
        }
        Walk("", data);
        return shape;
    }

    /// <summary>What Puppet itself says in the log, without what differs from site to site.</summary>
    public static IEnumerable<string> PuppetLines(JsonElement data) =>
        from line in data.GetProperty("logs").EnumerateArray()
        where line.GetProperty("source").GetString() == "Puppet"
        let message = line.GetProperty("msg").GetString()!
        where !message.StartsWith("Creating state file", StringComparison.Ordinal)
        select $"{string.Join(',', line.EnumerateObject().Select(p => p.Name + ":" + p.Value.ValueKind))} {line.GetProperty("level").GetString()} {Varying().Replace(message, "…")}";

    [GeneratedRegex(@"(?<=Error 500 on SERVER: Server Error: Evaluation Error: Error while evaluating a Function Call, ).*|\d+\.\d\d(?= seconds)|^'/bin/false' returned 1.*|^Could not start Service.*|(?<=Execution of ')[^']*|(?<=Found 1 dependency cycle:\n\().*(?=\)\\nTry)")]
    private static partial Regex Varying();
}
