using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Runs;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Following;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Tests.Deployments;

/// <summary>A deployment of db, then app1 and app2, brought to some point by commands.</summary>
internal sealed class Given
{
    public static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DeploymentId Id = new("decider2");
    private static readonly string[] Nodes = ["db", "app1", "app2"];
    private static readonly DeploymentCommand LostFleet = new DeploymentCommand.LoseFleet("the emulated fleet ended with its host");

    /// <summary>What a person may say.</summary>
    public static readonly Dictionary<string, DeploymentCommand> Verbs = new()
    {
        ["pause"] = new DeploymentCommand.Pause("bob"),
        ["resume"] = new DeploymentCommand.Resume("bob"),
        ["approve"] = new DeploymentCommand.Approve("bob"),
        ["cancel"] = new DeploymentCommand.Cancel("bob", false),
        ["abandon"] = new DeploymentCommand.Abandon("bob"),
        ["retry"] = new DeploymentCommand.Retry("bob"),
        ["rollback"] = new DeploymentCommand.Rollback("bob", "last_good"),
        ["release"] = new DeploymentCommand.Release("bob", null),
        ["hold"] = new DeploymentCommand.Hold("bob", new NodeName("db")),
    };

    /// <summary>A deployment in each state that it may be in.</summary>
    public static readonly Dictionary<string, Func<Given>> States = WithLostFleets(new()
    {
        ["nothing"] = () => Nothing(),
        ["checking"] = () => Checking(),
        ["isolating"] = () => Isolating(),
        ["opening"] = () => Running(),
        ["running"] = () => Requested(),
        ["paused"] = () => Requested().After(Verbs["pause"]),
        ["awaiting approval"] = () =>
            Requested(new DeploymentOptions { ApproveGroups = true, ApprovalTimeout = TimeSpan.FromHours(1) }).AfterFacts(Judged("db", 1, Outcome.Succeeded)),
        ["retried and awaiting approval"] = () => ApprovalRanOut().After(Verbs["retry"])
            .AfterFacts(new NodeFact.Checked(new NodeName("app1"), false, false), new NodeFact.Checked(new NodeName("app2"), false, false))
            .AfterFacts(new NodeFact.Idle(new NodeName("app1")), new NodeFact.Idle(new NodeName("app2"))),
        ["stopping"] = () => Requested().After(Verbs["cancel"]),
        ["holding"] = () => FailedOpen(),
        ["releasing"] = () => Releasing(),
        ["rolling back"] = () => RollingBack(),
        ["failed"] = () => Failed(),
        ["succeeded"] = Succeeded,
        ["abandoned"] = () => Requested().After(Verbs["abandon"]),
        ["rolled back"] = () => RolledBack(),
        ["stuck"] = () => Stuck(),
        ["retried"] = () => Failed().After(Verbs["retry"]),
        ["retried and running"] = () => Failed().After(Verbs["retry"]).AfterFacts(All(n => new NodeFact.Checked(n, false, false)))
            .AfterFacts(All(n => new NodeFact.Idle(n))),
        ["being released"] = () => Failed().After(Verbs["release"]),
    });

    private readonly PlanIndex _plan;
    private DateTimeOffset _now = Now;

    private Given(DeploymentOptions options, Dictionary<string, string[]>? after, Dictionary<string, string>? labels)
    {
        PlanGroup Group(int number, params string[] nodes) => new(number, [.. nodes.Order(StringComparer.Ordinal).Select(n => new PlannedNode(
            new NodeName(n), ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty,
            [.. (after?.GetValueOrDefault(n) ?? []).Select(b => new NodeName(b))],
            Labels: labels?.GetValueOrDefault(n) is { } label ? ImmutableSortedDictionary<string, string>.Empty.Add("rack", label) : null))]);
        _plan = new PlanIndex(new Plan(new PlanId("sha256:x"), "production", [], 3, [Group(1, "db"), Group(2, "app1", "app2")], []));
        Options = options;
    }

    public DeploymentState State { get; private set; } = DeploymentState.Initial;

