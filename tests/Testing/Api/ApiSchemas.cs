using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Testing.Api;

/// <summary>
/// The schemas of what is sent, made of the types that are written and read. An answer has every property that is not left out for its value, and may get
/// more; a request must have few, and none that is not known.
/// </summary>
public sealed class ApiSchemas
{
    private const string Root = "#/components/schemas/";
    private const string Sequence = "Its number in the deployment's history, from 1";
    private const string Duration = @"^-?([0-9]{1,8}\.)?[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,7})?$";

    private static readonly JsonSerializerOptions Options = new(MessagesJson.Plain.Options)
    {
        TypeInfoResolver = JsonTypeInfoResolver.Combine(MessagesJson.Plain, PlansJson.Plain),
    };

    /// <summary>What a request must have: the host refuses it without.</summary>
    private static readonly Dictionary<Type, string[]> Required = new()
    {
        [typeof(SiteSource)] = ["kind"],
        [typeof(ImpactRequest)] = ["site", "fleet"],
        [typeof(RunRequest)] = ["planId", "options", "fleet"],
        [typeof(NodesRequest)] = ["site", "fleet", "rpcTimeout"],
        [typeof(StrayRelease)] = ["site", "fleet", "rpcTimeout", "deployments"],
        [typeof(PruneRequest)] = ["olderThan", "exportTo"],
        [typeof(PingRequest)] = ["fleet", "wait"],
        [typeof(BrokerPermissionsRequest)] = ["fleet"],
        [typeof(MappingRequest)] = ["file"],
        [typeof(PolicyQuestion)] = ["caller", "verb"],
        [typeof(PolicyFileRequest)] = ["file"],
        [typeof(TokenRequest)] = ["name", "verbs", "expires"],
    };

    /// <summary>What requests are held to beyond the types.</summary>
    private static readonly Dictionary<string, JsonObject> Limits = new()
    {
        ["DeploymentOptions.description"] = new() { ["maxLength"] = 200 },
        ["DeploymentOptions.maxRunning"] = new() { ["minimum"] = 1 },
        ["DeploymentOptions.retries"] = new() { ["minimum"] = 0, ["maximum"] = OptionRules.MostRetries },
        ["DeploymentOptions.rpcRetries"] = new() { ["minimum"] = 0, ["maximum"] = 10 },
        ["StrayRelease.deployments"] = new() { ["minItems"] = 1 },
        ["TokenRequest.name"] = new() { ["pattern"] = "^[A-Za-z0-9._-]{1,64}$" },
        ["TokenRequest.verbs"] = new() { ["minItems"] = 1 },
        ["TokenRequest.environments"] = new() { ["maxItems"] = 100 },
    };

    private readonly SortedDictionary<string, JsonNode> _components = new(StringComparer.Ordinal);
    private readonly HashSet<Type> _answers = [];
    private bool _isRequest;

    /// <summary>By name. Answers come before requests: a type that is both has two.</summary>
    public IEnumerable<(string Name, JsonNode Schema)> Components => _components.Select(c => (c.Key, c.Value));

    public JsonObject OfAnswer(Type type) => Of(type, isRequest: false);

    public JsonObject OfRequest(Type type) => Of(type, isRequest: true);

    private JsonObject Of(Type type, bool isRequest)
    {
        _isRequest = isRequest;
        return ElementOf(type) is { } element ? new JsonObject { ["type"] = "array", ["items"] = Of(element, isRequest) } : Reference(type);
    }

