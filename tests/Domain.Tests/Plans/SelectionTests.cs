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
    [InlineData("App", "App[back]")]
    [InlineData("app", "App[back]")]
    public void An_application_without_its_title_is_told_with_the_first_that_has_one(string instance, string meant) =>
        Assert.EndsWith($"; did you mean {meant}?", Assert.Single(Planning.Problems(Site, instance)).Message, StringComparison.Ordinal);

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
