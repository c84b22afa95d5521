namespace Orchestrator.YamlFiles;

/// <summary>Finds the word that somebody probably meant.</summary>
public static class NearestWord
{
    /// <summary>The known word within two slips of a key (three for long ones), or null where none is that near.</summary>
    public static string? To(string written, IEnumerable<string> known)
    {
        if (written.Length > 40) return null;
        var lowered = written.ToLowerInvariant();
        var (nearest, fewest) = known.Select(word => (word, Slips(lowered, word))).DefaultIfEmpty((word: "", int.MaxValue)).MinBy(x => x.Item2);
        return fewest <= Math.Clamp(written.Length / 3, 1, 3) ? nearest : null;
    }

    /// <summary>Letters to insert, drop, replace or swap with a neighbour.</summary>
    private static int Slips(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++) d[i, 0] = i;
        for (var j = 0; j <= b.Length; j++) d[0, j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = a[i - 1] == b[j - 1] ? 0 : 1;
                d[i, j] = Math.Min(Math.Min(d[i - 1, j] + 1, d[i, j - 1] + 1), d[i - 1, j - 1] + replace);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }
        return d[a.Length, b.Length];
    }
}
