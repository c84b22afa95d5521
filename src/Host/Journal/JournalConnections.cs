using LinqToDB;
using Microsoft.Data.Sqlite;

namespace Orchestrator.Host.Journal;

/// <summary>How the journal's database is reached: one SQLite file, each connection opened so that what is said to be written is on disk.</summary>
public sealed class JournalConnections
{
    /// <summary>
    /// INTENT: an intent that a power cut could take back is no intent, hence FULL. WAL lets watchers read while a supervisor writes.
    /// SQLite forgets the other two with each connection.
    /// </summary>
    private static readonly string[] Pragmas = ["PRAGMA busy_timeout=10000", "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL"];

    private readonly string _connectionString;

    /// <param name="file">The database's file; created where it is missing.</param>
    public JournalConnections(string file)
    {
        File = file;
        _connectionString = new SqliteConnectionStringBuilder { DataSource = file, DefaultTimeout = 10 }.ToString();
    }

    public string File { get; }

    /// <summary>Opens a connection; the caller disposes it.</summary>
    /// <exception cref="SqliteException">The file cannot be opened, or is no database.</exception>
    public SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connectionString);
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

    /// <summary>How Akka.Persistence.Sql reaches this database.</summary>
    public DataOptions Options => new DataOptions().UseConnectionString(ProviderName.SQLiteMS, _connectionString).UseAfterConnectionOpened(Prepare);

    /// <summary>Lets go of pooled connections, so that the file can be moved or deleted.</summary>
    public void Close()
    {
        using var connection = new SqliteConnection(_connectionString);
        SqliteConnection.ClearPool(connection);
    }

    private static void Prepare(System.Data.Common.DbConnection connection)
    {
        using var command = connection.CreateCommand();
        foreach (var pragma in Pragmas)
        {
            // One by one: a command of several stops at the first that has a result.
            command.CommandText = pragma;
            command.ExecuteNonQuery();
        }
    }
}
