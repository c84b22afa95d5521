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
        OnFailure = OnFailure.Rollback,
        RollbackEnvironment = "last_good",
        MaxFailures = FailureBudget.TryParse("5%", out var budget, out _) ? budget : FailureBudget.None,
        Strategy = Strategy.Eager,
        Soak = TimeSpan.FromMinutes(1),
        Spread = "rack",
        MaxRunning = 50,
        ApproveGroups = true,
        ApprovalTimeout = TimeSpan.FromHours(2),
        Tags = ["web", "profile::app"],
        Unsignalled = ["win*"],
        MaxHold = TimeSpan.FromHours(8),
        RpcTimeout = TimeSpan.FromSeconds(5),
        RpcRetries = 1,
        StartTimeout = TimeSpan.FromSeconds(90),
        RunTimeout = TimeSpan.FromMinutes(30),
        IdleTimeout = TimeSpan.FromMinutes(5),
        OverrideNoop = true,
        Settle = TimeSpan.FromSeconds(3),
        RunonceTimeToLive = TimeSpan.FromSeconds(20),
    };

    /// <summary>The name of each sample's golden, its manifest first, and the event.</summary>
    public static ImmutableSortedDictionary<string, object> All { get; } = new (string Name, object Event)[]
    {
        ("dep.started.v1", new DeploymentStarted(Plan, "production", Fleet, Options, "jane", 2, "orchestrator k7m2p9xa by jane", At)),
        ("dep.supervisor-started.v1", new SupervisorStarted(2, At)),
        ("dep.nodes-checked.v1", new NodesChecked(
            [new CheckedNode(Db, true, false, LastRun: 1772600700), new CheckedNode(Web, false, true, true, "staging", 0)], At)),
        ("dep.nodes-checked.v1.bare", new NodesChecked([new CheckedNode(Db, true, false), new CheckedNode(Web, false, true, true, "staging")], At)),
        ("dep.isolation-started.v1", new IsolationStarted(Later, At)),
        ("dep.nodes-held.v1", new NodesHeld(Both, At)),
        ("dep.nodes-idle.v1", new NodesIdle(Both, At, [1772600700, 1772600701.5])),
        ("dep.nodes-idle.v1.bare", new NodesIdle(Both, At)),
        ("dep.group-started.v1", new GroupStarted(1, 2, At)),
        ("dep.batch-started.v1", new BatchStarted(1, 2, Both, Later, At)),
        ("dep.run-requested.v1", new RunRequested(Db, 1, 1772600000, 1772600767.5, true, Later, Later.AddHours(1), At, "last_good")),
        ("dep.run-accepted.v1", new RunAccepted(Db, 1, 1772600768, At)),
        ("dep.runs-began.v1", new RunsBegan(Both, At)),
        ("dep.run-displaced.v1", new RunDisplaced(Db, 1, "the run may be another's: it skipped 8 of 9 resources", At, new RunDeviation(8, "staging", true))),
        ("dep.run-displaced.v1.bare", new RunDisplaced(Db, 1, "another run took the lock", At)),
        ("dep.run-untraced.v1", new RunUntraced(Db, 1, At)),
        ("dep.run-not-sent.v1", new RunNotSent(Db, 1, "the fleet cannot be reached", At)),
        ("dep.node-settled.v1", new NodeSettled(
            Db, Outcome.FailedResources, "1 of 40 resources failed", Hold.Held, 2, 1, [5, 6],
            ["Could not start Service[mysqld]: \"grün\" <&> \u001b[31m\n"], ["1 resource is noop"], At, "5f2c", Cause.Runtimeout, "canary",
            new RunDeviation(5, "staging", true), TimeSpan.FromSeconds(61.5), "hands off")),
        ("dep.node-settled.v1.bare", new NodeSettled(Web, Outcome.Unreachable, "no answer in the check", Hold.None, null, null, null, null, null, At)),
        ("dep.nodes-skipped.v1", new NodesSkipped([Web], "db1.example.net failed", At, Db)),
        ("dep.nodes-skipped.v1.bare", new NodesSkipped([Web], "jane cancelled the deployment", At)),
        ("dep.group-finished.v1", new GroupFinished(1, 1, 1, At)),
        ("dep.node-out-of-turn.v1", new NodeOutOfTurn(Web, "a run ended there", At, 1772600700)),
        ("dep.answers-contradicted.v1", new AnswersContradicted(Web, "status", "0123456789abcdef", "fedcba9876543210", At)),
        ("dep.node-out-of-turn.v1.bare", new NodeOutOfTurn(Web, "was enabled by somebody", At)),
        ("dep.cancel-requested.v1", new CancelRequested("jane", true, At)),
        ("dep.stopping.v1", new DeploymentStopping(DeploymentPhase.Failed, "db1.example.net failed", At)),
        ("dep.holding-started.v1", new HoldingStarted(Both, At)),
        ("dep.release-started.v1", new ReleaseStarted("jane", Web, At, 1)),
        ("dep.release-started.v1.bare", new ReleaseStarted(null, null, At)),
        ("dep.nodes-released.v1", new NodesReleased(Both, At)),
        ("dep.node-not-released.v1", new NodeNotReleased(Db, "no answer", At)),
        ("dep.node-not-held.v1", new NodeNotHeld(Db, "no answer", At)),
        ("dep.fleet-lost.v1", new FleetLost("the emulated fleet ended with its host", At)),
        ("dep.changes-seen.v1", new ChangesSeen("5f2c", ["/Stage[main]/Main/File[/etc/motd]/content: content changed"], 1, At)),
        ("dep.nodes-silent.v1", new NodesSilent(Both, At)),
        ("dep.nodes-heard-again.v1", new NodesHeardAgain([Db], At)),
        ("dep.places-awaited.v1", new PlacesAwaited(Both, At)),
        ("dep.places-taken.v1", new PlacesTaken([Db], At)),
        ("dep.abandon-requested.v1", new AbandonRequested("jane", At)),
        ("dep.paused.v1", new DeploymentPaused("jane", At)),
        ("dep.resumed.v1", new DeploymentResumed("jane", Later, At)),
        ("dep.resumed.v1.bare", new DeploymentResumed("jane", null, At)),
        ("dep.approval-awaited.v1", new ApprovalAwaited(2, Later, At)),
        ("dep.approval-awaited.v1.bare", new ApprovalAwaited(2, null, At)),
        ("dep.group-approved.v1", new GroupApproved(2, "jane", At)),
        ("dep.soak-started.v1", new SoakStarted(Later, At)),
        ("dep.retry-awaited.v1", new RetryAwaited(2, [Db], "db ended as \"unreachable\"", Later, At)),
        ("dep.retry-started.v1", new RetryStarted(2, Both, "jane", At, Automatic: true)),
        ("dep.retry-started.v1.bare", new RetryStarted(2, Both, "jane", At)),
        ("dep.rollback-requested.v1", new RollbackRequested("jane", "last_good", At)),
        ("dep.rollback-started.v1", new RollbackStarted("last_good", Both, "db1.example.net failed", Later, At)),
        ("dep.node-kept.v1", new NodeKept(Db, "jane", At)),
        ("dep.request-taken.v1", new RequestTaken(new string('a', 64), new string('b', 64), "attempt 2 starts with 2 nodes", At)),
        ("dep.attention-raised.v1", new AttentionRaised(Attention.Frozen, "2 nodes stay disabled", At)),
        ("dep.attention-ended.v1", new AttentionEnded(Attention.Frozen, At)),
        ("dep.look-started.v1", new LookStarted(Both, "jane", At)),
        ("dep.look-started.v1.bare", new LookStarted(Both, null, At)),
        ("dep.nodes-seen.v1", new NodesSeen([new SeenNode(Db, Hold.Held, 1772600700), new SeenNode(
            Web, Hold.NotHeld, 1772600700, "somebody enabled it", PersonsAct.Enabled, "hands off")], At)),
        ("dep.nodes-seen.v1.bare", new NodesSeen([new SeenNode(Db, Hold.Held, null, "no answer to status")], At)),
        ("dep.clock-stepped.v1", new ClockStepped(TimeSpan.FromSeconds(-3600), At)),
        ("dep.ended.v1", new DeploymentEnded(DeploymentPhase.SucceededWithFailures, "1 node failed", At)),
        ("co.registered.v1.bare", new DeploymentRegistered(Id, Plan, "production", Fleet, new DeploymentOptions(), "jane", 2, At)),
        ("co.registered.v1", new DeploymentRegistered(
            Id, Plan, "production", Fleet, new DeploymentOptions(), "jane", 2, At, ["Lamp[app1]", "Shop[shop]"], 2)),
        ("co.withdrawn.v1", new DeploymentWithdrawn(Id, "jane", At)),
        ("co.refused.v1", new DeploymentRefused(Id, "nodes-held", "deployment 7f3k2m1q still holds db", new DeploymentId("7f3k2m1q"), [Db], At)),
        ("co.reopened.v1", new DeploymentReopened(Id, "jane", At)),
        ("co.began.v1", new DeploymentBegan(Id, At)),
        ("co.adopted.v1", new DeploymentsAdopted([Id], "6f1f2a0c4f5e4d0e9d1b7c6a5b4c3d2e", At)),
        ("co.retired.v1", new DeploymentRetired(Id, DeploymentPhase.Failed, false, Both, At, [Db, new NodeName("10-0-0-7")], [Db], [Db])),
        ("co.retired.v1.bare", new DeploymentRetired(Id, DeploymentPhase.Failed, false, Both, At)),
        ("co.imported.v1", new DeploymentImported(
            Id, Plan, "production", Fleet, new DeploymentOptions(), "jane", 2, At, DeploymentPhase.Failed, Later, "joe", Later)),
        ("co.pruned.v1", new DeploymentsPruned([Id], "/backup/histories", "jane", At)),
    }.ToImmutableSortedDictionary(s => s.Name, s => s.Event, StringComparer.Ordinal);
}
