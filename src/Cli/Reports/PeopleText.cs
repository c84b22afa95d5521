using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Following;

namespace Orchestrator.Cli.Reports;

/// <summary>The nodes that need a person: each with how it ended, its words, and under those of one kind what to do next. Pure.</summary>
internal static class PeopleText
{
    /// <summary>A person reads so many; the rest is counted, and told to programs.</summary>
    private const int MostNodes = 40;

    private const int MostWarnings = 10;
    private const int MostMessages = 5;
    private const int MostLines = 5;
    private const int LongestLine = 300;
    private const int AfterRollback = 0;
    private const string Indent = "  ";
    private const string Deeper = "      ";

    /// <summary>One reason for which a node needs a person.</summary>
    /// <param name="Order">Kinds of trouble stand in this order.</param>
    /// <param name="Word">Such as <c>failed: resources</c>.</param>
    private readonly record struct Trouble(int Order, string Word, string Advice);

    /// <summary>The nodes, or nothing where none needs a person.</summary>
    public static IEnumerable<Line> Lines(DeploymentView view, int? width)
    {
        var troubles = view.Nodes.Select(n => (Node: n, Trouble: TroubleOf(n, view))).Where(n => n.Trouble is not null).GroupBy(
            n => n.Trouble!.Value, n => n.Node)
            .OrderBy(t => t.Key.Order).Select(t => (t.Key, Nodes: t.ToList())).ToList();
        if (troubles.Count == 0)
            yield break;
        if (view.Report is { NobodyAnswered: true })
        {
            yield return new Line(new Span($"None of the {Phrases.Count(view.Nodes.Length, "node")} answered the check:", Tone.Strong));
            foreach (var same in view.Nodes.CountBy(n => n.Message).OrderByDescending(m => m.Value).Take(MostMessages))
            {
                foreach (var line in Wrapped.Lines($"{Phrases.Count(same.Value, "node")}: {same.Key}", width, Deeper, head: new Line(Indent)))
                    yield return line;
            }
            foreach (var line in ToDo(view, $"{OutcomeAdvice.NobodyAnswered} ({Wrapped.Together("orchestrator config --ping")})", width))
                yield return line;
            yield break;
        }
        var shown = Shares(troubles.ConvertAll(t => t.Nodes.Count));
        yield return new Line(new Span($"{Phrases.Count(troubles.Sum(t => t.Nodes.Count), "node")} to look at:", Tone.Strong));
        foreach (var ((trouble, nodes), share) in troubles.Zip(shown))
        {
            var entries = nodes.Take(share).GroupBy(n => WordsOf(n, trouble)).ToList();
            foreach (var same in entries)
            {
                foreach (var line in Entry([.. same], same.Key, trouble, width))
                    yield return line;
            }
            if (nodes.Count > share)
                yield return new Line(Indent, $"and {Phrases.Count(nodes.Count - share, "more node")}  ", new Span(trouble.Word, Tone.Bad));
            foreach (var line in ToDo(
                view, entries.Count > 1 || nodes.Count > share ? $"all {Phrases.Number(nodes.Count)}: {trouble.Advice}" : trouble.Advice, width))
            {
                yield return line;
            }
        }
        if (troubles.SelectMany(t => t.Nodes.Where(n => IsShortened(n, t.Key))).FirstOrDefault() is { } shortened)
        {
            foreach (var line in Wrapped.Lines(
                $"What nodes said is shortened here: orchestrator show {view.Id} {shortened.Name} has the whole of one", width, Indent))
            {
                yield return line;
            }
        }
        if (troubles.Sum(t => t.Nodes.Count) > shown.Sum())
            yield return $"All of them: orchestrator show {view.Id} --all, or --output json";
    }

    /// <summary>What is odd but no failure, told once for all nodes of which it was said.</summary>
    public static IEnumerable<Line> Warnings(DeploymentView view, int? width)
    {
        var warnings = view.Nodes.SelectMany(n => (n.Warnings ?? []).Select(w => (Warning: w, n.Name))).GroupBy(w => w.Warning, w => w.Name.Value)
            .Select(w => (Text: w.Key, Nodes: w.ToList())).OrderByDescending(w => w.Nodes.Count).ToList();
        if (warnings.Count == 0)
            yield break;
        yield return new Line(new Span("Warnings:", Tone.Strong));
        foreach (var (text, nodes) in warnings.Take(MostWarnings))
        {
            foreach (var line in Wrapped.Lines($"{Who(nodes, nodes.Count)}: {text}", width, Deeper, Tone.Odd, new Line(Indent)))
                yield return line;
        }
        if (warnings.Count > MostWarnings)
            yield return $"{Indent}and {Phrases.Count(warnings.Count - MostWarnings, "more warning")}: orchestrator show {view.Id} --output json";
    }

