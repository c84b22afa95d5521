using System.Text.Json;
using Orchestrator.Domain.Deployments.Views;
using Orchestrator.Domain.Plans;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Tests.Deployments.Views;

/// <summary>What a history adds up to: rows, phases, the critical path, changes. Histories of db, then app1 and app2, then web, by hand.</summary>
public sealed class ReportTests
{
    private static readonly NodeName Db = new("db"), App1 = new("app1"), App2 = new("app2"), Web = new("web");

    private static readonly PlanIndex Plan = new(new Plan(
        new PlanId("sha256:x"), "production", [], 4, [Group(1, [], Db), Group(2, [Db], App1, App2), Group(3, [App1], Web)], []));

    [Fact]
    public void A_row_counts_a_groups_nodes_by_how_they_ended()
    {
        var report = Of(
            [.. Begun(), .. Run(1, 10, Succeeded(Db, 12, 2)), .. Opened(2, 1, 13, App1, App2), Requested(App1, 13), Requested(App2, 14),
            Settled(App1, Outcome.Unreachable, 40), Settled(App2, Outcome.FailedResources, 30, 1), new GroupFinished(2, 0, 2, At(40)),
            new DeploymentStopping(DeploymentPhase.Failed, "why", At(40)), new NodesSkipped([Web], "why", At(40)),
            new DeploymentEnded(DeploymentPhase.Failed, "why", At(41))]);

        Assert.Equal(
            [
                new(1, 1, 1, 1, 0, 0, 0, 0, 0, Seconds(2)),
                new(2, 2, 0, 1, 1, 1, 0, 0, 0, Seconds(27)),
                new(3, 1, 0, 0, 0, 0, 0, 1, 0, null),
            ],
            report.Groups.AsEnumerable());
        Assert.Equal(["failed: resources", "skipped", "succeeded", "unreachable"], report.Advice.Keys);
        Assert.Equal(Outcome.Unreachable.Advice(), report.Advice["unreachable"]);
        Assert.Null(report.Rollback);
    }

    [Fact]
    public void Phases_say_what_the_time_went_by_with_and_waiting_for_others_counts_from_the_registration()
    {
        var options = new DeploymentOptions { Soak = Seconds(5), ApproveGroups = true };
        var report = Of(
            [.. Begun(options), .. Run(1, 10, Succeeded(Db, 12)), new SoakStarted(At(17), At(12)), new ApprovalAwaited(2, null, At(17)),
                new GroupApproved(2, "bob", At(57)),
            .. Opened(2, 1, 57, App1, App2), Requested(App1, 58), Requested(App2, 58), new DeploymentPaused("bob", At(60)), Succeeded(App1, 62),
            Succeeded(App2, 63),
            new DeploymentResumed("bob", null, At(70)), new GroupFinished(2, 2, 0, At(70)), new SoakStarted(At(75), At(70)),
            .. Run(3, 75, Succeeded(Web, 78)), new ReleaseStarted(null, null, At(78)), new NodesReleased([Db, App1, App2, Web], At(80)),
            new DeploymentEnded(DeploymentPhase.Succeeded, "", At(80)), new AttentionRaised(Attention.HeldTooLong, "later", At(900))]);

        Assert.Equal(
            [
                new(ReportPhase.Waiting, Seconds(1)), new(ReportPhase.Check, Seconds(2)), new(ReportPhase.Isolation, Seconds(7)),
                new(ReportPhase.Groups, Seconds(8)),
                new(ReportPhase.Soaks, Seconds(10)), new(ReportPhase.Approvals, Seconds(40)), new(ReportPhase.Pauses, Seconds(10)),
                new(ReportPhase.Release, Seconds(2)),
            ],
            report.Phases.AsEnumerable());
        Assert.Equal(Seconds(80), report.Time);
        Assert.Equal(
            [new(Db, 1, 1, Seconds(1), Seconds(1)), new(App2, 2, 1, Seconds(1), Seconds(2), Paused: Seconds(3)), new(Web, 3, 1, Seconds(1), Seconds(2))],
            report.CriticalPath.AsEnumerable());
        // A pause in a run is no part of the groups' time: 8 s of groups, of which runs took 1, 2 and 2.
        Assert.Equal((Seconds(3), Seconds(3)), (report.Added, report.BeforeRuns));
    }

