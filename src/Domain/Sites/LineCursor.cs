using Orchestrator.YamlFiles;

namespace Orchestrator.Domain.Sites;

/// <summary>Turns a byte's offset into line and column. Questions in ascending order cost one pass over the document together.</summary>
internal sealed class LineCursor
{
    private int _offset;
    private long _line = 1;
    private long _column = 1;

    /// <summary>The place of <paramref name="offset"/> in a valid UTF-8 text; columns count characters, not bytes.</summary>
    public Place PlaceOf(ReadOnlySpan<byte> text, int offset)
    {
        if (offset < _offset)
            (_offset, _line, _column) = (0, 1, 1);

        var end = Math.Min(offset, text.Length);
        for (; _offset < end; _offset++)
        {
            var b = text[_offset];
            if (b == (byte)'\n')
            {
                _line++;
                _column = 1;
            }
            else if ((b & 0xC0) != 0x80)
            {
                _column++;                      // a continuation byte belongs to the character before
            }
        }

        return new Place(_line, _column);
    }
}