    /// <summary>The same for who follows the events.</summary>
    public ProgressModel Progress { get; private set; } =
        ProgressModel.Of(Id, "production", Now, [.. Nodes.Select(n => KeyValuePair.Create(new NodeName(n), n == "db" ? 1 : 2))]);

    public DeploymentOptions Options { get; }

    public PlanIndex Plan => _plan;

    public static Given Nothing(DeploymentOptions? options = null, Dictionary<string, string[]>? after = null, Dictionary<string, string>? labels = null) =>
        new(options ?? new DeploymentOptions(), after, labels);

    public static Given Checking(DeploymentOptions? options = null, Dictionary<string, string[]>? after = null, Dictionary<string, string>? labels = null) =>
        Nothing(options, after, labels).After(StartOf(options));

    public static Given Isolating(DeploymentOptions? options = null, Dictionary<string, string[]>? after = null, Dictionary<string, string>? labels = null) =>
        Checking(options, after, labels).AfterFacts(All(n => new NodeFact.Checked(n, false, false)));

    public static Given Running(DeploymentOptions? options = null, Dictionary<string, string[]>? after = null, Dictionary<string, string>? labels = null) =>
        Isolating(options, after, labels).AfterFacts([.. All(n => new NodeFact.Held(n)), .. All(n => new NodeFact.Idle(n))]);

    public static Given Requested(DeploymentOptions? options = null, Dictionary<string, string[]>? after = null, Dictionary<string, string>? labels = null) =>
        Running(options, after, labels).AfterFacts(new NodeFact.Ready(new NodeName("db"), 100, 200, false));

    /// <summary>db failed, everything is frozen.</summary>
    public static Given Failed(DeploymentOptions? options = null) => Requested(options).AfterFacts(Judged("db", 1, Outcome.FailedResources));

    /// <summary>db succeeded, and nobody approved the group of app1 and app2 within the hour.</summary>
    public static Given ApprovalRanOut(DeploymentOptions? options = null) =>
        Requested(options ?? new DeploymentOptions { ApproveGroups = true, ApprovalTimeout = TimeSpan.FromHours(1) })
            .AfterFacts(Judged("db", 1, Outcome.Succeeded)).Later(TimeSpan.FromHours(1)).After(new DeploymentCommand.Tick());

    /// <summary>db failed and is being disabled again.</summary>
    private static Given FailedOpen() => Requested().AfterFacts(new NodeFact.Ended(new NodeName("db"), 1, Outcome.FailedDidNotFinish, "no end", Hold.Enabled));

    /// <summary>All groups are done, and all nodes are being enabled.</summary>
    public static Given Releasing() => Requested()
        .AfterFacts(Judged("db", 1, Outcome.Succeeded))
        .AfterFacts(new NodeFact.Ready(new NodeName("app1"), 100, 200, false), new NodeFact.Ready(new NodeName("app2"), 100, 200, false))
        .AfterFacts(Judged("app1", 1, Outcome.Succeeded), Judged("app2", 1, Outcome.Succeeded));

    /// <summary>db succeeded and app1 failed before app2 began; both are being held for the rollback.</summary>
    public static Given RollingBack()
    {
        Assert.True(BatchSizes.TryParse("1", out var one, out _));
        return Requested(new DeploymentOptions { Batch = one, OnFailure = OnFailure.Rollback, RollbackEnvironment = "last_good" })
            .AfterFacts(Judged("db", 1, Outcome.Succeeded))
            .AfterFacts(new NodeFact.Ready(new NodeName("app1"), 100, 200, false))
            .AfterFacts(Judged("app1", 1, Outcome.FailedResources));
    }

    public static Given RolledBack() => RollingBack()
        .AfterFacts(new NodeFact.Idle(new NodeName("db")), new NodeFact.Idle(new NodeName("app1")))
        .AfterFacts(new NodeFact.Ready(new NodeName("app1"), 100, 300, false)).AfterFacts(Judged("app1", 2, Outcome.Succeeded))
        .AfterFacts(new NodeFact.Ready(new NodeName("db"), 100, 300, false)).AfterFacts(Judged("db", 2, Outcome.Succeeded));

