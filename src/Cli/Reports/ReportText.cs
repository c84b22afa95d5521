using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Reports;

/// <summary>A deployment for people: how it stands or ended, its groups, the nodes that need a person, changes, times, and what to do next. Pure.</summary>
internal static class ReportText
{
    // A plan may be a chain of thousands.
    private const int MostGroups = 40;
    private const int LongestMessage = 300;

    /// <param name="width">No line is wider; null for no limit.</param>
    /// <param name="now">For a deployment that goes on.</param>
    /// <param name="zone">Whose times are told.</param>
    public static IEnumerable<Line> Lines(DeploymentView view, int? width, DateTimeOffset now, TimeZoneInfo zone)
    {
        ImmutableArray<IEnumerable<Line>> sections =
        [
            Head(view, width, now, zone), Groups(view, width), Rollback(view, width), PeopleText.Lines(view, width), PeopleText.Warnings(view, width),
            ChangesText.Lines(view, width), TimesText.Lines(view, width), NextText.Attention(view, width), NextText.Lines(view, width, zone),
        ];
        var isFirst = true;
        foreach (var section in sections)
        {
            var parted = isFirst;
            foreach (var line in section.SelectMany(l => Wrapped.Fit(l, width)))
            {
                if (!parted)
                    yield return Line.Empty;
                parted = true;
                yield return line;
            }
            isFirst = false;
        }
    }

    /// <summary>Every node of the deployment, a row each.</summary>
    public static IEnumerable<Line> AllNodes(DeploymentView view, int? width)
    {
        var table = new Table(new("node"), new("group", true), new("outcome"), new("changed", true), new("hold"), new("message"));
        foreach (var node in view.Nodes)
        {
            table.Add(
                node.Name.Value, $"{node.Group}", OutcomeOf(node.Outcome, view.State.IsEnd()), $"{node.WouldChange ?? node.Changed}", HoldOf(node),
                OutsideText.Middle(node.Message, LongestMessage));
        }
        return table.Lines(width);
    }

    /// <param name="isOver">Whether the deployment has ended: what is open then was never finished.</param>
    public static Span OutcomeOf(Outcome? outcome, bool isOver) => outcome switch
    {
        null => new Span(isOver ? "unfinished" : "pending", Tone.Odd),
        Outcome.Succeeded => new Span(Outcome.Succeeded.Word(), Tone.Good),
        Outcome.Skipped => new Span(Outcome.Skipped.Word(), Tone.Odd),
        { } bad => new Span(bad.Word(), Tone.Bad),
    };

    /// <summary>How the node stands to the deployment; empty where that has nothing to do with it.</summary>
    public static Span HoldOf(NodeView node) => node.Standing switch
    {
        Standing.Free or Standing.Unknown => "",
        Standing.Held => new Span(node.KeptBy is { } by ? $"kept by {by}" : Standing.Held.Word(), Tone.Odd),
        _ => new Span(node.Standing.Word(), node.Standing.IsUnclear() ? Tone.Bad : Tone.Odd),
    };

    private static IEnumerable<Line> Head(DeploymentView view, int? width, DateTimeOffset now, TimeZoneInfo zone)
    {
        yield return new Line(
            new Span($"Deployment {view.Id}", Tone.Strong),
            $" in {view.Environment}: ",
            new Span(view.State.Word(), view.State == DeploymentPhase.Succeeded ? Tone.Good : view.State.IsEnd() ? Tone.Bad : Tone.Odd),
            view.EndedAt is { } end ? $" after {Durations.Whole(end - view.StartedAt)}"
                : view.Unattended ? " when its host exited"
                : $" for {Durations.Whole(view.Report is { ClockSteps: not null } report ? report.Time : now - view.StartedAt)}",
            view.Caller.Length > 0 ? $", started by {view.Caller}" : "",
            view.Attempt > 1 ? $", attempt {view.Attempt}" : "",
            view.Progress is { } progress ? $", {Phrases.Number(progress.Done)} of {Phrases.Count(progress.Of, "node")} done{OpenGroup(progress)}" : "");
        foreach (var line in view.Description is { } text ? Wrapped.Lines($"Description: {text}", width, "  ", head: Line.Empty) : [])
            yield return line;
        foreach (var line in view.Message.Length > 0 ? Wrapped.Lines(view.Message, width, "") : [])
            yield return line;
        if (view.Report is { Noop: true })
            yield return "Noop run: nothing was changed; \"changed\" counts what would change.";
        if (view.Report is { OverrideNoop: true })
            yield return "Nodes configured as noop also ran for real (--override-noop).";
        foreach (var line in WhereText.Lines(view, width))
            yield return line;
        foreach (var step in view.Report?.ClockSteps ?? [])
        {
            foreach (var line in Wrapped.Lines($"At {Phrases.Time(step.At, zone)} {Phrases.ClockSet(step.By)}; deadlines were not affected.", width, ""))
                yield return line;
        }
    }

    private static string OpenGroup(DeploymentProgress progress) => progress.Group is { } group ? $", group {group} of {progress.Groups}" : "";

    private static IEnumerable<Line> Groups(DeploymentView view, int? width)
    {
        if (view.Nodes.IsEmpty)
            return ["Nothing to do: the plan has no nodes."];
        return view.Report is { } report ? Rows(report.Groups, view, width) : [];
    }

    private static IEnumerable<Line> Rollback(DeploymentView view, int? width)
    {
        if (view.Report?.Rollback is not { } rollback)
            return [];
        var head = new Line("Rollback to ", new Span(rollback.Environment, Tone.Strong), ", last group first:");
        return [head, .. Rows(rollback.Groups, view, width), .. WhereText.Lines(rollback, view, width)];
    }

    private static IEnumerable<Line> Rows(ImmutableArray<ReportRow> rows, DeploymentView view, int? width)
    {
        // What has changed makes room for what is open, or was never finished.
        var hasOpen = !view.State.IsEnd() || rows.Any(r => r.Open > 0);
        Table.Column[] columns =
        [
            new("group", true), new("nodes", true), new("succeeded", true), .. hasOpen ? Array.Empty<Table.Column>() : [new("changed", true)],
            new("failed", true), new("unreachable", true), new("refused", true), new("skipped", true),
            .. hasOpen ? [new(view.State.IsEnd() ? "no end" : "pending", true)] : Array.Empty<Table.Column>(), new("time", true),
        ];
        var table = new Table(columns);
        foreach (var row in rows.Take(MostGroups))
        {
            table.Add(
            [
                $"{row.Group}", Phrases.Number(row.Nodes), Number(row.Succeeded, Tone.Good), .. hasOpen ? Array.Empty<Span>() : [Number(row.Changed)],
                Number(row.Failed, Tone.Bad), Number(row.Unreachable, Tone.Bad), Number(row.Refused, Tone.Bad), Number(row.Skipped, Tone.Odd),
                .. hasOpen ? [Number(row.Open, Tone.Odd)] : Array.Empty<Span>(),
                row.Time is { } time ? Durations.Text(time) : "-",
            ]);
        }
        var rest = rows.Skip(MostGroups).ToList();
        if (rest.Count == 0)
            return table.Lines(width);
        var (nodes, good) = (rest.Sum(r => r.Nodes), rest.Sum(r => r.Succeeded));
        return
        [
            .. table.Lines(width),
            $"and {Phrases.Count(rest.Count, "more group")} with {Phrases.Count(nodes, "node")}, {Phrases.Number(good)} of them succeeded",
        ];
    }

    private static Span Number(int number, Tone tone = Tone.Plain) => new(Phrases.Number(number), number == 0 ? Tone.Faint : tone);
}
