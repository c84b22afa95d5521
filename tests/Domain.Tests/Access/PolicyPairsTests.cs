using Orchestrator.Domain.Access;
using Orchestrator.Domain.Tests.Plans;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Tests.Access;

public sealed class PolicyPairsTests
{
    private const string Site = """
        environment: staging
        applications:
          Lamp[app1]:
            Web[w1]: { node: web1.example.net }
            Db[d1]: { node: db1.example.net }
          Shop[s]:
            Web[w2]: { node: web1.example.net }
        nodes:
          db1.example.net: { identity: vault1.example.net }
        """;

    [Fact]
    public void Every_application_of_every_node_is_asked_about_by_both_names_of_the_node() => Assert.Equal(
        ["Lamp[app1] db1.example.net", "Lamp[app1] vault1.example.net", "Lamp[app1] web1.example.net", "Shop[s] web1.example.net"],
        PolicyPairs.Of(Planning.Plan(Site)).Select(p => $"{p.Application} {p.Node}").Order(StringComparer.Ordinal));

    [Fact]
    public void A_node_cannot_be_had_under_another_name()
    {
        var policy = Policy.Read("deny alice run * * vault*\nallow alice run * * *", "policy");

        Assert.Equal(
            "alice may not use run in environment staging on node vault1.example.net of application Lamp[app1]: denied by policy:1",
            policy.Decide("alice", AccessVerb.Run, false, "staging", () => PolicyPairs.Of(Planning.Plan(Site))).Sentence);
    }

    [Fact]
    public void A_node_that_carries_nothing_is_asked_about_all_the_same()
    {
        var plan = Planning.Plan(Site);
        var node = plan.Groups[0].Nodes[0];
        plan = plan with { Groups = [new PlanGroup(1, [node with { Components = node.Components.Clear(), Identity = null }])] };

        Assert.Equal([("", new NodeName("db1.example.net"))], PolicyPairs.Of(plan));
    }
}
