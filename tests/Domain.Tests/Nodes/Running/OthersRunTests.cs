using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Runs;
using Orchestrator.Domain.Tests.Runs;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Tests.Nodes.Running;

/// <summary>Another's run beside ours, step by step: what the node is asked then, and what is concluded. docs/proofs.md has the table.</summary>
public sealed class OthersRunTests
{
    private static readonly RunDeviation Tags = new(9, null, false);

    [Fact]
    public void A_summary_of_puppet_apply_closes_nothing_while_ours_may_be_on_its_way()
    {
        var trial = Asked().Status(lastRun: 204).Summary(Apply(204));

        Assert.Null(trial.Outstanding);
        Assert.DoesNotContain(trial.Facts, f => f is NodeFact.Began);
        Settle(trial.Woken(), applying: true, lastRun: 204);
        Assert.True(Ended(trial, 215, Ours(215)).IsOurs);
    }

    [Fact]
    public void Nor_does_one_of_an_apply_that_failed_and_the_same_summary_is_read_but_once()
    {
        var trial = Asked().Status(lastRun: 204).Summary(Apply(204) with { Resources = GoodRun.Summary.Resources with { Failed = 3 } });
        for (var i = 0; i < 5; i++)
        {
            trial.Woken().Status(lastRun: 204);
            Assert.Null(trial.Outstanding);
        }
        Assert.Equal(Outcome.Succeeded, Ended(trial.Woken(), 215, Ours(215)).Outcome);
    }

    [Fact]
    public void Where_an_apply_wrote_over_our_summary_what_became_of_ours_cannot_be_seen_and_it_is_asked_for_again()
    {
        var trial = Asked();
        Settle(trial, applying: true, lastRun: 100);

        var displaced = Displaced(trial.Status(enabled: false, lastRun: 216).Summary(Apply(216)));
        Assert.Equal("the summary is from puppet apply, not from an agent run", displaced.Message);
        Assert.Null(displaced.Deviation);
    }

    [Fact]
    public void So_it_is_where_ours_was_seen_for_less_than_a_second()
    {
        var trial = Asked().Status(applying: true).Woken().Status(lastRun: 207).Summary(Apply(207));
        Assert.Null(trial.Outstanding);
        UntilClosed(trial.Woken(), lastRun: 207).Disabled().Status(enabled: false, lastRun: 207);

        Assert.Equal(Hold.Held, Displaced(trial).Hold);
    }

    [Fact]
    public void A_run_that_dies_while_ours_may_still_be_starting_is_nobody_s_and_ours_is_awaited()
    {
        var trial = JustAsked();
        foreach (var applying in (bool[])[true, false, true])
        {
            for (var until = trial.Now.Monotonic + TimeSpan.FromSeconds(1.5); trial.Now.Monotonic < until; trial.Woken())
                trial.Status(applying);
        }

        Assert.True(Ended(trial, 215, Ours(215)).IsOurs);
    }

    [Fact]
    public void One_that_dies_later_was_ours_which_is_said_once_the_node_is_closed_and_was_read_again()
    {
        var trial = JustAsked();
        var asked = trial.Now.Monotonic;
        UntilClosed(trial.Status(applying: true).Woken()).Disabled();
        Assert.InRange(trial.Now.Monotonic - asked, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(7));
        Assert.DoesNotContain(trial.Facts, f => f is NodeFact.Ended);

        Assert.Equal(Outcome.FailedRunDied, trial.Status(enabled: false).Facts.OfType<NodeFact.Ended>().Single().Outcome);
    }

    [Fact]
    public void A_node_that_ran_more_often_than_it_was_asked_to_is_told_in_the_verdict()
    {
        // The request was sent once more before the node was held: its run looks like ours in everything.
        var trial = Asked().Status(lastRun: 215).Summary(Ours(215)).Disabled().Status(enabled: false, lastRun: 221).Summary(Ours(221));

        var verdict = trial.Facts.OfType<NodeFact.Judged>().Single().Verdict;
        Assert.Equal(Outcome.Succeeded, verdict.Outcome);
        Assert.Equal(
            "Puppet ran 2 times there although one run was requested: somebody else started another, or sent the request once more",
            Assert.Single(verdict.Warnings));
    }

