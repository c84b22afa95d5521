using Orchestrator.Cli.Text;
using Orchestrator.Client.Texts;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Reports;

/// <summary>Nodes that are held by deployments which this host does not know: the question before they are enabled, and what became of each. Pure.</summary>
internal static class StrayList
{
    /// <summary>What a person must know before the answer.</summary>
    public static IEnumerable<string> Consequences(ImmutableArray<StrayDeployment> deployments, ImmutableArray<StrayNode> left)
    {
        foreach (var deployment in deployments)
        {
            yield return $"Deployment {deployment.Id}, started by {deployment.Caller}, holds {Phrases.Count(deployment.Nodes.Length, "node")} and is "
                + $"unknown to this host: {Phrases.Some(deployment.Nodes)}.";
        }
        yield return "It may still be running elsewhere: if the host that started it is alive, release them there. "
            + "Each node is read again first, and left alone if Puppet is running there or anything has changed.";
        if (!left.IsEmpty)
            yield return $"{Phrases.Count(left.Length, "other node")} {Phrases.Agree(left.Length, "is", "are")} left alone: disabled or not responding.";
        yield return $"Note: {VerbConsequences.OwnPuppet}.";
    }

    /// <summary>A line for each node that was not enabled, and one that counts.</summary>
    public static IEnumerable<Line> Lines(StraysReleased released, int? width)
    {
        var others = released.Nodes.Where(n => n.State != StrayState.Released).ToList();
        if (others.Count > 0)
        {
            var table = new Table(new("node"), new("left alone"), new("deployment"), new("why"));
            foreach (var node in others)
                table.Add(new Span(node.Name.Value, Tone.Strong), new Span(WordOf(node.State), ToneOf(node.State)), node.Deployment?.Value ?? "", Why(node));
            foreach (var line in table.Lines(width))
                yield return line;
            yield return Line.Empty;
        }
        var enabled = released.Nodes.Length - others.Count;
        yield return enabled > 0
            ? $"{Phrases.Count(enabled, "node")} enabled"
            : "no node was enabled: none is held by a deployment unknown to this host";
    }

    /// <summary>Why a node is left alone, and what to do instead.</summary>
    public static string Why(StrayNode node) => Advice.After(node.Message, node.Next is { } next ? Advice.Of(next) : null);

    private static string WordOf(StrayState state) => state switch
    {
        StrayState.ByPerson => "disabled by a person",
        StrayState.ByKnown => "known deployment",
        StrayState.InUse => "in use",
        StrayState.Changed => "changed",
        StrayState.Silent => "no answer",
        _ => "not released",
    };

    private static Tone ToneOf(StrayState state) => state is StrayState.Silent or StrayState.NotReleased ? Tone.Bad : Tone.Odd;
}