    [Fact]
    public void What_was_waited_only_for_settling_is_a_phase_of_its_own_and_nothing_that_the_orchestrator_added()
    {
        // Held at 4, so settled at 12: 2 s after the gate opened; asked a second after that.
        var report = Of([.. Begun(new DeploymentOptions { Settle = Seconds(8) }), .. Opened(1, 1, 10, Db), Requested(Db, 13), Succeeded(Db, 20),
            new GroupFinished(1, 1, 0, At(20))], 20);

        Assert.Equal([(ReportPhase.Waiting, 1), (ReportPhase.Check, 2), (ReportPhase.Isolation, 7), (ReportPhase.Settling, 2), (ReportPhase.Groups, 8)],
            report.Phases.Select(p => (p.Phase, p.Time.TotalSeconds)));
        Assert.Equal(new CriticalTurn(Db, 1, 1, Seconds(1), Seconds(7), Seconds(2)), Assert.Single(report.CriticalPath));
        Assert.Equal((Seconds(1), Seconds(1)), (report.Added, report.BeforeRuns));
        Assert.Equal("settling", ReportPhase.Settling.Word());
    }

    [Fact]
    public void From_the_end_of_a_run_by_its_nodes_clock_on_the_time_is_what_the_orchestrator_added()
    {
        RunAccepted Accepted(NodeName node, double at, int number = 1) => new(node, number, 5000, At(at));
        var report = Of(
            [.. Begun(), .. Opened(1, 1, 10, Db), Requested(Db, 10), Accepted(Db, 11), Succeeded(Db, 20) with { Took = Seconds(7) },
                new GroupFinished(1, 1, 0, At(20)),
            .. Opened(2, 1, 20, App1), Requested(App1, 20), Accepted(App1, 20), new RunDisplaced(App1, 1, "another's", At(25)), Requested(App1, 26, 2),
            Accepted(App1, 26, 2),
            Succeeded(App1, 30) with { Took = Seconds(3) }, new GroupFinished(2, 1, 0, At(30))], 30);

        // Without the second for which the node settled before it was asked again.
        Assert.Equal([Seconds(8), Seconds(8)], report.CriticalPath.Select(t => t.Run));
        Assert.Equal((Seconds(3), Seconds(0), Seconds(3)), (report.Added, report.BeforeRuns, report.AfterRuns));
    }

    [Theory]
    [InlineData(null)] // not told
    [InlineData(12.0)] // its clock is known to the second only: never beyond the verdict
    public void Where_a_runs_end_is_not_known_it_counts_up_to_its_verdict(double? took)
    {
        var report = Of(
            [.. Begun(), .. Opened(1, 1, 10, Db), Requested(Db, 10), new RunAccepted(Db, 1, 5000, At(10)),
                Succeeded(Db, 20) with { Took = took is { } t ? Seconds(t) : null }, new GroupFinished(1, 1, 0, At(20))], 20);

        Assert.Equal(Seconds(10), Assert.Single(report.CriticalPath).Run);
        Assert.Equal(Seconds(0), report.AfterRuns);
    }

    [Fact]
    public void A_node_settles_again_before_it_is_asked_again()
    {
        var report = Of(
            [.. Begun(new DeploymentOptions { Settle = Seconds(3) }), .. Opened(1, 1, 10, Db), Requested(Db, 10), new RunDisplaced(Db, 1, "another's", At(15)),
                new NodesHeld([Db], At(16)),
            Requested(Db, 20, 2), Succeeded(Db, 30), new GroupFinished(1, 1, 0, At(30))], 30);

        Assert.Contains(new PhaseTime(ReportPhase.Settling, Seconds(3)), report.Phases);
        Assert.Equal(new CriticalTurn(Db, 1, 1, Seconds(0), Seconds(17), Seconds(3)), Assert.Single(report.CriticalPath));
        Assert.Equal(Seconds(0), report.Added);
    }

    [Fact]
    public void Only_what_is_left_of_settling_when_the_batch_opens_counts_and_a_pause_in_it_does_not()
    {
        var options = new DeploymentOptions { Settle = Seconds(60) };
        var report = Of(
            [.. Begun(options), .. Opened(1, 1, 10, Db), new DeploymentPaused("bob", At(12)), new DeploymentResumed("bob", null, At(50)),
            Requested(Db, 64), Succeeded(Db, 70), new GroupFinished(1, 1, 0, At(70)), .. Run(2, 70, Succeeded(App1, 80))], 80);

        // 2 s before the pause and 14 after it.
        Assert.Contains(new PhaseTime(ReportPhase.Settling, Seconds(16)), report.Phases);
        Assert.Equal(report.Time.Ticks, report.Phases.Sum(p => p.Time.Ticks));
        Assert.Equal(Seconds(0), report.CriticalPath[1].Settling);
    }

