using System.Globalization;
using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Reports;

/// <summary>What a reading of a journal found. Pure.</summary>
internal static class JournalText
{
    private const string Indent = "    ";

    public static IEnumerable<Line> Of(JournalReview review, int? width)
    {
        var size = $"{Phrases.Count(review.Deployments, "deployment")}, {Phrases.Count(review.Events, "event")}, {Size(review.Bytes)}";
        if (review.Findings.IsEmpty)
            return [$"The journal {review.Journal} is in order: {size}."];
        return
        [
            .. review.Findings.SelectMany(f => Wrapped.Lines(Sentence(f), width, Indent, head: Head(f))),
            Line.Empty,
            $"{Phrases.Count(review.Findings.Length, "problem")} in the journal {review.Journal}: {size}.",
        ];
    }

    /// <summary>A number of bytes as people read it: <c>412 bytes</c>, <c>84.1 MB</c>.</summary>
    public static string Size(long bytes)
    {
        string[] units = ["kB", "MB", "GB", "TB"];
        if (bytes < 1000)
            return Phrases.Count(bytes, "byte");
        var (value, unit) = (bytes / 1000d, 0);
        for (; value >= 999.95 && unit < units.Length - 1; unit++)
            value /= 1000;
        return string.Create(CultureInfo.InvariantCulture, $"{value:0.0} {units[unit]}");
    }

    private static Line Head(JournalFinding finding) => new(new Span(finding.Deployment?.Value ?? "journal", Tone.Strong), " ");

    private static string Sentence(JournalFinding finding) =>
        finding.Event is { } number ? string.Create(CultureInfo.InvariantCulture, $"event {number}: {finding.Problem}") : finding.Problem;
}
