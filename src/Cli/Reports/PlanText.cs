using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Cli.Reports;

/// <summary>A plan for people, as <c>mco choria run</c> shows it: its applications, its groups, and what each node carries. Pure.</summary>
internal static class PlanText
{
    private const string Indent = "        ";
    private const int FewBatches = 8;
    private static readonly Line Rule = "   " + new string('-', 66);

    /// <param name="batch">With sizes, each group says in which batches it runs.</param>
    /// <param name="where">A line on where it is going to run; null where it is not.</param>
    public static IEnumerable<Line> Lines(Plan plan, BatchSizes? batch, string? where = null)
    {
        yield return new Line(new Span($"Puppet Site Plan for the {plan.Environment} Environment", Tone.Strong));
        if (where is not null)
            yield return where;
        yield return Line.Empty;
        yield return $"{Phrases.Count(plan.Applications.Length, "application")} on "
            + $"{Phrases.Count(plan.NodeCount, "managed node")}{(plan.Applications.IsEmpty ? "" : ":")}";
        yield return Line.Empty;
        foreach (var application in plan.Applications)
            yield return Indent + application;
        if (plan.Groups.IsEmpty)
            yield break;
        yield return Line.Empty;
        yield return "Node groups and run order:";
        foreach (var group in plan.Groups)
        {
            yield return Rule;
            if (batch is not null)
            {
                yield return new Line(
                    new Span($"{Indent}group {group.Number}: {Phrases.Count(group.Nodes.Length, "node")} {Batches(group.Nodes.Length, batch)}", Tone.Faint));
                yield return Line.Empty;
            }
            foreach (var node in group.Nodes)
            {
                yield return new Line(
                    Indent, new Span(node.Name.Value, Tone.Strong), new Span(node.Identity is { } identity ? $" (identity {identity})" : "", Tone.Faint));
                foreach (var (application, components) in node.Components)
                    yield return $"{Indent}{Indent}{application} -> {string.Join(", ", components)}";
                yield return Line.Empty;
            }
        }
    }

    /// <summary>What <c>run --plan-id</c> and <c>plan --against</c> know the plan by.</summary>
    public static Line Id(Plan plan) => new(new Span($"Plan {plan.Id}", Tone.Faint));

    /// <summary>The plan's warnings, for standard error.</summary>
    public static IEnumerable<Line> Warnings(Plan plan) => plan.Warnings.Select(w => Warning(w.Message));

    public static Line Warning(string text) => new(new Span("warning: ", Tone.Odd), text);

    /// <summary>Why a site cannot be planned, for standard error: a sentence a problem.</summary>
    public static IEnumerable<Line> Problems(SiteProblems problems) => problems.Problems.Select(p => new Line(new Span($"{p.Kind}: ", Tone.Bad), p.Message));

    private static string Batches(int nodes, BatchSizes sizes)
    {
        var shown = new List<int>();
        var count = 0;
        for (var left = nodes; left > 0; count++)
        {
            var size = Math.Min(left, sizes.SizeOf(count + 1, nodes));
            if (count < FewBatches)
                shown.Add(size);
            left -= size;
        }
        var list = string.Join(", ", shown) + (count > FewBatches ? ", ..." : "");
        return count == 1 ? "in one batch" : $"in {count} batches of {list}";
    }
}
