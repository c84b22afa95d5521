using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Following;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Cli.Tests.Hosts;

/// <summary>The Lamp site's plan and histories of it.</summary>
public static class Sample
{
    public const string LampPlanJson =
        """{"id":"sha256:abc","environment":"production","applications":["Lamp[app1]","Lamp[app2]"],"nodeCount":3,"groups":["""
        + """{"number":1,"nodes":["""
        + """{"name":"dev1.example.net","components":{"Lamp[app1]":["Lamp::Mysql[app1]"],"Lamp[app2]":["Lamp::Mysql[app2]"]},"after":[]}]},"""
        + """{"number":2,"nodes":["""
        + """{"name":"dev2.example.net","components":{"Lamp[app1]":["Lamp::Webapp[app1-1]","Lamp::Webapp[app1-2]"]},"""
        + """ "after":["dev1.example.net"],"identity":"dev2"},"""
        + """{"name":"dev3.example.net","components":{"Lamp[app2]":["Lamp::Webapp[app2-1]"]},"after":["dev1.example.net"]}]}],"warnings":["""
        + """{"kind":"case","message":"dev1 and DEV1 differ only in case"}]}""";

    public const string HoldMessage = "Disabled by orchestrator 7f3k2m1q for rip at 2016-07-14 11:28:38";

    public static readonly DeploymentId Id = new("7f3k2m1q");
    public static readonly NodeName Dev1 = new("dev1.example.net");
    public static readonly NodeName Dev2 = new("dev2.example.net");
    public static readonly NodeName Dev3 = new("dev3.example.net");

