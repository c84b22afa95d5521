using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Testing.Api;

/// <summary>docs/openapi.json, which the host serves: made of <see cref="ApiOperations"/> and the types that are sent.</summary>
public static class ApiDocument
{
    private static readonly JsonSerializerOptions Readable =
        new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly ImmutableArray<(int Status, string Name, string Description, ImmutableArray<string> Codes)> Usual =
    [
        (400, "BadRequest", "The body or a parameter cannot be understood, or says what contradicts itself", [ProblemCodes.BadRequest]),
        (401, "Unauthenticated", "The host does not know who asks", [ProblemCodes.Unauthenticated]),
        (403, "Denied", "Whoever asks may not do this", [ProblemCodes.Denied]),
        (413, "TooLarge", "The body, or the site in it, is larger than the host takes", [ProblemCodes.BadRequest]),
        (415, "NotJson", "The body is not sent as JSON", [ProblemCodes.BadRequest]),
        (429, "TooMany", "The caller asks too often, or has too many requests waiting or streams: nothing was done",
            [ProblemCodes.RateLimited, ProblemCodes.TooManyStreams]),
        (500, "Failed", "What the journal has cannot be read, or a bug", [ProblemCodes.JournalUnreadable, ProblemCodes.Internal]),
        (503, "Unavailable", "Not now: ask again later",
        [
            ProblemCodes.Overloaded, ProblemCodes.GoingAway, ProblemCodes.JournalUnavailable, ProblemCodes.JournalIncomplete, ProblemCodes.NotAnswered,
            ProblemCodes.Restarting, ProblemCodes.PlanUnreadable, ProblemCodes.FleetUnavailable, ProblemCodes.PuppetUnreachable,
        ]),
    ];

    private static readonly ApiParameter IfNoneMatch =
        ApiParameter.Header("If-None-Match", "The `ETag` of an answer that whoever asks has: 304, without a body, while it would be the same");

    /// <summary>As it is committed, in UTF-8.</summary>
    public static string Text { get; } = Make().ToJsonString(Readable) + "\n";

