using System.Text;

namespace Orchestrator.Cli.Text;

/// <summary>What a piece of text means; a terminal with colours shows it by one.</summary>
internal enum Tone
{
    /// <summary>No colour.</summary>
    Plain,

    /// <summary>A heading.</summary>
    Strong,

    /// <summary>Beside the point.</summary>
    Faint,

    /// <summary>As it should be.</summary>
    Good,

    /// <summary>Odd, or going on.</summary>
    Odd,

    /// <summary>Needs a person.</summary>
    Bad,
}

/// <summary>A piece of a line. Its text is visible text: there is no other way to put one on a screen.</summary>
internal readonly record struct Span
{
    /// <summary>Escapes the text.</summary>
    public Span(string text, Tone tone = Tone.Plain) => (Text, Tone) = (VisibleText.Of(text), tone);

    /// <summary>Escaped, without a line break.</summary>
    public string Text { get; private init; }

    public Tone Tone { get; init; }

    /// <summary>As much of the span as fits into so many columns.</summary>
    public Span Take(int width) => this with { Text = VisibleText.Take(Text, width) };

    public static implicit operator Span(string text) => new(text);
}

/// <summary>One line of text as a terminal shows it, without its line break.</summary>
internal sealed class Line(params Span[] spans)
{
    private const string Mark = "…";

    public static readonly Line Empty = new();
    public IReadOnlyList<Span> Spans => spans;

    public int Width => spans.Sum(s => VisibleText.WidthOf(s.Text));

    /// <summary>The line, cut to so many columns; what was cut is marked.</summary>
    public Line Cut(int width)
    {
        if (Width <= width)
            return this;
        var kept = new List<Span>();
        var room = width - Mark.Length;
        foreach (var span in spans)
        {
            kept.Add(span.Take(room));
            room -= VisibleText.WidthOf(span.Text);
            if (room < 0)
                break;
        }
        return new Line([.. kept, Mark]);
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var span in spans)
            text.Append(span.Text);
        return text.ToString();
    }

    public static implicit operator Line(string text) => new(new Span(text));
}
