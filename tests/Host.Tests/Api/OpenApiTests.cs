using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Orchestrator.Host.Api;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Testing.Api;

namespace Orchestrator.Host.Tests.Api;

/// <summary>docs/openapi.json says what the host does. What it says of answers is held against those that tests get, see <see cref="TestHost"/>.</summary>
public sealed class OpenApiTests
{
    private static readonly string File = Path.Combine(SourceTree.Root, "docs", "openapi.json");

    private static readonly JsonObject Document = JsonNode.Parse(ApiDocument.Text)!.AsObject();

    [Fact]
    public void The_committed_document_is_that_of_the_operations_and_types()
    {
        if (Environment.GetEnvironmentVariable("ORCHESTRATOR_UPDATE_GOLDENS") == "1")
            System.IO.File.WriteAllText(File, ApiDocument.Text);
        Assert.True(
            ApiDocument.Text == System.IO.File.ReadAllText(File),
            "docs/openapi.json is not what the operations and types say: run this test with ORCHESTRATOR_UPDATE_GOLDENS=1, and read the difference");
    }

    [Fact]
    public void The_document_is_OpenApi()
    {
        var read = OpenApiDocument.Parse(ApiDocument.Text, OpenApiConstants.Json);
        Assert.Empty(read.Diagnostic!.Errors.Select(e => e.ToString()));
        Assert.Empty(read.Diagnostic.Warnings.Select(e => e.ToString()));
        Assert.Equal(Document["paths"]!.AsObject().Count, read.Document!.Paths.Count);
    }

    [Fact]
    public void Descriptions_name_nothing_that_no_client_sees()
    {
        var schemas = Document["components"]!["schemas"]!.AsObject().Select(s => s.Key).ToHashSet();
        var descriptions = Regex.Matches(ApiDocument.Text, "\"(?:description|summary)\": \"(.*)\"").Select(m => m.Groups[1].Value);
        var names = descriptions.SelectMany(d => Regex.Matches(d, "\\b[A-Z][a-z]+[A-Z]\\w+").Select(m => m.Value)).ToHashSet();
        Assert.Equal(["OpenAPI", "PuppetDB"], names.Where(n => !schemas.Contains(n)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_host_serves_the_document_to_whoever_is_known()
    {
        await using var host = await TestHost.StartAsync();
        var answer = await host.GetAsync(HostApi.OpenApi);
        Assert.Equal((200, "application/json", ApiDocument.Text), (answer.Status, answer.MediaType, answer.Text));
    }

    [Fact]
    public async Task Every_endpoint_is_described_with_all_that_it_takes_and_nothing_else_is()
    {
        await using var host = await TestHost.StartAsync();
        var endpoints = host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Select(Facts).Order(StringComparer.Ordinal);
        var operations = ApiOperations.All.Select(o =>
            $"{o.Method} {o.Path} {(o.NeedsNothing ? "for anybody" : "for some")}: {Listed(o.Parameters.Where(p => p.Name != "Last-Event-ID")
                .Select(p => $"{p.In} {p.Name}" + (p.In == "query" ? $" {Kind((string)p.Schema["type"]!)}" : "")))}").Order(StringComparer.Ordinal);
        Assert.Equal(endpoints, operations);

        static string Facts(RouteEndpoint endpoint)
        {
            var method = endpoint.Metadata.GetMetadata<System.Reflection.MethodInfo>()!;
            var inPath = endpoint.RoutePattern.Parameters.Select(p => $"path {p.Name}");
            var inQuery = method.GetParameters()
                .Where(p => StrictRequests.QueryTypes.Contains(p.ParameterType) && endpoint.RoutePattern.GetParameter(p.Name!) is null)
                .Select(p => $"query {p.Name} {(p.ParameterType == typeof(bool?) ? "boolean" : "text")}");
            var verb = Assert.Single(endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods).ToLowerInvariant();
            var path = endpoint.RoutePattern.RawText!;
            var need = endpoint.Metadata.GetMetadata<Permitted.Need>()!.Verb is null && !path.EndsWith("{verb}", StringComparison.Ordinal);
            string[] inHeaders = endpoint.Metadata.GetMetadata<IdempotencyHeader.Taken>() is null ? [] : [$"header {HostApi.IdempotencyKey}"];
            return $"{verb} {path} {(need ? "for anybody" : "for some")}: {Listed([.. inPath, .. inQuery, .. inHeaders])}";
        }

        // A number or time that the host reads itself is text to its framework.
        static string Kind(string type) => type is "boolean" ? type : "text";

        static string Listed(IEnumerable<string> facts) => string.Join(", ", facts.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Whatever_is_named_is_there_and_every_schema_is_used()
    {
        const string root = "#/components/schemas/";
        var references = new HashSet<string>();
        Collect(Document);
        var schemas = Document["components"]!["schemas"]!.AsObject().Select(s => s.Key).ToHashSet();
        var named = references.Where(r => r.StartsWith(root, StringComparison.Ordinal)).Select(r => r[root.Length..]).ToHashSet();
        Assert.Empty(named.Except(schemas));
        // Named in words: what a stream carries.
        Assert.Equal([nameof(HostNotice), nameof(PageOpened), nameof(StreamNotice)], schemas.Except(named).Order(StringComparer.Ordinal));

        void Collect(JsonNode? node)
        {
            if (node is JsonObject members)
            {
                if (members["$ref"] is { } reference)
                    references.Add((string)reference!);
                foreach (var (_, member) in members)
                    Collect(member);
            }
            else if (node is JsonArray items)
            {
                foreach (var item in items)
                    Collect(item);
            }
        }
    }
}
