using System.Text.Json;
using System.Text.RegularExpressions;

namespace Orchestrator.Testing;

/// <summary>What of an answer to last_run_summary must be the same on an emulated and on a real node.</summary>
public static partial class SummaryShape
{
    /// <summary>
    /// Every key with its type, in order, and the values that the situation decides. Left out: times that pass, which of the catalog's own
    /// types were looked at, whether a change corrected something (that is the node's past), at which second Puppet compiled the catalog.
    /// </summary>
    public static List<string> Of(JsonElement data)
    {
        var shape = new List<string>();
        var looksAtOwnTypes = false;
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
                case JsonValueKind.Number when path.EndsWith("_time", StringComparison.Ordinal)
                    || path.StartsWith(".summary.time.", StringComparison.Ordinal) && !path.EndsWith("last_run", StringComparison.Ordinal):
                    if (path is ".summary.time.exec" or ".summary.time.file" or ".summary.time.notify") looksAtOwnTypes = true;
                    // A first run fetches the node's own definition.
                    else if (path is not ".summary.time.node_retrieval") shape.Add(path + " seconds");
                    break;
                case JsonValueKind.Number when path is ".config_version" or ".summary.version.config": shape.Add(path + " number"); break;
                case JsonValueKind.Number when path.Contains("corrective", StringComparison.Ordinal)
                    || path.Contains("corrected", StringComparison.Ordinal):
                    shape.Add(path + " number"); break;
                default: shape.Add($"{path} {value.GetRawText()}"); break;
            }
        }
        Walk("", data);
        if (looksAtOwnTypes) shape.Add("a type of the catalog's own was looked at");
        return shape;
    }

    /// <summary>What Puppet itself says in the log, without what differs from site to site.</summary>
    public static IEnumerable<string> PuppetLines(JsonElement data) =>
        from line in data.GetProperty("logs").EnumerateArray()
        where line.GetProperty("source").GetString() == "Puppet"
        let message = line.GetProperty("msg").GetString()!
        where !message.StartsWith("Creating state file", StringComparison.Ordinal) && message != "a hardening module that cron applies"
        select $"{string.Join(',', line.EnumerateObject().Select(p => p.Name + ":" + p.Value.ValueKind))} {line.GetProperty("level").GetString()} "
            + $"{Varying().Replace(message, "…")}";

    [GeneratedRegex(
        @"(?<=Error 500 on SERVER: Server Error: Evaluation Error: Error while evaluating a Function Call, ).*|" +
        @"\d+\.\d\d(?= seconds)|^'/bin/false' returned 1.*|^Could not start Service.*|(?<=Execution of ')[^']*|" +
        @"(?<=^Applying configuration version ')\d+(?='$)|(?<=^Caught )[A-Z]+(?=; exiting$)|(?<=Found 1 dependency cycle:\n\().*(?=\)\\nTry)")]
    private static partial Regex Varying();
}
