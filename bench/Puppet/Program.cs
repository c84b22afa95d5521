using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Orchestrator.Domain.Plans;
using Orchestrator.Puppet.Bench;
using Orchestrator.Puppet.Databases;

// Makes sites and plans of generated answers of PuppetDB, beside a plain reading of the same bytes in the same run. See README.md.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
int[] sizes = args.Length > 0 ? [.. args.Select(int.Parse)] : [1_000, 5_000, 20_000];
Console.WriteLine($"{Environment.ProcessorCount} cores, .NET {Environment.Version}");
Console.WriteLine();
Console.WriteLine(
    "| nodes | rows | MB | groups | tokens, ms | plain read, ms | derived and planned, ms | ratio | reading, ms | deriving, ms | planning, ms "
    + "| memory beyond the answer, MB |");
Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|---|");
foreach (var size in sizes)
{
    const int exported = 10, collected = 30;
    var (resources, nodes) = AnswerGenerator.Of(size, exported, collected);
    for (var warm = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(warm) < TimeSpan.FromSeconds(5);)
    {
        await PlainAsync(resources);
        await OursAsync(resources, nodes);
    }
    var rounds = new List<(double Tokens, double Plain, double[] Ours)>();
    var (groups, memory) = (0, 0.0);
    for (var round = 0; round < 7; round++)
    {
        GC.Collect();
        var tokens = await TokensAsync(resources);
        GC.Collect();
        var plain = await PlainAsync(resources);
        GC.Collect();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var ours = await OursAsync(resources, nodes);
        (groups, memory) = (ours.Groups, Math.Max(memory, (ours.Peak - before) / 1e6));
        rounds.Add((tokens, plain, ours.Ms));
    }
    double Median(Func<(double Tokens, double Plain, double[] Ours), double> value) => rounds.Select(value).Order().ElementAt(rounds.Count / 2);
    Console.WriteLine(
        $"| {size:N0} | {size * (exported + collected):N0} | {resources.Length / 1e6:F0} | {groups} | {Median(r => r.Tokens):F0} | {Median(r => r.Plain):F0} | "
        + $"{Median(r => r.Ours.Sum()):F0} | "
        + $"{Median(r => r.Ours.Sum() / r.Plain):F2} | {Median(r => r.Ours[0]):F0} | {Median(r => r.Ours[1]):F0} | {Median(r => r.Ours[2]):F0} "
        + $"| {memory:F0} |");
}

// Every row as an object, and nothing done with it.
static async Task<double> PlainAsync(byte[] answer)
{
    var begun = Environment.CpuUsage.TotalTime;
    using var stream = new MemoryStream(answer);
    await foreach (var row in JsonSerializer.DeserializeAsyncEnumerable(stream, PlainRead.Default.PlainRow))
        GC.KeepAlive(row);
    return (Environment.CpuUsage.TotalTime - begun).TotalMilliseconds;
}

// Every token, and nothing done with it.
static async Task<double> TokensAsync(byte[] answer)
{
    var begun = Environment.CpuUsage.TotalTime;
    using var stream = new MemoryStream(answer);
    var buffer = new byte[1 << 16];
    var (filled, state) = (0, default(JsonReaderState));
    while (await stream.ReadAsync(buffer.AsMemory(filled)) is var count)
    {
        filled += count;
        var consumed = Tokens(buffer.AsSpan(0, filled), count == 0, ref state);
        if (count == 0)
            break;
        buffer.AsSpan(consumed, filled - consumed).CopyTo(buffer);
        filled -= consumed;
    }
    return (Environment.CpuUsage.TotalTime - begun).TotalMilliseconds;
}

static int Tokens(ReadOnlySpan<byte> piece, bool isEnd, ref JsonReaderState state)
{
    var reader = new Utf8JsonReader(piece, isEnd, state);
    while (reader.Read())
    {
    }
    state = reader.CurrentState;
    return (int)reader.BytesConsumed;
}

static async Task<(double[] Ms, int Groups, long Peak)> OursAsync(byte[] resources, byte[] nodes)
{
    var times = new List<TimeSpan> { Environment.CpuUsage.TotalTime };
    var known = new NodeRows();
    using var first = new MemoryStream(nodes);
    await AnswerReader.ReadAsync(first, known, CancellationToken.None);
    var rows = new CatalogRows(Mapping.Default.Ignores);
    using var second = new MemoryStream(resources);
    await AnswerReader.ReadAsync(second, rows, CancellationToken.None);
    times.Add(Environment.CpuUsage.TotalTime);
    var peak = GC.GetTotalMemory(forceFullCollection: false);
    var chosen = new ChosenNodes(known.Nodes, "production", Mapping.Default, null);
    var reading = new Derivation(rows, chosen, Mapping.Default).Build("production", null, [], null, []);
    times.Add(Environment.CpuUsage.TotalTime);
    var plan = Planner.Plan(reading, PlanQuestion.Everything) is PlanResult.Planned planned
        ? planned.Plan
        : throw new InvalidDataException(((PlanResult.Refused)Planner.Plan(reading, PlanQuestion.Everything)).Problems[0].Message);
    times.Add(Environment.CpuUsage.TotalTime);
    peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false));
    return ([.. times.Zip(times.Skip(1), (a, b) => (b - a).TotalMilliseconds)], plan.Groups.Length, peak);
}
