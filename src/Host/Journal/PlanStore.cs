using System.Globalization;
using System.IO.Compression;
using Microsoft.Data.Sqlite;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Host.Journal;

/// <summary>Keeps plans in the journal's database, compressed, once each: 20,000 nodes are 5 MB of JSON and 120 KB here.</summary>
public sealed class PlanStore(JournalConnections connections, TimeProvider time) : IPlanStore
{
    /// <inheritdoc/>
    public Task SaveAsync(Plan plan, CancellationToken cancellationToken) => Task.Run(() => Save(plan), cancellationToken);

    /// <inheritdoc/>
    public Task<Plan> LoadAsync(PlanId id, CancellationToken cancellationToken) => Task.Run(() => Load(id), cancellationToken);

    private void Save(Plan plan)
    {
        using var connection = connections.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT INTO plans (id, stored_at, json_brotli) VALUES ($id, $at, $json) ON CONFLICT (id) DO NOTHING";
        command.Parameters.AddWithValue("$id", plan.Id.Value);
        command.Parameters.AddWithValue("$at", time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture));
        command.Parameters.AddWithValue("$json", Compress(PlanJson.Write(plan)));
        command.ExecuteNonQuery();
    }

    private Plan Load(PlanId id)
    {
        try
        {
            using var connection = connections.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT json_brotli FROM plans WHERE id = $id";
            command.Parameters.AddWithValue("$id", id.Value);
            var json = command.ExecuteScalar() as byte[] ?? throw new InvalidDataException($"the plan {id} is missing in the journal {connections.File}");
            var plan = PlanJson.Read(Decompress(json));
            return plan.Id == id ? plan : throw new InvalidDataException($"the journal {connections.File} has another plan in the place of {id}");
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
