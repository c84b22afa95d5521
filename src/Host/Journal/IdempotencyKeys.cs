using System.Globalization;
using Microsoft.Data.Sqlite;
using Orchestrator.Messages;

namespace Orchestrator.Host.Journal;

/// <summary>
/// Which deployment a caller's idempotency key stands for, in the journal's database. INTENT: the id is written before a deployment is registered under it, so
/// that whoever asks again asks for that deployment, whatever became of the host in between.
/// </summary>
public sealed class IdempotencyKeys(JournalConnections journal, TimeProvider time)
{
    /// <summary>A key is known for so long at least; older ones are removed when the next one comes.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(7);

    /// <param name="Sha256">Of the request that it came with first.</param>
    public sealed record Known(byte[] Sha256, DeploymentId Deployment);

    /// <summary>What the key stands for: from the first time on this request and this deployment.</summary>
    /// <exception cref="SqliteException">It is not written, and so must not be done.</exception>
    public Task<Known> TakeAsync(string caller, string key, byte[] sha256, DeploymentId deployment) => Task.Run(() =>
    {
        var now = time.GetUtcNow();
        using var connection = journal.Open();
        using var transaction = connection.BeginTransaction();
        Execute("DELETE FROM idempotency_keys WHERE created_at < $old AND NOT (caller = $caller AND key = $key)");
        Execute(
            """
            INSERT INTO idempotency_keys (caller, key, request_sha256, deployment, created_at) VALUES ($caller, $key, $sha256, $deployment, $now)
            ON CONFLICT DO NOTHING
            """);
        using var select = Command("SELECT request_sha256, deployment FROM idempotency_keys WHERE caller = $caller AND key = $key");
        Known known;
        using (var row = select.ExecuteReader())
        {
            row.Read();
            known = new Known((byte[])row[0], new DeploymentId(row.GetString(1)));
        }
        transaction.Commit();
        return known;

        void Execute(string sql)
        {
            using var command = Command(sql);
            command.ExecuteNonQuery();
        }

        SqliteCommand Command(string sql)
        {
            var command = connection.CreateCommand();
            command.CommandText = sql;
            command.Parameters.AddWithValue("$caller", caller);
            command.Parameters.AddWithValue("$key", key);
            command.Parameters.AddWithValue("$sha256", sha256);
            command.Parameters.AddWithValue("$deployment", deployment.Value);
            command.Parameters.AddWithValue("$now", Text(now));
            command.Parameters.AddWithValue("$old", Text(now - Kept));
            return command;
        }
    });

    private static string Text(DateTimeOffset at) => at.ToString("O", CultureInfo.InvariantCulture);
}
