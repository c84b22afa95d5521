using System.Text;

namespace Orchestrator.Cli.Text;

/// <summary>Writes lines to one of the two standard streams and colours them where that is wanted. It is the only writer of its stream.</summary>
internal sealed class Screen
{
    private const string Reset = "\u001b[0m";
    private readonly Stream _stream;
    private readonly Func<(int Columns, int Rows)?> _size;

    /// <param name="size">Columns and rows of the terminal at this moment; null where it is none or not known.</param>
    /// <param name="understands">Whether the terminal understands escape sequences.</param>
    public Screen(Stream stream, Func<(int Columns, int Rows)?> size, bool isTerminal, bool understands, bool colours)
    {
        _stream = stream;
        _size = size;
        IsTerminal = isTerminal;
        CanRedraw = isTerminal && understands;
        HasColours = CanRedraw && colours;
    }

    /// <summary>Whether a person sees it.</summary>
    public bool IsTerminal { get; }

    /// <summary>Whether lines already written can be written over.</summary>
    public bool CanRedraw { get; }

    public bool HasColours { get; }

    /// <summary>Columns and rows at this moment; 80 by 24 where the terminal does not say.</summary>
    public (int Columns, int Rows) Size => _size() ?? (80, 24);

    /// <summary>How wide a table may be: the terminal's columns, or no limit in a file or pipe.</summary>
    public int? TableWidth => IsTerminal ? Size.Columns : null;

    public void Write(Line line) => Write([line]);

    public void Write(IEnumerable<Line> lines)
    {
        var text = new StringBuilder();
        foreach (var line in lines)
        {
            Append(text, line);
            text.Append('\n');
        }
        WriteRaw(text.ToString());
    }

    /// <summary>Writes a line without its line break: a question.</summary>
    public void Ask(Line question)
    {
        var text = new StringBuilder();
        Append(text, question);
        WriteRaw(text.Append(' ').ToString());
    }

    /// <summary>Writes a JSON document and a line break: byte for byte into a pipe, with unseen characters escaped on a terminal.</summary>
    public void WriteJson(ReadOnlySpan<byte> json)
    {
        json = json.TrimEnd((byte)'\n');
        if (IsTerminal)
        {
            WriteRaw(VisibleText.Of(Encoding.UTF8.GetString(json)) + "\n");
            return;
        }
        _stream.Write(json);
        _stream.Write("\n"u8);
        _stream.Flush();
    }

    /// <summary>A stream whose lines are JSON documents; a last one without a line break is written at its end.</summary>
    public Stream JsonLines() => new JsonLines(this);

    public void Append(StringBuilder text, Line line)
    {
        foreach (var span in line.Spans)
        {
            if (HasColours && CodeOf(span.Tone) is { } code)
                text.Append(code).Append(span.Text).Append(Reset);
            else
                text.Append(span.Text);
        }
    }

    /// <summary>Writes text that carries escape sequences of ours; nothing from outside may be in it that is not in a span.</summary>
    public void WriteRaw(string text)
    {
        _stream.Write(Encoding.UTF8.GetBytes(text));
        _stream.Flush();
    }

    private static string? CodeOf(Tone tone) => tone switch
    {
        Tone.Strong => "\u001b[1m",
        Tone.Faint => "\u001b[2m",
        Tone.Good => "\u001b[32m",
        Tone.Odd => "\u001b[33m",
        Tone.Bad => "\u001b[31m",
        _ => null,
    };
}
