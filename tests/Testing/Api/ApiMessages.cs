using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Orchestrator.Testing.Api;

/// <summary>
/// What of real requests and answers docs/openapi.json does not say. Stricter than the document: a property of an answer that no schema names is a problem
/// too, because nobody described it.
/// </summary>
public static class ApiMessages
{
    private static readonly JsonObject Document = JsonNode.Parse(ApiDocument.Text)!.AsObject();

    private static readonly List<(string Method, Regex Path, int Literals, JsonObject Operation)> Operations =
    [
        .. from path in Document["paths"]!.AsObject()
           from operation in path.Value!.AsObject()
           select (operation.Key, new Regex("^" + Regex.Replace(path.Key.Replace(".", "\\."), @"\{\w+\}", "[^/]+") + "$"),
               path.Key.Split('/').Count(s => !s.StartsWith('{')), operation.Value!.AsObject()),
    ];

    /// <summary>The operation of a request; null where there is none.</summary>
    /// <param name="path">Without a query.</param>
    public static JsonObject? Operation(string method, string path) => Operations
        .Where(o => o.Method.Equals(method, StringComparison.OrdinalIgnoreCase) && o.Path.IsMatch(path))
        .OrderByDescending(o => o.Literals).Select(o => o.Operation).FirstOrDefault();

    /// <summary>What of an answer is not said; empty where all is.</summary>
    /// <param name="mediaType">Null for none.</param>
    public static IReadOnlyList<string> ProblemsOfAnswer(JsonObject operation, int status, string? mediaType, string body)
    {
        if (Resolved(operation["responses"]![status.ToString(CultureInfo.InvariantCulture)]) is not { } answer)
            return [$"{operation["operationId"]}: {status} is not among its answers: {body}"];
        if (answer["content"] is not JsonObject content)
            return [];
        if (mediaType is null || (content[mediaType] ?? content["*/*"]) is not { } described)
            return [$"{operation["operationId"]}: {status} is {mediaType}, not {string.Join(" or ", content.Select(c => c.Key))}"];
        if (!mediaType.EndsWith("json", StringComparison.Ordinal))
            return [];
        using var value = JsonDocument.Parse(body);
        var problems = Problems(described["schema"]!, value.RootElement, isStrict: true);
        if (answer["x-codes"] is JsonArray codes && value.RootElement.GetProperty("code").GetString() is var code && !codes.Any(c => (string?)c == code))
            problems = [.. problems, $"the code {code} is not among those of {status}"];
        return [.. problems.Select(p => $"{operation["operationId"]}: {status}: {p}")];
    }

    /// <summary>What of a request's body is not said; empty where all is.</summary>
    public static IReadOnlyList<string> ProblemsOfRequest(JsonObject operation, JsonElement body) =>
        operation["requestBody"]?["content"]?["application/json"]?["schema"] is { } schema ? Problems(schema, body, isStrict: false) : ["it takes no body"];

    /// <summary>What of a value does not keep to a schema.</summary>
    public static IReadOnlyList<string> Problems(JsonNode schema, JsonElement value, bool isStrict)
    {
        var problems = new List<string>();
        Check(schema.AsObject(), value, "$", isStrict, problems);
        return problems;
    }

    public static JsonObject? Resolved(JsonNode? node)
    {
        while (node?["$ref"] is { } reference)
            node = ((string)reference!).Split('/').Skip(1).Aggregate((JsonNode)Document, (at, part) => at[part]!);
        return node?.AsObject();
    }

    private static void Check(JsonObject described, JsonElement value, string path, bool isStrict, List<string> problems)
    {
        var schema = Resolved(described)!;
        if (schema["anyOf"] is JsonArray any)
        {
            var tries = any.Select(one => Problems(one!, value, isStrict)).ToList();
            if (tries.All(t => t.Count > 0))
                problems.AddRange(tries.MinBy(t => t.Count)!.Select(p => path + p[1..]));
            return;
        }
        if (schema["discriminator"] is { } discriminator)
        {
            var key = (string)discriminator["propertyName"]!;
            var word = value.ValueKind == JsonValueKind.Object && value.TryGetProperty(key, out var named) ? named.GetString() : null;
            if (word is not null && discriminator["mapping"]![word] is { } reference)
                Check(new JsonObject { ["$ref"] = (string)reference! }, value, path, isStrict, problems);
            else
                problems.Add($"{path}: nothing is called {word}");
            return;
        }
        if (schema["type"] is { } types
            && !(types is JsonArray several ? several.Select(t => (string)t!) : [(string)types!]).Any(t => JsonSchemas.IsA(value, t)))
        {
            problems.Add($"{path}: {value.ValueKind} is not {types.ToJsonString()}");
            return;
        }
        if (schema["const"] is { } only && value.ToString() != (string)only!)
            problems.Add($"{path}: {value} is not {only}");
        if (schema["enum"] is JsonArray words && !words.Any(w => (string?)w == value.ToString()))
            problems.Add($"{path}: {value} is none of {words.ToJsonString()}");
        if (value.ValueKind == JsonValueKind.String && schema["pattern"] is { } pattern && !Regex.IsMatch(value.GetString()!, (string)pattern!))
            problems.Add($"{path}: {value} does not match {pattern}");
        if (value.ValueKind == JsonValueKind.String && (string?)schema["format"] == "date-time" && !value.TryGetDateTimeOffset(out _))
            problems.Add($"{path}: {value} is no time");
        if (value.ValueKind == JsonValueKind.Array && schema["items"] is JsonObject items)
        {
            foreach (var (index, item) in value.EnumerateArray().Index())
                Check(items, item, $"{path}[{index}]", isStrict, problems);
        }
        if (value.ValueKind == JsonValueKind.Object)
            CheckProperties(schema, value, path, isStrict, problems);
    }

    private static void CheckProperties(JsonObject schema, JsonElement value, string path, bool isStrict, List<string> problems)
    {
        foreach (var missing in schema["required"]?.AsArray().Select(r => (string)r!).Where(r => !value.TryGetProperty(r, out _)) ?? [])
            problems.Add($"{path}: {missing} is missing");
        var properties = schema["properties"] as JsonObject;
        foreach (var property in value.EnumerateObject())
        {
            if (properties?[property.Name] is JsonObject known)
                Check(known, property.Value, $"{path}.{property.Name}", isStrict, problems);
            else if (schema["additionalProperties"] is JsonObject other)
                Check(other, property.Value, $"{path}.{property.Name}", isStrict, problems);
            else if (properties is not null && !((bool?)schema["additionalProperties"] ?? !isStrict))
                problems.Add($"{path}.{property.Name} is in no schema");
        }
    }
}
