using CsCheck;
using Orchestrator.Domain.Plans;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Tests.Plans;

/// <summary>What a node's failure would skip and how long a plan should take, against the shortest reference that can be written.</summary>
public class ImpactTests
{
    private static readonly FleetName Fleet = new("default");
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Any order of up to 400 nodes; groups follow from the edges, which lead from lower numbers to higher ones.</summary>
    private static readonly Gen<Plan> AnyPlan =
        Gen.Select(Gen.Int[0, 400], Gen.Int[0, 3], Gen.Int[1, 400], Gen.Int[0, int.MaxValue]).Select((nodes, edges, reach, seed) =>
    {
        var random = new Random(seed);
        return PlanOf(nodes, n => [.. Enumerable.Range(0, random.Next(edges + 1)).Select(_ => n - 1 - random.Next(reach)).Where(p => p >= 0).Distinct()]);
    });

    [Fact]
    public void A_node_skips_whatever_a_search_from_it_finds() => Check.Sample(AnyPlan, plan =>
    {
        var dependents = plan.Groups.SelectMany(g => g.Nodes).SelectMany(n => n.After, (n, after) => (after, n.Name)).ToLookup(e => e.after, e => e.Name);
        Assert.All(Impact.Of(plan, Fleet, null, new RunTimes()).Nodes, n => Assert.Equal(Found(n.Name, dependents), n.Skips));
    });

    [Fact]
    public void Blocks_of_nodes_make_no_seam()
    {
        // More nodes than a block has bits, a chain through all blocks, and a node before everything.
        const int Nodes = 9_000;
        var impact = Impact.Of(PlanOf(Nodes, n => n == 0 ? [] : n % 2 == 1 ? [0] : n < 3 ? [0] : [n - 2]), Fleet, null, new RunTimes());
        var skips = impact.Nodes.ToDictionary(n => int.Parse(n.Name.Value[1..], System.Globalization.CultureInfo.InvariantCulture), n => n.Skips);
        Assert.Equal(Nodes - 1, skips[0]);
        Assert.All(skips.Where(s => s.Key > 0), s => Assert.Equal(s.Key % 2 == 1 ? 0 : (Nodes - 1 - s.Key) / 2, s.Value));
    }

    [Fact]
    public void A_producer_outside_of_the_plan_is_passed_over()
    {
        var plan = PlanOf(2, n => n == 1 ? [0] : []);
        plan = plan with
        {
            Groups = [plan.Groups[0],
            plan.Groups[1] with { Nodes = [plan.Groups[1].Nodes[0] with { After = [.. plan.Groups[1].Nodes[0].After, new NodeName("zz")] }] }]
        };
        Assert.Equal([1, 0], Impact.Of(plan, Fleet, null, new RunTimes()).Nodes.Select(n => n.Skips));
    }

    [Fact]
    public void Times_are_those_of_a_reference() =>
        Check.Sample(Gen.Select(AnyPlan.Where(p => p.NodeCount is > 0 and < 60), Gen.Int[0, 4].Select(i => new[] { null, "1", "3", "50%", "1,5,50%" }[i]),
            Gen.Int), (plan, sizes, seed) =>
    {
        var batch = sizes is null ? null : BatchSizes.TryParse(sizes, out var read, out _) ? read : null;
        var random = new Random(seed);
        var seconds = Nodes(plan).ToDictionary(n => n.Name, _ => random.Next(1, 100));
        var impact = Impact.Of(plan, Fleet, batch, Ran([.. seconds.Select(s => (s.Key, (double)s.Value))]));

        var (expected, chain) = (0, new Dictionary<NodeName, int>());
        foreach (var group in plan.Groups)
        {
            var left = group.Nodes.Select(n => seconds[n.Name]).ToList();
            for (var number = 1; left.Count > 0; number++)
            {
                var taken = left.Take(batch?.SizeOf(number, group.Nodes.Length) ?? left.Count).ToList();
                expected += taken.Max();
                left.RemoveRange(0, taken.Count);
            }
            foreach (var node in group.Nodes)
                chain[node.Name] = seconds[node.Name] + node.After.Select(a => chain[a]).DefaultIfEmpty(0).Max();
        }
        Assert.Equal(TimeSpan.FromSeconds(expected), impact.Expected);
        Assert.Equal(impact.Expected, impact.Groups.Aggregate(TimeSpan.Zero, (sum, g) => sum + g.Expected!.Value));
        Assert.Equal(TimeSpan.FromSeconds(chain.Values.Max()), impact.CriticalPath!.Expected);
        Assert.Equal(impact.CriticalPath.Expected, TimeSpan.FromSeconds(impact.CriticalPath.Nodes.Sum(n => seconds[n])));
        Assert.All(
            impact.CriticalPath.Nodes.Zip(impact.CriticalPath.Nodes.Skip(1)), p => Assert.Contains(p.First, Nodes(plan).Single(n => n.Name == p.Second).After));
    });

