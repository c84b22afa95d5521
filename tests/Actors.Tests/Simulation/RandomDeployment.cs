using System.Globalization;
using System.Text.Json;
using CsCheck;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using Orchestrator.Testing.Chaos;

namespace Orchestrator.Actors.Tests.Simulation;

/// <summary>A site, its nodes' behaviour, the options, what people say, and where the process dies.</summary>
internal sealed record RandomDeployment(
    int[][] After, string[] Behaviours, int Odd, string Batch, string MaxFailures, string OnFailure, bool Eager, int Soak, bool Spread, bool Approves,
    int Limit, int[] Deaths, (int Seconds, string Verb)[] Words, (int Seconds, int By)[] Clock)
{
    public string[] Names => [.. After.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"n{i}"))];

    public Plan Plan => Sites.PlanOf(
        Names.Select((name, i) => (name, after: (string[])[.. After[i].Where(a => a < i).Distinct().Select(a => Names[a])]))
            .ToDictionary(n => n.name, n => n.after),
        name => name.EndsWith('2') ? null : (Label, name.EndsWith('1') ? "b" : "a"));

    public string Scenario =>
        "nodes: { " +
            string.Join(", ",
                Names.Select((n, i) => $"{n}: {{ run: {1 + i % 3}s..6s, " +
                    $"answer: {(i % 4 == 3 ? "1500ms" : "10ms")}, {(i % 4 <= Odd ? Behaviours[i] : "result: success")} }}")) + " }";

    public DeploymentOptions Options
    {
        get
        {
            Assert.True(BatchSizes.TryParse(Batch, out var batch, out _));
            Assert.True(FailureBudget.TryParse(MaxFailures, out var budget, out _));
            return new DeploymentOptions
            {
                Batch = Eager ? null : batch,
                MaxFailures = budget,
                OnFailure = Enum.Parse<OnFailure>(OnFailure),
                RollbackEnvironment = "last_good",
                Strategy = Eager ? Strategy.Eager : Strategy.Groups,
                Soak = Eager ? TimeSpan.Zero : TimeSpan.FromSeconds(Soak),
                Spread = Spread && !Eager ? Label : null,
                ApproveGroups = Approves && !Eager,
                Retries = Limit == 2 ? 2 : 0,
                ApprovalTimeout = Approves && !Eager ? TimeSpan.FromMinutes(5) : null,
                MaxRunning = Limit == 0 ? null : Limit,
                StartTimeout = TimeSpan.FromSeconds(20),
                RunTimeout = TimeSpan.FromMinutes(5),
                IdleTimeout = TimeSpan.FromMinutes(2),
                RpcTimeout = TimeSpan.FromSeconds(3),
            };
        }
    }

    private const string Label = "rack";
    private static readonly int[] Steps = [-7200, -60, -3, 3, 60, 7200];

    /// <summary>By then every deployment is resumed, so that it ends.</summary>
    private static readonly TimeSpan LastResume = TimeSpan.FromMinutes(30);

    public static Gen<RandomDeployment> Any { get; } =
        from count in Gen.Int[1, 8]
        from after in Gen.Int[0, 9].Array[0, 3].Array[count]
        from odd in Gen.Int[-1, 3]
        from behaviours in OneOf([.. Orchestrator.Testing.Simulation.Behaviours.All]).Array[8]
        from batch in OneOf("1", "2", "50%", "1,100%")
        from budget in OneOf("0", "0", "1", "2", "50%", "100%")
        from onFailure in OneOf("Freeze", "Release", "Rollback")
        from eager in Gen.Int[0, 3]
        from soak in Gen.Int[0, 2]
        from spread in Gen.Int[0, 3]
        from approves in Gen.Int[0, 3]
        from limit in Gen.Int[0, 3]
        from deaths in Gen.Int[1, 300].Array[0, 3]
        from words in Gen.Select(
            Gen.Int[0, 90], OneOf("pause", "resume", "approve", "cancel", "cancel --release", "abandon", "retry", "rollback", "hold", "release")).Array[0, 4]
        from late in Gen.Select(Gen.Int[7200, 7260], OneOf("retry", "rollback", "release", "hold", "cancel")).Array[0, 2]
        from clock in Gen.Select(Gen.Int[0, 120], Gen.Int[0, 5].Select(i => Steps[i])).Array[0, 3]
        from isSet in Gen.Int[0, 3]
        select new RandomDeployment(
            after, behaviours, odd, batch, budget, onFailure, eager == 0, soak * 20, spread == 0, approves == 0, limit, deaths, [.. words, .. late],
            isSet == 0 ? clock : []);

    public static string Print(RandomDeployment c) =>
        $"{JsonSerializer.Serialize(c)}\nwords: {string.Join(", ", c.Words)}\nclock: {string.Join(", ", c.Clock)}\n{c.Scenario}";

    /// <summary>Lets people say what they say, and the clock be set.</summary>
    public void Say(SimulatedDeployment simulation)
    {
        foreach (var (seconds, verb) in Words)
            simulation.At(TimeSpan.FromSeconds(seconds), ChaosRun.CommandOf(verb, new NodeName(Names[seconds % Names.Length])));
        foreach (var (seconds, by) in Clock)
            simulation.SetClock(TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(by));
        if (Approves)
        {
            for (var at = 10; at < 600; at += 40)
                simulation.At(TimeSpan.FromSeconds(at), new DeploymentCommand.Approve("carol"));
        }
        simulation.At(LastResume, new DeploymentCommand.Resume("carol"));
    }

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);
}