    public static Given Stuck() => RollingBack()
        .AfterFacts(new NodeFact.Idle(new NodeName("db")), new NodeFact.Idle(new NodeName("app1")))
        .AfterFacts(new NodeFact.Ready(new NodeName("app1"), 100, 300, false)).AfterFacts(Judged("app1", 2, Outcome.FailedNoCatalog));

    public static Given Succeeded() => Releasing().AfterFacts(All(n => new NodeFact.Released(n)));

    public static DeploymentCommand.Start StartOf(DeploymentOptions? options = null) =>
        new(Id, new PlanId("sha256:x"), "production", new FleetName("test"), options ?? new DeploymentOptions(), "alice", 3);

    public static NodeFact Judged(string node, int number, Outcome outcome) =>
        new NodeFact.Judged(new NodeName(node), number, new Verdict(true, true, outcome, [], 1, null, outcome.Word(), [], []), Hold.Held);

    public static NodeFact[] All(Func<NodeName, NodeFact> fact) => [.. Nodes.Select(n => fact(new NodeName(n)))];

    /// <summary>Whatever a node may tell, about the request with this number.</summary>
    public static NodeFact[] Facts(NodeName node, int number) =>
    [
        new NodeFact.Checked(node, false, false),
        new NodeFact.Held(node),
        new NodeFact.OutOfTurn(node, "by hand"),
        new NodeFact.Contradicted(node, "status", "0123456789abcdef", "fedcba9876543210"),
        new NodeFact.Seen(node, new NodeSight.Ours(300, false)),
        new NodeFact.Seen(node, new NodeSight.Enabled(300, null)),
        new NodeFact.RanUnasked(node, 300, "a run ended there"),
        new NodeFact.Idle(node),
        new NodeFact.PermitAwaited(node, number),
        new NodeFact.PermitAcquired(node, number),
        new NodeFact.Ready(node, 100, 200, false),
        new NodeFact.NotSent(node, number, "no way"),
        new NodeFact.Accepted(node, number, 100),
        new NodeFact.Began(node, number),
        new NodeFact.Silent(node, number),
        new NodeFact.HeardAgain(node, number),
        new NodeFact.Displaced(node, number, "another's", Hold.Held),
        new NodeFact.Untraced(node, number, Hold.Held),
        Judged(node.Value, number, Outcome.Succeeded),
        Judged(node.Value, number, Outcome.FailedResources),
        new NodeFact.Ended(node, number, Outcome.Unreachable, "no answer", null),
        new NodeFact.NotHeld(node, "no answer"),
        new NodeFact.Released(node),
        new NodeFact.NotReleased(node, "no answer"),
    ];

    /// <summary>Each of them also after its fleet was lost, where it can be.</summary>
    private static Dictionary<string, Func<Given>> WithLostFleets(Dictionary<string, Func<Given>> states) => states
        .Concat(states.Where(s => s.Value().When(LostFleet) is Decision.Accept)
            .Select(s => KeyValuePair.Create<string, Func<Given>>($"{s.Key}, fleet lost", () => s.Value().After(LostFleet))))
        .ToDictionary(s => s.Key, s => s.Value);

    public Decision When(DeploymentCommand command) => DeploymentDecider.Decide(State, _plan, command, _now);

    public Decision WhenFacts(params NodeFact[] facts) => When(new DeploymentCommand.Report([.. facts]));

    public Given After(DeploymentCommand command)
    {
        var accepted = Assert.IsType<Decision.Accept>(When(command));
        State = accepted.After;
        Progress = accepted.Events.Aggregate(Progress, (progress, happened) => progress.After(happened));
        return this;
    }

    public Given AfterFacts(params NodeFact[] facts) => After(new DeploymentCommand.Report([.. facts]));

    /// <summary>Time passes.</summary>
    public Given Later(TimeSpan time)
    {
        _now += time;
        return this;
    }
}
