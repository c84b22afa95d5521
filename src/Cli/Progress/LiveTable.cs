using Orchestrator.Cli.Text;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Progress;

/// <summary>
/// A deployment at a glance for a terminal: a head, a row a group, then the nodes that need attention. Pure: where things stand, the time
/// and the window's size give lines, never more and never wider than the window.
/// </summary>
internal static class LiveTable
{
    private const int HeadLines = 3;

    // The columns' numbers take up to five digits each; with the gaps 78 columns.
    private const string Headings = "group  nodes  waiting  starting  running  succeeded  failed  skipped   elapsed";

    /// <summary>The table.</summary>
    /// <param name="model">Where the deployment stands.</param>
    /// <param name="now">For elapsed times.</param>
    /// <param name="columns">The window's; a line never fills the last one, where some terminals wrap.</param>
    /// <param name="rows">The window's; one row stays free for the cursor.</param>
    public static IReadOnlyList<Line> Lines(ProgressModel model, DateTimeOffset now, int columns, int rows)
    {
        var room = Math.Max(1, rows - 1);
        var groupRoom = Math.Max(1, room - HeadLines - AttentionLines(model, room));
        var lines = new List<Line> { Head(model, now), new(new Span(StepOf(model), Tone.Faint)), new(new Span(Headings, Tone.Faint)) };
        lines.AddRange(Groups(model, now, groupRoom));
        lines.AddRange(Attention(model, room - lines.Count));
        return [.. lines.Take(room).Select(l => l.Cut(Math.Max(1, columns - 1)))];
    }

    private static Line Head(ProgressModel model, DateTimeOffset now) => new(
        new Span($"Deployment {model.Id}", Tone.Strong),
        $" in {model.Environment}: ",
        new Span(Words.Of(model.Phase), ToneOf(model.Phase)),
        $"  {Times.Clock(now - model.RegisteredAt)}");

    private static string StepOf(ProgressModel model) => model switch
    {
        { Stopping.Length: > 0 } => $"stopping: {model.Stopping}",
        { Phase: DeploymentPhase.Waiting } => "waits for nodes that another deployment has",
        { Phase: DeploymentPhase.Checking } => $"{model.CheckedCount} of {model.Nodes.Count} nodes answered the check",
        { Phase: DeploymentPhase.Isolating } => $"{model.HeldCount} of {model.CheckedCount} nodes are disabled, {model.IdleCount} are idle",
        { Phase: DeploymentPhase.Running, OpenGroup: > 0 } => $"node group {model.OpenGroup} of {model.Groups.Count}",
        _ => "",
    };

    private static IEnumerable<Line> Groups(ProgressModel model, DateTimeOffset now, int room)
    {
        var groups = model.Groups.Values.ToList();
        if (groups.Count <= room)
            return groups.Select(g => Row(g, now));
        // Not all fit: those around the open one, with a line that counts the others.
        var shown = Math.Max(1, room - 1);
        var first = Math.Clamp(groups.FindIndex(g => g.Number == model.OpenGroup) - shown / 2, 0, groups.Count - shown);
        var rows = groups.Skip(first).Take(shown).Select(g => Row(g, now));
        return room == 1 ? rows : rows.Append(new Line(new Span($"    …  {groups.Count - shown} more groups", Tone.Faint)));
    }

    private static Line Row(GroupProgress group, DateTimeOffset now)
    {
        var s = group.Stages;
        return new Line(
            $"{group.Number,5}  {s.Total,5}  ", Cell(s.Waiting, 7, Tone.Plain), Cell(s.Chosen + s.Starting, 8, Tone.Odd), Cell(s.Running, 7, Tone.Odd),
            Cell(s.Succeeded, 9, Tone.Good), Cell(s.Failed, 6, Tone.Bad), Cell(s.Skipped, 7, Tone.Faint),
            (group.Elapsed(now) is { } elapsed ? Times.Clock(elapsed) : "-").PadLeft(8));
    }

    private static Span Cell(int number, int width, Tone tone) => new($"{number}".PadLeft(width) + "  ", number == 0 ? Tone.Faint : tone);

    private static int AttentionLines(ProgressModel model, int room) =>
        model.Attention.IsEmpty ? 0 : Math.Min(model.Attention.Count + 1, Math.Max(2, room / 2));

    private static IEnumerable<Line> Attention(ProgressModel model, int room)
    {
        if (model.Attention.IsEmpty || room < 2)
            yield break;
        yield return Line.Empty;
        var shown = model.Attention.Count <= room - 1 ? model.Attention.Count : room - 2;
        foreach (var name in model.Attention.Take(shown))
        {
            var node = model.Nodes[name];
            yield return new Line(new Span(name.Value, Tone.Strong), "  ", new Span(node.Outcome is { } o ? $"{Words.Of(o)}  " : "", Tone.Bad), node.Message);
        }
        if (shown < model.Attention.Count)
            yield return new Line(new Span($"and {model.Attention.Count - shown} more nodes that need a person", Tone.Bad));
    }

    private static Tone ToneOf(DeploymentPhase phase) => phase switch
    {
        DeploymentPhase.Succeeded => Tone.Good,
        _ when phase.IsEnd() => Tone.Bad,
        _ => Tone.Odd,
    };
}
