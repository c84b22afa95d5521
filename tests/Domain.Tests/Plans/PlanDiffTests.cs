using CsCheck;
using Orchestrator.Domain.Plans;
using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Tests.Plans;

/// <summary>A difference is all that it takes to make one plan of the other, and no more.</summary>
public class PlanDiffTests
{
    private static readonly Plan Lamp = Planning.Plan(
        """
        environment: production
        applications:
          Lamp[app1]:
            Lamp::Mysql[app1]:    { node: dev1, produces: [Sql[app1]] }
            Lamp::Webapp[app1-1]: { node: dev2, consumes: [Sql[app1]] }
        nodes:
          dev2: { labels: { rack: a } }
        """);

    private static readonly Gen<Plan> AnyPlan = Gen.Select(RandomSite.Plannable, Gen.Int[0, 1], Gen.Int[0, 3], (site, environment, details) =>
    {
        var plan = Planning.Plan(Planning.Of(site.ToYaml()));
        return PlanJson.Seal(environment == 0 ? "production" : "staging", plan.Applications,
            [.. plan.Groups.Select(g =>
                g with { Nodes = [.. g.Nodes.Select((n, i) => (i + details) % 3 == 0
                    ? n with { Identity = new NodeName($"id{details}-{i}"), Labels = Labels(details) } : n)] })], []);
    });

    [Fact]
    public void The_difference_applied_to_one_plan_gives_the_other() => Check.Sample(Gen.Select(AnyPlan, AnyPlan), (from, to) =>
    {
        var difference = PlanDiff.Between(from, to);
        var made = Applied(from, difference);
        Assert.Equal(to.Id, made.Id);
        Assert.Equal(to.Id == from.Id, difference.Same);
        Assert.Equal((Edges(to).Except(Edges(from)).Count(), Edges(from).Except(Edges(to)).Count()), (difference.EdgesAdded, difference.EdgesRemoved));
    });

    [Fact]
    public void What_is_changed_is_in_both_and_nothing_that_is_the_same_is_told() => Check.Sample(Gen.Select(AnyPlan, AnyPlan), (from, to) =>
    {
        var difference = PlanDiff.Between(from, to);
        var (before, after) = (Nodes(from), Nodes(to));
        Assert.Equal(after.Keys.Except(before.Keys).Order(), difference.Added.Select(n => n.Node.Name).Order());
        Assert.Equal(before.Keys.Except(after.Keys).Order(), difference.Removed.Select(n => n.Node.Name).Order());
        Assert.Equal(
            before.Keys.Intersect(after.Keys).Where(n => Text(before[n]) != Text(after[n])).Order(),
            difference.Changed.Select(n => n.Name).Order());
    });

    [Fact]
    public void A_plan_does_not_differ_from_itself() => Check.Sample(AnyPlan, plan =>
    {
        var difference = PlanDiff.Between(plan, PlanJson.Read(PlanJson.Write(plan)));
        Assert.True(difference.Same);
        Assert.Empty(difference.Changed);
        Assert.Equal((0, 0, 0, 0), (difference.Added.Length, difference.Removed.Length, difference.EdgesAdded, difference.EdgesRemoved));
    });

