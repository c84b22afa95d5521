using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Orchestrator.Domain.Sites;
using Orchestrator.Messages;
using Orchestrator.Messages.Plans;
using Orchestrator.YamlFiles;

namespace Orchestrator.Puppet.Databases;

/// <summary>
/// Makes a site of what catalogs export and collect: a node that collects comes after the node that exports. Pure, and linear in the resources but where many
/// nodes export one title. Exporters of one title with equal parameters are one capability, however many collect it.
/// </summary>
internal sealed class Derivation
{
    /// <summary>A comparison of parameters for each exporter and each collector of one title would be a square; beyond so many nobody is told apart.</summary>
    private const int MostComparisons = 1_000_000;

    private const int OutOfSite = -1;
    private const int MostTold = 10;

    /// <summary>A capability's name is cut so that there is room for the nodes that it may name.</summary>
    private const int LongestName = Domain.Sites.Reference.MaxLength - 512;

    private const int LongestTitle = LongestName - 256;

    private readonly CatalogRows _rows;
    private readonly ChosenNodes _nodes;
    private readonly Mapping _mapping;
    private readonly int[] _siteNodes;                              // by number in the rows; OutOfSite
    private readonly int[] _exportStarts;                           // by key; the rows of each in _exports
    private readonly int[] _exports;
    private readonly int[] _capabilityOfKey;                        // of keys with one exporter, from 1
    private readonly Dictionary<(int Key, Among Among, ulong Hash), int> _capabilityOf = [];
    private readonly List<Capability> _capabilities = [];
    private readonly List<(int Capability, int Node)> _collectors = [];
    private readonly List<int> _undecided = [];                     // rows of which parameters must tell
    private readonly List<(int Node, int Key)> _orphans = [];
    private readonly List<(int Node, int Key)> _ambiguous = [];
    private readonly List<string> _changed = [];
    private readonly List<OutsideProducer> _outside = [];
    private readonly HashSet<object> _used = new(ReferenceEqualityComparer.Instance);      // patterns and rules of the mapping that fit something

    public Derivation(CatalogRows rows, ChosenNodes nodes, Mapping mapping)
    {
        (_rows, _nodes, _mapping) = (rows, nodes, mapping);
        var numbers = new Dictionary<string, int>(nodes.Nodes.Length, StringComparer.Ordinal);
        foreach (var node in nodes.Nodes)
            numbers.Add(node.Name, numbers.Count);
        _siteNodes = new int[rows.Nodes.Count];
        for (var node = 0; node < _siteNodes.Length; node++)
            _siteNodes[node] = numbers.GetValueOrDefault(rows.Nodes.Text(node), OutOfSite);
        (_exportStarts, _exports) = ByKey(rows);
        _capabilityOfKey = new int[rows.Titles.Count];
        Collect();
    }

    /// <summary>Which exporters a capability stands for.</summary>
    private enum Among
    {
        All = 0,
        WithHash,
    }

