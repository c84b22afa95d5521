using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Plans;

/// <summary>Weighs a plan before it is run: what each node's failure would skip, and how long it should all take. Pure.</summary>
public static class Impact
{
    /// <summary>The plan's weight by what its nodes took before.</summary>
    /// <param name="batch">The sizes of batches; null for whole groups.</param>
    /// <param name="times">What runs took; may know other nodes too, and need not know all.</param>
    public static PlanImpact Of(Plan plan, FleetName fleet, BatchSizes? batch, RunTimes times)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(times);
        var skips = TransitiveDependents.Count(plan);
        var known = plan.Groups.SelectMany(g => g.Nodes).Select(n => times.MedianOf(n.Name)).ToArray();
        var standIn = RunTimes.Median(known.OfType<TimeSpan>());
        var expected = standIn is { } other ? Array.ConvertAll(known, t => t ?? other) : null;
        var groups = Groups(plan, batch, expected);
        return new PlanImpact(
            plan.Id, plan.Environment, fleet,
            new RunHistory(times.Deployments, known.Count(t => t is not null), standIn),
            batch,
            expected is null ? null : groups.Aggregate(TimeSpan.Zero, (sum, g) => sum + g.Expected!.Value),
            groups,
            expected is null ? null : LongestChain(plan, expected),
            [.. plan.Groups.SelectMany(g => g.Nodes, (g, n) => (g.Number, n.Name))
                .Select((n, i) => new NodeImpact(n.Name, n.Number, skips[i], expected?[i], times.CountOf(n.Name)))]);
    }

    private static ImmutableArray<GroupTime> Groups(Plan plan, BatchSizes? batch, TimeSpan[]? expected)
    {
        var groups = ImmutableArray.CreateBuilder<GroupTime>(plan.Groups.Length);
        var start = 0;
        foreach (var group in plan.Groups)
        {
            var (batches, sum, slowest) = (0, TimeSpan.Zero, 0);
            for (var taken = 0; taken < group.Nodes.Length;)
            {
                var size = Math.Min(group.Nodes.Length - taken, batch?.SizeOf(++batches, group.Nodes.Length) ?? group.Nodes.Length);
                if (expected is not null)
                {
                    var longest = taken;
                    for (var node = taken + 1; node < taken + size; node++)
                        longest = expected[start + node] > expected[start + longest] ? node : longest;
                    sum += expected[start + longest];
                    slowest = expected[start + longest] > expected[start + slowest] ? longest : slowest;
                }
                taken += size;
            }
            groups.Add(expected is null
                ? new GroupTime(group.Number, group.Nodes.Length, Math.Max(1, batches), null, null)
                : new GroupTime(group.Number, group.Nodes.Length, Math.Max(1, batches), sum, group.Nodes[slowest].Name));
            start += group.Nodes.Length;
        }
        return groups.MoveToImmutable();
    }

    /// <summary>Every node waits for nodes of groups before, so one walk in the plan's order finds the longest chain to each.</summary>
    private static CriticalPath? LongestChain(Plan plan, TimeSpan[] expected)
    {
        if (expected.Length == 0)
            return null;
        var after = TransitiveDependents.AfterOf(plan, out _);
        var until = (TimeSpan[])expected.Clone();
        var before = new int[expected.Length];
        var last = 0;
        for (var node = 0; node < expected.Length; node++)
        {
            before[node] = -1;
            foreach (var producer in after[node])
            {
                if (until[producer] + expected[node] > until[node])
                    (until[node], before[node]) = (until[producer] + expected[node], producer);
            }
            last = until[node] > until[last] ? node : last;
        }
        var nodes = plan.Groups.SelectMany(g => g.Nodes).Select(n => n.Name).ToArray();
        var chain = new Stack<NodeName>();
        for (var node = last; node >= 0; node = before[node])
            chain.Push(nodes[node]);
        return new CriticalPath(until[last], [.. chain]);
    }
}
