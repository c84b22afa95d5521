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
    private const int FewestOfText = 10;

    private readonly List<Span[]> _rows = [];

    /// <summary>A column's heading and whether its cells are set to the right.</summary>
    /// <param name="Leaves">Its place in the order in which columns leave where there is no room for all; 0 for one that stays. One that leaves is not there
    /// at all where it has no word in any row.</param>
    internal readonly record struct Column(string Heading, bool ToTheRight = false, int Leaves = 0);

    /// <summary>One row; as many cells as there are columns.</summary>
    public void Add(params Span[] cells) => _rows.Add(cells);

    /// <summary>The heading and the rows. Where the last column is one of numbers, the columns move together before the rows are told in words.</summary>
    /// <param name="width">No line is wider; null for no limit.</param>
    public IEnumerable<Line> Lines(int? width = null)
    {
        var widths = columns.Select((c, i) => _rows.Select(r => VisibleText.WidthOf(r[i].Text)).Append(VisibleText.WidthOf(c.Heading)).Max()).ToArray();
        var shown = Enumerable.Range(0, columns.Length).Where(i => columns[i].Leaves == 0 || _rows.Any(r => r[i].Text.Length > 0)).ToList();
        var left = new List<int>();
        while (Needed(shown, widths, narrow: true) > width && shown.Where(i => columns[i].Leaves > 0).ToList() is { Count: > 0 } leaving)
        {
            var next = leaving.MinBy(i => columns[i].Leaves);
            shown.Remove(next);
            left.Add(next);
        }
        if (Needed(shown, widths, narrow: true) > width)
            return _rows.SelectMany(row => InWords(row, width));
        var gap = Needed(shown, widths, narrow: false) > width ? NarrowGap : Gap;
        var lines = InColumns(shown, widths, gap, width);
        var missing = string.Join(", ", left.Order().Select(i => columns[i].Heading));
        return left.Count == 0 ? lines : lines.Append(new Line(new Span($"(no room for {missing})", Tone.Faint)));
    }

    /// <summary>How wide some columns are at least. Those that end in one of numbers may move together before one leaves.</summary>
    private int Needed(List<int> shown, int[] widths, bool narrow)
    {
        var isNumber = columns[shown[^1]].ToTheRight;
        var last = isNumber ? widths[shown[^1]] : Math.Min(widths[shown[^1]], FewestOfText);
        return shown.SkipLast(1).Sum(i => widths[i]) + last + (shown.Count - 1) * (narrow && isNumber ? NarrowGap : Gap).Length;
    }

    private IEnumerable<Line> InColumns(List<int> shown, int[] widths, string gap, int? width)
    {
        foreach (var row in _rows.Prepend([.. columns.Select(c => new Span(c.Heading, Tone.Faint))]))
        {
            var line = new Line([.. shown.SelectMany((i, place) => Padded(row[i], i, widths[i], place == 0, place == shown.Count - 1, gap))]);
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

    private IEnumerable<Span> Padded(Span cell, int column, int width, bool first, bool last, string gap)
    {
        var padding = new string(' ', width - VisibleText.WidthOf(cell.Text));
        if (!first)
            yield return gap;
        if (columns[column].ToTheRight)
            yield return padding;
        yield return cell;
        if (!columns[column].ToTheRight && !last)
            yield return padding;
    }
}
