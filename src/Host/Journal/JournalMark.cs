using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Data.Sqlite;
using Orchestrator.StateFolders;

namespace Orchestrator.Host.Journal;

/// <summary>
/// How far the journal reaches, told by a file beside it: SQLite itself takes a write-ahead log that is cut, damaged or gone for one that ends there, and an
/// older copy for the journal. A lower bound: written after events are on disk and before any act that relies on them leaves.
/// </summary>
/// <remarks>
/// Two slots are written in turns, each with its own checksum: a write that a power cut tore leaves the one before. Each records when its file was created:
/// nobody can set that, so a mark that is put back together with an older journal is recognized as a copy. Each has the sum of all events as well:
/// SQLite has no checksums in the database itself, and a bit that flips in an old event would be replayed as if it had been written.
/// </remarks>
internal sealed class JournalMark : IDisposable
{
    public const string UnknownBirth = "-";
    private const int SlotSize = 256;
    private const string Magic = "orchestrator-mark";
    private static readonly MarkedEvent Nothing = new(0, "nothing");
    private static readonly MarkedEvent Lost = new(0, "lost");
    private readonly FileStream _file;
    private readonly Lock _gate = new();
    private readonly string _birth;
    private long _writes;
    private Mark? _newest;
    private (long Ordering, UInt128 Sum) _summed;

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
        var both = new byte[2 * SlotSize];
        _birth = BirthOf(path);
        _newest = Newest(both.AsSpan(0, RandomAccess.Read(_file.SafeFileHandle, both, 0)));
        if (_newest is { Sum: { } sum, SumInstead: null })
            _summed = (_newest.Event.Ordering, sum);
        _writes = _newest?.Writes ?? 0;
    }

    public string Path { get; }

    /// <summary>The newest event that is known to have been written, number 0 where none was; null where nothing is known.</summary>
    public MarkedEvent? Last => _newest?.Event;

    /// <summary>One event of the journal: its place among all, and the SHA-256 of what it says and where it belongs.</summary>
    internal sealed record MarkedEvent(long Ordering, string Digest);

    /// <param name="Writes">Counts the writes of the file.</param>
    /// <param name="Event">The newest event of the journal.</param>
    /// <param name="Birth"><see cref="FileStatus.Born"/> of the file that it was written to; <see cref="UnknownBirth"/> for null.</param>
    /// <param name="Sum">Of all events up to that one; null in one of an earlier version.</param>
    /// <param name="SumInstead">What the sum is once a deletion that is under way is done; null where none is.</param>
    internal sealed record Mark(long Writes, MarkedEvent Event, string Birth, UInt128? Sum = null, UInt128? SumInstead = null);

    /// <summary>One sentence why the journal cannot be what it was; null where nothing speaks against it.</summary>
    /// <param name="isLookedThrough">Whether every event is compared, and not only the newest.</param>
    public string? ProblemOf(SqliteConnection connection, string journal, bool isLookedThrough)
    {
        if (ProblemOf(_newest, Path, connection, journal) is { } problem)
            return problem;
        if (!isLookedThrough || ProblemOfSum(_newest, connection, journal) is not { } damaged)
            return null;
        // Their replay fails, which stops them and nobody else.
        if (!JournalVerification.OnlyDeploymentsAreBroken(journal))
            return damaged;
        Forget();
        return null;
    }

    /// <summary>The same for what the mark says of the newest event alone.</summary>
    /// <param name="mark">What is written at the path; null where nothing is.</param>
    public static string? ProblemOf(Mark? mark, string path, SqliteConnection connection, string journal)
    {
        using var command = connection.CreateCommand();
        if (mark is null)
        {
            command.CommandText = "SELECT 1 FROM orchestrator WHERE key = 'marked'";
            return command.ExecuteScalar() is null ? null
                : $"{path}, which says how far the journal {journal} reaches, is gone: the journal may be an older copy";
        }
        if (mark.Birth != UnknownBirth && BirthOf(path) is var birth && birth != UnknownBirth && birth != mark.Birth)
            return $"{path}, which says how far the journal {journal} reaches, is a copy: both may have been restored from an earlier state";
        var last = mark.Event;
        if (last == Nothing)
            return null;
        if (last == Lost)
            return $"the journal {journal} was begun anew after the one before it was lost";
        if (Event(connection, last.Ordering) is { } same)
        {
            return same == last ? null : string.Create(
                CultureInfo.InvariantCulture, $"the journal {journal} is not the one that was used here last: its event {last.Ordering} is a different one");
        }
        command.CommandText = "SELECT coalesce(max(ordering), 0) FROM journal";
        return Shorter(journal, (long)command.ExecuteScalar()!, last.Ordering);
    }

    /// <summary>One sentence where an event is not what it was when the mark was written; null where all are, or it does not say.</summary>
    public static string? ProblemOfSum(Mark? mark, SqliteConnection connection, string journal) =>
        mark is not { Sum: { } sum } || SumOf(connection, 0, mark.Event.Ordering) is var found && (found == sum || found == mark.SumInstead)
            ? null : string.Create(
                CultureInfo.InvariantCulture,
                $"the journal {journal} is damaged: an event up to {mark.Event.Ordering} is not as it was written, or is missing");

    /// <summary>Where the mark of a journal lies.</summary>
    public static string PathOf(string journal) => System.IO.Path.ChangeExtension(journal, ".mark");

    /// <summary>What is written at a path, which is only read; null where nothing is.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static Mark? Of(string path) => File.Exists(path) ? Newest(File.ReadAllBytes(path)) : null;

    /// <summary>
    /// Remembers that the journal is lost, where nothing is known of how far it reached: SQLite deletes the log beside a database that is empty, and nothing
    /// else would tell the next start.
    /// </summary>
    public static void RememberLoss(string path)
    {
        using var mark = new JournalMark(path);
        if (mark._newest is null)
            mark.Write(Lost, flush: true);
    }

    /// <summary>Any journal is taken as it is from now on.</summary>
    public void Forget() => (_newest, _summed) = (null, default);

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
            // One without the right birth or a sum is of an earlier version or another file system: as a copy it would not be known.
            if (newest == Last && _newest is { Sum: not null, SumInstead: null } && _newest.Birth == _birth)
            {
                if (flush)
                    RandomAccess.FlushToDisk(_file.SafeFileHandle);
                return;
            }
            if (newest.Ordering < Last?.Ordering)
                throw new JournalMisplacedException(Shorter(journal: connection.DataSource, newest.Ordering, Last.Ordering));
            Sum(connection, newest.Ordering);
            Write(newest, flush);
        }
    }

    /// <summary>Does what deletes events of a history; until that is done the mark is at one that stays, and allows for both.</summary>
    /// <param name="connection">Of the journal.</param>
    /// <param name="history">Whose newest event may be the newest of all.</param>
    /// <param name="upTo">The place of the last event that is deleted, of those of the history.</param>
    public void Around(SqliteConnection connection, string history, long upTo, Action delete)
    {
        lock (_gate)
        {
            var stays = Event(connection, null, but: history) ?? Nothing;
            Sum(connection, stays.Ordering);
            var rest = _summed.Sum - SumOf(connection, 0, Math.Min(upTo, stays.Ordering), history);
            Write(stays, flush: true, rest);
            // Where that fails nobody knows whether it was done.
            var done = (stays.Ordering, rest);
            _summed = default;
            delete();
            _summed = done;
            Write(stays, flush: false);
        }
    }

    /// <summary>Goes on with the sum, or back, to the event of this place.</summary>
    private void Sum(SqliteConnection connection, long to)
    {
        var (from, sum) = _summed;
        _summed = (to, to >= from ? sum + SumOf(connection, from, to) : sum - SumOf(connection, to, from));
    }

    private void Write(MarkedEvent newest, bool flush, UInt128? sumInstead = null)
    {
        var mark = new Mark(_writes + 1, newest, _birth, _summed.Sum, sumInstead);
        var line = LineOf(mark);
        RandomAccess.Write(_file.SafeFileHandle, Encoding.ASCII.GetBytes($"{line} {Hash(line)}\n".PadRight(SlotSize)), mark.Writes % 2 * SlotSize);
        (_newest, _writes) = (mark, mark.Writes);
        if (flush)
            RandomAccess.FlushToDisk(_file.SafeFileHandle);
    }

    public void Dispose() => _file.Dispose();

    private static Mark? Newest(ReadOnlySpan<byte> slots)
    {
        Mark? newest = null;
        for (; !slots.IsEmpty; slots = slots[Math.Min(SlotSize, slots.Length)..])
        {
            if (Read(slots[..Math.Min(SlotSize, slots.Length)]) is { } found && (newest is null || found.Writes > newest.Writes))
                newest = found;
        }
        return newest;
    }

    /// <remarks>Marks of earlier versions have no sum, and no creation time.</remarks>
    private static Mark? Read(ReadOnlySpan<byte> slot)
    {
        var parts = Encoding.ASCII.GetString(slot).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return parts is [Magic, var number, var place, var digest, .. var more, var hash]
            && more.Length <= 3
            && hash == Hash(string.Join(' ', parts[..^1]))
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var writes)
            && long.TryParse(place, NumberStyles.None, CultureInfo.InvariantCulture, out var ordering)
                ? new Mark(writes, new MarkedEvent(ordering, digest), more is [var birth, ..] ? birth : UnknownBirth, SumAt(1), SumAt(2))
                : null;

        UInt128? SumAt(int i) =>
            i < more.Length && UInt128.TryParse(more[i], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var sum) ? sum : null;
    }

    private static string LineOf(Mark mark) => string.Create(
        CultureInfo.InvariantCulture, $"{Magic} {mark.Writes} {mark.Event.Ordering} {mark.Event.Digest} {mark.Birth} {mark.Sum:x32}")
        + (mark.SumInstead is { } instead ? string.Create(CultureInfo.InvariantCulture, $" {instead:x32}") : "");

    /// <summary>
    /// The sum of the hashes of events: whatever order they are read in, and what is deleted is taken off it. Of all that a row says, and of what kind
    /// its values are: a text that became a blob is found by no name any more.
    /// </summary>
    /// <param name="after">The place before the first of them.</param>
    /// <param name="to">The place of the last one.</param>
    /// <param name="history">Whose events; null for all.</param>
    private static UInt128 SumOf(SqliteConnection connection, long after, long to, string? history = null)
    {
        if (after >= to)
            return 0;
        using var command = connection.CreateCommand();
        command.CommandText =
            """
            SELECT concat_ws(' ', ordering, created, deleted, persistence_id, sequence_number, manifest, identifier, writer_uuid,
              typeof(persistence_id), typeof(manifest), typeof(writer_uuid), typeof(message)), message
            FROM journal WHERE
            """
            // By the table itself, which an index may contradict.
            + (history is null ? " ordering > $after AND ordering <= $to" : " persistence_id = $history AND +ordering > $after AND +ordering <= $to");
        command.Parameters.AddWithValue("$after", after);
        command.Parameters.AddWithValue("$to", to);
        command.Parameters.AddWithValue("$history", history ?? "");
        using var rows = command.ExecuteReader();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        UInt128 sum = 0;
        while (rows.Read())
        {
            hash.AppendData(Encoding.UTF8.GetBytes(rows.GetString(0)));
            if (!rows.IsDBNull(1))
                hash.AppendData(rows.GetFieldValue<byte[]>(1));
            hash.GetHashAndReset(digest);
            sum += BinaryPrimitives.ReadUInt128BigEndian(digest);
        }
        return sum;
    }

    private static string BirthOf(string path) => FileStatus.Of(path)?.Born?.ToString(CultureInfo.InvariantCulture) ?? UnknownBirth;

    /// <param name="connection">Of the journal.</param>
    /// <param name="ordering">Null for the newest.</param>
    /// <param name="but">A history whose events do not count; null for none.</param>
    private static MarkedEvent? Event(SqliteConnection connection, long? ordering, string? but = null)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT ordering, persistence_id, sequence_number, message FROM journal "
            + (ordering is not null ? "WHERE ordering = $ordering" : $"{(but is null ? "" : "WHERE persistence_id <> $but ")}ORDER BY ordering DESC LIMIT 1");
        command.Parameters.AddWithValue("$ordering", ordering ?? 0);
        command.Parameters.AddWithValue("$but", but ?? "");
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
