using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Reports;

/// <summary>What nodes say now and who holds them, a row each. Pure.</summary>
internal static class NodeList
{
    /// <summary>The states by which nodes may be chosen, as the table shows them.</summary>
    public static readonly IReadOnlyDictionary<string, Func<NodeNow, bool>> States = new Dictionary<string, Func<NodeNow, bool>>
    {
        ["enabled"] = n => n.Enabled == true,
        ["disabled"] = n => n.Enabled == false,
        ["applying"] = n => n.Applying,
        ["held"] = n => n.HeldBy is not null,
        ["reserved"] = n => n.ReservedBy is not null,
        ["no answer"] = n => !n.Answered,
    };

    public static IEnumerable<Line> Lines(ImmutableArray<NodeNow> nodes, TimeZoneInfo zone, int? width)
    {
        var table = new Table(new("node"), new("puppet"), new("run"), new("daemon"), new("last run"), new("held by"), new("reserved by"), new("message"));
        foreach (var node in nodes)
        {
            table.Add(
                new Span(node.Name.Value, Tone.Strong),
                StateOf(node),
                node.Applying ? new Span("applying", Tone.Odd) : "",
                node.DaemonPresent ? "yes" : "",
                node.LastRun is { } at ? Phrases.Time(at, zone) : node.Answered ? "never" : "",
                new Span(node.HeldBy?.Value ?? "", Tone.Odd),
                node.ReservedBy?.Value ?? "",
                node.HeldAt is { } heldAt ? $"last seen held {Phrases.Time(heldAt, zone)}{(node.Message.Length > 0 ? ": " : "")}{node.Message}" : node.Message);
        }
        var silent = nodes.Count(n => !n.Answered);
        return [.. table.Lines(width), Line.Empty, $"{Phrases.Count(nodes.Length, "node")}, {nodes.Count(n => n.Enabled == false)} disabled, "
            + $"{nodes.Count(n => n.Applying)} applying, {silent} not responding"];
    }

    private static Span StateOf(NodeNow node) => node switch
    {
        { Answered: false } => new Span("no answer", Tone.Bad),
        { Enabled: true } => new Span("enabled", Tone.Good),
        { Enabled: false } => new Span("disabled", Tone.Odd),
        _ => new Span("unknown", Tone.Odd),
    };
}
