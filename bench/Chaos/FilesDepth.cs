using System.Diagnostics;
using Orchestrator.Testing.Journals;

namespace Orchestrator.Chaos.Bench;

/// <summary>The files of journals, damaged at every boundary between two hosts.</summary>
internal static class FilesDepth
{
    /// <param name="first">The first seed.</param>
    /// <param name="count">How many.</param>
    public static async Task<int> RunAsync(int first, int count)
    {
        var begun = Stopwatch.StartNew();
        var gate = new Lock();
        var tally = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var failed = new SortedSet<int>();
        await Parallel.ForEachAsync(
            Enumerable.Range(first, count), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, async (seed, _) =>
            {
                string told;
                IReadOnlyList<string> broken;
                IReadOnlyDictionary<string, int> sum = new Dictionary<string, int>();
                try
                {
                    var story = await FileStory.PlayAsync(seed);
                    (told, broken, sum) = (story.Told, story.Broken, story.Tally);
                }
                // Whatever fails is a finding of this seed, and the next one is still to be run.
                catch (Exception e) when (e is not OutOfMemoryException)
                {
                    (told, broken) = ("none", [e.ToString()]);
                }
                lock (gate)
                {
                    foreach (var (what, times) in sum)
                        tally[what] = tally.GetValueOrDefault(what) + times;
                    if (broken.Count > 0)
                        failed.Add(seed);
                    Console.WriteLine($"seed {seed}: {told}");
                    foreach (var sentence in broken)
                        Console.WriteLine($"BROKEN: {sentence}");
                }
            });
        Console.WriteLine(
            $"{count} seeds from {first}, {tally.Where(t => !t.Key.StartsWith("carried on", StringComparison.Ordinal)).Sum(t => t.Value):n0} damages, "
            + $"{begun.Elapsed.TotalSeconds:0} s, {Environment.CpuUsage.TotalTime.TotalSeconds:0} s of processor");
        foreach (var (what, times) in tally)
            Console.WriteLine($"{times,9:n0}  {what}");
        return Summary.Print("files", failed);
    }
}