    [Fact]
    public void The_critical_path_has_the_last_node_of_each_batch()
    {
        var report = Of(
            [.. Begun(), .. Run(1, 10, Succeeded(Db, 12)), .. Opened(2, 1, 12, App1), Requested(App1, 13), Succeeded(App1, 20),
                new BatchStarted(2, 2, [App2], At(999), At(20)),
            Requested(App2, 20), new RunDisplaced(App2, 1, "another's", At(22)), Requested(App2, 25, 2), Succeeded(App2, 30)], 30);

        Assert.Equal([Db, App1, App2], report.CriticalPath.Select(t => t.Node));
        Assert.Equal((Seconds(0), Seconds(8.5)), (report.CriticalPath[2].Before, report.CriticalPath[2].Run));
        Assert.Equal((Seconds(2), Seconds(2)), (report.Added, report.BeforeRuns));
    }

    [Fact]
    public void Where_nodes_begin_each_by_itself_the_critical_path_goes_along_what_they_depend_on()
    {
        var report = Of(
            [.. Begun(new DeploymentOptions { Strategy = Strategy.Eager }), new GroupStarted(0, 4, At(10)),
            new BatchStarted(0, 1, [Db], At(999), At(10)), Requested(Db, 11), Succeeded(Db, 15),
            new BatchStarted(0, 2, [App1, App2], At(999), At(15)), Requested(App1, 15), Requested(App2, 16), Succeeded(App1, 20),
            new BatchStarted(0, 3, [Web], At(999), At(21)), Requested(Web, 22), Succeeded(App2, 30), Succeeded(Web, 32),
            new GroupFinished(0, 4, 0, At(32))], 32);

        Assert.Equal([Db, App1, Web], report.CriticalPath.Select(t => t.Node));
        Assert.Equal([Seconds(4), Seconds(5), Seconds(10)], report.CriticalPath.Select(t => t.Run));
        Assert.Equal((Seconds(3), Seconds(2)), (report.Added, report.BeforeRuns));
        Assert.Equal([Seconds(5), Seconds(15), Seconds(11)], report.Groups.Select(r => r.Time));
    }

    [Fact]
    public void What_goes_on_counts_up_to_now()
    {
        var report = Of([.. Begun(), .. Opened(1, 1, 10, Db), Requested(Db, 12)], 50);

        Assert.Equal(new(1, 1, 0, 0, 0, 0, 0, 0, 1, Seconds(40)), report.Groups[0]);
        Assert.Equal(Seconds(50), report.Time);
        Assert.Equal(new CriticalTurn(Db, 1, 1, Seconds(2), Seconds(38)), Assert.Single(report.CriticalPath));
        Assert.Equal(Seconds(2), report.Added);
    }

    [Fact]
    public void After_a_retry_rows_are_of_the_newest_attempt_and_the_time_between_is_that_of_nobody()
    {
        var report = Of(
            [.. Begun(), .. Run(1, 10, Succeeded(Db, 12, 3)), .. Opened(2, 1, 12, App1, App2), Requested(App1, 12), Requested(App2, 12), Succeeded(App1, 14, 3),
                Settled(App2, Outcome.FailedNoCatalog, 20),
            new GroupFinished(2, 1, 1, At(20)), new DeploymentStopping(DeploymentPhase.Failed, "why", At(20)), new NodesSkipped([Web], "why", At(20)),
            new DeploymentEnded(DeploymentPhase.Failed, "why", At(20)),
            new RetryStarted(2, [App2, Web], "bob", At(100)), new NodesChecked([new(App2, false, false), new(Web, false, false)], At(101)),
            new IsolationStarted(At(999), At(101)),
            new NodesHeld([App2, Web], At(101)), new NodesIdle([App2, Web], At(101)), .. Opened(2, 1, 101, App2), Requested(App2, 101, 2),
            Succeeded(App2, 104, 3),
            new GroupFinished(2, 2, 0, At(104)), .. Run(3, 104, Succeeded(Web, 110)), new DeploymentEnded(DeploymentPhase.Succeeded, "", At(110))]);

        Assert.Equal([Seconds(2), Seconds(3), Seconds(6)], report.Groups.Select(r => r.Time));
        Assert.Equal([1, 2, 1], report.Groups.Select(r => r.Succeeded));
        Assert.Contains(new PhaseTime(ReportPhase.Ended, Seconds(80)), report.Phases);
        Assert.Equal(Seconds(110), report.Time);
        Assert.Equal([(Db, 1), (App2, 1), (App2, 2), (Web, 2)], report.CriticalPath.Select(t => (t.Node, t.Attempt)));
    }

