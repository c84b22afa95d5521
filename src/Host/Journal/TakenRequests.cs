using System.Text.Json;
using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Host.Process;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Journal;

/// <summary>
/// Finds what was done for a request with a key, also where nobody carries the deployment on: of its whole history only those few events are read.
/// </summary>
public sealed class TakenRequests(JournalConnections journal, TimeProvider time)
{
    private const int MostWaiting = 100;
    private readonly BoundedPlaces _places = new("look for what was done under a key", 4, MostWaiting, TimeSpan.FromSeconds(20), time);

    /// <summary>Null where none of this key was done.</summary>
    /// <exception cref="Microsoft.Data.Sqlite.SqliteException">The journal cannot be read.</exception>
    /// <exception cref="OverloadedException">Too many look at once.</exception>
    public async Task<TakenRequest?> FindAsync(DeploymentId id, string key, CancellationToken cancellationToken)
    {
        using var place = await _places.EnterAsync(cancellationToken);
        return await Task.Run(() => Find(id, key), cancellationToken);
    }

    private TakenRequest? Find(DeploymentId id, string key)
    {
        using var connection = journal.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT sequence_number, message FROM journal WHERE persistence_id = $history AND manifest = $manifest";
        command.Parameters.AddWithValue("$history", DeploymentSupervisor.PersistenceIdOf(id));
        command.Parameters.AddWithValue("$manifest", EventManifests.Of(typeof(DeploymentEvents.RequestTaken)));
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            if (Read(rows.GetFieldValue<byte[]>(1)) is { } taken && taken.Key == key)
                return new TakenRequest(taken, rows.GetInt64(0) - 1);
        }
        return null;
    }

    /// <summary>Null where it is damaged: then no supervisor goes on with the deployment either.</summary>
    private static DeploymentEvents.RequestTaken? Read(byte[] stored)
    {
        try
        {
            return JsonSerializer.Deserialize(stored, MessagesJson.Default.RequestTaken);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
