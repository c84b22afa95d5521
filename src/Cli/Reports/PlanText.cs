using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Cli.Reports;

/// <summary>
/// A plan for people, as <c>mco choria run</c> shows it: its applications, its groups, and what each node carries. A large one is summed up, group by group.
/// Pure.
/// </summary>
internal static class PlanText
{
    private const string Indent = "        ";
    private const int FewBatches = 8;

    /// <summary>A plan of more nodes is summed up: nobody reads ten screens before a question.</summary>
    public const int FewNodes = 200;

    private const int MostApplications = 20;
    private const int MostGroups = 40;
    private const int MostNames = 5;
    private const int MostApplicationsOfGroup = 3;
    private const int MostCapabilities = 5;
    private const string Margin = "   ";
    private const int RuleWidth = 66;

    /// <param name="batch">With sizes, each group says in which batches it runs.</param>
    /// <param name="full">Every node, however many there are.</param>
    /// <param name="width">No line is wider, but for names that are; null for no limit.</param>
    /// <param name="where">A line on where it is going to run; null where it is not.</param>
    /// <param name="spread">With the label that keeps nodes apart, each group says so too; null for none.</param>
    public static IEnumerable<Line> Lines(
        Plan plan, BatchSizes? batch, bool full, int? width, string? where = null, string? spread = null)
    {
        var isSummary = !full && plan.NodeCount > FewNodes;
        yield return new Line(new Span($"Puppet Site Plan for the {plan.Environment} Environment", Tone.Strong));
        if (where is not null)
            yield return where;
        yield return Line.Empty;
        yield return $"{Phrases.Count(plan.Applications.Length, "application")} on "
            + $"{Phrases.Count(plan.NodeCount, "managed node")}{(plan.Applications.IsEmpty ? "" : ":")}";
        yield return Line.Empty;
        var applications = isSummary && plan.Applications.Length > MostApplications ? MostApplications : plan.Applications.Length;
        foreach (var application in plan.Applications.Take(applications))
            yield return Indent + application;
        if (applications < plan.Applications.Length)
            yield return $"{Indent}and {Phrases.Count(plan.Applications.Length - applications, "more application")}";
        if (plan.Groups.IsEmpty)
            yield break;
        yield return Line.Empty;
        yield return "Node groups and run order:";
        var edges = plan.Edges?.ToLookup(e => e.Node);
        foreach (var line in isSummary ? Summary(plan, batch, spread, width) : plan.Groups.SelectMany(g => Whole(g, edges, batch, spread, width)))
            yield return line;
    }

    private static IEnumerable<Line> Whole(PlanGroup group, ILookup<NodeName, PlanEdge>? edges, BatchSizes? batch, string? spread, int? width)
    {
        yield return Margin + new string('-', Math.Clamp((width ?? int.MaxValue) - Margin.Length, 1, RuleWidth));
        if (batch is not null || spread is not null)
        {
            yield return new Line(
                new Span($"{Indent}group {group.Number}: {Phrases.Count(group.Nodes.Length, "node")} {Batches(group, batch, spread)}", Tone.Faint));
            yield return Line.Empty;
        }
        foreach (var node in group.Nodes)
        {
            yield return new Line(
                Indent, new Span(node.Name.Value, Tone.Strong), new Span(node.Identity is { } identity ? $" (identity {identity})" : "", Tone.Faint));
            foreach (var line in node.Components.SelectMany(c => Wrapped.Fit($"{Indent}{Indent}{c.Key} -> {string.Join(", ", c.Value)}", width, "  ")))
                yield return line;
            foreach (var edge in edges?[node.Name] ?? [])
            {
                var because = Phrases.FirstOf(edge.Capabilities, edge.Count, MostCapabilities);
                foreach (var line in Wrapped.Fit($"{Indent}{Indent}after {edge.Before}: {because}", width, "  "))
                    yield return line;
            }
            yield return Line.Empty;
        }
    }

