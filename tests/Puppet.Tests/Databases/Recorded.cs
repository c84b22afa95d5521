using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Domain.Sites;
using Orchestrator.Puppet.Databases;

namespace Orchestrator.Puppet.Tests.Databases;

/// <summary>Recorded answers of a real PuppetDB (its state 1: 16 nodes, 53 exported and 284 collected resources), and what is made of rows.</summary>
internal static class Recorded
{
    /// <summary>All that is exported and collected, with parameters, as the statement of the product asks for it.</summary>
    public static IReadOnlyList<JsonObject> Resources { get; } = [.. Rows("pql-exported.json", true), .. Rows("pql-collected.json", false)];

    public static IReadOnlyList<JsonObject> Nodes { get; } = [.. JsonNode.Parse(Text("pql-nodes.json"))!.AsArray().Select(n => n!.AsObject())];

    public static string Text(string name) => File.ReadAllText(Path.Combine(SourceTree.Root, "tests", "fixtures", "puppetdb", name));

    public static JsonObject Resource(string node, string type, string title, bool isExported, string hash = "h", string environment = "production") => new()
    {
        ["certname"] = node,
        ["type"] = type,
        ["title"] = title,
        ["exported"] = isExported,
        ["resource"] = hash,
        ["environment"] = environment,
    };

    public static JsonObject Node(
        string name, string? environment = "production", string? deactivated = null, string? report = "2026-11-28T11:00:00.000Z", string status = "changed",
        string cached = "not_used") => new()
        {
            ["certname"] = name,
            ["deactivated"] = deactivated,
            ["expired"] = null,
            ["catalog_timestamp"] = environment is null ? null : "2026-11-28T10:59:00.000Z",
            ["catalog_environment"] = environment,
            ["report_timestamp"] = report,
            ["latest_report_status"] = status,
            ["cached_catalog_status"] = cached,
        };

    public static async Task<TRows> ReadAsync<TRows>(string json, TRows rows) where TRows : class, IRows
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));
        await AnswerReader.ReadAsync(stream, rows, CancellationToken.None);
        return rows;
    }

    public static string Json(IEnumerable<JsonObject> rows) => JsonSerializer.Serialize(rows);

    public static Mapping Map(string yaml) => Mapping.Read(Encoding.UTF8.GetBytes(yaml), "mapping.yaml") is { Mapping: { } mapping, Problems: var problems }
        ? mapping
        : throw new InvalidDataException(string.Join("\n", Mapping.Read(Encoding.UTF8.GetBytes(yaml), "mapping.yaml").Problems));

    /// <summary>The site of these rows, without asking for parameters.</summary>
    public static async Task<SiteReading> DeriveAsync(
        IEnumerable<JsonObject> resources, IEnumerable<JsonObject> nodes, string yaml = "ignore: []", string environment = "production",
        IReadOnlySet<string>? query = null, IReadOnlyList<(string Node, string Class)>? classes = null)
    {
        var mapping = Map(yaml);
        var rows = await ReadAsync(Json(resources), new CatalogRows(mapping.Ignores));
        var known = await ReadAsync(Json(nodes), new NodeRows());
        var derivation = new Derivation(rows, new ChosenNodes(known.Nodes, environment, mapping, query), mapping);
        return derivation.Build(environment, null, classes ?? [], null, []);
    }

    /// <summary>Producer, consumer and the type of the capability between them, of each edge; with how many capabilities.</summary>
    public static ImmutableSortedDictionary<string, int> Edges(Site site)
    {
        var edges = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var producer in site.Components)
        {
            foreach (var capability in site.Produces(producer).ToArray())
            {
                foreach (var consumer in site.Components)
                {
                    if (!site.Consumes(consumer).Contains(capability))
                        continue;
                    var name = site.Capabilities[capability];
                    var edge = $"{site.Nodes[producer.Node]} -> {site.Nodes[consumer.Node]} {name[..name.IndexOf('[', StringComparison.Ordinal)]}";
                    edges[edge] = edges.GetValueOrDefault(edge) + 1;
                }
            }
        }
        return edges.ToImmutableSortedDictionary(StringComparer.Ordinal);
    }

    public static string? Warning(Site site, string kind) => site.Warnings.SingleOrDefault(w => w.Kind == kind)?.Message;

    private static IEnumerable<JsonObject> Rows(string file, bool isExported) => JsonNode.Parse(Text(file))!.AsArray().Select(r =>
    {
        var row = r!.AsObject();
        row["exported"] = isExported;
        return row;
    });
}
