namespace Orchestrator.Cli.Text;

/// <summary>
/// Lays cells out in columns: each as wide as its widest cell, numbers to the right. A last column of text is cut where the screen ends, with a mark; where
/// there is no room for the columns each row is told in words, a heading and its cell beside each other.
/// </summary>
internal sealed class Table(params Table.Column[] columns)
{
    private const string Gap = "  ";
    private const string NarrowGap = " ";
    private const string Indent = "    ";

    /// <summary>Of a last column of text so much must be seen.</summary>
    private const int FewestOfText = 16;

    private readonly List<Span[]> _rows = [];

    /// <summary>A column's heading and whether its cells are set to the right.</summary>
    internal readonly record struct Column(string Heading, bool ToTheRight = false);

    /// <summary>One row; as many cells as there are columns.</summary>
    public void Add(params Span[] cells) => _rows.Add(cells);

    /// <summary>The heading and the rows. Where the last column is one of numbers, the columns move together before the rows are told in words.</summary>
    /// <param name="width">No line is wider; null for no limit.</param>
    public IEnumerable<Line> Lines(int? width = null)
    {
        var headings = columns.Select(c => new Span(c.Heading, Tone.Faint)).ToArray();
        var widths = columns.Select((_, i) => _rows.Select(r => VisibleText.WidthOf(r[i].Text)).Append(VisibleText.WidthOf(headings[i].Text)).Max()).ToArray();
        var isNumber = columns[^1].ToTheRight;
        var needed = widths.Sum() - (isNumber ? 0 : widths[^1] - Math.Min(widths[^1], FewestOfText));
        if (needed + (widths.Length - 1) * (isNumber ? NarrowGap : Gap).Length > width)
            return _rows.SelectMany(row => InWords(row, width));
        return InColumns(headings, widths, isNumber && needed + (widths.Length - 1) * Gap.Length > width ? NarrowGap : Gap, width);
    }

    private IEnumerable<Line> InColumns(Span[] headings, int[] widths, string gap, int? width)
    {
        foreach (var row in _rows.Prepend(headings))
        {
            var line = new Line([.. row.SelectMany((cell, i) => Padded(cell, i, widths[i], i == row.Length - 1, gap))]);
            yield return width is { } limit ? line.Cut(limit) : line;
        }
    }

    private IEnumerable<Line> InWords(Span[] row, int? width)
    {
        // The first cell is the row's name; cells without a word say nothing.
        List<Span> words = [columns[0].ToTheRight ? $"{columns[0].Heading}{Wrapped.NoBreak}" : "", row[0] with { Tone = Tone.Strong }];
        foreach (var (cell, column) in row.Zip(columns).Skip(1).Where(c => c.First.Text.Length > 0))
            words.AddRange([words.Count == 2 ? ": " : ", ", new Span($"{column.Heading.Replace(' ', Wrapped.NoBreak)}{Wrapped.NoBreak}", Tone.Faint), cell]);
        return Wrapped.Fit(new Line([.. words]), width, Indent);
    }

    private IEnumerable<Span> Padded(Span cell, int column, int width, bool last, string gap)
    {
        var padding = new string(' ', width - VisibleText.WidthOf(cell.Text));
        if (column > 0)
            yield return gap;
        if (columns[column].ToTheRight)
            yield return padding;
        yield return cell;
        if (!columns[column].ToTheRight && !last)
            yield return padding;
    }
}
