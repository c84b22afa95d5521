using System.Collections.Immutable;
using Orchestrator.Domain.Sites;
using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Plans;

/// <summary>
/// Makes the plan of a site: which nodes run in which group. Node A comes before node B when a component on B consumes what a
/// component on A produces; a component waits for all producers of what it consumes. Pure and linear in the site.
/// </summary>
public static class Planner
{
    /// <summary>So many components without a node or a producer are told one by one, the rest as a number.</summary>
    private const int MostProblems = 10_000;

    /// <summary>
    /// Plans what was read. A document with malformed parts gives no plan, but what else is wrong with the rest of it is told at once:
    /// all but missing producers, because those may stand in what could not be read.
    /// </summary>
    public static PlanResult Plan(SiteReading reading, PlanQuestion question)
    {
        ArgumentNullException.ThrowIfNull(reading);
        if (reading.Problems.IsEmpty)
        {
            return Plan(reading.Site!, question);
        }

        return new PlanResult.Refused(reading.Site is not null && Plan(reading.Site, question) is PlanResult.Refused more
            ? [.. reading.Problems, .. more.Problems]
            : reading.Problems);
    }

    /// <summary>Plans a site.</summary>
    public static PlanResult Plan(Site site, PlanQuestion question)
    {
        ArgumentNullException.ThrowIfNull(site);
        ArgumentNullException.ThrowIfNull(question);
        var problems = new List<SiteProblem>();
        if (question.Environment is { } asked && site.Environment is { } own && asked != own)
        {
            problems.Add(new SiteProblem(
                SiteProblemKinds.MalformedSite,
                $"the site belongs to the environment {Sentences.Quote(own)}, but {Sentences.Quote(asked)} was asked for; ask for the site's own or leave it out",
                [], [], []));
        }

        var index = new SiteIndex(site);
        var selection = new Selection(index, question.Instances, problems);
        problems.AddRange(NodeNames.Problems(index));
        AddProblemsOfComponents(index, selection, problems);
        var componentCycles = new ComponentCycles(index);
        problems.AddRange(componentCycles.Problems(selection));
        var order = NodeOrder.Of(index, selection, problems);
        if (order is { HasCycle: true })
        {
            problems.AddRange(new NodeCycles(index, order, componentCycles).Problems());
        }

        return problems.Count > 0 || order is null
            ? new PlanResult.Refused([.. problems])
            : new PlanResult.Planned(PlanJson.Seal(
                site.Environment ?? question.Environment ?? PlanQuestion.DefaultEnvironment,
                ApplicationsOf(index, selection),
                Groups(index, order),
                [.. site.Warnings, .. WarningsAboutSize(index), .. NodeNames.Warnings(index, selection), .. selection.Warnings(), .. order.Warnings()]));
    }

    /// <summary>
    /// What keeps a plan from being run although it can be shown: nodes whose name cannot be used on the wire are a
    /// warning of <c>plan</c> and a problem of <c>run</c>.
    /// </summary>
    public static ImmutableArray<SiteProblem> ProblemsOfRun(Plan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return
        [
            .. plan.Warnings.Where(w => w.Kind == PlanWarningKinds.UnusableName)
                .Select(w => new SiteProblem(SiteProblemKinds.UnusableName, w.Message, w.Nodes ?? [], [], [])),
        ];
    }

    private static void AddProblemsOfComponents(SiteIndex index, Selection selection, List<SiteProblem> problems)
    {
        var suggestions = new Suggestions(() => Enumerable.Range(0, index.Site.Capabilities.Length).Where(c => index.ProducersOf[c].Length > 0).Select(index.Capability));
        var found = 0;
        for (var component = 0; component < index.ComponentCount; component++)
        {
            if (!selection.HasComponent(component))
            {
                continue;
            }

            if (index.NodeOf[component] < 0 && ++found <= MostProblems)
            {
                problems.Add(WithoutNode(index, component));
            }

            if (LacksProducer(index, component))
            {
                foreach (var capability in index.InOrder(index[component].Consumes.Where(c => index.ProducersOf[c].IsEmpty)).Select(index.Capability))
                {
                    if (++found <= MostProblems)
                    {
                        problems.Add(MissingProducer(index, component, capability, suggestions.For(capability)));
                    }
                }
            }
        }

        if (found > MostProblems)
        {
            problems.Add(new SiteProblem(
                SiteProblemKinds.MalformedSite, $"the site has {Sentences.Count(found - MostProblems, "more component")} without a node or a producer; correct these first", [], [], []));
        }
    }

