using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Cli.Reports;

/// <summary>What differs between two plans, for people: how much, then each node with one fact a line. Pure.</summary>
internal static class PlanDifferenceText
{
    private const string Indent = "        ";

    // A person reads so many; JSON has the rest.
    private const int MostNodes = 20;
    private const int MostFacts = 10;

    public static IEnumerable<Line> Lines(PlanDifference difference)
    {
        yield return new Line(new Span(difference.Deployment is { } id ? $"Against the plan of deployment {id}" : "Against the plan", Tone.Strong));
        yield return new Line(new Span($"{Indent}{difference.From}", Tone.Faint));
        yield return Line.Empty;
        if (difference.Same)
        {
            yield return "No differences: the site gives the same plan.";
            yield break;
        }
        if (difference.Environment is { } environment)
            yield return $"environment   {environment.From} -> {environment.To}";
        yield return $"groups        {Change(difference.Groups)}";
        yield return $"nodes         {Change(difference.Nodes)}: {difference.Added.Length} added, {difference.Removed.Length} removed, "
            + $"{difference.Changed.Length} changed";
        yield return $"order         {Phrases.Count(difference.EdgesAdded, "pair")} of nodes added, {difference.EdgesRemoved} removed";
        foreach (var application in Some(difference.ApplicationsAdded, a => new Line(new Span($"application   + {a}", Tone.Good))))
            yield return application;
        foreach (var application in Some(difference.ApplicationsRemoved, a => new Line(new Span($"application   - {a}", Tone.Bad))))
            yield return application;
        foreach (var line in Section("Added", difference.Added, Added).Concat(Section("Removed", difference.Removed, Removed))
            .Concat(Section("Changed", difference.Changed, Changed)))
        {
            yield return line;
        }
    }

    private static IEnumerable<Line> Section<T>(string heading, ImmutableArray<T> items, Func<T, IEnumerable<Line>> lines)
    {
        if (items.IsEmpty)
            yield break;
        yield return Line.Empty;
        yield return new Line(new Span($"{heading}:", Tone.Strong));
        foreach (var line in items.Take(MostNodes).SelectMany(lines))
            yield return line;
        if (items.Length > MostNodes)
            yield return $"{Indent}and {Phrases.Count(items.Length - MostNodes, "more node")}: --output json shows all";
    }

    private static IEnumerable<Line> Added(PlacedNode placed) =>
        [Head(placed.Node.Name, $" in group {placed.Group}"), .. Components(
            placed.Node.Components, '+', Tone.Good), .. After(placed.Node.After, '+', Tone.Good)];

    private static IEnumerable<Line> Removed(PlacedNode placed) => [Head(placed.Node.Name, $" of group {placed.Group}")];

    private static IEnumerable<Line> Changed(NodeChange change) =>
    [
        Head(change.Name, change.Group is { } group ? $" group {Change(group)}" : ""),
        .. Components(change.ComponentsAdded, '+', Tone.Good), .. Components(change.ComponentsRemoved, '-', Tone.Bad),
        .. After(change.AfterAdded, '+', Tone.Good), .. After(change.AfterRemoved, '-', Tone.Bad),
        .. change.Identity is { } identity ? [Fact($"identity {identity.From ?? "none"} -> {identity.To ?? "none"}", Tone.Odd)] : Array.Empty<Line>(),
        .. Labels(change.Labels),
    ];

    private static Line Head(NodeName name, string rest) => new(Indent, new Span(name.Value, Tone.Strong), rest);

    private static Line Fact(string text, Tone tone) => new(new Span($"{Indent}{Indent}{text}", tone));

    private static IEnumerable<Line> Components(ImmutableSortedDictionary<string, ImmutableArray<string>>? components, char sign, Tone tone) =>
        Some([.. (components ?? ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty).SelectMany(
            a => a.Value, (a, component) => (a.Key, component))],
            c => Fact($"{sign} {c.Key} -> {c.component}", tone));

    private static IEnumerable<Line> After(ImmutableArray<NodeName>? after, char sign, Tone tone) => Some(after ?? [], n => Fact($"{sign} after {n}", tone));

    private static IEnumerable<Line> Labels(LabelsChange? labels)
    {
        if (labels is null)
            return [];
        var (from, to) = (labels.From ?? ImmutableSortedDictionary<string, string>.Empty, labels.To ?? ImmutableSortedDictionary<string, string>.Empty);
        return Some(
            [.. from.Keys.Union(to.Keys).Order(StringComparer.Ordinal).Where(l => from.GetValueOrDefault(l) != to.GetValueOrDefault(l))],
            l => Fact($"label {l} {from.GetValueOrDefault(l) ?? "none"} -> {to.GetValueOrDefault(l) ?? "none"}", Tone.Odd));
    }

    private static IEnumerable<Line> Some<T>(IReadOnlyList<T> items, Func<T, Line> line) =>
        items.Count <= MostFacts
            ? items.Select(line)
            : items.Take(MostFacts).Select(line).Append($"{Indent}{Indent}and {Phrases.Number(items.Count - MostFacts)} more");

    private static string Change(NumberChange change) => change.From == change.To ? $"{change.To}" : $"{change.From} -> {change.To}";
}
