using System.Globalization;

namespace Orchestrator.Messages;

/// <summary>Numbers, nouns and lists of names as sentences have them, the same in all parts and cultures.</summary>
public static class Phrases
{
    private const int LongestQuote = 80;

    /// <summary><c>4,998</c>.</summary>
    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary><c>1 node</c>, <c>4,998 nodes</c>: for nouns whose plural ends in s.</summary>
    public static string Count(long number, string noun) => number == 1 ? $"1 {noun}" : $"{Number(number)} {noun}s";

    /// <summary>The word that agrees with a number: <c>is</c> or <c>are</c>.</summary>
    public static string Agree(long number, string one, string many) => number == 1 ? one : many;

    /// <summary>A moment with its zone, <c>2016-07-14 13:28:38 +0200</c>; without one in UTC, where nobody knows who reads it.</summary>
    public static string Time(DateTimeOffset at, TimeZoneInfo? zone = null)
    {
        var local = TimeZoneInfo.ConvertTime(at, zone ?? TimeZoneInfo.Utc);
        return local.ToString("yyyy-MM-dd HH:mm:ss ", CultureInfo.InvariantCulture)
            + local.ToString("zzz", CultureInfo.InvariantCulture).Replace(":", "", StringComparison.Ordinal);
    }

    /// <summary>The sentence about a node that gave two different answers to one request.</summary>
    public static string Contradicted(string action, string first, string second) =>
        $"it gave two different answers to one {action} request (SHA-256 {first} and {second}): one may be forged, or another server may have its name";

    /// <summary><c>this host's clock was set back by 1m30s</c>.</summary>
    /// <param name="by">Negative where it was set back.</param>
    public static string ClockSet(TimeSpan by) => $"this host's clock was set {(by > TimeSpan.Zero ? "forward" : "back")} by {Durations.Text(by.Duration())}";

    /// <summary>A text from outside in quotation marks, cut after some 80 characters. Whoever shows the sentence escapes control characters.</summary>
    public static string Quote(ReadOnlySpan<char> text) => $"\"{Shorten(text)}\"";

    public static string Shorten(ReadOnlySpan<char> text) =>
        text.Length <= LongestQuote ? text.ToString() : $"{text[..(char.IsHighSurrogate(text[LongestQuote - 1]) ? LongestQuote - 1 : LongestQuote)]}...";

    /// <summary><c>a, b, c and 4 more</c>.</summary>
    public static string Some<T>(IReadOnlyCollection<T> names, int most = 5) => FirstOf(names, names.Count, most);

    /// <summary><c>a, b or c</c>.</summary>
    /// <param name="last">Before the last one, such as "or".</param>
    public static string List(IReadOnlyList<string> items, string last) =>
        items.Count < 2 ? string.Concat(items) : $"{string.Join(", ", items.SkipLast(1))} {last} {items[^1]}";

    /// <summary>The same of names that need not all be at hand: <paramref name="count"/> is how many there are.</summary>
    public static string FirstOf<T>(IEnumerable<T> names, int count, int most = 5) =>
        string.Join(", ", names.Take(most)) + (count > most ? $" and {Number(count - most)} more" : "");
}
