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

    private const string Kept = "plans";
    private const string Shown = "shown_plans";

    /// <summary>Plans that this process was asked to keep: whoever asked may not have registered its deployment yet.</summary>
    private readonly HashSet<PlanId> _asked = [];

    /// <summary>Written only where the row that is there is not the plan of its id.</summary>
    private const string OrReplaced = "ON CONFLICT (id) DO UPDATE SET json_brotli = excluded.json_brotli";

    public Task SaveAsync(Plan plan, CancellationToken cancellationToken) => Task.Run(() => Save(plan), cancellationToken);

    /// <summary>Keeps a plan that a person has seen, so that its id can be named later; of many the latest are kept. A damaged row is written anew.</summary>
    public Task KeepShownAsync(Plan plan, CancellationToken cancellationToken) => Task.Run(() => KeepShown(plan), cancellationToken);

    public Task<Plan> LoadAsync(PlanId id, CancellationToken cancellationToken) => Task.Run(() => Load(id), cancellationToken);

    /// <summary>Deletes the plans of deployments that are forgotten, and those that only such had.</summary>
    /// <param name="inUse">The plans of all deployments that are known.</param>
    public void DeleteUnused(IReadOnlySet<PlanId> inUse)
    {
        lock (_asked)
        {
            using var connection = connections.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT id FROM plans";
            var unused = new List<string>();
            using (var rows = command.ExecuteReader())
            {
                while (rows.Read())
                {
                    if (new PlanId(rows.GetString(0)) is var id && !inUse.Contains(id) && !_asked.Contains(id))
                        unused.Add(id.Value);
                }
            }
            using var transaction = connection.BeginTransaction();
            command.Transaction = transaction;
            command.CommandText = "DELETE FROM plans WHERE id = $id";
            var parameter = command.Parameters.AddWithValue("$id", "");
            foreach (var id in unused)
            {
                parameter.Value = id;
                command.ExecuteNonQuery();
            }
            transaction.Commit();
        }
    }

    private void Save(Plan plan)
    {
        // Before the look: a plan that is deleted now is written anew.
        lock (_asked)
            _asked.Add(plan.Id);
        if (IsWhole(Kept, plan.Id))
            return;
        using var connection = connections.Open();
        using var command = CommandOn(connection, plan.Id);
        // One that was shown is compressed already.
        command.CommandText = "INSERT INTO plans (id, stored_at, json_brotli) SELECT id, $at, json_brotli FROM shown_plans WHERE id = $id " + OrReplaced;
        if (!IsWhole(Shown, plan.Id))
        {
            command.CommandText = "INSERT INTO plans (id, stored_at, json_brotli) VALUES ($id, $at, $json) " + OrReplaced;
            command.Parameters.AddWithValue("$json", Compress(plan));
        }
        command.ExecuteNonQuery();
    }

    private void KeepShown(Plan plan)
    {
        using var connection = connections.Open();
        using var command = CommandOn(connection, plan.Id);
        command.CommandText = "SELECT 1 FROM plans WHERE id = $id";
        if (command.ExecuteScalar() is not null)
        {
            Save(plan);
            return;
        }
        if (IsWhole(Shown, plan.Id))
        {
            command.CommandText = "UPDATE shown_plans SET shown_at = $at WHERE id = $id";
            command.ExecuteNonQuery();
            return;
        }
        // Where the clock was set back, the newest is not the one with the latest time: it stays all the same.
        command.CommandText =
            $"""
            INSERT INTO shown_plans (id, shown_at, json_brotli) VALUES ($id, $at, $json) {OrReplaced}, shown_at = excluded.shown_at;
            DELETE FROM shown_plans WHERE id <> $id AND id IN (SELECT id FROM shown_plans ORDER BY shown_at DESC, rowid DESC LIMIT -1 OFFSET $most)
            """;
        command.Parameters.AddWithValue("$json", Compress(plan));
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

    private Plan Load(PlanId id)
    {
        Plan? plan = null;
        try
        {
            plan = Read(Kept, id);
        }
        catch (InvalidDataException) when (IsWhole(Shown, id))
        {
            // It was shown before it was run, and that copy is still there.
        }
        return plan ?? Read(Shown, id) ?? throw new InvalidDataException($"the plan {id} is missing in the journal {connections.File}");
    }

    private bool IsWhole(string table, PlanId id)
    {
        try
        {
            return Read(table, id) is not null;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>The plan of that row; null where there is none.</summary>
    /// <exception cref="InvalidDataException">What is there is not this plan: it is lost, and with it its deployment alone.</exception>
    private Plan? Read(string table, PlanId id)
    {
        try
        {
            using var connection = connections.Open();
            using var command = CommandOn(connection, id);
            command.CommandText = $"SELECT json_brotli FROM {table} WHERE id = $id";
            if (command.ExecuteScalar() is not { } row)
                return null;
            return Decode(row as byte[] ?? [], id, connections.File);
        }
        catch (SqliteException e) when (e.SqliteErrorCode is 11 or 26)
        {
            throw new InvalidDataException($"the plan {id} cannot be read: {JournalFile.Sentence(e, connections.File)}", e);
        }
    }

    /// <summary>The plan that a row of the journal's file holds.</summary>
    /// <exception cref="InvalidDataException">It is not the plan of that id.</exception>
    internal static Plan Decode(byte[] compressed, PlanId id, string file)
    {
        try
        {
            var plan = PlanJson.Read(Decompress(compressed));
            return plan.Id == id ? plan : throw new InvalidDataException($"the journal {file} has a different plan in place of {id}");
        }
        catch (InvalidDataException e) when (!e.Message.Contains(id.Value, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"the plan {id} in the journal {file} cannot be read: {e.Message}", e);
        }
    }

    private static byte[] Compress(Plan plan)
    {
        // A row may be replaced: by what its id says and by nothing else.
        if (PlanJson.IdOf(plan) != plan.Id)
            throw new ArgumentException($"the id of the plan {plan.Id} does not match its content", nameof(plan));
        using var compressed = new MemoryStream();
        using (var brotli = new BrotliStream(compressed, CompressionLevel.Optimal))
            brotli.Write(PlanJson.Write(plan));
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
