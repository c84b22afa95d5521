using System.Globalization;
using System.Text.Json;
using Orchestrator.Messages;

namespace Orchestrator.Puppet.Databases;

/// <summary>A node as PuppetDB knows it.</summary>
/// <param name="Environment">Of its catalog; null where none was ever compiled.</param>
/// <param name="CatalogAt">When its catalog was compiled; null where none ever was.</param>
/// <param name="ReportAt">When its newest run ended.</param>
/// <param name="Status">Of its newest run: changed, unchanged or failed.</param>
/// <param name="CachedCatalog">Whether its newest run used a catalog of before: not_used, explicitly_requested or on_failure.</param>
/// <param name="IsActive">It was not deactivated and has not expired.</param>
internal sealed record DatabaseNode(
    string Name, string? Environment, DateTimeOffset? CatalogAt, DateTimeOffset? ReportAt, string? Status, string? CachedCatalog, bool IsActive)
{
    /// <summary>Its newest run did not get a new catalog, so the one that is stored is not what it would get now.</summary>
    public bool IsStale => (Status == "failed" && ReportAt > CatalogAt) || CachedCatalog is "on_failure" or "explicitly_requested";
}

/// <summary>The rows of the nodes query.</summary>
internal sealed class NodeRows : IRows
{
    /// <summary>Names of components have the node's in them.</summary>
    private const int LongestName = 1000;

    private readonly List<DatabaseNode> _nodes = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly string?[] _values = new string?[8];

    public ImmutableArray<string> Keys { get; } =
    [
        "certname", "deactivated", "expired", "catalog_timestamp", "catalog_environment", "report_timestamp", "latest_report_status", "cached_catalog_status",
    ];

    public IReadOnlyList<DatabaseNode> Nodes => _nodes;

    public void Set(int key, ref Utf8JsonReader reader, ReadOnlySpan<byte> json) => _values[key] = Texts.OrNull(Keys[key], ref reader);

    public void EndRow()
    {
        if (_values[0] is not { Length: > 0 } name)
            throw new BadAnswerException("has a node without a certname");
        if (name.Length > LongestName)
            throw new BadAnswerException($"has {Phrases.Quote(name)} as \"certname\", which is too long for a node,");
        if (!_names.Add(name))
            throw new BadAnswerException($"has the node {Phrases.Quote(name)} twice, again");
        _nodes.Add(new DatabaseNode(name, _values[4], Time(3), Time(5), _values[6], _values[7], _values[1] is null && _values[2] is null));
    }

    private DateTimeOffset? Time(int key)
    {
        if (_values[key] is not { } text)
            return null;
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : throw new BadAnswerException($"has {Phrases.Quote(text)} as {Phrases.Quote(Keys[key])}, which is not a time,");
    }
}

/// <summary>The rows of a query that a person wrote, which must name nodes.</summary>
internal sealed class CertNames : IRows
{
    private string _name = "";

    public ImmutableArray<string> Keys { get; } = ["certname"];

    public HashSet<string> Names { get; } = new(StringComparer.Ordinal);

    public void Set(int key, ref Utf8JsonReader reader, ReadOnlySpan<byte> json) => _name = Texts.Of(Keys[key], ref reader);

    public void EndRow() => Names.Add(_name);
}

/// <summary>Which node has which class.</summary>
internal sealed class ClassRows : IRows
{
    private readonly List<(string Node, string Class)> _classes = [];
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private string _node = "";
    private string _class = "";

    public ImmutableArray<string> Keys { get; } = ["certname", "title"];

    public IReadOnlyList<(string Node, string Class)> Classes => _classes;

    public void Set(int key, ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        var text = Texts.Of(Keys[key], ref reader);
        if (!_names.TryGetValue(text, out var name))
            _names.Add(text, name = text);
        (_node, _class) = key == 0 ? (name, _class) : (_node, name);
    }

    public void EndRow() => _classes.Add((_node, _class));
}

/// <summary>Values that are texts.</summary>
internal static class Texts
{
    public static string Of(string key, ref Utf8JsonReader reader) =>
        OrNull(key, ref reader) ?? throw new BadAnswerException($"has null as {Phrases.Quote(key)}");

    public static string? OrNull(string key, ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => reader.GetString(),
        JsonTokenType.Null => null,
        _ => throw new BadAnswerException($"has something else than a string as {Phrases.Quote(key)}"),
    };
}
