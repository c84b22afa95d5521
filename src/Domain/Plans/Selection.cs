using Orchestrator.Domain.Sites;
using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Plans;

/// <summary>
/// Which nodes a plan is about: all, or those of the applications and nodes asked for, without those excluded. What lies wholly outside is no problem of
/// this plan; what a selected node consumes from outside is taken as done. A component cycle counts as soon as one of its
/// components lives on a selected node, because that component waits for itself wherever the others are.
/// </summary>
internal sealed class Selection
{
    private readonly SiteIndex _index;
    private readonly bool[] _nodes;
    private readonly bool[] _applications;

    /// <summary>Whether components without a node are part of it.</summary>
    private readonly bool _hasNowhere;

    private readonly List<string> _excluded = [];
    private readonly List<string> _nothing = [];
    private readonly List<string> _dependents = [];

    public Selection(SiteIndex index, PlanQuestion question, List<SiteProblem> problems)
    {
        _index = index;
        IsEverything = question.Instances.IsEmpty && question.Nodes.IsEmpty && question.Exclude.IsEmpty;
        _hasNowhere = question.Nodes.IsEmpty;
        _nodes = new bool[index.Nodes.Length];
        _applications = new bool[index.Applications.Length];
        if (question.Instances.IsEmpty)
        {
            Array.Fill(_nodes, true);
            Array.Fill(_applications, true);
        }
        else
        {
            var missing = SelectApplications(question.Instances);
            // A part of what was asked for is a mistake; nothing at all is what may be allowed.
            if (question is { ToRun: true, AllowEmpty: true } && !_applications.Contains(true))
                _nothing.AddRange(missing.Select(p => p.Message));
            else
                problems.AddRange(missing);
        }
        if (!question.Nodes.IsEmpty)
        {
            var named = Matching(question.Nodes, problems);
            for (var node = 0; node < _nodes.Length; node++)
                _nodes[node] &= named[node];
        }
        if (!question.Exclude.IsEmpty)
            LeaveOut(Matching(question.Exclude, problems));
    }

    public bool IsEverything { get; }

    private List<SiteProblem> SelectApplications(ImmutableArray<string> instances)
    {
        var problems = new List<SiteProblem>();
        var suggestions = new Suggestions(() => _index.Applications.Concat(_index.Applications.Select(TypeOf).Distinct()));
        foreach (var instance in instances.Distinct(StringComparer.Ordinal))
        {
            var found = false;
            for (var application = 0; application < _applications.Length; application++)
            {
                if (IsMeant(instance, _index.Applications[application]))
                    found = _applications[application] = true;
            }
            if (!found)
            {
                problems.Add(new SiteProblem(SiteProblemKinds.UnknownApplication,
                    $"the site has no application {Phrases.Quote(instance)}{TitleOf(instance) ?? suggestions.For(instance)}", [], [], []));
            }
        }

        for (var component = 0; component < _index.ComponentCount; component++)
        {
            if (_applications[_index.ApplicationOf[component]] && _index.NodeOf[component] >= 0)
                _nodes[_index.NodeOf[component]] = true;
        }
        return problems;
    }

    /// <summary>By its name, by its type, or by a pattern of names; a name goes before what it may be the type of.</summary>
    private bool IsMeant(string instance, string application) =>
        NamePattern.HasWildcard(instance) ? NamePattern.Matches(instance, application)
        : instance == application || (instance == TypeOf(application) && Array.BinarySearch(_index.Applications, instance, StringComparer.Ordinal) < 0);

    /// <summary><c>Lamp</c> of <c>Lamp[app1]</c>.</summary>
    private static string TypeOf(string application) =>
        application.IndexOf('[', StringComparison.Ordinal) is > 0 and var end ? application[..end] : application;

    /// <summary>Whoever errs in upper and lower case means the application that is called so otherwise; null where none is.</summary>
    private string? TitleOf(string instance) =>
        _index.Applications.FirstOrDefault(a => a.StartsWith($"{instance}[", StringComparison.OrdinalIgnoreCase)) is { } titled
            ? $"; did you mean {titled}?"
            : null;

