using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Plans;

/// <summary>Says what differs between two plans. Pure, and linear in both: every list of a plan is in ordinal order.</summary>
public static class PlanDiff
{
    /// <summary>What was added to, removed from and changed in the first plan to make the second.</summary>
    public static PlanDifference Between(Plan from, Plan to, DeploymentId? deployment = null)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        var before = Placed(from).ToDictionary(n => n.Node.Name);
        var added = ImmutableArray.CreateBuilder<PlacedNode>();
        var changed = ImmutableArray.CreateBuilder<NodeChange>();
        var (edgesAdded, edgesRemoved) = (0, 0);
        foreach (var now in Placed(to))
        {
            if (!before.Remove(now.Node.Name, out var was))
            {
                added.Add(now);
                edgesAdded += now.Node.After.Length;
            }
            else if (Change(was, now) is { } change)
            {
                changed.Add(change);
                edgesAdded += change.AfterAdded?.Length ?? 0;
                edgesRemoved += change.AfterRemoved?.Length ?? 0;
            }
        }
        ImmutableArray<PlacedNode> removed = [.. Placed(from).Where(n => before.ContainsKey(n.Node.Name))];
        return new PlanDifference(
            from.Id, to.Id, from.Id == to.Id, deployment,
            from.Environment == to.Environment ? null : new TextChange(from.Environment, to.Environment),
            Only(to.Applications, from.Applications, string.CompareOrdinal),
            Only(from.Applications, to.Applications, string.CompareOrdinal),
            new NumberChange(from.Groups.Length, to.Groups.Length),
            new NumberChange(from.NodeCount, to.NodeCount),
            edgesAdded,
            edgesRemoved + removed.Sum(n => n.Node.After.Length),
            added.ToImmutable(), removed, changed.ToImmutable());
    }

    private static IEnumerable<PlacedNode> Placed(Plan plan) => plan.Groups.SelectMany(g => g.Nodes, (g, n) => new PlacedNode(g.Number, n));

    private static NodeChange? Change(PlacedNode was, PlacedNode now)
    {
        var change = new NodeChange(
            now.Node.Name,
            was.Group == now.Group ? null : new NumberChange(was.Group, now.Group),
            ComponentsOnly(now.Node, was.Node),
            ComponentsOnly(was.Node, now.Node),
            AfterOnly(now.Node, was.Node),
            AfterOnly(was.Node, now.Node),
            was.Node.Identity == now.Node.Identity ? null : new TextChange(was.Node.Identity?.Value, now.Node.Identity?.Value),
            AreSame(was.Node.Labels, now.Node.Labels) ? null : new LabelsChange(was.Node.Labels, now.Node.Labels));
        return change == new NodeChange(change.Name, null, null, null, null, null, null, null) ? null : change;
    }

    private static ImmutableSortedDictionary<string, ImmutableArray<string>>? ComponentsOnly(PlannedNode of, PlannedNode without)
    {
        var only = ImmutableSortedDictionary.CreateBuilder<string, ImmutableArray<string>>(StringComparer.Ordinal);
        foreach (var (application, components) in of.Components)
        {
            if (Only(components, without.Components.GetValueOrDefault(application, []), string.CompareOrdinal) is { IsEmpty: false } more)
                only.Add(application, more);
        }
        return only.Count == 0 ? null : only.ToImmutable();
    }

    private static ImmutableArray<NodeName>? AfterOnly(PlannedNode of, PlannedNode without) =>
        Only(of.After, without.After, (a, b) => a.CompareTo(b)) is { IsEmpty: false } only ? only : null;

    /// <summary>What the first of two ordered lists has and the second has not.</summary>
    private static ImmutableArray<T> Only<T>(ImmutableArray<T> of, ImmutableArray<T> without, Comparison<T> compare)
    {
        var only = ImmutableArray.CreateBuilder<T>();
        var other = 0;
        foreach (var item in of)
        {
            while (other < without.Length && compare(without[other], item) < 0)
                other++;
            if (other == without.Length || compare(without[other], item) != 0)
                only.Add(item);
        }
        return only.ToImmutable();
    }

    private static bool AreSame(ImmutableSortedDictionary<string, string>? was, ImmutableSortedDictionary<string, string>? now) =>
        was is null || now is null ? was == now : was.SequenceEqual(now);
}
