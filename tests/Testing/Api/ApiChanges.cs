using System.Text.Json.Nodes;

namespace Orchestrator.Testing.Api;

/// <summary>
/// What a later description of the API takes away from whoever goes by an earlier one. What comes in addition breaks nobody: clients pass over properties and
/// words that they do not know.
/// </summary>
public sealed class ApiChanges
{
    private static readonly string[] Methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
    private static readonly (string Key, bool IsLeast)[] Limits =
        [("minimum", true), ("minLength", true), ("minItems", true), ("maximum", false), ("maxLength", false), ("maxItems", false)];

    private readonly JsonObject _before;
    private readonly JsonObject _now;
    private readonly List<string> _breaks = [];
    private readonly HashSet<(string, string, bool)> _compared = [];

    private ApiChanges(JsonObject before, JsonObject now) => (_before, _now) = (before, now);

    /// <summary>One sentence for each; empty where whoever goes by the earlier description is served as before.</summary>
    public static IReadOnlyList<string> Breaking(JsonObject before, JsonObject now)
    {
        var changes = new ApiChanges(before, now);
        changes.ComparePaths();
        return changes._breaks;
    }

    private void ComparePaths()
    {
        foreach (var (path, before) in Members(_before["paths"]))
        {
            if (_now["paths"]?[path] is not JsonObject now)
            {
                _breaks.Add($"{path} is gone");
                continue;
            }
            foreach (var method in Methods.Where(m => before![m] is not null))
            {
                var name = $"{method.ToUpperInvariant()} {path}";
                if (now[method] is JsonObject operation)
                    CompareOperation(name, before![method]!.AsObject(), operation);
                else
                    _breaks.Add($"{name} is gone");
            }
        }
    }

    private void CompareOperation(string name, JsonObject before, JsonObject now)
    {
        if ((string?)before["operationId"] != (string?)now["operationId"])
            _breaks.Add($"{name} was {before["operationId"]} and is {now["operationId"]}: clients are made with methods of this name");
        CompareParameters(name, before, now);
        CompareBody(name, before["requestBody"] as JsonObject, now["requestBody"] as JsonObject);
        foreach (var (status, answer) in Members(before["responses"]))
        {
            if (now["responses"]?[status] is { } found)
                CompareAnswer($"{name} answers {status}", Resolved(_before, answer)!, Resolved(_now, found)!);
            else
                _breaks.Add($"{name} no longer answers {status}");
        }
    }

    private void CompareParameters(string name, JsonObject before, JsonObject now)
    {
        static Dictionary<string, JsonObject> ByName(JsonObject operation) => (operation["parameters"] as JsonArray ?? [])
            .ToDictionary(p => $"{p!["in"]} parameter {p["name"]}", p => p!.AsObject());
        var (earlier, later) = (ByName(before), ByName(now));
        foreach (var (key, parameter) in earlier)
        {
            if (!later.TryGetValue(key, out var found))
            {
                _breaks.Add($"{name}: {key} is gone");
                continue;
            }
            if (IsRequired(found) && !IsRequired(parameter))
                _breaks.Add($"{name}: {key} has become required");
            Compare($"{name}: {key}", parameter["schema"], found["schema"], isRequest: true);
        }
        foreach (var (key, parameter) in later)
        {
            if (IsRequired(parameter) && !earlier.ContainsKey(key))
                _breaks.Add($"{name}: {key} is new and required");
        }
    }

    private void CompareBody(string name, JsonObject? before, JsonObject? now)
    {
        if (now is null)
        {
            if (before is not null)
                _breaks.Add($"{name} no longer takes a body");
            return;
        }
        if (IsRequired(now) && (before is null || !IsRequired(before)))
            _breaks.Add($"{name} has come to need a body");
        foreach (var (mediaType, content) in Members(before?["content"]))
        {
            if (now["content"]?[mediaType] is { } found)
                Compare($"{name} takes", content!["schema"], found["schema"], isRequest: true);
            else
                _breaks.Add($"{name} no longer takes {mediaType}");
        }
    }

    private void CompareAnswer(string name, JsonObject before, JsonObject now)
    {
        foreach (var (mediaType, content) in Members(before["content"]))
        {
            if (now["content"]?[mediaType] is { } found)
                Compare(name, content!["schema"], found["schema"], isRequest: false);
            else
                _breaks.Add($"{name} no longer as {mediaType}");
        }
    }

    private void Compare(string name, JsonNode? before, JsonNode? now, bool isRequest)
    {
        if (before?["$ref"] is { } one && now?["$ref"] is { } other)
        {
            if (!_compared.Add(((string)one!, (string)other!, isRequest)))
                return;
            name = ((string)one!).Split('/')[^1] + (isRequest ? " in requests" : " in answers");
        }
        var (earlier, later) = (Resolved(_before, before) ?? [], Resolved(_now, now) ?? []);
        var (kinds, kindsNow) = (Kinds(_before, earlier), Kinds(_now, later));
        if (isRequest ? !kindsNow.IsSupersetOf(kinds) : !kindsNow.IsSubsetOf(kinds))
            _breaks.Add($"{name}: was {string.Join(" or ", kinds)} and is {string.Join(" or ", kindsNow)}");
        CompareChoices(name, earlier, later, isRequest);
        CompareWords(name, earlier, later, isRequest);
        if (isRequest)
            CompareLimits(name, earlier, later);
        CompareProperties(name, earlier, later, isRequest);
        if (earlier["items"] is { } item && later["items"] is { } itemNow)
            Compare($"{name}: each item", item, itemNow, isRequest);
        if (earlier["additionalProperties"] is JsonObject value && later["additionalProperties"] is JsonObject valueNow)
            Compare($"{name}: each value", value, valueNow, isRequest);
    }

