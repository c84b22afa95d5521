using System.Globalization;

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

    /// <summary><c>1 node</c>, <c>2,000 nodes</c>.</summary>
    public static string Count(long number, string thing) =>
        string.Create(CultureInfo.InvariantCulture, $"{number:N0} {thing}{(number == 1 ? "" : "s")}");

    /// <summary><c>a, b, c and 4 more</c>.</summary>
    public static string Some(IReadOnlyList<string> names, int most = 3, string separator = ", ") =>
        names.Count <= most
            ? string.Join(separator, names)
            : string.Create(CultureInfo.InvariantCulture, $"{string.Join(separator, names.Take(most))} and {names.Count - most:N0} more");

    private static ReadOnlySpan<char> CutAtRune(ReadOnlySpan<char> text, int length) =>
        char.IsHighSurrogate(text[length - 1]) ? text[..(length - 1)] : text[..length];
}