    [Fact]
    public void A_rollback_has_rows_of_its_own_the_last_group_first()
    {
        var report = Of(
            [.. Begun(), .. Run(1, 10, Succeeded(Db, 12, 3)), .. Opened(2, 1, 12, App1, App2), Requested(App1, 12), Requested(App2, 12), Succeeded(App1, 14, 3),
                Settled(App2, Outcome.FailedResources, 20),
            new GroupFinished(2, 1, 1, At(20)), new DeploymentStopping(DeploymentPhase.Failed, "why", At(20)), new NodesSkipped([Web], "why", At(20)),
            new RollbackStarted("stable", [Db, App1, App2], "why", At(999), At(20)), new NodesHeld([Db, App1, App2], At(21)),
            new NodesIdle([Db, App1, App2], At(21)),
            .. Opened(2, 1, 21, App1, App2), Requested(App1, 21, 2), Requested(App2, 21, 2), Succeeded(App1, 25, 1) with { RanIn = "stable" },
            Succeeded(App2, 26, 1) with { RanIn = "stable" }, new GroupFinished(2, 2, 0, At(26)),
            .. Opened(1, 1, 26, Db), Requested(Db, 26, 2), Succeeded(Db, 30) with { RanIn = "production" }, new GroupFinished(1, 1, 0, At(30)),
            new DeploymentEnded(DeploymentPhase.RolledBack, "", At(30))]);

        Assert.Equal(("stable", "why"), (report.Rollback!.Environment, report.Rollback.Because));
        Assert.Equal([new(2, 2, 2, 2, 0, 0, 0, 0, 0, Seconds(5)), new(1, 1, 1, 0, 0, 0, 0, 0, 0, Seconds(4))], report.Rollback.Groups.AsEnumerable());
        Assert.Equal([2, 1], report.Rollback.Changes.Select(c => c.NodeCount));
        Assert.Equal([("stable", 2, false), ("production", 1, true)], report.Rollback.Ran!.Select(r => (r.Environment, r.NodeCount, r.Differs)));
        Assert.Equal([1, 1, 0], report.Groups.Select(r => r.Succeeded));
        Assert.Contains(new PhaseTime(ReportPhase.Rollback, Seconds(10)), report.Phases);
        Assert.Equal([Db, App2], report.CriticalPath.Select(t => t.Node));
    }

    [Fact]
    public void Nodes_with_the_same_changes_are_told_together_the_most_first_and_those_without_any_last()
    {
        var report = Of(
            [.. Begun(), .. Opened(1, 1, 10, Db), Requested(Db, 10), new ChangesSeen("d1", ["File[/a]: created"], 1, At(12)), Succeeded(Db, 12, 1, "d1"),
                new GroupFinished(1, 1, 0, At(12)),
            .. Opened(2, 1, 12, App1, App2), Requested(App1, 12), Requested(App2, 12),
            new ChangesSeen("d2", ["File[/b]: created", "File[/c]: created"], 7, At(14)),
            Succeeded(App1, 14, 7, "d2"), Settled(App2, Outcome.FailedResources, 14, 7, "d2"), new GroupFinished(2, 1, 1, At(14)),
            .. Run(3, 14, Succeeded(Web, 15, 0))]);

        Assert.Equal([(2, 7, "d2"), (1, 1, "d1"), (1, 0, null)], report.Changes.Select(c => (c.NodeCount, c.Count, c.Id)));
        Assert.Equal([App1, App2], report.Changes[0].Nodes.AsEnumerable());
        Assert.Equal(["File[/b]: created", "File[/c]: created"], report.Changes[0].Lines.AsEnumerable());
        Assert.Equal([Web], report.Changes[2].Nodes.AsEnumerable());
    }

