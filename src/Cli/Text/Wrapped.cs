namespace Orchestrator.Cli.Text;

/// <summary>Breaks text between words, so that it keeps to the columns of a screen.</summary>
internal static class Wrapped
{
    /// <summary>A blank at which no line is broken; it is shown as any other.</summary>
    public const char NoBreak = '\u00a0';

    /// <summary>Fewer columns are none to write in: then lines are longer than the screen.</summary>
    private const int Fewest = 20;

    /// <param name="text">May come from outside.</param>
    /// <param name="width">No line is wider; null for no limit.</param>
    /// <param name="head">What the first line begins with in place of the indent.</param>
    public static IEnumerable<Line> Lines(string text, int? width, string indent, Tone tone = Tone.Plain, Line? head = null)
    {
        head ??= new Line(indent);
        var room = Math.Max(Fewest, width ?? int.MaxValue);
        // Escaped first: what is seen is what takes columns. Escaping it again changes nothing.
        var rest = new Span(text).Text;
        do
        {
            var first = head ?? new Line(indent);
            head = null;
            var (line, after) = Break(rest, Math.Max(Fewest, room - first.Width));
            rest = after;
            yield return new Line([.. first.Spans, new Span(line.Replace(NoBreak, ' '), tone)]);
        }
        while (rest.Length > 0);
    }

    /// <summary>As many words as there is room for, at least a part of one; and what is left.</summary>
    private static (string Line, string Left) Break(string text, int room)
    {
        var fits = VisibleText.Take(text, room).Length;
        if (fits == text.Length)
            return (text, "");
        var space = text.LastIndexOf(' ', fits);
        return space > 0 ? (text[..space], text[(space + 1)..]) : (text[..Math.Max(1, fits)], text[Math.Max(1, fits)..]);
    }
}
