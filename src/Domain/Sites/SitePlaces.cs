using Orchestrator.Messages.Plans;
using Orchestrator.YamlFiles;

namespace Orchestrator.Domain.Sites;

/// <summary>
/// Where the parts of a document stand. Only a site with problems is asked for them, so they are read for it alone: they would take as much memory as the site.
/// </summary>
/// <param name="documentName">What to call the document.</param>
internal sealed class SitePlaces(string documentName)
{
    private readonly Dictionary<(string Application, string Component), Place> _components = [];
    private readonly Dictionary<(string Application, string Component, string Capability), Place> _consumed = [];
    private readonly Dictionary<(string Component, string Capability), Place> _firstConsumed = [];
    private readonly Dictionary<string, Place> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Place> _details = new(StringComparer.Ordinal);

    public Place? Environment { get; set; }

    public void Add(string application, string component, Place place) => _components.TryAdd((application, component), place);

    public void AddConsumed(string application, string component, ReadOnlySpan<char> capability, Place place)
    {
        var name = capability.ToString();
        _consumed.TryAdd((application, component, name), place);
        _firstConsumed.TryAdd((component, name), place);
    }

    public void AddNode(ReadOnlySpan<char> name, Place place)
    {
        if (!_nodes.GetAlternateLookup<ReadOnlySpan<char>>().ContainsKey(name))
            _nodes.Add(name.ToString(), place);
    }

    public void AddDetails(string node, Place place) => _details.TryAdd(node, place);

    /// <summary>The component's own; null where it stands nowhere.</summary>
    public Place? Of(string application, string component) => Find(_components, (application, component));

    /// <summary>Where the component says that it consumes it.</summary>
    public Place? OfConsumed(string application, string component, string capability) => Find(_consumed, (application, component, capability));

    /// <summary>The first place where one of these components consumes one of these capabilities, of the first few that are told of.</summary>
    public Place? OfConsumed(IReadOnlyList<string> components, IReadOnlyList<string> capabilities)
    {
        const int told = 10;
        return components.Take(told).SelectMany(_ => capabilities.Take(told), (component, capability) => Find(_firstConsumed, (component, capability)))
            .Where(place => place is not null).MinBy(place => (place!.Value.Line, place.Value.Column));
    }

    /// <summary>The first place where a component names the node.</summary>
    public Place? OfNode(string node) => Find(_nodes, node);

    /// <summary>The node's entry in the nodes section.</summary>
    public Place? OfDetails(string node) => Find(_details, node);

    /// <summary>The problem at a place; as it is where there is none.</summary>
    public SiteProblem At(Place? place, SiteProblem problem) =>
        place is { } at
        ? DocumentFindings.At(at, problem with { Message = $"{DocumentFindings.PlaceText(documentName, at)}: {problem.Message}" })
        : problem;

    private static Place? Find<TKey>(Dictionary<TKey, Place> places, TKey key) where TKey : notnull =>
        places.TryGetValue(key, out var place) ? place : null;
}
