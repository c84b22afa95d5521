using System.Text.Json.Nodes;
using Orchestrator.Testing.Api;

namespace Orchestrator.Host.Tests.Api;

/// <summary>Whoever goes by the description of the last release is served as before; each way to break that is found.</summary>
public sealed class ApiChangesTests
{
    private const string Runs = "paths./v1/deployments.post";

    /// <summary>One change each, as <c>path = JSON</c> or, to take something out, <c>path -</c>, and what is said of it.</summary>
    public static TheoryData<string, string> Breaks => new()
    {
        { "paths./v1/mapping -", "/v1/mapping is gone" },
        { "paths./v1/mapping.post -", "POST /v1/mapping is gone" },
        { "paths./v1/mapping.post.operationId = \"other\"", "POST /v1/mapping was checkMapping and is other: clients are made with methods of this name" },
        { "paths./v1/config.get.parameters.0 -", "GET /v1/config: query parameter fleet is gone" },
        { "paths./v1/config.get.parameters.0.required = true", "GET /v1/config: query parameter fleet has become required" },
        {
            """paths./v1/config.get.parameters.1 = {"name": "new", "in": "query", "required": true, "schema": {}}""",
            "GET /v1/config: query parameter new is new and required"
        },
        { "paths./v1/audit.get.parameters.2.schema.maximum = 500", "GET /v1/audit: query parameter limit: maximum was 1000 and is 500" },
        { "paths./v1/audit.get.parameters.2.schema.minimum = 2", "GET /v1/audit: query parameter limit: minimum was 1 and is 2" },
        { "paths./v1/audit.get.parameters.2.schema.type = \"string\"", "GET /v1/audit: query parameter limit: was integer and is string" },
        { "paths./v1/audit.get.parameters.6.schema.enum.0 -", "GET /v1/audit: query parameter result: the word allowed is gone" },
        { "paths./v1/audit.get.parameters.3.schema.pattern = \"^a\"", "GET /v1/audit: query parameter caller: must match ^a now" },
        { "paths./v1/audit.get.parameters.3.schema.maxLength = 3", "GET /v1/audit: query parameter caller: maxLength was not set and is 3" },
        {
            """paths./v1/audit.get.parameters.3.schema.enum = ["jane"]""",
            "GET /v1/audit: query parameter caller: any text was taken, and now only [\"jane\"]"
        },
        { Runs + ".requestBody -", "POST /v1/deployments no longer takes a body" },
        { """paths./v1/host.get.requestBody = {"required": true}""", "GET /v1/host has come to need a body" },
        { "paths./v1/recover.post.requestBody.required = true", "POST /v1/recover has come to need a body" },
        { Runs + ".requestBody.content.application/json -", "POST /v1/deployments no longer takes application/json" },
        { Runs + ".responses.202 -", "POST /v1/deployments no longer answers 202" },
        { Runs + ".responses.202.content.application/json -", "POST /v1/deployments answers 202 no longer as application/json" },
        { "components.schemas.RunRequest.properties.noWait -", "RunRequest in requests: noWait is gone" },
        { """components.schemas.RunRequest.required = ["planId", "options", "fleet", "noWait"]""", "RunRequest in requests: noWait has become required" },
        { """components.schemas.RunRequest.required = ["planId", "options", "fleet", "why"]""", "RunRequest in requests: why is new and required" },
        { "components.schemas.RunRequest.properties.noWait.type = \"string\"", "RunRequest in requests: noWait: was boolean and is string" },
        { "components.schemas.FleetChoice.properties.name.type = \"string\"", "FleetChoice in requests: name: was string or null and is string" },
        { "components.schemas.DeploymentOptionsInput.properties.retries.maximum = 9", "DeploymentOptionsInput in requests: retries: maximum was 10 and is 9" },
        { """components.schemas.PlanId.pattern = "^md5:" """, "PlanId in requests: must match ^md5: now" },
        { "components.schemas.RunAccepted.properties.planId -", "RunAccepted in answers: planId is gone" },
        { """components.schemas.RunAccepted.required = ["id", "waitsFor"]""", "RunAccepted in answers: planId may be left out now" },
        { "components.schemas.VerbDone.properties.changed.type = \"string\"", "VerbDone in answers: changed: was boolean and is string" },
        { """components.schemas.VerbDone.properties.message.type = ["string", "null"]""", "VerbDone in answers: message: was string and is string or null" },
        { "components.schemas.PlanGroup.properties.nodes.items = {\"type\": \"string\"}", "PlanGroup in answers: nodes: each item: was object and is string" },
        { "components.schemas.PlannedNode.properties.components.additionalProperties.items.type = \"integer\"",
            "PlannedNode in answers: components: each value: each item: was string and is integer" },
        { "components.schemas.Outcome.enum.0 -", "Outcome in answers: the word succeeded is gone" },
        { "components.schemas.RecordedEvent.discriminator.mapping.node-settled -", "RecordedEvent in answers: node-settled is gone" },
        { "components.schemas.NodeSettledEvent.properties.message -", "NodeSettledEvent in answers: message is gone" },
        { "components.responses.Denied.content.application/problem+json -", "answers 403 no longer as application/problem+json" },
    };