    [Theory]
    [InlineData(215, false, false)]
    [InlineData(221, false, true)]
    [InlineData(215, true, true)]
    public void A_run_after_the_verdict_is_told_before_the_node_is_enabled(double lastRun, bool applying, bool isTold)
    {
        var context = NewContext();
        var trial = new Trial(n => Trial.Run(n), context: context).Enabled().Accepted().Pass(TimeSpan.FromSeconds(6)).Status(applying: true);
        Assert.Empty(Ended(trial.Woken(), 215, Ours(215)).Warnings);

        var release = new Trial(_ => new NodeAssignment.Release(), context: context).Status(applying, enabled: false, lastRun: lastRun).Enabled();
        Assert.Equal(isTold, release.Facts is [NodeFact.OutOfTurn, NodeFact.Released]);
        Assert.IsType<NodeFact.Released>(release.Facts[^1]);
    }

    [Fact]
    public void What_changes_a_node_lives_no_longer_than_servers_insist_on()
    {
        var context = NewContext();
        NodeRequest[] acts = [context.Disable, new NodeRequest.Enable(), new NodeRequest.Runonce(true, null, null, null)];
        Assert.All(acts, a => Assert.Equal(TimeSpan.FromSeconds(30), context.TimeToLiveOf(a, default)));
        Assert.All(
            (NodeRequest[])[new NodeRequest.Status(), new NodeRequest.LastRunSummary(true)],
            r => Assert.Equal(TimeSpan.FromSeconds(60), context.TimeToLiveOf(r, default)));
    }

    [Theory]
    [InlineData(-62, 120, 150)]
    [InlineData(-20, 30, 60)]
    [InlineData(4, 30, 60)]
    [InlineData(60, 90, 120)]
    [InlineData(61, 120, 150)]
    [InlineData(3600, 3630, 3660)]
    [InlineData(3601, 30, 3690)]
    [InlineData(1_500_000_000, 30, 900_000_060)]
    public void What_changes_a_node_whose_clock_is_off_lives_until_it_arrives_there(int secondsAhead, int ofActs, int ofReads)
    {
        var (context, now) = (NewContext(), new ClockReading(Trial.Start, TimeSpan.Zero));
        context.Clock.Learn(Trial.Start.AddSeconds(secondsAhead), now, now);
        Assert.Equal(TimeSpan.FromSeconds(ofActs), context.TimeToLiveOf(context.Disable, now));
        Assert.Equal(TimeSpan.FromSeconds(ofReads), context.TimeToLiveOf(new NodeRequest.Status(), now));
        Assert.Equal(TimeSpan.FromSeconds(30), context.TimeToLiveOf(new NodeRequest.Runonce(true, null, null, null), now));
    }

    [Theory]
    [InlineData(-60, 90)]
    [InlineData(60, 120)]
    public void What_was_learnt_before_this_hosts_clock_was_set_counts_by_how_it_was_set(int set, int ofActs)
    {
        var (context, told) = (NewContext(), new ClockReading(Trial.Start, TimeSpan.Zero));
        context.Clock.Learn(Trial.Start.AddSeconds(set < 0 ? 0 : -10), told, told);

        var now = new ClockReading(Trial.Start.AddSeconds(5), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(set));
        Assert.Equal(TimeSpan.FromSeconds(ofActs), context.TimeToLiveOf(context.Disable, now));
    }

    [Fact]
    public void How_long_an_agent_takes_to_start_is_learnt_from_the_run_before_from_ours_and_from_when_it_was_seen()
    {
        var context = NewContext();
        new Trial(_ => new NodeAssignment.Check(), context: context).Status().Summary(Ours(100) with { StartupTime = 2 });
        Assert.Equal(TimeSpan.FromSeconds(6), context.StartupTime);

        var trial = new Trial(n => Trial.Run(n), context: context).Enabled().Accepted().Pass(TimeSpan.FromSeconds(6)).Status(applying: true);
        Assert.InRange(context.StartupTime, TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(9.1));
        Ended(trial.Woken(), 215, Ours(215) with { StartupTime = 4 });
        Assert.Equal(TimeSpan.FromSeconds(12), context.StartupTime);
    }