    private bool[] Matching(ImmutableArray<string> patterns, List<SiteProblem> problems)
    {
        var matching = new bool[_index.Nodes.Length];
        var suggestions = new Suggestions(() => _index.Nodes);
        foreach (var pattern in patterns.Distinct(StringComparer.Ordinal))
        {
            var found = false;
            if (!NamePattern.HasWildcard(pattern))
            {
                if (Array.BinarySearch(_index.Nodes, pattern, StringComparer.Ordinal) is >= 0 and var node)
                    found = matching[node] = true;
            }
            else
            {
                for (var node = 0; node < matching.Length; node++)
                {
                    if (NamePattern.Matches(pattern, _index.Nodes[node]))
                        found = matching[node] = true;
                }
            }
            if (!found)
            {
                problems.Add(new SiteProblem(
                    SiteProblemKinds.UnknownNode,
                    NamePattern.HasWildcard(pattern)
                        ? $"no node of the site matches {Phrases.Quote(pattern)}"
                        : $"the site has no node {Phrases.Quote(pattern)}{suggestions.For(pattern)}",
                    [], [], []));
            }
        }
        return matching;
    }

    /// <summary>A node whose producer is not run would be run against an old state of it: it is left out too.</summary>
    private void LeaveOut(bool[] excluded)
    {
        var consumersOf = _index.UsersOf(isProducer: false);
        var left = new Queue<int>();
        for (var node = 0; node < excluded.Length; node++)
        {
            if (!excluded[node])
                continue;
            _excluded.Add(_index.Nodes[node]);
            _nodes[node] = false;
            left.Enqueue(node);
        }
        var seen = new bool[_index.Site.Capabilities.Length];
        while (left.TryDequeue(out var node))
        {
            foreach (var component in _index.ComponentsOn[node])
            {
                foreach (var capability in _index.Produces(component))
                {
                    if (seen[capability])
                        continue;
                    seen[capability] = true;
                    foreach (var consumer in consumersOf[capability])
                    {
                        if (!HasNode(_index.NodeOf[consumer]))
                            continue;
                        _nodes[_index.NodeOf[consumer]] = false;
                        _dependents.Add(_index.Nodes[_index.NodeOf[consumer]]);
                        left.Enqueue(_index.NodeOf[consumer]);
                    }
                }
            }
        }
    }

    /// <summary>True for a selected node; false for none at all.</summary>
    public bool HasNode(int node) => node >= 0 && _nodes[node];

    /// <summary>True where the component lives on a selected node, or on none and its application was asked for.</summary>
    public bool HasComponent(int component)
    {
        var node = _index.NodeOf[component];
        return node < 0 ? _hasNowhere && _applications[_index.ApplicationOf[component]] : _nodes[node];
    }

    /// <summary>The components of other applications on selected nodes, because a node's run applies its whole catalog; and what is left out.</summary>
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
        foreach (var sentence in _nothing)
            yield return new PlanWarning(PlanWarningKinds.EmptySite, sentence);
        if (_excluded.Count > 0)
        {
            var what = Phrases.Agree(_excluded.Count, "it", "them");
            var dependents = _dependents.Count == 0 ? ""
                : $"; {Phrases.Count(_dependents.Count, "node")} that {Phrases.Agree(_dependents.Count, "depends", "depend")} on {what}, directly or through "
                    + $"others, {Phrases.Agree(_dependents.Count, "is", "are")} left out too: "
                    + Phrases.Some([.. _dependents.Order(StringComparer.Ordinal)], 10);
            yield return new PlanWarning(
                PlanWarningKinds.Excluded,
                $"{Phrases.Count(_excluded.Count, "node")} {Phrases.Agree(_excluded.Count, "is", "are")} excluded: {Phrases.Some(_excluded, 10)}" + dependents,
                [.. _excluded.Concat(_dependents).Order(StringComparer.Ordinal)]);
        }
    }
}
