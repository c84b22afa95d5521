using System.Globalization;
using Microsoft.Data.Sqlite;
using Orchestrator.Actors.Serialization;
using Orchestrator.Host.Process;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Journal;

/// <summary>
/// Checks the journal's file before anybody relies on it: that it is ours, whole, writable and of a format that this version knows.
/// A new one gets the tables that Akka.Persistence.Sql does not make: the format's number and the plans.
/// </summary>
public static class JournalFile
{
    /// <summary>Raised only by a version that writes what older ones would misread. Adding events does not raise it.</summary>
    public const int Format = 1;

    /// <summary>
    /// A larger file is looked through only after a host that did not end by itself: it takes up to 20 ms a megabyte at each start.
    /// Damage of the file's structure is found in any case when its place is read.
    /// </summary>
    private const long LargestLookedThrough = 32L << 20;

    /// <summary>A newer version's events are among the newest: no older version writes after them.</summary>
    private const int NewestEvents = 5000;

    private const int Corrupt = 11;
    private const int NotADatabase = 26;
    private const int ReadOnly = 8;
    private const int CannotOpen = 14;
    private const int Full = 13;
    internal const int Busy = 5;
    private const int Constraint = 19;
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Checks the file, makes what is missing and takes the journal over, in one transaction.</summary>
    /// <param name="connections">How it is reached; from then on as the journal's owner.</param>
    /// <param name="version">The product's version, left in the file for people.</param>
    /// <param name="now">When this host started, left there too.</param>
    /// <exception cref="CannotStartException">The host must not start on this file.</exception>
    public static void Prepare(JournalConnections connections, string version, DateTimeOffset now)
    {
        try
        {
            var lost = ProblemOfMissing(connections.File);
            if (lost is not null)
                JournalMark.RememberLoss(JournalMark.PathOf(connections.File));
            CreateForOwnerOnly(connections.File);
            // SQLite takes its write-ahead log away when the last connection is closed in order.
            var isLookedThrough = File.Exists(connections.File + "-wal") || new FileInfo(connections.File).Length <= LargestLookedThrough;
            using var connection = connections.Open();
            if (isLookedThrough)
                RefuseDamage(connection, connections.File);
            using var transaction = connection.BeginTransaction();
            RefuseForeign(connection, connections.File);
            Execute(connection, "CREATE TABLE IF NOT EXISTS orchestrator (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID");
            RefuseNewerFormat(connection, connections.File);
            RefuseNewerEvents(connection, connections.File);
            Execute(connection,
                """
                CREATE TABLE IF NOT EXISTS plans (id TEXT PRIMARY KEY, stored_at TEXT NOT NULL, json_brotli BLOB NOT NULL)
                """);
            Execute(connection,
                """
                CREATE TABLE IF NOT EXISTS shown_plans (id TEXT PRIMARY KEY, shown_at TEXT NOT NULL, json_brotli BLOB NOT NULL)
                """);
            Execute(connection, AkkaJournal);
            Execute(connection, Audit);
            Execute(connection, Tokens);
            Execute(connection, Keys);
            // Written at every start, so that a file that cannot be written is found out now.
            Set(connection, "format", Format.ToString(CultureInfo.InvariantCulture));
            Set(connection, "version", version);
            Set(connection, "started", now.ToString("O", CultureInfo.InvariantCulture));
            var mark = new JournalMark(JournalMark.PathOf(connections.File));
            var incomplete = lost ?? mark.ProblemOf(connection, connections.File, isLookedThrough);
            if (incomplete is null)
            {
                mark.Write(connection, flush: true);
                Execute(connection, Marked);
            }
            var generation = JournalOwnership.Take(
                connection, string.Create(CultureInfo.InvariantCulture, $"the host of process {Environment.ProcessId}, started {now:yyyy-MM-dd HH:mm:ss}Z,"));
            transaction.Commit();
            // So that the database itself says that it has a mark: of one that is lost together with the log nobody else could tell.
            if (incomplete is null)
                Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
            connections.Hold(generation, mark, incomplete);
        }
        catch (SqliteException e)
        {
            connections.Close();
            throw new CannotStartException(Sentence(e, connections.File), e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CannotStartException($"the journal {connections.File} cannot be opened ({e.Message}): make it readable and writable", e);
        }
        catch (CannotStartException)
        {
            connections.Close();
            throw;
        }
    }

    /// <summary>From now on a mark lies beside the journal.</summary>
    internal const string Marked = "INSERT INTO orchestrator (key, value) VALUES ('marked', '1') ON CONFLICT (key) DO NOTHING";

    /// <summary>
    /// The table of events as Akka.Persistence.Sql would make it at its first use; it is made here because a trigger needs it from the first write on.
    /// </summary>
    private const string AkkaJournal =
        """
        CREATE TABLE IF NOT EXISTS [journal]
        (
            [ordering]        INTEGER        NOT NULL PRIMARY KEY AUTOINCREMENT,
            [created]         INTEGER        NOT NULL,
            [deleted]         Bit            NOT NULL,
            [persistence_id]  NVarChar(255)  NOT NULL,
            [sequence_number] INTEGER        NOT NULL,
            [message]         VarBinary      NOT NULL,
            [manifest]        NVarChar(500)      NULL,
            [identifier]      INTEGER            NULL,
            [writer_uuid]     NVarChar(128)      NULL
        )
        """;

    /// <summary>The audit log: what is in it stays as it is, whoever owns the journal. A version that does not know it leaves it alone.</summary>
    private const string Audit =
        """
        CREATE TABLE IF NOT EXISTS audit (number INTEGER PRIMARY KEY, entry TEXT NOT NULL);
        CREATE TRIGGER IF NOT EXISTS audit_order BEFORE INSERT ON audit WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM audit)
        BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END;
        CREATE TRIGGER IF NOT EXISTS audit_updates BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END;
        CREATE TRIGGER IF NOT EXISTS audit_deletes BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END
        """;

    /// <summary>Tokens, each with the hash of its secret. A version that does not know them leaves them alone, and takes none.</summary>
    private const string Tokens =
        """
        CREATE TABLE IF NOT EXISTS tokens
        (
            id TEXT PRIMARY KEY, name TEXT NOT NULL, creator TEXT NOT NULL, sha256 BLOB NOT NULL, verbs TEXT NOT NULL, environments TEXT NOT NULL,
            created_at TEXT NOT NULL, expires_at TEXT NOT NULL, last_used_at TEXT, revoked_at TEXT, revoked_by TEXT
        )
        """;

    /// <summary>Which deployment a caller's idempotency key stands for. A version that does not know it leaves it alone, and takes no keys.</summary>
    private const string Keys =
        """
        CREATE TABLE IF NOT EXISTS idempotency_keys
        (
            caller TEXT NOT NULL, key TEXT NOT NULL, request_sha256 BLOB NOT NULL, deployment TEXT NOT NULL, created_at TEXT NOT NULL,
            PRIMARY KEY (caller, key)
        ) WITHOUT ROWID;
        CREATE INDEX IF NOT EXISTS idempotency_keys_age ON idempotency_keys (created_at)
        """;

    /// <summary>What an error of SQLite means for a person, in one sentence.</summary>
    public static string Sentence(SqliteException e, string file) => e.SqliteErrorCode switch
    {
        Corrupt => Damaged(file, e.Message),
        NotADatabase => $"{file} is not a journal: it is not a SQLite database; move it away to start with an empty journal",
        ReadOnly => $"the journal {file} is read-only: make the file and its folder writable",
        CannotOpen => $"the journal {file} cannot be opened: make sure that it is a file and that its folder is writable",
        Full => $"the disk is full: free some space for the journal {file}",
        Busy => $"the journal {file} is locked by another program: close it",
        Constraint when e.Message.Contains(JournalOwnership.Refusal, StringComparison.Ordinal) =>
            $"another host has taken over the journal {file}: ask that one",
        _ => $"the journal {file} cannot be used ({e.Message}): check its disk",
    };

    /// <summary>True where the disk is full or the file cannot be written now: trying again later may help.</summary>
    public static bool IsPassing(SqliteException e) => e.SqliteErrorCode is Full or Busy or ReadOnly or CannotOpen or Constraint or 10;

    /// <summary>One sentence where there is no database, and something beside it that only a database can have had; null otherwise.</summary>
    private static string? ProblemOfMissing(string file)
    {
        var database = new FileInfo(file);
        if (database is { Exists: true, Length: > 0 })
            return null;
        var left = new FileInfo($"{file}-wal") is { Exists: true, Length: > 0 } log ? log.FullName
            : File.Exists(JournalMark.PathOf(file)) ? JournalMark.PathOf(file) : null;
        return left is null ? null : $"the journal {file} {(database.Exists ? "is empty" : "is gone")}, but {left} is still there: what it said is lost";
    }

    private static void CreateForOwnerOnly(string file)
    {
        if (Path.Exists(file))
            return;
        new FileStream(file, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Owner }).Dispose();
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false }.ToString());
        connection.Open();
        // So that space can be given back in small steps; only an empty file can be made so without writing all of it anew.
        Execute(connection, "PRAGMA auto_vacuum=INCREMENTAL");
        Execute(connection, "PRAGMA journal_mode=WAL");
    }

    private static void RefuseDamage(SqliteConnection connection, string file)
    {
        if (Scalar(connection, "PRAGMA integrity_check(1)") is string said && said != "ok")
            throw new CannotStartException(Damaged(file, said));
    }

    private static void RefuseForeign(SqliteConnection connection, string file)
    {
        if (Tables(connection) > 0 && !IsOurs(connection))
            throw new CannotStartException($"{file} is not an orchestrator journal but another SQLite database: move it away");
    }

    private static long Tables(SqliteConnection connection) => (long)Scalar(connection, "SELECT count(*) FROM sqlite_schema WHERE type = 'table'")!;

    private static bool IsOurs(SqliteConnection connection) =>
        Scalar(connection, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'orchestrator'") is not null;

    private static void RefuseNewerFormat(SqliteConnection connection, string file)
    {
        if (ProblemOfFormat(connection, file) is { } problem)
            throw new CannotStartException(problem);
    }

    private static string? ProblemOfFormat(SqliteConnection connection, string file)
    {
        if (Scalar(connection, "SELECT value FROM orchestrator WHERE key = 'format'") is not string format)
            return null;
        if (!int.TryParse(format, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1)
            return Damaged(file, $"its format is \"{format}\"");
        if (number <= Format)
            return null;
        var version = Scalar(connection, "SELECT value FROM orchestrator WHERE key = 'version'") as string ?? "unknown";
        return $"the journal {file} was written by a newer version ({version}, format {number}; this one knows format {Format}): use that version "
            + "or a later one";
    }

    /// <summary>One sentence where the file is no journal that this version can read; null where it is one, whole or not.</summary>
    internal static string? ProblemOfReading(SqliteConnection connection, string file) =>
        !IsOurs(connection) ? $"{file} is not an orchestrator journal" : ProblemOfFormat(connection, file);

    private static void RefuseNewerEvents(SqliteConnection connection, string file)
    {
        if (Scalar(connection, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'journal'") is 0L)
            return;
        using var command = connection.CreateCommand();
        // One in a deployment's own history stops that deployment alone; without the coordinator's nobody knows who has which node.
        command.CommandText = "SELECT DISTINCT manifest FROM (SELECT manifest FROM journal WHERE persistence_id = $coordinator AND identifier = $ours "
            + "ORDER BY sequence_number DESC LIMIT $newest)";
        command.Parameters.AddWithValue("$coordinator", JournalVerification.Coordinator);
        command.Parameters.AddWithValue("$ours", MessagesSerializer.Id);
        command.Parameters.AddWithValue("$newest", NewestEvents);
        using var manifests = command.ExecuteReader();
        while (manifests.Read())
        {
            if (EventManifests.Find(manifests.GetString(0)) is null)
            {
                throw new CannotStartException(
                    $"the journal {file} has events \"{manifests.GetString(0)}\", which a newer version wrote: use that version or a later one");
            }
        }
    }

    private static string Damaged(string file, string how) =>
        $"the journal {file} is damaged ({how}): restore it from a copy, or move it away to start with an empty one";

    private static void Set(SqliteConnection connection, string key, string value)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT INTO orchestrator (key, value) VALUES ($key, $value) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        command.Parameters.AddWithValue("$key", key);
        command.Parameters.AddWithValue("$value", value);
        command.ExecuteNonQuery();
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static object? Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }
}