    private static bool LacksProducer(SiteIndex index, int component)
    {
        if (!index.Site.LacksComponents)
        {
            foreach (var capability in index[component].Consumes)
            {
                if (index.ProducersOf[capability].IsEmpty)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static SiteProblem WithoutNode(SiteIndex index, int component) => new(
        SiteProblemKinds.ComponentWithoutNode,
        $"the component {index[component].Name} of {index.Applications[index.ApplicationOf[component]]} has no node; name the node on which it lives",
        [],
        [index[component].Name],
        []);

    private static SiteProblem MissingProducer(SiteIndex index, int component, string capability, string suggestion) => new(
        SiteProblemKinds.MissingProducer,
        $"{index[component].Name} of {index.Applications[index.ApplicationOf[component]]} {index.WhereIs(component)} consumes {capability}, which no component produces{suggestion}",
        index.NodeOf[component] < 0 ? [] : [index.Nodes[index.NodeOf[component]]],
        [index[component].Name],
        [capability]);

    private static IEnumerable<PlanWarning> WarningsAboutSize(SiteIndex index)
    {
        if (index.ComponentCount == 0)
        {
            yield return new PlanWarning(
                PlanWarningKinds.EmptySite,
                "the site has no components, so there is nothing to do; usual causes: the application is declared outside of site { }, the manifest of the environment is another one, or app_management is off on Puppet 4");
            yield break;
        }

        var isUsed = new bool[index.Applications.Length];
        foreach (var application in index.ApplicationOf)
        {
            isUsed[application] = true;
        }

        List<string> empty = [.. index.Applications.Where((_, a) => !isUsed[a])];
        if (empty.Count > 0)
        {
            yield return new PlanWarning(PlanWarningKinds.EmptyApplication, $"without any component, and so without a place in the plan: {Sentences.Some(empty, 10)}");
        }
    }

    private static ImmutableArray<string> ApplicationsOf(SiteIndex index, Selection selection)
    {
        var isThere = new bool[index.Applications.Length];
        for (var component = 0; component < index.ComponentCount; component++)
        {
            isThere[index.ApplicationOf[component]] |= selection.HasNode(index.NodeOf[component]);
        }

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
            {
                nodes.Add(Node(index, order, node));
            }

            groups.Add(new PlanGroup(group + 1, nodes.MoveToImmutable()));
        }

        return groups.MoveToImmutable();
    }

    private static PlannedNode Node(SiteIndex index, NodeOrder order, int node)
    {
        var after = ImmutableArray.CreateBuilder<NodeName>(order.After[node].Length);
        foreach (var producer in order.After[node])
        {
            after.Add(new NodeName(index.Nodes[producer]));
        }

        var name = index.Nodes[node];
        var details = index.Site.Details.GetValueOrDefault(name);
        return new PlannedNode(
            new NodeName(name),
            ComponentsOn(index, node),
            after.MoveToImmutable(),
            details?.Identity is { } identity && identity != name ? new NodeName(identity) : null,
            details?.Labels);
    }

    private static ImmutableSortedDictionary<string, ImmutableArray<string>> ComponentsOn(SiteIndex index, int node)
    {
        var components = index.ComponentsOn[node];
        var byApplication = ImmutableSortedDictionary.CreateBuilder<string, ImmutableArray<string>>(StringComparer.Ordinal);
        for (var from = 0; from < components.Length;)
        {
            var application = index.ApplicationOf[components[from]];
            var to = from + 1;
            while (to < components.Length && index.ApplicationOf[components[to]] == application)
            {
                to++;
            }

            var names = ImmutableArray.CreateBuilder<string>(to - from);
            foreach (var component in components[from..to])
            {
                names.Add(index[component].Name);
            }

            byApplication.Add(index.Applications[application], names.MoveToImmutable());
            from = to;
        }

        return byApplication.ToImmutable();
    }
}
