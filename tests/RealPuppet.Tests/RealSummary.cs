using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.NodeAgent.Agents;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Orchestrator.RealPuppet.Tests;

/// <summary>The answer to last_run_summary out of the files that Puppet wrote, as the plugin on real nodes puts it together.</summary>
internal sealed record RealSummary(string? SummaryFile, string? ReportFile, string? ResourcesFile, bool Logs, long Now) : AgentData
{
    public override void Write(Utf8JsonWriter json)
    {
        var summary = WholeSummary();
        JsonNode? Of(string part, string name, JsonNode otherwise) =>
            summary[part]!.AsObject().TryGetPropertyValue(name, out var value) ? value?.DeepClone() : otherwise;
        var lastRun = Of("time", "last_run", 0L)!.GetValue<long>();
        var data = new JsonObject
        {
            ["out_of_sync_resources"] = Of("resources", "out_of_sync", 0),
            ["failed_resources"] = Of("resources", "failed", 0),
            ["corrected_resources"] = Of("resources", "corrective_change", 0),
            ["changed_resources"] = Of("changes", "total", 0),
            ["total_resources"] = Of("resources", "total", 0),
            ["config_retrieval_time"] = Of("time", "config_retrieval", 0),
            ["total_time"] = Of("time", "total", 0),
            ["logs"] = Logs ? Lines() : new JsonObject(),
            ["lastrun"] = lastRun,
            ["since_lastrun"] = Now - lastRun,
            ["config_version"] = Of("version", "config", "unknown"),
            ["type_distribution"] = Types(),
            ["summary"] = summary,
        };
        foreach (var (name, value) in data)
        {
            json.WritePropertyName(name);
            if (value is null)
                json.WriteNullValue();
            else
                value.WriteTo(json);
        }
    }

    /// <summary>Puppet's own file over the plugin's defaults, in the order of the defaults.</summary>
    private JsonObject WholeSummary()
    {
        var summary = new JsonObject
        {
            ["changes"] = new JsonObject(),
            ["time"] = new JsonObject(),
            ["resources"] = new JsonObject
            {
                [
                "failed"] = 0,
                ["changed"] = 0,
                ["corrective_change"] = 0,
                ["total"] = 0,
                ["restarted"] = 0,
                ["out_of_sync"] = 0
            },
            ["version"] = new JsonObject(),
            ["events"] = new JsonObject(),
        };
        foreach (var (part, values) in YamlAsJson.Read(SummaryFile)?.AsObject() ?? [])
        {
            if (!summary.ContainsKey(part))
                summary[part] = new JsonObject();
            foreach (var (name, value) in values!.AsObject())
                summary[part]![name] = value?.DeepClone();
        }
        return summary;
    }

    private JsonArray Lines() =>
        [.. (YamlAsJson.Read(ReportFile)?["logs"]?.AsArray() ?? []).Select(line =>
        {
            var time = DateTimeOffset.Parse(line!["time"]!.GetValue<string>(), CultureInfo.InvariantCulture).ToUnixTimeSeconds();
            return new JsonObject
            {
                ["time_utc"] = time,
                ["time"] = time,
                ["level"] = line["level"]!.GetValue<string>(),
                ["source"] = line["source"]!.GetValue<string>(),
                ["msg"] = line["message"]!.GetValue<string>().TrimEnd('\n'),
            };
        })];

    private JsonObject Types() =>
        new((ResourcesFile ?? "").Split('\n').Where(l => l.Contains('[', StringComparison.Ordinal)).GroupBy(l => l[..l.IndexOf('[', StringComparison.Ordinal)])
            .Select(g => KeyValuePair.Create($"{char.ToUpperInvariant(g.Key[0])}{g.Key[1..]}", (JsonNode?)JsonValue.Create(g.Count()))));
}

/// <summary>Reads what Ruby wrote as YAML, its tags aside; plain words get the types that Ruby gives them.</summary>
internal static class YamlAsJson
{
    /// <summary>Null where there is nothing.</summary>
    public static JsonNode? Read(string? text)
    {
        if (text is null)
            return null;
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return Of(stream.Documents[0].RootNode);
    }

    private static JsonNode? Of(YamlNode node) => node switch
    {
        YamlMappingNode mapping => new JsonObject(mapping.Children.Select(c => KeyValuePair.Create(((YamlScalarNode)c.Key).Value!, Of(c.Value)))),
        YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(Of)]),
        YamlScalarNode { Style: ScalarStyle.Plain } plain => Plain(plain.Value!),
        YamlScalarNode scalar => JsonValue.Create(scalar.Value),
        _ => null,
    };

    private static JsonNode? Plain(string word) => word switch
    {
        "" or "~" or "null" => null,
        "true" or "false" => word == "true",
        _ when long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) => whole,
        _ when double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => number,
        _ => JsonValue.Create(word.StartsWith(':') ? word[1..] : word),
    };
}
