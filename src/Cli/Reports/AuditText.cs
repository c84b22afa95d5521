using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;

namespace Orchestrator.Cli.Reports;

/// <summary>The audit log, a row for each entry. Pure.</summary>
internal static class AuditText
{
    /// <param name="isWhole">There are no older entries that match.</param>
    /// <param name="isAll">No entry was left out.</param>
    public static IEnumerable<Line> Lines(ImmutableArray<AuditEntry> entries, bool isWhole, bool isAll, TimeZoneInfo zone, int? width)
    {
        if (entries.IsEmpty)
            return [isAll ? "There are no entries in the audit log yet." : "No entries of the audit log match."];
        var table = new Table(
            new("number", true), new("time"), new("caller"), new("result"), new("verb"), new("environment", Leaves: 3), new("deployment", Leaves: 2),
            new("from", Leaves: 1), new("what", Leaves: 4));
        foreach (var entry in entries)
        {
            table.Add(
                $"{entry.Number}", Phrases.Time(entry.At, zone), entry.Caller,
                new Span(entry.Result.Word(), entry.Result == AuditResult.Allowed ? Tone.Plain : Tone.Bad), new Span(entry.Verb.Word(), Tone.Strong),
                entry.Environment ?? "", entry.Deployment ?? "", entry.From, What(entry));
        }
        return isWhole ? table.Lines(width) : table.Lines(width).Append(Line.Empty).Append("Older entries are not shown: add --limit N or --all");
    }

    private static string What(AuditEntry entry)
    {
        var times = entry.Times > 1 ? $"{Phrases.Number(entry.Times)} times" : null;
        return string.Join("; ", ((string?[])[times, entry.Detail, entry.Rule]).OfType<string>());
    }
}
