namespace Orchestrator.NodeAgent.Emulation.Scenarios;

/// <summary>Draws values of ranges from a scenario's seed and a node's name alone: the same in every process and on every machine.</summary>
public static class Draws
{
    /// <summary>A time of the range, whole microseconds.</summary>
    /// <param name="range">The range; both ends may be drawn.</param>
    /// <param name="turn">The how manyth for this purpose.</param>
    public static TimeSpan Time(TimeRange range, long seed, string node, string purpose, int turn)
    {
        var width = (range.To - range.From).Ticks / TimeSpan.TicksPerMicrosecond;
        return width == 0 ? range.From : range.From + TimeSpan.FromMicroseconds(Below(width + 1, seed, node, purpose, turn));
    }

    /// <summary>A whole number from 0 and below <paramref name="limit"/>, which is positive.</summary>
    public static long Below(long limit, long seed, string node, string purpose, int turn)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in node) hash = (hash ^ c) * 1099511628211UL;
        foreach (var c in purpose) hash = (hash ^ c) * 1099511628211UL;
        hash = Mix(hash ^ Mix((ulong)seed) ^ ((ulong)(uint)turn << 17));
        return (long)(((UInt128)hash * (ulong)limit) >> 64);
    }

    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15UL;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }
}