    [Fact]
    public void Where_the_log_did_not_tell_changes_nodes_with_as_many_stand_together()
    {
        var report = Of([.. Begun(), .. Run(1, 10, Succeeded(Db, 12, 3)), .. Opened(2, 1, 12, App1, App2), Requested(App1, 12), Requested(App2, 12),
            Succeeded(App1, 14, 3), Succeeded(App2, 14, 4)]);

        Assert.Equal([(2, 3, null), (1, 4, (string?)null)], report.Changes.Select(c => (c.NodeCount, c.Count, c.Id)));
    }

    [Fact]
    public void A_node_that_got_no_catalog_is_not_among_those_without_a_change()
    {
        var report = Of([.. Begun(), .. Run(1, 10, Succeeded(Db, 12, 0)), .. Opened(2, 1, 12, App1, App2), Requested(App1, 12), Requested(App2, 12),
            Succeeded(App1, 14, 0), Settled(App2, Outcome.FailedNoCatalog, 14, 0)]);

        Assert.Equal([Db, App1], Assert.Single(report.Changes).Nodes.AsEnumerable());
    }

    [Fact]
    public void A_run_that_was_noop_where_a_real_one_was_asked_for_changed_nothing()
    {
        var report = Of(
            [.. Begun(), .. Opened(1, 1, 10, Db), Requested(Db, 10), new ChangesSeen("d1", ["File[/a]: should be 'file' (noop)"], 1, At(12)),
                Settled(Db, Outcome.FailedNoopRun, 12, 0, "d1")]);

        Assert.Equal((0, null), (report.Changes.Single().Count, report.Changes.Single().Id));
        Assert.Equal(0, report.Groups[0].Changed);
    }

    [Fact]
    public void A_noop_run_counts_by_what_it_would_change()
    {
        var would = new NodeSettled(Db, Outcome.Succeeded, "would change 2", Hold.Held, 0, 2, null, null, null, At(12));
        var report = Of([.. Begun(new DeploymentOptions { Noop = true }), .. Opened(1, 1, 10, Db), Requested(Db, 10), would]);

        Assert.True(report.Noop);
        Assert.Equal(1, report.Groups[0].Changed);
        Assert.Equal(2, report.Changes.Single().Count);
    }

    [Fact]
    public void Where_nodes_really_ran_is_counted_and_marked_where_it_is_not_what_was_asked_for_or_planned()
    {
        ImmutableArray<IDeploymentEvent> HistoryOf(DeploymentOptions options) =>
            [.. Begun(options), .. Run(1, 10, Succeeded(Db, 12) with { RanIn = "production" }), .. Opened(2, 1, 12, App1, App2), Requested(App1, 12),
                Requested(App2, 12),
            Succeeded(App1, 14) with { RanIn = "canary" }, Succeeded(App2, 14) with { RanIn = "canary" }];

        var own = Of(HistoryOf(new DeploymentOptions())).Environments!;
        Assert.Null(own.Asked);
        Assert.Equal([("canary", 2, true), ("production", 1, false)], own.Ran.Select(r => (r.Environment, r.NodeCount, r.Differs)));
        Assert.Equal([App1, App2], own.Ran[0].Nodes.AsEnumerable());

        var asked = Of(HistoryOf(new DeploymentOptions { RunEnvironment = "canary" })).Environments!;
        Assert.Equal("canary", asked.Asked);
        Assert.Equal([("canary", false), ("production", true)], asked.Ran.Select(r => (r.Environment, r.Differs)));
    }

    [Fact]
    public void Advice_goes_by_cause_where_all_nodes_of_an_outcome_have_the_same_and_each_cause_is_counted()
    {
        NodeSettled Refused(NodeName node, Cause? cause) => Settled(node, Outcome.Refused, 3) with { Hold = Hold.None, Cause = cause };
        CausedOutcome Counted(Cause? cause, int nodes) => new(Outcome.Refused, cause, nodes, Outcome.Refused.Advice(cause, AfterFix.Nothing));
        DeploymentReport After(params NodeSettled[] settled) => Of([Begun()[0], .. settled]);

        var one = After(Refused(Db, Cause.Daemon), Refused(App1, Cause.Daemon));
        Assert.Equal(Cause.Daemon.Advice(), one.Advice["refused"]);
        Assert.Equal([Counted(Cause.Daemon, 2)], one.Causes!);

        var several = After(Refused(Db, null), Refused(App1, Cause.Daemon), Refused(App2, Cause.Yaml), Refused(Web, Cause.Yaml));
        Assert.Equal(Outcome.Refused.Advice(null, AfterFix.Nothing), several.Advice["refused"]);
        Assert.Equal([Counted(Cause.Yaml, 2), Counted(null, 1), Counted(Cause.Daemon, 1)], several.Causes!);
        Assert.Null(Of([.. Begun(), .. Run(1, 10, Succeeded(Db, 12))]).Causes);
    }

