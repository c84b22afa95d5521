using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Reports;

/// <summary>Deployments, a row each: first those that need a person, then those that go on, then the rest; the newest first among each. Pure.</summary>
internal static class DeploymentList
{
    /// <summary>The table, and below it what to do about whom.</summary>
    /// <param name="now">For those that go on.</param>
    /// <param name="beside">What else is to be said, such as that older ones are not listed; null for nothing.</param>
    /// <param name="newestLast">In reverse: what matters most stands at the bottom, where a terminal's eyes are.</param>
    public static IEnumerable<Line> Lines(
        ImmutableArray<DeploymentLine> deployments, DateTimeOffset now, TimeZoneInfo zone, int? width, IEnumerable<string?>? beside = null,
        bool newestLast = false)
    {
        var table = new Table(
            new("id"), new("state"), new("nodes", true), new("group", true, 8), new("attempt", true, 9), new("held", true, 5), new("started", Leaves: 4),
            new("time", true, 7), new("environment", Leaves: 3), new("by", Leaves: 2), new("size", true, 1), new("applications", Leaves: 6));
        var ordered = deployments.OrderBy(Rank).ThenByDescending(d => d.StartedAt).ToList();
        if (newestLast)
            ordered.Reverse();
        foreach (var line in ordered)
        {
            table.Add([
                new Span(line.Id.Value, Tone.Strong),
                new Span(line.State.Word(), ToneOf(line)),
                line.Progress is { } progress ? $"{Phrases.Number(progress.Done)}/{Phrases.Number(progress.Of)}" : Phrases.Number(line.NodeCount),
                GroupOf(line.Progress),
                line.Progress is { Attempt: > 1 and var attempt } ? $"{attempt}" : "",
                line.Held == 0 ? "" : new Span(Phrases.Number(line.Held), line.State.IsEnd() && !line.Imported ? Tone.Bad : Tone.Plain),
                Times.Minute(line.StartedAt, zone),
                line.EndedAt is { } end ? Durations.Whole(end - line.StartedAt) : line.State.IsEnd() ? "" : Durations.Whole(now - line.StartedAt),
                line.RunEnvironment is { } runs && runs != line.Environment ? $"{line.Environment}, runs in {runs}" : line.Environment,
                line.Description is { } description ? $"{line.Caller}: {description}" : line.Caller,
                line.Bytes is { } bytes ? JournalText.Size(bytes) : "",
                Applications(line),
            ]);
        }
        var notes = ordered.SelectMany(
            line => NoteOf(line) is { } note ? Wrapped.Lines(note.Text, width, "    ", head: Head(line, note.SaysItAll)) : []).ToList();
        var said = (beside ?? []).OfType<string>().SelectMany(text => Wrapped.Lines(text, width, "    ", head: Line.Empty)).ToList();
        return
        [
            .. newestLast && said.Count > 0 ? said.Append(Line.Empty) : [],
            .. table.Lines(width),
            .. notes.Count == 0 ? [] : notes.Prepend(Line.Empty),
            .. !newestLast && said.Count > 0 ? said.Prepend(Line.Empty) : [],
        ];
    }

    private static string GroupOf(DeploymentProgress? progress) => progress switch
    {
        { Group: { } group, Groups: { } groups } => $"{group}/{groups}",
        { Group: { } group } => $"{group}",
        _ => "",
    };

    private static string Applications(DeploymentLine line) =>
        line.Applications is { Count: > 0 } first ? Phrases.FirstOf(first, Math.Max(first.Count, line.ApplicationCount), first.Count) : "";

    private static int Rank(DeploymentLine line) => line.NeedsPerson() ? 0 : line.GoesOn() ? 1 : 2;

    /// <summary>What to do, below the table, where there is room for it; and whether the reason for attention says more.</summary>
    private static (string Text, bool SaysItAll)? NoteOf(DeploymentLine line) => line.Note() is not { } note ? null : line switch
    {
        { Active: false, Imported: false, Attention: DeploymentLine.CannotBeCarriedOn } => (Broken(line.Id), false),
        { Active: false, Imported: false } => ($"{note}: orchestrator resume {line.Id}", false),
        { Approval: { } approval, Imported: false } => ($"{note}: {Advice.Of(new NextStep(line.Id, Verb.Approve, Group: approval.Group))}", true),
        { Imported: true } or { Releases: true } => (note, false),
        _ when line.State.IsEnd() && line.Keeps > 0 => ($"{note}: orchestrator show {line.Id} says what to do", false),
        { State: DeploymentPhase.Paused } => ($"{note}: orchestrator resume {line.Id}", false),
        { Attention: not null } => ($"{note}: orchestrator show {line.Id}", false),
        _ => (note, false),
    };

    /// <summary>What to do about one whose plan or history cannot be read.</summary>
    public static string Broken(DeploymentId id) =>
        $"its plan or its history in the journal cannot be read: restore the journal from a copy, then orchestrator resume {id}; or orchestrator abandon "
            + $"{id} --yes, which gives up its nodes";

    private static Line Head(DeploymentLine line, bool saysItAll) =>
        new(line.Id.Value, line.Attention is { } attention && !saysItAll ? new Span($" [{attention}]", Tone.Bad) : "", " ");

    private static Tone ToneOf(DeploymentLine line) => line.State switch
    {
        DeploymentPhase.Succeeded => Tone.Good,
        _ when line.State.IsEnd() => Tone.Bad,
        _ => Tone.Odd,
    };
}
