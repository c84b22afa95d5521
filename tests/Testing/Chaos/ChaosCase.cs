using System.Globalization;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using Orchestrator.Testing.Simulation;

namespace Orchestrator.Testing.Chaos;

/// <summary>A deployment and all that befalls it, drawn from a seed: the same seed is the same case on every machine.</summary>
public sealed class ChaosCase
{
    private const string Label = "rack";
    private readonly Random _random;

    public ChaosCase(int seed)
    {
        Seed = seed;
        _random = new Random(seed);
        Names = [.. Enumerable.Range(0, _random.Next(1, 9)).Select(i => string.Create(CultureInfo.InvariantCulture, $"n{i}"))];
        After = Names.Select((name, i) => (Name: name, After: i == 0 ? [] : Some(3, () => Names[_random.Next(i)]).Distinct().ToArray()))
            .ToDictionary(n => n.Name, n => n.After);
        // Of each fleet so many nodes behave oddly: none, one of four, ... all.
        var odd = _random.Next(0, 5);
        Scenario = "nodes: { " + string.Join(", ", Names.Select((n, i) =>
            $"{n}: {{ run: {1 + i % 3}s..6s, answer: {(i % 4 == 3 ? "1500ms" : "10ms")}, "
                + $"{(_random.Next(4) < odd ? OneOf([.. Behaviours.All]) : "result: success")} }}")) + " }";
        Options = DrawOptions();
        Wire = DrawWire();
        Words = [.. Some(3, () => (_random.Next(90), Word())), .. Some(2, () => (_random.Next(7200, 7260), Word()))];
        ClockSteps = [.. Some(1, () => (_random.Next(120), _random.Next(-120, 121)))];
        var (deaths, falls, nodeFalls) = (Points(2), Points(2), Points(3));
        FallsAt = point => deaths.Contains(point) ? Fall.Process
            : falls.Contains(point) ? Fall.Supervisor : nodeFalls.Contains(point) ? Fall.Node : Fall.Nothing;
        Falls = $"host at {Listed(deaths)}, supervisor at {Listed(falls)}, node at {Listed(nodeFalls)}";
        var (refused, unheard) = (Writes(), Writes());
        FailsAt = write => refused.Contains(write) ? WriteFault.NotWritten : unheard.Contains(write) ? WriteFault.NotAcknowledged : WriteFault.None;
        FailedWrites = $"refused: {Listed(refused)}, not acknowledged: {Listed(unheard)}";
        var unreadable = _random.Next(0, 4);
        // Read again after longer and longer pauses.
        DownFor = _ => TimeSpan.FromMilliseconds(500 * Math.Pow(2, unreadable));
        UnreadableReads = unreadable;
    }

    public int Seed { get; }

    public string[] Names { get; }

    public IReadOnlyDictionary<string, string[]> After { get; }

    public Plan Plan => Sites.PlanOf(After, name => name.EndsWith('2') ? null : (Label, name.EndsWith('1') ? "b" : "a"));

    public string Scenario { get; }

    public DeploymentOptions Options { get; }

    public WireFaults Wire { get; }

    /// <summary>What people say, seconds after the start.</summary>
    public (int Seconds, string Verb)[] Words { get; }

    /// <summary>By how many seconds the host's clock is set, and when.</summary>
    public (int Seconds, int By)[] ClockSteps { get; }

    public Func<int, Fall> FallsAt { get; }

    public string Falls { get; }

    public Func<int, WriteFault> FailsAt { get; }

    public string FailedWrites { get; }

    public int UnreadableReads { get; }

    public Func<int, TimeSpan> DownFor { get; }

    /// <summary>The case as a person reads it.</summary>
    public override string ToString() => string.Join('\n', [
        $"seed {Seed}",
        $"plan: {string.Join("; ", After.Select(n => n.Value.Length == 0 ? n.Key : $"{n.Key} after {string.Join(' ', n.Value)}"))}",
        Scenario,
        Options.ToString(),
        Wire.ToString(),
        $"people: {string.Join(", ", Words)}",
        $"clock steps: {string.Join(", ", ClockSteps)}",
        $"falls: {Falls}",
        $"writes: {FailedWrites}; reads that fail after a fall: {UnreadableReads}",
    ]);

    private DeploymentOptions DrawOptions()
    {
        var eager = _random.Next(4) == 0;
        var approves = !eager && _random.Next(4) == 0;
        _ = BatchSizes.TryParse(OneOf("1", "2", "50%", "1,100%"), out var batch, out _);
        _ = FailureBudget.TryParse(OneOf("0", "0", "1", "2", "50%", "100%"), out var budget, out _);
        var limit = _random.Next(4);
        return new DeploymentOptions
        {
            Batch = eager ? null : batch,
            MaxFailures = budget!,
            OnFailure = _random.Next(3) switch { 0 => OnFailure.Freeze, 1 => OnFailure.Release, _ => OnFailure.Rollback },
            RollbackEnvironment = "last_good",
            Strategy = eager ? Strategy.Eager : Strategy.Groups,
            Soak = eager ? TimeSpan.Zero : TimeSpan.FromSeconds(20 * _random.Next(3)),
            Spread = !eager && _random.Next(4) == 0 ? Label : null,
            ApproveGroups = approves,
            ApprovalTimeout = approves ? TimeSpan.FromMinutes(5) : null,
            MaxRunning = limit == 0 ? null : limit,
            StartTimeout = TimeSpan.FromSeconds(20),
            RunTimeout = TimeSpan.FromMinutes(5),
            IdleTimeout = TimeSpan.FromMinutes(2),
            RpcTimeout = TimeSpan.FromSeconds(3),
        };
    }

    /// <summary>Each fault in about every third case, so that they meet and are also seen alone.</summary>
    private WireFaults DrawWire()
    {
        double Share(double most) => _random.Next(3) == 0 ? most * _random.NextDouble() : 0;
        return new WireFaults(
            Share(0.2), Share(0.2), Share(0.3), Share(0.2), Share(0.2), Share(0.3), Share(0.3), Share(0.2), _random.Next(10) == 0 ? 0.05 : 0,
            _random.Next(6) == 0 ? Away() : null);
    }

    private (TimeSpan, TimeSpan) Away()
    {
        var from = TimeSpan.FromSeconds(_random.Next(60));
        return (from, from + TimeSpan.FromSeconds(_random.Next(1, 90)));
    }

    private string Word() =>
        OneOf("pause", "resume", "approve", "cancel", "cancel --release", "abandon", "retry", "rollback", "hold", "release");

    private HashSet<int> Points(int most) => _random.Next(2) == 0 ? [] : [.. Some(most, () => _random.Next(1, 300))];

    private HashSet<int> Writes() => _random.Next(3) == 0 ? [.. Some(3, () => _random.Next(1, 60))] : [];

    private T[] Some<T>(int most, Func<T> draw) => [.. Enumerable.Range(0, _random.Next(most + 1)).Select(_ => draw())];

    private string OneOf(params string[] texts) => texts[_random.Next(texts.Length)];

    private static string Listed(HashSet<int> numbers) => numbers.Count == 0 ? "none" : string.Join(' ', numbers.Order());
}
