namespace Orchestrator.Host.Process;

/// <summary>Tells whether the disk of the state folder still has room to write the journal on.</summary>
public static class DiskSpace
{
    /// <summary>Room for the journal's tables, its write-ahead log and some pages of it, bytes.</summary>
    public const long Least = 512 << 10;

    /// <summary>One sentence where less than <see cref="Least"/> is left; null where there is enough, or nobody can tell.</summary>
    public static string? Shortage(string folder) => Left(folder) is { } left && left < Least
        ? $"the disk of {folder} is full ({left >> 10} KiB are left, {Least >> 10} KiB are needed): free some space"
        : null;

    /// <summary>How many bytes are left; null where nobody can tell.</summary>
    public static long? Left(string folder)
    {
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
