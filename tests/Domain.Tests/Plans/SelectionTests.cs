using System.Text;
using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Sites;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Tests.Plans;

/// <summary><c>--instance</c>: a plan of some applications' nodes.</summary>
public class SelectionTests
{
    // back on n1 and n2, front on n2 and n3, other alone on n4
    private const string Site = """
        applications:
          App[back]:
            C[data]: { node: n1, produces: [K[data]] }
            C[api]: { node: n2, consumes: [K[data]], produces: [K[api]] }
          App[front]:
            C[web]: { node: n3, consumes: [K[api]], produces: [K[web]] }
            C[cache]: { node: n2, produces: [K[cache]] }
          App[other]:
            C[lone]: { node: n4, consumes: [K[web]] }
        """;

    [Fact]
    public void The_nodes_of_the_application_keep_all_edges_between_them_and_what_runs_along_is_named()
    {
        var plan = Planning.Plan(Site, "App[front]");
        Assert.Equal([["n2"], ["n3"]], Planning.Groups(plan));
        Assert.Equal<string>(["App[back]", "App[front]"], plan.Applications);
        Assert.Equal(["App[back]", "App[front]"], plan.Groups[0].Nodes[0].Components.Keys);
        var along = Assert.Single(plan.Warnings, w => w.Kind == PlanWarningKinds.OtherComponentsRunAlong);
        Assert.Equal(["C[api]"], along.Components!);
        Assert.Equal(["n2"], along.Nodes!);
        var outside = Assert.Single(plan.Warnings, w => w.Kind == PlanWarningKinds.ProducerOutsideSelection);
        Assert.Equal(["n1"], outside.Nodes!);
        Assert.Equal(["C[data]"], outside.Components!);
        Assert.Contains("K[data] of C[data] on n1", outside.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Several_applications_are_one_selection()
    {
        var plan = Planning.Plan(Site, "App[front]", "App[other]", "App[front]");
        Assert.Equal([["n2"], ["n3"], ["n4"]], Planning.Groups(plan));
    }

    [Fact]
    public void A_selection_has_an_id_of_its_own() => Assert.NotEqual(Planning.Plan(Site).Id, Planning.Plan(Site, "App[front]").Id);

    [Fact]
    public void An_unknown_application_is_told_with_the_nearest_name()
    {
        var problems = Planning.Problems(Site, "App[fornt]", "App[nowhere]", "App[back]");
        Assert.All(problems, p => Assert.Equal(SiteProblemKinds.UnknownApplication, p.Kind));
        Assert.Equal(["the site has no application \"App[fornt]\"; did you mean App[front]?", "the site has no application \"App[nowhere]\""],
            problems.Select(p => p.Message));
    }

    [Theory]
    [InlineData("app", "App[back]")]
    [InlineData("Apq", "App")]
    public void A_type_that_no_application_has_is_told_with_what_was_meant(string instance, string meant) =>
        Assert.EndsWith($"; did you mean {meant}?", Assert.Single(Planning.Problems(Site, instance)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("App", "n1 n2 n3 n4")]
    [InlineData("App[*r*]", "n2 n3 n4")]
    [InlineData("App[back] App[o*]", "n1 n2 n4")]
    public void Applications_are_named_by_type_and_by_pattern_too(string instances, string nodes) =>
        Assert.Equal(nodes, Words(Planning.Plan(Site, instances.Split(' '))));

    [Theory]
    [InlineData("n3", "", "n3")]
    [InlineData("n2 n3", "", "n2 n3")]
    [InlineData("n?", "n4", "n1 n2 n3")]
    [InlineData("", "n3", "n1 n2")]
    [InlineData("", "n1", "")]
    [InlineData("", "n3 n4", "n1 n2")]
    public void Nodes_are_named_and_excluded_with_all_that_depends_on_them(string nodes, string exclude, string left) =>
        Assert.Equal(left, Words(Planning.Plan(Of(nodes, exclude))));

    [Fact]
    public void What_is_excluded_and_left_out_is_named()
    {
        var warning = Assert.Single(Planning.Plan(Of("", "n2")).Warnings, w => w.Kind == PlanWarningKinds.Excluded);
        Assert.Equal(
            "1 node is excluded: n2; 2 nodes that depend on it, directly or through others, are left out too: n3, n4", warning.Message);
        Assert.Equal(["n2", "n3", "n4"], warning.Nodes!);
        Assert.Contains(Planning.Plan(Of("n3", "")).Warnings, w => w.Kind == PlanWarningKinds.ProducerOutsideSelection);
    }

    [Fact]
    public void Dependents_of_an_excluded_node_are_left_out_also_where_it_is_in_another_application()
    {
        var plan = Planning.Plan(Planner.Plan(Reading, new PlanQuestion(["App[front]"]) { Exclude = ["n1"] }));
        Assert.Equal("", Words(plan));
        Assert.Contains(plan.Warnings, w => w.Kind == PlanWarningKinds.Excluded);
    }

    [Theory]
    [InlineData("n9", "the site has no node \"n9\"; did you mean n1?")]
    [InlineData("web*", "no node of the site matches \"web*\"")]
    public void A_node_that_is_not_there_is_told_with_the_nearest_name(string node, string told)
    {
        foreach (var result in new[] { Of(node, ""), Of("", node) })
        {
            var problem = Assert.Single(Planning.Problems(result));
            Assert.Equal((SiteProblemKinds.UnknownNode, told), (problem.Kind, problem.Message));
        }
    }

    private static SiteReading Reading => SiteReader.Read(Encoding.UTF8.GetBytes(Site), "site");

    private static PlanResult Of(string nodes, string exclude)
    {
        static ImmutableArray<string> Names(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        return Planner.Plan(Reading, new PlanQuestion([]) { Nodes = Names(nodes), Exclude = Names(exclude) });
    }

    private static string Words(Plan plan) => string.Join(' ', plan.Groups.SelectMany(g => g.Nodes).Select(n => n.Name.Value).Order(StringComparer.Ordinal));

    [Fact]
    public void What_is_wrong_outside_of_the_selection_is_no_problem_of_this_plan()
    {
        const string faults = Site + """

                C[lost]: { node: n5, consumes: [K[lost]] }
                C[nowhere]: {}
                C[self]: { node: n5, consumes: [K[self]], produces: [K[self]] }
                C[p]: { node: n6, produces: [K[p]] }
                C[q]: { node: n7, produces: [K[q]], consumes: [K[p]] }
                C[r]: { node: n6, consumes: [K[q]] }
            """;
        Assert.Equal([["n2"], ["n3"]], Planning.Groups(Planning.Plan(faults, "App[front]")));
        Assert.Equal(
            [SiteProblemKinds.MissingProducer, SiteProblemKinds.ComponentWithoutNode, SiteProblemKinds.ComponentCycle, SiteProblemKinds.NodeCycle],
            Planning.Problems(faults, "App[other]").Select(p => p.Kind));
    }

    [Fact]
    public void A_node_cycle_that_leaves_the_selection_is_broken_by_it_but_a_component_cycle_is_not()
    {
        Assert.Equal([["n1"]], Planning.Groups(Planning.Plan("""
            applications:
              App[in]:
                C[a]: { node: n1, produces: [K[a]] }
              App[out]:
                C[b]: { node: n2, consumes: [K[a]], produces: [K[b]] }
                C[c]: { node: n3, consumes: [K[b]], produces: [K[c]] }
              App[along]:
                C[d]: { node: n1, consumes: [K[c]] }
            """, "App[in]")));
        Assert.Equal(SiteProblemKinds.ComponentCycle, Assert.Single(Planning.Problems("""
            applications:
              App[in]:
                C[a]: { node: n1, consumes: [K[b]], produces: [K[a]] }
              App[out]:
                C[b]: { node: n2, consumes: [K[a]], produces: [K[b]] }
            """, "App[in]")).Kind);
    }
}
