using Orchestrator.Domain.Plans;
using Orchestrator.Messages.Plans;
using static Orchestrator.Puppet.Tests.Databases.Recorded;

namespace Orchestrator.Puppet.Tests.Databases;

public sealed class CycleTests
{
    [Fact]
    public async Task The_recorded_state_has_a_cycle_of_host_keys_unless_they_are_ignored()
    {
        var problem = Assert.Single(await ProblemsAsync("{ignore: [], environments: staging}"));
        Assert.Equal(SiteProblemKinds.ComponentCycle, problem.Kind);
        Assert.Equal(
            "circular dependency between components: Node[web1.example.net] comes after Node[db1.example.net] because of "
            + "File[/srv/lab/out/dbhost-db1.example.net], Node[db1.example.net] comes after Node[web1.example.net] because of "
            + "Sshkey[web1.example.net]; 14 more components are part of this cycle; it comes from Sshkey (16 resources), Lab::Check (15 resources), "
            + "File (4 resources), Lab::Dbaccess (4 resources), Notify (3 resources), Lab::Member (2 resources), Concat::Fragment (1 resource), "
            + "and is gone without Sshkey: in the mapping file add a type to 'ignore' if it means no order, or to 'reverse' if it means "
            + "the opposite order, or remove an edge under 'edges'",
            problem.Message);
        Assert.Empty(await ProblemsAsync("{ignore: [sshkey], environments: staging}"));
    }

    [Fact]
    public async Task A_cycle_over_components_that_share_nodes_says_the_types_too()
    {
        const string yaml = """
            ignore: []
            applications:
              Shop:
                A: {types: Lab::A}
                B: {types: Lab::B}
            """;
        var reading = await DeriveAsync(
            [
                Resource("n1", "Lab::A", "a", true), Resource("n2", "Lab::A", "a", false),
                Resource("n2", "Lab::B", "b", true), Resource("n1", "Lab::B", "b", false),
            ],
            [Node("n1"), Node("n2")], yaml);
        var problem = Assert.Single(Assert.IsType<PlanResult.Refused>(Planner.Plan(reading, PlanQuestion.Everything)).Problems);
        Assert.Equal(SiteProblemKinds.NodeCycle, problem.Kind);
        Assert.EndsWith(
            "; it comes from Lab::A (1 resource), Lab::B (1 resource), and is gone without Lab::A or Lab::B: in the mapping file add a type to 'ignore' if it "
            + "means no order, or to 'reverse' if it means the opposite order, or remove an edge under 'edges'",
            problem.Message, StringComparison.Ordinal);
    }

    private static async Task<IReadOnlyList<SiteProblem>> ProblemsAsync(string yaml) =>
        Planner.Plan(await DeriveAsync(Resources, Nodes, yaml), PlanQuestion.Everything) is PlanResult.Refused(var problems) ? problems : [];
}
