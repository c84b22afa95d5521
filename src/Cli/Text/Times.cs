using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Orchestrator.Messages;

namespace Orchestrator.Cli.Text;

/// <summary>Times as people write and read them.</summary>
internal static class Times
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    /// <summary>
    /// Reads <c>500ms</c>, <c>1.5s</c>, <c>5m</c>, <c>1h30m</c> or <c>2d</c>, at most a week; <c>0</c> only with <paramref name="orNothing"/>.
    /// </summary>
    public static bool TryParse(string text, out TimeSpan time, [NotNullWhen(false)] out string? problem, bool orNothing = false)
    {
        time = default;
        problem = null;
        if ((orNothing && text == "0" ? 0 : Durations.Ticks(text)) is not { } ticks)
            problem = $"\"{text}\" is not a time: write for example 500ms, 1.5s, 5m, 1h30m or 2d";
        else if ((ticks == 0 && !orNothing) || ticks > Longest.Ticks)
            problem = $"\"{text}\" is out of range: a time is {(orNothing ? "" : "more than nothing and ")}at most a week, 7d";
        else
            time = TimeSpan.FromTicks((long)ticks);
        return problem is null;
    }

    /// <summary>Reads <c>90d</c>, <c>12h</c> or <c>1h30m</c>: how long ago.</summary>
    public static bool TryParseAge(string text, out TimeSpan age, [NotNullWhen(false)] out string? problem)
    {
        const long mostDays = 36_500;
        age = default;
        problem = null;
        if (Durations.Ticks(text) is not { } ticks)
            problem = $"\"{text}\" is not an age: write for example 90d, 12h or 1h30m";
        else if (ticks > mostDays * TimeSpan.TicksPerDay)
            problem = string.Create(CultureInfo.InvariantCulture, $"\"{text}\" is out of range: an age is at most {mostDays}d");
        else
            age = TimeSpan.FromTicks((long)ticks);
        return problem is null;
    }

    /// <summary>Reads <c>2026-01-31</c>, <c>2026-01-31 13:28</c> or the same with <c>T</c>, seconds or an offset; without one it is the zone's.</summary>
    public static bool TryParseMoment(string text, TimeZoneInfo zone, out DateTimeOffset at)
    {
        string[] local = ["yyyy-MM-dd", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss", "yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss"];
        if (DateTime.TryParseExact(text, local, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
        {
            at = new DateTimeOffset(time, zone.GetUtcOffset(time));
            return true;
        }
        string[] whole = ["yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ss zzz"];
        return DateTimeOffset.TryParseExact(text, whole, CultureInfo.InvariantCulture, DateTimeStyles.None, out at);
    }

    /// <summary>A moment in a table with little room: <c>2016-07-14 13:28</c>.</summary>
    public static string Minute(DateTimeOffset at, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(at, zone).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>A moment of a day at hand: <c>13:28 +0200</c>.</summary>
    public static string MinuteOfDay(DateTimeOffset at, TimeZoneInfo zone)
    {
        var stamp = Phrases.Time(at, zone);
        return stamp[11..16] + stamp[19..];
    }
}