    [Fact]
    public void A_node_that_does_not_answer_enable_may_be_open()
    {
        var trial = new Trial(n => Trial.Run(n));
        while (!trial.Facts.Any(f => f is NodeFact.Ended))
            trial = trial.Outstanding is null ? trial.Woken() : trial.Silence();

        Assert.Equal((Outcome.Unreachable, (Hold?)Hold.Asked), trial.Facts.OfType<NodeFact.Ended>().Select(e => (e.Outcome, e.Hold)).Single());
    }

    [Fact]
    public void The_time_to_start_counts_from_the_node_s_answer_however_long_that_took()
    {
        var trial = new Trial(n => Trial.Run(n)).Enabled().Answer(new RunonceReply(0, "OK", Trial.Start, 200), TimeSpan.FromSeconds(6)).Status(applying: true);
        var answered = trial.Now.Monotonic;
        while (trial.Outstanding is not NodeRequest.Disable)
            trial = trial.Outstanding is null ? trial.Woken() : trial.Status(applying: true);

        Assert.InRange(trial.Now.Monotonic - answered, TimeSpan.FromSeconds(4.9), TimeSpan.FromSeconds(7));
    }

    [Fact]
    public void A_node_whose_run_was_displaced_stays_disabled_until_the_agent_that_we_launched_has_come_to_the_locks()
    {
        var context = NewContext();
        var first = new Trial(n => Trial.Run(n), context: context).Enabled().Accepted().Pass(TimeSpan.FromSeconds(1)).Status(lastRun: 201);
        first.Summary(Ours(201) with { TimeTotal = 4 }).Disabled();
        Assert.Contains("before ours was requested", Displaced(first).Message, StringComparison.Ordinal);

        var left = context.StartedBy - first.Now.Monotonic;
        var next = new Trial(
            _ => new NodeAssignment.Prepare(2, Trial.Start.AddMinutes(10), first.Now.Wall.AddSeconds(1.5)), context: context, begunAfter: first.Now.Monotonic);
        Assert.Equal(left, next.Pause);
        Assert.InRange(left, TimeSpan.FromSeconds(3.5), TimeSpan.FromSeconds(4));
    }

    private static NodeContext NewContext() => new(new("web1.example.net"), new("nodework"), Trial.Held, "production", new DeploymentOptions());

    [Fact]
    public void Where_a_run_was_seen_late_the_next_one_that_decides_a_doubt_is_watched_for_longer_and_closed_later()
    {
        var context = NewContext();
        context.LearnStartup(TimeSpan.FromSeconds(8));
        Assert.Equal(TimeSpan.FromSeconds(12), context.StartupTime);
        context.LearnStartup(Ours(100) with { StartupTime = 5 });
        Assert.Equal(TimeSpan.FromSeconds(15), context.StartupTime);
        context.LearnStartup(Ours(100) with { StartupTime = 0.6 });
        context.LearnStartup(Ours(100) with { StartupTime = 600 });
        Assert.Equal(TimeSpan.FromSeconds(15), context.StartupTime);
        context.LearnStartup(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.FromSeconds(30), context.StartupTime);

        var trial = new Trial(Deciding, context: context).Enabled();
        var enabledAt = trial.Now.Monotonic;
        while (trial.Outstanding is not NodeRequest.Runonce)
            trial = trial.Outstanding is null ? trial.Woken() : trial.Status();
        Assert.InRange(trial.Now.Monotonic - enabledAt, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(32));
        var asked = trial.Accepted().Now.Monotonic;
        while (trial.Outstanding is not NodeRequest.Disable)
            trial = trial.Outstanding is null ? trial.Woken() : trial.Status(applying: true);
        Assert.InRange(trial.Now.Monotonic - asked, TimeSpan.FromSeconds(29), TimeSpan.FromSeconds(32));
    }

