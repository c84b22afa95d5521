using System.IO.Compression;

namespace Orchestrator.Testing;

/// <summary>Journals as earlier versions wrote them, each by the day of its version; every one of them is replayed for ever.</summary>
public static class OlderJournals
{
    /// <summary>All there are.</summary>
    public static IReadOnlyList<string> Days { get; } =
    [
        .. typeof(OlderJournals).Assembly.GetManifestResourceNames()
            .Where(n => n.EndsWith(Ending, StringComparison.Ordinal)).Select(n => n[..^Ending.Length]).Order(StringComparer.Ordinal),
    ];

    private const string Ending = ".db.gz";

    /// <summary>Writes one to a file.</summary>
    public static void Unpack(string day, string file)
    {
        using var packed = typeof(OlderJournals).Assembly.GetManifestResourceStream(day + Ending)!;
        using var gzip = new GZipStream(packed, CompressionMode.Decompress);
        using var journal = File.Create(file);
        gzip.CopyTo(journal);
    }
}
