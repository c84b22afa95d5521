using System.Text.Json;

namespace Orchestrator.Puppet.Databases;

/// <summary>The parameters of resources that several nodes export under one type and title, by node and key.</summary>
internal sealed class ResourceParameters(CatalogRows rows) : IRows
{
    private readonly Dictionary<(int Node, int Key), (ulong Hash, Dictionary<string, ulong> Values)> _found = [];
    private readonly string[] _texts = new string[4];
    private Dictionary<string, ulong> _values = [];

    public ImmutableArray<string> Keys { get; } = ["certname", "type", "title", "resource", "parameters"];

    public void Set(int key, ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        if (key < _texts.Length)
        {
            _texts[key] = Texts.Of(Keys[key], ref reader);
            return;
        }
        _values = new(StringComparer.Ordinal);
        if (json.IsEmpty && reader.TokenType == JsonTokenType.Null)
            return;
        if (json.IsEmpty || json[0] != (byte)'{')
            throw new BadAnswerException("has something else than an object as \"parameters\"");
        using var parameters = JsonDocument.Parse(json.ToArray());
        foreach (var parameter in parameters.RootElement.EnumerateObject())
            _values[parameter.Name] = ScopedNames.Hash(System.Text.Encoding.UTF8.GetBytes(parameter.Value.GetRawText()));
    }

    public void EndRow()
    {
        var node = rows.Nodes.Find(0, System.Text.Encoding.UTF8.GetBytes(_texts[0]));
        var type = rows.Types.Find(0, System.Text.Encoding.UTF8.GetBytes(_texts[1]));
        var key = type < 0 ? -1 : rows.Titles.Find(type, System.Text.Encoding.UTF8.GetBytes(_texts[2]));
        if (node >= 0 && key >= 0)
            _found[(node, key)] = (ScopedNames.Hash(System.Text.Encoding.UTF8.GetBytes(_texts[3])), _values);
    }

    /// <summary>Those of a row; null where PuppetDB no longer has it as it was.</summary>
    public IReadOnlyDictionary<string, ulong>? Of(in CatalogRow row) =>
        _found.TryGetValue((row.Node, row.Key), out var found) && found.Hash == row.Hash ? found.Values : null;

    /// <summary>How many parameters differ, or are in one of them only.</summary>
    public static int Differing(IReadOnlyDictionary<string, ulong> one, IReadOnlyDictionary<string, ulong> other)
    {
        var same = one.Count(p => other.TryGetValue(p.Key, out var value) && value == p.Value);
        return one.Count + other.Count - 2 * same - one.Count(p => other.TryGetValue(p.Key, out var value) && value != p.Value);
    }
}
