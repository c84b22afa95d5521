using Orchestrator.Domain.Sites;
using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Plans;

/// <summary>
/// Which nodes a plan is about: all, or those of the applications asked for. What lies wholly outside is no problem of
/// this plan; what a selected node consumes from outside is taken as done. A component cycle counts as soon as one of its
/// components lives on a selected node, because that component waits for itself wherever the others are.
/// </summary>
internal sealed class Selection
{
    private readonly SiteIndex _index;
    private readonly bool[] _nodes;
    private readonly bool[] _applications;

    public Selection(SiteIndex index, IReadOnlyCollection<string> instances, List<SiteProblem> problems)
    {
        _index = index;
        IsEverything = instances.Count == 0;
        _nodes = new bool[index.Nodes.Length];
        _applications = new bool[index.Applications.Length];
        if (IsEverything)
        {
            Array.Fill(_nodes, true);
            Array.Fill(_applications, true);
            return;
        }

        var suggestions = new Suggestions(() => index.Applications);
        foreach (var instance in instances.Distinct(StringComparer.Ordinal))
        {
            var application = Array.BinarySearch(index.Applications, instance, StringComparer.Ordinal);
            if (application >= 0)
            {
                _applications[application] = true;
            }
            else
            {
                problems.Add(new SiteProblem(SiteProblemKinds.UnknownApplication,
                    $"the site has no application {Phrases.Quote(instance)}{TitleOf(instance) ?? suggestions.For(instance)}", [], [], []));
            }
        }

        for (var component = 0; component < index.ComponentCount; component++)
        {
            if (_applications[index.ApplicationOf[component]] && index.NodeOf[component] >= 0)
                _nodes[index.NodeOf[component]] = true;
        }
    }

    public bool IsEverything { get; }

    /// <summary>Whoever leaves the title out means the application that has one; null where none has.</summary>
    private string? TitleOf(string instance) =>
        _index.Applications.FirstOrDefault(a => a.StartsWith($"{instance}[", StringComparison.OrdinalIgnoreCase)) is { } titled
            ? $"; did you mean {titled}?"
            : null;

    /// <summary>True for a selected node; false for none at all.</summary>
    public bool HasNode(int node) => node >= 0 && _nodes[node];

    /// <summary>True where the component lives on a selected node, or on none and its application was asked for.</summary>
    public bool HasComponent(int component)
    {
        var node = _index.NodeOf[component];
        return node < 0 ? _applications[_index.ApplicationOf[component]] : _nodes[node];
    }

    /// <summary>The components of other applications on selected nodes: a node's run applies its whole catalog.</summary>
    public IEnumerable<PlanWarning> Warnings()
    {
        List<string> components = [], nodes = [], sentences = [];
        for (var component = 0; component < _index.ComponentCount; component++)
        {
            var (application, node) = (_index.ApplicationOf[component], _index.NodeOf[component]);
            if (HasNode(node) && !_applications[application])
            {
                components.Add(_index[component].Name);
                nodes.Add(_index.Nodes[node]);
                sentences.Add($"{_index.Applications[application]} -> {_index[component].Name} on {_index.Nodes[node]}");
            }
        }

        if (components.Count > 0)
        {
            yield return new PlanWarning(
                PlanWarningKinds.OtherComponentsRunAlong,
                $"a node applies its whole catalog, so {Phrases.Count(components.Count, "component")} of other applications will also " +
                $"run: {Phrases.Some(sentences, 10)}",
                [.. nodes.Distinct().Order(StringComparer.Ordinal)],
                components);
        }
    }
}