    /// <summary>The titles of which several nodes export different resources, none of them equal to a collected one: their parameters must tell.</summary>
    public IReadOnlyCollection<string> UndecidedTitles =>
        [.. _undecided.Select(r => _rows.Collected[r].Key).Distinct().Select(_rows.Titles.Text).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The site, or problems of the mapping.</summary>
    /// <param name="parameters">Of <see cref="UndecidedTitles"/>; null where they were not asked for: then these stay open.</param>
    /// <param name="classes">Which nodes have which of the mapping's classes.</param>
    /// <param name="counts">How many resources of each type there are; null where that was not asked.</param>
    /// <param name="more">Further warnings.</param>
    public SiteReading Build(
        string environment, ResourceParameters? parameters, IReadOnlyList<(string Node, string Class)> classes, TypeCounts? counts,
        ImmutableArray<PlanWarning> more)
    {
        Decide(parameters);
        var components = new SiteComponents(_rows, _siteNodes, _nodes, _mapping, environment, classes, _used);
        var problems = new List<SiteProblem>();
        var links = new SiteLinks();
        Link(components, links);
        AddEdges(components, links, problems);
        var (all, produces, consumes) = links.Build(components.Count);
        var site = new Site
        {
            Origin = SiteOrigin.Catalogs,
            Environment = environment,
            Applications = components.Applications,
            Nodes = [.. _nodes.Nodes.Select(n => n.Name)],
            Capabilities = links.Names(),
            Components = components.Build(produces, consumes),
            Links = ImmutableCollectionsMarshal.AsImmutableArray(all),
            Details = ImmutableDictionary<string, NodeDetails>.Empty,
            Warnings = [.. more, .. _nodes.Warnings(), .. counts?.Warnings(_mapping) ?? [], .. Warnings(), .. UnusedMapping(counts)],
            LacksComponents = false,
        };
        return new SiteReading(problems.Count == 0 ? site : null, [.. problems]);
    }

    private static (int[] Starts, int[] Rows) ByKey(CatalogRows rows)
    {
        var exported = rows.Exported;
        var starts = new int[rows.Titles.Count + 1];
        foreach (ref readonly var row in exported)
            starts[row.Key + 1]++;
        for (var key = 1; key < starts.Length; key++)
            starts[key] += starts[key - 1];
        var next = (int[])starts.Clone();
        var sorted = new int[exported.Length];
        for (var row = 0; row < exported.Length; row++)
            sorted[next[exported[row].Key]++] = row;
        return (starts, sorted);
    }

    private ReadOnlySpan<int> ExportsOf(int key) => _exports.AsSpan(_exportStarts[key].._exportStarts[key + 1]);

    private void Collect()
    {
        var collected = _rows.Collected;
        for (var row = 0; row < collected.Length; row++)
        {
            ref readonly var resource = ref collected[row];
            var node = _siteNodes[resource.Node];
            if (node == OutOfSite)
                continue;
            var exports = ExportsOf(resource.Key);
            switch (exports.Length)
            {
                case 0:
                    _orphans.Add((node, resource.Key));
                    break;
                case 1:
                    ref var capability = ref _capabilityOfKey[resource.Key];
                    if (capability == 0)
                        capability = Add(resource.Key, Among.All, 0) + 1;
                    _collectors.Add((capability - 1, node));
                    break;
                default:
                    CollectFromSeveral(row, resource, node, exports);
                    break;
            }
        }
    }

    private void CollectFromSeveral(int row, in CatalogRow resource, int node, ReadOnlySpan<int> exports)
    {
        if (_capabilityOf.TryGetValue((resource.Key, Among.WithHash, resource.Hash), out var known))
        {
            _collectors.Add((known, node));
            if (_capabilities[known].Count > 1)
                _ambiguous.Add((node, resource.Key));
            return;
        }
        foreach (var export in exports)
        {
            if (_rows.Exported[export].Hash == resource.Hash)
            {
                CollectFrom(resource.Key, Among.WithHash, resource.Hash, node);
                return;
            }
        }
        _undecided.Add(row);
    }

    private void CollectFrom(int key, Among among, ulong hash, int node)
    {
        if (!_capabilityOf.TryGetValue((key, among, hash), out var capability))
            _capabilityOf.Add((key, among, hash), capability = Add(key, among, hash));
        _collectors.Add((capability, node));
        if (_capabilities[capability].Count > 1)
            _ambiguous.Add((node, key));
    }

    private int Add(int key, Among among, ulong hash)
    {
        var count = 0;
        foreach (var export in ExportsOf(key))
        {
            if (IsAmong(export, among, hash))
                count++;
        }
        _capabilities.Add(new Capability(key, among, hash, count));
        return _capabilities.Count - 1;
    }

    private bool IsAmong(int export, Among among, ulong hash) => among == Among.All || _rows.Exported[export].Hash == hash;

    /// <summary>The exporter with the fewest other parameters, for what was overridden where it was collected.</summary>
    private void Decide(ResourceParameters? parameters)
    {
        var comparisons = 0L;
        foreach (var row in _undecided)
        {
            var resource = _rows.Collected[row];
            var node = _siteNodes[resource.Node];
            var exports = ExportsOf(resource.Key);
            comparisons += exports.Length;
            if (parameters is not null && comparisons <= MostComparisons && Fewest(parameters, resource, exports) is { } hash)
                CollectFrom(resource.Key, Among.WithHash, hash, node);
            else
                CollectFrom(resource.Key, Among.All, 0, node);
        }
    }

    /// <summary>The hash of those who differ in the fewest parameters; null where several different ones do.</summary>
    private ulong? Fewest(ResourceParameters parameters, in CatalogRow resource, ReadOnlySpan<int> exports)
    {
        if (parameters.Of(resource) is not { } own)
            return Changed(resource);
        (int Differing, ulong Hash, bool IsTie) best = (int.MaxValue, 0, false);
        foreach (var export in exports)
        {
            var other = _rows.Exported[export];
            if (parameters.Of(other) is not { } theirs)
                return Changed(other);
            var differing = ResourceParameters.Differing(own, theirs);
            if (differing < best.Differing)
                best = (differing, other.Hash, false);
            else if (differing == best.Differing && other.Hash != best.Hash)
                best.IsTie = true;
        }
        return best.IsTie ? null : best.Hash;
    }

    private ulong? Changed(in CatalogRow resource)
    {
        _changed.Add(_rows.Nodes.Text(resource.Node));
        return null;
    }

    private void Link(SiteComponents components, SiteLinks links)
    {
        var collectorsOf = ByCapability();
        List<int> inside = [], outside = [], whole = [];
        var isReversed = new bool[_rows.Types.Count];
        for (var type = 0; type < isReversed.Length; type++)
        {
            foreach (var pattern in _mapping.Reverse.Where(p => p.Matches(_rows.Types.Text(type))))
                isReversed[type] = _used.Add(pattern) || true;
        }
        for (var number = 0; number < _capabilities.Count; number++)
        {
            var capability = _capabilities[number];
            var type = _rows.Titles.ScopeOf(capability.Key);
            var collectors = collectorsOf[number];
            inside.Clear();
            outside.Clear();
            foreach (var export in ExportsOf(capability.Key))
            {
                if (!IsAmong(export, capability.Among, capability.Hash))
                    continue;
                var exporter = _rows.Exported[export].Node;
                if (_siteNodes[exporter] == OutOfSite)
                    outside.Add(exporter);
                else
                    inside.Add(_siteNodes[exporter]);
            }
            foreach (var exporter in outside)
                _outside.Add(new OutsideProducer(_rows.Nodes.Text(exporter), capability.Key, collectors.Min(), collectors.Count));
            if (inside.Count == 0)
                continue;
            if (_mapping.Remove.IsEmpty)
            {
                Say(NameOf(capability), type, inside, collectors);
                continue;
            }
            whole.Clear();
            foreach (var collector in collectors)
            {
                var left = inside.FindAll(exporter => !IsRemoved(type, exporter, collector));
                if (left.Count == inside.Count)
                    whole.Add(collector);
                else
                    left.ForEach(exporter => Say(NameFrom(capability.Key, exporter), type, [exporter], [collector]));
            }
            if (whole.Count > 0)
                Say(NameOf(capability), type, inside, whole);
        }

        void Say(string name, int type, List<int> exporters, List<int> collectors)
        {
            // What one node exports under a title may be named before: its exporter is said once.
            var isNew = links.TryCapability(name, out var capability);
            foreach (var exporter in isNew ? exporters : [])
                links.Add(components.Of(exporter, type), capability, isProduced: !isReversed[type]);
            foreach (var collector in collectors)
                links.Add(components.Of(collector, type), capability, isProduced: isReversed[type]);
        }

        bool IsRemoved(int type, int exporter, int collector)
        {
            var (from, to) = isReversed[type] ? (collector, exporter) : (exporter, collector);
            var isRemoved = false;
            foreach (var rule in _mapping.Remove)
            {
                if ((rule.Types.IsEmpty || rule.Types.Any(t => t.Matches(_rows.Types.Text(type))))
                    && rule.From.Any(p => p.Matches(_nodes.Nodes[from].Name)) && rule.To.Any(p => p.Matches(_nodes.Nodes[to].Name)))
                {
                    _used.Add(rule);
                    isRemoved = true;
                }
            }
            return isRemoved;
        }
    }

    private List<int>[] ByCapability()
    {
        var collectors = new List<int>[_capabilities.Count];
        foreach (var (capability, node) in _collectors)
            (collectors[capability] ??= []).Add(node);
        return collectors;
    }

    /// <summary>Type and title; where several nodes export it, those who are meant.</summary>
    private string NameOf(Capability capability)
    {
        if (capability.Among == Among.All)
            return Named(capability.Key, "");
        var exporters = new List<string>();
        foreach (var export in ExportsOf(capability.Key))
        {
            if (IsAmong(export, capability.Among, capability.Hash))
                exporters.Add(_rows.Nodes.Text(_rows.Exported[export].Node));
        }
        exporters.Sort(StringComparer.Ordinal);
        return Named(capability.Key, $" from {Phrases.Some(exporters, 1)}");
    }

    private string NameFrom(int key, int exporter) => Named(key, $" from {_nodes.Nodes[exporter].Name}");

    private string Named(int key, string more)
    {
        var (type, title) = (_rows.TypeOf(key), _rows.Titles.Text(key));
        if (type.Length + title.Length > LongestName)
            title = $"{OutsideText.Shorten(title, LongestTitle)} {Convert.ToHexStringLower(SHA256.HashData(_rows.Titles.Bytes(key)))}";
        // A title may hold anything, such as what tells exporters of another one apart.
        while (more.Length > 0 && _rows.Titles.Find(_rows.Titles.ScopeOf(key), Encoding.UTF8.GetBytes(title + more)) >= 0)
            more += "'";
        return $"{type}[{title}{more}]";
    }

    private void AddEdges(SiteComponents components, SiteLinks links, List<SiteProblem> problems)
    {
        foreach (var rule in _mapping.Add)
        {
            var (from, to) = (Matching(rule.From), Matching(rule.To));
            var both = from.Intersect(to).ToList();
            if (both.Count > 0)
            {
                var names = both.Select(n => _nodes.Nodes[n].Name).ToList();
                problems.Add(new SiteProblem(
                    SiteProblemKinds.MalformedMapping,
                    $"{_mapping.PlaceText(rule.Place)}: {Phrases.Some(names)} {Phrases.Agree(names.Count, "is", "are")} on both sides of the edge "
                    + $"{Phrases.Quote(rule.Name)}, and no node comes before itself: choose the nodes of one side so that they are not on the other",
                    names, [], [], rule.Place.Line, rule.Place.Column));
                continue;
            }
            if (from.Count == 0 || to.Count == 0)
                continue;
            _used.Add(rule);
            // Long names are cut, and may be the same then.
            var name = Phrases.Shorten(rule.Name);
            int capability;
            for (var again = 2; !links.TryCapability($"Edge[{name}]", out capability); again++)
                name = FormattableString.Invariant($"{Phrases.Shorten(rule.Name)} ({again})");
            foreach (var node in from)
                links.Add(components.Of(node), capability, isProduced: true);
            foreach (var node in to)
                links.Add(components.Of(node), capability, isProduced: false);
        }
    }

    private List<int> Matching(ImmutableArray<MappingPattern> patterns)
    {
        var matching = new List<int>();
        for (var node = 0; node < _nodes.Nodes.Length; node++)
        {
            if (patterns.Any(p => p.Matches(_nodes.Nodes[node].Name)))
                matching.Add(node);
        }
        return matching;
    }

    private IEnumerable<PlanWarning> Warnings()
    {
        if (_orphans.Count > 0)
        {
            yield return new PlanWarning(
                PlanWarningKinds.OrphanedResource,
                $"{Phrases.Count(_orphans.Count, "collected resource")} {Phrases.Agree(_orphans.Count, "is", "are")} no longer exported by any node, and "
                + $"{Phrases.Agree(_orphans.Count, "goes", "go")} with the next run: {Some(_orphans)}",
                NamesOf(_orphans));
        }
        if (_ambiguous.Count > 0)
        {
            yield return new PlanWarning(
                PlanWarningKinds.AmbiguousProducer,
                $"several nodes export what {Phrases.Count(_ambiguous.Count, "collected resource")} may have come from, so that the collecting node waits for "
                + $"all of them: {Some(_ambiguous)}",
                NamesOf(_ambiguous));
        }
        if (_outside.Count > 0)
        {
            var sorted = _outside.OrderBy(o => o.Producer, StringComparer.Ordinal).ThenBy(o => _rows.Reference(o.Key), StringComparer.Ordinal).ToList();
            yield return new PlanWarning(
                PlanWarningKinds.ProducerOutsideSelection,
                "exporters outside the plan are assumed done: " + Phrases.FirstOf(sorted.Select(Sentence), sorted.Count, MostTold),
                [.. sorted.Select(o => o.Producer).Distinct()]);
        }
        for (var node = 0; node < _siteNodes.Length; node++)
        {
            var name = _rows.Nodes.Text(node);
            if (_rows.EnvironmentOf(node) is { } environment && _nodes.Known.GetValueOrDefault(name)?.Environment != environment)
                _changed.Add(name);
        }
        if (_changed.Count > 0)
        {
            var names = _changed.Distinct().Order(StringComparer.Ordinal).ToList();
            yield return new PlanWarning(
                PlanWarningKinds.ChangedWhileRead,
                $"{Phrases.Count(names.Count, "node")} got a new catalog while PuppetDB was read, so that the order may lack what is new: "
                + $"{Phrases.Some(names, MostTold)}; plan again once no run goes on",
                names);
        }
    }

    private string Sentence(OutsideProducer outside)
    {
        var more = outside.Collectors > 1 ? $" and {Phrases.Number(outside.Collectors - 1)} more" : "";
        var collector = _nodes.Nodes[outside.FirstCollector].Name;
        return $"{_rows.Reference(outside.Key)} of {outside.Producer} ({_nodes.WhyLeft(outside.Producer)}) for {collector}{more}";
    }

    /// <summary>The first few, by node and then by name: of many, not all are sorted by name.</summary>
    private string Some(List<(int Node, int Key)> resources)
    {
        var last = resources.Select(r => r.Node).Order().ElementAt(Math.Min(MostTold, resources.Count) - 1);
        var first = resources.Where(r => r.Node <= last).Select(r => (r.Node, Name: _rows.Reference(r.Key))).OrderBy(r => r.Node)
            .ThenBy(r => r.Name, StringComparer.Ordinal).Select(r => $"{r.Name} on {_nodes.Nodes[r.Node].Name}");
        return Phrases.FirstOf(first, resources.Count, MostTold);
    }

    private IReadOnlyList<string> NamesOf(List<(int Node, int Key)> resources) =>
        [.. resources.Select(r => r.Node).Distinct().Order().Select(n => _nodes.Nodes[n].Name)];

    /// <summary>What a person wrote into the mapping and fits nothing.</summary>
    private IEnumerable<PlanWarning> UnusedMapping(TypeCounts? counts)
    {
        var types = Enumerable.Range(0, _rows.Types.Count).Select(_rows.Types.Text).ToList();
        var exported = counts?.Exported.ToList();
        var environments = _nodes.Known.Values.Select(n => n.Environment).OfType<string>().Distinct().ToList();
        var unused = new List<(Place Place, string Sentence)>();
        foreach (var pattern in _mapping.Ignore)
        {
            if (exported is not null)
                Check(pattern, exported.Any(pattern.Matches), "no node exports the type");
        }
        foreach (var pattern in _mapping.Reverse)
            Check(pattern, _used.Contains(pattern), "no node exports or collects the type");
        foreach (var pattern in _mapping.Environments)
            Check(pattern, environments.Any(pattern.Matches), "no node has a catalog of the environment");
        foreach (var pattern in _mapping.Classes)
            Check(pattern, _used.Contains(pattern), "no node of the plan has the class");
        foreach (var pattern in _mapping.Components.SelectMany(c => c.Types))
            Check(pattern, types.Any(pattern.Matches), "no node exports or collects the type");
        foreach (var rule in _mapping.Add.Where(r => !_used.Contains(r)))
        {
            var side = Matching(rule.From).Count == 0 ? "from" : "to";
            unused.Add((rule.Place, $"'{side}' of the edge {Phrases.Quote(rule.Name)} matches no node of the plan"));
        }
        foreach (var rule in _mapping.Remove.Where(r => !_used.Contains(r)))
            unused.Add((rule.Place, $"there is no such edge to remove as {Phrases.Quote(rule.Name)}"));
        return unused.OrderBy(u => u.Place.Line).ThenBy(u => u.Place.Column).Select(
            u => new PlanWarning(PlanWarningKinds.UnusedMapping, $"{_mapping.PlaceText(u.Place)}: {u.Sentence}"));

        void Check(MappingPattern pattern, bool isUsed, string sentence)
        {
            if (!isUsed && pattern.Place is { } place)
                unused.Add((place, $"{sentence} {Phrases.Quote(pattern.Text)}"));
        }
    }

    /// <param name="Count">How many nodes export it.</param>
    private readonly record struct Capability(int Key, Among Among, ulong Hash, int Count);

    private readonly record struct OutsideProducer(string Producer, int Key, int FirstCollector, int Collectors);
}
