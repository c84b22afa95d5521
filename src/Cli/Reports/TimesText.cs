using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Reports;

/// <summary>What the time went by with: the phases, the critical path, and what the orchestrator itself added. Pure.</summary>
internal static class TimesText
{
    private const int MostTurns = 10;
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(0.1);
    private const string Indent = "  ";
    private const string Deeper = "      ";

    /// <summary>The times; nothing before anything took any.</summary>
    public static IEnumerable<Line> Lines(DeploymentView view, int? width)
    {
        if (view.Report is not { Phases.IsEmpty: false } report)
            return [];
        return
        [
            new Line(new Span("Time:", Tone.Strong)),
            .. Wrapped.Lines(
                string.Join(", ", report.Phases.Select(p => Wrapped.Together($"{WordOf(p.Phase)} {Durations.Text(p.Time)}"))), width, Deeper,
                head: new Line(Indent)),
            .. report.CriticalPath.IsEmpty ? [] : Path(report, width),
        ];
    }

    private static IEnumerable<Line> Path(DeploymentReport report, int? width)
    {
        var turns = report.CriticalPath;
        // The slowest of a long path, in the path's order.
        var shown = turns.Length <= MostTurns
            ? turns
            : [.. turns.OrderByDescending(t => t.Run).Take(MostTurns).Intersect(turns).OrderBy(t => turns.IndexOf(t))];
        var text = $"critical path {Durations.Text(Total(turns.Select(t => t.Run)))}: "
            + string.Join(", then ", shown.Select(t => Wrapped.Together($"{t.Node} {(t.Run > TimeSpan.Zero ? Durations.Text(t.Run) : "(no run)")}")
                + (t.Paused >= Least ? Wrapped.Together($" (and {Durations.Text(t.Paused)} paused)") : "")))
            + (shown.Length < turns.Length ? $" (the slowest of {Phrases.Count(turns.Length, "run")} in a row)" : "");
        foreach (var line in Wrapped.Lines(text, width, Deeper, head: new Line(Indent)))
            yield return line;
        string[] parts =
        [
            .. report.BeforeRuns >= Least ? [$"{Durations.Text(report.BeforeRuns)} before runs"] : Array.Empty<string>(),
            .. report.AfterRuns >= Least ? [$"{Durations.Text(report.AfterRuns)} after runs"] : Array.Empty<string>(),
        ];
        var where = parts.Length == 0 ? "" : $" ({string.Join(", ", parts)})";
        foreach (var line in Wrapped.Lines($"orchestrator overhead: {Durations.Text(report.Added)}{where}", width, Deeper, head: new Line(Indent)))
            yield return line;
    }

    private static string WordOf(ReportPhase phase) => phase == ReportPhase.Ended ? "between attempts" : phase.Word();

    private static TimeSpan Total(IEnumerable<TimeSpan> times) => times.Aggregate(TimeSpan.Zero, (sum, t) => sum + t);
}
