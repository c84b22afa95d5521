using System.Text.Json;
using CsCheck;
using Orchestrator.Cli.Progress;
using Orchestrator.Cli.Tests.Hosts;
using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Following;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Cli.Tests.Progress;

public sealed class ProgressTests
{
    private static readonly ProgressModel Beginning = Sample.Beginning(Sample.Running);

    private static ProgressModel After(IEnumerable<IDeploymentEvent> events) => events.Aggregate(Beginning, (model, e) => model.After(e));

    private static string Table(ProgressModel model, double seconds, int columns = 80, int rows = 24) =>
        string.Join('\n', LiveTable.Lines(model, Sample.At(seconds), columns, rows));

    /// <summary>Without the lines on the whole and on single runs.</summary>
    private static string Counts(ProgressModel model, double seconds) => string.Join('\n', Table(model, seconds).Split('\n').Where(l =>
        !l.StartsWith('[') && !l.StartsWith("longest", StringComparison.Ordinal)));

    [Fact]
    public void Whoever_begins_to_follow_in_between_sees_the_same_as_who_followed_from_the_beginning()
    {
        IDeploymentEvent[] events =
        [
            .. Sample.FirstGroup, .. Sample.BadEnd,
            new AttentionRaised(Attention.Frozen, "2 nodes stay disabled", Sample.At(74)), new NodeKept(Sample.Dev1, "bob", Sample.At(75)),
            new RetryStarted(2, [Sample.Dev2], "bob", Sample.At(100)), new ApprovalAwaited(2, Sample.At(900), Sample.At(101)),
            new DeploymentPaused("bob", Sample.At(102)),
            new RollbackStarted("v41", [Sample.Dev2], "bob requested a rollback", Sample.At(700), Sample.At(103)),
        ];
        for (var joins = 0; joins <= events.Length; joins++)
        {
            var joined = Told(events.Take(joins).Aggregate(Beginning, (m, e) => m.After(m.Sequence + 1, e)));
            var (model, other) = (joined, After(events.Take(joins)) with { Sequence = joins });
            foreach (var happened in events.Skip(joins).Append(new NodesSilent([Sample.Dev1], Sample.At(104))))
            {
                var (after, otherAfter) = (model.After(model.Sequence + 1, happened), other.After(other.Sequence + 1, happened));
                var transcript = new Transcript(TimeZoneInfo.Utc);
                Assert.Equal(Texts(transcript.Lines(other, otherAfter, happened)), Texts(transcript.Lines(model, after, happened)));
                Assert.Equal(Texts(LiveTable.Lines(otherAfter, Sample.At(200), 200, 100)), Texts(LiveTable.Lines(after, Sample.At(200), 200, 100)));
                (model, other) = (after, otherAfter);
            }
            Assert.Equal(events.Length + 1, model.Sequence);
        }
    }

    private static IEnumerable<string> Texts(IEnumerable<Line> lines) => lines.Select(l => l.ToString());

    /// <summary>As it comes from the host.</summary>
    private static ProgressModel Told(ProgressModel model) =>
        JsonSerializer.Deserialize(JsonSerializer.Serialize(model, MessagesJson.Plain.ProgressModel), MessagesJson.Default.ProgressModel)!;

    [Fact]
    public void The_live_table_counts_every_node_in_one_column()
    {
        Assert.Equal(
            """
            Deployment 7f3k2m1q in production: running  1m7s
            node group 2 of 2
            [##########>>>>>>>>>>>>>>>>>>>>]   33%  1 of 3 nodes done, about 57s left, ends 11:30 +0000
            group  progress               nodes  waiting  starting  running  succeeded  failed  skipped  elapsed
                1  ####################       1                                      1                      1m1s
                2  >>>>>>>>>>>>>>>>>>>>       2                  1        1                                   4s
            longest: 4s  dev2.example.net
                     4s  dev3.example.net
            """, Table(After([.. Sample.FirstGroup, .. Sample.GoodEnd.Take(5)]), 67, columns: 120));
    }

    /// <summary>What failed stays to the last.</summary>
    [Theory]
    [InlineData(100, "group progress nodes waiting starting running succeeded failed skipped elapsed")]
    [InlineData(80, "group progress nodes starting running succeeded failed skipped elapsed")]
    [InlineData(60, "group progress nodes running succeeded failed")]
    [InlineData(40, "group running succeeded failed")]
    [InlineData(24, "group running failed")]
    [InlineData(12, "failed")]
    [InlineData(5, "fai…")]
    public void Columns_leave_a_narrow_window_one_by_one(int columns, string headings) => Assert.Equal(
        headings,
        string.Join(' ', Table(After([.. Sample.FirstGroup, .. Sample.BadEnd.Take(6)]), 70, columns).Split('\n')[3].Split(
            ' ', StringSplitOptions.RemoveEmptyEntries)));

    /// <summary>How it stands is worth more than where it runs and which it is.</summary>
    [Theory]
    [InlineData(80, "Deployment 7f3k2m1q in production: running  1m10s")]
    [InlineData(40, "7f3k2m1q: running  1m10s")]
    [InlineData(20, "running  1m10s")]
    [InlineData(12, "running  1…")]
    public void The_head_keeps_the_state_and_the_time(int columns, string head) =>
        Assert.Equal(head, Table(After([.. Sample.FirstGroup, .. Sample.BadEnd.Take(6)]), 70, columns).Split('\n')[0]);