    [Fact]
    public void Where_no_node_answers_the_check_one_sentence_is_for_all()
    {
        NodeSettled Silent(NodeName node, Hold hold = Hold.None) => Settled(node, Outcome.Unreachable, 3) with { Hold = hold };
        DeploymentReport After(params NodeSettled[] settled) => Of([Begun()[0], .. settled]);

        var nobody = After(Silent(Db), Silent(App1), Silent(App2), Silent(Web));
        Assert.True(nobody.NobodyAnswered);
        Assert.Equal(OutcomeAdvice.NobodyAnswered, nobody.Advice["unreachable"]);
        Assert.Equal([new(Outcome.Unreachable, null, 4, OutcomeAdvice.NobodyAnswered)], nobody.Causes!);

        DeploymentReport[] somebody =
            [After(Silent(Db), Silent(App1), Silent(App2)), After(Silent(Db), Silent(App1), Silent(App2), Silent(Web, Hold.Asked)),
                After(Silent(Db), Silent(App1), Silent(App2), Settled(Web, Outcome.Refused, 3) with { Hold = Hold.None })];
        Assert.All(somebody, r => Assert.False(r.NobodyAnswered));
        Assert.All(somebody, r => Assert.Equal(Outcome.Unreachable.Advice(), r.Advice["unreachable"]));
    }

    [Fact]
    public void After_a_rollback_no_advice_is_to_retry()
    {
        var report = Of(
            [.. Begun(), .. Opened(1, 1, 10, Db), Requested(Db, 10), Settled(Db, Outcome.FailedResources, 12, 1), new GroupFinished(1, 0, 1, At(12)),
            new DeploymentStopping(DeploymentPhase.Failed, "why", At(12)), new NodesSkipped([App1, App2, Web], "why", At(12)),
            new RollbackStarted("stable", [Db], "why", At(999), At(12)), new NodesHeld([Db], At(13)), new NodesIdle([Db], At(13)), .. Opened(1, 1, 13, Db),
            Requested(Db, 13, 2),
            Settled(Db, Outcome.FailedNoCatalog, 14), new DeploymentStopping(DeploymentPhase.Stuck, "why", At(14)),
            new DeploymentEnded(DeploymentPhase.Stuck, "why", At(14))]);

        Assert.EndsWith("then release the nodes", report.Advice["failed: resources"], StringComparison.Ordinal);
        Assert.All(report.Causes!, c => Assert.DoesNotContain("retry", c.Advice, StringComparison.Ordinal));
    }

    [Fact]
    public void A_deployment_that_still_waits_has_a_row_for_every_group()
    {
        var report = DeploymentReports.Of(Plan, At(0), [], At(30)).Report;

        Assert.Equal([1, 2, 1], report.Groups.Select(r => r.Open));
        Assert.Equal(new PhaseTime(ReportPhase.Waiting, Seconds(30)), Assert.Single(report.Phases));
    }

    [Fact]
    public void A_clock_that_was_set_back_makes_no_time_count_twice()
    {
        var report = Of([.. Begun(), .. Opened(1, 1, 10, Db), Requested(Db, 5), Succeeded(Db, 4), new GroupFinished(1, 1, 0, At(12))], 20);

        Assert.Equal(Seconds(20), report.Time);
        Assert.Equal(report.Time.Ticks, report.Phases.Sum(p => p.Time.Ticks));
        Assert.All(report.CriticalPath, t => Assert.True(t.Run >= TimeSpan.Zero && t.Before >= TimeSpan.Zero));
    }