    /// <summary>So many seconds after 2016-07-14 11:28:38 UTC.</summary>
    /// <summary>Whose times are told.</summary>
    public static TimeZoneInfo Zone { get; } = TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(2), null, null);

    public static DateTimeOffset At(double seconds) => new DateTimeOffset(2016, 7, 14, 11, 28, 38, TimeSpan.Zero).AddSeconds(seconds);

    public static DeploymentStarted Started(DeploymentOptions? options = null) =>
        new(new PlanId("sha256:abc"), "production", new FleetName("emulated:0"), options ?? new DeploymentOptions(), "rip", 3, HoldMessage, At(0));

    /// <summary>From the first event to the moment at which the first group has run.</summary>
    public static ImmutableArray<IDeploymentEvent> FirstGroup { get; } =
    [
        Started(),
        new SupervisorStarted(1, At(0)),
        new NodesChecked([new(Dev1, false, false), new(Dev2, false, true), new(Dev3, false, false)], At(0)),
        new IsolationStarted(At(600), At(0)),
        new NodesHeld([Dev1, Dev2], At(0)),
        new NodesHeld([Dev3], At(1)),
        new NodesIdle([Dev1, Dev2, Dev3], At(1)),
        new GroupStarted(1, 1, At(1)),
        new BatchStarted(1, 1, [Dev1], At(600), At(1)),
        new RunRequested(Dev1, 1, 10, 20, false, At(120), At(3600), At(1)),
        new RunAccepted(Dev1, 1, 20, At(1)),
        new RunsBegan([Dev1], At(5)),
        new NodeSettled(Dev1, Outcome.Succeeded, "2 resources changed", Hold.Held, 2, null, null, null, null, At(62)),
        new GroupFinished(1, 1, 0, At(62.46)),
    ];

    /// <summary>The second group: all is well, and all nodes are enabled.</summary>
    public static ImmutableArray<IDeploymentEvent> GoodEnd { get; } =
    [
        new GroupStarted(2, 2, At(63)),
        new BatchStarted(2, 1, [Dev2, Dev3], At(600), At(63)),
        new RunRequested(Dev2, 1, 10, 20, false, At(120), At(3600), At(63)),
        new RunRequested(Dev3, 1, 10, 20, false, At(120), At(3600), At(63)),
        new RunsBegan([Dev2], At(64)),
        new RunsBegan([Dev3], At(65)),
        new NodeSettled(Dev2, Outcome.Succeeded, "no change", Hold.Held, 0, null, null, null, null, At(70)),
        new NodeSettled(Dev3, Outcome.Succeeded, "1 resource changed", Hold.Held, 1, null, null, null, null, At(71)),
        new GroupFinished(2, 2, 0, At(71)),
        new ReleaseStarted(null, null, At(71), 3),
        new NodesReleased([Dev1, Dev2, Dev3], At(71)),
        new DeploymentEnded(DeploymentPhase.Succeeded, "all nodes succeeded", At(72)),
    ];

    /// <summary>The second group: one node fails, and all stay disabled.</summary>
    public static ImmutableArray<IDeploymentEvent> BadEnd { get; } =
    [
        new GroupStarted(2, 2, At(63)),
        new BatchStarted(2, 1, [Dev2, Dev3], At(600), At(63)),
        new RunRequested(Dev2, 1, 10, 20, false, At(120), At(3600), At(63)),
        new RunRequested(Dev3, 1, 10, 20, false, At(120), At(3600), At(63)),
        new RunsBegan([Dev2, Dev3], At(64)),
        new NodeSettled(
            Dev2, Outcome.FailedResources, "1 resource failed", Hold.Held, 1, null, [5], ["Could not start Service[mysqld]\u001b[2J"], null, At(70)),
        new NodeSettled(Dev3, Outcome.Succeeded, "1 resource changed", Hold.NotHeld, 1, null, null, null, null, At(71)),
        new GroupFinished(2, 1, 1, At(71)),
        new DeploymentStopping(DeploymentPhase.Failed, "dev2.example.net failed: resources", At(71)),
        new HoldingStarted([Dev3], At(71)),
        new NodeNotHeld(Dev3, "it does not answer", At(72)),
        new DeploymentEnded(DeploymentPhase.Failed, "dev2.example.net failed: resources", At(73)),
    ];

    public static DeploymentView Succeeded { get; } = View(
        DeploymentPhase.Succeeded, 72, "",
        Node(Dev1, 1, Outcome.Succeeded, 2), Node(Dev2, 2, Outcome.Succeeded, 0), Node(Dev3, 2, Outcome.Succeeded, 1)) with
    {
        Report = Report(
            72,
            [new ReportRow(1, 1, 1, 1, 0, 0, 0, 0, 0, Seconds(61.46)), new ReportRow(2, 2, 2, 1, 0, 0, 0, 0, 0, Seconds(8))],
            [
                new SameChanges(1, [Dev1], 2, "c1", ["File[/etc/my.cnf]/ensure: created", "Service[mysqld]/ensure: changed 'stopped' to 'running'"]),
                new SameChanges(1, [Dev3], 1, "c2", ["File[/etc/app2.conf]/ensure: created"]), new SameChanges(1, [Dev2], 0, null, []),
            ],
            [new PhaseTime(ReportPhase.Isolation, Seconds(1)), new PhaseTime(ReportPhase.Groups, Seconds(70)), new PhaseTime(ReportPhase.Release, Seconds(1))],
            [new CriticalTurn(Dev1, 1, 1, Seconds(0), Seconds(61)), new CriticalTurn(Dev3, 2, 1, Seconds(0), Seconds(8))],
            1),
    };

    public static DeploymentView Failed { get; } = View(
        DeploymentPhase.Failed, 73, "dev2.example.net failed: resources",
        Node(Dev1, 1, Outcome.Succeeded, 2, Hold.Held),
        Node(Dev2, 2, Outcome.FailedResources, 1, Hold.Held, "1 resource failed", ["Could not start Service[mysqld]\u001b[2J"]),
        Node(Dev3, 2, Outcome.Succeeded, 1, Hold.NotHeld, "it does not answer")) with
    {
        Report = Report(
            73,
            [new ReportRow(1, 1, 1, 1, 0, 0, 0, 0, 0, Seconds(61.46)), new ReportRow(2, 2, 1, 2, 1, 0, 0, 0, 0, Seconds(8))],
            [new SameChanges(2, [Dev2, Dev3], 1, null, []), new SameChanges(1, [Dev1], 2, null, [])],
            [new PhaseTime(ReportPhase.Isolation, Seconds(1)), new PhaseTime(ReportPhase.Groups, Seconds(70)), new PhaseTime(ReportPhase.Holding, Seconds(2))],
            [new CriticalTurn(Dev1, 1, 1, Seconds(0), Seconds(61)), new CriticalTurn(Dev3, 2, 1, Seconds(0), Seconds(8))],
            1),
        Verbs = [new PossibleVerb(Verb.Retry), new PossibleVerb(Verb.Rollback, NeedsEnvironment: true), new PossibleVerb(Verb.Release)],
        Attention = ["frozen: 2 nodes stay disabled for inspection: retry, roll back or release", "not held: 1 node should be disabled but may run Puppet"],
    };

    public static DeploymentView Running { get; } = View(
        DeploymentPhase.Running, null, "",
        Node(Dev1, 1, Outcome.Succeeded, 2, Hold.Held), Node(Dev2, 2, null, null, Hold.Enabled), Node(Dev3, 2, null, null, Hold.Enabled)) with
    {
        Verbs = [new PossibleVerb(Verb.Pause), new PossibleVerb(Verb.Cancel), new PossibleVerb(Verb.Abandon)],
    };

    /// <summary>Before the first event of the deployment that the view is of.</summary>
    public static ProgressModel Beginning(DeploymentView view) =>
        ProgressModel.Of(view.Id, view.Environment, view.StartedAt, [.. view.Nodes.Select(n => KeyValuePair.Create(n.Name, n.Group))]);

    public static DeploymentReport Report(
        double seconds, ImmutableArray<ReportRow> groups, ImmutableArray<SameChanges> changes, ImmutableArray<PhaseTime> phases,
        ImmutableArray<CriticalTurn> path, double added) =>
        new(false, groups, null, changes, Seconds(seconds), phases, path, Seconds(added), TimeSpan.Zero, ImmutableSortedDictionary<string, string>.Empty);

    public static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    public static DeploymentView View(DeploymentPhase state, double? endedAt, string message, params NodeView[] nodes) =>
        new(Id, new PlanId("sha256:abc"), "production", state, At(0), endedAt is { } seconds
            ? At(seconds)
            : null, new FleetName("emulated:0"), "rip", message, [.. nodes]);

    public static NodeView Node(
        NodeName name, int group, Outcome? outcome, int? changed, Hold hold = Hold.None, string message = "", IReadOnlyList<string>? errorLines = null,
        IReadOnlyList<string>? warnings = null) =>
        new(name, group, outcome, changed, null, message, hold == Hold.Held, hold, errorLines, warnings)
        {
            Standing = hold switch
            {
                Hold.Held => Standing.Held,
                Hold.Asked => Standing.Asked,
                Hold.Enabled => Standing.Open,
                Hold.NotHeld => Standing.NotHeld,
                Hold.NotReleased => Standing.NotReleased,
                _ => Standing.Free,
            },
        };
}