    [Fact]
    public void Without_a_history_there_is_no_time()
    {
        var impact = Impact.Of(PlanOf(3, n => n == 0 ? [] : [0]), Fleet, null, new RunTimes());
        Assert.Equal((null, null, new RunHistory(0, 0, null)), (impact.Expected, impact.CriticalPath, impact.History));
        Assert.Equal([2, 0, 0], impact.Nodes.Select(n => n.Skips));
        Assert.All(impact.Groups, g => Assert.Equal((null, null, 1), (g.Expected, g.Slowest, g.Batches)));
    }

    [Fact]
    public void A_node_without_a_history_is_given_the_median_of_the_others()
    {
        var impact = Impact.Of(PlanOf(4, _ => []), Fleet, null, Ran((new("n000"), 10), (new("n001"), 20), (new("n002"), 90)));
        Assert.Equal([10, 20, 90, 20], impact.Nodes.Select(n => n.Expected!.Value.TotalSeconds));
        Assert.Equal([1, 1, 1, 0], impact.Nodes.Select(n => n.Runs));
        Assert.Equal(new RunHistory(1, 3, TimeSpan.FromSeconds(20)), impact.History);
        Assert.Equal("n002", impact.Groups[0].Slowest!.Value.Value);
    }

    [Fact]
    public void Of_several_deployments_the_median_counts_and_only_good_runs_of_the_real_thing()
    {
        var node = new NodeName("n000");
        var times = new RunTimes();
        Add(times, new DeploymentOptions(), [Request(node, 0), Settle(node, 10, Outcome.Succeeded)]);
        Add(times, new DeploymentOptions(), [Request(node, 0), Settle(node, 20, Outcome.Succeeded)]);
        Add(times, new DeploymentOptions(), [Request(node, 0), Request(node, 100), Settle(node, 190, Outcome.Succeeded)]);
        Add(times, new DeploymentOptions { Noop = true }, [Request(node, 0), Settle(node, 1, Outcome.Succeeded)]);
        Add(times, new DeploymentOptions(), [Request(node, 0), Settle(node, 2, Outcome.FailedResources), new RollbackStarted("old", [node], "", Start, Start),
            Request(node, 5), Settle(node, 8, Outcome.Succeeded)]);
        Add(times, new DeploymentOptions(), [Settle(node, 3, Outcome.Unreachable)]);
        Assert.Equal((3, 3, TimeSpan.FromSeconds(20)), (times.Deployments, times.CountOf(node), times.MedianOf(node)));

        Add(times, new DeploymentOptions(), [Request(node, 0), Settle(node, 2, Outcome.FailedResources), new RetryStarted(2, [node], "jane", Start),
            Request(node, 10), Settle(node, 40, Outcome.Succeeded)]);
        Assert.Equal((4, 4, TimeSpan.FromSeconds(25)), (times.Deployments, times.CountOf(node), times.MedianOf(node)));
        Assert.Null(times.MedianOf(new NodeName("other")));
    }

    private static RunTimes Ran(params (NodeName Node, double Seconds)[] runs)
    {
        var times = new RunTimes();
        Add(times, new DeploymentOptions(),
            [.. runs.SelectMany(r => new IDeploymentEvent[] { Request(r.Node, 0), Settle(r.Node, r.Seconds, Outcome.Succeeded) })]);
        return times;
    }

    private static void Add(RunTimes times, DeploymentOptions options, IDeploymentEvent[] events)
    {
        times.BeginDeployment();
        times.Add(new DeploymentStarted(default, "production", Fleet, options, "jane", 1, "", Start));
        foreach (var @event in events)
            times.Add(@event);
    }

    private static RunRequested Request(NodeName node, double seconds) => new(node, 1, 0, 0, false, Start, Start, Start.AddSeconds(seconds));

    private static NodeSettled Settle(NodeName node, double seconds, Outcome outcome) =>
        new(node, outcome, "", Hold.Held, null, null, null, null, null, Start.AddSeconds(seconds));

    private static int Found(NodeName from, ILookup<NodeName, NodeName> dependents)
    {
        var (seen, next) = (new HashSet<NodeName>(), new Queue<NodeName>([from]));
        while (next.TryDequeue(out var node))
        {
            foreach (var dependent in dependents[node].Where(seen.Add))
                next.Enqueue(dependent);
        }
        return seen.Count;
    }

    private static IEnumerable<PlannedNode> Nodes(Plan plan) => plan.Groups.SelectMany(g => g.Nodes);

    private static Plan PlanOf(int nodes, Func<int, int[]> after)
    {
        var width = Math.Max(3, $"{nodes - 1}".Length);
        NodeName Name(int n) => new($"n{n.ToString($"d{width}", System.Globalization.CultureInfo.InvariantCulture)}");
        var waitsFor = Enumerable.Range(0, nodes).Select(after).ToArray();
        var group = new int[nodes];
        for (var n = 0; n < nodes; n++)
            group[n] = waitsFor[n].Select(p => group[p] + 1).DefaultIfEmpty(1).Max();
        return PlanJson.Seal("production", ["A[1]"],
            [.. Enumerable.Range(0, nodes).GroupBy(n => group[n]).OrderBy(g => g.Key).Select(g => new PlanGroup(g.Key, [.. g.Select(n => new PlannedNode(
                Name(n), ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty, [.. waitsFor[n].Order().Select(Name)]))]))], []);
    }
}