    [Fact]
    public void An_apply_alone_is_no_run_of_ours_by_the_start_deadline()
    {
        var trial = Asked().Status(lastRun: 204).Summary(Apply(204)).Pass(TimeSpan.FromMinutes(3)).Woken().Status(lastRun: 204);
        trial.Disabled().Status(enabled: false, lastRun: 204);

        Assert.Equal("the summary is from puppet apply, not from an agent run", Displaced(trial).Message);
    }

    [Fact]
    public void A_runonce_that_was_denied_while_an_apply_ended_is_denied()
    {
        var trial = new Trial(n => Trial.Run(n)).Enabled().Answer(new RunonceReply(1, "not authorized", Trial.Start, 0));
        trial.Pass(TimeSpan.FromSeconds(3)).Status(lastRun: 204).Summary(Apply(204)).Disabled();

        Assert.Equal((Outcome.Refused, "not authorized"), trial.Facts.OfType<NodeFact.Ended>().Select(e => (e.Outcome, e.Message)).Single());
    }

    [Fact]
    public void A_run_that_may_be_anothers_is_told_with_what_made_it_doubtful_and_the_node_is_closed()
    {
        var trial = Asked().Status(lastRun: 206).Summary(Ours(206) with { Resources = GoodRun.Summary.Resources with { Skipped = 9 } });

        Assert.Equal((Tags, Hold.Held), (Displaced(trial.Disabled()).Deviation, Displaced(trial).Hold));
    }

    [Fact]
    public void The_request_that_decides_a_doubt_leaves_only_after_the_node_was_watched_for_seconds_while_it_was_enabled()
    {
        var trial = new Trial(Deciding).Enabled();
        var enabledAt = trial.Now.Monotonic;
        while (trial.Outstanding is not NodeRequest.Runonce)
            trial = trial.Outstanding is null ? trial.Woken() : trial.Status();

        Assert.InRange(trial.Now.Monotonic - enabledAt, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(7));
        var verdict = Ended(trial.Accepted().Pass(TimeSpan.FromSeconds(2)), 215, Ours(215) with { Resources = GoodRun.Summary.Resources with { Skipped = 9 } });
        Assert.True(verdict.IsOurs);
        Assert.Equal(Tags, trial.Facts.OfType<NodeFact.Judged>().Single().Habit);
    }

    [Theory]
    [InlineData(true, 100)]
    [InlineData(false, 203)]
    public void Whoever_shows_himself_before_it_leaves_is_somebody_else(bool applying, double lastRun)
    {
        var trial = new Trial(Deciding).Enabled().Status().Woken().Status(applying, lastRun: lastRun);
        if (!applying)
            trial.Summary(Ours(lastRun));
        trial.Disabled();

        Assert.Contains("before ours was requested", Displaced(trial).Message, StringComparison.Ordinal);
        Assert.Null(Displaced(trial).Deviation);
    }

    [Fact]
    public void An_apply_that_ends_meanwhile_is_nobody_at_the_locks()
    {
        var trial = new Trial(Deciding).Enabled().Status().Woken().Status(lastRun: 203).Summary(Apply(203));
        while (trial.Outstanding is not NodeRequest.Runonce)
            trial = trial.Outstanding is null ? trial.Woken() : trial.Status(lastRun: 203);

        Assert.Empty(trial.Facts);
    }

