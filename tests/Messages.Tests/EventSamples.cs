using System.Collections.Immutable;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.CoordinatorEvents;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Messages.Tests;

/// <summary>One of each event with everything set, and a second one where parts may be left out.</summary>
public static class EventSamples
{
    private static readonly DateTimeOffset At = new(2026, 3, 4, 5, 6, 7, 890, TimeSpan.Zero);
    private static readonly DateTimeOffset Later = At.AddMinutes(10);
    private static readonly NodeName Db = new("db1.example.net");
    private static readonly NodeName Web = new("web1.example.net");
    private static readonly ImmutableArray<NodeName> Both = [Db, Web];
    private static readonly DeploymentId Id = new("k7m2p9xa");
    private static readonly PlanId Plan = new("sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
    private static readonly FleetName Fleet = new("emulated:4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce");

    private static readonly DeploymentOptions Options = new()
    {
        Noop = true,
        RunEnvironment = "canary",
        AllowCachedCatalog = true,
        AcceptWithoutLog = true,
        Batch = BatchSizes.TryParse("1,5,50%", out var sizes, out _) ? sizes : null,
        OnFailure = OnFailure.Release,
        RpcTimeout = TimeSpan.FromSeconds(5),
        RpcRetries = 1,
        StartTimeout = TimeSpan.FromSeconds(90),
        RunTimeout = TimeSpan.FromMinutes(30),
        IdleTimeout = TimeSpan.FromMinutes(5),
        RunonceTimeToLive = TimeSpan.FromSeconds(20),
    };

    /// <summary>The name of each sample's golden, its manifest first, and the event.</summary>
    public static ImmutableSortedDictionary<string, object> All { get; } = new (string Name, object Event)[]
    {
        ("dep.started.v1", new DeploymentStarted(Plan, "production", Fleet, Options, "jane", 2, "orchestrator k7m2p9xa by jane", At)),
        ("dep.supervisor-started.v1", new SupervisorStarted(2, At)),
        ("dep.nodes-checked.v1", new NodesChecked([new CheckedNode(Db, true, false), new CheckedNode(Web, false, true)], At)),
        ("dep.isolation-started.v1", new IsolationStarted(Later, At)),
        ("dep.nodes-held.v1", new NodesHeld(Both, At)),
        ("dep.nodes-idle.v1", new NodesIdle(Both, At)),
        ("dep.group-started.v1", new GroupStarted(1, 2, At)),
        ("dep.batch-started.v1", new BatchStarted(1, 2, Both, Later, At)),
        ("dep.run-requested.v1", new RunRequested(Db, 1, 1772600000, 1772600767.5, true, Later, Later.AddHours(1), At)),
        ("dep.run-accepted.v1", new RunAccepted(Db, 1, 1772600768, At)),
        ("dep.runs-began.v1", new RunsBegan(Both, At)),
        ("dep.run-displaced.v1", new RunDisplaced(Db, 1, "another run took the lock", At)),
        ("dep.run-untraced.v1", new RunUntraced(Db, 1, At)),
        ("dep.run-not-sent.v1", new RunNotSent(Db, 1, "the fleet cannot be reached", At)),
        ("dep.node-settled.v1", new NodeSettled(
            Db, Outcome.FailedResources, "1 of 40 resources failed", Hold.Held, 2, 1, [5, 6],
            ["Could not start Service[mysqld]: \"grün\" <&> \u001b[31m\n"], ["1 resource is noop"], At)),
        ("dep.node-settled.v1.bare", new NodeSettled(Web, Outcome.Unreachable, "no answer in the check", Hold.None, null, null, null, null, null, At)),
        ("dep.nodes-skipped.v1", new NodesSkipped([Web], "db1.example.net failed", At)),
        ("dep.group-finished.v1", new GroupFinished(1, 1, 1, At)),
        ("dep.node-out-of-turn.v1", new NodeOutOfTurn(Web, "was enabled by somebody", At)),
        ("dep.cancel-requested.v1", new CancelRequested("jane", true, At)),
        ("dep.stopping.v1", new DeploymentStopping(DeploymentPhase.Failed, "db1.example.net failed", At)),
        ("dep.holding-started.v1", new HoldingStarted(Both, At)),
        ("dep.release-started.v1", new ReleaseStarted("jane", Web, At)),
        ("dep.release-started.v1.bare", new ReleaseStarted(null, null, At)),
        ("dep.nodes-released.v1", new NodesReleased(Both, At)),
        ("dep.node-not-released.v1", new NodeNotReleased(Db, "no answer", At)),
        ("dep.node-not-held.v1", new NodeNotHeld(Db, "no answer", At)),
        ("dep.fleet-lost.v1", new FleetLost("the emulated fleet ended with its host", At)),
        ("dep.ended.v1", new DeploymentEnded(DeploymentPhase.SucceededWithFailures, "1 node failed", At)),
        ("co.registered.v1", new DeploymentRegistered(Id, Plan, "production", Fleet, new DeploymentOptions(), "jane", 2, At)),
        ("co.withdrawn.v1", new DeploymentWithdrawn(Id, "jane", At)),
        ("co.retired.v1", new DeploymentRetired(Id, DeploymentPhase.Failed, false, Both, At)),
    }.ToImmutableSortedDictionary(s => s.Name, s => s.Event, StringComparer.Ordinal);
}
