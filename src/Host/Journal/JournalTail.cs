using System.Buffers;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Orchestrator.Actors.Deployments;
using Orchestrator.Host.Process;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Journal;

/// <summary>
/// Reads the events of all deployments in the order in which they were recorded. SQLite has one writer at a time: a larger position is never in the journal
/// before a smaller one.
/// </summary>
public sealed class JournalTail(JournalConnections journal, TimeProvider time)
{
    public const int PageSize = 1000;

    /// <summary>With so much of JSON a page is full: very many followers may each have one.</summary>
    private const int PageBytes = 256 << 10;

    /// <summary>Who waits keeps nothing, and followers may be many.</summary>
    private const int MostWaiting = 10_000;

    private static readonly string Prefix = DeploymentSupervisor.PersistenceIdOf(new DeploymentId(""));

    private readonly BoundedPlaces _places = new("read the events of all deployments", 4, MostWaiting, TimeSpan.FromSeconds(20), time);

    /// <summary>The position of the newest event that the journal has or ever had; 0 before the first.</summary>
    /// <exception cref="SqliteException">The journal cannot be read.</exception>
    public Task<long> NewestAsync(CancellationToken cancellationToken) => ReadAsync(
        connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT seq FROM sqlite_sequence WHERE name = 'journal'";
            return command.ExecuteScalar() as long? ?? 0;
        },
        cancellationToken);

    /// <summary>The next page of events after a position.</summary>
    /// <param name="isPatient">Whether the reader waits however long it takes for its turn.</param>
    /// <exception cref="SqliteException">The journal cannot be read.</exception>
    /// <exception cref="OverloadedException">Too many read at once.</exception>
    public async Task<TailPage> AfterAsync(long position, CancellationToken cancellationToken, bool isPatient = false)
    {
        using var place = await _places.EnterAsync(cancellationToken, isPatient);
        return await ReadAsync(connection =>
        {
            using var command = connection.CreateCommand();
            command.CommandText =
                "SELECT ordering, persistence_id, sequence_number, coalesce(manifest, ''), message FROM journal "
                + $"WHERE ordering > $after AND persistence_id LIKE '{Prefix}%' ORDER BY ordering LIMIT {PageSize}";
            command.Parameters.AddWithValue("$after", position);
            using var rows = command.ExecuteReader();
            var page = new List<TailEvent>();
            var bytes = 0;
            while (bytes < PageBytes && rows.Read())
            {
                page.Add(TailEvent.Of(
                    rows.GetInt64(0), new DeploymentId(rows.GetString(1)[Prefix.Length..]), rows.GetInt64(2), rows.GetString(3),
                    rows.IsDBNull(4) ? [] : rows.GetFieldValue<byte[]>(4)));
                bytes += page[^1].Json.Length;
            }
            return new TailPage(page, page.Count == PageSize || bytes >= PageBytes);
        }, cancellationToken);
    }

    private Task<T> ReadAsync<T>(Func<SqliteConnection, T> read, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            using var connection = journal.Open();
            return read(connection);
        },
        cancellationToken);
}

/// <param name="IsMore">Whether there may be more now.</param>
public sealed record TailPage(IReadOnlyList<TailEvent> Events, bool IsMore);

/// <summary>An event as it is given to all who follow: its JSON is made once.</summary>
/// <param name="Type">The word for what happened.</param>
/// <param name="Json">The <see cref="JournalEvent"/>, on one line.</param>
public sealed record TailEvent(long Position, DeploymentId Deployment, string Type, byte[] Json)
{
    /// <summary>What stands for an event that cannot be read; everybody else's go on.</summary>
    public const string Unreadable = "unreadable";

    private static readonly JsonWriterOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>One that a newer version wrote is given as it is.</summary>
    internal static TailEvent Of(long position, DeploymentId deployment, long sequence, string manifest, byte[] stored)
    {
        try
        {
            using var document = JsonDocument.Parse(stored);
            return EventManifests.WordOfManifest(manifest) is { } type
                ? Written(position, deployment, sequence, type, [.. document.RootElement.EnumerateObject()])
                : Written(position, deployment, sequence, Unreadable, []);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            // No JSON, no object, or a text in it that is no Unicode, which only its writing finds.
            return Written(position, deployment, sequence, Unreadable, []);
        }
    }

    private static TailEvent Written(long position, DeploymentId deployment, long sequence, string type, ImmutableArray<JsonProperty> properties)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, Plain))
        {
            writer.WriteStartObject();
            writer.WriteNumber("position", position);
            writer.WriteString("deployment", deployment.Value);
            writer.WriteNumber("sequence", sequence);
            writer.WriteString("type", type);
            foreach (var property in properties)
                property.WriteTo(writer);
            writer.WriteEndObject();
        }
        return new TailEvent(position, deployment, type, json.WrittenSpan.ToArray());
    }
}
