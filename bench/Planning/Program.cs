using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Sites;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using Orchestrator.Planning.Bench;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

// Plans sites of many sizes and says what it costs, beside a plain typed read of the same bytes in the same run. See README.md.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
int[] sizes = args.Length > 0 ? [.. args.Select(int.Parse)] : [1_000, 10_000, 20_000, 50_000, 100_000];
(string Name, Func<byte[]> Document)[] sites =
[
    ("08c", () => File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "08c-800apps-20000nodes.json"))),
    .. sizes.Select(n => ($"band {n:N0}", (Func<byte[]>)(() => SiteGenerator.Band(n)))),
    .. sizes.Select(n => ($"rank {n:N0}", (Func<byte[]>)(() => SiteGenerator.Rank(n)))),
];

WarmUp();
Console.WriteLine($"{Environment.ProcessorCount} cores, .NET {Environment.Version}");
Console.WriteLine();
Console.WriteLine("| site | nodes | groups | MB | plain read, ms | planning, ms | ratio | a node, us | reading, ms | ordering and hash, ms | JSON, ms | "
    + "plain read, MB | planning, MB | impact, ms | difference, ms |");
Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|");
foreach (var (name, make) in sites)
{
    var document = make();
    var plan = Plan(SiteReader.Read(document, name));
    var (groups, nodes, times) = (plan.Groups.Length, plan.NodeCount, Times(plan));
    var rounds = Math.Clamp(40_000_000 / document.Length, 3, 40);
    var blocks = Enumerable.Range(0, 6)
        .Select(_ => (Plain: Block(rounds, () => [ReadPlainly(document)]), Ours: Block(rounds, () => Planning(document))))
        .Skip(1).ToList();
    double Median(Func<(Cost[] Plain, Cost[] Ours), double> value) => blocks.Select(value).Order().ElementAt(blocks.Count / 2);
    double Phase(int phase) => Median(b => b.Ours[phase].Ms);
    var ours = Median(b => b.Ours.Sum(c => c.Ms));
    Console.WriteLine(
        $"| {name} | {nodes:N0} | {groups:N0} | {document.Length / 1e6:F1} | {Median(b => b.Plain[0].Ms):F1} | {ours:F1} | "
            + $"{Median(b => b.Ours.Sum(c => c.Ms) / b.Plain[0].Ms):F2} | {1000 * ours / nodes:F2} | {Phase(0):F1} | {Phase(1):F1} | {Phase(2):F1} | "
            + $"{Median(b => b.Plain[0].Mb):F1} | {Median(b => b.Ours.Sum(c => c.Mb)):F1} | {Middle(() => Impact.Of(plan, default, null, times)):F1} | "
            + $"{Middle(() => PlanDiff.Between(plan, plan)):F1} |");
}

// Every method must have been compiled for good before the first figure.
static void WarmUp()
{
    var document = SiteGenerator.Rank(1_000);
    for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(5);)
    {
        ReadPlainly(document);
        Planning(document);
    }
}

static Cost[] Block(int rounds, Func<Cost[]> round)
{
    GC.Collect();
    var costs = Enumerable.Range(0, rounds).Select(_ => round()).ToList();
    return [.. costs[0].Select((_, phase) => new Cost(costs.Average(c => c[phase].Ms), costs.Average(c => c[phase].Mb)))];
}

static Cost ReadPlainly(byte[] document) => Measure(() => JsonSerializer.Deserialize(document, PlainRead.Default.GraphDocument)!).Cost;

static Cost[] Planning(byte[] document)
{
    var (reading, read) = Measure(() => SiteReader.Read(document, "site"));
    var (plan, planned) = Measure(() => Plan(reading));
    var (_, written) = Measure(() => PlanJson.Write(plan));
    return [read, planned, written];
}

static Plan Plan(SiteReading reading) => Planner.Plan(reading, PlanQuestion.Everything) switch
{
    PlanResult.Planned(var plan) => plan,
    PlanResult.Refused(var problems) => throw new InvalidDataException(problems[0].Message),
    _ => throw new UnreachableException(),
};

static double Middle<T>(Func<T> act) => Enumerable.Range(0, 5).Select(_ => Measure(act).Cost.Ms).Order().ElementAt(2);

// One good run of each node.
static RunTimes Times(Plan plan)
{
    var times = new RunTimes();
    times.BeginDeployment();
    times.Add(new DeploymentStarted(plan.Id, plan.Environment, default, new DeploymentOptions(), "", plan.NodeCount, "", default));
    foreach (var node in plan.Groups.SelectMany(g => g.Nodes))
    {
        times.Add(new RunRequested(node.Name, 1, 0, 0, false, default, default, default));
        times.Add(new NodeSettled(
            node.Name, Outcome.Succeeded, "", Hold.Held, 0, null, null, null, null, DateTimeOffset.MinValue.AddSeconds(60 + node.After.Length)));
    }
    return times;
}

// Time of the processor, garbage collection included: what else runs on the machine does not count.
static (T Result, Cost Cost) Measure<T>(Func<T> act)
{
    var (bytes, start) = (GC.GetAllocatedBytesForCurrentThread(), Environment.CpuUsage.TotalTime);
    var result = act();
    return (result, new Cost((Environment.CpuUsage.TotalTime - start).TotalMilliseconds, (GC.GetAllocatedBytesForCurrentThread() - bytes) / 1e6));
}

/// <summary>Milliseconds of processor time and megabytes allocated.</summary>
internal readonly record struct Cost(double Ms, double Mb);