    public static TheoryData<string> Additions => new()
    {
        """paths./v2/new = {"get": {}}""",
        """paths./v1/config.get.parameters.1 = {"name": "new", "in": "query", "schema": {}}""",
        "paths./v1/audit.get.parameters.2.schema.maximum = 5000",
        "paths./v1/prune.post.requestBody.required = false",
        """components.schemas.RunRequest.properties.more = {"type": "string"}""",
        """components.schemas.RunAccepted.properties.more = {"type": "string"}""",
        """components.schemas.RunAccepted.required = ["id", "planId", "waitsFor", "more"]""",
        """components.schemas.RunRequest.required = ["planId", "fleet"]""",
        """components.schemas.Outcome.enum.99 = "another" """,
        """components.schemas.RunRequest.properties.noWait.type = ["boolean", "null"]""",
        """components.schemas.RecordedEvent.discriminator.mapping.new = "#/components/schemas/NodeSettledEvent" """,
        """paths./v1/host.get.responses.418 = {"description": "x"}""",
    };

    [Fact]
    public void Whoever_goes_by_the_last_release_is_served_as_before()
    {
        var released = JsonNode.Parse(File.ReadAllText(Path.Combine(SourceTree.Root, "tests", "fixtures", "openapi", "released.json")))!.AsObject();
        var breaks = ApiChanges.Breaking(released, Now());
        Assert.True(breaks.Count == 0, $"these changes of the API break its clients, see docs/api.md:\n{string.Join("\n", breaks)}");
    }

    [Theory]
    [MemberData(nameof(Breaks))]
    public void What_breaks_somebody_is_found(string change, string sentence) =>
        Assert.Contains(ApiChanges.Breaking(Now(), Changed(change)), s => s.EndsWith(sentence, StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Additions))]
    public void What_comes_in_addition_breaks_nobody(string change)
    {
        Assert.NotEqual(Now().ToJsonString(), Changed(change).ToJsonString());
        Assert.Empty(ApiChanges.Breaking(Now(), Changed(change)));
    }

    private static JsonObject Now() => JsonNode.Parse(ApiDocument.Text)!.AsObject();

    /// <summary>Parts of a path are divided by dots, of which no name here has one.</summary>
    private static JsonObject Changed(string change)
    {
        var document = Now();
        var (isRemoval, equals) = (change.EndsWith(" -", StringComparison.Ordinal), change.IndexOf(" = ", StringComparison.Ordinal));
        var (path, value) = isRemoval ? (change[..^2], null) : (change[..equals], JsonNode.Parse(change[(equals + 3)..]));
        var parts = path.Split('.');
        var parent = parts[..^1].Aggregate((JsonNode)document, (at, part) => (at is JsonArray items ? items[int.Parse(part, null)] : at[part])!);
        if (parent is JsonArray array)
        {
            var index = int.Parse(parts[^1], null);
            if (isRemoval)
                array.RemoveAt(index);
            else
                array.Add(value);
        }
        else if (isRemoval)
        {
            Assert.True(parent.AsObject().Remove(parts[^1]), $"{path} is not there");
        }
        else
        {
            parent[parts[^1]] = value;
        }
        return document;
    }
}
