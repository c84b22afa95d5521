namespace Orchestrator.Cli.Text;

/// <summary>Lays cells out in columns: each as wide as its widest cell, numbers to the right, the last one cut where the screen ends.</summary>
internal sealed class Table(params Table.Column[] columns)
{
    private const string Gap = "  ";
    private const string NarrowGap = " ";
    private readonly List<Span[]> _rows = [];

    /// <summary>A column's heading and whether its cells are set to the right.</summary>
    internal readonly record struct Column(string Heading, bool ToTheRight = false);

    /// <summary>One row; as many cells as there are columns.</summary>
    public void Add(params Span[] cells) => _rows.Add(cells);

    /// <summary>The heading and the rows. Where the last column is one of numbers, the columns move together before it is cut.</summary>
    /// <param name="width">No line is wider; null for no limit.</param>
    public IEnumerable<Line> Lines(int? width = null)
    {
        var headings = columns.Select(c => new Span(c.Heading, Tone.Faint)).ToArray();
        var widths = columns.Select((_, i) => _rows.Select(r => VisibleText.WidthOf(r[i].Text)).Append(VisibleText.WidthOf(headings[i].Text)).Max()).ToArray();
        var gap = columns[^1].ToTheRight && widths.Sum() + (widths.Length - 1) * Gap.Length > width ? NarrowGap : Gap;
        foreach (var row in _rows.Prepend(headings))
        {
            var line = new Line([.. row.SelectMany((cell, i) => Padded(cell, i, widths[i], i == row.Length - 1, gap))]);
            yield return width is { } limit ? line.Cut(limit) : line;
        }
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