    [Fact]
    public void A_node_whose_status_and_summary_speak_of_different_runs_is_not_asked_for_ever()
    {
        var trial = new Trial(Deciding).Enabled();
        for (var asked = 0; asked < 20 && trial.Outstanding is not NodeRequest.Disable; asked++)
            trial = trial.Outstanding is NodeRequest.LastRunSummary ? trial.Summary(Apply(203)) : trial.Status(lastRun: 207);
        Assert.IsType<NodeRequest.Disable>(trial.Outstanding);

        Assert.Contains("before ours was requested", Displaced(trial.Disabled()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_slips_in_between_the_end_of_ours_and_the_hold_of_the_node_is_awaited_and_judged_in_its_place()
    {
        var trial = Asked().Status(lastRun: 206).Summary(Ours(206)).Disabled().Status(applying: true, enabled: false, lastRun: 206);
        Assert.Empty(trial.Facts.OfType<NodeFact.Judged>());
        trial.Woken().Status(enabled: false, lastRun: 209).Summary(Ours(209) with { Resources = GoodRun.Summary.Resources with { Skipped = 9 } });

        Assert.Equal(Tags, Displaced(trial).Deviation);
    }

    [Fact]
    public void A_node_that_is_silent_once_its_run_is_judged_and_it_is_closed_has_its_verdict()
    {
        var trial = Asked().Status(lastRun: 206).Summary(Ours(206)).Disabled().SilenceToTheEnd();

        Assert.True(Judged(trial).IsOurs);
    }

    [Fact]
    public void A_run_that_slipped_in_behind_ours_and_still_goes_on_at_the_run_deadline_takes_no_verdict_from_ours()
    {
        var trial = Asked().Status(lastRun: 206).Summary(Ours(206)).Disabled().Status(applying: true, enabled: false, lastRun: 206);
        trial.Woken().Pass(TimeSpan.FromHours(1)).Status(applying: true, enabled: false, lastRun: 206);

        Assert.Equal(Outcome.Succeeded, Judged(trial).Outcome);
    }

    [Fact]
    public void A_run_for_which_runonce_was_refused_and_that_still_goes_on_at_the_run_deadline_displaced_ours()
    {
        var trial = RefusedForARun().Status(applying: true).Woken();
        trial.Pass(TimeSpan.FromHours(1)).Status(applying: true).Disabled();

        Assert.Equal("another Puppet run is still in progress at the run deadline", Displaced(trial).Message);
    }

    [Fact]
    public void A_run_for_which_runonce_was_refused_and_that_is_gone_without_a_summary_displaced_ours()
    {
        var trial = RefusedForARun().Status().Disabled();

        Assert.Equal("another Puppet run was in progress when ours was requested, and ended without writing a summary", Displaced(trial).Message);
    }

    [Fact]
    public void So_it_did_where_an_apply_has_written_a_summary_meanwhile()
    {
        var trial = RefusedForARun().Pass(TimeSpan.FromSeconds(3)).Status(lastRun: 204).Summary(Apply(204)).Disabled();

        Assert.Equal(Hold.Held, Displaced(trial).Hold);
    }

    [Fact]
    public void What_is_left_of_a_run_with_noop_resources_is_no_noop_run()
    {
        var first = Ours(206) with { Resources = GoodRun.Summary.Resources with { Skipped = 5 }, Events = new EventCounts(4, 3, 0, Noop: 1) };
        var doubt = Displaced(Asked().Status(lastRun: 206).Summary(first).Disabled()).Deviation!;
        Assert.Equal(new RunDeviation(5, null, false, Mixed: true), doubt);

        var trial = new Trial(n => (NodeAssignment.Run)Trial.Run(n) with { Doubt = doubt }).Enabled();
        while (trial.Outstanding is not NodeRequest.Runonce)
            trial = trial.Outstanding is null ? trial.Woken() : trial.Status();
        var verdict = Ended(
            trial.Accepted().Pass(TimeSpan.FromSeconds(2)), 215, Ours(215) with { Resources = first.Resources, Events = new EventCounts(1, 0, 0, Noop: 1) });

        Assert.Equal(Outcome.Succeeded, verdict.Outcome);
        Assert.Equal(doubt, trial.Facts.OfType<NodeFact.Judged>().Single().Habit);
    }

    [Fact]
    public void A_node_that_does_not_say_whether_it_is_enabled_may_be_open()
    {
        var trial = new Trial(n => Trial.Run(n)).Answer(new SwitchReply(5, "no implicit conversion of nil into Hash", Trial.Start, null));
        var ended = Assert.IsType<NodeFact.Ended>(Assert.Single(trial.Facts));

        Assert.Equal((Hold.Asked, Cause.SummaryUnreadable), (ended.Hold, ended.Cause));
    }

    [Fact]
    public void A_node_that_falls_silent_while_it_is_watched_was_never_asked_and_is_closed_if_that_can_be()
    {
        var trial = new Trial(Deciding).Enabled().SilenceToTheEnd();
        Assert.IsType<NodeRequest.Disable>(trial.Outstanding);
        trial.SilenceToTheEnd();

        Assert.Single(trial.Facts.OfType<NodeFact.NotSent>());
        Assert.Equal((Outcome.Unreachable, Hold.NotHeld), trial.Facts.OfType<NodeFact.Ended>().Select(e => (e.Outcome, e.Hold!.Value)).Single());
    }

    [Fact]
    public void After_a_restart_nobody_knows_whether_it_was_watched_to_the_end_so_an_unanswered_request_decides_nothing()
    {
        var trial = new Trial(n => Deciding(n) with { MayAsk = false }).Pass(TimeSpan.FromSeconds(8)).Status(lastRun: 206)
            .Summary(Ours(206) with { Resources = GoodRun.Summary.Resources with { Skipped = 9 } }).Disabled();

        Assert.Equal(Tags, Displaced(trial).Deviation);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void After_a_restart_a_run_that_was_on_while_our_request_had_no_answer_is_no_failure_of_ours(int failed)
    {
        var trial = new Trial(n => (NodeAssignment.Run)Trial.Run(n, mayAsk: false) with { Began = true }).Pass(TimeSpan.FromSeconds(8)).Status(lastRun: 206)
            .Summary(Ours(206) with { Resources = GoodRun.Summary.Resources with { Failed = failed } }).Disabled();

        if (failed > 0)
            Assert.Null(Displaced(trial).Deviation);
        else
            Assert.Equal((false, true), (Judged(trial.Status(enabled: false, lastRun: 206)).IsOurs, Judged(trial).CountsAsOurs));
    }

    [Fact]
    public void A_node_is_not_enabled_before_it_was_disabled_for_as_long_as_an_agent_takes_to_the_locks()
    {
        var trial = new Trial(_ => new NodeAssignment.Prepare(1, Trial.Start.AddMinutes(10), SettledAt: Trial.Start.AddSeconds(1.25)));

        Assert.Equal(TimeSpan.FromSeconds(1.25), trial.Pause);
        Assert.IsType<NodeFact.Ready>(Assert.Single(trial.Woken().Status(enabled: false).Facts));
    }

    [Fact]
    public void A_host_clock_that_was_set_back_prolongs_that_by_nothing() =>
        Assert.Equal(
            new DeploymentOptions().Settle,
            new Trial(_ => new NodeAssignment.Prepare(1, Trial.Start.AddMinutes(10), SettledAt: Trial.Start.AddHours(1))).Pause);

    [Fact]
    public void A_node_that_is_found_enabled_settles_anew()
    {
        var trial = new Trial(_ => new NodeAssignment.Prepare(1, Trial.Start.AddMinutes(10), SettledAt: Trial.Start)).Status().Disabled();

        Assert.Equal(new DeploymentOptions().Settle, trial.Pause);
        Assert.IsType<NodeFact.Ready>(trial.Woken().Status(enabled: false).Facts[^1]);
    }

    [Fact]
    public void A_node_whose_clock_is_ahead_answers_a_status_that_does_not_expire_and_is_refused_by_that_name()
    {
        var trial = new Trial(_ => new NodeAssignment.Check()).Silence().Woken();

        Assert.True(Assert.IsType<NodeRequest.Status>(trial.Outstanding).TimeToLive > TimeSpan.FromDays(365));
        trial.Answer(new StatusReply(0, "OK", trial.Now.Wall.AddSeconds(90), GoodRun.Status));
        var ended = Assert.IsType<NodeFact.Ended>(Assert.Single(trial.Facts));
        Assert.Equal((Outcome.RefusedClock, true), (ended.Outcome, ended.Message.StartsWith("its clock is 1m30s ahead of ours", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_host_clock_that_is_set_while_the_node_is_enabled_stops_the_request_and_the_node_is_held_again()
    {
        var trial = new Trial(n => Trial.Run(n)).ClockSet(TimeSpan.FromSeconds(-90)).Enabled();

        Assert.IsType<NodeRequest.Disable>(trial.Outstanding);
        trial.Disabled();
        Assert.IsType<NodeFact.NotSent>(trial.Facts[0]);
        var ended = Assert.IsType<NodeFact.Ended>(trial.Facts[^1]);
        Assert.Equal((Outcome.RefusedClock, Hold.Held), (ended.Outcome, ended.Hold));
        Assert.StartsWith("its clock is 1m30s ahead of ours, and this host's clock was set back by 1m30s", ended.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_retries_too_one_status_that_does_not_expire_is_asked_for()
    {
        var trial = new Trial(_ => new NodeAssignment.Check(), new DeploymentOptions { RpcRetries = 0 }).Silence();

        Assert.NotNull(Assert.IsType<NodeRequest.Status>(trial.Outstanding).TimeToLive);
        Assert.Equal(Outcome.Unreachable, Assert.IsType<NodeFact.Ended>(Assert.Single(trial.Silence().Facts)).Outcome);
    }

    [Theory]
    [InlineData("agent", 1, 0, true)]
    [InlineData("agent", 1, 1, false)]
    [InlineData("agent", 0, 0, false)]
    [InlineData("user", 1, 0, false)]
    public void The_check_sees_that_a_node_s_last_run_was_noop_and_where_it_began(string mode, int noop, int success, bool isNoop)
    {
        var summary = GoodRun.Summary with { LastRun = 100, RunMode = mode, InitialEnvironment = "staging", Events = new EventCounts(1, success, 0, noop) };
        var passed = Assert.IsType<NodeFact.Checked>(Assert.Single(new Trial(_ => new NodeAssignment.Check()).Status().Summary(summary).Facts));

        Assert.Equal((isNoop, mode == "agent" ? "staging" : null), (passed.Noop, passed.Environment));
    }

    [Fact]
    public void A_summary_that_cannot_be_had_keeps_no_node_from_passing_the_check() =>
        Assert.IsType<NodeFact.Checked>(Assert.Single(new Trial(_ => new NodeAssignment.Check()).Status().Silence().Facts));

    private static NodeAssignment.Run Deciding(Messages.NodeName node) => (NodeAssignment.Run)Trial.Run(node) with { Doubt = Tags };

    private static Trial JustAsked() => new Trial(n => Trial.Run(n)).Enabled().Accepted();

    private static Trial RefusedForARun() =>
        new Trial(n => Trial.Run(n)).Enabled().Answer(new RunonceReply(1, "Puppet is currently applying a catalog, cannot run now", Trial.Start, 0));

    private static Trial Asked() => JustAsked().Pass(TimeSpan.FromSeconds(6));

    private static Trial UntilClosed(Trial trial, double lastRun = 100)
    {
        while (trial.Outstanding is not NodeRequest.Disable)
            trial = trial.Outstanding is null ? trial.Woken() : trial.Status(lastRun: lastRun);
        return trial;
    }

    private static RunSummary Ours(double lastRun) =>
        GoodRun.Summary with { LastRun = lastRun, TimeTotal = lastRun - 200, Logs = [GoodRun.Line("Applied catalog in 1.00 seconds", time: lastRun)] };

    private static RunSummary Apply(double lastRun) => Ours(lastRun) with { RunMode = "user", IsTimedAsAgent = false, TimeTotal = 1 };

    /// <summary>A run is seen applying until the node is closed behind it.</summary>
    private static void Settle(Trial trial, bool applying, double lastRun)
    {
        trial.Status(applying, lastRun: lastRun);
        while (trial.Outstanding is not NodeRequest.Disable)
            trial = trial.Outstanding is null ? trial.Woken() : trial.Status(applying, lastRun: lastRun);
        if (trial.Disabled().Outstanding is null)
            trial.Woken();
    }

    private static Verdict Ended(Trial trial, double lastRun, RunSummary summary)
    {
        trial.Status(lastRun: lastRun).Summary(summary);
        if (trial.Outstanding is NodeRequest.Disable)
            trial.Disabled().Status(enabled: false, lastRun: lastRun);
        return Judged(trial);
    }

    private static Verdict Judged(Trial trial) => Assert.Single(trial.Facts.OfType<NodeFact.Judged>()).Verdict;

    private static NodeFact.Displaced Displaced(Trial trial) => Assert.Single(trial.Facts.OfType<NodeFact.Displaced>());
}
