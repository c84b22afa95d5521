namespace Orchestrator.Cli.Text;

/// <summary>Breaks text between words, so that it keeps to the columns of a screen.</summary>
internal static class Wrapped
{
    /// <summary>A blank at which no line is broken; it is shown as any other.</summary>
    public const char NoBreak = '\u00a0';

    /// <summary>A text whose words stay on one line, if it has room for them.</summary>
    public static string Together(string text) => text.Replace(' ', NoBreak);

    /// <summary>A text as it is shown where nothing is broken.</summary>
    public static string Plain(string text) => text.Replace(NoBreak, ' ');

    /// <summary>Fewer columns are none to write in: then lines are longer than the screen.</summary>
    private const int Fewest = 10;

    /// <param name="text">May come from outside.</param>
    /// <param name="width">No line is wider; null for no limit.</param>
    /// <param name="head">What the first line begins with in place of the indent.</param>
    public static IEnumerable<Line> Lines(string text, int? width, string indent, Tone tone = Tone.Plain, Line? head = null) =>
        Broken(head ?? new Line(indent), [new Span(text, tone)], width, indent);

    /// <summary>The line itself where it fits; otherwise broken, its later parts set deeper than it begins.</summary>
    public static IEnumerable<Line> Fit(Line line, int? width, string indent = "    ") => width is not { } limit || line.Width <= limit
        ? [line]
        : Broken(Line.Empty, line.Spans, limit, new string(' ', line.ToString().TakeWhile(c => c == ' ').Count()) + indent);

    private static IEnumerable<Line> Broken(Line first, IReadOnlyList<Span> spans, int? width, string indent)
    {
        var room = Math.Max(Fewest, width ?? int.MaxValue);
        // Spans are escaped already: what is seen is what takes columns.
        var text = string.Concat(spans.Select(s => s.Text));
        var head = first;
        var at = 0;
        do
        {
            var (line, left) = Break(text[at..], Math.Max(Fewest, room - head.Width));
            yield return new Line([.. head.Spans, .. Part(spans, at, line.Length)]);
            at = text.Length - left.Length;
            head = new Line(indent);
        }
        while (at < text.Length);
    }

    private static IEnumerable<Span> Part(IReadOnlyList<Span> spans, int start, int length)
    {
        foreach (var span in spans)
        {
            var from = Math.Clamp(start, 0, span.Text.Length);
            var end = Math.Clamp(start + length, 0, span.Text.Length);
            if (end > from)
                yield return new Span(Plain(span.Text[from..end]), span.Tone);
            start -= span.Text.Length;
        }
    }

    /// <summary>As many words as there is room for, at least a part of one; and what is left.</summary>
    private static (string Line, string Left) Break(string text, int room)
    {
        var fits = VisibleText.Take(text, room).Length;
        if (fits == text.Length)
            return (text, "");
        var space = text.LastIndexOf(' ', fits);
        if (space <= 0)
            space = text.LastIndexOf(NoBreak, fits);
        return space > 0 ? (text[..space], text[(space + 1)..]) : (text[..Math.Max(1, fits)], text[Math.Max(1, fits)..]);
    }
}
