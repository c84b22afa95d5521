using System.Globalization;
using Orchestrator.Chaos.Bench;

// Seeded faults against promises, in three depths: see README.md.
CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
int? seed = null;
var words = new List<string>();
for (var i = 0; i < args.Length; i++)
{
    if (args[i] != "--seed")
        words.Add(args[i]);
    else if (++i < args.Length && int.TryParse(args[i], NumberStyles.None, CultureInfo.InvariantCulture, out var one))
        seed = one;
    else
        return Usage();
}
int? Number(int at, int otherwise) =>
    words.Count <= at ? otherwise : int.TryParse(words[at], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
if (words.Count is 0 or > 3)
    return Usage();
var all = words[0] switch { "simulation" => 10_000, "files" => 20, "processes" => 200, _ => 0 };
if (all == 0 || Number(1, all) is not { } count || Number(2, 1) is not { } first)
    return Usage();
if (seed is { } only)
    (first, count) = (only, 1);
return words[0] switch
{
    "simulation" => SimulationDepth.Run(first, count, isReplay: seed is not null),
    "files" => await FilesDepth.RunAsync(first, count),
    _ => await ProcessDepth.RunAsync(first, count),
};

static int Usage()
{
    Console.Error.WriteLine("simulation|files|processes [NUMBER [FIRST]] [--seed SEED]: see README.md");
    return 2;
}
