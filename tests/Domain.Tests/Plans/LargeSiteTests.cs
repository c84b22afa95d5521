using System.Globalization;
using System.Text;
using Orchestrator.Domain.Plans;
using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Tests.Plans;

/// <summary>Size and depth are no obstacle, and a small document cannot ask for an endless plan.</summary>
public class LargeSiteTests
{
    private const int Length = 100_000;

    [Fact]
    public void A_chain_of_100_000_nodes_has_as_many_groups()
    {
        var plan = Planning.Plan(Planning.Of(Chain(i => i == 0 ? null : i - 1)));
        Assert.Equal(Length, plan.Groups.Length);
        Assert.All(plan.Groups, g => Assert.Single(g.Nodes));
        Assert.Equal("n099999", plan.Groups[^1].Nodes[0].Name.Value);
        Assert.Equal(plan.Id, PlanJson.Read(PlanJson.Write(plan)).Id);
    }

    [Fact]
    public void Each_node_of_a_chain_of_100_000_skips_all_that_follow()
    {
        var impact = Impact.Of(Planning.Plan(Planning.Of(Chain(i => i == 0 ? null : i - 1))), new FleetName("default"), null, new RunTimes());
        Assert.Equal(Enumerable.Range(0, Length).Reverse(), impact.Nodes.Select(n => n.Skips));
    }

    [Fact]
    public void Where_each_of_1_900_nodes_waits_for_each_of_2_000_each_of_these_skips_them_all()
    {
        var site = new StringBuilder("{\"applications\":{\"A[x]\":{");
        for (var i = 0; i < 2_000; i++)
            site.Append(CultureInfo.InvariantCulture, $"\"P[{i}]\":{{\"node\":\"p{i}\",\"produces\":[\"K[a]\"]}},");
        for (var i = 0; i < 1_900; i++)
            site.Append(CultureInfo.InvariantCulture, $"{(i == 0 ? "" : ",")}\"C[{i}]\":{{\"node\":\"c{i}\",\"consumes\":[\"K[a]\"]}}");
        var impact = Impact.Of(Planning.Plan(site.Append("}}}").ToString()), new FleetName("default"), null, new RunTimes());
        Assert.All(impact.Nodes, n => Assert.Equal(n.Group == 1 ? 1_900 : 0, n.Skips));
    }

    [Fact]
    public void A_ring_of_100_000_components_is_one_problem_with_a_short_message()
    {
        var problem = Assert.Single(Planning.Problems(Planning.Of(Chain(i => (i + Length - 1) % Length))));
        Assert.Equal(SiteProblemKinds.ComponentCycle, problem.Kind);
        Assert.Equal(Length, problem.Components.Count);
        Assert.Equal(Length, problem.Nodes.Count);
        Assert.Contains("and 99,990 more", problem.Message, StringComparison.Ordinal);
        Assert.True(problem.Message.Length < 2000);
    }

    [Fact]
    public void A_ring_of_50_000_nodes_is_one_problem_with_a_short_message()
    {
        const int nodes = Length / 2;
        var site = new StringBuilder("{\"applications\":{\"A[x]\":{");
        for (var i = 0; i < nodes; i++)
        {
            site.Append(CultureInfo.InvariantCulture,
                $"{(i == 0 ? "" : ",")}\"P[{i}]\":{{\"node\":\"n{i}\",\"produces\":[\"K[{i}]\"]}},\"C[{i}]\":{{\"node\":\"n{(i +
                    1) % nodes}\",\"consumes\":[\"K[{i}]\"]}}");
        }

        var problem = Assert.Single(Planning.Problems(site.Append("}}}").ToString()));
        Assert.Equal(SiteProblemKinds.NodeCycle, problem.Kind);
        Assert.Equal(nodes, problem.Nodes.Count);
        Assert.Equal(Length, problem.Components.Count);
        Assert.True(problem.Message.Length < 4000);
    }

    [Fact]
    public void Many_small_cycles_are_as_many_problems()
    {
        var problems = Planning.Problems(Planning.Of(Chain(i => i ^ 1)));
        Assert.Equal(Length / 2, problems.Count);
        Assert.All(problems, p => Assert.Equal(2, p.Components.Count));
    }

    [Fact]
    public void More_pairs_of_waiting_nodes_than_fit_a_plan_are_refused()
    {
        var producers = string.Join(",", Enumerable.Range(0, 4000)
            .Select(i => $"\"P[{i}]\":{{\"node\":\"p{i}\",\"produces\":[\"K[x]\"]}},\"C[{i}]\":{{\"node\":\"c{i}\",\"consumes\":[\"K[x]\"]}}"));
        var problem = Assert.Single(Planning.Problems("{\"applications\":{\"A[x]\":{" + producers + "}}}"));
        Assert.Equal(SiteProblemKinds.MalformedSite, problem.Kind);
        Assert.Contains("more than 4,000,000 dependencies", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_producers_without_end_are_told_as_a_number()
    {
        var problems = Planning.Problems(Planning.Of(Chain(i => i + Length)));
        Assert.Equal(10_001, problems.Count);
        Assert.Contains("90,000 more", problems[^1].Message, StringComparison.Ordinal);
    }

    /// <summary>One component a node; the i-th consumes what another one produces.</summary>
    private static byte[] Chain(Func<int, int?> consumed)
    {
        var site = new StringBuilder("{\"applications\":{\"A[x]\":{");
        for (var i = 0; i < Length; i++)
        {
            site.Append(CultureInfo.InvariantCulture,
                $"{(i == 0
                    ? ""
                    : ",")}\"C[{i:D6}]\":{{\"node\":\"n{i:D6}\",\"produces\":[\"K[{i}]\"],\"consumes\":[{(consumed(i) is { } c ? $"\"K[{c}]\"" : "")}]}}");
        }

        return Encoding.UTF8.GetBytes(site.Append("}}}").ToString());
    }
}