    /// <summary>One name as it is, several as their number and the first few.</summary>
    public static string Who(IReadOnlyList<string> names, int count) =>
        count == 1 ? names[0] : $"{Phrases.Count(count, "node")} ({Phrases.FirstOf(names, count)})";

    /// <summary>What to do about it; nothing where it ran in another journal, which is the place to do it.</summary>
    private static IEnumerable<Line> ToDo(DeploymentView view, string advice, int? width) =>
        view.Imported ? [] : Wrapped.Lines(advice, width, Deeper, Tone.Strong, new Line($"{Indent}->  "));

    private static IEnumerable<Line> Entry(NodeView[] nodes, string words, Trouble trouble, int? width)
    {
        var hold = ReportText.HoldOf(nodes[0]);
        Span[] ended = [new Span(trouble.Word, Tone.Bad), hold.Text.Length > 0 && hold.Text != trouble.Word ? new Span($", {hold.Text}", hold.Tone) : ""];
        if (nodes.Length == 1)
        {
            yield return new Line([Indent, new Span(nodes[0].Name.Value, Tone.Strong), "  ", .. ended]);
        }
        else
        {
            yield return new Line([Indent, new Span(Phrases.Count(nodes.Length, "node"), Tone.Strong), "  ", .. ended]);
            foreach (var line in Wrapped.Lines(string.Join(", ", nodes.Select(n => n.Name.Value)), width, Deeper, Tone.Strong))
                yield return line;
        }
        foreach (var text in words.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            foreach (var line in Wrapped.Lines(text, width, Deeper))
                yield return line;
        }
    }

    /// <summary>A node's words: its message, and the lines of its log that it does not have in it, each on a line of its own.</summary>
    private static string WordsOf(NodeView node, Trouble trouble)
    {
        var (message, log) = Said(node, trouble);
        return string.Join(
            '\n',
            OtherLines(message, log).Take(MostLines).Select(l => OutsideText.Middle(l, LongestLine))
                .Prepend(OutsideText.Middle(message, OutsideText.MostInASentence)));
    }

    /// <summary>What it said of the run that is the trouble: of the one in the rollback, or of the one before.</summary>
    private static (string Message, IReadOnlyList<string> Log) Said(NodeView node, Trouble trouble) => trouble.Order == AfterRollback
        ? (node.CompensationMessage ?? "", node.CompensationErrorLines ?? [])
        : (node.Message, node.ErrorLines ?? []);

    /// <summary>The lines of its log that its message does not have.</summary>
    private static IEnumerable<string> OtherLines(string message, IReadOnlyList<string> log) =>
        log.Where(l => !message.Contains(OutsideText.Middle(l, OutsideText.MostInASentence), StringComparison.Ordinal));

    /// <summary>Whether there is more of its words than is shown.</summary>
    private static bool IsShortened(NodeView node, Trouble trouble)
    {
        var (message, log) = Said(node, trouble);
        return message.Length > OutsideText.MostInASentence || log.Any(l => l.Length > OutsideText.MostInASentence)
            || OtherLines(message, log).Skip(MostLines).Any() || OtherLines(message, log).Any(l => l.Length > LongestLine);
    }

    private static Trouble? TroubleOf(NodeView node, DeploymentView view) => node switch
    {
        { Compensation: { } again } when ProgressModel.NeedsAPerson(again) =>
            new(AfterRollback, $"rollback {again.Word()}", Advice.Of(node, again, node.CompensationCause, view.AfterFix)),
        { Outcome: { } outcome } when ProgressModel.NeedsAPerson(outcome) =>
            new((int)outcome, outcome.Word(), Advice.Of(node, outcome, node.Cause, view.AfterFix)),
        _ => null,
    };

    /// <summary>How many of each kind are shown: the rare ones whole, the others alike.</summary>
    private static int[] Shares(List<int> counts)
    {
        var shares = new int[counts.Count];
        var (room, kinds) = (MostNodes, counts.Count);
        foreach (var (count, kind) in counts.Select((count, kind) => (count, kind)).OrderBy(c => c.count))
        {
            shares[kind] = Math.Min(count, Math.Max(1, room / kinds--));
            room -= shares[kind];
        }
        return shares;
    }
}
