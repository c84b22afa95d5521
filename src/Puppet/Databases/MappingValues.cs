using Orchestrator.Domain.Sites;
using Orchestrator.YamlFiles;

namespace Orchestrator.Puppet.Databases;

/// <summary>Reads a mapping file.</summary>
internal sealed class MappingValues(ProblemList problems) : YamlValues(problems)
{
    private const string What = "a mapping file";
    private static readonly ImmutableArray<string> TopKeys = ["ignore", "ignore-also", "reverse", "environments", "applications", "edges"];
    private static readonly ImmutableArray<string> ComponentKeys = ["classes", "types"];
    private static readonly ImmutableArray<string> EdgeKeys = ["add", "remove"];
    private static readonly ImmutableArray<string> AddKeys = ["from", "to"];
    private static readonly ImmutableArray<string> RemoveKeys = ["from", "to", "types"];

    private readonly ProblemList _problems = problems;

    /// <param name="ignored">The types that are ignored where the file does not say which.</param>
    public static (Mapping Mapping, ImmutableArray<FileProblem> Problems) Read(
        ReadOnlyMemory<byte> yaml, string name, ImmutableArray<MappingPattern> ignored)
    {
        var problems = new ProblemList(name);
        var mapping = new Mapping(name) { Ignore = ignored };
        var root = YamlTree.Read(yaml, What, problems);
        if (root is not null and not YamlNode.Scalar { IsNull: true })
            mapping = new MappingValues(problems).Mapping(root, mapping);
        return (mapping, problems.ToImmutable());
    }

    private Mapping Mapping(YamlNode root, Mapping mapping)
    {
        ImmutableArray<MappingPattern> also = [];
        Map(root, What, TopKeys, (key, value) => mapping = key switch
        {
            "ignore" => mapping with { Ignore = Types(value, key) },
            "ignore-also" => Also(mapping, Types(value, key)),
            "reverse" => mapping with { Reverse = Types(value, key) },
            "environments" => mapping with { Environments = Names(value, key) },
            "applications" => mapping with { Components = Applications(value) },
            "edges" => Edges(value, mapping),
            _ => throw new InvalidOperationException($"the key '{key}' is known and not read"),
        });
        return mapping with { Ignore = [.. mapping.Ignore, .. also] };

        Mapping Also(Mapping to, ImmutableArray<MappingPattern> types)
        {
            also = types;
            return to;
        }
    }

    private ImmutableArray<ComponentRule> Applications(YamlNode node)
    {
        var rules = ImmutableArray.CreateBuilder<ComponentRule>();
        foreach (var (application, components) in Entries(node, "'applications'", "applications"))
        {
            if (!IsTypeOrReference(application.Text))
            {
                _problems.Add(
                    application,
                    $"{ProblemList.Quote(application.Text)} cannot name an application: write a type such as Shop, whose title becomes the environment, or a "
                    + "reference such as Shop[eu]");
                continue;
            }
            foreach (var (component, value) in Entries(components, $"the application {ProblemList.Quote(application.Text)}", "components"))
            {
                if (component.Text.Contains('[', StringComparison.Ordinal) || !Reference.IsWellFormed($"{component.Text}[x]"))
                {
                    _problems.Add(
                        component, $"{ProblemList.Quote(component.Text)} cannot name a component: write a type such as Db, whose title becomes the node");
                }
                else if (Rule(application.Text, component, value) is { } rule)
                {
                    rules.Add(rule);
                }
            }
        }
        return rules.ToImmutable();
    }

    private ComponentRule? Rule(string application, YamlNode.Scalar component, YamlNode value)
    {
        ImmutableArray<MappingPattern> classes = [], types = [];
        var what = $"the component {ProblemList.Quote(component.Text)}";
        Map(value, what, ComponentKeys, (key, patterns) =>
        {
            if (key == "classes")
                classes = Types(patterns, key);
            else
                types = Types(patterns, key);
        });
        if (value is YamlNode.Mapping mapping && mapping.Entries.All(e => IsNothing(e.Value)))
            _problems.Add(value, $"{what} needs 'classes' or 'types': which nodes have it?");
        return classes.IsEmpty && types.IsEmpty
            ? null
            : new ComponentRule(application, component.Text, classes, types, new Place(component.Line, component.Column));
    }

    private static bool IsNothing(YamlNode node) => node is YamlNode.Scalar { IsNull: true } or YamlNode.Sequence { Items.Count: 0 };

    private Mapping Edges(YamlNode node, Mapping mapping)
    {
        Map(node, "'edges'", EdgeKeys, (key, value) =>
        {
            ImmutableArray<EdgeRule> rules = [.. Many(value).Select(v => Edge(v, key == "add")).OfType<EdgeRule>()];
            mapping = key == "add" ? mapping with { Add = rules } : mapping with { Remove = rules };
        });
        return mapping;
    }

    private EdgeRule? Edge(YamlNode node, bool isAdded)
    {
        ImmutableArray<MappingPattern> from = [], to = [], types = [];
        var what = isAdded ? "an edge to add" : "an edge to remove";
        Map(node, what, isAdded ? AddKeys : RemoveKeys, (key, value) =>
        {
            if (key == "from")
                from = Names(value, key);
            else if (key == "to")
                to = Names(value, key);
            else
                types = Types(value, key);
        });
        return node is YamlNode.Mapping && Has(node, what, "from", "to") && !from.IsEmpty && !to.IsEmpty
            ? new EdgeRule(from, to, types, new Place(node.Line, node.Column))
            : null;
    }

    /// <summary>The entries of a mapping whose keys people choose; each key once.</summary>
    private IEnumerable<(YamlNode.Scalar Key, YamlNode Value)> Entries(YamlNode node, string what, string of)
    {
        if (node is not YamlNode.Mapping mapping)
        {
            if (node is not YamlNode.Scalar { IsNull: true })
                _problems.Add(node, $"{what} must be a mapping of {of}, not {node.Kind}");
            yield break;
        }
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (key, value) in mapping.Entries)
        {
            if (seen.Add(key.Text))
                yield return (key, value);
            else
                _problems.Add(key, $"{ProblemList.Quote(key.Text)} is a duplicate in {what}: keep one");
        }
    }

    /// <summary>Types or classes, in the way in which catalogs write them.</summary>
    private ImmutableArray<MappingPattern> Types(YamlNode node, string key) => Patterns(
        node, key, PuppetNames.IsPattern, "a type or class such as Nagios_service or Profile::Db, or a pattern such as Nagios_*", PuppetNames.Capitalized);

    private ImmutableArray<MappingPattern> Names(YamlNode node, string key) =>
        Patterns(node, key, t => t.Length > 0, "a name, or a pattern such as web*", t => t);

    private ImmutableArray<MappingPattern> Patterns(YamlNode node, string key, Func<string, bool> isGood, string allowed, Func<string, string> write)
    {
        if (node is YamlNode.Scalar { IsNull: true })
            return [];
        var patterns = ImmutableArray.CreateBuilder<MappingPattern>();
        foreach (var item in Many(node))
        {
            if (Text(item, key) is not { } text)
                continue;
            if (isGood(text))
                patterns.Add(new MappingPattern(write(text), new Place(item.Line, item.Column)));
            else
                Wrong(item, key, allowed);
        }
        return patterns.ToImmutable();
    }

    private static bool IsTypeOrReference(string text) =>
        Reference.IsWellFormed(text) || (!text.Contains('[', StringComparison.Ordinal) && Reference.IsWellFormed($"{text}[x]"));
}
