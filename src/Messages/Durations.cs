using System.Buffers;
using System.Globalization;

namespace Orchestrator.Messages;

/// <summary>Lengths of time as people write them, such as <c>1.5s</c>, <c>1h30m</c> or <c>2d</c>.</summary>
public static class Durations
{
    private static readonly SearchValues<char> NumberSigns = SearchValues.Create("0123456789.");

    /// <summary>A length of time as it is told everywhere, in the form that options take: <c>4.2s</c>, <c>1m23s</c>, <c>1h30m</c>, <c>2d</c>.</summary>
    public static string Text(TimeSpan time)
    {
        if (time < TimeSpan.FromMilliseconds(1))
            return "0s";
        if (time < TimeSpan.FromMilliseconds(100))
            return string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(time.TotalMilliseconds)}ms");
        if (Math.Round(time.TotalSeconds, 1) is var tenths && tenths < 60)
            return string.Create(CultureInfo.InvariantCulture, $"{tenths:0.#}s");
        var seconds = Math.Max(60, (long)Math.Round(time.TotalSeconds));
        return seconds switch
        {
            < 3_600 => Units(seconds / 60, "m", seconds % 60, "s"),
            < 86_400 => Units(seconds / 3_600, "h", seconds / 60 % 60, "m"),
            _ => Units(seconds / 86_400, "d", seconds / 3_600 % 24, "h"),
        };
    }

    /// <summary>The same in whole seconds, for what goes on while it is read.</summary>
    public static string Whole(TimeSpan time) => Text(TimeSpan.FromSeconds((long)time.TotalSeconds));

    private static string Units(long first, string firstUnit, long second, string secondUnit) =>
        One(first, firstUnit) + (second == 0 ? "" : One(second, secondUnit));

    private static string One(long number, string unit) => string.Create(CultureInfo.InvariantCulture, $"{number}{unit}");

    /// <summary>The sum of numbers with units, the largest unit first and each once; null where it is none.</summary>
    public static decimal? Ticks(string text)
    {
        (string Word, long Ticks)[] units =
        [
            ("d", TimeSpan.TicksPerDay), ("h", TimeSpan.TicksPerHour), ("m", TimeSpan.TicksPerMinute), ("s", TimeSpan.TicksPerSecond),
            ("ms", TimeSpan.TicksPerMillisecond),
        ];
        var sum = 0m;
        var left = text.AsSpan();
        for (var next = 0; !left.IsEmpty;)
        {
            var digits = left.IndexOfAnyExcept(NumberSigns);
            if (digits <= 0 || !decimal.TryParse(left[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                return null;
            left = left[digits..];
            var letters = left.IndexOfAnyInRange('0', '9');
            var word = (letters < 0 ? left : left[..letters]).ToString();
            var unit = Array.FindIndex(units, next, u => u.Word == word);
            // Long before a sum of such numbers is too large for a decimal it is too large for a time.
            if (unit < 0 || number > int.MaxValue)
                return null;
            sum += number * units[unit].Ticks;
            next = unit + 1;
            left = left[word.Length..];
        }

        return text.Length == 0 ? null : sum;
    }
}
