using System.Text.Json;
using Microsoft.Data.Sqlite;
using Orchestrator.Host.Journal;
using Orchestrator.Messages.Access;

namespace Orchestrator.Host.Access;

/// <summary>Gets each line of the audit log once it is in the journal.</summary>
public interface IAuditCopy
{
    /// <exception cref="IOException">It cannot be written there now.</exception>
    void Write(string line, AuditEntry entry);
}

/// <summary>Who did what, and who was not let: a table of the journal's database that is only ever added to.</summary>
public sealed class AuditLog : IDisposable
{
    private readonly JournalConnections _journal;
    private readonly TimeProvider _time;
    private readonly ImmutableArray<IAuditCopy> _copies;
    private readonly ILogger<AuditLog> _log;
    private readonly Lock _writing = new();
    private readonly Lock _joining = new();
    private readonly JoinedDenials _denials = new();
    private readonly ITimer _timer;

    public AuditLog(JournalConnections journal, TimeProvider time, IEnumerable<IAuditCopy> copies, ILogger<AuditLog> log)
    {
        (_journal, _time, _copies, _log) = (journal, time, [.. copies], log);
        _timer = time.CreateTimer(_ => WriteDenials(d => d.Due(time.GetUtcNow())), null, JoinedDenials.Period, JoinedDenials.Period);
    }

    /// <summary>
    /// INTENT: writes what is about to be done, before it is. Its number and time are given here.
    /// </summary>
    /// <exception cref="SqliteException">It is not written, and so must not be done.</exception>
    /// <exception cref="IOException">The same.</exception>
    public Task<AuditEntry> WriteAsync(AuditEntry entry) => Task.Run(() => Write(entry with { At = _time.GetUtcNow() }));

    /// <summary>Writes what has become of something, where that can be written.</summary>
    public async Task TryWriteAsync(AuditEntry entry)
    {
        try
        {
            await WriteAsync(entry);
        }
        catch (Exception e) when (e is SqliteException or IOException)
        {
            _log.LogError(e, "An entry is missing in the audit log: {Reason}", e.Message);
        }
    }

    /// <summary>Writes a denial, or counts it with those of the same kind in this minute. Whoever is denied something is told so in any case.</summary>
    public Task DenyAsync(AuditEntry denial) => Task.Run(() => WriteDenials(
        d => d.Take(denial with { At = _time.GetUtcNow(), Result = AuditResult.Denied }) is { } now ? [now] : []));

    /// <summary>Entries that match: the newest, or with <paramref name="after"/> the oldest after the one of that number.</summary>
    /// <param name="before">Only those before the one of this number; null for all.</param>
    public AuditPage Read(AuditFilter filter, int limit, long? after = null, long? before = null)
    {
        using var connection = _journal.Open();
        using var command = connection.CreateCommand();
        command.CommandText = after is not null
            ? "SELECT entry FROM audit WHERE number > $after AND number < $before ORDER BY number"
            : "SELECT entry FROM audit WHERE number < $before ORDER BY number DESC";
        command.Parameters.AddWithValue("$after", after ?? 0);
        command.Parameters.AddWithValue("$before", before ?? long.MaxValue);
        using var rows = command.ExecuteReader();
        var entries = ImmutableArray.CreateBuilder<AuditEntry>();
        while (rows.Read())
        {
            var entry = Decode(rows.GetString(0));
            if (!filter.Matches(entry))
                continue;
            if (entries.Count == limit)
                return new AuditPage(entries.ToImmutable(), entries[^1].Number);
            entries.Add(entry);
        }
        return new AuditPage(entries.ToImmutable(), null);
    }

    public void Dispose()
    {
        _timer.Dispose();
        WriteDenials(d => d.Rest());
    }

    private static AuditEntry Decode(string line)
    {
        try
        {
            return AuditLines.Read(line);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"an entry of the audit log cannot be read: {e.Message}", e);
        }
    }

    private AuditEntry Write(AuditEntry entry)
    {
        lock (_writing)
        {
            string line;
            using (var connection = _journal.Open())
            using (var transaction = connection.BeginTransaction())
            {
                using var command = connection.CreateCommand();
                command.CommandText = "SELECT coalesce(max(number), 0) + 1 FROM audit";
                entry = entry with { Number = (long)command.ExecuteScalar()! };
                line = AuditLines.Of(entry);
                command.CommandText = "INSERT INTO audit (number, entry) VALUES ($number, $entry)";
                command.Parameters.AddWithValue("$number", entry.Number);
                command.Parameters.AddWithValue("$entry", line);
                command.ExecuteNonQuery();
                transaction.Commit();
            }
            foreach (var copy in _copies)
                Copy(copy, line, entry);
            return entry;
        }
    }

    /// <summary>The journal has it: a copy that cannot be written keeps nobody from anything.</summary>
    private void Copy(IAuditCopy copy, string line, AuditEntry entry)
    {
        try
        {
            copy.Write(line, entry);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.LogWarning(e, "The audit log is not copied: {Reason}", e.Message);
        }
    }

    private void WriteDenials(Func<JoinedDenials, ImmutableArray<AuditEntry>> choose)
    {
        try
        {
            ImmutableArray<AuditEntry> chosen;
            lock (_joining)
                chosen = choose(_denials);
            foreach (var entry in chosen)
                Write(entry);
        }
        catch (Exception e) when (e is SqliteException or IOException)
        {
            _log.LogError(e, "A denial is missing in the audit log: {Reason}", e.Message);
        }
    }
}
