namespace Orchestrator.Domain.Sites;

/// <summary>How messages name things: quoted where they are from outside, and never longer than a person reads.</summary>
internal static class Sentences
{
    private const int LongestQuote = 80;

    /// <summary>The text in quotation marks, cut after some 80 characters. Control characters stay: whoever shows the message escapes them.</summary>
    public static string Quote(ReadOnlySpan<char> text) => $"\"{Shorten(text)}\"";

    /// <summary>The text, cut after some 80 characters.</summary>
    public static string Shorten(ReadOnlySpan<char> text) =>
        text.Length <= LongestQuote ? text.ToString() : $"{CutAtRune(text, LongestQuote)}...";

    private static ReadOnlySpan<char> CutAtRune(ReadOnlySpan<char> text, int length) =>
        char.IsHighSurrogate(text[length - 1]) ? text[..(length - 1)] : text[..length];
}
