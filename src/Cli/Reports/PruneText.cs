using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Reports;

/// <summary>What pruning would do, and did. Pure.</summary>
internal static class PruneText
{
    private const string Indent = "    ";

    public static IEnumerable<string> Consequences(Pruned found, PruneRequest request) =>
    [
        $"{Phrases.Count(found.Deployments.Length, "deployment")}, the oldest {found.Deployments[0].Id} and the newest {found.Deployments[^1].Id}, "
            + $"will be {(request.Exported ? $"deleted from the journal ({JournalText.Size(found.BytesBefore)}) if {request.ExportTo} has them."
                : $"written to {request.ExportTo} and then deleted from the journal ({JournalText.Size(found.BytesBefore)}).")}",
    ];

    public static IEnumerable<Line> Of(Pruned pruned, PruneRequest request, DateTimeOffset now, TimeZoneInfo zone, int? width)
    {
        var count = Phrases.Count(pruned.Deployments.Length, "deployment");
        if (request.DryRun)
        {
            if (pruned.Deployments.IsEmpty)
                return ["Nothing to prune."];
            return
            [
                .. DeploymentList.Lines(pruned.Deployments, now, zone, width), Line.Empty,
                $"{count} would be pruned. The journal has {JournalText.Size(pruned.BytesBefore)}.",
            ];
        }
        var left = pruned.Left.SelectMany(l => Wrapped.Lines($"left: {l.Why}", width, Indent, head: new Line(new Span(l.Id.Value, Tone.Strong), " ")));
        var kept = pruned.SpaceKept is { } why ? Wrapped.Lines($"Its space is not given back, only used again: {why}.", width, "") : [];
        var size = $"The journal had {JournalText.Size(pruned.BytesBefore)} and has {JournalText.Size(pruned.BytesAfter)}";
        return pruned.Deployments.IsEmpty
            ? [.. left, $"Nothing was pruned. {size}.", .. kept]
            : [.. left, $"{count} pruned{(request.Exported ? ", found in" : " and written to")} {request.ExportTo}. {size}.", .. kept];
    }
}
