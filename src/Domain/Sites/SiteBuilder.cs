using System.Globalization;
using Orchestrator.Messages;
using Orchestrator.Messages.Plans;
using Orchestrator.YamlFiles;

namespace Orchestrator.Domain.Sites;

/// <summary>Gathers a site while its document is read, and finds names that stand twice where they may stand once.</summary>
internal sealed class SiteBuilder
{
    /// <summary>Real graphs have some 150 bytes a component.</summary>
    private const int BytesPerComponent = 200;

    private const int MostExpected = 1_000_000;

    private readonly NameTable _applications = new(0);
    private readonly NameTable _componentNames;
    private readonly NameTable _nodes;
    private readonly NameTable _capabilities;
    private readonly ImmutableArray<SiteComponent>.Builder _components;
    private readonly List<int> _links = [];
    private readonly Dictionary<string, (NodeDetails Details, Place Place)> _details = new(StringComparer.Ordinal);

    // Which application, or which list, mentioned a name last: finds repetitions without a set for each.
    private readonly List<int> _lastApplication = [];
    private readonly List<int> _lastList = [];
    private int _list;
    private int _listStart;

    /// <param name="length">The document's, in bytes: large ones need large tables, and growing them step by step is waste.</param>
    public SiteBuilder(int length)
    {
        var expected = Math.Min(length / BytesPerComponent, MostExpected);
        (_componentNames, _nodes, _capabilities) = (new NameTable(expected), new NameTable(expected), new NameTable(expected));
        _components = ImmutableArray.CreateBuilder<SiteComponent>(expected);
    }

    public string? Environment { get; set; }

    public bool HasApplications { get; set; }

    public bool LacksComponents { get; set; }

    public string ApplicationName(int application) => _applications[application];

    public string ComponentName(int name) => _componentNames[name];

    public bool TryAddApplication(ReadOnlySpan<char> name, out int application)
    {
        var before = _applications.Count;
        application = _applications.Add(name);
        return application == before;
    }

    /// <summary>False where this application has a component of this name already.</summary>
    public bool TryAddComponentName(ReadOnlySpan<char> text, int application, out int name)
    {
        name = _componentNames.Add(text);
        return IsFirst(_lastApplication, name, application);
    }

    public int AddNode(ReadOnlySpan<char> name) => _nodes.Add(name);

    /// <summary>Begins a list in which each capability counts once: servers repeat entries.</summary>
    public void BeginReferences() => (_list, _listStart) = (_list + 1, _links.Count);

    public void AddReference(ReadOnlySpan<char> name)
    {
        var capability = _capabilities.Add(name);
        if (IsFirst(_lastList, capability, _list))
            _links.Add(capability);
    }

    /// <summary>The list that was begun last.</summary>
    public Range EndReferences() => _listStart.._links.Count;

    public void AddComponent(int application, int name, int node, Range produces, Range consumes) =>
        _components.Add(new SiteComponent(_componentNames[name], application, node, produces, consumes));

    public bool HasDetails(string node) => _details.ContainsKey(node);

    public void AddDetails(string node, NodeDetails details, Place place) => _details.Add(node, (details, place));

    public Site Build(DocumentFindings findings)
    {
        var suggestions = new Suggestions(() => _nodes.ToNames());
        var unused = _details.Where(d => _nodes.Find(d.Key) < 0).OrderBy(d => d.Value.Place.Line).ThenBy(d => d.Value.Place.Column)
            .Select(d => Unused(findings.DocumentName, d.Key, d.Value.Place, suggestions)).ToList();
        return new Site
        {
            Environment = Environment,
            Applications = _applications.ToNames(),
            Nodes = _nodes.ToNames(),
            Capabilities = _capabilities.ToNames(),
            Components = _components.DrainToImmutable(),
            Links = [.. _links],
            Details = _details.Where(d => _nodes.Find(d.Key) >= 0).ToImmutableDictionary(d => d.Key, d => d.Value.Details, StringComparer.Ordinal),
            Warnings = [.. findings.Warnings(), .. unused],
            LacksComponents = LacksComponents,
        };
    }

    private static PlanWarning Unused(string document, string node, Place place, Suggestions nodes) => new(
        PlanWarningKinds.UnusedNode,
        string.Create(CultureInfo.InvariantCulture, $"{document}, line {place.Line}, column {place.Column}: no component runs on the " +
            $"node {Phrases.Quote(node)} of the nodes section{nodes.For(node)}"),
        [node]);

    private static bool IsFirst(List<int> last, int name, int user)
    {
        if (name == last.Count)
        {
            last.Add(user);
            return true;
        }

        if (last[name] == user)
            return false;

        last[name] = user;
        return true;
    }
}
