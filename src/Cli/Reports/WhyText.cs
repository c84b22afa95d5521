using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Reports;

/// <summary>The chain of causes for people: a line a link, a step further in where it goes on to another node or to the deployment. Pure.</summary>
internal static class WhyText
{
    private const string Step = "  ";

    /// <param name="width">No line is wider; null for no limit.</param>
    public static IEnumerable<Line> Lines(WhyView why, int? width)
    {
        var indent = "";
        NodeName? about = null;
        var isFirst = true;
        foreach (var link in why.Links)
        {
            var isNew = isFirst || link.Node != about;
            if (isNew && !isFirst)
                indent += Step;
            (about, isFirst) = (link.Node, false);
            var head = isNew && link.Node is { } node ? new Line(indent, new Span(node.Value, Tone.Strong), Step) : new Line(indent, isNew ? "" : Step);
            foreach (var line in Wrapped.Lines(Advice.After(link.Text, Advice.Of(link.Next ?? [])), width, indent + Step, head: head))
                yield return line;
        }
    }
}
