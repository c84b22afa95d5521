using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Reports;

/// <summary>Which nodes of a fleet answered a ping, and what is odd about them. Pure.</summary>
internal static class PingReport
{
    /// <summary>How many answered and how fast, then a line for each odd or missing one.</summary>
    public static IEnumerable<Line> Lines(PingView view)
    {
        var nodes = view.Nodes;
        var within = $"within {Durations.Text(view.Wait)}";
        if (nodes.IsEmpty)
        {
            yield return new Line(
                new Span($"No node of the fleet {view.Fleet} answered {within}.", Tone.Bad),
                " Nodes do not answer a caller they do not allow: see \"What nodes must allow\" in docs/network.md.");
        }
        else
        {
            var took = nodes.Select(n => n.Took).Order().ToArray();
            yield return new Line(
                new Span($"{Phrases.Count(nodes.Length, "node")} of the fleet {view.Fleet} answered {within}", Tone.Good),
                $": the first after {Durations.Text(took[0])}, half of them after {Durations.Text(took[(took.Length - 1) / 2])}, the last after "
                    + $"{Durations.Text(took[^1])}.");
        }
        foreach (var node in nodes.Where(n => n.IsClockOff))
        {
            yield return new Line(
                new Span(node.Name.Value, Tone.Strong),
                $": its clock is {Durations.Text(node.Offset!.Value.Duration())} {(node.Offset > TimeSpan.Zero ? "ahead of" : "behind")} this machine's, "
                    + $"and a run refuses more than {Durations.Text(PingedNode.MostOffset)}: correct one of them");
        }
        foreach (var node in nodes.Where(n => n.Problem is not null))
            yield return new Line(new Span(node.Name.Value, Tone.Strong), $": {node.Problem}");
        if (view.Missing is not { } missing)
            yield break;
        foreach (var name in missing)
            yield return new Line(new Span(name.Value, Tone.Strong), ": ", new Span("no answer", Tone.Bad));
        yield return missing.IsEmpty
            ? "All nodes of the site answered."
            : $"{Phrases.Count(missing.Length, "node")} of the site did not answer: \"A node is unreachable\" in docs/network.md says what to look at.";
    }

    /// <summary>Whether a run would have no trouble with any of them.</summary>
    public static bool IsFine(PingView view) =>
        !view.Nodes.IsEmpty && view.Missing is not { IsEmpty: false } && !view.Nodes.Any(n => n.IsClockOff || n.Problem is not null);
}
