using System.Runtime.InteropServices;
using Orchestrator.Domain.Sites;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using Orchestrator.YamlFiles;

namespace Orchestrator.Domain.Plans;

/// <summary>
/// Makes the plan of a site: which nodes run in which group. Node A comes before node B when a component on B consumes what a
/// component on A produces; a component waits for all producers of what it consumes. Pure and linear in the site.
/// </summary>
public static class Planner
{
    /// <summary>So many components without a node or a producer are told one by one, the rest as a number.</summary>
    private const int MostProblems = 10_000;

    private const string WithoutComponents =
        "the site has no components, so there is nothing to do; usual causes: the application is declared outside site { }, the environment uses " +
        "another manifest, or app_management is off on Puppet 4";

    private static readonly ImmutableSortedDictionary<string, ImmutableArray<string>> NoComponents =
        ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal);

    /// <summary>
    /// Plans what was read. A document with malformed parts gives no plan, but what else is wrong with the rest of it is told at once:
    /// all but missing producers, because those may stand in what could not be read.
    /// </summary>
    public static PlanResult Plan(SiteReading reading, PlanQuestion question)
    {
        ArgumentNullException.ThrowIfNull(reading);
        ArgumentNullException.ThrowIfNull(question);
        if (reading.Site is not { } site)
            return new PlanResult.Refused(reading.Problems);
        List<SiteProblem> problems = [.. reading.Problems];
        var where = new Dictionary<SiteProblem, Func<SitePlaces, Place?>>(ReferenceEqualityComparer.Instance);
        if (question.Environment is { } asked && site.Environment is { } own && asked != own)
        {
            problems.Add(new SiteProblem(
                SiteProblemKinds.MalformedSite,
                $"the site is for the environment {Phrases.Quote(own)}, but {Phrases.Quote(asked)} was requested; use the site's own or omit it",
                [], [], []));
        }

        if (OptionRules.ProblemOfEnvironment(site.Environment ?? question.Environment ?? PlanQuestion.DefaultEnvironment) is { } invalid)
            problems.Add(new SiteProblem(SiteProblemKinds.MalformedSite, invalid, [], [], []));
        foreach (var problem in problems.Skip(reading.Problems.Length))
            where.Add(problem, places => places.Environment);
        var index = new SiteIndex(site);
        var selection = new Selection(index, question, problems);
        problems.AddRange(NodeNames.Problems(index));
        AddProblemsOfComponents(index, selection, problems, where);
        var order = NodeOrder.Of(index, selection, problems);
        if (MayHaveCycles(index, selection, order))
        {
            var componentCycles = new ComponentCycles(index);
            problems.AddRange(componentCycles.Problems(selection));
            if (order is { HasCycle: true })
                problems.AddRange(new NodeCycles(index, order, componentCycles).Problems());
        }

        if (question is { ToRun: true, AllowEmpty: false } && problems.Count == 0 && order is { Groups: 0 })
            problems.Add(new SiteProblem(SiteProblemKinds.EmptySite, index.ComponentCount == 0 ? WithoutComponents : WithoutSelected(question), [], [], []));
        if (question.ToRun && NodeNames.Unusable(index, selection) is { } unusable)
            problems.Add(new SiteProblem(SiteProblemKinds.UnusableName, unusable.Message, unusable.Nodes ?? [], [], []));
        return problems.Count > 0 || order is null
            ? new PlanResult.Refused([.. WithPlaces(reading, problems, where)])
            : new PlanResult.Planned(PlanJson.Seal(
                site.Environment ?? question.Environment ?? PlanQuestion.DefaultEnvironment,
                ApplicationsOf(index, selection),
                Groups(index, order),
                [.. site.Warnings, .. WarningsAboutSize(index), .. NodeNames.Warnings(index, selection), .. NodeNames.LookAlikes(index, selection),
                    .. selection.Warnings(), .. order.Warnings()]));
    }

    /// <summary>All problems, each with its place that stands in the document: the reading's own have theirs.</summary>
    /// <param name="where">Where those stand that are about one part of it.</param>
    private static IEnumerable<SiteProblem> WithPlaces(
        SiteReading reading, List<SiteProblem> problems, Dictionary<SiteProblem, Func<SitePlaces, Place?>> where)
    {
        if (problems.Count == reading.Problems.Length || reading.Places is null)
            return problems;
        var places = reading.Places();
        var told = reading.Problems.Where(p => p.Line is not null).Select(p => (p.Line, p.Column)).ToHashSet();
        // What stands where the reading found a mistake follows from that one.
        return reading.Problems.Concat(
            problems.Skip(reading.Problems.Length).Select(p => places.At(PlaceOf(p), p)).Where(p => p.Line is null || !told.Contains((p.Line, p.Column))));

        Place? PlaceOf(SiteProblem problem) => where.GetValueOrDefault(problem)?.Invoke(places) ?? problem switch
        {
            { Capabilities.Count: > 0 } => places.OfConsumed(problem.Components, problem.Capabilities),
            { Kind: SiteProblemKinds.MalformedSite, Nodes: { Count: > 0 } nodes } =>
                nodes.Select(places.OfDetails).MaxBy(p => p is { } at ? (at.Line, at.Column) : default),
            { Nodes: [var node, ..] } => places.OfNode(node),
            _ => null,
        };
    }

    /// <summary>Where all nodes can be ordered, a component cycle can hide on a node, among components without one, or outside of the selection.</summary>
    private static bool MayHaveCycles(SiteIndex index, Selection selection, NodeOrder? order) =>
        order is null || order.HasCycle || order.HasStepsWithinNodes || !selection.IsEverything || index.NodeOf.Contains(SiteComponent.Nowhere);

    private static void AddProblemsOfComponents(
        SiteIndex index, Selection selection, List<SiteProblem> problems, Dictionary<SiteProblem, Func<SitePlaces, Place?>> where)
    {
        var suggestions =
            new Suggestions(() => Enumerable.Range(0, index.Site.Capabilities.Length).Where(c => index.ProducersOf[c].Length > 0).Select(index.Capability));
        var found = 0;
        for (var component = 0; component < index.ComponentCount; component++)
        {
            if (!selection.HasComponent(component))
                continue;
            var (application, name) = (index.Applications[index.ApplicationOf[component]], index[component].Name);
            if (index.NodeOf[component] < 0 && ++found <= MostProblems)
                Add(WithoutNode(index, component), places => places.Of(application, name));
            if (LacksProducer(index, component))
            {
                foreach (var capability in index.InOrder(index.Consumes(component)))
                {
                    if (index.ProducersOf[capability].IsEmpty && ++found <= MostProblems && index.Capability(capability) is var missing)
                        Add(MissingProducer(index, component, missing, suggestions.For(missing)), places => places.OfConsumed(application, name, missing));
                }
            }
        }

        if (found > MostProblems)
        {
            problems.Add(new SiteProblem(
                SiteProblemKinds.MalformedSite,
                $"the site has {Phrases.Count(found - MostProblems, "more component")} without a node or a producer; fix these first", [], [], []));
        }

        void Add(SiteProblem problem, Func<SitePlaces, Place?> place)
        {
            problems.Add(problem);
            where.Add(problem, place);
        }
    }

    private static bool LacksProducer(SiteIndex index, int component)
    {
        if (!index.Site.LacksComponents)
        {
            foreach (var capability in index.Consumes(component))
            {
                if (index.ProducersOf[capability].IsEmpty)
                    return true;
            }
        }

        return false;
    }

    private static SiteProblem WithoutNode(SiteIndex index, int component) => new(
        SiteProblemKinds.ComponentWithoutNode,
        $"the component {index[component].Name} of {index.Applications[index.ApplicationOf[component]]} has no node; name the node it runs on",
        [],
        [index[component].Name],
        []);

    private static SiteProblem MissingProducer(SiteIndex index, int component, string capability, string suggestion) => new(
        SiteProblemKinds.MissingProducer,
        $"{index[component].Name} of {index.Applications[index.ApplicationOf[component]]} {index.WhereIs(component)} consumes {capability}, which no " +
        $"component produces{suggestion}",
        index.NodeOf[component] < 0 ? [] : [index.Nodes[index.NodeOf[component]]],
        [index[component].Name],
        [capability]);

    private static string WithoutSelected(PlanQuestion question) => question.Instances.IsEmpty || !question.Nodes.IsEmpty || !question.Exclude.IsEmpty
        ? "no node is left, so there is nothing to do: look at which nodes are selected and excluded"
        : $"{Phrases.Some([.. question.Instances])} {Phrases.Agree(question.Instances.Length, "has", "have")} no components, so there is nothing to do";

    private static IEnumerable<PlanWarning> WarningsAboutSize(SiteIndex index)
    {
        if (index.ComponentCount == 0)
        {
            yield return new PlanWarning(PlanWarningKinds.EmptySite, WithoutComponents);
            yield break;
        }

        var isUsed = new bool[index.Applications.Length];
        foreach (var application in index.ApplicationOf)
            isUsed[application] = true;
        List<string> empty = [.. index.Applications.Where((_, a) => !isUsed[a])];
        if (empty.Count > 0)
        {
            yield return new PlanWarning(
                PlanWarningKinds.EmptyApplication, $"applications without components, which are not in the plan: {Phrases.Some(empty, 10)}");
        }
    }

    private static ImmutableArray<string> ApplicationsOf(SiteIndex index, Selection selection)
    {
        var isThere = new bool[index.Applications.Length];
        for (var component = 0; component < index.ComponentCount; component++)
            isThere[index.ApplicationOf[component]] |= selection.HasNode(index.NodeOf[component]);
        return [.. index.Applications.Where((_, a) => isThere[a])];
    }

    private static ImmutableArray<PlanGroup> Groups(SiteIndex index, NodeOrder order)
    {
        var nodesOf = Graph.Group(order.Groups, order.GroupOf);
        var groups = ImmutableArray.CreateBuilder<PlanGroup>(order.Groups);
        for (var group = 0; group < order.Groups; group++)
        {
            var nodes = ImmutableArray.CreateBuilder<PlannedNode>(nodesOf[group].Length);
            foreach (var node in nodesOf[group])
                nodes.Add(Node(index, order, node));
            groups.Add(new PlanGroup(group + 1, nodes.MoveToImmutable()));
        }

        return groups.MoveToImmutable();
    }

    private static PlannedNode Node(SiteIndex index, NodeOrder order, int node)
    {
        var waitsFor = order.After[node];
        var after = new NodeName[waitsFor.Length];
        for (var i = 0; i < after.Length; i++)
            after[i] = new NodeName(index.Nodes[waitsFor[i]]);
        var name = index.Nodes[node];
        var details = index.Site.Details.GetValueOrDefault(name);
        return new PlannedNode(
            new NodeName(name),
            ComponentsOn(index, node),
            ImmutableCollectionsMarshal.AsImmutableArray(after),
            details?.Identity is { } identity && identity != name ? new NodeName(identity) : null,
            details?.Labels);
    }

    private static ImmutableSortedDictionary<string, ImmutableArray<string>> ComponentsOn(SiteIndex index, int node)
    {
        var components = index.ComponentsOn[node];
        var first = OfOneApplication(index, components);
        if (first == components.Length)
            return NoComponents.Add(index.Applications[index.ApplicationOf[components[0]]], Names(index, components));
        var byApplication = NoComponents.ToBuilder();
        for (; components.Length > 0; components = components[first..], first = OfOneApplication(index, components))
            byApplication.Add(index.Applications[index.ApplicationOf[components[0]]], Names(index, components[..first]));
        return byApplication.ToImmutable();
    }

    /// <summary>How many components at the beginning belong to one application; they stand in order of applications.</summary>
    private static int OfOneApplication(SiteIndex index, ReadOnlySpan<int> components)
    {
        var count = 0;
        while (count < components.Length && index.ApplicationOf[components[count]] == index.ApplicationOf[components[0]])
            count++;
        return count;
    }

    private static ImmutableArray<string> Names(SiteIndex index, ReadOnlySpan<int> components)
    {
        var names = new string[components.Length];
        for (var i = 0; i < names.Length; i++)
            names[i] = index[components[i]].Name;
        return ImmutableCollectionsMarshal.AsImmutableArray(names);
    }
}