    [Fact]
    public void Each_part_of_a_node_is_told_by_itself()
    {
        var other = Planning.Plan(
            """
            environment: staging
            applications:
              Lamp[app1]:
                Lamp::Mysql[app1]:    { node: dev0, produces: [Sql[app1]] }
                Lamp::Cache[app1]:    { node: dev1, consumes: [Sql[app1]], produces: [Cache[app1]] }
                Lamp::Webapp[app1-1]: { node: dev2, consumes: [Cache[app1]] }
            nodes:
              dev2: { labels: { rack: b }, identity: web2 }
            """);

        var difference = PlanDiff.Between(Lamp, other, new DeploymentId("k7m2p9xa"));

        Assert.Equal((new TextChange("production", "staging"), new NumberChange(2, 3), new NumberChange(2, 3)),
            (difference.Environment, difference.Groups, difference.Nodes));
        Assert.Equal("dev0", Assert.Single(difference.Added).Node.Name.Value);
        Assert.Equal((1, 0), (difference.EdgesAdded, difference.EdgesRemoved));
        Assert.Equal(["dev1", "dev2"], difference.Changed.Select(n => n.Name.Value));
        var (one, two) = (difference.Changed[0], difference.Changed[1]);
        Assert.Equal(new NumberChange(1, 2), one.Group);
        Assert.Equal("Lamp::Cache[app1]", Assert.Single(one.ComponentsAdded!["Lamp[app1]"]));
        Assert.Equal("Lamp::Mysql[app1]", Assert.Single(one.ComponentsRemoved!["Lamp[app1]"]));
        Assert.Equal(["dev0"], one.AfterAdded!.Value.Select(n => n.Value));
        Assert.Equal((new NumberChange(2, 3), null, new TextChange(null, "web2"), "a", "b"),
            (two.Group, two.ComponentsAdded, two.Identity, two.Labels!.From!["rack"], two.Labels.To!["rack"]));
    }

    private static Plan Applied(Plan plan, PlanDifference difference)
    {
        var nodes = Nodes(plan);
        foreach (var removed in difference.Removed)
            nodes.Remove(removed.Node.Name);
        foreach (var added in difference.Added)
            nodes.Add(added.Node.Name, added);
        foreach (var change in difference.Changed)
        {
            var (group, node) = nodes[change.Name];
            nodes[change.Name] = new PlacedNode(change.Group?.To ?? group, node with
            {
                Components = Pairs(node.Components).Except(Pairs(change.ComponentsRemoved)).Concat(Pairs(change.ComponentsAdded)).Order()
                    .GroupBy(p => p.Application).ToImmutableSortedDictionary(
                        g => g.Key, g => g.Select(p => p.Component).Order(StringComparer.Ordinal).ToImmutableArray(), StringComparer.Ordinal),
                After = [.. node.After.Except(change.AfterRemoved ?? []).Concat(change.AfterAdded ?? []).Order()],
                Identity = change.Identity is { } identity ? identity.To is { } to ? new NodeName(to) : null : node.Identity,
                Labels = change.Labels is { } labels ? labels.To : node.Labels,
            });
        }
        return PlanJson.Seal(
            difference.Environment?.To ?? plan.Environment,
            [.. plan.Applications.Except(difference.ApplicationsRemoved).Concat(difference.ApplicationsAdded).Order(StringComparer.Ordinal)],
            [.. nodes.Values.GroupBy(n => n.Group).OrderBy(g => g.Key).Select(g => new PlanGroup(g.Key, [.. g.Select(n => n.Node).OrderBy(n => n.Name)]))],
            []);
    }

    private static ImmutableSortedDictionary<string, string>? Labels(int number) => number switch
    {
        0 => null,
        1 => ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal),
        _ => ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal).Add("rack", $"r{number}").Add("room", "1"),
    };

    private static Dictionary<NodeName, PlacedNode> Nodes(Plan plan) =>
        plan.Groups.SelectMany(g => g.Nodes, (g, n) => new PlacedNode(g.Number, n)).ToDictionary(n => n.Node.Name);

    private static IEnumerable<(NodeName, NodeName)> Edges(Plan plan) => plan.Groups.SelectMany(g => g.Nodes).SelectMany(n => n.After, (n, a) => (n.Name, a));

    private static IEnumerable<(string Application, string Component)> Pairs(ImmutableSortedDictionary<string, ImmutableArray<string>>? components) =>
        components is null ? [] : components.SelectMany(a => a.Value, (a, c) => (a.Key, c));

    private static string Text(PlacedNode node) =>
        System.Text.Encoding.UTF8.GetString(PlanJson.Write(PlanJson.Seal("x", [], [new PlanGroup(node.Group, [node.Node])], [])));
}
