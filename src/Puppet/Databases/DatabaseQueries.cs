using System.Text.Json.Nodes;

namespace Orchestrator.Puppet.Databases;

/// <summary>What PuppetDB is asked, as bodies of POST requests: long queries do not fit into a URL.</summary>
internal static class DatabaseQueries
{
    /// <summary>Nodes with what tells whether their catalogs are those that they would get now.</summary>
    public static string Nodes { get; } = Body(
        "nodes[certname,deactivated,expired,catalog_timestamp,catalog_environment,report_timestamp,latest_report_status,cached_catalog_status]{}");

    /// <summary>A query of a person's, in PQL.</summary>
    public static string Of(string query) => Body(query);

    /// <summary>How many resources of each type are exported, of all types, and collected, but for those that are ignored.</summary>
    public static string Counts(Mapping mapping) => Body(new JsonArray(
        "from", "resources",
        new JsonArray(
            "extract", new JsonArray("type", "exported", new JsonArray("function", "count")),
            new JsonArray("or", Exported(), new JsonArray("and", Collected(), NotOf(mapping))),
            new JsonArray("group_by", "type", "exported"))));

    /// <summary>All that is exported and collected: one statement, so that it is one moment.</summary>
    public static string Resources(Mapping mapping) => Body(new JsonArray(
        "from", "resources",
        new JsonArray(
            "extract", Fields("certname", "type", "title", "exported", "resource", "environment"),
            new JsonArray("and", new JsonArray("or", Exported(), Collected()), NotOf(mapping)))));

    /// <summary>The parameters of what is exported and collected with these titles.</summary>
    public static string Parameters(Mapping mapping, IEnumerable<string> titles) => Body(new JsonArray(
        "from", "resources",
        new JsonArray(
            "extract", Fields("certname", "type", "title", "resource", "parameters"),
            new JsonArray("and", new JsonArray("or", Exported(), Collected()), In("title", titles), NotOf(mapping)))));

    /// <summary>Which nodes have these classes.</summary>
    public static string Classes(IEnumerable<MappingPattern> classes) => Body(new JsonArray(
        "from", "resources",
        new JsonArray(
            "extract", Fields("certname", "title"),
            new JsonArray("and", new JsonArray("=", "type", "Class"), AnyOf("title", classes)))));

    private static JsonArray Exported() => new("=", "exported", true);

    private static JsonArray Collected() => new("null?", "file", true);

    private static JsonArray NotOf(Mapping mapping) => new(
        "not",
        AnyOf("type", [new MappingPattern("Class", null), new MappingPattern("Stage", null), new MappingPattern("Node", null), .. mapping.Ignore]));

    private static JsonArray AnyOf(string field, IEnumerable<MappingPattern> patterns)
    {
        var any = new JsonArray("or");
        var names = patterns.Where(p => !Messages.NamePattern.HasWildcard(p.Text)).Select(p => p.Text).Distinct().ToList();
        if (names.Count > 0)
            any.Add(In(field, names));
        foreach (var pattern in patterns.Where(p => Messages.NamePattern.HasWildcard(p.Text)))
            any.Add(new JsonArray("~", field, PuppetNames.Expression(pattern.Text)));
        return any;
    }

    private static JsonArray In(string field, IEnumerable<string> values) => new("in", field, new JsonArray("array", Fields([.. values])));

    private static JsonArray Fields(params IEnumerable<string> names) => new([.. names.Select(n => JsonValue.Create(n))]);

    private static string Body(JsonNode query) => new JsonObject { ["query"] = query }.ToJsonString();

}
