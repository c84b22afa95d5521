using System.Globalization;
using Microsoft.Data.Sqlite;
using Orchestrator.Actors.Deployments;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Journal;

/// <summary>Puts whole histories into the journal and takes them out of it, and gives the space that they had back to the disk.</summary>
public sealed class HistoryStore(JournalConnections connections)
{
    /// <summary>Rows that are deleted, and pages that are given back, in one transaction: a supervisor that wants to write waits for no more.</summary>
    private const int Step = 2000;

    /// <summary>Of the database and its log.</summary>
    public long Bytes => ((string[])[connections.File, $"{connections.File}-wal"]).Sum(f => File.Exists(f) ? new FileInfo(f).Length : 0);

    /// <summary>The pages with how much each deployment's history has, and the journal on disk.</summary>
    public DeploymentPage Sized(DeploymentPage page)
    {
        using var connection = connections.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT ifnull(sum(length(message)), 0) FROM journal WHERE persistence_id = $history";
        var history = command.Parameters.AddWithValue("$history", "");
        DeploymentLine Sized(DeploymentLine line)
        {
            history.Value = DeploymentSupervisor.PersistenceIdOf(line.Id);
            return line with { Bytes = (long)command.ExecuteScalar()! };
        }
        return page with { Deployments = [.. page.Deployments.Select(Sized)], Current = [.. page.Current.Select(Sized)], JournalBytes = Bytes };
    }

    /// <summary>Writes a history that nobody knows of yet; what an earlier attempt left of it is replaced.</summary>
    public void Write(DeploymentId id, IEnumerable<StoredEvent> events, DateTimeOffset now)
    {
        Delete([id]);
        using var connection = connections.Open();
        using var transaction = connection.BeginTransaction();
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.Parameters.AddWithValue("$history", DeploymentSupervisor.PersistenceIdOf(id));
        command.CommandText =
            """
            INSERT INTO journal (created, deleted, persistence_id, sequence_number, message, manifest, identifier, writer_uuid)
            VALUES ($created, 0, $history, $sequence, $message, $manifest, $serializer, $writer)
            """;
        command.Parameters.AddWithValue("$created", now.ToUnixTimeMilliseconds());
        var (sequence, message, manifest) = (Add("$sequence"), Add("$message"), Add("$manifest"));
        var (serializer, writer) = (Add("$serializer"), Add("$writer"));
        foreach (var stored in events)
        {
            (sequence.Value, message.Value, manifest.Value) = (stored.Sequence, stored.Bytes, stored.Manifest);
            (serializer.Value, writer.Value) = (stored.Serializer, stored.Writer);
            command.ExecuteNonQuery();
        }
        transaction.Commit();

        SqliteParameter Add(string name)
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            command.Parameters.Add(parameter);
            return parameter;
        }
    }

    /// <summary>Deletes histories of deployments that nobody knows of, or not any more.</summary>
    public void Delete(IEnumerable<DeploymentId> ids)
    {
        using var connection = connections.Open();
        foreach (var id in ids)
            connections.Delete(connection, DeploymentSupervisor.PersistenceIdOf(id), Step);
    }

    /// <summary>Gives free pages back to the disk.</summary>
    /// <param name="mayWriteAll">
    /// Whether the whole file may be written anew, which keeps all others from writing: a file of an earlier version needs it once.
    /// </param>
    /// <returns>Why pages stay in the file, to be used again; null where they do not.</returns>
    public string? GiveBack(bool mayWriteAll)
    {
        const int incremental = 2;
        string? kept = null;
        connections.Shrink(() =>
        {
            using var connection = connections.Open();
            if (Number(connection, "PRAGMA auto_vacuum") != incremental && mayWriteAll)
            {
                Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA auto_vacuum={incremental}"));
                Execute(connection, "VACUUM");
            }
            if (Number(connection, "PRAGMA auto_vacuum") == incremental)
            {
                for (var left = long.MaxValue; Number(connection, "PRAGMA freelist_count") is > 0 and var free && free < left; left = free)
                    Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA incremental_vacuum({Step})"));
            }
            else
            {
                kept = "a deployment is running, and this journal of an earlier version can be made smaller only while none is";
            }
            var bytes = Number(connection, "PRAGMA page_count") * Number(connection, "PRAGMA page_size");
            // Zero: nobody reads what the log still has.
            return (bytes, Number(connection, "PRAGMA wal_checkpoint(TRUNCATE)") == 0);
        });
        return kept;
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            // A page is given back with each row.
        }
    }
}
