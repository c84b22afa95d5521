using System.Globalization;
using System.Text;
using Orchestrator.Messages;

namespace Orchestrator.Cli.Text;

/// <summary>
/// The one place where text from outside is made harmless for a terminal: characters that command the terminal or that nobody can see
/// become visible escapes such as <c>\u001b</c>. The escapes are those of JSON, so a JSON text stays the same document.
/// </summary>
internal static class VisibleText
{
    /// <summary>The text with control characters, direction marks, line breaks and lone surrogates escaped.</summary>
    public static string Of(string text) => OutsideText.Visible(text);

    /// <summary>How many columns of a terminal a visible text takes: none for combining marks, two for wide characters.</summary>
    public static int WidthOf(string text)
    {
        var width = 0;
        foreach (var rune in text.EnumerateRunes())
            width += WidthOf(rune);
        return width;
    }

    /// <summary>As much of the text as fits into so many columns.</summary>
    public static string Take(string text, int width)
    {
        var kept = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            width -= WidthOf(rune);
            if (width < 0)
                break;
            kept += rune.Utf16SequenceLength;
        }
        return text[..kept];
    }

    private static int WidthOf(Rune rune)
    {
        if (rune.Value < 0x300)
            return 1;
        if (Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark)
            return 0;
        // The blocks that terminals draw two columns wide: Hangul, CJK, full-width forms, emoji.
        return rune.Value is >= 0x1100 and <= 0x115f or >= 0x2e80 and <= 0xa4cf or >= 0xac00 and <= 0xd7a3 or >= 0xf900 and <= 0xfaff
            or >= 0xfe30 and <= 0xfe6f or >= 0xff00 and <= 0xff60 or >= 0xffe0 and <= 0xffe6 or >= 0x1f300 and <= 0x1faff or >= 0x20000 and <= 0x3fffd
            ? 2 : 1;
    }
}
