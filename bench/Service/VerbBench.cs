using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Service.Bench;

/// <summary>How long a verb takes beyond one durable write: both in turns, on the same disk.</summary>
internal static class VerbBench
{
    private const int Rounds = 200;
    private const int ToWarmUp = 40;
    private const double MostMilliseconds = 20;

    public static async Task MeasureAsync()
    {
        await using var service = await BenchService.StartAsync();
        var id = await service.RunLongAsync();
        await using var database = new SqliteConnection($"Data Source={Path.Combine(service.Folder, "bench.db")};Pooling=False");
        database.Open();
        await ExecuteAsync(database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE written (bytes BLOB)");

        var (verbs, writes) = (new List<double>(), new List<double>());
        for (var round = -ToWarmUp; round < Rounds; round++)
        {
            var verb = round % 2 == 0 ? Verb.Pause : Verb.Resume;
            var ofVerb = await TimeAsync(async () =>
            {
                if (!(await service.Client.SendAsync(id, verb)).Value.Changed)
                    throw new InvalidOperationException($"{verb} changed nothing");
            });
            var ofWrite = await TimeAsync(() => ExecuteAsync(database, "INSERT INTO written VALUES (randomblob(500))"));
            if (round < 0)
                continue;
            verbs.Add(ofVerb);
            writes.Add(ofWrite);
        }
        var (median, write) = (verbs.Quantile(0.5), writes.Quantile(0.5));
        Console.WriteLine($"        pause or resume {median:0.00} ms, one durable write {write:0.00} ms, medians");
        Figures.AtMost("verb, median beyond one durable write", median - write, MostMilliseconds, "ms");
    }

    private static async Task<double> TimeAsync(Func<Task> what)
    {
        var begun = Stopwatch.GetTimestamp();
        await what();
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }

    private static async Task ExecuteAsync(SqliteConnection database, string sql)
    {
        await using var command = database.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync();
    }
}
