using System.Globalization;
using System.IO.Compression;
using Microsoft.Data.Sqlite;
using Orchestrator.Actors.Deployments;
using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Host.Journal;

/// <summary>
/// Keeps plans in the journal's database, compressed, once each: 20,000 nodes are 5 MB of JSON and 120 KB here. Plans of deployments stay;
/// of those that were only shown, the latest.
/// </summary>
public sealed class PlanStore(JournalConnections connections, TimeProvider time) : IPlanStore
{
    /// <summary>So many shown plans are kept. Those of 20,000 nodes take 60 MB together, usual ones 1 MB.</summary>
    public const int MostShown = 500;

    public Task SaveAsync(Plan plan, CancellationToken cancellationToken) => Task.Run(() => Save(plan), cancellationToken);

    /// <summary>Keeps a plan that a person has seen, so that its id can be named later; of many the latest are kept.</summary>
    public Task KeepShownAsync(Plan plan, CancellationToken cancellationToken) => Task.Run(() => KeepShown(plan), cancellationToken);

    public Task<Plan> LoadAsync(PlanId id, CancellationToken cancellationToken) => Task.Run(() => Load(id), cancellationToken);

    private void Save(Plan plan)
    {
        using var connection = connections.Open();
        using var command = CommandOn(connection, plan.Id);
        // One that was shown is compressed already.
        command.CommandText = "INSERT INTO plans (id, stored_at, json_brotli) SELECT id, $at, json_brotli FROM shown_plans WHERE id = $id ON CONFLICT (id) "
            + "DO NOTHING";
        if (command.ExecuteNonQuery() > 0 || Has(connection, plan.Id))
            return;
        command.CommandText = "INSERT INTO plans (id, stored_at, json_brotli) VALUES ($id, $at, $json) ON CONFLICT (id) DO NOTHING";
        command.Parameters.AddWithValue("$json", Compress(PlanJson.Write(plan)));
        command.ExecuteNonQuery();
    }

    private void KeepShown(Plan plan)
    {
        using var connection = connections.Open();
        if (Has(connection, plan.Id))
            return;
        using var command = CommandOn(connection, plan.Id);
        command.CommandText = "UPDATE shown_plans SET shown_at = $at WHERE id = $id";
        if (command.ExecuteNonQuery() > 0)
            return;
        // Where the clock was set back, the newest is not the one with the latest time: it stays all the same.
        command.CommandText =
            """
            INSERT INTO shown_plans (id, shown_at, json_brotli) VALUES ($id, $at, $json) ON CONFLICT (id) DO NOTHING;
            DELETE FROM shown_plans WHERE id <> $id AND id IN (SELECT id FROM shown_plans ORDER BY shown_at DESC, rowid DESC LIMIT -1 OFFSET $most)
            """;
        command.Parameters.AddWithValue("$json", Compress(PlanJson.Write(plan)));
        command.Parameters.AddWithValue("$most", MostShown);
        using var transaction = connection.BeginTransaction();
        command.Transaction = transaction;
        command.ExecuteNonQuery();
        transaction.Commit();
    }

    private SqliteCommand CommandOn(SqliteConnection connection, PlanId id)
    {
        var command = connection.CreateCommand();
        command.Parameters.AddWithValue("$id", id.Value);
        command.Parameters.AddWithValue("$at", time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture));
        return command;
    }

    private static bool Has(SqliteConnection connection, PlanId id)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT 1 FROM plans WHERE id = $id";
        command.Parameters.AddWithValue("$id", id.Value);
        return command.ExecuteScalar() is not null;
    }

    private Plan Load(PlanId id)
    {
        try
        {
            using var connection = connections.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT json_brotli FROM plans WHERE id = $id UNION ALL SELECT json_brotli FROM shown_plans WHERE id = $id LIMIT 1";
            command.Parameters.AddWithValue("$id", id.Value);
            var json = command.ExecuteScalar() as byte[] ?? throw new InvalidDataException($"the plan {id} is missing in the journal {connections.File}");
            var plan = PlanJson.Read(Decompress(json));
            return plan.Id == id ? plan : throw new InvalidDataException($"the journal {connections.File} has a different plan in place of {id}");
        }
        // What the store's callers can act upon: that plan is lost, and with it its deployment alone.
        catch (SqliteException e) when (e.SqliteErrorCode is 11 or 26)
        {
            throw new InvalidDataException($"the plan {id} cannot be read: {JournalFile.Sentence(e, connections.File)}", e);
        }
        catch (InvalidDataException e) when (!e.Message.Contains(id.Value, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"the plan {id} in the journal {connections.File} cannot be read: {e.Message}", e);
        }
    }

    private static byte[] Compress(byte[] json)
    {
        using var compressed = new MemoryStream();
        using (var brotli = new BrotliStream(compressed, CompressionLevel.Optimal))
            brotli.Write(json);
        return compressed.ToArray();
    }

    private static ReadOnlySpan<byte> Decompress(byte[] compressed)
    {
        using var json = new MemoryStream();
        try
        {
            using var brotli = new BrotliStream(new MemoryStream(compressed), CompressionMode.Decompress);
            brotli.CopyTo(json);
        }
        catch (Exception e) when (e is InvalidOperationException or IOException)
        {
            throw new InvalidDataException("it is damaged", e);
        }
        return json.GetBuffer().AsSpan(0, (int)json.Length);
    }
}
