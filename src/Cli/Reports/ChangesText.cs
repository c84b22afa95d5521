using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Reports;

/// <summary>What was changed, or would be: told once for all nodes with the same changes. Pure.</summary>
internal static class ChangesText
{
    private const int MostEntries = 10;
    private const int MostLines = 10;
    private const string Indent = "  ";
    private const string Deeper = "      ";

    /// <summary>The entries, or nothing where no run was judged.</summary>
    public static IEnumerable<Line> Lines(DeploymentView view, int? width)
    {
        if (view.Report is not { } report)
            yield break;
        foreach (var line in Entries(report.Noop ? "What would be changed:" : "What was changed:", report.Changes, report.Noop, view, width))
            yield return line;
        if (report.Rollback is { } rollback)
        {
            foreach (var line in Entries($"What the rollback to {rollback.Environment} changed:", rollback.Changes, false, view, width))
                yield return line;
        }
    }

    private static IEnumerable<Line> Entries(string heading, IReadOnlyList<SameChanges> all, bool noop, DeploymentView view, int? width)
    {
        if (all.Count == 0)
            yield break;
        yield return new Line(new Span(heading, Tone.Strong));
        foreach (var same in all.Take(MostEntries))
        {
            foreach (var line in Entry(same, noop, width))
                yield return line;
        }
        if (all.Count > MostEntries)
        {
            var rest = all.Skip(MostEntries).ToList();
            yield return $"{Indent}and {Phrases.Count(rest.Sum(s => s.NodeCount), "more node")} with {Phrases.Count(rest.Count, "other set")} of changes: "
                + $"orchestrator show {view.Id} --output json";
        }
    }

    private static IEnumerable<Line> Entry(SameChanges same, bool noop, int? width)
    {
        var changes = Phrases.Count(same.Count, "change");
        yield return new Line(Indent, new Span(Phrases.Count(same.NodeCount, "node"), Tone.Strong), ": ", same switch
        {
            { Count: 0 } => noop ? "would change nothing" : "no change",
            { Id: null } => $"{changes}{(same.NodeCount > 1 ? " each" : "")}, not listed in the log",
            { NodeCount: 1 } => changes,
            _ => $"same {changes}",
        });
        var names = Phrases.FirstOf(same.Nodes, same.NodeCount, same.Nodes.Length);
        foreach (var line in Wrapped.Lines(names, width, Deeper, Tone.Faint))
            yield return line;
        foreach (var text in same.Lines.Take(MostLines))
        {
            foreach (var line in Wrapped.Lines(text, width, Deeper + Indent, head: new Line($"{Deeper}- ")))
                yield return line;
        }
        var untold = same.Count - Math.Min(same.Lines.Length, MostLines);
        if (same.Id is not null && untold > 0)
            yield return $"{Deeper}- and {Phrases.Count(untold, "more change")}";
    }
}
