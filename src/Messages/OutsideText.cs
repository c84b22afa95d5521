using System.Globalization;

namespace Orchestrator.Messages;

/// <summary>Text that came from outside, made fit to be kept and passed on. Escaping is left to whoever shows it.</summary>
public static class OutsideText
{
    public const string Marker = "…";

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

    private static bool IsUnfit(char c) =>
        char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
}
