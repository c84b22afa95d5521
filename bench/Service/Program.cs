using System.Globalization;
using Orchestrator.Service.Bench;

// What a service owes a team, each figure against its limit: see README.md.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
var parts = new Dictionary<string, Func<Task>>
{
    ["list"] = ListBench.MeasureAsync,
    ["verbs"] = VerbBench.MeasureAsync,
    ["followers"] = FollowerBench.MeasureAsync,
    ["fair"] = FairBench.MeasureAsync,
    ["deployments"] = DeploymentBench.MeasureAsync,
};
if (args.FirstOrDefault(a => !parts.ContainsKey(a)) is { } unknown)
{
    Console.Error.WriteLine($"unknown part {unknown}: use some of {string.Join(", ", parts.Keys)}, or none for all of them");
    return 2;
}
Console.WriteLine($"{Environment.ProcessorCount} processors, load {File.ReadAllText("/proc/loadavg").Split(' ')[0]}");
foreach (var part in args.Length > 0 ? args : [.. parts.Keys])
    await parts[part]();
return Figures.AreAllKept ? 0 : 1;
