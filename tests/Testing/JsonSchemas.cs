using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Testing;

/// <summary>
/// The JSON schemas of docs/schema, made of the types that are written, and what of a document does not keep to them. Stricter than the schemas: a property
/// that a schema does not name is a problem too, because nobody documented it.
/// </summary>
public static class JsonSchemas
{
    private static readonly JsonSerializerOptions Options = new(MessagesJson.Plain.Options)
    {
        TypeInfoResolver = JsonTypeInfoResolver.Combine(MessagesJson.Plain, PlansJson.Plain),
        RespectRequiredConstructorParameters = true,
    };

    private static readonly string[] Always = ["sequence", "type"];

    /// <summary>By the name of the file.</summary>
    public static IReadOnlyDictionary<string, JsonNode> All { get; } = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal)
    {
        ["audit"] = Of(typeof(ImmutableArray<Messages.Access.AuditEntry>), "what audit --output json prints; with jsonl each line is one of these"),
        ["config"] = Of(typeof(Messages.Api.ConfigView), "what config --output json prints"),
        ["config-broker-permissions"] = Of(typeof(Messages.Api.BrokerPermissionsView), "what config --broker-permissions --output json prints"),
        ["config-ping"] = Of(typeof(Messages.Api.PingView), "what config --ping --output json prints"),
        ["deployment"] = Of(typeof(DeploymentView), "what show --output json prints, and run, watch, retry and rollback at their end"),
        ["error"] = Of(typeof(Messages.Api.CommandError), "what a command that fails prints with --output json, and with jsonl on standard error"),
        ["event"] = Events(),
        ["list"] = Of(typeof(ImmutableArray<DeploymentLine>), "what list --output json prints"),
        ["nodes"] = Of(typeof(ImmutableArray<Messages.Api.NodeNow>), "what nodes --output json prints"),
        ["plan"] = Of(typeof(Plan), "what plan --output json prints"),
        ["plan-difference"] = Of(typeof(PlanDifference), "what plan --against ID --output json prints"),
        ["plan-impact"] = Of(typeof(PlanImpact), "what plan --impact --output json prints"),
        ["policy"] = Of(typeof(Messages.Access.PolicyView), "what policy show --output json prints"),
        ["policy-check"] = Of(typeof(Messages.Access.PolicyReview), "what policy check --output json prints"),
        ["policy-test"] = Of(typeof(Messages.Access.PolicyAnswer), "what policy test --output json prints"),
        ["request-cert"] = Of(typeof(Messages.Api.CertificateView), "what request-cert --output json prints"),
        ["problems"] = Of(typeof(SiteProblems), "what plan, run and nodes print with --output json for a site that cannot be planned"),
        ["prune"] = Of(typeof(Messages.Api.Pruned), "what prune --output json prints"),
        ["token-create"] = Of(typeof(Messages.Access.TokenCreated), "what token create --output json prints"),
        ["token-list"] = Of(typeof(ImmutableArray<Messages.Access.TokenView>), "what token list --output json prints"),
        ["token-revoke"] = Of(typeof(Messages.Access.TokenView), "what token revoke --output json prints"),
        ["verb"] = Of(typeof(Messages.Api.VerbDone), "what verbs print with --output json"),
        ["verify"] = Of(typeof(Messages.Api.JournalReview), "what verify --output json prints"),
        ["why"] = Of(typeof(Messages.Api.WhyView), "what why --output json prints"),
    };

    /// <summary>What of the document does not keep to the schema; empty where it does.</summary>
    public static IReadOnlyList<string> Problems(string schema, JsonElement document)
    {
        var problems = new List<string>();
        Check(All[schema], All[schema], document, "$", problems);
        return problems;
    }

    private static JsonObject Of(Type type, string description)
    {
        var schema = Exported(type);
        schema["description"] = description;
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema";
        return schema;
    }

    private static JsonObject Events()
    {
        var kinds = new JsonArray();
        foreach (var manifest in EventManifests.All.Where(m => m.StartsWith("dep.", StringComparison.Ordinal)))
        {
            var schema = Exported(EventManifests.Find(manifest)!.Type);
            var properties = new JsonObject
            {
                ["sequence"] = new JsonObject { ["type"] = "integer" },
                ["type"] = new JsonObject { ["const"] = manifest["dep.".Length..manifest.LastIndexOf('.')] },
            };
            foreach (var (name, value) in schema["properties"]?.AsObject().ToArray() ?? [])
                properties[name] = value?.DeepClone();
            schema["properties"] = properties;
            schema["required"] = new JsonArray(
                [.. Always.Concat(schema["required"]?.AsArray().Select(r => (string)r!) ?? []).Select(r => (JsonNode)r)]);
            Rebase(schema, $"#/oneOf/{kinds.Count}");
            kinds.Add(schema);
        }

        return new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["description"] = "each line of --output jsonl, and each element of events --output json",
            ["oneOf"] = kinds,
        };
    }

    private static JsonObject Exported(Type type) => Options.GetJsonSchemaAsNode(
        type, new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Known }).AsObject();

    /// <summary>What the exporter cannot see in our converters, and what may be left out.</summary>
    private static JsonNode Known(JsonSchemaExporterContext context, JsonNode schema)
    {
        var type = Nullable.GetUnderlyingType(context.TypeInfo.Type) ?? context.TypeInfo.Type;
        var mayBeNull = type != context.TypeInfo.Type || (!type.IsValueType && context.PropertyInfo is { IsGetNullable: true });
        JsonNode Kind(string kind) => mayBeNull ? new JsonArray(kind, "null") : JsonValue.Create(kind);
        if (type.IsEnum)
        {
            var words = type.GetFields(BindingFlags.Public | BindingFlags.Static)
                .Select(f => f.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? f.Name).Where(w => w != "unknown");
            return new JsonObject { ["enum"] = new JsonArray([.. words.Select(w => (JsonNode?)w), .. mayBeNull ? new JsonNode?[] { null } : []]) };
        }

        if (type == typeof(DateTimeOffset))
            return new JsonObject { ["type"] = Kind("string"), ["format"] = "date-time" };
        if (schema is not JsonObject found)
        {
            var isMap = context.PropertyInfo?.PropertyType is { IsGenericType: true } property
                && property.GetGenericTypeDefinition() == typeof(ImmutableSortedDictionary<,>);
            return new JsonObject { ["type"] = Kind(isMap ? "object" : "string") };
        }

        if (found["required"] is JsonArray required)
        {
            var optional = type.GetProperties().Where(p => p.GetCustomAttribute<JsonIgnoreAttribute>() is { Condition: not JsonIgnoreCondition.Never })
                .Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name)).ToHashSet();
            found["required"] = new JsonArray([.. required.Select(r => (string)r!).Where(r => !optional.Contains(r)).Select(r => (JsonNode)r)]);
        }

        return schema;
    }

    private static void Rebase(JsonNode? node, string root)
    {
        if (node is JsonObject found)
        {
            if (found["$ref"] is { } reference)
                found["$ref"] = root + ((string)reference!)[1..];
            foreach (var (_, value) in found.ToArray())
                Rebase(value, root);
        }
        else if (node is JsonArray items)
        {
            foreach (var item in items)
                Rebase(item, root);
        }
    }

    private static void Check(JsonNode root, JsonNode schema, JsonElement value, string path, List<string> problems)
    {
        if (schema is not JsonObject rules)
            return;
        if (rules["$ref"] is { } reference)
        {
            var target = root;
            foreach (var part in ((string)reference!).Split('/').Skip(1))
                target = target is JsonArray array ? array[int.Parse(part, null)]! : target[part]!;
            Check(root, target, value, path, problems);
            return;
        }

        if (rules["oneOf"] is JsonArray kinds)
        {
            var type = value.TryGetProperty("type", out var word) ? word.GetString() : null;
            if (kinds.FirstOrDefault(k => (string?)k!["properties"]!["type"]!["const"] == type) is { } kind)
                Check(root, kind, value, path, problems);
            else
                problems.Add($"{path}: no event is called {type}");
            return;
        }

        if (rules["type"] is { } types && !(types is JsonArray several ? several.Select(t => (string)t!) : [(string)types!]).Any(t => IsA(value, t)))
            problems.Add($"{path}: {value.ValueKind} is not {types.ToJsonString()}");
        if (rules["enum"] is JsonArray words && !words.Any(w => value.ValueKind == JsonValueKind.Null ? w is null : (string?)w == value.ToString()))
            problems.Add($"{path}: {value} is none of {words.ToJsonString()}");
        if (value.ValueKind == JsonValueKind.Array && rules["items"] is { } items)
        {
            foreach (var (index, item) in value.EnumerateArray().Index())
                Check(root, items, item, $"{path}[{index}]", problems);
        }

        if (value.ValueKind != JsonValueKind.Object || rules["properties"] is not JsonObject properties)
            return;
        foreach (var missing in rules["required"]?.AsArray().Select(r => (string)r!).Where(r => !value.TryGetProperty(r, out _)) ?? [])
            problems.Add($"{path}: {missing} is missing");
        foreach (var property in value.EnumerateObject())
        {
            if (properties.TryGetPropertyValue(property.Name, out var inner))
                Check(root, inner!, property.Value, $"{path}.{property.Name}", problems);
            else
                problems.Add($"{path}.{property.Name} is in no schema");
        }
    }

    internal static bool IsA(JsonElement value, string type) => type switch
    {
        "null" => value.ValueKind == JsonValueKind.Null,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "integer" => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out _),
        "number" => value.ValueKind == JsonValueKind.Number,
        "array" => value.ValueKind == JsonValueKind.Array,
        _ => value.ValueKind == JsonValueKind.Object,
    };
}
