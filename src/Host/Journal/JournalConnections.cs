using LinqToDB;
using Microsoft.Data.Sqlite;
using Orchestrator.StateFolders;

namespace Orchestrator.Host.Journal;

/// <summary>The journal is not at its path now, or is not what it was: nothing is read or written until it is back. Its words are a sentence.</summary>
public sealed class JournalMisplacedException(string message) : IOException(message);

/// <summary>
/// How the journal's database is reached: one SQLite file, each connection opened so that what is said to be written is on disk, in the file that the
/// host started with, and only while the host owns it.
/// </summary>
public sealed class JournalConnections : IDisposable
{
    /// <summary>
    /// INTENT: an intent that a power cut could take back is no intent, hence FULL. WAL lets watchers read while a supervisor writes.
    /// SQLite forgets the other two with each connection.
    /// </summary>
    private static readonly string[] Pragmas = ["PRAGMA busy_timeout=10000", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"];

    private readonly string _connectionString;
    private SqliteConnection? _held;
    private JournalMark? _mark;
    private HeldFile[] _files = [];

    /// <param name="file">The database's file, which must be there: SQLite would put an empty one in the place of one that is gone.</param>
    public JournalConnections(string file)
    {
        File = file;
        _connectionString = new SqliteConnectionStringBuilder { DataSource = file, DefaultTimeout = 10, Mode = SqliteOpenMode.ReadWrite }.ToString();
    }

    public string File { get; }

    /// <summary>Which owner of the journal this process is (see <see cref="JournalOwnership"/>); zero, and nothing can be written, where it is none.</summary>
    public long Generation { get; private set; }

    /// <summary>
    /// One sentence where the journal is not as complete as it was when a host last used it, until a person has accepted that: no node is touched before.
    /// </summary>
    public string? Incomplete { get; private set; }

    /// <summary>One sentence where a file of the journal is gone, another one, or shorter than it was; null where all is in place.</summary>
    public string? Misplaced => _files.Select(f => f.Problem).FirstOrDefault(p => p is not null);

    /// <summary>The place of the newest event that the mark has; null where there is none.</summary>
    internal long? NewestEvent => _mark?.Last?.Ordering;

    /// <summary>Opens a connection; the caller disposes it.</summary>
    /// <exception cref="SqliteException">The file cannot be opened, or is no database.</exception>
    /// <exception cref="JournalMisplacedException">The file is not the one that it was.</exception>
    public SqliteConnection Open() => Open(_connectionString);

    /// <summary>Opens one that waits for nobody longer than a second and shares nothing with those before it, to see what the file itself allows now.</summary>
    public SqliteConnection OpenToProbe()
    {
        // The driver waits on its own, whatever the pragma says, in whole seconds; zero would be for ever.
        var connection = Open(new SqliteConnectionStringBuilder(_connectionString) { Pooling = false, DefaultTimeout = 1 }.ToString());
        Execute(connection, "PRAGMA busy_timeout=0");
        return connection;
    }

    /// <summary>How Akka.Persistence.Sql reaches this database.</summary>
    public DataOptions Options => new DataOptions()
        .UseConnectionString(ProviderName.SQLiteMS, _connectionString)
        .UseAfterConnectionOpened(connection => Prepare((SqliteConnection)connection));

    /// <summary>
    /// Goes on as this owner, with the files that are there now. One connection stays open: the files keep their identity, and SQLite its
    /// write-ahead log.
    /// </summary>
    internal void Hold(long generation, JournalMark mark, string? incomplete)
    {
        (Generation, _mark, Incomplete) = (generation, mark, incomplete);
        _held = Open();
        _files = [new HeldFile(File), new HeldFile($"{File}-wal")];
        Mark(_held);
    }

    /// <summary>Remembers beside the journal how far it reaches now; not while it is incomplete.</summary>
    /// <exception cref="IOException">That cannot be written.</exception>
    internal void Mark(SqliteConnection connection, bool flush = false)
    {
        if (Incomplete is null)
            _mark?.Write(connection, flush);
    }

    /// <summary>
    /// Deletes a history, so many events in a transaction: whoever dies meanwhile leaves a journal that is complete by its mark.
    /// </summary>
    internal void Delete(SqliteConnection connection, string history, int most)
    {
        using var last = connection.CreateCommand();
        last.CommandText =
            "SELECT max(ordering) FROM (SELECT ordering FROM journal WHERE persistence_id = $history ORDER BY ordering LIMIT $most)";
        using var delete = connection.CreateCommand();
        delete.CommandText = "DELETE FROM journal WHERE persistence_id = $history AND +ordering <= $last";
        foreach (var command in (SqliteCommand[])[last, delete])
            command.Parameters.AddWithValue("$history", history);
        last.Parameters.AddWithValue("$most", most);
        var upTo = delete.Parameters.AddWithValue("$last", 0);
        while (last.ExecuteScalar() is long ordering)
        {
            upTo.Value = ordering;
            if (_mark is { } mark && Incomplete is null)
                mark.Around(connection, history, ordering, () => delete.ExecuteNonQuery());
            else
                delete.ExecuteNonQuery();
        }
    }

    /// <summary>Does what makes the database's file shorter, which would otherwise be taken for damage.</summary>
    /// <param name="shrink">Answers how long the file must be at least from then on, and whether it is as short as that already.</param>
    internal void Shrink(Func<(long Bytes, bool IsDone)> shrink)
    {
        var file = _files.FirstOrDefault();
        file?.Allow(0);
        var (bytes, isDone) = shrink();
        if (isDone)
            file?.Settle();
        else
            file?.Allow(bytes);
    }

    /// <summary>The journal counts as complete from now on, as it is.</summary>
    public void AcceptAsComplete()
    {
        using var connection = Open();
        Execute(connection, JournalFile.Marked);
        _mark?.Forget();
        Incomplete = null;
        Mark(connection, flush: true);
    }

    /// <summary>Lets go of the files, so that they can be moved or deleted.</summary>
    public void Close()
    {
        try
        {
            if (_held is not null && Misplaced is null)
                Mark(_held, flush: true);
        }
        catch (Exception e) when (e is IOException or SqliteException)
        {
            // A lower bound it stays.
        }
        _files = [];
        _held?.Dispose();
        _held = null;
        _mark?.Dispose();
        _mark = null;
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
    }

    void IDisposable.Dispose() => Close();

    private SqliteConnection Open(string connectionString)
    {
        RefuseMisplaced();
        var connection = new SqliteConnection(connectionString);
        try
        {
            connection.Open();
            Prepare(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void Prepare(SqliteConnection connection)
    {
        // Before the first statement: until then SQLite has looked at no file beside the database.
        RefuseMisplaced();
        connection.CreateFunction(JournalOwnership.GenerationFunction, () => Generation);
        // One by one: a command of several stops at the first that has a result.
        foreach (var pragma in Pragmas)
            Execute(connection, pragma);
    }

    private void RefuseMisplaced()
    {
        if (Misplaced is { } problem)
            throw new JournalMisplacedException(problem);
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>A file that this process has open, as it was when it was taken.</summary>
    private sealed class HeldFile(string path)
    {
        private readonly FileStatus? _taken = FileStatus.Of(path);
        private long _largest = FileStatus.Of(path)?.Length ?? 0;
        private long _allowed = long.MaxValue;

        /// <summary>Allows the file to be as short as this, now or later.</summary>
        public void Allow(long bytes) => Interlocked.Exchange(ref _allowed, bytes);

        /// <summary>As long as it is now it stays, or becomes longer.</summary>
        public void Settle()
        {
            Interlocked.Exchange(ref _largest, FileStatus.Of(path)?.Length ?? 0);
            Interlocked.Exchange(ref _allowed, long.MaxValue);
        }

        public string? Problem
        {
            get
            {
                if (_taken is null)
                    return null;
                // Before the look: what others see of a growing file meanwhile is no measure for it.
                var largest = Interlocked.Read(ref _largest);
                if (FileStatus.Of(path) is not { } now)
                {
                    return $"{path} was moved or deleted while this host is using it: put it back, or end this host (process {Environment.ProcessId}); "
                        + "no node is touched until then";
                }
                if (now.Identity != _taken.Identity)
                {
                    return $"{path} was replaced by another file while this host is using it: put the original back or, if that is gone, end this host "
                        + $"(process {Environment.ProcessId}); no node is touched until then";
                }
                // SQLite makes the database no shorter but where it is asked to, and the log only by a checkpoint that leaves nothing of it.
                if (now.Length == 0 && path.EndsWith("-wal", StringComparison.Ordinal))
                    Interlocked.Exchange(ref _largest, 0);
                else if (now.Length < Math.Min(largest, Interlocked.Read(ref _allowed)))
                    return $"{path} was truncated to {now.Length} bytes while this host is using it: stop this host, then restore the journal from a copy";
                Interlocked.CompareExchange(ref _largest, now.Length, largest);
                return null;
            }
        }
    }
}
