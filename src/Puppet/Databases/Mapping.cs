using System.Globalization;
using Orchestrator.Messages;
using Orchestrator.YamlFiles;

namespace Orchestrator.Puppet.Databases;

/// <summary>A name, or a pattern of names with <c>*</c> and <c>?</c>, in a mapping file.</summary>
/// <param name="Place">Where it stands; null for one of the default mapping.</param>
internal sealed record MappingPattern(string Text, Place? Place)
{
    public bool Matches(string name) => NamePattern.Matches(Text, name);
}

/// <summary>Nodes with one of these classes, or with resources of one of these types, have a component of an application.</summary>
/// <param name="Application">A reference, or a type, whose title is the environment then.</param>
/// <param name="Component">The component's type; its title is the node's name.</param>
internal sealed record ComponentRule(
    string Application, string Component, ImmutableArray<MappingPattern> Classes, ImmutableArray<MappingPattern> Types, Place Place);

/// <summary>Nodes that come before others, or do not.</summary>
/// <param name="Types">Only what comes of resources of these types; empty for all.</param>
internal sealed record EdgeRule(
    ImmutableArray<MappingPattern> From, ImmutableArray<MappingPattern> To, ImmutableArray<MappingPattern> Types, Place Place)
{
    public string Name => $"{Words(From)} -> {Words(To)}{(Types.IsEmpty ? "" : $" for {Words(Types)}")}";

    private static string Words(ImmutableArray<MappingPattern> patterns) => string.Join(", ", patterns.Select(p => p.Text));
}

/// <summary>What a person says about the order that is told from PuppetDB.</summary>
/// <param name="Name">What to call its file in messages.</param>
internal sealed record Mapping(string Name)
{
    /// <summary>The types that mean no order.</summary>
    public ImmutableArray<MappingPattern> Ignore { get; init; } = [];

    /// <summary>The types whose exporter comes after those who collect.</summary>
    public ImmutableArray<MappingPattern> Reverse { get; init; } = [];

    /// <summary>Environments whose nodes are planned together with those of the one that is asked for.</summary>
    public ImmutableArray<MappingPattern> Environments { get; init; } = [];

    public ImmutableArray<ComponentRule> Components { get; init; } = [];

    public ImmutableArray<EdgeRule> Add { get; init; } = [];

    public ImmutableArray<EdgeRule> Remove { get; init; } = [];

    /// <summary>The default mapping, as a file that does the same.</summary>
    public static byte[] DefaultFile { get; } = Resource();

    public static Mapping Default { get; } = ReadDefault();

    public IEnumerable<MappingPattern> Classes => Components.SelectMany(c => c.Classes);

    public bool Ignores(string type) => Ignore.Any(p => p.Matches(type));

    public bool Reverses(string type) => Reverse.Any(p => p.Matches(type));

    /// <summary><c>mapping.yaml, line 3, column 5</c>.</summary>
    public string PlaceText(Place place) => string.Create(CultureInfo.InvariantCulture, $"{Name}, line {place.Line}, column {place.Column}");

    /// <summary>What the file says; null beside its problems.</summary>
    public static (Mapping? Mapping, ImmutableArray<FileProblem> Problems) Read(ReadOnlyMemory<byte> yaml, string name)
    {
        var (mapping, problems) = MappingValues.Read(yaml, name, Default.Ignore);
        return problems.IsEmpty ? (mapping, problems) : (null, problems);
    }

    private static Mapping ReadDefault()
    {
        var (mapping, problems) = MappingValues.Read(DefaultFile, "the default mapping", []);
        return problems.IsEmpty
            ? mapping with { Ignore = [.. mapping.Ignore.Select(p => p with { Place = null })] }
            : throw new InvalidDataException(problems[0].ToString());
    }

    private static byte[] Resource()
    {
        using var stream = typeof(Mapping).Assembly.GetManifestResourceStream("mapping.yaml")!;
        using var file = new MemoryStream();
        stream.CopyTo(file);
        return file.ToArray();
    }
}
