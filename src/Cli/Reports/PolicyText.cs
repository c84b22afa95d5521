using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;

namespace Orchestrator.Cli.Reports;

/// <summary>A host's policy, what it would say to somebody, and what is wrong with a file. Pure.</summary>
internal static class PolicyText
{
    public static IEnumerable<Line> Lines(PolicyView view, TimeZoneInfo zone)
    {
        if (view.File is null)
        {
            yield return "The host has no policy: only its own user and root may use it.";
            yield break;
        }
        yield return new Line(new Span(view.File, Tone.Strong), $", in force since {Phrases.Time(view.Since, zone)}, SHA-256 {view.Sha256}");
        yield return Line.Empty;
        var width = view.Lines.Select(l => Phrases.Number(l.Line).Length).DefaultIfEmpty().Max();
        foreach (var line in view.Lines)
            yield return new Line(new Span($"  {Phrases.Number(line.Line).PadLeft(width)}  ", Tone.Faint), line.Text);
        foreach (var warning in Warnings(view.Warnings))
            yield return warning;
        if (view.Refused.IsEmpty)
            yield break;
        yield return Line.Empty;
        foreach (var problem in Problems(view.Refused))
            yield return problem;
        var since = view.RefusedAt is { } at ? $" since {Phrases.Time(at, zone)}" : "";
        yield return new Line(new Span($"The file cannot be used{since}, so that the lines above stay in force: fix the problems.", Tone.Bad));
    }

    public static IEnumerable<Line> Lines(PolicyAnswer answer)
    {
        yield return new Line(new Span(answer.Reason, answer.Allowed ? Tone.Good : Tone.Bad));
        if (answer.Line is { } line)
            yield return new Line(new Span($"  {Phrases.Number(line.Line)}  ", Tone.Faint), line.Text);
    }

    public static IEnumerable<Line> Lines(string file, PolicyReview review)
    {
        foreach (var line in review.Usable ? Warnings(review.Warnings) : Problems(review.Problems))
            yield return line;
        yield return review.Usable
            ? $"{file} can be used: {Phrases.Count(review.Lines, "line")} {Phrases.Agree(review.Lines, "allows or denies", "allow or deny")}"
            : "orchestrator: the policy cannot be used: fix the problems above";
    }

    private static IEnumerable<Line> Problems(ImmutableArray<string> problems) => problems.Select(problem => new Line(new Span("error: ", Tone.Bad), problem));

    private static IEnumerable<Line> Warnings(ImmutableArray<string> warnings) => warnings.Select(PlanText.Warning);
}