    /// <summary>How many nodes of what each group has, and its first names.</summary>
    private static IEnumerable<Line> Summary(Plan plan, BatchSizes? batch, string? spread, int? width)
    {
        yield return Line.Empty;
        foreach (var group in plan.Groups.Take(MostGroups))
        {
            var batches = batch is null && spread is null ? "" : $" {Batches(group, batch, spread)}";
            yield return new Line(Indent, new Span($"group {group.Number}: {Phrases.Count(group.Nodes.Length, "node")}", Tone.Strong), batches);
            var applications = group.Nodes.SelectMany(n => n.Components.Keys).Distinct().Order(StringComparer.Ordinal).ToList();
            string[] facts =
            [
                Phrases.FirstOf(applications, applications.Count, MostApplicationsOfGroup),
                Phrases.FirstOf(group.Nodes.Select(n => n.Name), group.Nodes.Length, MostNames),
            ];
            foreach (var line in facts.SelectMany(fact => Wrapped.Lines(fact, width, Indent + Indent)))
                yield return line;
        }
        if (plan.Groups.Skip(MostGroups).ToList() is { Count: > 0 } rest)
            yield return $"{Indent}and {Phrases.Count(rest.Count, "more group")} with {Phrases.Count(rest.Sum(g => g.Nodes.Length), "node")}";
        yield return Line.Empty;
        yield return "This is a summary: --full shows every node.";
    }

    /// <summary>What <c>run --plan-id</c> and <c>plan --against</c> know the plan by.</summary>
    public static Line Id(Plan plan) => new(new Span($"Plan {plan.Id}", Tone.Faint));

    /// <summary>The plan's warnings, for standard error.</summary>
    public static IEnumerable<Line> Warnings(Plan plan) => plan.Warnings.Select(w => Warning(w.Message));

    public static Line Warning(string text) => new(new Span("warning: ", Tone.Odd), text);

    /// <summary>Why a site cannot be planned, for standard error: a sentence a problem, with lines to be copied below it.</summary>
    public static IEnumerable<Line> Problems(SiteProblems problems) => problems.Problems.SelectMany(
        p => (p.Advice ?? []).Select(line => (Line)(Indent + line)).Prepend(new Line(new Span($"{p.Kind}: ", Tone.Bad), p.Message)));

    /// <summary>That nodes without the label to spread batches by run alone; null where all have it, or none are spread.</summary>
    public static string? WithoutLabel(string? spread, Plan plan) => OptionRules.Unlabelled(spread, plan) is { IsEmpty: false } nodes
        ? $"{Phrases.Count(nodes.Length, "node")} {Phrases.Agree(nodes.Length, "lacks", "lack")} the label {spread} ({Phrases.Some(nodes, most: 3)}): "
            + $"{(nodes.Length == 1 ? "it" : "each")} runs in a batch of its own"
        : null;

    private static string Batches(PlanGroup group, BatchSizes? sizes, string? spread)
    {
        var all = BatchesOf(group, sizes, spread);
        return all.Count == 1 ? "in one batch"
            : $"in {all.Count} batches of {string.Join(", ", all.Take(FewBatches))}{(all.Count > FewBatches ? ", ..." : "")}";
    }

    /// <summary>How many nodes each batch has: by the sizes, and of one value of the label; a node without it is alone.</summary>
    private static List<int> BatchesOf(PlanGroup group, BatchSizes? sizes, string? spread)
    {
        var batches = new List<int>();
        string? domain = null;
        foreach (var value in group.Nodes.Select(n => spread is null ? "" : n.Labels?.GetValueOrDefault(spread)).Order(StringComparer.Ordinal))
        {
            var size = sizes?.SizeOf(Math.Max(1, batches.Count), group.Nodes.Length) ?? group.Nodes.Length;
            if (batches.Count > 0 && value is not null && value == domain && batches[^1] < size)
                batches[^1]++;
            else
                batches.Add(1);
            domain = value;
        }
        return batches;
    }
}
