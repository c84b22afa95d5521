using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Reports;

/// <summary>For what a deployment needs a person, what it holds, and the commands that go on from there. Pure.</summary>
internal static class NextText
{
    private const string Indent = "  ";
    private const int CommandWidth = 32;

    public static IEnumerable<Line> Attention(DeploymentView view, int? width)
    {
        if (view.Imported || view.Attention is not { Count: > 0 } reasons)
            return [];
        return [new Line(new Span("Action needed:", Tone.Strong)), .. reasons.SelectMany(r => Wrapped.Lines(r, width, "      ", Tone.Odd, new Line(Indent)))];
    }

    /// <summary>What is held, and what can be done next.</summary>
    public static IEnumerable<Line> Lines(DeploymentView view, int? width, TimeZoneInfo zone)
    {
        if (view.Imported)
            return Wrapped.Lines("Imported from another journal: it can only be read here.", width, "");
        if (view.Unattended)
            return Wrapped.Lines($"Not running, its host has exited: orchestrator resume {view.Id} resumes it.", width, "");
        if (!view.State.IsEnd())
            return [.. Seen(view, width), .. HeldMeanwhile(view, width, zone), .. Wrapped.Lines($"{OnItsWay(view)}.", width, "")];
        var commands = Commands(view).ToList();
        if (commands.Count == 0)
            return Seen(view, width);
        return
        [
            .. Seen(view, width),
            .. Wrapped.Lines($"{Held(view.Nodes.Count(n => n.Held))}{LastSeen(view, zone)}. Next:", width, ""),
            .. commands.SelectMany(c => Wrapped.Lines(
                c.Says, width, new string(' ', Indent.Length + CommandWidth),
                head: new Line(Indent, new Span($"{c.Command} ".PadRight(CommandWidth), Tone.Strong)))),
        ];
    }

    private static string Held(int nodes) => nodes == 0
        ? "This deployment holds no nodes"
        : $"{Phrases.Count(nodes, "node")} {Phrases.Agree(nodes, "stays", "stay")} disabled by this deployment";

    /// <summary>A running deployment always holds nodes: mentioned only after they were read to see whether it does.</summary>
    private static IEnumerable<Line> HeldMeanwhile(DeploymentView view, int? width, TimeZoneInfo zone)
    {
        var held = view.Nodes.Count(n => n.Held);
        return LastSeen(view, zone) is { Length: > 0 } seen
            ? Wrapped.Lines($"{Phrases.Count(held, "node")} {Phrases.Agree(held, "is", "are")} disabled by this deployment{seen}.", width, "")
            : [];
    }

    /// <summary>Since when that is no more than remembered; empty where one of them was never read for it.</summary>
    private static string LastSeen(DeploymentView view, TimeZoneInfo zone)
    {
        var seen = view.Nodes.Where(n => n.Held).Select(n => n.SeenAt).ToList();
        return seen.Count > 0 && seen.TrueForAll(at => at is not null) ? $", as last read at {Times.Stamp(seen.Min()!.Value, zone)}" : "";
    }

    /// <summary>What nodes showed beyond the history when they were last read, once for all that showed the same.</summary>
    private static IEnumerable<Line> Seen(DeploymentView view, int? width) => view.Nodes.Where(n => n.Seen is not null)
        .GroupBy(n => n.Seen!, StringComparer.Ordinal)
        .SelectMany(g => Wrapped.Lines($"{Phrases.Some([.. g.Select(n => n.Name)])}: {g.Key}", width, Indent, Tone.Odd));

    private static string OnItsWay(DeploymentView view)
    {
        var (doing, next) = view.State switch
        {
            DeploymentPhase.AwaitingApproval => ("Awaiting approval", Command(Verb.Approve, "starts the next group")),
            DeploymentPhase.Paused => ("Paused", Command(Verb.Resume, "ends the pause")),
            _ => ("Still running", [$"orchestrator watch {view.Id} follows it"]),
        };
        return $"{doing}: {string.Join(", ", [.. next, .. Command(Verb.Cancel, "stops it")])}";

        string[] Command(Verb verb, string does) => view.Takes(verb) ? [$"orchestrator {verb.Word()} {view.Id} {does}"] : [];
    }

    private static IEnumerable<(string Command, string Says)> Commands(DeploymentView view)
    {
        if (view.Nodes.Any(n => n.Outcome == Outcome.Skipped))
            yield return ($"orchestrator why {view.Id} NODE", "shows why a node was skipped");
        foreach (var verb in view.Verbs ?? [])
        {
            // What went well is not advised to be undone.
            if (Says(verb, view.State) is { } says && !(verb.Verb == Verb.Rollback && view.State == DeploymentPhase.Succeeded))
                yield return ($"orchestrator {verb.Verb.Word()} {view.Id}{(verb.NamesNode ? " NODE" : "")}", says);
        }
    }

    private static string? Says(PossibleVerb verb, DeploymentPhase end) => verb switch
    {
        { Verb: Verb.Retry } => "reruns the nodes that did not succeed, in the same order",
        { Verb: Verb.Rollback, NeedsEnvironment: true } => "reruns the nodes that ran, last group first; add --rollback-environment ENV",
        { Verb: Verb.Rollback } => "reruns the nodes that ran, last group first",
        { Verb: Verb.Release, NamesNode: true } => "enables a node kept by hold: name it",
        { Verb: Verb.Release } => "enables the nodes: their own Puppet then applies what the server serves, "
            + (end is DeploymentPhase.RolledBack or DeploymentPhase.Stuck ? "so fix that first" : "in no particular order"),
        _ => null,
    };
}
