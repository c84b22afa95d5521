using System.Text.Json.Nodes;

namespace Orchestrator.Testing.Api;

/// <summary>One operation of the API as docs/openapi.json describes it.</summary>
/// <param name="Id">The name that clients in other languages make a method of.</param>
/// <param name="Summary">One line, without a full stop.</param>
public sealed record ApiOperation(string Method, string Path, string Id, string Tag, string Summary)
{
    /// <summary>What the summary cannot hold; Markdown.</summary>
    public string? Description { get; init; }

    public ImmutableArray<ApiParameter> Parameters { get; init; } = [];

    public ApiBody? Body { get; init; }

    public ImmutableArray<ApiAnswer> Answers { get; init; } = [];

    /// <summary>Codes of problems by their status, beside those that any operation may have.</summary>
    public ImmutableArray<(int Status, ImmutableArray<string> Codes)> Problems { get; init; } = [];

    /// <summary>Answers whoever is known.</summary>
    public bool NeedsNothing { get; init; }

    public ApiOperation Says(string description) => this with { Description = description };

    public ApiOperation For(params ReadOnlySpan<ApiParameter> parameters) => this with { Parameters = [.. Parameters, .. parameters] };

    public ApiOperation Takes<T>() => this with { Body = new ApiBody("application/json", typeof(T), true) };

    /// <summary>Takes <c>{}</c> or nothing.</summary>
    public ApiOperation TakesNothing() => this with { Body = new ApiBody("application/json", typeof(Messages.Api.NoRequest), false) };

    public ApiOperation TakesLines() => this with { Body = new ApiBody("application/x-ndjson", null, true) };

    public ApiOperation Gives<T>(string description, int status = 200) => With(new ApiAnswer(status, "application/json", typeof(T), description));

    public ApiOperation GivesFile(string mediaType, string description) => With(new ApiAnswer(200, mediaType, null, description));

    /// <summary>422: a site or mapping that cannot be used.</summary>
    public ApiOperation OrProblemsOfSite() =>
        With(new ApiAnswer(422, "application/json", typeof(Messages.Plans.SiteProblems), "The site cannot be planned or run: each problem with its place"));

    public ApiOperation Or(int status, params ImmutableArray<string> codes) => this with { Problems = [.. Problems, (status, codes)] };

    public ApiOperation ForAnybody() => this with { NeedsNothing = true };

    private ApiOperation With(ApiAnswer answer) => this with { Answers = [.. Answers, answer] };
}

/// <param name="In"><c>path</c>, <c>query</c> or <c>header</c>.</param>
/// <param name="Schema">As JSON Schema.</param>
public sealed record ApiParameter(string In, string Name, string Description, JsonObject Schema)
{
    public static ApiParameter Path(string name, string description, JsonObject? schema = null) => new("path", name, description, schema ?? Text());

    public static ApiParameter Query(string name, string description, JsonObject? schema = null) => new("query", name, description, schema ?? Text());

    public static ApiParameter Header(string name, string description, JsonObject? schema = null) => new("header", name, description, schema ?? Text());

    public static JsonObject Text() => new() { ["type"] = "string", ["minLength"] = 1 };

    public static JsonObject Flag() => new() { ["type"] = "boolean", ["default"] = false };

    public static JsonObject Number(long least, long? most = null, long? usual = null)
    {
        var schema = new JsonObject { ["type"] = "integer", ["minimum"] = least };
        if (most is { } maximum)
            schema["maximum"] = maximum;
        if (usual is { } value)
            schema["default"] = value;
        return schema;
    }

    public static JsonObject Word(IEnumerable<string> words) => new() { ["type"] = "string", ["enum"] = new JsonArray([.. words.Select(w => (JsonNode)w)]) };

    public static JsonObject Time() => new() { ["type"] = "string", ["format"] = "date-time" };
}

/// <summary>What a request brings.</summary>
/// <param name="Type">Null for lines or bytes.</param>
public sealed record ApiBody(string MediaType, Type? Type, bool IsRequired);

/// <summary>What an operation gives where it succeeds, or where a site has problems.</summary>
/// <param name="Type">Null for text.</param>
public sealed record ApiAnswer(int Status, string MediaType, Type? Type, string Description);
