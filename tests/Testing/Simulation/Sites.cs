using System.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Plans;
using Orchestrator.NodeAgent.Emulation.Scenarios;

namespace Orchestrator.Testing.Simulation;

/// <summary>Plans and scenarios for tests, as short as they can be written.</summary>
public static class Sites
{
    /// <summary>Groups of nodes, each node after all of the group before.</summary>
    public static Plan PlanOf(params string[][] groups)
    {
        var planned = ImmutableArray.CreateBuilder<PlanGroup>();
        string[] before = [];
        foreach (var group in groups)
        {
            var after = before.Order(StringComparer.Ordinal).Select(n => new NodeName(n)).ToImmutableArray();
            planned.Add(new PlanGroup(planned.Count + 1, [.. group.Order(StringComparer.Ordinal)
                .Select(n => new PlannedNode(new NodeName(n), ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty, after))]));
            before = group;
        }
        return new Plan(new PlanId("sha256:test"), "production", [], groups.Sum(g => g.Length), planned.ToImmutable(), []);
    }

    /// <summary>Nodes with what each comes after, grouped by the longest way from a start, and with labels where a node has one.</summary>
    public static Plan PlanOf(IReadOnlyDictionary<string, string[]> after, Func<string, (string Key, string Value)?> labelOf)
    {
        var group = new Dictionary<string, int>();
        int GroupOf(string node) => group.TryGetValue(node, out var known) ? known : group[node] = after[node].Select(GroupOf).DefaultIfEmpty(0).Max() + 1;
        PlannedNode Planned(string node) => new(
            new NodeName(node), ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty,
            [.. after[node].Order(StringComparer.Ordinal).Select(b => new NodeName(b))],
            Labels: labelOf(node) is { } label ? ImmutableSortedDictionary<string, string>.Empty.Add(label.Key, label.Value) : null);
        var groups = after.Keys.GroupBy(GroupOf).OrderBy(g => g.Key)
            .Select(g => new PlanGroup(g.Key, [.. g.Order(StringComparer.Ordinal).Select(Planned)]));
        return new Plan(new PlanId("sha256:test"), "production", [], after.Count, [.. groups], []);
    }

    /// <summary>A scenario; throws where it is none.</summary>
    public static Scenario Scenario(string yaml)
    {
        var reading = ScenarioReader.Read(Encoding.UTF8.GetBytes(yaml), "scenario.yaml");
        return reading.Scenario ?? throw new ArgumentException(string.Join("; ", reading.Problems));
    }
}
