using Orchestrator.Domain.Sites;

namespace Orchestrator.Domain.Plans;

/// <summary>
/// A site with nodes, applications and components numbered in ordinal order of their names (components by application, then by
/// name), so that whatever is listed in ascending order is in the plan's order, however the document was ordered.
/// </summary>
internal sealed class SiteIndex
{
    private readonly int[] _components;             // a component's place in the site, by our number

    public SiteIndex(Site site)
    {
        Site = site;
        (Nodes, var nodeRanks) = Rank([.. site.Nodes]);
        (Applications, var applicationRanks) = Rank([.. site.Applications]);
        _components = Order(site, applicationRanks);
        NodeOf = new int[_components.Length];
        ApplicationOf = new int[_components.Length];
        for (var i = 0; i < _components.Length; i++)
        {
            ref readonly var component = ref this[i];
            NodeOf[i] = component.Node == SiteComponent.Nowhere ? SiteComponent.Nowhere : nodeRanks[component.Node];
            ApplicationOf[i] = applicationRanks[component.Application];
        }

        ComponentsOn = Graph.Group(Nodes.Length, NodeOf);
        ProducersOf = UsersOf(isProducer: true);
    }

    public Site Site { get; }

    public int ComponentCount => _components.Length;

    public string[] Nodes { get; }

    public string[] Applications { get; }

    /// <summary>The node of each component, or <see cref="SiteComponent.Nowhere"/>.</summary>
    public int[] NodeOf { get; }

    public int[] ApplicationOf { get; }

    public Graph ComponentsOn { get; }

    /// <summary>The components that produce each capability. Capabilities have their numbers in the site, which mean no order.</summary>
    public Graph ProducersOf { get; }

    public ref readonly SiteComponent this[int component] => ref Site.Components.ItemRef(_components[component]);

    public string Capability(int capability) => Site.Capabilities[capability];

    /// <summary>Where the component lives, for people.</summary>
    public string WhereIs(int component) => NodeOf[component] < 0 ? "without a node" : $"on {Nodes[NodeOf[component]]}";

    public ReadOnlySpan<int> Produces(int component) => Site.Produces(this[component]);

    public ReadOnlySpan<int> Consumes(int component) => Site.Consumes(this[component]);

    /// <summary>The components that produce, or consume, each capability, ascending.</summary>
    public Graph UsersOf(bool isProducer)
    {
        var starts = new int[Site.Capabilities.Length + 1];
        for (var component = 0; component < ComponentCount; component++)
        {
            foreach (var capability in isProducer ? Produces(component) : Consumes(component))
                starts[capability + 1]++;
        }

        var next = Graph.Accumulate(starts);
        var users = new int[starts[^1]];
        for (var component = 0; component < ComponentCount; component++)
        {
            foreach (var capability in isProducer ? Produces(component) : Consumes(component))
                users[next[capability]++] = component;
        }

        return new Graph(starts, users);
    }

    /// <summary>Some capabilities in ordinal order of name.</summary>
    public int[] InOrder(ReadOnlySpan<int> capabilities)
    {
        var ordered = capabilities.ToArray();
        Array.Sort(ordered, (a, b) => string.CompareOrdinal(Capability(a), Capability(b)));
        return ordered;
    }

    /// <summary>The names in ordinal order, and the place there of each name's old number.</summary>
    private static (string[] Names, int[] Ranks) Rank(string[] names)
    {
        var old = Numbers(names.Length);
        SortByName(names, old);
        var ranks = new int[names.Length];
        for (var rank = 0; rank < old.Length; rank++)
            ranks[old[rank]] = rank;
        return (names, ranks);
    }

    private static int[] Order(Site site, int[] applicationRanks)
    {
        var applications = new int[site.Components.Length];
        for (var i = 0; i < applications.Length; i++)
            applications[i] = applicationRanks[site.Components.ItemRef(i).Application];
        var byApplication = Graph.Group(applicationRanks.Length, applications);
        var order = new int[applications.Length];
        var at = 0;
        for (var application = 0; application < byApplication.Count; application++)
        {
            var members = byApplication[application];
            var names = new string[members.Length];
            for (var i = 0; i < members.Length; i++)
                names[i] = site.Components.ItemRef(members[i]).Name;
            var part = order.AsSpan(at, members.Length);
            members.CopyTo(part);
            SortByName(names, part);
            at += members.Length;
        }

        return order;
    }

    /// <summary>Documents are often in order already, and looking is far cheaper than sorting.</summary>
    private static void SortByName(Span<string> names, Span<int> numbers)
    {
        for (var i = 1; i < names.Length; i++)
        {
            if (string.CompareOrdinal(names[i - 1], names[i]) > 0)
            {
                names.Sort(numbers, StringComparer.Ordinal);
                return;
            }
        }
    }

    private static int[] Numbers(int count)
    {
        var numbers = new int[count];
        for (var i = 0; i < count; i++)
            numbers[i] = i;
        return numbers;
    }
}
