using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Tests.Hosts;
using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Cli.Tests.Reports;

public sealed class ReportTextTests
{
    private static readonly Outcome[] BadOnes = [.. Enum.GetValues<Outcome>().Where(o => o is not (Outcome.Unknown or Outcome.Succeeded or Outcome.Skipped))];

    [Fact]
    public void The_nodes_of_a_plan_fit_a_narrow_terminal_whole()
    {
        var components = ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty.Add("Front[shop]", ["Front::Balancer[lb1]", "Front::Web[w]"]);
        var plan = new Plan(
            new PlanId("sha256:test"), "production", ["Front[shop]"], 1, [new PlanGroup(1, [new PlannedNode(new NodeName("lb1"), components, [])])], []);
        var lines = PlanText.Lines(plan, null, full: true, 40).Select(l => l.ToString()).SkipWhile(l => l != "Node groups and run order:").Skip(1).ToList();
        Assert.All(lines, l => Assert.InRange(l.Length, 0, 40));
        Assert.Contains("Front[shop] -> Front::Balancer[lb1], Front::Web[w]", string.Join(' ', lines.Select(l => l.Trim())), StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_is_told_by_its_rows_its_people_its_changes_its_times_and_what_is_next() => Assert.Equal(
        """
        Deployment 7f3k2m1q in production: failed after 1m13s, started by rip
        dev2.example.net failed: resources

        group  nodes  succeeded  changed  failed  unreachable  refused  skipped  time
            1      1          1        1       0            0        0        0  1m1s
            2      2          1        2       1            0        0        0    8s

        1 node to look at:
          dev2.example.net  failed: resources, held
              1 resource failed
              Could not start Service[mysqld]\u001b[2J
          ->  fix what the error lines name, on the node or in its code, then retry

        What was changed:
          2 nodes: 1 change each, not listed in the log
              dev2.example.net, dev3.example.net
          1 node: 2 changes, not listed in the log
              dev1.example.net

        Time:
          isolation 1s, groups 1m10s, holding 2s
          critical path 1m9s: dev1.example.net 1m1s, then dev3.example.net 8s
          orchestrator overhead: 1s

        Action needed:
          frozen: 2 nodes stay disabled for inspection: retry, roll back or release
          not held: 1 node should be disabled but may run Puppet

        not held: dev3.example.net
          ->  it should be disabled but may run Puppet on its own: disable it by hand if
              it must not

        2 nodes stay disabled by this deployment. Next:
          orchestrator retry 7f3k2m1q     reruns the nodes that did not succeed, in the
                                          same order
          orchestrator rollback 7f3k2m1q --rollback-environment ENV
                                          reruns the nodes that ran, last group first
          orchestrator release 7f3k2m1q   enables the nodes: their own Puppet then
                                          applies what the server serves, in no
                                          particular order
        """, Text(Sample.Failed));

    [Fact]
    public void Where_the_terminal_is_too_narrow_for_the_table_each_group_is_told_in_words()
    {
        Assert.StartsWith(
            """
            Deployment 7f3k2m1q in production: failed after 1m13s,
                started by rip
            dev2.example.net failed: resources

            group 1: nodes 1, succeeded 1, changed 1, failed 0,
                unreachable 0, refused 0, skipped 0, time 1m1s
            group 2: nodes 2, succeeded 1, changed 2, failed 1,
                unreachable 0, refused 0, skipped 0, time 8s

            """, Text(Sample.Failed, 60), StringComparison.Ordinal);
        Assert.EndsWith(
            """
              orchestrator release 7f3k2m1q
                  enables the nodes: their own Puppet
                  then applies what the server
                  serves, in no particular order
            """, Text(Sample.Failed, 41), StringComparison.Ordinal);
    }

    /// <summary>Case 10 of the field: at 60 columns "skipped" was cut, at 20 "failed" too.</summary>
    [Fact]
    public void At_no_width_anything_of_a_report_is_cut_or_wider_than_the_terminal()
    {
        DeploymentView[] views = [Sample.Failed, Sample.Succeeded, Sample.Running];
        foreach (var view in views)
        {
            for (var width = 34; width <= 130; width++)
            {
                var lines = ReportText.Lines(view, width, Sample.At(90), Sample.Zone).ToList();
                Assert.All(lines, line => Assert.True(line.Width <= width, $"{width}: {line}"));
            }
            foreach (var width in Enumerable.Range(1, 130))
            {
                var told = string.Concat(Text(view, width).Where(c => !char.IsWhiteSpace(c)));
                Assert.DoesNotContain("…", told, StringComparison.Ordinal);
                Assert.All(
                    view.Report?.Groups ?? [], row => Assert.Contains(
                        width < 68
                            ? $"skipped{row.Skipped},time{(row.Time is { } time ? Durations.Text(time).Replace(" ", "", StringComparison.Ordinal) : "-")}"
                            : "skipped",
                        told, StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void What_is_held_is_told_with_when_it_was_read_and_what_nodes_showed_then_beyond_the_history()
    {
        var failed = Sample.Failed;
        NodeView Seen(NodeView node) => node with
        {
            SeenAt = Sample.At(80 + node.Group),
            Seen = node.Name == Sample.Dev3 ? "somebody enabled it" : null,
        };
        var told = Text(failed with { Nodes = [.. failed.Nodes.Select(Seen)] }, width: null);

        Assert.Contains("  dev3.example.net: somebody enabled it\nnot held: dev3.example.net\n", told, StringComparison.Ordinal);
        Assert.Contains("\n2 nodes stay disabled by this deployment, as last read at 2016-07-14 13:29:59 +0200. Next:", told, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "as last read", Text(failed with { Nodes = [.. failed.Nodes.Select(n => n.Group == 1 ? n : Seen(n))] }), StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_was_imported_is_marked_and_nobody_is_told_to_do_anything_about_it()
    {
        var told = Text(Sample.Failed with { Imported = true, Verbs = null });

        Assert.EndsWith("\nImported from another journal: it can only be read here.", told, StringComparison.Ordinal);
        Assert.DoesNotContain("retry", told, StringComparison.Ordinal);
        Assert.DoesNotContain("Action needed", told, StringComparison.Ordinal);
    }

    [Fact]
    public void Nodes_that_were_never_finished_have_a_column_of_their_own_so_that_rows_add_up()
    {
        var lost = Sample.View(
            DeploymentPhase.Abandoned, 20, "the emulated fleet ended with its host",
            Sample.Node(Sample.Dev1, 1, Outcome.Succeeded, 2), Sample.Node(Sample.Dev2, 2, null, null), Sample.Node(Sample.Dev3, 2, null, null)) with
        {
            Report = Sample.Report(
                20, [new ReportRow(1, 1, 1, 1, 0, 0, 0, 0, 0, Sample.Seconds(8)), new ReportRow(2, 2, 0, 0, 0, 0, 0, 0, 2, null)], [], [], [], 1),
        };
        Assert.Contains(
            """
            group  nodes  succeeded  failed  unreachable  refused  skipped  no end  time
                1      1          1       0            0        0        0       0    8s
                2      2          0       0            0        0        0       2     -
            """, Text(lost), StringComparison.Ordinal);
        Assert.Contains("unfinished", string.Join('\n', ReportText.AllNodes(lost, null)), StringComparison.Ordinal);
    }

    [Fact]
    public void What_nodes_said_is_shortened_with_the_command_that_has_the_whole()
    {
        var words = $"Could not retrieve catalog: {new string('x', 2000)} on node dev2.example.net";
        var failed = Sample.Failed with
        {
            Nodes = [.. Sample.Failed.Nodes.Select(n => n.Name == Sample.Dev2 ? n with { Message = "no catalog", ErrorLines = [words] } : n)],
        };
        var told = Text(failed, width: null);
        Assert.Contains($"      Could not retrieve catalog: x", told, StringComparison.Ordinal);
        Assert.Contains("x on node dev2.example.net\n", told, StringComparison.Ordinal);
        Assert.DoesNotContain(words, told, StringComparison.Ordinal);
        Assert.Contains("orchestrator show 7f3k2m1q dev2.example.net has the whole of one", told, StringComparison.Ordinal);
        Assert.Contains(words, string.Join('\n', NodeText.Lines(failed, failed.Nodes[1], null)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_that_a_person_disabled_is_told_with_their_words()
    {
        var failed = Sample.Failed;
        NodeView Taken(NodeView node) => node with { Hold = Hold.None, Held = false, Standing = Standing.DisabledByPerson, PersonsWords = "hands off" };
        var told = Text(failed with { Nodes = [failed.Nodes[0], Taken(failed.Nodes[1]), Taken(failed.Nodes[2])] }, width: null);
        Assert.Contains("  ->  somebody disabled it with the words \"hands off\": ask them, and once it is enabled, retry\n", told, StringComparison.Ordinal);
        // What succeeded is not run again.
        Assert.Contains(
            "orchestrator retry 7f3k2m1q     once whoever disabled dev2.example.net has enabled it: reruns the nodes that did not succeed, in the "
                + "same order\n",
            told, StringComparison.Ordinal);
        Assert.Contains(
            "disabled by a person: dev3.example.net, with the words \"hands off\"\n  ->  ask whoever did: it is theirs to enable\n\n1 node stays disabled",
            told, StringComparison.Ordinal);
    }

    [Fact]
    public void While_it_runs_it_is_told_what_is_held_once_nodes_were_read_for_it()
    {
        Assert.DoesNotContain("disabled by this deployment", Text(Sample.Running), StringComparison.Ordinal);
        var seen = Sample.Running with
        {
            Nodes =
            [
                .. Sample.Running.Nodes.Select(n => n with
                {
                    Hold = Hold.Held,
                    Held = true,
                    Standing = Standing.Held,
                    SeenAt = Sample.At(81),
                    Seen = "no answer to status",
                }),
            ],
        };
        Assert.Contains(
            ": no answer to status\n3 nodes are disabled by this deployment, as last read at 2016-07-14 13:29:59 +0200.\nStill running: orchestrator watch ",
            Text(seen, width: null), StringComparison.Ordinal);
    }

    [Fact]
    public void Changes_are_told_once_for_all_nodes_with_the_same()
    {
        string[] many = [.. Enumerable.Range(1, 12).Select(i => $"File[/etc/emulated/{i}]/ensure: created")];
        var view = With(
            new SameChanges(
                4998, [new("web1"), new("web2")], 3, "a", ["File[/a]/ensure: created", "File[/b]/ensure: created\u001b[31m", "Service[c]/ensure: stopped"]),
            new SameChanges(2, [new("db1"), new("db2")], 20, "b", [.. many]),
            new SameChanges(1000, [new("mail1")], 0, null, []));

        Assert.Contains(
            """
            What was changed:
              4,998 nodes: same 3 changes
                  web1, web2 and 4,996 more
                  - File[/a]/ensure: created
                  - File[/b]/ensure: created\u001b[31m
                  - Service[c]/ensure: stopped
              2 nodes: same 20 changes
                  db1, db2
                  - File[/etc/emulated/1]/ensure: created
            """, Text(view), StringComparison.Ordinal);
        Assert.Contains(
            "      - File[/etc/emulated/10]/ensure: created\n      - and 10 more changes\n  1,000 nodes: no change\n", Text(view), StringComparison.Ordinal);
        Assert.DoesNotContain("emulated/11", Text(view), StringComparison.Ordinal);
        Assert.Contains("What would be changed:", Text(view with { Report = view.Report! with { Noop = true } }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_rollback_is_told_with_rows_of_its_own_and_no_second_one_is_offered()
    {
        var rolledBack = Sample.Failed with
        {
            State = DeploymentPhase.RolledBack,
            Verbs = [new PossibleVerb(Verb.Release)],
            Report = Sample.Failed.Report! with
            {
                Rollback = new RollbackReport("stable", "why", [new ReportRow(2, 2, 2, 1, 0, 0, 0, 0, 0, Sample.Seconds(7))], []),
            },
        };

        Assert.Contains("Rollback to stable, last group first:\ngroup  nodes", Text(rolledBack), StringComparison.Ordinal);
        Assert.Contains("so fix that first", Unwrapped(Text(rolledBack)), StringComparison.Ordinal);
        Assert.DoesNotContain("orchestrator rollback", Text(rolledBack), StringComparison.Ordinal);
        Assert.DoesNotContain("orchestrator retry", Text(rolledBack), StringComparison.Ordinal);
    }

    [Fact]
    public void Where_nodes_ran_is_told_and_odd_where_that_is_not_what_was_asked_for()
    {
        DeploymentView Where(string? asked, string planned, params NodesRanIn[] ran) =>
            Sample.Succeeded with { Environment = planned, Report = Sample.Succeeded.Report! with { Environments = new RunEnvironments(asked, [.. ran]) } };

        Assert.Contains("\nEach node runs in its own environment; 3 nodes did not say where.\n\n", Text(Where(null, "production")), StringComparison.Ordinal);
        Assert.Contains(
            "\nEach node runs in its own environment; 2 nodes ran in production, 1 node in dev.\nwarning: dev3.example.net ran in dev, and the plan was made "
                + "for production:\n    --run-environment production asks for it\n\n",
            Text(Where(null, "production", new("production", 2, [Sample.Dev1, Sample.Dev2], false), new("dev", 1, [Sample.Dev3], true))),
            StringComparison.Ordinal);
        Assert.Contains(
            "\nNodes are asked to run in canary; 9 nodes ran in production\\u001b.\nwarning: 9 nodes (a, b, c, d, e and 4 more) ran in production\\u001b, "
                + "not in canary as asked",
            Unwrapped(Text(Where("canary", "production", new NodesRanIn("production\u001b", 9, [new("a"), new("b"), new("c"), new("d"), new("e")], true)))),
            StringComparison.Ordinal);
        Assert.DoesNotContain("warning", Text(Where("canary", "production", new NodesRanIn("canary", 3, [Sample.Dev1], false))), StringComparison.Ordinal);
    }

    [Fact]
    public void Nodes_that_did_not_say_where_they_ran_are_counted()
    {
        var view = Sample.Succeeded with
        {
            Report = Sample.Succeeded.Report! with { Environments = new RunEnvironments(null, [new("production", 2, [Sample.Dev1, Sample.Dev2], false)]) },
        };
        Assert.Contains("\nEach node runs in its own environment; 2 nodes ran in production; 1 did not say\nwhere.\n", Text(view), StringComparison.Ordinal);

        var unreachable = view with { Nodes = [.. view.Nodes.Select(n => n.Name == Sample.Dev3 ? n with { Outcome = Outcome.Unreachable } : n)] };
        Assert.Contains("; 2 nodes ran in production.\n", Text(unreachable), StringComparison.Ordinal);
    }

    [Fact]
    public void Where_nodes_ran_in_a_rollback_is_told_too()
    {
        var rollback = new RollbackReport(
            "v41", "why", [new ReportRow(2, 3, 3, 1, 0, 0, 0, 0, 0, Sample.Seconds(7))], [], [new("v41", 2, [Sample.Dev1, Sample.Dev2], false)]);
        var view = Sample.Failed with
        {
            State = DeploymentPhase.RolledBack,
            Nodes = [.. Sample.Failed.Nodes.Select(n => n with { Compensation = Outcome.Succeeded })],
            Report = Sample.Failed.Report! with { Rollback = rollback },
        };

        Assert.Contains("\nIn the rollback, 2 nodes ran in v41; 1 did not say where.\n", Text(view), StringComparison.Ordinal);
        Assert.Contains(
            "\nIn the rollback, 3 nodes did not say where.\n", Text(view with { Report = view.Report with { Rollback = rollback with { Ran = null } } }),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Nodes_of_one_outcome_have_the_advice_of_their_causes_with_their_number()
    {
        var daemons = Nodes("app", 2, Outcome.Refused).Select(
            (n, i) => n with { Cause = Cause.Daemon, Message = $"a Puppet daemon is running there and would refuse {(i == 0 ? "noop" : "tags")}" });
        var text = Unwrapped(
            Text(Of([.. daemons, Nodes("db", 1, Outcome.Refused).Single() with { Cause = Cause.NotIdle }, .. Nodes("web", 1, Outcome.Refused)])));

        Assert.Contains($"->  all 2: {Cause.Daemon.Advice()}", text, StringComparison.Ordinal);
        Assert.Contains($"->  {Cause.NotIdle.Advice()}", text, StringComparison.Ordinal);
        Assert.Contains($"->  {Outcome.Refused.Advice()}", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Nodes_of_which_not_one_answered_are_not_named_but_what_they_have_in_common()
    {
        var silent = Of([.. Nodes("app", 300, Outcome.Unreachable)]);
        var text = Text(silent with { Report = silent.Report! with { NobodyAnswered = true } });

        Assert.Contains(
            "\nNone of the 300 nodes answered the check:\n  300 nodes: unreachable\n  ->  when no node answers, check what they share: our certificate", text,
            StringComparison.Ordinal);
        Assert.DoesNotContain("app0001", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Outcome.Unreachable.Advice(), Unwrapped(text), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_person_keeps_is_released_by_its_name_only()
    {
        var nodes = Nodes("app", 2, Outcome.Succeeded);
        var named = new PossibleVerb(Verb.Release, [nodes.First().Name]);
        var kept = Of([.. nodes.Select(n => n with { Held = true, KeptBy = "bob" })]) with { Verbs = [named] };
        Assert.Contains("orchestrator release 7f3k2m1q app0001.example.net", Text(kept), StringComparison.Ordinal);
        Assert.DoesNotContain("orchestrator release 7f3k2m1q  ", Text(kept), StringComparison.Ordinal);

        var both = Of([nodes.First() with { Held = true, KeptBy = "bob" }, nodes.Last() with { Held = true }]) with
        {
            Verbs = [new PossibleVerb(Verb.Release), named],
        };
        Assert.Contains("orchestrator release 7f3k2m1q app0001.example.net", Text(both), StringComparison.Ordinal);
        Assert.Contains("orchestrator release 7f3k2m1q  ", Text(both), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DeploymentPhase.Failed, Verb.Retry, "on the node or in its code, then retry\n")]
    [InlineData(DeploymentPhase.Abandoned, Verb.Retry, "on the node or in its code\n")]
    [InlineData(DeploymentPhase.Stuck, Verb.Release, "on the node or in its code, then release the nodes\n")]
    [InlineData(DeploymentPhase.Running, Verb.Cancel, "on the node or in its code\n")]
    public void What_comes_after_a_fix_is_what_the_deployment_takes_then(DeploymentPhase state, Verb taken, string advice) => Assert.Contains(
        advice, Text(Of([.. Nodes("app", 1, Outcome.FailedResources)]) with { State = state, Verbs = [new PossibleVerb(taken)] }, width: null) + "\n",
        StringComparison.Ordinal);

    [Fact]
    public void A_run_of_a_rollback_that_failed_is_what_a_person_looks_at()
    {
        var stuck = Of([.. Nodes(
            "app", 2,
            Outcome.FailedResources).Select(n => n with { Compensation = Outcome.FailedNoCatalog, CompensationMessage = "Could not retrieve catalog" })]);

        Assert.Contains(
            "  2 nodes  rollback failed: no catalog, held\n      app0001.example.net, app0002.example.net\n      Could not retrieve catalog\n", Text(stuck),
            StringComparison.Ordinal);
        Assert.DoesNotContain("failed: resources", Text(stuck), StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_of_the_log_that_the_message_has_in_it_is_not_told_twice()
    {
        var failed = Nodes("app", 1, Outcome.FailedResources).Single();
        var node = failed with { Message = "2 of 40 resources failed: no disk", ErrorLines = ["no disk", "no network"] };

        Assert.Contains("\n      2 of 40 resources failed: no disk\n      no network\n  ->", Text(Of([node])), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_odd_but_no_failure_is_told_once_and_no_node_of_it_needs_a_person()
    {
        var odd =
            Of([.. Nodes("app", 3000, Outcome.Succeeded).Select(n =>
                n with { Warnings = ["the run's environment was 'a'"], Held = false, Hold = Hold.None, Standing = Standing.Free })]);

        Assert.Contains("Warnings:\n  3,000 nodes (app0001.example.net, app0002.example.net,", Text(odd), StringComparison.Ordinal);
        Assert.DoesNotContain("to look at", Text(odd), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(41)]
    [InlineData(5000)]
    public void Of_a_big_fleet_at_most_forty_nodes_are_named_some_of_each_kind_and_the_rest_is_counted(int count)
    {
        var nodes = BadOnes.SelectMany((outcome, i) => Nodes($"n{i:00}-", count, outcome)).ToList();
        var text = Text(Of([.. nodes]));
        var named = nodes.Count(n => text.Contains(n.Name.Value, StringComparison.Ordinal));

        Assert.InRange(named, BadOnes.Length, 40);
        Assert.All(BadOnes, o => Assert.Contains($" more nodes  {o.Word()}\n", text, StringComparison.Ordinal));
        Assert.All(BadOnes, o => Assert.Contains(o.Advice(), Unwrapped(text), StringComparison.Ordinal));
        Assert.Contains($"{nodes.Count:N0} nodes to look at:", text, StringComparison.Ordinal);
        Assert.Contains("or --output json", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rare_kind_of_failure_is_not_hidden_behind_a_frequent_one()
    {
        var text = Text(Of([.. Nodes("web", 300, Outcome.Unreachable), .. Nodes("db", 2, Outcome.RefusedClock)]));

        Assert.Contains("db0001.example.net, db0002.example.net", text, StringComparison.Ordinal);
        Assert.Contains("  and 262 more nodes  unreachable\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void No_line_is_wider_than_the_screen_whatever_nodes_say()
    {
        var words = string.Concat(
            Enumerable.Repeat("Could not set 'present' on ensure: /opt/very/long/path/without/any/blank/in/it/whatsoever/and/on/and/on/and/on.conf ", 4));
        var nodes = Nodes("app", 60, Outcome.FailedResources).Select((n, i) => n with { ErrorLines = [$"{words}{i}"], Message = $"東京 {words}" });
        var view = Of([.. nodes, .. Nodes("db", 20000, Outcome.Unreachable)]);

        Assert.All(Text(view).Split('\n'), line => Assert.True(VisibleText.WidthOf(line) <= 80, line));
        // Shortened in the middle: the end is there.
        Assert.Contains(OutsideText.MiddleMarker.Trim(), Text(view), StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_critical_path_is_told_by_its_slowest_runs_in_their_order()
    {
        var path = Enumerable.Range(1, 50).Select(i => new CriticalTurn(new($"n{i:00}"), i, 1, Sample.Seconds(0), Sample.Seconds(i % 5 == 0 ? 20 : 1)))
            .ToImmutableArray();
        var text = Unwrapped(Text(Sample.Succeeded with
        {
            Report = Sample.Succeeded.Report! with { CriticalPath = path, BeforeRuns = Sample.Seconds(0.5), AfterRuns = Sample.Seconds(0.4) },
        }));

        Assert.Contains("critical path 4m: n05 20s, then n10 20s, then n15 20s,", text, StringComparison.Ordinal);
        Assert.Contains("then n50 20s (the slowest of 50 runs in a row)", text, StringComparison.Ordinal);
        Assert.Contains("orchestrator overhead: 1s (0.5s before runs, 0.4s after runs)", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_goes_on_is_told_with_what_is_open_and_the_verbs_that_make_sense_now()
    {
        var report = Sample.Report(
            30, [new ReportRow(2, 2, 0, 0, 0, 0, 0, 0, 2, null)], [], [new PhaseTime(ReportPhase.Groups, Sample.Seconds(30))], [], 0);
        var running = Sample.Running with { Report = report };

        Assert.Contains(
            "skipped  pending  time\n    2      2          0       0            0        0        0        2     -\n", Text(running), StringComparison.Ordinal);
        Assert.EndsWith(
            "Still running: orchestrator watch 7f3k2m1q follows it,\norchestrator cancel 7f3k2m1q stops it.", Text(running), StringComparison.Ordinal);
        Assert.EndsWith("Awaiting approval: orchestrator approve 7f3k2m1q --group 2 starts the group.",
            Text(running with { State = DeploymentPhase.AwaitingApproval, Verbs = [new PossibleVerb(Verb.Approve, Group: 2)] }), StringComparison.Ordinal);
        Assert.EndsWith("Awaiting approval.", Text((running with
        {
            State = DeploymentPhase.AwaitingApproval,
            Verbs = [new PossibleVerb(Verb.Approve, Group: 2, NotBy: ["rip"])],
        }).For("rip")), StringComparison.Ordinal);
        Assert.EndsWith("Paused: orchestrator resume 7f3k2m1q ends the pause.",
            Text(running with { State = DeploymentPhase.Paused, Verbs = [new PossibleVerb(Verb.Resume)] }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_clock_that_was_set_is_told_and_adds_nothing_to_the_time()
    {
        var report = Sample.Report(30, [new ReportRow(2, 2, 0, 0, 0, 0, 0, 0, 2, null)], [], [], [], 0) with
        {
            ClockSteps = [new ClockStep(Sample.At(10), TimeSpan.FromHours(-1))],
        };
        var text = Text(Sample.Running with { Report = report });

        Assert.StartsWith("Deployment 7f3k2m1q in production: running for 30s,", text, StringComparison.Ordinal);
        Assert.Contains(
            "\nAt 2016-07-14 13:28:48 +0200 this host's clock was set back by 1h; deadlines\nwere not affected.\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_makes_no_sense_now_is_not_offered()
    {
        Assert.EndsWith("Still running: orchestrator watch 7f3k2m1q follows it.",
            Text(Sample.Running with { Verbs = [new PossibleVerb(Verb.Abandon)] }), StringComparison.Ordinal);
        Assert.DoesNotContain("Next:", Text(Sample.Failed with { Verbs = null }), StringComparison.Ordinal);
        Assert.DoesNotContain("orchestrator rollback", Text(Sample.Succeeded with { Verbs = [new PossibleVerb(Verb.Rollback)] }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_of_very_many_groups_is_told_by_its_first_ones()
    {
        var rows = Enumerable.Range(1, 45).Select(i => new ReportRow(i, 1000, 999, 0, 1, 0, 0, 0, 0, Sample.Seconds(4000))).ToImmutableArray();
        var text = Text(Sample.Succeeded with { Report = Sample.Succeeded.Report! with { Groups = rows } });

        Assert.Contains("\nand 5 more groups with 5,000 nodes, 4,995 of them succeeded\n", text, StringComparison.Ordinal);
    }

    private static string Text(DeploymentView view, int? width = 80) => string.Join('\n', ReportText.Lines(view, width, Sample.At(100), Sample.Zone));

    private static string Unwrapped(string text) => System.Text.RegularExpressions.Regex.Replace(text, @"\n\s+", " ");

    private static DeploymentView With(params SameChanges[] changes) =>
        Sample.Succeeded with { Report = Sample.Succeeded.Report! with { Changes = [.. changes] } };

    private static DeploymentView Of(NodeView[] nodes) => Sample.View(DeploymentPhase.Failed, 60, "why", nodes) with
    {
        Report = Sample.Report(60, [new ReportRow(1, nodes.Length, 0, 0, nodes.Length, 0, 0, 0, 0, Sample.Seconds(50))], [], [], [], 0),
        Verbs = [new PossibleVerb(Verb.Retry)],
    };

    private static IEnumerable<NodeView> Nodes(string name, int count, Outcome outcome) =>
        Enumerable.Range(1, count).Select(i => Sample.Node(new NodeName($"{name}{i:0000}.example.net"), 1, outcome, null, Hold.Held, outcome.Word()));
}
