namespace Orchestrator.Messages;

/// <summary>Finds the name that somebody probably meant: the one with the fewest slips of the pen between the two.</summary>
public static class Nearest
{
    /// <summary>Names longer than this are not compared: a suggestion is not worth the time.</summary>
    private const int MaxLength = 200;

    /// <summary>
    /// The candidate nearest to <paramref name="name"/>, or null where none is near: one slip in names of up to five
    /// characters, two in longer ones. Upper and lower case count as equal. Of several equally near ones the first in ordinal order. Where none is near, one
    /// of which the name is the beginning before a dot, as <c>web1</c> is of <c>web1.example.net</c>.
    /// </summary>
    public static string? Of(ReadOnlySpan<char> name, IEnumerable<string> candidates)
    {
        string? best = null;
        string? full = null;
        var bestSlips = int.MaxValue;
        foreach (var candidate in candidates)
        {
            if (IsBeginningOf(name, candidate) && (full is null || string.CompareOrdinal(candidate, full) < 0))
                full = candidate;
            var allowed = Math.Min(candidate.Length <= 5 ? 1 : 2, bestSlips);
            var slips = Slips(name, candidate, allowed);
            if (slips > allowed || (slips == bestSlips && string.CompareOrdinal(candidate, best) >= 0))
                continue;

            (best, bestSlips) = (candidate, slips);
        }

        return best ?? full;
    }

    private static bool IsBeginningOf(ReadOnlySpan<char> name, string candidate) =>
        !name.IsEmpty && candidate.Length > name.Length && candidate[name.Length] == '.' && candidate.StartsWith(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// How many letters must be put in, left out, replaced or swapped with their neighbour to make one name of the other,
    /// case aside; something above <paramref name="most"/> as soon as it is known to be more.
    /// </summary>
    public static int Slips(ReadOnlySpan<char> one, ReadOnlySpan<char> other, int most)
    {
        if (Math.Abs(one.Length - other.Length) > most || one.Length > MaxLength || other.Length > MaxLength)
            return most + 1;

        // Rows of the usual table of distances between beginnings; the row before the last is kept for swapped neighbours.
        var width = other.Length + 1;
        Span<int> table = stackalloc int[3 * width];
        var row = table[..width];
        var above = table.Slice(width, width);
        var aboveThat = table.Slice(2 * width, width);
        for (var j = 0; j < width; j++)
            above[j] = j;

        for (var i = 1; i <= one.Length; i++)
        {
            row[0] = i;
            var least = i;
            for (var j = 1; j < width; j++)
            {
                var same = AreSame(one[i - 1], other[j - 1]);
                var slips = Math.Min(above[j - 1] + (same ? 0 : 1), Math.Min(above[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && AreSame(one[i - 1], other[j - 2]) && AreSame(one[i - 2], other[j - 1]))
                    slips = Math.Min(slips, aboveThat[j - 2] + 1);

                row[j] = slips;
                least = Math.Min(least, slips);
            }

            if (least > most)
                return most + 1;

            var free = aboveThat;
            aboveThat = above;
            above = row;
            row = free;
        }

        return above[other.Length];
    }

    private static bool AreSame(char a, char b) => a == b || char.ToUpperInvariant(a) == char.ToUpperInvariant(b);
}
