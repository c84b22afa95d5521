using System.Globalization;

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

    private static bool IsUnfit(char c) =>
        char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
