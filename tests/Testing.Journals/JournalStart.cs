using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Process;

namespace Orchestrator.Testing.Journals;

/// <summary>What a host finds when it starts on a journal, without its actors: the same code decides.</summary>
/// <param name="Refused">With what sentence it does not start; null where it does.</param>
/// <param name="Blocked">With what sentence it starts and touches no node; null where it does not.</param>
/// <param name="Events">What it would replay, one line each; empty where it does not start.</param>
/// <param name="Findings">What a look through the whole journal finds.</param>
/// <param name="Stopped">The histories that cannot be replayed: their deployments stop, each by itself.</param>
public sealed record JournalStart(
    string? Refused, string? Blocked, IReadOnlyList<string> Events, IReadOnlyList<string> Findings, IReadOnlyList<string> Stopped)
{
    private static readonly string[] WhatToDo =
        ["restore it from a copy", "move it away", "make the file", "make it readable", "make sure that", "use that version", "check its disk", "close it"];

    public static JournalStart Of(string journal)
    {
        using var connections = new JournalConnections(journal);
        try
        {
            JournalFile.Prepare(connections, "0.0.1", TimeProvider.System.GetUtcNow());
        }
        catch (CannotStartException e)
        {
            return new JournalStart(e.Message, null, [], [], []);
        }
        var findings = JournalVerification.Of(journal).Findings;
        return new JournalStart(
            null, connections.Incomplete, EventsOf(connections), [.. findings.Select(f => f.Problem)],
            [.. findings.Where(f => f is { Deployment: not null, Event: not null }).Select(f => $"deployment-{f.Deployment}")]);
    }

    /// <summary>Why this is no answer to a damage of that journal, one sentence; null where it is one.</summary>
    /// <param name="before">What was found before the damage.</param>
    /// <param name="marked">How many of its events a mark told of: what came after them nobody had relied on.</param>
    public string? ProblemOf(JournalStart before, int marked, string journal)
    {
        if ((Refused ?? Blocked) is { } sentence)
        {
            if (!sentence.Contains(journal, StringComparison.Ordinal) && !sentence.Contains(JournalFiles.MarkOf(journal), StringComparison.Ordinal))
                return $"the sentence names no file: {sentence}";
            return Refused is null || WhatToDo.Any(w => sentence.Contains(w, StringComparison.Ordinal)) ? null
                : $"the sentence does not say what to do: {sentence}";
        }
        if (Stopped.Count > 0)
        {
            var theirs = Events.Concat(before.Events).Select(e => e.Split('|')).Where(e => Stopped.Contains(e[3])).Select(e => e[0]).ToHashSet();
            var (others, were) = (OthersOf(Events), OthersOf(before.Events));
            return others.SequenceEqual(were) ? null : $"beside {string.Join(", ", Stopped)} others changed: {others.Except(were).FirstOrDefault()}";

            List<string> OthersOf(IEnumerable<string> events) => [.. events.Where(e => !theirs.Contains(e.Split('|')[0]))];
        }
        if (Events.Count < marked || !Events.SequenceEqual(before.Events.Take(Events.Count)))
        {
            var first = Events.TakeWhile((e, i) => i < before.Events.Count && e == before.Events[i]).Count();
            return string.Create(
                CultureInfo.InvariantCulture,
                $"it goes on with {Events.Count} events where {before.Events.Count} were; they differ from number {first + 1} on");
        }
        return null;
    }

    /// <summary>In the order of the table, and as each history is read: by an index, which may say something else.</summary>
    private static List<string> EventsOf(JournalConnections connections)
    {
        using var connection = connections.Open();
        var all = Read("ordering");
        return [.. all, .. Read("persistence_id, sequence_number").Order(StringComparer.Ordinal).Except(all)];

        List<string> Read(string order)
        {
            using var command = connection.CreateCommand();
            command.CommandText = $"SELECT * FROM journal ORDER BY {order}";
            try
            {
                using var rows = command.ExecuteReader();
                var events = new List<string>();
                while (rows.Read())
                {
                    events.Add(string.Join('|', Enumerable.Range(0, rows.FieldCount).Select(i => rows.GetValue(i) is byte[] bytes
                        ? Convert.ToHexStringLower(SHA256.HashData(bytes)) : Convert.ToString(rows.GetValue(i), CultureInfo.InvariantCulture))));
                }
                return events;
            }
            catch (SqliteException e)
            {
                return [e.Message];
            }
        }
    }
}
