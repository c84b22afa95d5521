using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Orchestrator.Host.Journal;

/// <summary>
/// How far the journal reaches, told by a file beside it: SQLite itself takes a write-ahead log that is cut, damaged or gone for one that ends there, and an
/// older copy for the journal. A lower bound: written after events are on disk and before any act that relies on them leaves.
/// </summary>
/// <remarks>Two slots are written in turns, each with its own checksum: a write that a power cut tore leaves the one before.</remarks>
internal sealed class JournalMark : IDisposable
{
    private const int SlotSize = 256;
    private const string Magic = "orchestrator-mark";
    private static readonly MarkedEvent Nothing = new(0, "nothing");
    private readonly FileStream _file;
    private readonly Lock _gate = new();
    private long _writes;

    /// <param name="path">Created where it is missing, for its owner only.</param>
    public JournalMark(string path)
    {
        Path = path;
        _file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            BufferSize = 0,
        });
        for (var slot = 0; slot < 2; slot++)
        {
            if (Read(slot) is var (writes, found) && (Last is null || writes > _writes))
                (Last, _writes) = (found, writes);
        }
    }

    public string Path { get; }

    /// <summary>The newest event that is known to have been written, number 0 where none was; null where nothing is known.</summary>
    public MarkedEvent? Last { get; private set; }

    /// <summary>One event of the journal: its place among all, and the SHA-256 of what it says and where it belongs.</summary>
    internal sealed record MarkedEvent(long Ordering, string Digest);

    /// <summary>One sentence why the journal cannot be what it was; null where nothing speaks against it.</summary>
    public string? ProblemOf(SqliteConnection connection, string journal)
    {
        using var command = connection.CreateCommand();
        if (Last is null)
        {
            command.CommandText = "SELECT 1 FROM orchestrator WHERE key = 'marked'";
            return command.ExecuteScalar() is null ? null
                : $"{Path}, which says how far the journal {journal} reaches, is gone: the journal may be an older copy";
        }
        if (Last == Nothing)
            return null;
        if (Event(connection, Last.Ordering) is { } same)
        {
            return same == Last ? null : string.Create(
                CultureInfo.InvariantCulture, $"the journal {journal} is not the one that was used here last: its event {Last.Ordering} is a different one");
        }
        command.CommandText = "SELECT coalesce(max(ordering), 0) FROM journal";
        return Shorter(journal, (long)command.ExecuteScalar()!, Last.Ordering);
    }

    /// <summary>Any journal is taken as it is from now on.</summary>
    public void Forget() => Last = null;

    private static string Shorter(string journal, long ends, long of) => string.Create(
        CultureInfo.InvariantCulture, $"the journal {journal} is shorter than it was: it ends with event {ends} of {of}, and what the others said is lost");

    /// <summary>Says that the journal reaches as far as it does now.</summary>
    /// <param name="connection">Of the journal.</param>
    /// <param name="flush">Whether it must outlive a power cut.</param>
    /// <exception cref="JournalMisplacedException">It does not reach as far as it did.</exception>
    /// <exception cref="IOException">That cannot be written.</exception>
    public void Write(SqliteConnection connection, bool flush = false)
    {
        lock (_gate)
        {
            var newest = Event(connection, null) ?? Nothing;
            if (newest == Last)
            {
                if (flush)
                    RandomAccess.FlushToDisk(_file.SafeFileHandle);
                return;
            }
            if (newest.Ordering < Last?.Ordering)
                throw new JournalMisplacedException(Shorter(journal: connection.DataSource, newest.Ordering, Last.Ordering));
            var line = string.Create(CultureInfo.InvariantCulture, $"{Magic} {_writes + 1} {newest.Ordering} {newest.Digest}");
            RandomAccess.Write(_file.SafeFileHandle, Encoding.ASCII.GetBytes($"{line} {Hash(line)}\n".PadRight(SlotSize)), (_writes + 1) % 2 * SlotSize);
            _writes++;
            if (flush)
                RandomAccess.FlushToDisk(_file.SafeFileHandle);
            Last = newest;
        }
    }

    public void Dispose() => _file.Dispose();

    private (long Writes, MarkedEvent Event)? Read(int slot)
    {
        var bytes = new byte[SlotSize];
        var length = RandomAccess.Read(_file.SafeFileHandle, bytes, slot * SlotSize);
        var parts = Encoding.ASCII.GetString(bytes, 0, length).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return parts is [Magic, var number, var place, var digest, var hash]
            && hash == Hash($"{Magic} {number} {place} {digest}")
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var writes)
            && long.TryParse(place, NumberStyles.None, CultureInfo.InvariantCulture, out var ordering)
                ? (writes, new MarkedEvent(ordering, digest))
                : null;
    }

    /// <param name="connection">Of the journal.</param>
    /// <param name="ordering">Null for the newest.</param>
    private static MarkedEvent? Event(SqliteConnection connection, long? ordering)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT ordering, persistence_id, sequence_number, message FROM journal "
            + (ordering is null ? "ORDER BY ordering DESC LIMIT 1" : "WHERE ordering = $ordering");
        command.Parameters.AddWithValue("$ordering", ordering ?? 0);
        using var row = command.ExecuteReader();
        if (!row.Read())
            return null;
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        digest.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{row.GetString(1)} {row.GetInt64(2)} ")));
        digest.AppendData(row.GetFieldValue<byte[]>(3));
        return new MarkedEvent(row.GetInt64(0), Convert.ToHexStringLower(digest.GetHashAndReset()));
    }

    private static string Hash(string line) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(line)))[..16];
}