    [Theory]
    [InlineData(80, "[######>>>>>>>>>>>>]   33%  1 of 3 nodes done, about 46s left, ends 13:30 +0200")]
    [InlineData(60, "[#########>>>>>>>>>>>>>>>>>>>]   33%  1 of 3 done, 46s left")]
    [InlineData(40, "[###>>>>>]   33%  1 of 3 done, 46s left")]
    [InlineData(30, "[#####>>>>>>>>>>>]   33%  1/3")]
    [InlineData(12, " 33%")]
    public void The_bar_of_the_whole_says_when_it_should_end_by_what_is_usual(int columns, string bar)
    {
        var usual = UsualTimes.Unknown with
        {
            Nodes = new Dictionary<NodeName, TimeSpan> { [Sample.Dev2] = Sample.Seconds(50) },
            StandIn = Sample.Seconds(20),
        };
        var zone = TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(2), null, null);
        var lines = LiveTable.Lines(After([.. Sample.FirstGroup, .. Sample.GoodEnd.Take(5)]), Sample.At(67), columns, 24, usual: usual, zone: zone);
        Assert.Equal(bar, lines[2].ToString());
    }

    [Fact]
    public void The_expected_end_counts_what_runs_what_waits_and_how_long_is_waited_between_batches()
    {
        Assert.True(BatchSizes.TryParse("10", out var ten, out _));
        var nodes = Enumerable.Range(0, 50).Select(i => Sample.Node(new($"n{i:00}"), i < 30 ? 1 : 2, null, null)).ToArray();
        var first = nodes.Take(10).Select(n => n.Name).ToImmutableArray();
        var begun = Sample.Beginning(Sample.View(DeploymentPhase.Running, null, "", nodes))
            .After(Sample.Started(new DeploymentOptions { Batch = ten, Soak = TimeSpan.FromMinutes(1) }))
            .After(new GroupStarted(1, 30, Sample.At(0))).After(new BatchStarted(1, 1, first, Sample.At(600), Sample.At(0)));
        var running = first.Aggregate(begun, (m, n) => m.After(new RunRequested(n, 1, 0, 0, false, Sample.At(99), Sample.At(99), Sample.At(0))));
        var each = UsualTimes.Unknown with { StandIn = Sample.Seconds(30) };

        // The rest of this batch; two more of the group, two minutes between; two of the next group, one minute between.
        Assert.Equal(20 + (90 + 120) * 2 / 3.0 + 60 + 60, each.Left(running, Sample.At(10))!.Value.TotalSeconds, 3);
        Assert.Null(UsualTimes.Unknown.Left(running, Sample.At(10)));
        Assert.Null(each.Left(running.After(new DeploymentPaused("bob", Sample.At(10))), Sample.At(10)));
        Assert.Null(each.Left(running.After(new CancelRequested("bob", false, Sample.At(10))), Sample.At(10)));
        // Runs of its own are known too.
        var settled = running.After(new NodeSettled(first[0], Outcome.Succeeded, "", Hold.Held, 0, null, null, null, null, Sample.At(30)));
        Assert.Equal(each.Left(settled, Sample.At(30)), UsualTimes.Unknown.Left(settled, Sample.At(30)));
    }

    [Fact]
    public void A_hosts_clock_that_is_set_is_told_and_no_elapsed_time_jumps()
    {
        var before = After([.. Sample.FirstGroup, .. Sample.GoodEnd.Take(5)]);
        var happened = new ClockStepped(TimeSpan.FromHours(3), Sample.At(66));
        var after = Told(before.After(happened));

        Assert.Equal(Table(before, 67, columns: 60), Table(after, 67 + 3 * 3600, columns: 60));
        Assert.Equal(
            ["        2016-07-14 11:29:44 +0000: Note: this host's clock was set forward by 3h; deadlines are not affected"],
            Texts(new Transcript(TimeZoneInfo.Utc).Lines(before, after, happened)));
        Assert.Equal(TimeSpan.Zero, after.After(new SupervisorStarted(2, Sample.At(80))).ClockStepped);
    }

    [Fact]
    public void The_live_table_names_below_the_nodes_that_need_a_person()
    {
        Assert.Equal(
            """
            Deployment 7f3k2m1q in production: stopping  1m14s
            stopping: dev2.example.net failed: resources
            [####################xxxxxxxxxx]  100%  3 of 3 nodes done
            group  progress   nodes  starting  running  succeeded  failed  skipped  elapsed
                1  ########       1                             1                      1m1s
                2  ####xxxx       2                             1       1                8s

            dev2.example.net  failed: resources  1 resource failed
            dev3.example.net  succeeded  not held: it does not answer
            """, Table(After([.. Sample.FirstGroup, .. Sample.BadEnd.SkipLast(1)]), 74));
    }

    [Theory]
    [InlineData(120, "    1  ###################x     999")]
    [InlineData(80, "    1  #######x     999")]
    public void One_failure_among_many_is_seen_in_the_bar(int columns, string row)
    {
        var nodes = Enumerable.Range(0, 999).Select(i => Sample.Node(new($"n{i:000}"), 1, null, null)).ToArray();
        var model = nodes.Aggregate(Sample.Beginning(Sample.View(DeploymentPhase.Running, null, "", nodes)).After(Sample.Started()), (m, n) => m.After(
            new NodeSettled(n.Name, n == nodes[5] ? Outcome.FailedResources : Outcome.Succeeded, "", Hold.Held, 0, null, null, null, null, Sample.At(2))));
        Assert.Contains(Table(model, 5, columns).Split('\n'), line => line.StartsWith(row, StringComparison.Ordinal));
    }

    [Fact]
    public void A_group_of_99_999_nodes_fits_a_terminal_of_80_columns()
    {
        var nodes = Enumerable.Range(0, 99_999).Select(i => Sample.Node(new($"n{i:00000}"), 1, null, null)).ToArray();
        var model = Sample.Beginning(Sample.View(DeploymentPhase.Running, null, "", nodes)).After(Sample.Started())
            .After(new GroupStarted(1, 99_999, Sample.At(0)));
        Assert.Equal(
            """
            group  progress   nodes  starting  running  succeeded  failed  skipped  elapsed
                1  ........  99,999                                                      5s
            """, Counts(model, 5).Split("group 1 of 1\n")[1]);
    }

    [Theory]
    [InlineData(0, "not started yet")]
    [InlineData(2, "0 of 3 nodes answered the check")]
    [InlineData(3, "3 of 3 nodes answered the check")]
    [InlineData(5, "2 of 3 nodes disabled, 0 idle")]
    [InlineData(7, "3 of 3 nodes disabled, 3 idle")]
    [InlineData(8, "node group 1 of 2")]
    public void The_live_table_says_which_step_it_is_at(int events, string step) =>
        Assert.Equal(step, Table(After(Sample.FirstGroup.Take(events)), 5).Split('\n')[1]);

    [Fact]
    public void The_live_table_says_for_whom_it_waits_where_it_does() => Assert.Equal(
        "waiting for nodes reserved by 4gw9xr2p", Table(After([]) with { WaitsFor = [new("4gw9xr2p")] }, 5).Split('\n')[1]);

    [Fact]
    public void The_live_table_never_leaves_its_window()
    {
        var nodes = Enumerable.Range(1, 3000).Select(i => Sample.Node(new($"node{i:0000}.with-a-long-name.example.net"), 1 + i / 50, null, null)).ToArray();
        var view = Sample.View(DeploymentPhase.Running, null, "", nodes);
        var model = nodes.Take(500).Aggregate(Sample.Beginning(view).After(Sample.Started()).After(new GroupStarted(30, 50, Sample.At(1))), (m, n) =>
            m.After(new NodeSettled(
                n.Name, Outcome.FailedDidNotFinish, "a message of some length \u001b[31m東京 and on and on and on and on and on", Hold.Held, null, null, null,
                null, null, Sample.At(2))));
        Gen.Select(Gen.Int[1, 200], Gen.Int[1, 80]).Sample((columns, rows) =>
        {
            var lines = LiveTable.Lines(model, Sample.At(99), columns, rows);
            Assert.InRange(lines.Count, 1, Math.Max(1, rows - 1));
            Assert.All(lines, line => Assert.InRange(line.Width, 0, Math.Max(1, columns - 1)));
        });
        var table = Table(model, 99);
        Assert.Contains("more groups", table, StringComparison.Ordinal);
        Assert.Contains("\n   30  ........      50 ", table, StringComparison.Ordinal);
        Assert.EndsWith("more nodes to look at", table, StringComparison.Ordinal);
    }

    [Fact]
    public void The_counts_always_add_up_to_the_nodes()
    {
        NodeName[] all = [Sample.Dev1, Sample.Dev2, Sample.Dev3, new("unknown")];
        var name = Gen.Int[0, 3].Select(i => all[i]);
        var names = name.Array[1, 3].Select(n => n.Distinct().Order().ToImmutableArray());
        var happened = Gen.OneOf<IDeploymentEvent>(
            names.Select(n => (IDeploymentEvent)new NodesHeld(n, Sample.At(0))),
            names.Select(n => (IDeploymentEvent)new NodesIdle(n, Sample.At(0))),
            Gen.Int[1, 3].Select(g => (IDeploymentEvent)new GroupStarted(g, 1, Sample.At(0))),
            Gen.Select(Gen.Int[1, 2], names).Select((g, n) => (IDeploymentEvent)new BatchStarted(g, 1, n, Sample.At(0), Sample.At(0))),
            name.Select(n => (IDeploymentEvent)new RunRequested(n, 1, 0, 0, false, Sample.At(0), Sample.At(0), Sample.At(0))),
            names.Select(n => (IDeploymentEvent)new RunsBegan(n, Sample.At(0))),
            name.Select(n => (IDeploymentEvent)new RunDisplaced(n, 1, "", Sample.At(0))),
            Gen.Select(name, Gen.Enum<Outcome>())
                .Select((n, o) => (IDeploymentEvent)new NodeSettled(n, o, "", Hold.Held, null, null, null, null, null, Sample.At(0))),
            names.Select(n => (IDeploymentEvent)new NodesSkipped(n, "", Sample.At(0))),
            names.Select(n => (IDeploymentEvent)new NodesReleased(n, Sample.At(0))),
            name.Select(n => (IDeploymentEvent)new NodeNotReleased(n, "", Sample.At(0))),
            names.Select(n => (IDeploymentEvent)new NodesChecked([.. n.Select(x => new CheckedNode(x, false, false))], Sample.At(0))),
            names.Select(n => (IDeploymentEvent)new RetryStarted(2, n, "", Sample.At(0))),
            names.Select(n => (IDeploymentEvent)new RollbackStarted("v41", n, "", Sample.At(0), Sample.At(0))),
            Gen.Const((IDeploymentEvent)new GroupStarted(0, 1, Sample.At(0))),
            Gen.Const((IDeploymentEvent)new CancelRequested("", true, Sample.At(0))));
        happened.Array[0, 60].Sample(events =>
        {
            var model = After(events);
            foreach (var group in model.Groups.Values)
            {
                var members = model.Nodes.Values.Where(n => n.Group == group.Number).ToList();
                Assert.Equal(members.Count, group.Stages.Total);
                Assert.Equal(members.Count(n => n.Stage == NodeStage.Running), group.Stages.Running);
                Assert.Equal(members.Count(n => n.Stage == NodeStage.Failed), group.Stages.Failed);
            }
            Assert.Equal(model.Nodes.Values.Count(n => n is { Checked: true, Held: true }), model.IsolatedCount);
            Assert.Equal(model.Nodes.Values.Count(n => n.Checked), model.CheckedCount);
            Assert.Equal(model.Nodes.Values.Count(n => n.NeedsLook), model.ToLookAt.Count);
            Assert.Equal(model.ToLookAt.Distinct().Count(), model.ToLookAt.Count);
        });
    }

    [Theory]
    [InlineData(false, false, true)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    public void Nodes_whose_last_run_was_noop_are_named_where_that_would_fail_them(bool noop, bool overridden, bool isTold)
    {
        var before = After([Sample.Started(new DeploymentOptions { Noop = noop, OverrideNoop = overridden })]);
        var happened = new NodesChecked([new(Sample.Dev2, false, false, Noop: true), new(Sample.Dev1, false, false)], Sample.At(0));
        var lines = new Transcript(TimeZoneInfo.Utc).Lines(before, before.After(happened), happened).Select(l => l.ToString());

        Assert.Equal(isTold, lines.Any(l => l.Contains("Noop in the last run: dev2.example.net; ", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_deployment_without_nodes_checks_none()
    {
        var before = After([]);
        var happened = Sample.Started() with { NodeCount = 0 };
        Assert.Empty(new Transcript(TimeZoneInfo.Utc).Lines(before, before.After(happened), happened));
    }

    [Fact]
    public void A_run_that_may_be_anothers_is_told_as_such_and_one_that_surely_is_as_that()
    {
        string Told(RunDisplaced happened)
        {
            var before = After(Sample.FirstGroup);
            return Assert.Single(new Transcript(TimeZoneInfo.Utc).Lines(before, before.After(happened), happened)).ToString();
        }

        Assert.EndsWith(
            "dev1.example.net: this may be another Puppet run: it skipped 8 of 9 resources; running it again to be sure",
            Told(new RunDisplaced(
                Sample.Dev1, 1, "this may be another Puppet run: it skipped 8 of 9 resources", Sample.At(9),
                new RunDeviation(8, null, false))), StringComparison.Ordinal);
        Assert.EndsWith(
            "dev1.example.net: another Puppet run took its place: cron", Told(new RunDisplaced(Sample.Dev1, 1, "cron", Sample.At(9))),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Two_thousand_groups_of_ten_are_folded_and_drawn_fast_enough_for_ten_pictures_a_second()
    {
        var nodes = Enumerable.Range(0, 20_000).Select(i => Sample.Node(new($"n{i:00000}"), 1 + i / 10, null, null)).ToArray();
        var model = Sample.Beginning(Sample.View(DeploymentPhase.Running, null, "", nodes)).After(Sample.Started());
        var begun = TimeProvider.System.GetTimestamp();
        foreach (var node in nodes)
        {
            model = model.After(new RunRequested(node.Name, 1, 0, 0, false, Sample.At(0), Sample.At(0), Sample.At(0)))
                .After(new RunsBegan([node.Name], Sample.At(0)))
                .After(new NodeSettled(node.Name, Outcome.Refused, "no", Hold.Held, null, null, null, null, null, Sample.At(0)));
        }
        Assert.Equal(20_000, model.ToLookAt.Count);
        Assert.Equal(2000, model.Groups.Count);
        Assert.Equal(24 - 1, LiveTable.Lines(model, Sample.At(1), 80, 24).Count);
        Assert.InRange(TimeProvider.System.GetElapsedTime(begun).TotalSeconds, 0, 10);
    }

    [Fact]
    public void The_transcript_tells_everything_that_needs_a_person()
    {
        var transcript = new Transcript(TimeZoneInfo.Utc);
        IEnumerable<string> Told(params IDeploymentEvent[] events)
        {
            var model = After(Sample.FirstGroup);
            foreach (var e in events)
            {
                var after = model.After(e);
                foreach (var line in transcript.Lines(model, after, e))
                    yield return line.ToString();
                model = after;
            }
        }

        Assert.Equal(
            [
                "        2016-07-14 11:28:43 +0000: The host resumes the deployment where it left off",
                "        2016-07-14 11:28:43 +0000: dev2.example.net: another Puppet run took its place: cron",
                "        2016-07-14 11:28:43 +0000: dev2.example.net: the run request left no trace, sending it again",
                "        2016-07-14 11:28:43 +0000: dev2.example.net: the run request could not be sent: no broker",
                "        2016-07-14 11:28:43 +0000: dev3.example.net out of turn: enabled by hand",
                "        2016-07-14 11:28:43 +0000: rip cancelled the deployment: nothing new starts, running nodes finish",
                "        2016-07-14 11:28:43 +0000: Stopping: cancelled by rip",
                "        2016-07-14 11:28:43 +0000: Skipping 1 node: the deployment was cancelled",
                "        2016-07-14 11:28:43 +0000: Disabling Puppet on 1 node: Disabled by orchestrator 7f3k2m1q for rip at 2016-07-14 11:28:38",
                "        2016-07-14 11:28:43 +0000: dev2.example.net not held: silence",
                "        2016-07-14 11:28:43 +0000: Enabling Puppet on 3 nodes",
                @"        2016-07-14 11:28:43 +0000: dev3.example.net not released: no\u000aanswer",
                "        2016-07-14 11:28:43 +0000: the emulated fleet is gone",
            ],
            Told(
                new SupervisorStarted(2, Sample.At(5)),
                new RunDisplaced(Sample.Dev2, 1, "cron", Sample.At(5)),
                new RunUntraced(Sample.Dev2, 1, Sample.At(5)),
                new RunNotSent(Sample.Dev2, 1, "no broker", Sample.At(5)),
                new NodeOutOfTurn(Sample.Dev3, "enabled by hand", Sample.At(5)),
                new CancelRequested("rip", false, Sample.At(5)),
                new DeploymentStopping(DeploymentPhase.Cancelled, "cancelled by rip", Sample.At(5)),
                new NodesSkipped([Sample.Dev3], "the deployment was cancelled", Sample.At(5)),
                new HoldingStarted([Sample.Dev2], Sample.At(5)),
                new NodeNotHeld(Sample.Dev2, "silence", Sample.At(5)),
                new ReleaseStarted("rip", null, Sample.At(5), 3),
                new NodeNotReleased(Sample.Dev3, "no\nanswer", Sample.At(5)),
                new FleetLost("the emulated fleet is gone", Sample.At(5))));
    }

    [Fact]
    public void That_nodes_wait_for_their_places_is_told_once_shown_while_it_lasts_and_told_when_it_is_over()
    {
        var transcript = new Transcript(TimeZoneInfo.Utc);
        var model = After(Sample.FirstGroup);
        model = model with { Options = model.Options! with { MaxRunning = 1 } };
        var told = new List<string>();
        void Tell(params IDeploymentEvent[] events)
        {
            foreach (var e in events)
            {
                var after = model.After(e);
                told.AddRange(transcript.Lines(model, after, e)
                    .Select(l => l.ToString().Replace("        2016-07-14 11:28:43 +0000: ", "5s ", StringComparison.Ordinal)));
                model = after;
            }
        }

        string Step() => LiveTable.Lines(model, Sample.At(5), 200, 20)[1].ToString();
        Tell(new GroupStarted(2, 2, Sample.At(5)), new BatchStarted(2, 1, [Sample.Dev2, Sample.Dev3], Sample.At(600), Sample.At(5)));
        told.Clear();
        Tell(new PlacesAwaited([Sample.Dev2], Sample.At(5)), new PlacesAwaited([Sample.Dev3], Sample.At(5)));
        Assert.Equal(["5s 1 node is waiting for a free slot: at most 1 node of the fleet may run Puppet at once"], told);
        Assert.EndsWith(
            "2 nodes are waiting for a free slot: at most 1 node of the fleet may run Puppet at once", Step(), StringComparison.Ordinal);
        Assert.EndsWith("2 nodes are waiting for a free slot: at most 1 node of the fleet may run Puppet at once", transcript.Waiting(
            model, Sample.At(5))!.ToString(), StringComparison.Ordinal);

        told.Clear();
        Tell(new PlacesTaken([Sample.Dev2], Sample.At(5)));
        Assert.Empty(told);
        Tell(new PlacesTaken([Sample.Dev3], Sample.At(5)));
        Assert.Equal(["5s No nodes are waiting for a free slot any longer"], told);
        Assert.DoesNotContain("place", Step(), StringComparison.Ordinal);

        Tell(new PlacesAwaited([Sample.Dev3], Sample.At(5)), new DeploymentPaused("bob", Sample.At(5)));
        Assert.Equal(0, model.AwaitedPlaces);
    }

    [Fact]
    public void A_node_that_is_asked_again_is_told_by_its_name_and_its_batch_is_not_run_again()
    {
        var transcript = new Transcript(TimeZoneInfo.Utc);
        var model = After(
            [.. Sample.FirstGroup, new GroupStarted(2, 2, Sample.At(5)), new BatchStarted(2, 1, [Sample.Dev2, Sample.Dev3], Sample.At(600), Sample.At(5))]);
        RunRequested Asked(NodeName node, int number) => new(node, number, 10, 20, false, Sample.At(120), Sample.At(3600), Sample.At(5));
        var told = new List<string>();
        foreach (var e in new IDeploymentEvent[] { Asked(Sample.Dev2, 1), Asked(
            Sample.Dev3, 1), new RunsBegan([Sample.Dev2], Sample.At(5)), new RunDisplaced(Sample.Dev3, 1, "it was noop", Sample.At(5)), Asked(Sample.Dev3, 2) })
        {
            var after = model.After(e);
            told.AddRange(transcript.Lines(model, after, e)
                .Select(l => l.ToString().Replace("        2016-07-14 11:28:43 +0000: ", "", StringComparison.Ordinal)));
            model = after;
        }

        Assert.Equal(
            [
                "Enabling Puppet on 2 nodes", "Running Puppet on 2 nodes", "Waiting for 2 nodes to start a run",
                "dev3.example.net: another Puppet run took its place: it was noop", "Running Puppet on 1 node (dev3.example.net, again)",
            ], told);
    }

    [Fact]
    public void The_runs_of_a_batch_are_told_with_the_last_node_that_is_asked_also_where_another_is_asked_again_before()
    {
        RunRequested Asked(NodeName node, int number) => new(node, number, 10, 20, false, Sample.At(120), Sample.At(3600), Sample.At(5));
        Assert.Equal(
            [
                "dev3.example.net: another Puppet run took its place: it was noop", "Enabling Puppet on 2 nodes", "Running Puppet on 2 nodes",
                "Waiting for 1 node to start a run", "Running Puppet on 1 node (dev3.example.net, again)",
            ],
            ToldOfBatch(Asked(Sample.Dev3, 1), new RunDisplaced(Sample.Dev3, 1, "it was noop", Sample.At(5)), Asked(Sample.Dev2, 1), Asked(Sample.Dev3, 2)));
        // One that comes to nothing before it is asked is no run.
        Assert.Equal(
            [
                "Enabling Puppet on 1 node", "Running Puppet on 1 node", "Waiting for 1 node to start a run",
                "dev3.example.net unreachable: no answer to status", "", "Successful run of 1 node in group 2 in 0s (1 node could not be run)", "",
            ],
            ToldOfBatch(
                Asked(Sample.Dev2, 1),
                new NodeSettled(
                    Sample.Dev3, Outcome.Unreachable, "no answer to status", Hold.Asked, null, null, null, null, null, Sample.At(5)),
                new NodeSettled(Sample.Dev2, Outcome.Succeeded, "fine", Hold.Held, 0, null, null, null, null, Sample.At(5)),
                new GroupFinished(2, 1, 1, Sample.At(5))));
    }

    private static List<string> ToldOfBatch(params IDeploymentEvent[] events)
    {
        var transcript = new Transcript(TimeZoneInfo.Utc);
        var model = After(
            [.. Sample.FirstGroup, new GroupStarted(2, 2, Sample.At(5)), new BatchStarted(2, 1, [Sample.Dev2, Sample.Dev3], Sample.At(600), Sample.At(5))]);
        var told = new List<string>();
        foreach (var e in events)
        {
            var after = model.After(e);
            told.AddRange(transcript.Lines(model, after, e)
                .Select(l => l.ToString().Replace("        2016-07-14 11:28:43 +0000: ", "", StringComparison.Ordinal)));
            model = after;
        }
        return told;
    }

    [Fact]
    public void A_table_whose_host_has_gone_stands_still_and_says_so()
    {
        var model = After([.. Sample.FirstGroup]);
        var still = new Standstill(Sample.At(10), "the host is gone: what it had begun at nodes goes on, and nobody watches it");
        var lines = LiveTable.Lines(model, still.Since, 120, 24, still).Select(l => l.ToString()).ToList();
        Assert.Contains(still.Why, lines[1], StringComparison.Ordinal);
        Assert.Contains("10s", lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Nodes_that_do_not_answer_the_check_are_told_once_when_it_is_left()
    {
        var transcript = new Transcript(TimeZoneInfo.Utc);
        var model = After([Sample.Started(), new SupervisorStarted(1, Sample.At(0))]);
        NodeSettled Silent(NodeName node, string words) => new(node, Outcome.Unreachable, words, Hold.None, null, null, null, null, null, Sample.At(5));
        var told = new List<string>();
        foreach (var e in new IDeploymentEvent[]
                 {
                     Silent(Sample.Dev1, "no answer to the check"),
                     Silent(Sample.Dev2, "no answer to the check"),
                     Silent(Sample.Dev3, "no answer to the check; it could not be sent: no broker"),
                     new DeploymentStopping(DeploymentPhase.Failed, "why", Sample.At(5)),
                 })
        {
            var after = model.After(e);
            told.AddRange(transcript.Lines(model, after, e)
                .Select(l => l.ToString().Replace("        2016-07-14 11:28:43 +0000: ", "", StringComparison.Ordinal)));
            model = after;
        }

        Assert.Equal(
            [
                "dev1.example.net, dev2.example.net unreachable: no answer to the check",
                "dev3.example.net unreachable: no answer to the check; it could not be sent: no broker",
                "Stopping: why",
            ], told);
    }

    [Fact]
    public void The_transcript_tells_what_a_person_decides_and_what_is_waited_for()
    {
        var transcript = new Transcript(TimeZoneInfo.Utc);
        var model = After(Sample.FirstGroup);
        var told = new List<string>();
        foreach (var e in new IDeploymentEvent[]
                 {
                     new SoakStarted(Sample.At(90), Sample.At(5)),
                     new ApprovalAwaited(2, Sample.At(3605), Sample.At(5)),
                     new AttentionRaised(Attention.AwaitingApproval, "group 2 waits for approval", Sample.At(5)),
                     new DeploymentPaused("bob", Sample.At(5)),
                     new DeploymentResumed("bob", Sample.At(3606), Sample.At(5)),
                     new AttentionRaised(Attention.AwaitingApproval, "group 2 waits for approval", Sample.At(905)),
                     new GroupApproved(2, "bob", Sample.At(5)),
                     new AttentionEnded(Attention.AwaitingApproval, Sample.At(5)),
                     new GroupStarted(2, 2, Sample.At(5)),
                     new NodesSilent([Sample.Dev2, Sample.Dev3], Sample.At(5)),
                     new AttentionRaised(Attention.AllSilent, "all 2 nodes that are waited for do not answer any more", Sample.At(5)),
                     new NodesHeardAgain([Sample.Dev2, Sample.Dev3], Sample.At(5)),
                     new AttentionEnded(Attention.AllSilent, Sample.At(5)),
                     new NodesSkipped([Sample.Dev3], "depends on dev2.example.net, which ended as \"unreachable\"", Sample.At(5), Sample.Dev2),
                     new NodeKept(Sample.Dev1, "bob", Sample.At(5)),
                     new RollbackRequested("bob", "v41", Sample.At(5)),
                     new DeploymentStopping(DeploymentPhase.Cancelled, "bob requested a rollback", Sample.At(5)),
                     new RollbackStarted("v41", [Sample.Dev1, Sample.Dev2], "bob requested a rollback", Sample.At(600), Sample.At(5)),
                     new GroupStarted(2, 1, Sample.At(5)),
                     new AbandonRequested("bob", Sample.At(5)),
                 })
        {
            var after = model.After(e);
            told.AddRange(transcript.Lines(model, after, e)
                .Select(l => l.ToString().Replace("        2016-07-14 11:28:43 +0000: ", "5s ", StringComparison.Ordinal)));
            model = after;
        }

        Assert.Equal(
            [
                "5s Waiting until 2016-07-14 11:30:08 +0000 before the next batch",
                "5s Group 2 waits for approval until 2016-07-14 12:28:43 +0000; without it the deployment is cancelled: orchestrator approve 7f3k2m1q "
                    + "--group 2",
                "5s bob paused the deployment: nothing new starts, running nodes finish; orchestrator resume 7f3k2m1q ends the pause",
                "5s bob ended the pause",
                "        2016-07-14 11:43:43 +0000: Action needed, awaiting approval: group 2 waits for approval",
                "5s bob approved group 2",
                "",
                "Running node group 2 with 2 nodes, at most 3 at a time",
                "5s Not responding: dev2.example.net, dev3.example.net",
                "5s Action needed, all nodes silent: all 2 nodes that are waited for do not answer any more",
                "5s Responding again: dev2.example.net, dev3.example.net",
                "5s Resolved: all nodes silent",
                "5s Skipping dev3.example.net: depends on dev2.example.net, which ended as \"unreachable\"",
                "5s bob holds dev1.example.net: it stays disabled after the deployment ends",
                "5s bob requested a rollback to v41: nothing new starts, running nodes finish",
                "5s Stopping: bob requested a rollback",
                "",
                "Rolling back 2 nodes to v41, last group first: bob requested a rollback",
                "",
                "Rolling back node group 2 with 1 node to v41, at most 3 at a time",
                "5s bob abandoned the deployment: running nodes are no longer watched",
            ], told);
    }

    [Fact]
    public void An_eager_deployment_is_told_by_what_begins()
    {
        var transcript = new Transcript(TimeZoneInfo.Utc);
        var model = After(Sample.FirstGroup.Take(7));
        var told = new List<string>();
        foreach (var e in new IDeploymentEvent[]
                 {
                     new GroupStarted(0, 3, Sample.At(1)),
                     new BatchStarted(0, 1, [Sample.Dev1], Sample.At(600), Sample.At(1)),
                     new RunRequested(Sample.Dev1, 1, 10, 20, false, Sample.At(120), Sample.At(3600), Sample.At(1)),
                     new NodeSettled(Sample.Dev1, Outcome.Succeeded, "", Hold.Held, 2, null, null, null, null, Sample.At(4)),
                     new BatchStarted(0, 2, [Sample.Dev2, Sample.Dev3], Sample.At(600), Sample.At(4)),
                     new NodeSettled(Sample.Dev2, Outcome.Succeeded, "", Hold.Held, 2, null, null, null, null, Sample.At(6)),
                 })
        {
            var after = model.After(e);
            told.AddRange(transcript.Lines(model, after, e).Select(l => l.ToString()));
            model = after;
        }

        Assert.Equal(
            [
                "", "Running 3 nodes, each as soon as its dependencies have succeeded",
                "        2016-07-14 11:28:39 +0000: Running Puppet on dev1.example.net",
                "        2016-07-14 11:28:42 +0000: Running Puppet on dev2.example.net, dev3.example.net",
            ], told);
        Assert.Equal("        2016-07-14 11:28:48 +0000: Waiting for 1 node, 2 of 3 done", transcript.Waiting(model, Sample.At(10))?.ToString());
        Assert.Equal(
            """
            Deployment 7f3k2m1q in production: running  10s
            each node starts as soon as its dependencies have succeeded
            group  progress   nodes  starting  running  succeeded  failed  skipped  elapsed
                1  ########       1                             1                        3s
                2  ####>>>>       2         1                   1                        6s
            """, Counts(model, 10));
    }

    [Theory]
    [InlineData("paused", "paused by bob: orchestrator resume 7f3k2m1q ends the pause")]
    [InlineData("awaiting approval", "group 2 waits for approval, 1m left: orchestrator approve 7f3k2m1q --group 2")]
    [InlineData("running", "node group 1 of 2: the next batch starts in 30s")]
    public void The_live_table_says_what_is_waited_for(string state, string step)
    {
        var model = After(Sample.FirstGroup).After(state switch
        {
            "paused" => new DeploymentPaused("bob", Sample.At(63)),
            "running" => new SoakStarted(Sample.At(95), Sample.At(63)),
            _ => (IDeploymentEvent)new ApprovalAwaited(2, Sample.At(125), Sample.At(63)),
        });
        var lines = Table(model, 65).Split('\n');
        Assert.Equal([$"Deployment 7f3k2m1q in production: {state}  1m5s", step], lines[..2]);
        Assert.Null(new Transcript(TimeZoneInfo.Utc).Waiting(model, Sample.At(65)));
    }

    [Fact]
    public void A_retry_begins_where_the_first_attempt_began_for_what_did_not_succeed()
    {
        var model = After([.. Sample.FirstGroup, .. Sample.BadEnd, new AttentionRaised(
            Attention.Frozen, "3 nodes stay disabled", Sample.At(73)), new RetryStarted(2, [Sample.Dev2], "bob", Sample.At(100))]);
        Assert.Equal(
            """
            Deployment 7f3k2m1q in production: checking  1m41s  attempt 2
            0 of 1 nodes answered the check
            frozen: 3 nodes stay disabled
            group  progress   nodes  starting  running  succeeded  failed  skipped  elapsed
                1  ########       1                             1                      1m1s
                2  ####....       2                             1                          

            dev3.example.net  succeeded  not held: it does not answer
            """, Counts(model, 101));
        model = model.After(new NodesChecked([new(Sample.Dev2, false, false)], Sample.At(101))).After(new IsolationStarted(Sample.At(700), Sample.At(101)));
        Assert.Equal("1 of 1 nodes disabled, 0 idle", Table(model, 102).Split('\n')[1]);
    }

    [Fact]
    public void A_rollback_goes_through_the_groups_backwards_and_counts_its_own_runs()
    {
        var model = After([.. Sample.FirstGroup, .. Sample.BadEnd.Take(9), new RollbackStarted(
            "v41", [Sample.Dev1, Sample.Dev2, Sample.Dev3], "dev2 failed", Sample.At(700), Sample.At(72))]);
        Assert.Equal("rolling back to v41: 2 of 3 nodes disabled, 0 idle", Table(model, 73).Split('\n')[1]);
        model = new IDeploymentEvent[]
        {
            new NodesIdle([Sample.Dev1, Sample.Dev2, Sample.Dev3], Sample.At(74)),
            new GroupStarted(2, 2, Sample.At(74)),
            new BatchStarted(2, 1, [Sample.Dev2, Sample.Dev3], Sample.At(700), Sample.At(74)),
            new RunRequested(Sample.Dev2, 2, 0, 0, false, Sample.At(200), Sample.At(3700), Sample.At(74), "v41"),
            new NodeSettled(Sample.Dev3, Outcome.FailedNoCatalog, "no catalog came", Hold.Held, null, null, [3], null, null, Sample.At(80)),
        }.Aggregate(model, (m, e) => m.After(e));
        Assert.Equal(
            """
            Deployment 7f3k2m1q in production: running  1m24s
            rolling back to v41: node group 2 of 2
            group  progress   nodes  starting  running  succeeded  failed  skipped  elapsed
                1  ........       1                                                        
                2  xxxx>>>>       2         1                           1               10s

            dev3.example.net  failed: no catalog  no catalog came
            """, Counts(model, 84));
    }

    [Theory]
    [InlineData(2, "Waiting for 3 nodes to answer")]
    [InlineData(5, "Waiting for 3 nodes to become idle")]
    [InlineData(9, "Waiting for 1 node to become idle")]
    [InlineData(11, "Waiting for 1 node to start a run")]
    [InlineData(12, "Waiting for 1 node to become idle")]
    [InlineData(14, null)]
    public void The_transcript_says_what_is_waited_for_when_nothing_happens(int events, string? words)
    {
        var line = new Transcript(TimeZoneInfo.Utc).Waiting(After(Sample.FirstGroup.Take(events)), Sample.At(20));
        Assert.Equal(words is null ? null : $"        2016-07-14 11:28:58 +0000: {words}", line?.ToString());
    }

    [Fact]
    public void A_picture_is_drawn_over_the_one_before_also_when_the_window_became_narrow()
    {
        using var bytes = new MemoryStream();
        var size = (Columns: 40, Rows: 10);
        var live = new LiveScreen(new Screen(bytes, () => size, true, true, false));
        string Written()
        {
            var text = System.Text.Encoding.UTF8.GetString(bytes.ToArray());
            bytes.SetLength(0);
            return text;
        }

        live.Draw([new string('a', 30), "b"]);
        Assert.Equal($"\u001b[?25l{new string('a', 30)}\u001b[K\nb\u001b[K\n\u001b[J", Written());
        live.Draw([new string('a', 30), "b"]);
        Assert.Equal("", Written());
        size = (20, 10);
        live.Draw(["c"]);
        Assert.Equal("\u001b[?25l\r\u001b[3Ac\u001b[K\n\u001b[J", Written());
        live.Clear();
        Assert.Equal("\r\u001b[1A\u001b[J", Written());
        live.Draw(["d"]);
        live.Leave();
        Assert.Equal("\u001b[?25ld\u001b[K\n\u001b[J\r\u001b[K\u001b[?25h", Written());
        live.Draw(["e"]);
        Assert.Equal("\u001b[?25le\u001b[K\n\u001b[J", Written());
        live.Dispose();
        Assert.Equal("\r\u001b[K\u001b[?25h", Written());
    }
}
