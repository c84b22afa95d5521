using Orchestrator.Cli.Text;
using Orchestrator.Client.Texts;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Following;

namespace Orchestrator.Cli.Progress;

/// <summary>
/// A deployment at a glance for a terminal: a head, a bar, a row a group, the nodes that run longest, then those that need attention. Pure: where things stand,
/// the time and the window's size give lines, never more and never wider than the window.
/// </summary>
internal static class LiveTable
{
    private const int Gap = 2;
    private const int WidestBar = 30;
    private const int WidestGroupBar = 20;
    private const int NarrowestBar = 8;
    private const int MostLongest = 3;
    private const int MostLinesOfText = 4;
    private const int NarrowestText = 24;

    /// <summary>In fewer the open group is worth more than what it is at.</summary>
    private const int FewRows = 6;

    // Where there is no room for all, columns leave in this order; what failed stays to the last. Numbers go up to 99,999.
    private static readonly Column[] Columns =
    [
        new("group", 5, 9, (g, _) => new Span($"{g.Number}")),
        new("progress", NarrowestBar, 6, (_, _) => ""),
        new("nodes", 6, 5, (g, _) => Number(g.Stages.Total, Tone.Plain)),
        new("waiting", 7, 1, (g, _) => Number(g.Stages.Waiting, Tone.Plain)),
        new("starting", 8, 2, (g, _) => Number(g.Stages.Chosen + g.Stages.Starting, Tone.Odd)),
        new("running", 7, 8, (g, _) => Number(g.Stages.Running, Tone.Odd)),
        new("succeeded", 9, 7, (g, _) => Number(g.Stages.Succeeded, Tone.Good)),
        new("failed", 6, 10, (g, _) => Number(g.Stages.Failed, Tone.Bad)),
        new("skipped", 7, 4, (g, _) => Number(g.Stages.Skipped, Tone.Faint)),
        new("elapsed", 7, 3, (g, now) => g.Elapsed(now) is { } elapsed ? Durations.Whole(elapsed) : ""),
    ];

    private static readonly Column Bars = Columns.Single(c => c.Heading == "progress");

    /// <param name="Leaves">Its place in the order in which columns leave a narrow window.</param>
    private sealed record Column(string Heading, int Width, int Leaves, Func<GroupProgress, DateTimeOffset, Span> Cell);

    /// <param name="columns">The window's; a line never fills the last one, where some terminals wrap.</param>
    /// <param name="rows">The window's; one row stays free for the cursor.</param>
    /// <param name="standstill">Where nothing is known to go on: <paramref name="now"/> is then when that began.</param>
    /// <param name="usual">How long runs usually take; null where that is not known.</param>
    /// <param name="zone">In which the expected end is told; null for UTC.</param>
    public static IReadOnlyList<Line> Lines(
        ProgressModel model, DateTimeOffset now, int columns, int rows, Standstill? standstill = null, UsualTimes? usual = null, TimeZoneInfo? zone = null)
    {
        var room = Math.Max(1, rows - 1);
        var width = Math.Max(1, columns - 1);
        now -= model.ClockStepped;
        var lines = new List<Line> { Head(model, now, width) };
        var hasBar = model.OpenGroup > 0 || model.IsEager;
        if (standstill is { } still)
            lines.AddRange(Told(still.Why, Tone.Bad));
        else if (room >= FewRows || !hasBar)
            lines.AddRange(Told(StepOf(model, now), Tone.Faint));
        lines.AddRange(Attention(model).SelectMany(text => Told(text, Tone.Bad)).Take(Math.Max(0, room / 4)));
        if (hasBar)
            lines.Add(Whole(model, now, width, standstill is null ? (usual ?? UsualTimes.Unknown).Left(model, now) : null, zone ?? TimeZoneInfo.Utc));
        var shown = Fitting(width, out var bar);
        lines.Add(new([.. Row(shown, c => [new Span(c.Heading, Tone.Faint)], c => c == Bars ? bar : c.Width)]));
        var longest = Longest(model, now, width, usual ?? UsualTimes.Unknown, room < 8 ? 0 : room < 16 ? 1 : MostLongest).ToList();
        lines.AddRange(Groups(model, now, Math.Max(1, room - lines.Count - longest.Count - LinesToLookAt(model, room)), shown, bar));
        lines.AddRange(longest.Take(room - lines.Count));
        lines.AddRange(ToLookAt(model, room - lines.Count));
        return [.. lines.Take(room).Select(l => l.Cut(width))];

        // What a person is to do must not be cut, but in a small window, where the rest would leave no room for the table.
        IEnumerable<Line> Told(string text, Tone tone) => room < 2 * FewRows || width < NarrowestText
            ? [new Line(new Span(Wrapped.Plain(text), tone))]
            : Wrapped.Lines(text, width, "    ", tone, Line.Empty).Take(MostLinesOfText);
    }

