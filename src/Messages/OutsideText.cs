using System.Globalization;
using System.Text;

namespace Orchestrator.Messages;

/// <summary>Text that came from outside, made fit to be kept and passed on. Escaping is left to whoever shows it.</summary>
public static class OutsideText
{
    public const string Marker = "…";

    /// <summary>In the place of what was cut out of the middle.</summary>
    public const string MiddleMarker = " […] ";

    /// <summary>Of what a node said about one attempt, so many characters are kept.</summary>
    public const int MostOfANode = 16 << 10;

    /// <summary>A text of a node within a sentence, in characters; the whole of it is beside the sentence.</summary>
    public const int MostInASentence = 1000;

    private const int LongestCount = 40;
    private const int LeastOfALine = 60;

    /// <summary>
    /// The text for a log or a count: at most <paramref name="longest"/> characters, on one line, with <c>\uXXXX</c> in the place of what
    /// a terminal could take for a command or what turns the direction of reading.
    /// </summary>
    public static string OneLine(string text, int longest)
    {
        var shortened = Shorten(text, longest);
        if (!shortened.Any(IsUnfit))
            return shortened;
        return Shorten(
            string.Concat(shortened.Select(c => IsUnfit(c) ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : c.ToString())), longest);
    }

    /// <summary>
    /// The text for people: characters that command a terminal, turn the direction of reading or cannot be seen become visible escapes such as
    /// <c>\u001b</c>. The escapes are those of JSON, so a JSON text stays the same document.
    /// </summary>
    public static string Visible(string text)
    {
        var first = FirstUnsafe(text);
        if (first < 0)
            return text;
        var visible = new StringBuilder(text, 0, first, text.Length + 16);
        for (var i = first; i < text.Length;)
        {
            var length = char.IsSurrogatePair(text, i) ? 2 : 1;
            if (IsSafe(text, i))
            {
                visible.Append(text, i, length);
            }
            else
            {
                for (var j = i; j < i + length; j++)
                    visible.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[j]:x4}");
            }
            i += length;
        }
        return visible.ToString();
    }

    /// <summary>The text, cut to at most <paramref name="longest"/> characters, marker included; a pair of surrogates is not torn apart.</summary>
    public static string Shorten(string text, int longest)
    {
        if (text.Length <= longest)
            return text;
        var kept = longest - Marker.Length;
        if (kept > 0 && char.IsHighSurrogate(text[kept - 1]))
            kept--;
        return string.Concat(text.AsSpan(0, Math.Max(kept, 0)), Marker);
    }

    /// <summary>
    /// The text, cut in its middle to at most <paramref name="longest"/> characters, marker included: errors begin with what failed and end with where. A pair
    /// of surrogates is not torn apart.
    /// </summary>
    public static string Middle(string text, int longest)
    {
        if (text.Length <= longest)
            return text;
        var room = Math.Max(0, longest - MiddleMarker.Length);
        var (head, tail) = ((room + 1) / 2, room / 2);
        if (head > 0 && char.IsHighSurrogate(text[head - 1]))
            head--;
        if (tail > 0 && char.IsLowSurrogate(text[^tail]))
            tail--;
        return string.Concat(text.AsSpan(0, head), MiddleMarker, text.AsSpan(text.Length - tail));
    }

    /// <summary>The texts, together at most <paramref name="longest"/> characters: of more, what lies in their middle is left out, and counted.</summary>
    public static ImmutableArray<string> Middle(IReadOnlyList<string> texts, int longest)
    {
        if (texts.Sum(t => (long)t.Length) <= longest)
            return [.. texts];
        if (texts.Count == 1)
            return [Middle(texts[0], longest)];
        var half = (longest - LongestCount) / 2;
        var first = Fitting(texts, half);
        var last = Fitting([.. texts.Skip(first.Count).Reverse()], half);
        var left = texts.Count - first.Count - last.Count;
        last.Reverse();
        return left == 0 ? [.. first, .. last] : [.. first, $"[{Phrases.Count(left, "more line")}]", .. last];
    }

    /// <summary>The first of them that fit, and what there is room for of the next.</summary>
    private static List<string> Fitting(IReadOnlyList<string> texts, int longest)
    {
        var fitting = new List<string>();
        var room = longest;
        foreach (var text in texts)
        {
            if (text.Length <= room || room >= LeastOfALine)
                fitting.Add(Middle(text, room));
            if (text.Length > room)
                break;
            room -= text.Length;
        }
        return fitting;
    }

    private static int FirstUnsafe(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is >= ' ' and <= '~')
                continue;
            if (!IsSafe(text, i))
                return i;
            if (char.IsSurrogatePair(text, i))
                i++;
        }
        return -1;
    }

    private static bool IsSafe(string text, int index) => CharUnicodeInfo.GetUnicodeCategory(text, index) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    private static bool IsUnfit(char c) =>
        char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