    private static Type? ElementOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>) ? type.GetGenericArguments()[0] : null;

    /// <param name="isRecorded">With its number and type, as events are; some are parts of something else, without.</param>
    private JsonObject Reference(Type type, bool isRecorded = false)
    {
        var name = NameOf(type) + (isRecorded ? "Event" : "");
        if (!_components.ContainsKey(name))
        {
            _components[name] = new JsonObject(); // What refers to itself ends here.
            _components[name] = type == typeof(RecordedEvent) ? Events()
                : type == typeof(JournalEvent) ? JournalEvents()
                : Described(Exported(type, isRecorded), XmlComments.Of(type));
        }
        return new JsonObject { ["$ref"] = Root + name };
    }

    private string NameOf(Type type)
    {
        if (!_isRequest && IsObject(type))
            _answers.Add(type);
        return type.Name + (_isRequest && _answers.Contains(type) ? "Input" : "");
    }

    private static bool IsObject(Type type) => !type.IsEnum && !IsText(type);

    private static bool IsText(Type type) =>
        type == typeof(BatchSizes) || type == typeof(FailureBudget)
        || type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IName<>));

    private JsonObject Events()
    {
        var kinds = new JsonArray();
        var mapping = new JsonObject();
        foreach (var word in EventManifests.Words)
        {
            var reference = Reference(EventManifests.FindWord(word)!.Type, isRecorded: true);
            mapping[word] = (string)reference["$ref"]!;
            kinds.Add(reference);
        }
        return new JsonObject
        {
            ["description"] = "An event of a deployment. Later versions have more types.",
            ["oneOf"] = kinds,
            ["discriminator"] = new JsonObject { ["propertyName"] = "type", ["mapping"] = mapping },
        };
    }

    private JsonObject JournalEvents() => new()
    {
        ["description"] = "An event of some deployment, with its place among those of all of them; then the properties of a RecordedEvent of this type. "
            + "An event that is damaged in the journal has the type `unreadable`.",
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["position"] = Described(Shape(typeof(long)), XmlComments.Of(typeof(JournalEvent).GetProperty(nameof(JournalEvent.Position))!)),
            ["deployment"] = Shape(typeof(DeploymentId)),
            ["sequence"] = Described(Shape(typeof(long)), Sequence),
            ["type"] = Shape(typeof(string)),
        },
        ["required"] = new JsonArray("position", "deployment", "sequence", "type"),
        ["additionalProperties"] = true,
    };

    private JsonObject Exported(Type root, bool isRecorded)
    {
        if (root.IsEnum)
            return Words(root);
        if (IsText(root))
            return Text(root);
        var info = Options.GetTypeInfo(root);
        var properties = new JsonObject();
        var required = new List<string>();
        foreach (var property in info.Properties)
        {
            var ignore = property.AttributeProvider?.GetCustomAttributes(typeof(JsonIgnoreAttribute), true).OfType<JsonIgnoreAttribute>().FirstOrDefault();
            if (property.Get is null || ignore is { Condition: JsonIgnoreCondition.Always })
                continue;
            properties[property.Name] = Property(root, property);
            if (!_isRequest && ignore is null)
                required.Add(property.Name);
        }
        if (_isRequest)
            required.AddRange(Required.GetValueOrDefault(root) ?? []);
        if (isRecorded)
        {
            properties.Insert(0, "sequence", Described(Shape(typeof(long)), Sequence));
            properties.Insert(1, "type", new JsonObject { ["const"] = EventManifests.Words.First(w => EventManifests.FindWord(w)!.Type == root) });
            required.InsertRange(0, ["sequence", "type"]);
        }
        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (required.Count > 0)
            schema["required"] = new JsonArray([.. required.Select(r => (JsonNode)r)]);
        if (_isRequest)
            schema["additionalProperties"] = false;
        return schema;
    }

    private JsonObject Property(Type owner, JsonPropertyInfo property)
    {
        var schema = Shape(property.PropertyType);
        if (Nullable.GetUnderlyingType(property.PropertyType) is null && !property.PropertyType.IsValueType && property.IsGetNullable)
            schema = OrNull(schema);
        if (_isRequest && Usual(owner, property) is { } usual)
            schema["default"] = usual;
        if (_isRequest && Limits.TryGetValue($"{owner.Name}.{property.Name}", out var limits))
        {
            foreach (var (key, limit) in limits)
                schema[key] = limit!.DeepClone();
        }
        return property.AttributeProvider is MemberInfo member ? Described(schema, XmlComments.Of(member)) : schema;
    }

    /// <summary>What the host takes where a request does not say it; null where that is null.</summary>
    private static JsonNode? Usual(Type owner, JsonPropertyInfo property) =>
        owner == typeof(DeploymentOptions) ? JsonSerializer.SerializeToNode(property.Get!(new DeploymentOptions()), Options.GetTypeInfo(property.PropertyType))
        : property.PropertyType == typeof(bool) ? JsonValue.Create(property.AssociatedParameter is { HasDefaultValue: true, DefaultValue: true })
        : null;

    private JsonObject Shape(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } inner)
            return OrNull(Shape(inner));
        if (type.Assembly == typeof(HostApi).Assembly)
            return Reference(type);
        if (type == typeof(byte[]))
            return new JsonObject { ["type"] = "string", ["contentEncoding"] = "base64" };
        if (type == typeof(TimeSpan))
            return new JsonObject { ["type"] = "string", ["pattern"] = Duration, ["examples"] = new JsonArray("00:01:30") };
        if (type == typeof(DateTimeOffset))
            return new JsonObject { ["type"] = "string", ["format"] = "date-time" };
        if (type == typeof(int) || type == typeof(long))
            return new JsonObject { ["type"] = "integer", ["format"] = type == typeof(int) ? "int32" : "int64" };
        if (type == typeof(string) || type == typeof(bool) || type == typeof(double))
            return new JsonObject { ["type"] = type == typeof(string) ? "string" : type == typeof(bool) ? "boolean" : "number" };
        if (type is { IsGenericType: true, GenericTypeArguments: [_, var value] })
            return new JsonObject { ["type"] = "object", ["additionalProperties"] = Shape(value) };
        return type is { IsGenericType: true, GenericTypeArguments: [var element] }
            ? new JsonObject { ["type"] = "array", ["items"] = Shape(element) }
            : throw new NotSupportedException($"{type} is nowhere described");
    }

    private static JsonObject OrNull(JsonObject schema)
    {
        if (schema["type"] is JsonValue kind && !schema.ContainsKey("enum"))
        {
            schema["type"] = new JsonArray((string)kind!, "null");
            return schema;
        }
        return new JsonObject { ["anyOf"] = new JsonArray(schema, new JsonObject { ["type"] = "null" }) };
    }

    private static JsonObject Words(Type type)
    {
        var members = type.GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(f => (Word: f.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? f.Name, Text: XmlComments.Of(f)))
            .Where(m => m.Word != "unknown").ToList();
        var schema = new JsonObject { ["type"] = "string", ["enum"] = new JsonArray([.. members.Select(m => (JsonNode)m.Word)]) };
        var lines = members.Where(m => m.Text is not null).Select(m => $"- `{m.Word}`: {m.Text}").ToList();
        var summary = XmlComments.Of(type);
        if (summary is not null || lines.Count > 0)
            schema["description"] = string.Join("\n", lines.Prepend(summary is null ? "" : summary + "\n")).Trim();
        return schema;
    }

    private static JsonObject Text(Type type) => type == typeof(PlanId) ? ApiOperations.PlanIdSchema()
        : type == typeof(BatchSizes) ? Pattern("^ *[0-9]+%? *(, *[0-9]+%? *)*$", "10", "25%", "1,5,50%")
        : type == typeof(FailureBudget) ? Pattern("^ *[0-9]+%? *$", "3", "5%")
        : new() { ["type"] = "string" };

    private static JsonObject Pattern(string pattern, params JsonNode[] examples) =>
        new() { ["type"] = "string", ["pattern"] = pattern, ["examples"] = new JsonArray(examples) };

    private static JsonObject Described(JsonObject schema, string? description)
    {
        if (description is not null && !schema.ContainsKey("description"))
            schema.Insert(schema.ContainsKey("$ref") ? 1 : 0, "description", description);
        return schema;
    }
}
