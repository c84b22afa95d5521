using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Cli.Reports;

/// <summary>What the nodes of a plan weigh in it, for people: the heaviest nodes, the expected time, and the chain that bounds it. Pure.</summary>
internal static class PlanImpactText
{
    // A person reads so many; JSON has the rest.
    private const int MostRows = 20;
    private const string Indent = "        ";

    /// <param name="width">No table line is wider; null for no limit.</param>
    public static IEnumerable<Line> Lines(PlanImpact impact, int? width) => impact.Nodes.IsEmpty
        ? ["No impact to show: the plan has no nodes."]
        : [.. Heaviest(impact, width), Line.Empty, .. Time(impact), Line.Empty, .. Groups(impact, width), .. Path(impact)];

    private static IEnumerable<Line> Heaviest(PlanImpact impact, int? width)
    {
        yield return new Line(new Span("Nodes that would be skipped if a node failed", Tone.Strong));
        yield return "(if --max-failures lets the rest continue; otherwise the deployment stops):";
        yield return Line.Empty;
        var table = new Table(new("skips", true), new("group", true), new("expected", true), new("runs", true), new("node"));
        foreach (var node in impact.Nodes.OrderByDescending(n => n.Skips).Take(MostRows))
            table.Add($"{node.Skips}", $"{node.Group}", Known(node.Expected), $"{node.Runs}", node.Name.Value);
        foreach (var line in table.Lines(width))
            yield return line;
        if (impact.Nodes.Length > MostRows)
            yield return $"and {Phrases.Count(impact.Nodes.Length - MostRows, "more node")} with as many or fewer: --output json shows all";
    }

    private static IEnumerable<Line> Time(PlanImpact impact)
    {
        if (impact.Expected is not { } expected)
        {
            yield return "No expected time: there is no history of successful runs of these nodes";
            yield return $"on the fleet {impact.Fleet} in {impact.Environment}.";
            yield break;
        }
        yield return new Line(
            new Span($"Expected time {Durations.Whole(expected)}", Tone.Strong),
            impact.Batch is { } batch ? $" in batches of {batch}" : "", $", from {Phrases.Count(impact.History.Deployments, "deployment")}");
        yield return $"on the fleet {impact.Fleet} in {impact.Environment}; Puppet runs only.";
        if (impact.History.StandIn is { } standIn && impact.Nodes.Length - impact.History.Nodes is > 0 and var without)
        {
            yield return new Line(
                new Span(
                    $"{Phrases.Count(without, "node")} without history (runs 0): the median of the others, {Durations.Whole(standIn)}, is used.", Tone.Odd));
        }
    }

    private static IEnumerable<Line> Groups(PlanImpact impact, int? width)
    {
        var table = new Table(new("group", true), new("nodes", true), new("batches", true), new("expected", true), new("slowest"));
        foreach (var group in impact.Groups.Take(MostRows))
            table.Add($"{group.Number}", $"{group.Nodes}", $"{group.Batches}", Known(group.Expected), group.Slowest?.Value ?? "-");
        return impact.Groups.Length <= MostRows
            ? table.Lines(width)
            : table.Lines(width).Append($"and {Phrases.Count(impact.Groups.Length - MostRows, "more group")}: --output json shows all");
    }

    private static IEnumerable<Line> Path(PlanImpact impact)
    {
        if (impact.CriticalPath is not { } path)
            yield break;
        yield return Line.Empty;
        yield return $"Critical path, {Durations.Whole(path.Expected)}: each of these waits for the one before,";
        yield return "so no batch size or strategy can make it shorter:";
        foreach (var node in path.Nodes.Take(MostRows))
            yield return $"{Indent}{node}";
        if (path.Nodes.Length > MostRows)
            yield return $"{Indent}and {Phrases.Count(path.Nodes.Length - MostRows, "more node")}: --output json shows all";
    }

    private static string Known(TimeSpan? time) => time is { } known ? Durations.Whole(known) : "-";
}
