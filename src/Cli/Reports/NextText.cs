using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Following;

namespace Orchestrator.Cli.Reports;

/// <summary>For what a deployment needs a person, what it holds, and the commands that go on from there. Pure.</summary>
internal static class NextText
{
    private const int MostNames = 10;
    private const int MostCommands = 3;
    private const string Deeper = "      ";
    private const string Indent = "  ";
    private const int CommandWidth = 32;
    private const int NarrowWidth = 70;

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
            return Wrapped.Lines($"Not running, its host has exited: {Wrapped.Together($"orchestrator resume {view.Id}")} resumes it.", width, "");
        if (!view.State.IsEnd())
            return [.. Seen(view, width), .. Unclear(view, width), .. HeldMeanwhile(view, width, zone), .. Wrapped.Lines($"{OnItsWay(view)}.", width, "")];
        if (view.Refusal is { } refusal)
            return Wrapped.Lines($"{ProblemText.AfterRefusal(refusal)}.", width, "");
        var commands = Commands(view).ToList();
        if (commands.Count == 0)
            return [.. Seen(view, width), .. Unclear(view, width)];
        Line[] odd = [.. Seen(view, width), .. Unclear(view, width)];
        return
        [
            .. odd,
            .. odd.Length > 0 ? [Line.Empty] : Array.Empty<Line>(),
            .. Wrapped.Lines($"{Held(view.Holdings)}{LastSeen(view, zone)}. Next:", width, ""),
            .. commands.SelectMany(c => Step(c.Command, c.Says, width)),
        ];
    }

    /// <summary>The command, and what it does beside it, or below it where it is long or the terminal narrow.</summary>
    private static IEnumerable<Line> Step(string command, string says, int? width)
    {
        var indent = new string(' ', Indent.Length + CommandWidth);
        if (width < NarrowWidth)
            return [new Line(Indent, new Span(command, Tone.Strong)), .. Wrapped.Lines(says, width, "      ")];
        if (command.Length < CommandWidth)
            return Wrapped.Lines(says, width, indent, head: new Line(Indent, new Span($"{command} ".PadRight(CommandWidth), Tone.Strong)));
        return [new Line(Indent, new Span(command, Tone.Strong)), .. Wrapped.Lines(says, width, indent, head: new Line(indent))];
    }

    private static string Held(Holdings holdings)
    {
        var (held, kept) = (holdings.Held, holdings.Kept ?? []);
        var by = kept.Count == 0 ? "" : $" ({Phrases.Some([.. kept.Select(k => $"{k.Name} kept by {k.By}")])})";
        return held == 0
            ? $"This deployment holds no nodes{(holdings.UnclearCount > 0 ? " for sure" : "")}"
            : $"{Phrases.Count(held, "node")} {Phrases.Agree(held, "stays", "stay")} disabled by this deployment{by}";
    }

    /// <summary>Nodes that are not held for sure, nor free: by name, in which way, and what to do.</summary>
    private static IEnumerable<Line> Unclear(DeploymentView view, int? width) => (view.Holdings.Unclear ?? []).SelectMany(same => (Line[])
    [
        .. Wrapped.Lines(Phrases.Some(same.Nodes, MostNames), width, Deeper, head: new Line(new Span($"{same.Standing.Word()}: ", Tone.Bad))),
        .. Wrapped.Lines(ToDo(same, view), width, Deeper, Tone.Strong, new Line($"{Indent}->  ")),
    ]).Concat(Others(view, width));

    /// <summary>What to do about nodes that are not as they should be, with the command where it would be taken now.</summary>
    private static string ToDo(UnclearNodes nodes, DeploymentView view)
    {
        if (nodes.Standing is not (Standing.NeverAnswered or Standing.NotReleased))
            return nodes.Advice;
        var meant = nodes.Nodes.ToHashSet();
        var commands = view.Nodes.Where(n => meant.Contains(n.Name)).Select(n => Release(view, n)).OfType<string>().Distinct().Take(MostCommands).ToList();
        return commands.Count == 0 ? nodes.Advice : $"{nodes.Advice} ({string.Join(", ", commands)})";
    }

    /// <summary>Nodes that a person has disabled, but for those that are told of because of it.</summary>
    private static IEnumerable<Line> Others(DeploymentView view, int? width)
    {
        var told = view.Nodes.Where(n => n.Outcome is { } outcome && ProgressModel.NeedsAPerson(outcome)).Select(n => n.Name).ToHashSet();
        return (view.Holdings.Others ?? []).Where(o => !told.Contains(o.Name)).GroupBy(o => o.Words, o => o.Name).SelectMany(same => (Line[])
        [
            .. Wrapped.Lines(
                $"{Phrases.Some([.. same], MostNames)}, with the words \"{same.Key}\"", width, Deeper,
                head: new Line(new Span($"{Standing.DisabledByPerson.Word()}: ", Tone.Odd))),
            .. Wrapped.Lines("ask whoever did: it is theirs to enable", width, Deeper, Tone.Strong, new Line($"{Indent}->  ")),
        ]);
    }

    /// <summary>A running deployment always holds nodes: mentioned only after they were read to see whether it does.</summary>
    private static IEnumerable<Line> HeldMeanwhile(DeploymentView view, int? width, TimeZoneInfo zone)
    {
        var held = view.Holdings.Held;
        return LastSeen(view, zone) is { Length: > 0 } seen
            ? Wrapped.Lines($"{Phrases.Count(held, "node")} {Phrases.Agree(held, "is", "are")} disabled by this deployment{seen}.", width, "")
            : [];
    }

    /// <summary>Since when that is no more than remembered; empty where one of them was never read for it.</summary>
    private static string LastSeen(DeploymentView view, TimeZoneInfo zone)
    {
        var seen = view.Nodes.Where(n => n.Held).Select(n => n.SeenAt).ToList();
        return seen.Count > 0 && seen.TrueForAll(at => at is not null) ? $", as last read at {Phrases.Time(seen.Min()!.Value, zone)}" : "";
    }

    /// <summary>What nodes showed beyond the history when they were last read, once for all that showed the same.</summary>
    private static IEnumerable<Line> Seen(DeploymentView view, int? width) => view.Nodes.Where(n => n.Seen is not null)
        .GroupBy(n => n.Seen!, StringComparer.Ordinal)
        .SelectMany(g => Wrapped.Lines($"{Phrases.Some([.. g.Select(n => n.Name)])}: {g.Key}", width, Indent, Tone.Odd));

    private static string OnItsWay(DeploymentView view)
    {
        var (doing, next) = view.State switch
        {
            DeploymentPhase.AwaitingApproval => ("Awaiting approval", Approval(view)),
            DeploymentPhase.Paused => ("Paused", Command(Verb.Resume, "ends the pause")),
            _ => (view.State == DeploymentPhase.Stopping ? "Stopping" : "Still running", [$"{Wrapped.Together($"orchestrator watch {view.Id}")} follows it"]),
        };
        string[] commands = [.. next, .. Command(Verb.Cancel, "stops it")];
        return commands.Length == 0 ? doing : $"{doing}: {string.Join(", ", commands)}";

        static string[] Approval(DeploymentView view) => view.Verbs?.FirstOrDefault(v => v.Verb == Verb.Approve) is { } approve
            ? [$"{Wrapped.Together($"orchestrator approve {view.Id}{(approve.Group is { } group ? $" --group {group}" : "")}")} starts the group"]
            : [];

        string[] Command(Verb verb, string does) => view.Takes(verb) ? [$"{Wrapped.Together($"orchestrator {verb.Word()} {view.Id}")} {does}"] : [];
    }

    /// <summary>The command that releases a node, alone where a person keeps it; null where none would be taken.</summary>
    public static string? Release(DeploymentView view, NodeView node) =>
        node.KeptBy is null && view.Takes(Verb.Release) ? Advice.Of(new NextStep(view.Id, Verb.Release))
        : view.Verbs?.Any(v => v.Verb == Verb.Release && v.Names(node.Name)) == true ? Advice.Of(new NextStep(view.Id, Verb.Release, node.Name))
        : null;

    private static IEnumerable<(string Command, string Says)> Commands(DeploymentView view)
    {
        if (view.Nodes.FirstOrDefault(n => n.Outcome == Outcome.Skipped) is { } skipped)
            yield return ($"orchestrator why {view.Id} {skipped.Name}", "shows why it was skipped");
        foreach (var verb in view.Verbs ?? [])
        {
            // What went well is not advised to be undone.
            if (Says(verb, view) is not { } says || (verb.Verb == Verb.Rollback && view.State == DeploymentPhase.Succeeded))
                continue;
            NodeName? node = verb.NamesNode ? view.Nodes.First(n => verb.Names(n.Name)).Name : null;
            yield return (Advice.Of(new NextStep(view.Id, verb.Verb, node, verb.Group, verb.NeedsEnvironment)), says);
        }
    }

    /// <summary>A retry is refused by nodes that a person has disabled, and these are that person's to enable.</summary>
    private static string AfterAsking(DeploymentView view)
    {
        var theirs = view.Nodes.Where(n => n is { PersonsWords.Length: > 0, Outcome: not Outcome.Succeeded }).Select(n => n.Name).ToList();
        return theirs.Count == 0 ? ""
            : $"once whoever disabled {Phrases.Some(theirs, MostCommands)} has enabled {Phrases.Agree(theirs.Count, "it", "them")}: ";
    }

    private static string? Says(PossibleVerb verb, DeploymentView view) => verb switch
    {
        { Verb: Verb.Retry } when view.AfterFix == AfterFix.Retry => $"{AfterAsking(view)}reruns the nodes that did not succeed, in the same order",
        { Verb: Verb.Rollback } => "reruns the nodes that ran, last group first",
        { Verb: Verb.Release, NamesNode: true } => view.Nodes.Count(n => verb.Names(n.Name)) is > 1 and var kept
            ? $"enables this node, one of {Phrases.Number(kept)} kept by hold"
            : "enables this node, kept by hold",
        { Verb: Verb.Release } => "enables the nodes: their own Puppet then applies what the server serves, "
            + (view.State is DeploymentPhase.RolledBack or DeploymentPhase.Stuck ? "so fix that first" : "in no particular order"),
        _ => null,
    };
}
