using System.Text;
using CsCheck;
using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Sites;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Tests.Plans;

/// <summary>What makes a node come after others.</summary>
public sealed class PlanEdgesTests
{
    [Fact]
    public void An_edge_names_what_the_later_node_consumes_of_the_earlier_one()
    {
        var edges = Edges("""
            applications:
              Lamp[app1]:
                Db[a]: { node: db, produces: [Sql[a], Cache[a]] }
                Web[a]: { node: web, consumes: [Sql[a], Cache[a]] }
                Lb[a]: { node: lb, consumes: [Http[a]] }
                Http[b]: { node: web, produces: [Http[a]] }
            """);

        Assert.Equal(["web after db: Cache[a], Sql[a] (2)", "lb after web: Http[a] (1)"], edges.Order(StringComparer.Ordinal).Reverse());
    }

    [Fact]
    public void What_a_node_produces_for_itself_is_no_edge()
    {
        Assert.Empty(Edges("""
            applications:
              Lamp[app1]:
                Db[a]: { node: one, produces: [Sql[a]] }
                Web[a]: { node: one, consumes: [Sql[a]] }
            """));
    }

    [Fact]
    public void Many_capabilities_are_counted_and_the_first_ten_named()
    {
        var names = string.Join(", ", Enumerable.Range(10, 15).Select(i => $"Sql[{i}]"));

        var edge = Assert.Single(Edges($$"""
            applications:
              Lamp[app1]:
                Db[a]: { node: db, produces: [{{names}}] }
                Web[a]: { node: web, consumes: [{{names}}] }
            """));

        Assert.Equal($"web after db: {string.Join(", ", Enumerable.Range(10, 10).Select(i => $"Sql[{i}]"))} (15)", edge);
    }

    [Fact]
    public void The_edges_of_a_plan_are_the_pairs_that_its_nodes_wait_for() =>
        Gen.Int[0, 5].Array[6].Array[1, 12].Sample(components =>
        {
            var text = new StringBuilder("applications:\n  App[a]:\n");
            for (var i = 0; i < components.Length; i++)
            {
                var c = components[i];
                // A component consumes only what earlier ones produce, so that there is no circle of components; nodes may have some.
                text.Append($"    C[{i}]: {{ node: n{c[0]}, produces: [P[{i}]]");
                if (i > 0)
                    text.Append($", consumes: [P[{c[1] % i}], P[{c[2] % i}]]");
                text.Append(" }\n");
            }
            var reading = SiteReader.Read(Encoding.UTF8.GetBytes(text.ToString()), "site.yaml");
            if (Planner.Plan(reading, new PlanQuestion([], null)) is not PlanResult.Planned { Plan: var plan })
                return;

            var edges = PlanEdges.Of(reading.Site!, plan);

            Assert.Equal(
                plan.Groups.SelectMany(g => g.Nodes).SelectMany(n => n.After, (n, before) => $"{n.Name} after {before}").Order(StringComparer.Ordinal),
                edges.Select(e => $"{e.Node} after {e.Before}").Order(StringComparer.Ordinal));
        });

    [Fact]
    public void Edges_are_written_with_a_plan_and_are_no_part_of_its_id()
    {
        var plan = PlanJson.Seal("production", [], [], []);
        var with = plan with { Edges = [new PlanEdge(new("db"), new("web"), ["Sql[a]"], 1)] };

        Assert.Equal(PlanJson.IdOf(plan), PlanJson.IdOf(with));
        Assert.EndsWith(
            ""","warnings":[],"edges":[{"before":"db","node":"web","capabilities":["Sql[a]"],"count":1}]}""", Encoding.UTF8.GetString(PlanJson.Write(with)),
            StringComparison.Ordinal);
        Assert.Equal(["Sql[a]"], PlanJson.Read(PlanJson.Write(with)).Edges!.Value.Single().Capabilities.ToArray());
    }

    private static IEnumerable<string> Edges(string yaml)
    {
        var reading = SiteReader.Read(Encoding.UTF8.GetBytes(yaml), "site.yaml");
        var plan = Assert.IsType<PlanResult.Planned>(Planner.Plan(reading, new PlanQuestion([], null))).Plan;
        return PlanEdges.Of(reading.Site!, plan).Select(e => $"{e.Node} after {e.Before}: {string.Join(", ", e.Capabilities)} ({e.Count})");
    }
}
