using Orchestrator.Cli.Progress;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Tests.Hosts;
using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Following;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Cli.Tests.Screens;

/// <summary>
/// What stands on terminals of 120, 80 and 40 columns, held against the files beside this one. They are read by a person before they are accepted;
/// <c>ORCHESTRATOR_UPDATE_GOLDENS=1</c> writes them anew, as text and in <c>$ORCHESTRATOR_SCREENS</c>, where that is set, with their colors.
/// </summary>
public sealed class ScreenTests
{
    private const int Rows = 24;
    private static readonly int[] Widths = [120, 80, 40];
    private static readonly TimeZoneInfo Zone = TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(2), null, null);
    private static readonly NodeName Db = new("db1.example.net");
    private static readonly ImmutableArray<NodeName> Web = [.. Enumerable.Range(1, 40).Select(i => new NodeName($"web{i:00}.example.net"))];
    private static readonly NodeName Balancer = new("lb1.example.net");

    private static readonly DeploymentView Site = Sample.View(
        DeploymentPhase.Running, null, "",
        [Sample.Node(Db, 1, null, null), .. Web.Select(n => Sample.Node(n, 2, null, null)), Sample.Node(Balancer, 3, null, null)]);

    private static readonly UsualTimes Usual = new(
        Web.Append(Db).Append(Balancer).ToDictionary(n => n, _ => Sample.Seconds(40)),
        new Dictionary<int, TimeSpan> { [1] = Sample.Seconds(40), [2] = Sample.Seconds(40), [3] = Sample.Seconds(40) }, Sample.Seconds(40));

    public static TheoryData<string> Live => [.. Scenes.Keys];

    public static TheoryData<string> Reports => [.. Ends.Keys];

    private static readonly Dictionary<string, ProgressModel> Scenes = new()
    {
        ["waiting"] = Sample.Beginning(Site),
        ["checking"] = After(Begun.Take(3)),
        ["isolating"] = After(Begun.Take(5)),
        ["first-group"] = After([.. Begun, .. FirstRuns]),
        ["second-group"] = After([.. Begun, .. FirstRuns, .. FirstEnd, .. SecondRuns]),
        ["stalled"] = After(
        [
            .. Begun, .. FirstRuns, .. FirstEnd, .. SecondRuns, new NodesSilent(Web, Sample.At(300)),
            new AttentionRaised(Attention.AllSilent, "all 27 nodes being waited for are no longer responding", Sample.At(300)),
        ]),
        ["approval"] = After([.. Begun, .. FirstRuns, .. FirstEnd, new ApprovalAwaited(2, Sample.At(3700), Sample.At(70))]),
        ["paused"] = After([.. Begun, .. FirstRuns, .. FirstEnd, .. SecondRuns, new DeploymentPaused("alice", Sample.At(100))]),
        ["cancelled"] = After(
        [
            .. Begun, .. FirstRuns, .. FirstEnd, .. SecondRuns, new CancelRequested("alice", false, Sample.At(100)),
            new DeploymentStopping(DeploymentPhase.Cancelled, "alice cancelled the deployment", Sample.At(100)),
        ]),
        ["many-nodes"] = Many(),
    };

    private static readonly Dictionary<string, DeploymentView> Ends = new()
    {
        ["succeeded"] = Sample.Succeeded,
        ["failed"] = Sample.Failed,
        ["running"] = Sample.Running with
        {
            Report = Sample.Failed.Report! with
            {
                Groups = [First, new ReportRow(2, 2, 0, 0, 0, 0, 0, 0, 2, null)],
                Changes = [Sample.Failed.Report!.Changes[1]],
                Phases = [.. Sample.Failed.Report!.Phases.Take(2)],
                CriticalPath = [Sample.Failed.Report!.CriticalPath[0]],
            },
        },
        ["cancelled"] = Sample.Failed with
        {
            State = DeploymentPhase.Cancelled,
            Message = "alice cancelled the deployment",
            Nodes = [.. Sample.Failed.Nodes.Take(2), Sample.Node(Sample.Dev3, 2, Outcome.Skipped, null, Hold.Held, "the deployment stopped before its turn")],
            Attention = ["frozen: 3 nodes stay disabled for inspection: retry, roll back or release"],
            Report = OfTwo,
        },
        ["abandoned"] = Sample.Failed with
        {
            State = DeploymentPhase.Abandoned,
            Message = "alice abandoned the deployment",
            Nodes =
            [
                Sample.Failed.Nodes[0],
                Sample.Node(Sample.Dev2, 2, Outcome.FailedUnproven, null, Hold.Held, "abandoned during its run: the result is unknown") with
                {
                    Cause = Cause.Abandoned,
                },
                Sample.Node(Sample.Dev3, 2, Outcome.Skipped, null, Hold.Held, "alice abandoned the deployment"),
            ],
            Attention = ["frozen: 3 nodes stay disabled for inspection: release"],
            Verbs = [new PossibleVerb(Verb.Release)],
            Report = OfTwo with { Groups = [First, OfTwo.Groups[1] with { Changed = 0 }], Changes = [Sample.Failed.Report!.Changes[1]] },
        },
        ["rolled-back"] = Sample.Failed with
        {
            State = DeploymentPhase.RolledBack,
            Attention =
            [
                "frozen: 2 nodes stay disabled, because their own next Puppet run would bring the broken state back: fix that, then release",
                "not held: 1 node should be disabled but may run Puppet",
            ],
            Verbs = [new PossibleVerb(Verb.Release)],
            Message = "dev2.example.net ended as \"failed: resources\"; 3 nodes ran again in v41; the nodes stay held until released, because their own next "
                + "Puppet run would bring the broken state back",
            Nodes = [.. Sample.Failed.Nodes.Select(n => n with { Compensation = Outcome.Succeeded, CompensationMessage = "1 change" })],
            Report = Sample.Failed.Report! with
            {
                Rollback = new RollbackReport(
                    "v41", "dev2.example.net ended as \"failed: resources\"", [new ReportRow(2, 2, 2, 2, 0, 0, 0, 0, 0, Sample.Seconds(7)), First], [],
                    [new NodesRanIn("v41", 3, [Sample.Dev1, Sample.Dev2, Sample.Dev3], false)]),
            },
        },
        ["stuck"] = Sample.Failed with
        {
            State = DeploymentPhase.Stuck,
            Attention =
            [
                "stuck: the rollback to v41 failed: dev2.example.net ended as \"failed: resources\"", "not held: 1 node should be disabled but may run Puppet",
            ],
            Verbs = [new PossibleVerb(Verb.Release)],
            Message = "the rollback to v41 failed: dev2.example.net ended as \"failed: resources\"",
            Nodes =
            [
                .. Sample.Failed.Nodes.Select(n => n.Name == Sample.Dev2
                    ? n with
                    {
                        Compensation = Outcome.FailedResources,
                        CompensationMessage = "1 resource failed",
                        CompensationErrorLines = ["Could not stop Service[mysqld]"],
                    }
                    : n.Name == Sample.Dev3 ? n with { Compensation = Outcome.Succeeded, CompensationMessage = "1 change" } : n),
            ],
            Report = Sample.Failed.Report! with
            {
                Rollback = new RollbackReport(
                    "v41", "dev2.example.net ended as \"failed: resources\"",
                    [new ReportRow(2, 2, 1, 1, 1, 0, 0, 0, 0, Sample.Seconds(7)), new ReportRow(1, 1, 0, 0, 0, 0, 0, 0, 1, null)], [],
                    [new NodesRanIn("v41", 2, [Sample.Dev2, Sample.Dev3], false)]),
            },
        },
        ["lost-host"] = Sample.Running with { Unattended = true },
        ["nobody-answered"] = Sample.Failed with
        {
            State = DeploymentPhase.Refused,
            Message = "3 nodes unreachable",
            Nodes = [.. Sample.Failed.Nodes.Select(n => Sample.Node(n.Name, n.Group, Outcome.Unreachable, null, message: "no answer to the check"))],
            Report = Sample.Failed.Report! with
            {
                NobodyAnswered = true,
                Changes = [],
                Groups = [new ReportRow(1, 1, 0, 0, 0, 1, 0, 0, 0, null), new ReportRow(2, 2, 0, 0, 0, 2, 0, 0, 0, null)],
                Phases = [new PhaseTime(ReportPhase.Check, Sample.Seconds(73))],
                CriticalPath = [],
            },
            Attention = null,
            Verbs = [new PossibleVerb(Verb.Retry)],
        },
        ["disabled-by-a-person"] = Sample.Failed with
        {
            State = DeploymentPhase.Refused,
            Message = "dev2.example.net ended as \"refused: disabled\"",
            Nodes =
            [
                Sample.Node(Sample.Dev1, 1, Outcome.Skipped, null, message: "the deployment stopped before its turn"),
                Sample.Node(Sample.Dev2, 2, Outcome.RefusedDisabled, null, message: "testing a kernel, ask bob") with
                {
                    Standing = Standing.DisabledByPerson,
                    PersonsWords = "testing a kernel, ask bob",
                },
                Sample.Node(Sample.Dev3, 2, Outcome.Skipped, null, message: "the deployment stopped before its turn"),
            ],
            Report = Sample.Failed.Report! with
            {
                Changes = [],
                Groups = [new ReportRow(1, 1, 0, 0, 0, 0, 0, 1, 0, null), new ReportRow(2, 2, 0, 0, 0, 0, 1, 1, 0, null)],
                Phases = [new PhaseTime(ReportPhase.Check, Sample.Seconds(2))],
                CriticalPath = [],
            },
            Attention = null,
            Verbs = [new PossibleVerb(Verb.Retry)],
        },
    };

    private static ReportRow First => Sample.Failed.Report!.Groups[0];

    /// <summary>The second node was the last.</summary>
    private static DeploymentReport OfTwo => Sample.Failed.Report! with
    {
        Groups = [First, new ReportRow(2, 2, 0, 1, 1, 0, 0, 1, 0, Sample.Seconds(8))],
        Changes = [new SameChanges(1, [Sample.Dev1], 2, null, []), new SameChanges(1, [Sample.Dev2], 1, null, [])],
        CriticalPath = [Sample.Failed.Report!.CriticalPath[0], new CriticalTurn(Sample.Dev2, 2, 1, Sample.Seconds(0), Sample.Seconds(8))],
    };

    private static IEnumerable<IDeploymentEvent> Begun =>
    [
        Sample.Started(), new SupervisorStarted(1, Sample.At(0)),
        new NodesChecked([.. Web.Take(20).Append(Db).Select(n => new CheckedNode(n, false, false))], Sample.At(0)),
        new NodesChecked([.. Web.Skip(20).Append(Balancer).Select(n => new CheckedNode(n, false, false))], Sample.At(1)),
        new IsolationStarted(Sample.At(600), Sample.At(1)), new NodesHeld([Db, .. Web, Balancer], Sample.At(1)),
        new NodesIdle([Db, .. Web, Balancer], Sample.At(2)),
    ];

    private static IEnumerable<IDeploymentEvent> FirstRuns =>
    [
        new GroupStarted(1, 1, Sample.At(2)), new BatchStarted(1, 1, [Db], Sample.At(600), Sample.At(2)), Requested(Db, 2), new RunsBegan([Db], Sample.At(4)),
    ];

    private static IEnumerable<IDeploymentEvent> FirstEnd =>
        [Settled(Db, Outcome.Succeeded, "2 resources changed", 42), new GroupFinished(1, 1, 0, Sample.At(42))];

    private static IEnumerable<IDeploymentEvent> SecondRuns =>
    [
        new GroupStarted(2, 40, Sample.At(43)), new BatchStarted(2, 1, Web, Sample.At(600), Sample.At(43)),
        .. Web.Select((n, i) => Requested(n, 43 + i / 10)), new RunsBegan([.. Web.Take(32)], Sample.At(48)),
        .. Web.Skip(2).Take(12).Select(n => Settled(n, Outcome.Succeeded, "no change", 84)),
        Settled(Web[20], Outcome.FailedResources, "1 resource failed: Service[httpd] could not be started on web21.example.net", 85),
    ];

    [Theory]
    [MemberData(nameof(Live))]
    public void The_live_table(string scene) => Golden($"live-{scene}", width =>
        LiveTable.Lines(Scenes[scene], Sample.At(110), width, Rows, usual: scene == "many-nodes" ? null : Usual, zone: Zone));

    [Theory]
    [MemberData(nameof(Reports))]
    public void The_report(string end) => Golden($"report-{end}", width => ReportText.Lines(Ends[end], width, Sample.At(90), Zone));

    private static RunRequested Requested(NodeName node, double at) => new(node, 1, 10, 20, false, Sample.At(120), Sample.At(3600), Sample.At(at));

    private static NodeSettled Settled(NodeName node, Outcome outcome, string message, double at) =>
        new(node, outcome, message, Hold.Held, 0, null, null, null, null, Sample.At(at));

    private static ProgressModel After(IEnumerable<IDeploymentEvent> events) => events.Aggregate(Sample.Beginning(Site), (m, e) => m.After(e));

    private static ProgressModel Many()
    {
        var nodes = Enumerable.Range(0, 20_000).Select(i => Sample.Node(new($"node{i:00000}.example.net"), 1 + i / 1000, null, null)).ToArray();
        var model = Sample.Beginning(Sample.View(DeploymentPhase.Running, null, "", nodes)).After(Sample.Started());
        for (var group = 1; group <= 8; group++)
        {
            ImmutableArray<NodeName> names = [.. nodes.Where(n => n.Group == group).Select(n => n.Name)];
            model = model.After(new GroupStarted(group, names.Length, Sample.At(group * 10))).After(
                new BatchStarted(group, 1, names, Sample.At(600), Sample.At(group * 10)));
            foreach (var (name, i) in names.Select((n, i) => (n, i)).Take(group == 8 ? 600 : 1000))
            {
                model = model.After(Requested(name, group * 10)).After(Settled(
                    name, i % 97 == 5 ? Outcome.FailedDidNotFinish : Outcome.Succeeded, "the run goes on after its deadline", group * 10 + 8));
            }
        }
        return model;
    }

    private static void Golden(string name, Func<int, IEnumerable<Line>> screen)
    {
        var text = string.Concat(Widths.Select(width =>
            $"=== {width} columns\n{string.Concat(screen(width).Select(l => $"{l.ToString().TrimEnd()}\n"))}"));
        var file = Path.Combine(SourceTree.Root, "tests", "Cli.Tests", "Screens", $"{name}.txt");
        if (Environment.GetEnvironmentVariable("ORCHESTRATOR_UPDATE_GOLDENS") == "1")
        {
            File.WriteAllText(file, text);
            if (Environment.GetEnvironmentVariable("ORCHESTRATOR_SCREENS") is { Length: > 0 } folder)
                Picture(folder, name, screen);
        }
        Assert.True(File.Exists(file), $"{name} has no golden: write it with ORCHESTRATOR_UPDATE_GOLDENS=1, and read it");
        Assert.Equal(File.ReadAllText(file), text);
    }

    private static void Picture(string folder, string name, Func<int, IEnumerable<Line>> screen)
    {
        foreach (var width in Widths)
        {
            using var file = File.Create(Path.Combine(folder, $"{name}-{width}.ans"));
            new Screen(file, () => (width, Rows), isTerminal: true, understands: true, colours: true).Write(screen(width));
        }
    }
}
