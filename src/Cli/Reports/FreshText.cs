using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Reports;

/// <summary>What came of querying the nodes that a deployment holds, told before the deployment itself. Pure.</summary>
internal static class FreshText
{
    /// <param name="since">When the nodes were queried: who has not been seen since did not answer.</param>
    public static IEnumerable<Line> Lines(DeploymentView view, int? width, DateTimeOffset since)
    {
        if (view.Imported)
            return Wrapped.Lines("No node was queried: the deployment was imported from another journal.", width, "");
        var held = view.Nodes.Where(n => n.Held).ToLookup(n => n.SeenAt >= since);
        ImmutableArray<NodeName> free =
        [
            .. view.Nodes.Where(n => !n.Held && (n.Standing is Standing.NotHeld or Standing.EnabledByPerson || n.Seen is not null)).Select(n => n.Name),
        ];
        if (!held[true].Any() && !held[false].Any() && free.IsEmpty)
            return Wrapped.Lines("No node was queried: this deployment holds none.", width, "");
        var (confirmed, silent) = (held[true].Count(), held[false].Count());
        ImmutableArray<string> parts =
        [
            $"{Phrases.Count(confirmed, "node")} {Phrases.Agree(confirmed, "is", "are")} held",
            .. silent > 0 ? [$"{Phrases.Number(silent)} did not answer"] : Array.Empty<string>(),
            .. free.IsEmpty ? Array.Empty<string>()
                : [$"{Phrases.Number(free.Length)} {Phrases.Agree(free.Length, "is", "are")} not held ({Phrases.Some(free)})"],
        ];
        return Wrapped.Lines($"Queried now: {string.Join(", ", parts)}.", width, "", free.IsEmpty ? Tone.Plain : Tone.Bad);
    }
}
