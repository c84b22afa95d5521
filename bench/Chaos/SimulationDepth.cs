using System.Diagnostics;
using Orchestrator.Messages.Deployments;
using Orchestrator.Testing.Chaos;

namespace Orchestrator.Chaos.Bench;

/// <summary>The core in virtual time, many seeds a second on all processors.</summary>
internal static class SimulationDepth
{
    /// <param name="first">The first seed.</param>
    /// <param name="count">How many.</param>
    /// <param name="isReplay">Whether all of the history is wanted also where nothing broke.</param>
    public static int Run(int first, int count, bool isReplay)
    {
        var begun = Stopwatch.StartNew();
        var gate = new Lock();
        var tally = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var failed = new SortedSet<int>();
        Parallel.ForEach(Enumerable.Range(first, count), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, seed =>
        {
            var run = ChaosRun.Of(seed);
            lock (gate)
            {
                Add($"ended {run.End.Word()}", 1);
                Add("supervisors and hosts that fell", run.Simulation.Falls);
                Add("events written", run.Simulation.Journal.Count);
                Add("contradictory answers told", run.Simulation.Journal.OfType<DeploymentEvents.AnswersContradicted>().Count());
                foreach (var kind in run.Injected.GroupBy(KindOf))
                    Add($"wire: {kind.Key}", kind.Count());
                if (run.Broken.Count == 0 && !isReplay)
                    return;
                if (run.Broken.Count > 0)
                    failed.Add(seed);
                Console.WriteLine(run.Report());
                Console.WriteLine();
            }
        });
        Console.WriteLine($"{count} seeds from {first}, {begun.Elapsed.TotalSeconds:0.0} s, {Environment.CpuUsage.TotalTime.TotalSeconds:0.0} s of processor");
        foreach (var (what, times) in tally)
            Console.WriteLine($"{times,12:n0}  {what}");
        return Summary.Print("simulation", failed);

        void Add(string what, int times) => tally[what] = tally.GetValueOrDefault(what) + times;
    }

    /// <summary>Of "12.50 late by 0:00:03: ..." the "late".</summary>
    private static string KindOf(string injected)
    {
        var what = injected.TrimStart();
        what = what[(what.IndexOf(' ', StringComparison.Ordinal) + 1)..];
        var kind = what[..what.IndexOf(':', StringComparison.Ordinal)];
        foreach (var cut in (string[])[" by ", " after "])
        {
            if (!kind.StartsWith("forestalled", StringComparison.Ordinal) && kind.IndexOf(cut, StringComparison.Ordinal) is var at and > 0)
                kind = kind[..at];
        }
        return kind + (what.Contains("answer of", StringComparison.Ordinal) ? " (answers)" : " (requests)");
    }
}

/// <summary>The last lines of each depth.</summary>
internal static class Summary
{
    /// <param name="depth">Its word on the command line.</param>
    /// <param name="failed">The seeds in which something broke.</param>
    /// <returns>The exit code.</returns>
    public static int Print(string depth, IReadOnlyCollection<int> failed)
    {
        if (failed.Count == 0)
        {
            Console.WriteLine("Nothing broke.");
            return 0;
        }
        Console.WriteLine($"{failed.Count} broke: {string.Join(' ', failed)}");
        Console.WriteLine($"Again: dotnet run -c Release --project bench/Chaos -- {depth} --seed {failed.First()}");
        return 1;
    }
}