    [Theory]
    [InlineData(3600)]
    [InlineData(-3600)]
    public void A_clock_that_is_set_while_it_runs_is_told_and_no_time_is_added_by_it(double by)
    {
        ImmutableArray<IDeploymentEvent> history =
            [.. Begun(), .. Opened(1, 1, 10, Db), Requested(Db, 11), new ClockStepped(Seconds(by), At(12))];
        Assert.Equal(Seconds(20), Of(history, 20 + by).Time);

        var after = Of([.. history, new SupervisorStarted(2, At(20 + by))], 30 + by);
        Assert.Equal(Seconds(by > 0 ? 30 + by : 12), after.Time);
        Assert.Equal(new ClockStep(At(12), Seconds(by)), Assert.Single(after.ClockSteps!));
    }

    [Fact]
    public void Each_contradiction_is_an_entry_of_its_own()
    {
        var report = Of(
            [Begun()[0], new AnswersContradicted(Db, "status", "0123456789abcdef", "fedcba9876543210", At(1)), .. Begun()[1..],
                new AnswersContradicted(App1, "last_run_summary", "00", "01", At(9))]);

        Assert.Equal(
            [new Contradiction(Db, At(1), "status", "0123456789abcdef", "fedcba9876543210"), new Contradiction(App1, At(9), "last_run_summary", "00", "01")],
            report.Contradictions!);
    }

    [Fact]
    public void It_is_the_same_after_it_was_written_and_read()
    {
        var report = Of(
            [.. Begun(), .. Run(1, 10, Succeeded(Db, 12, 3)), .. Opened(2, 1, 12, App1, App2), Requested(App1, 12), Settled(App1, Outcome.RefusedClock, 13)]);
        var json = JsonSerializer.Serialize(report, MessagesJson.Plain.DeploymentReport);

        Assert.Equal(
            json, JsonSerializer.Serialize(JsonSerializer.Deserialize(json, MessagesJson.Plain.DeploymentReport), MessagesJson.Plain.DeploymentReport));
        Assert.Contains("\"phase\":\"isolation\"", json, StringComparison.Ordinal);
        Assert.DoesNotContain("rollback", json, StringComparison.Ordinal);
    }

    private static DeploymentReport Of(ImmutableArray<IDeploymentEvent> history, double now = 1000) =>
        DeploymentReports.Of(Plan, At(0), history, At(now)).Report;

    /// <summary>From the registration at 0 to the first gate at 10: 1 s of waiting, 2 of checking, 7 of isolation.</summary>
    private static IDeploymentEvent[] Begun(DeploymentOptions? options = null) =>
    [
        new DeploymentStarted(new PlanId("sha256:x"), "production", new FleetName("test"), options ?? new DeploymentOptions(), "alice", 4, "held", At(1)),
        new NodesChecked([new(Db, false, false), new(App1, false, false), new(App2, false, false), new(Web, false, false)], At(3)),
        new IsolationStarted(At(999), At(3)),
        new NodesHeld([Db, App1, App2, Web], At(4)),
        new NodesIdle([Db, App1, App2, Web], At(10)),
    ];

    /// <summary>A group of one node, asked a second after its gate opened.</summary>
    private static IDeploymentEvent[] Run(int group, double at, NodeSettled settled) =>
        [.. Opened(group, 1, at, settled.Node), Requested(settled.Node, at + 1), settled, new GroupFinished(group, 1, 0, settled.At)];

    private static IDeploymentEvent[] Opened(int group, int batch, double at, params NodeName[] nodes) =>
        [new GroupStarted(group, nodes.Length, At(at)), new BatchStarted(group, batch, [.. nodes], At(999), At(at))];

    private static RunRequested Requested(NodeName node, double at, int number = 1) => new(node, number, 1, 2, false, At(999), At(999), At(at));

    private static NodeSettled Succeeded(NodeName node, double at, int changed = 0, string? changes = null) =>
        Settled(node, Outcome.Succeeded, at, changed, changes);

    private static NodeSettled Settled(NodeName node, Outcome outcome, double at, int? changed = null, string? changes = null) =>
        new(node, outcome, outcome.Word(), Hold.Held, changed, null, null, null, null, At(at), changes);

    private static PlanGroup Group(int number, NodeName[] after, params NodeName[] nodes) =>
        new(number, [.. nodes.Select(n => new PlannedNode(n, ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty, [.. after]))]);

    private static DateTimeOffset At(double seconds) => Given.Now.AddSeconds(seconds);

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
