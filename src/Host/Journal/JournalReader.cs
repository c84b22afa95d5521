using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Orchestrator.Host.Journal;

/// <summary>The file is no journal, or cannot be read at all. Its words are a sentence.</summary>
public sealed class JournalUnreadableException(string message) : IOException(message);

/// <summary>An event as it lies in the journal, not yet understood.</summary>
/// <param name="Sequence">Its number in its history, from 1.</param>
/// <param name="Serializer">The number of who wrote its bytes; null where nobody is named.</param>
/// <param name="Writer">The life of the actor that wrote it; null where none is named.</param>
public sealed record StoredEvent(long Sequence, string Manifest, byte[] Bytes, int? Serializer, string? Writer);

/// <summary>
/// Reads a journal's file as it is at one moment, beside a host or without one, and changes nothing: no table is made, no lock is taken that a writer
/// waits for, and a write-ahead log stays where and as it is, whatever it holds.
/// </summary>
public sealed class JournalReader : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly bool _isWithoutLog;

    private JournalReader(string file, SqliteConnection connection, bool isWithoutLog) => (File, _connection, _isWithoutLog) = (file, connection, isWithoutLog);

    public string File { get; }

    /// <summary>A host began to write after this was opened without a look at its log: what was read may be torn, and is to be read again.</summary>
    public bool IsOvertaken => _isWithoutLog && System.IO.File.Exists(LogOf(File));

    internal SqliteConnection Connection => _connection;

    /// <exception cref="JournalUnreadableException">There is no file, it is no journal, or one of a newer format.</exception>
    public static JournalReader Open(string file)
    {
        if (!System.IO.File.Exists(file))
            throw new JournalUnreadableException($"there is no journal {file}");
        // SQLite would make an empty log beside the file, and leave it there.
        var isWithoutLog = !System.IO.File.Exists(LogOf(file));
        var address = $"file:{Uri.EscapeDataString(file).Replace("%2F", "/", StringComparison.Ordinal)}{(isWithoutLog ? "?immutable=1" : "")}";
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = address, Mode = SqliteOpenMode.ReadOnly, Pooling = false, DefaultTimeout = 10 }.ToString());
        try
        {
            connection.Open();
            // Closing the last connection would delete a log of which SQLite finds nothing valid: what may be needed to find out what happened.
            _ = raw.sqlite3_db_config(connection.Handle, raw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, out _);
            using var begin = connection.CreateCommand();
            begin.CommandText = "BEGIN";
            begin.ExecuteNonQuery();
            if (JournalFile.ProblemOfReading(connection, file) is { } problem)
                throw new JournalUnreadableException(problem);
            return new JournalReader(file, connection, isWithoutLog);
        }
        catch (SqliteException e)
        {
            connection.Dispose();
            throw new JournalUnreadableException(JournalFile.Sentence(e, file));
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Of the file and its log.</summary>
    public long Bytes => ((string[])[File, LogOf(File)]).Sum(f => System.IO.File.Exists(f) ? new FileInfo(f).Length : 0);

    /// <summary>The names of all histories, in ordinal order.</summary>
    public IReadOnlyList<string> Histories()
    {
        if (!HasTable("journal"))
            return [];
        // From one to the next by the index, where SELECT DISTINCT would read every event.
        using var command = Command("SELECT min(persistence_id) FROM journal WHERE persistence_id > $last");
        var last = command.Parameters.AddWithValue("$last", "");
        var names = new List<string>();
        while (command.ExecuteScalar() is string name)
        {
            names.Add(name);
            last.Value = name;
        }
        return names;
    }

    /// <summary>A history in the order of its events' numbers; empty where there is none.</summary>
    public IEnumerable<StoredEvent> Events(string history)
    {
        if (!HasTable("journal"))
            yield break;
        using var command = Command(
            "SELECT sequence_number, coalesce(manifest, ''), message, identifier, writer_uuid FROM journal "
            + "WHERE persistence_id = $history ORDER BY sequence_number");
        command.Parameters.AddWithValue("$history", history);
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            yield return new StoredEvent(
                rows.GetInt64(0), rows.GetString(1), rows.IsDBNull(2) ? [] : rows.GetFieldValue<byte[]>(2), rows.IsDBNull(3) ? null : rows.GetInt32(3),
                rows.IsDBNull(4) ? null : rows.GetString(4));
        }
    }

    /// <summary>A plan as the journal has it, kept and as it was shown, each compressed; empty where it is missing.</summary>
    public IEnumerable<byte[]> Plans(string id)
    {
        foreach (var table in (string[])["plans", "shown_plans"])
        {
            if (!HasTable(table))
                continue;
            using var command = Command($"SELECT json_brotli FROM {table} WHERE id = $id");
            command.Parameters.AddWithValue("$id", id);
            if (command.ExecuteScalar() is { } found)
                yield return found as byte[] ?? [];
        }
    }

    /// <summary>The lines of the audit log with their numbers, in their order; empty where there is none.</summary>
    public IEnumerable<(long Number, string Entry)> AuditLines()
    {
        if (!HasTable("audit"))
            yield break;
        using var command = Command("SELECT number, entry FROM audit ORDER BY number");
        using var rows = command.ExecuteReader();
        while (rows.Read())
            yield return (rows.GetInt64(0), rows.GetString(1));
    }

    public void Dispose() => _connection.Dispose();

    private static string LogOf(string file) => $"{file}-wal";

    private bool HasTable(string name)
    {
        using var command = Command("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $name");
        command.Parameters.AddWithValue("$name", name);
        return command.ExecuteScalar() is not null;
    }

    private SqliteCommand Command(string sql)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        return command;
    }
}
