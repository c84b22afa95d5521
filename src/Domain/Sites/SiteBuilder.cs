using System.Collections.Immutable;
using System.Globalization;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Sites;

/// <summary>Gathers a site while its document is read, and finds names that stand twice where they may stand once.</summary>
internal sealed class SiteBuilder
{
    private readonly NameTable _applications = new();
    private readonly NameTable _componentNames = new();
    private readonly NameTable _nodes = new();
    private readonly NameTable _capabilities = new();
    private readonly ImmutableArray<SiteComponent>.Builder _components = ImmutableArray.CreateBuilder<SiteComponent>();
    private readonly Dictionary<string, (NodeDetails Details, Place Place)> _details = new(StringComparer.Ordinal);

    // Which application, or which list, mentioned a name last: finds repetitions without a set for each.
    private readonly List<int> _lastApplication = [];
    private readonly List<int> _lastList = [];
    private int _list;

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

    /// <summary>Begins a list in which each capability counts once.</summary>
    public void BeginReferences() => _list++;

    /// <summary>False where the list has this capability already: servers repeat entries.</summary>
    public bool TryAddCapability(ReadOnlySpan<char> name, out int capability)
    {
        capability = _capabilities.Add(name);
        return IsFirst(_lastList, capability, _list);
    }

    public void AddComponent(int application, int name, int node, ImmutableArray<int> produces, ImmutableArray<int> consumes) =>
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
            Details = _details.Where(d => _nodes.Find(d.Key) >= 0).ToImmutableDictionary(d => d.Key, d => d.Value.Details, StringComparer.Ordinal),
            Warnings = [.. findings.Warnings(), .. unused],
            LacksComponents = LacksComponents,
        };
    }

    private static PlanWarning Unused(string document, string node, Place place, Suggestions nodes) => new(
        PlanWarningKinds.UnusedNode,
        string.Create(CultureInfo.InvariantCulture, $"{document}, line {place.Line}, column {place.Column}: no component lives on the node {Sentences.Quote(node)} of the nodes section{nodes.For(node)}"),
        [node]);

    private static bool IsFirst(List<int> last, int name, int user)
    {
        if (name == last.Count)
        {
            last.Add(user);
            return true;
        }

        if (last[name] == user)
        {
            return false;
        }

        last[name] = user;
        return true;
    }
}