    private static JsonObject Make()
    {
        var schemas = new ApiSchemas();
        // Answers first: see ApiSchemas.
        var answers = ApiOperations.All.ToDictionary(o => o.Id, o => Answers(o, schemas));
        var problem = schemas.OfAnswer(typeof(ApiProblem));
        schemas.OfAnswer(typeof(StreamNotice));
        schemas.OfAnswer(typeof(HostNotice));
        schemas.OfAnswer(typeof(PageOpened));
        var paths = new JsonObject();
        foreach (var operation in ApiOperations.All)
        {
            if (paths[operation.Path] is not JsonObject path)
                paths[operation.Path] = path = [];
            path[operation.Method] = Operation(operation, answers[operation.Id], schemas);
        }
        var components = new JsonObject();
        foreach (var (name, schema) in schemas.Components)
            components[name] = schema;
        var responses = new JsonObject();
        foreach (var (status, name, description, codes) in Usual)
        {
            responses[name] = Problem(description, codes, problem);
            if (status is 429 or 503)
                responses[name]!["headers"] = RetryAfter(isCertain: status == 429);
        }
        return new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = "Orchestrator",
                ["version"] = "v1",
                ["summary"] = "Plans and runs deployments over nodes that Puppet configures",
                ["description"] =
                    "Bodies are JSON in UTF-8. Times are ISO 8601 with an offset, durations `[days.]hh:mm:ss`, bytes base64.\n\n"
                    + "A request with a key that is not named here, or a key that stands twice, is refused. In answers, ignore properties that you do not know "
                    + "and expect words that are not listed: later versions add some. Text from nodes, sites and people is passed on unchanged: escape it "
                    + "before you show it.\n\n"
                    + "Every error is `application/problem+json` with a `code`, a word that stays; what the web server itself refuses has no body.",
                ["license"] = new JsonObject { ["name"] = "Apache-2.0", ["identifier"] = "Apache-2.0" },
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["security"] = new JsonArray(
                new JsonObject { ["token"] = new JsonArray() }, new JsonObject { ["certificate"] = new JsonArray() }, new JsonObject()),
            ["tags"] = new JsonArray([.. ApiOperations.Tags.Select(t => new JsonObject { ["name"] = t.Name, ["description"] = t.Description })]),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = components,
                ["responses"] = responses,
                ["securitySchemes"] = new JsonObject
                {
                    ["token"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["description"] = "A token, over HTTPS" },
                    ["certificate"] = new JsonObject
                    {
                        ["type"] = "mutualTLS",
                        ["description"] = "A certificate of the configured authority, over HTTPS. On the Unix socket the kernel says who asks",
                    },
                },
            },
        };
    }

    private static JsonObject Answers(ApiOperation operation, ApiSchemas schemas)
    {
        var answers = new JsonObject();
        foreach (var answer in operation.Answers)
        {
            var status = $"{answer.Status}";
            if (answers[status] is not JsonObject found)
                answers[status] = found = new JsonObject { ["description"] = answer.Description, ["content"] = new JsonObject() };
            var schema = answer.Type is { } type ? schemas.OfAnswer(type)
                : answer.MediaType == "application/json" ? new JsonObject { ["type"] = "object" }
                : answer.MediaType == "*/*" ? new JsonObject() : new JsonObject { ["type"] = "string" };
            found["content"]![answer.MediaType] = new JsonObject { ["schema"] = schema };
        }
        return answers;
    }

    private static JsonObject Operation(ApiOperation operation, JsonObject answers, ApiSchemas schemas)
    {
        var described = new JsonObject { ["operationId"] = operation.Id, ["tags"] = new JsonArray(operation.Tag), ["summary"] = operation.Summary };
        if (operation.Description is { } description)
            described["description"] = description;
        ImmutableArray<ApiParameter> parameters = HasTag(operation) ? [.. operation.Parameters, IfNoneMatch] : operation.Parameters;
        if (!parameters.IsEmpty)
            described["parameters"] = new JsonArray([.. parameters.Select(Parameter)]);
        if (operation.Body is { } body)
        {
            var schema = body.Type is { } type ? schemas.OfRequest(type) : new JsonObject { ["type"] = "string" };
            described["requestBody"] = new JsonObject
            {
                ["required"] = body.IsRequired,
                ["content"] = new JsonObject { [body.MediaType] = new JsonObject { ["schema"] = schema } },
            };
        }
        if (HasTag(operation))
        {
            answers["200"]!["headers"] = new JsonObject
            {
                ["ETag"] = new JsonObject { ["description"] = "Of this body", ["required"] = true, ["schema"] = new JsonObject { ["type"] = "string" } },
            };
            answers["304"] = new JsonObject { ["description"] = "The answer would be one that whoever asks has, by `If-None-Match`" };
        }
        foreach (var (status, name, _, _) in Usual)
        {
            if (Applies(operation, status))
                answers[$"{status}"] = new JsonObject { ["$ref"] = $"#/components/responses/{name}" };
        }
        foreach (var (status, codes) in operation.Problems)
        {
            var why = status switch { 404 => "There is no such thing", 409 => "It makes no sense as things stand", _ => "It cannot be done so" };
            answers[$"{status}"] = Problem(
                $"{why}: {string.Join(", ", codes.Select(c => $"`{c}`"))}", codes,
                new JsonObject { ["$ref"] = $"#/components/schemas/{nameof(ApiProblem)}" });
        }
        var inOrder = answers.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => KeyValuePair.Create(a.Key, a.Value?.DeepClone()));
        described["responses"] = new JsonObject(inOrder);
        return described;
    }

    /// <summary>JSON that is read has an entity tag, but for lists of events.</summary>
    private static bool HasTag(ApiOperation operation) =>
        operation.Method == "get" && operation.Answers is [{ MediaType: "application/json" }];

    private static bool Applies(ApiOperation operation, int status) => status switch
    {
        403 => !operation.NeedsNothing,
        413 => operation.Body is not null,
        415 => operation.Body is { MediaType: "application/json" },
        _ => true,
    };

    private static JsonObject Parameter(ApiParameter parameter)
    {
        var described = new JsonObject { ["name"] = parameter.Name, ["in"] = parameter.In, ["description"] = parameter.Description };
        if (parameter.In == "path")
            described["required"] = true;
        described["schema"] = parameter.Schema.DeepClone();
        return described;
    }

    private static JsonObject RetryAfter(bool isCertain) => new()
    {
        ["Retry-After"] = new JsonObject
        {
            ["description"] = "After how many seconds to ask again" + (isCertain ? "" : "; with `overloaded` and `going-away`, of which nothing was done"),
            ["required"] = isCertain,
            ["schema"] = new JsonObject { ["type"] = "integer", ["minimum"] = 0 },
        },
    };

    private static JsonObject Problem(string description, ImmutableArray<string> codes, JsonNode schema) => new()
    {
        ["description"] = description,
        ["x-codes"] = new JsonArray([.. codes.Select(c => (JsonNode)c)]),
        ["content"] = new JsonObject { ["application/problem+json"] = new JsonObject { ["schema"] = schema.DeepClone() } },
    };
}
