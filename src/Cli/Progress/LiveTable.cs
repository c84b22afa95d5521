using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Following;

namespace Orchestrator.Cli.Progress;

/// <summary>
/// A deployment at a glance for a terminal: a head, a row a group, then the nodes that need attention. Pure: where things stand, the time
/// and the window's size give lines, never more and never wider than the window.
/// </summary>
internal static class LiveTable
{
    // The columns' numbers take up to five digits each; with the gaps 78 columns.
    private const string Headings = "group  nodes  waiting  starting  running  succeeded  failed  skipped   elapsed";

    /// <param name="columns">The window's; a line never fills the last one, where some terminals wrap.</param>
    /// <param name="rows">The window's; one row stays free for the cursor.</param>
    /// <param name="standstill">Where nothing is known to go on: <paramref name="now"/> is then when that began.</param>
    public static IReadOnlyList<Line> Lines(ProgressModel model, DateTimeOffset now, int columns, int rows, Standstill? standstill = null)
    {
        var room = Math.Max(1, rows - 1);
        now -= model.ClockStepped;
        var lines = new List<Line> { Head(model, now),
        standstill is { } still ? new(new Span(still.Why, Tone.Bad)) : new(new Span(StepOf(model, now), Tone.Faint)) };
        lines.AddRange(Attention(model).Take(Math.Max(0, room / 4)));
        lines.Add(new(new Span(Headings, Tone.Faint)));
        lines.AddRange(Groups(model, now, Math.Max(1, room - lines.Count - LinesToLookAt(model, room))));
        lines.AddRange(ToLookAt(model, room - lines.Count));
        return [.. lines.Take(room).Select(l => l.Cut(Math.Max(1, columns - 1)))];
    }

    private static Line Head(ProgressModel model, DateTimeOffset now) => new(
        new Span($"Deployment {model.Id}", Tone.Strong),
        $" in {model.Environment}: ",
        new Span(model.Phase.Word(), ToneOf(model.Phase)),
        $"  {Times.Clock(now - model.RegisteredAt)}",
        model.Attempt > 1 ? $"  attempt {model.Attempt}" : "");

    private static string StepOf(ProgressModel model, DateTimeOffset now) => model switch
    {
        { Retry: { } retry } => $"attempt {retry.Attempt} starts in {Times.Clock(retry.Until - now)}: {retry.Because}",
        { Stopping.Length: > 0 } => $"stopping: {model.Stopping}",
        { PausedBy: { } by } => $"paused by {by}: orchestrator resume {model.Id} ends the pause",
        { Approval: { } approval } =>
            $"group {approval.Group} waits for approval{(approval.DeadlineAt is { } by ? $", {Times.Clock(by - now)} left" : "")}: orchestrator "
                + $"approve {model.Id} --group {approval.Group}",
        { SoakUntil: { } until } => $"{GroupOf(model)}: the next batch starts in {Times.Clock(until - now)}",
        { Doing: DeploymentPhase.Waiting, WaitsFor: { IsEmpty: false } waitsFor } => $"waiting for nodes reserved by {Phrases.Some(waitsFor)}",
        { Doing: DeploymentPhase.Waiting } => "not started yet",
        { Doing: DeploymentPhase.Checking } => $"{model.Expected - model.Unanswered} of {model.Expected} nodes answered the check",
        { Doing: DeploymentPhase.Isolating } => $"{Rollback(model)}{model.IsolatedCount} of {model.CheckedCount} nodes disabled, {model.IdleCount} idle",
        { Doing: DeploymentPhase.Running, AwaitedPlaces: > 0 and var awaited, Options: { } options } =>
            $"{Rollback(model)}{(model.IsEager ? "" : $"{GroupOf(model)}: ")}{options.WaitForPlaces(awaited)}",
        { Doing: DeploymentPhase.Running, IsEager: true } => "each node starts as soon as its dependencies have succeeded",
        { Doing: DeploymentPhase.Running, OpenGroup: > 0 } => $"{Rollback(model)}{GroupOf(model)}",
        _ => "",
    };

    private static string GroupOf(ProgressModel model) =>
        $"node group {model.OpenGroup} of "
            + $"{model.Groups.Count}{(model.Options?.Batch is not null && model.BatchNumber > 0 ? $", batch {model.BatchNumber}" : "")}";

    private static string Rollback(ProgressModel model) => model.Rollback is { } rollback ? $"rolling back to {rollback.Environment}: " : "";

    /// <summary>That a group waits for approval is the step already.</summary>
    private static IEnumerable<Line> Attention(ProgressModel model) => model.Attention
        .Where(a => a.Key != Messages.Deployments.Attention.AwaitingApproval)
        .Select(a => new Line(new Span($"{a.Key.Word()}: {a.Value}", Tone.Bad)));

    private static IEnumerable<Line> Groups(ProgressModel model, DateTimeOffset now, int room)
    {
        var groups = model.Groups.Values.ToList();
        if (groups.Count <= room)
            return groups.Select(g => Row(g, now));
        // Not all fit: those around the open one, with a line that counts the others.
        var shown = Math.Max(1, room - 1);
        var first = Math.Clamp(groups.FindIndex(g => g.Number == model.OpenGroup) - shown / 2, 0, groups.Count - shown);
        var rows = groups.Skip(first).Take(shown).Select(g => Row(g, now));
        return room == 1 ? rows : rows.Append(new Line(new Span($"    …  {Phrases.Count(groups.Count - shown, "more group")}", Tone.Faint)));
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

    private static int LinesToLookAt(ProgressModel model, int room) =>
        model.ToLookAt.IsEmpty ? 0 : Math.Min(model.ToLookAt.Count + 1, Math.Max(2, room / 2));

    private static IEnumerable<Line> ToLookAt(ProgressModel model, int room)
    {
        if (model.ToLookAt.IsEmpty || room < 2)
            yield break;
        yield return Line.Empty;
        var shown = model.ToLookAt.Count <= room - 1 ? model.ToLookAt.Count : room - 2;
        foreach (var name in model.ToLookAt.Take(shown))
        {
            var node = model.Nodes[name];
            yield return new Line(new Span(name.Value, Tone.Strong), "  ", new Span(node.Outcome is { } o ? $"{o.Word()}  " : "", Tone.Bad), node.Message);
        }
        if (shown < model.ToLookAt.Count)
            yield return new Line(new Span($"and {Phrases.Count(model.ToLookAt.Count - shown, "more node")} to look at", Tone.Bad));
    }

    private static Tone ToneOf(DeploymentPhase phase) => phase switch
    {
        DeploymentPhase.Succeeded => Tone.Good,
        _ when phase.IsEnd() => Tone.Bad,
        _ => Tone.Odd,
    };
}