    /// <summary>What may be null, and events by their types.</summary>
    private void CompareChoices(string name, JsonObject before, JsonObject now, bool isRequest)
    {
        if (NotNull(before) is { } one && NotNull(now) is { } other && (before.ContainsKey("anyOf") || now.ContainsKey("anyOf")))
            Compare(name, one, other, isRequest);
        foreach (var (word, kind) in Members(before["discriminator"]?["mapping"]))
        {
            if (now["discriminator"]?["mapping"]?[word] is { } found)
                Compare($"{name}: {word}", Reference(kind), Reference(found), isRequest);
            else
                _breaks.Add($"{name}: {word} is gone");
        }

        static JsonObject Reference(JsonNode? name) => new() { ["$ref"] = (string)name! };
    }

    private static JsonObject? NotNull(JsonObject schema) =>
        schema["anyOf"] is JsonArray any ? any.Select(a => a!.AsObject()).FirstOrDefault(a => (string?)(a["type"] as JsonValue) != "null") : schema;

    private void CompareWords(string name, JsonObject before, JsonObject now, bool isRequest)
    {
        if (now["enum"] is not JsonArray words)
            return;
        if (before["enum"] is not JsonArray wordsBefore)
        {
            if (isRequest && !before.ContainsKey("anyOf"))
                _breaks.Add($"{name}: any text was taken, and now only {words.ToJsonString()}");
            return;
        }
        foreach (var word in wordsBefore.Select(w => (string?)w).Except(words.Select(w => (string?)w)))
            _breaks.Add($"{name}: the word {word} is gone");
    }

    /// <summary>A request that was taken must be taken. A pattern is compared by its text: nobody can tell which of two is wider.</summary>
    private void CompareLimits(string name, JsonObject before, JsonObject now)
    {
        foreach (var (key, isLeast) in Limits)
        {
            if (now[key] is not { } limit)
                continue;
            var earlier = (decimal?)before[key];
            if (earlier is null ? key == "minimum" || !isLeast || (decimal)limit > 0 : isLeast ? (decimal)limit > earlier : (decimal)limit < earlier)
                _breaks.Add($"{name}: {key} was {(earlier is null ? "not set" : $"{earlier}")} and is {limit}");
        }
        if (now["pattern"] is { } pattern && (string?)before["pattern"] != (string)pattern!)
            _breaks.Add($"{name}: must match {pattern} now");
    }

    private void CompareProperties(string name, JsonObject before, JsonObject now, bool isRequest)
    {
        var (required, requiredNow) = (Required(before), Required(now));
        foreach (var (key, property) in Members(before["properties"]))
        {
            if (now["properties"]?[key] is { } found)
                Compare($"{name}: {key}", property, found, isRequest);
            else
                _breaks.Add($"{name}: {key} is gone");
            if (isRequest && requiredNow.Contains(key) && !required.Contains(key))
                _breaks.Add($"{name}: {key} has become required");
            if (!isRequest && required.Contains(key) && !requiredNow.Contains(key) && now["properties"]?[key] is not null)
                _breaks.Add($"{name}: {key} may be left out now");
        }
        foreach (var key in requiredNow.Where(r => isRequest && before["properties"]?[r] is null))
            _breaks.Add($"{name}: {key} is new and required");
        if (isRequest && IsClosed(now) && !IsClosed(before) && before.ContainsKey("properties"))
            _breaks.Add($"{name}: a key that is not named is refused now");
    }

    private static HashSet<string> Required(JsonObject schema) => [.. (schema["required"] as JsonArray ?? []).Select(r => (string)r!)];

    private static bool IsClosed(JsonObject schema) => schema["additionalProperties"] is JsonValue value && !(bool)value;

    private static bool IsRequired(JsonObject described) => (bool?)described["required"] == true;

    /// <summary>Which kinds of JSON a value may be.</summary>
    private static HashSet<string> Kinds(JsonObject document, JsonObject schema) => schema switch
    {
        _ when schema["anyOf"] is JsonArray any => [.. any.SelectMany(a => Kinds(document, Resolved(document, a)!))],
        _ when schema["type"] is JsonArray types => [.. types.Select(t => (string)t!)],
        _ when schema["type"] is { } type => [(string)type!],
        _ when schema["const"] is not null => ["string"],
        _ when schema["oneOf"] is not null => ["object"],
        _ => ["anything"],
    };

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Members(JsonNode? node) => node as JsonObject ?? [];

    private static JsonObject? Resolved(JsonObject document, JsonNode? node)
    {
        while (node?["$ref"] is { } reference)
            node = ((string)reference!).Split('/').Skip(1).Aggregate((JsonNode?)document, (at, part) => at?[part]);
        return node as JsonObject;
    }
}
