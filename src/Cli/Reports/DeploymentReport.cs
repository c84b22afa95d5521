using Orchestrator.Cli.Progress;
using Orchestrator.Cli.Text;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Reports;

/// <summary>
/// A deployment for people: how it stands or ended, a row a group, the nodes that need a person with their words, and what to do next. Pure.
/// </summary>
internal static class DeploymentReport
{
    // A person reads so many; `show --all` has the rest.
    private const int MostNodes = 40;

    /// <summary>The report.</summary>
    /// <param name="view">As the host sees the deployment.</param>
    /// <param name="followed">What was seen while it was followed: the groups' times; null where nobody followed it.</param>
    /// <param name="width">No table line is wider; null for no limit.</param>
    /// <param name="now">For a deployment that goes on.</param>
    public static IEnumerable<Line> Lines(DeploymentView view, ProgressModel? followed, int? width, DateTimeOffset now) =>
        [Head(view, now), .. Reason(view), Line.Empty, .. Groups(view, followed, width), .. People(view), .. Next(view)];

    /// <summary>Every node of the deployment, a row each.</summary>
    public static IEnumerable<Line> AllNodes(DeploymentView view, int? width)
    {
        var table = new Table(new("node"), new("group", true), new("outcome"), new("changed", true), new("hold"), new("message"));
        foreach (var node in view.Nodes)
            table.Add(node.Name.Value, $"{node.Group}", OutcomeOf(node), $"{node.Changed ?? node.WouldChange}", HoldOf(node), node.Message);
        return table.Lines(width);
    }

    private static Line Head(DeploymentView view, DateTimeOffset now) => new(
        new Span($"Deployment {view.Id}", Tone.Strong),
        $" in {view.Environment}: ",
        new Span(Words.Of(view.State), view.State == DeploymentPhase.Succeeded ? Tone.Good : view.State.IsEnd() ? Tone.Bad : Tone.Odd),
        view.EndedAt is { } end ? $" after {Times.Clock(end - view.StartedAt)}" : $" for {Times.Clock(now - view.StartedAt)}",
        view.Caller.Length > 0 ? $", asked for by {view.Caller}" : "");

    private static IEnumerable<Line> Reason(DeploymentView view) => view.Message.Length > 0 ? [view.Message] : [];

    private static IEnumerable<Line> Groups(DeploymentView view, ProgressModel? followed, int? width)
    {
        if (view.Nodes.IsEmpty)
            return ["There was nothing to do: the plan has no nodes."];
        var table = new Table(
            new("group", true), new("nodes", true), new("succeeded", true), new("failed", true), new("skipped", true), new("open", true), new("changed", true), new("seconds", true));
        foreach (var group in view.Nodes.GroupBy(n => n.Group).OrderBy(g => g.Key))
        {
            // A group in which the deployment stopped was open until the end.
            var seconds = view.EndedAt is { } end && followed?.Groups.GetValueOrDefault(group.Key)?.Elapsed(end) is { } elapsed ? Times.Seconds(elapsed) : "-";
            table.Add(
                $"{group.Key}", $"{group.Count()}",
                Number(group.Count(n => n.Outcome is Outcome.Succeeded), Tone.Good),
                Number(group.Count(n => n.Outcome is { } o && ProgressModel.NeedsAPerson(o)), Tone.Bad),
                Number(group.Count(n => n.Outcome is Outcome.Skipped), Tone.Odd),
                Number(group.Count(n => n.Outcome is null), Tone.Odd),
                $"{group.Sum(n => n.Changed ?? n.WouldChange ?? 0)}",
                seconds);
        }
        return table.Lines(width);
    }

    private static IEnumerable<Line> People(DeploymentView view)
    {
        var nodes = view.Nodes.Where(NeedsAPerson).ToList();
        if (nodes.Count == 0)
            yield break;
        yield return Line.Empty;
        yield return new Line(new Span($"{Words.Count(nodes.Count, "node")} to look at:", Tone.Strong));
        foreach (var node in nodes.Take(MostNodes))
        {
            yield return new Line("  ", new Span(node.Name.Value, Tone.Strong), "  ", OutcomeOf(node), HoldOf(node) is { Text.Length: > 0 } hold ? new Span($", {hold.Text}", hold.Tone) : "");
            if (node.Message.Length > 0)
                yield return $"      {node.Message}";
            foreach (var line in node.ErrorLines ?? [])
                yield return new Line("      ", new Span(line, Tone.Faint));
            foreach (var warning in node.Warnings ?? [])
                yield return new Line("      ", new Span($"warning: {warning}", Tone.Odd));
        }
        if (nodes.Count > MostNodes)
            yield return $"  and {nodes.Count - MostNodes} more: orchestrator show {view.Id} --all";
    }

    private static IEnumerable<Line> Next(DeploymentView view)
    {
        var held = view.Nodes.Count(n => n.Held);
        var notHeld = view.Nodes.Count(n => n.Hold == Hold.NotHeld);
        var notReleased = view.Nodes.Count(n => n.Hold == Hold.NotReleased);
        if (!view.State.IsEnd())
        {
            yield return Line.Empty;
            yield return $"It goes on: orchestrator watch {view.Id} shows it, orchestrator cancel {view.Id} stops it.";
            yield break;
        }
        if (held + notHeld == 0)
            yield break;
        yield return Line.Empty;
        if (notReleased > 0)
            yield return $"{Words.Count(notReleased, "node")} could not be enabled again: once they answer, orchestrator release {view.Id} tries again.";
        if (held > notReleased)
        {
            yield return $"{Words.Count(held, "node")} {(held == 1 ? "stays" : "stay")} disabled by this deployment. Look at what failed, then:";
            yield return $"    orchestrator release {view.Id}";
            yield return "Their own Puppet then applies what the server serves, in no order of ours.";
        }
        if (notHeld > 0)
            yield return $"{Words.Count(notHeld, "node")} could not be confirmed as disabled and may run Puppet on their own.";
    }

    private static bool NeedsAPerson(NodeView node) =>
        (node.Outcome is { } outcome && ProgressModel.NeedsAPerson(outcome)) || node.Hold is Hold.NotHeld or Hold.NotReleased || node.Warnings is { Count: > 0 };

    private static Span OutcomeOf(NodeView node) => node.Outcome switch
    {
        null => new Span("open", Tone.Odd),
        Outcome.Succeeded => new Span(Words.Of(Outcome.Succeeded), Tone.Good),
        Outcome.Skipped => new Span(Words.Of(Outcome.Skipped), Tone.Odd),
        { } outcome => new Span(Words.Of(outcome), Tone.Bad),
    };

    private static Span HoldOf(NodeView node) => node.Hold switch
    {
        Hold.NotHeld or Hold.NotReleased => new Span(Words.Of(node.Hold), Tone.Bad),
        _ when node.Held => new Span("held", Tone.Odd),
        _ => "",
    };

    private static Span Number(int number, Tone tone) => new($"{number}", number == 0 ? Tone.Faint : tone);
}