    /// <summary>The columns for which there is room, and how wide a group's bar is.</summary>
    private static List<Column> Fitting(int width, out int bar)
    {
        var shown = Columns.ToList();
        while (shown.Count > 1 && Taken(shown) > width)
            shown.Remove(shown.MinBy(c => c.Leaves)!);
        bar = Math.Min(WidestGroupBar, NarrowestBar + width - Taken(shown));
        return shown;

        static int Taken(List<Column> columns) => columns.Sum(c => c.Width) + (columns.Count - 1) * Gap;
    }

    private static IEnumerable<Span> Row(List<Column> columns, Func<Column, Span[]> cellOf, Func<Column, int> widthOf)
    {
        foreach (var column in columns)
        {
            var cell = cellOf(column);
            Span padding = new string(' ', Math.Max(0, widthOf(column) - cell.Sum(s => VisibleText.WidthOf(s.Text))));
            if (column != columns[0])
                yield return new string(' ', Gap);
            // A bar fills its cell, and its heading stands at its left; numbers stand at their right.
            foreach (var span in column == Bars ? [.. cell, padding] : (Span[])[padding, .. cell])
                yield return span;
        }
    }

    /// <summary>How far the whole has come, in as many words as there is room for.</summary>
    /// <param name="left">How long it should still take; null where that is not known.</param>
    private static Line Whole(ProgressModel model, DateTimeOffset now, int width, TimeSpan? left, TimeZoneInfo zone)
    {
        var all = model.AllStages;
        var percent = $"{(all.Total == 0 ? 100 : (long)all.Settled * 100 / all.Total),3}%";
        var (end, about) = left switch
        {
            null => ("", ""),
            { TotalSeconds: < 1 } => (", longer than usual", ", longer than usual"),
            { } time => (
                $", about {Durations.Whole(time)} left, ends {Times.MinuteOfDay(now + model.ClockStepped + time, zone)}", $", {Durations.Whole(time)} left"),
        };
        var (done, of) = (Phrases.Number(all.Settled), Phrases.Number(all.Total));
        string[] told =
        [
            $"{percent}  {done} of {Phrases.Count(all.Total, "node")} done{end}", $"{percent}  {done} of {of} done{about}", $"{percent}  {done}/{of}{about}",
            $"{percent}  {done}/{of}", percent,
        ];
        var text = told.FirstOrDefault(t => t.Length + NarrowestBar + 4 <= width) ?? told[^1];
        var bar = Math.Min(WidestBar, width - text.Length - 4);
        return bar < NarrowestBar ? text : new Line(["[", .. Bar(all, bar), "]  ", text]);
    }

    /// <summary>Stages side by side, each by its share; one that has any node takes a column at least, if there are enough.</summary>
    private static IEnumerable<Span> Bar(StageCounts stages, int width)
    {
        (int Count, char Sign, Tone Tone)[] parts =
        [
            (stages.Succeeded, '#', Tone.Good), (stages.Failed, 'x', Tone.Bad), (stages.Skipped, '-', Tone.Faint),
            (stages.Chosen + stages.Starting + stages.Running, '>', Tone.Odd), (stages.Waiting, '.', Tone.Faint),
        ];
        var (left, nodes) = (width, (long)stages.Total);
        var shown = parts.Where(p => p.Count > 0).ToList();
        for (var i = 0; i < shown.Count; i++)
        {
            var (count, sign, tone) = shown[i];
            // What stands here and to the right shares what is left, of which each of those takes a column.
            var most = Math.Max(1, left - (shown.Count - 1 - i));
            var share = (int)Math.Min(Math.Min(left, most), Math.Max(1, (left * (long)count + nodes / 2) / nodes));
            yield return new Span(new string(sign, share), tone);
            (left, nodes) = (left - share, nodes - count);
        }
    }

