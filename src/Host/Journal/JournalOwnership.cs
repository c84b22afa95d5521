using System.Globalization;
using Microsoft.Data.Sqlite;
using Orchestrator.Actors.Deployments;

namespace Orchestrator.Host.Journal;

/// <summary>
/// Whose the journal is: a generation in the database, which each host that starts on it counts up. A trigger compares it with that of the writer inside
/// the transaction of every write; before every act it is looked up as well. So a host that lost the journal does nothing more, whatever
/// became of its lock file, and what is no host at all cannot write.
/// </summary>
public sealed class JournalOwnership(JournalConnections connections, TimeProvider time) : IJournalOwnership
{
    /// <summary>The SQL function that says which owner a connection belongs to; a writer that does not have it is refused by SQLite.</summary>
    public const string GenerationFunction = "orchestrator_generation";

    /// <summary>What SQLite says where a write is refused.</summary>
    public const string Refusal = "the journal has another owner";

    private static readonly TimeSpan LongestLocked = TimeSpan.FromSeconds(3);

    private (long At, long? Event)? _lockedSince;
    private string? _trouble;

    /// <summary>Why this host may never act again; null while the journal is its own.</summary>
    public string? Lost { get; private set; }

    /// <summary>Why nothing can be written or done at the moment, as the last look found; null where all is well.</summary>
    public string? Trouble => Lost ?? _trouble ?? connections.Incomplete;

    /// <summary>Makes a host the owner, within its transaction: whoever was it before is not from the commit on.</summary>
    /// <param name="connection">Of the journal.</param>
    /// <param name="owner">Who it is, for people.</param>
    /// <returns>Its generation.</returns>
    internal static long Take(SqliteConnection connection, string owner)
    {
        foreach (var (table, change) in ((string, string)[])
            [("journal", "INSERT"), ("plans", "INSERT"), ("shown_plans", "INSERT"), ("audit", "INSERT"), ("tokens", "INSERT"), ("tokens", "UPDATE"),
                ("tokens", "DELETE"), ("journal", "DELETE"), ("plans", "DELETE")])
        {
            var name = change == "INSERT" ? $"{table}_owner" : $"{table}_owner_{change.ToLowerInvariant()}s";
            Execute(connection,
                $"""
                CREATE TRIGGER IF NOT EXISTS {name} BEFORE {change} ON {table}
                WHEN {GenerationFunction}() IS NOT (SELECT CAST(value AS INTEGER) FROM orchestrator WHERE key = 'generation')
                BEGIN SELECT RAISE(ABORT, '{Refusal}'); END
                """);
        }
        using var command = connection.CreateCommand();
        command.CommandText =
            """
            INSERT INTO orchestrator (key, value) VALUES ('generation', '1') ON CONFLICT (key) DO UPDATE SET value = CAST(value AS INTEGER) + 1;
            INSERT INTO orchestrator (key, value) VALUES ('owner', $owner) ON CONFLICT (key) DO UPDATE SET value = excluded.value;
            SELECT CAST(value AS INTEGER) FROM orchestrator WHERE key = 'generation'
            """;
        command.Parameters.AddWithValue("$owner", owner);
        return (long)command.ExecuteScalar()!;
    }

    /// <inheritdoc/>
    public Task<string?> WhyNotActAsync() => Task.Run(() =>
    {
        try
        {
            using var connection = connections.Open();
            if ((Owned(connection) ?? connections.Incomplete) is { } why)
                return why;
            connections.Mark(connection);
            return null;
        }
        catch (Exception e) when (e is SqliteException or IOException)
        {
            return Sentence(e);
        }
    });

    /// <summary>Looks whether the journal is in place, this host's and free for a write, and remembers what it found.</summary>
    public void Look()
    {
        var now = time.GetTimestamp();
        try
        {
            using var connection = connections.OpenToProbe();
            if (Owned(connection) is not null)
                return;
            connections.Mark(connection);
            Execute(connection, "BEGIN IMMEDIATE");
            Execute(connection, "ROLLBACK");
            (_trouble, _lockedSince) = (null, null);
        }
        catch (SqliteException e) when (e.SqliteErrorCode is JournalFile.Busy)
        {
            // Our own writers have it too; where events come meanwhile it is they, at each look again where the disk is slow.
            if (_lockedSince is not { } since || since.Event != connections.NewestEvent)
                _lockedSince = since = (now, connections.NewestEvent);
            _trouble = time.GetElapsedTime(since.At) < LongestLocked ? null : Sentence(e);
        }
        catch (Exception e) when (e is SqliteException or IOException)
        {
            _trouble = Sentence(e);
        }
    }

    private string? Owned(SqliteConnection connection)
    {
        if (Lost is not null)
            return Lost;
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT CAST(value AS INTEGER) FROM orchestrator WHERE key = 'generation'";
        if (command.ExecuteScalar() is long generation && generation == connections.Generation)
            return null;
        command.CommandText = "SELECT value FROM orchestrator WHERE key = 'owner'";
        var owner = command.ExecuteScalar() as string ?? "somebody";
        return Lost = string.Create(
            CultureInfo.InvariantCulture, $"{owner} has taken over the journal {connections.File}: this host, process {Environment.ProcessId}, stops at once");
    }

    private string Sentence(Exception e) => e switch
    {
        SqliteException sqlite => JournalFile.Sentence(sqlite, connections.File),
        JournalMisplacedException => e.Message,
        _ => $"how far the journal {connections.File} reaches cannot be written beside it ({e.Message}): make the folder writable, free some space",
    };

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
