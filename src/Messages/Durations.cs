using System.Buffers;
using System.Globalization;

namespace Orchestrator.Messages;

/// <summary>Lengths of time as people write them, such as <c>1.5s</c>, <c>1h30m</c> or <c>2d</c>.</summary>
public static class Durations
{
    private static readonly SearchValues<char> NumberSigns = SearchValues.Create("0123456789.");

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
