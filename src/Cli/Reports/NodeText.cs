using Orchestrator.Cli.Text;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Reports;

/// <summary>One node of a deployment, with all that it said: what a report shortens is whole here. Pure.</summary>
internal static class NodeText
{
    private const string Indent = "  ";

    /// <param name="width">No line is wider; null for no limit.</param>
    public static IEnumerable<Line> Lines(DeploymentView view, NodeView node, int? width)
    {
        var hold = ReportText.HoldOf(node);
        yield return new Line(
            new Span(node.Name.Value, Tone.Strong), $" in group {node.Group} of deployment {view.Id}: ", ReportText.OutcomeOf(node.Outcome, view.State.IsEnd()),
            hold.Text.Length > 0 ? new Span($", {hold.Text}", hold.Tone) : "");
        (string Head, Tone Tone, string? Text)[] told =
        [
            ("", Tone.Plain, node.Message),
            .. (node.ErrorLines ?? []).Select(l => ("its log: ", Tone.Plain, (string?)l)),
            .. (node.Warnings ?? []).Select(w => ("warning: ", Tone.Odd, (string?)w)),
            ("rollback: ", Tone.Plain, node.Compensation is { } again ? $"{again.Word()}: {node.CompensationMessage}" : null),
            .. (node.CompensationErrorLines ?? []).Select(l => ("its log in the rollback: ", Tone.Plain, (string?)l)),
            ("seen: ", Tone.Odd, node.Seen),
        ];
        foreach (var (head, tone, text) in told)
        {
            foreach (var line in string.IsNullOrEmpty(text) ? [] : Wrapped.Lines(text, width, Indent + Indent, tone, new Line(Indent, head)))
                yield return line;
        }
        yield return new Line(Indent, $"orchestrator why {view.Id} {node.Name} says what led to that");
    }
}
