using System.Text;
using System.Text.RegularExpressions;

namespace Orchestrator.Cli.Tests.Hosts;

/// <summary>What a terminal shows of the bytes written to it: it wraps long lines, and breaks them anew when its window changes, as most do today.</summary>
public sealed partial class TerminalStream(int columns, int rows) : Stream
{
    private readonly List<StringBuilder> _lines = [new()];
    private int _line;
    private int _offset;

    public (int Columns, int Rows) Size { get; private set; } = (columns, rows);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>The lines that were written, scrolled away or not, without blanks at their ends; the last one is that of the cursor.</summary>
    public IReadOnlyList<string> Lines => [.. _lines.Select(l => l.ToString().TrimEnd())];

    /// <summary>The same as rows of the window, in which long lines take several.</summary>
    public IReadOnlyList<string> Rows =>
        [.. _lines.SelectMany(l => l.Length == 0 ? [""] : l.ToString().Chunk(Size.Columns).Select(row => new string(row).TrimEnd()))];

    public bool CursorIsHidden { get; private set; }

    /// <summary>The window is of this size from here on.</summary>
    public void Resize(int columns, int rows) => Size = (columns, rows);

    public override void Write(ReadOnlySpan<byte> buffer) => Write(Encoding.UTF8.GetString(buffer));

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() { }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Write(string text)
    {
        foreach (Match match in Piece().Matches(text))
        {
            switch (match.Value)
            {
                case "\r":
                    _offset -= _offset % Size.Columns;
                    break;
                case "\n":
                    (_line, _offset) = (_line + 1, 0);
                    if (_line == _lines.Count)
                        _lines.Add(new StringBuilder());
                    break;
                case "\u001b[K":
                    _lines[_line].Length = Math.Min(_lines[_line].Length, _offset);
                    break;
                case "\u001b[J":
                    _lines[_line].Length = Math.Min(_lines[_line].Length, _offset);
                    _lines.RemoveRange(_line + 1, _lines.Count - _line - 1);
                    break;
                case "\u001b[?25l" or "\u001b[?25h":
                    CursorIsHidden = match.Value.EndsWith('l');
                    break;
                case ['\u001b', .., 'A'] up:
                    Up(int.Parse(up[2..^1], System.Globalization.CultureInfo.InvariantCulture));
                    break;
                case ['\u001b', .., 'm']:
                    break;
                case ['\u001b', ..] other:
                    throw new InvalidOperationException($"a terminal may not know {other[1..]}");
                case var printed:
                    var line = _lines[_line];
                    line.Length = Math.Max(line.Length, _offset + printed.Length);
                    line.Remove(_offset, printed.Length).Insert(_offset, printed);
                    _offset += printed.Length;
                    break;
            }
        }
    }

    private void Up(int by)
    {
        // Not above the window's top.
        var below = _lines.Skip(_line).Sum(RowsOf) - 1;
        by = Math.Min(by, Math.Max(0, Size.Rows - 1 - below));
        for (var row = _offset / Size.Columns; by > 0; by--, row--)
        {
            if (row == 0)
                row = _line == 0 ? 1 : RowsOf(_lines[--_line]);
            _offset = (row - 1) * Size.Columns;
        }
    }

    private int RowsOf(StringBuilder line) => Math.Max(1, (line.Length + Size.Columns - 1) / Size.Columns);

    [GeneratedRegex("\\r|\\n|\u001b\\[\\??[0-9;]*[A-Za-z]|\u001b.|[^\\r\\n\u001b]+")]
    private static partial Regex Piece();
}
