using System.Runtime.InteropServices;
using System.Text.Json;
using Orchestrator.Messages;

namespace Orchestrator.Puppet.Databases;

/// <summary>A resource in the catalog of a node.</summary>
/// <param name="Node">The node's number in <see cref="CatalogRows.Nodes"/>.</param>
/// <param name="Key">Type and title, as a number in <see cref="CatalogRows.Keys"/>.</param>
/// <param name="Hash">Equal for two resources with the same parameters.</param>
internal readonly record struct CatalogRow(int Node, int Key, ulong Hash);

/// <summary>What all catalogs export and collect: 16 bytes a resource, and each name once.</summary>
/// <param name="isIgnored">Types that are passed over; the query leaves them out already.</param>
internal sealed class CatalogRows(Func<string, bool> isIgnored) : IRows
{
    private const int TypeScope = 0;

    private readonly List<CatalogRow> _exported = [];
    private readonly List<CatalogRow> _collected = [];
    private readonly List<bool> _isIgnored = [];
    private readonly Dictionary<int, int> _environments = [];
    private int _node;
    private int _type;
    private byte[] _title = new byte[256];
    private int _titleLength;
    private bool _isExported;
    private ulong _hash;
    private int _environment;
    private byte[] _unescaped = new byte[256];

    public ImmutableArray<string> Keys { get; } = ["certname", "type", "title", "exported", "resource", "environment"];

    public ScopedNames Nodes { get; } = new();

    public ScopedNames Types { get; } = new();

    /// <summary>Titles, each in the scope of its type.</summary>
    public ScopedNames Titles { get; } = new();

    public ScopedNames Environments { get; } = new();

    public ReadOnlySpan<CatalogRow> Exported => CollectionsMarshal.AsSpan(_exported);

    public ReadOnlySpan<CatalogRow> Collected => CollectionsMarshal.AsSpan(_collected);

    /// <summary>The environment of a node's catalog, where it has a resource that counts; null where it has none.</summary>
    public string? EnvironmentOf(int node) => _environments.TryGetValue(node, out var environment) ? Environments.Text(environment) : null;

    public string TypeOf(int key) => Types.Text(Titles.ScopeOf(key));

    /// <summary><c>Lab::Dbaccess[app on db1.example.net]</c>.</summary>
    public string Reference(int key) => $"{TypeOf(key)}[{Titles.Text(key)}]";

    public void Set(int key, ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        switch (key)
        {
            case 0:
                _node = Nodes.Add(0, Text(key, ref reader));
                break;
            case 1:
                _type = Type(Text(key, ref reader));
                break;
            case 2:
                var title = Text(key, ref reader);
                if (_title.Length < title.Length)
                    _title = new byte[2 * title.Length];
                title.CopyTo(_title);
                _titleLength = title.Length;
                break;
            case 3 when reader.TokenType is JsonTokenType.True or JsonTokenType.False:
                _isExported = reader.TokenType == JsonTokenType.True;
                break;
            case 4:
                _hash = ScopedNames.Hash(Text(key, ref reader));
                break;
            case 5:
                var environment = Text(key, ref reader);
                if (Environments.Count == 0 || !Environments.Bytes(_environment).SequenceEqual(environment))
                    _environment = Environments.Add(0, environment);
                break;
            default:
                throw Wrong(key, "true or false");
        }
    }

    public void EndRow()
    {
        if (_isIgnored[_type])
            return;
        if (_titleLength == 0)
            throw new BadAnswerException("has a resource without a title");
        _environments.TryAdd(_node, _environment);
        (_isExported ? _exported : _collected).Add(new CatalogRow(_node, Titles.Add(_type, _title.AsSpan(0, _titleLength)), _hash));
    }

    private int Type(ReadOnlySpan<byte> name)
    {
        var type = Types.Add(TypeScope, name);
        if (type == _isIgnored.Count)
        {
            var text = Types.Text(type);
            if (!PuppetNames.IsType(text))
                throw new BadAnswerException($"has the type {Phrases.Quote(text)}, which no resource can have,");
            _isIgnored.Add(isIgnored(text));
        }
        return type;
    }

    private ReadOnlySpan<byte> Text(int key, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
            throw Wrong(key, "a string");
        if (!reader.ValueIsEscaped)
            return reader.ValueSpan;
        if (_unescaped.Length < reader.ValueSpan.Length)
            _unescaped = new byte[2 * reader.ValueSpan.Length];
        return _unescaped.AsSpan(0, reader.CopyString(_unescaped));
    }

    private BadAnswerException Wrong(int key, string expected) => new($"has something else than {expected} as {Phrases.Quote(Keys[key])}");
}