    /// <summary>The nodes whose runs have gone on longest, each with what is usual for it.</summary>
    private static IEnumerable<Line> Longest(ProgressModel model, DateTimeOffset now, int width, UsualTimes usual, int most)
    {
        if (most == 0 || model.BatchStages.Starting + model.BatchStages.Running == 0)
            yield break;
        const string Says = "longest: ";
        var head = Says;
        foreach (var (name, since) in model.Batch.Select(n => (Name: n, model.Nodes[n].RequestedAt)).Where(n => n.RequestedAt is not null)
            .OrderBy(n => n.RequestedAt).ThenBy(n => n.Name).Take(most))
        {
            var elapsed = now - since!.Value;
            var known = usual.Of(name);
            var line = new Line(
                new Span(head, Tone.Faint), new Span(Durations.Whole(elapsed), elapsed > 2 * known ? Tone.Odd : Tone.Plain), "  ",
                new Span(name.Value, Tone.Strong));
            var whole = known is { } time ? new Line([.. line.Spans, new Span($", usually {Durations.Whole(time)}", Tone.Faint)]) : line;
            yield return whole.Width <= width ? whole : line;
            head = new string(' ', Says.Length);
        }
    }

    /// <summary>Where there is no room for all, the state and the time stay to the last.</summary>
    private static Line Head(ProgressModel model, DateTimeOffset now, int width)
    {
        Span[] end =
        [
            new Span(model.Phase.Word(), ToneOf(model.Phase)), $"  {Durations.Whole(now - model.RegisteredAt)}",
            model.Attempt > 1 ? $"  attempt {model.Attempt}" : "",
        ];
        Line[] heads =
        [
            new([new Span($"Deployment {model.Id}", Tone.Strong), $" in {model.Environment}: ", .. end]),
            new([new Span(model.Id.Value, Tone.Strong), ": ", .. end]),
        ];
        return Array.Find(heads, h => h.Width <= width) ?? new Line(end);
    }

    private static string StepOf(ProgressModel model, DateTimeOffset now) => ProgressSteps.Of(model, now) switch
    {
        null => "",
        { Next: { } next } step => $"{step.Sentence}: {Wrapped.Together(CommandTexts.Of(next))}{step.Does}",
        var step => step.Sentence,
    };

    /// <summary>That a group waits for approval is the step already.</summary>
    private static IEnumerable<string> Attention(ProgressModel model) => model.Attention
        .Where(a => a.Key != Messages.Deployments.Attention.AwaitingApproval)
        .Select(a => $"{a.Key.Word()}: {a.Value}");

    private static IEnumerable<Line> Groups(ProgressModel model, DateTimeOffset now, int room, List<Column> shown, int bar)
    {
        var groups = model.Groups.Values.ToList();
        if (groups.Count <= room)
            return groups.Select(RowOf);
        // Not all fit: those around the open one, with a line that counts the others.
        var most = Math.Max(1, room - 1);
        var first = Math.Clamp(groups.FindIndex(g => g.Number == model.OpenGroup) - most / 2, 0, groups.Count - most);
        var rows = groups.Skip(first).Take(most).Select(RowOf);
        return room == 1 ? rows : rows.Append(new Line(new Span($"    …  {Phrases.Count(groups.Count - most, "more group")}", Tone.Faint)));

        Line RowOf(GroupProgress group) =>
            new([.. Row(shown, c => c == Bars ? [.. Bar(group.Stages, bar)] : [c.Cell(group, now)], c => c == Bars ? bar : c.Width)]);
    }

    /// <summary>Zeros are quiet: what is there is what is seen.</summary>
    private static Span Number(int number, Tone tone) => number == 0 ? "" : new Span(Phrases.Number(number), tone);

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
