using Orchestrator.Domain.Sites;

namespace Orchestrator.Puppet.Databases;

/// <summary>Which components the nodes of the site have: those of the mapping that fit, else each node one of its own.</summary>
internal sealed class SiteComponents
{
    private const int None = -1;

    private readonly ChosenNodes _nodes;
    private readonly Mapping _mapping;
    private readonly string _environment;
    private readonly List<int>?[] _rulesOf;                         // by node, ascending; null where none fits
    private readonly List<int>?[] _rulesOfType;
    private readonly int[] _sameAs;                                 // by rule: the first one with its component; Shop and Shop[production] may be one
    private readonly List<(int Node, int Rule)> _components = [];
    private readonly int[] _firstOf;                                // by node

    /// <param name="used">Takes the patterns that fit something.</param>
    public SiteComponents(
        CatalogRows rows, int[] siteNodes, ChosenNodes nodes, Mapping mapping, string environment, IReadOnlyList<(string Node, string Class)> classes,
        HashSet<object> used)
    {
        (_nodes, _mapping, _environment) = (nodes, mapping, environment);
        _rulesOf = new List<int>?[nodes.Nodes.Length];
        _rulesOfType = new List<int>?[rows.Types.Count];
        _firstOf = new int[nodes.Nodes.Length];
        var names = mapping.Components.Select(c => (ApplicationOf(c), c.Component)).ToList();
        _sameAs = [.. names.Select(n => names.IndexOf(n))];
        if (!mapping.Components.IsEmpty)
        {
            FindByClass(classes, used);
            FindByType(rows, siteNodes);
        }
        for (var node = 0; node < _rulesOf.Length; node++)
        {
            _firstOf[node] = _components.Count;
            _rulesOf[node]?.Sort();
            foreach (var rule in _rulesOf[node] ?? [None])
                _components.Add((node, rule));
        }
        Applications = [.. _components.Select(ApplicationOf).Distinct(StringComparer.Ordinal)];
    }

    public int Count => _components.Count;

    public ImmutableArray<string> Applications { get; }

    /// <summary>The component to which a node's resources of a type belong: the one of the mapping that names the type, else the node's first.</summary>
    public int Of(int node, int type)
    {
        if (_rulesOf[node] is { Count: > 1 } rules && _rulesOfType[type] is { } named)
        {
            var rule = named.Find(rules.Contains);
            if (named.Contains(rule) && rules.IndexOf(rule) is >= 0 and var place)
                return _firstOf[node] + place;
        }
        return _firstOf[node];
    }

    /// <summary>The node's first component.</summary>
    public int Of(int node) => _firstOf[node];

    public ImmutableArray<SiteComponent> Build(Range[] produces, Range[] consumes)
    {
        var applications = Applications.Select((name, number) => (name, number)).ToDictionary(a => a.name, a => a.number, StringComparer.Ordinal);
        var built = ImmutableArray.CreateBuilder<SiteComponent>(Count);
        for (var component = 0; component < Count; component++)
        {
            var (node, rule) = _components[component];
            var type = rule == None ? "Node" : _mapping.Components[rule].Component;
            built.Add(new SiteComponent(
                $"{type}[{_nodes.Nodes[node].Name}]", applications[ApplicationOf(_components[component])], node, produces[component], consumes[component]));
        }
        return built.MoveToImmutable();
    }

    private string ApplicationOf((int Node, int Rule) component) => component.Rule == None
        ? $"Environment[{_nodes.Nodes[component.Node].Environment}]"
        : ApplicationOf(_mapping.Components[component.Rule]);

    private string ApplicationOf(ComponentRule rule) =>
        rule.Application.Contains('[', StringComparison.Ordinal) ? rule.Application : $"{rule.Application}[{_environment}]";

    private void FindByClass(IReadOnlyList<(string Node, string Class)> classes, HashSet<object> used)
    {
        var numbers = _nodes.Nodes.Select((node, number) => (node.Name, number)).ToDictionary(n => n.Name, n => n.number, StringComparer.Ordinal);
        foreach (var (name, title) in classes)
        {
            if (!numbers.TryGetValue(name, out var node))
                continue;
            for (var rule = 0; rule < _mapping.Components.Length; rule++)
            {
                foreach (var pattern in _mapping.Components[rule].Classes)
                {
                    if (pattern.Matches(title))
                    {
                        used.Add(pattern);
                        Add(ref _rulesOf[node], _sameAs[rule]);
                    }
                }
            }
        }
    }

    private void FindByType(CatalogRows rows, int[] siteNodes)
    {
        for (var type = 0; type < _rulesOfType.Length; type++)
        {
            for (var rule = 0; rule < _mapping.Components.Length; rule++)
            {
                if (_mapping.Components[rule].Types.Any(p => p.Matches(rows.Types.Text(type))))
                    Add(ref _rulesOfType[type], _sameAs[rule]);
            }
        }
        Find(rows.Exported);
        Find(rows.Collected);

        void Find(ReadOnlySpan<CatalogRow> resources)
        {
            foreach (ref readonly var resource in resources)
            {
                if (siteNodes[resource.Node] is >= 0 and var node)
                {
                    foreach (var rule in _rulesOfType[rows.Titles.ScopeOf(resource.Key)] ?? [])
                        Add(ref _rulesOf[node], rule);
                }
            }
        }
    }

    private static void Add(ref List<int>? rules, int rule)
    {
        rules ??= [];
        if (!rules.Contains(rule))
            rules.Add(rule);
    }
}
