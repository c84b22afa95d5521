using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Deployments.Work;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Tests.Deployments.Deciding;

/// <summary>What keeps a deployment under control: budgets, waits, and what people say.</summary>
public class ControlTests
{
    private static readonly NodeName Db = new("db");
    private static readonly NodeName App1 = new("app1");
    private static readonly NodeName App2 = new("app2");

    /// <summary>What each verb means in each state: + it is taken, - it is refused with a reason, 0 it was so already.</summary>
    [Theory]
    [InlineData("nothing", "pause- resume- approve- cancel- abandon- retry- rollback- release- hold-")]
    [InlineData("checking", "pause+ resume0 approve- cancel+ abandon+ retry- rollback+ release- hold+")]
    [InlineData("isolating", "pause+ resume0 approve- cancel+ abandon+ retry- rollback+ release- hold+")]
    [InlineData("running", "pause+ resume0 approve- cancel+ abandon+ retry- rollback+ release- hold+")]
    [InlineData("paused", "pause0 resume+ approve- cancel+ abandon+ retry- rollback+ release- hold+")]
    [InlineData("awaiting approval", "pause+ resume0 approve+ cancel+ abandon+ retry- rollback+ release- hold+")]
    [InlineData("retried and awaiting approval", "pause+ resume0 approve+ cancel+ abandon+ retry0 rollback+ release- hold+")]
    [InlineData("stopping", "pause- resume0 approve- cancel0 abandon+ retry- rollback+ release- hold+")]
    [InlineData("releasing", "pause- resume0 approve- cancel- abandon+ retry- rollback- release- hold-")]
    [InlineData("rolling back", "pause+ resume0 approve- cancel- abandon+ retry- rollback0 release- hold+")]
    [InlineData("failed", "pause- resume- approve- cancel- abandon- retry+ rollback+ release+ hold+")]
    [InlineData("succeeded", "pause- resume- approve- cancel- abandon- retry- rollback+ release0 hold-")]
    [InlineData("abandoned", "pause- resume- approve- cancel- abandon0 retry+ rollback+ release+ hold+")]
    [InlineData("rolled back", "pause- resume- approve- cancel- abandon- retry- rollback0 release+ hold+")]
    [InlineData("stuck", "pause- resume- approve- cancel- abandon- retry- rollback+ release+ hold+")]
    [InlineData("opening", "pause+ resume0 approve- cancel+ abandon+ retry- rollback+ release- hold+")]
    [InlineData("holding", "pause- resume0 approve- cancel- abandon+ retry- rollback- release- hold+")]
    [InlineData("retried", "pause+ resume0 approve- cancel+ abandon+ retry0 rollback+ release- hold+")]
    [InlineData("retried and running", "pause+ resume0 approve- cancel+ abandon+ retry0 rollback+ release- hold+")]
    [InlineData("being released", "pause- resume- approve- cancel- abandon- retry- rollback- release0 hold-")]
    [InlineData("checking, fleet lost", "pause- resume- approve- cancel- abandon0 retry+ rollback- release0 hold-")]
    [InlineData("isolating, fleet lost", "pause- resume- approve- cancel- abandon0 retry+ rollback- release0 hold-")]
    [InlineData("running, fleet lost", "pause- resume- approve- cancel- abandon0 retry+ rollback+ release0 hold-")]
    [InlineData("stopping, fleet lost", "pause- resume- approve- cancel- abandon0 retry+ rollback+ release0 hold-")]
    [InlineData("releasing, fleet lost", "pause- resume- approve- cancel- abandon0 retry- rollback+ release0 hold-")]
    [InlineData("rolling back, fleet lost", "pause- resume- approve- cancel- abandon0 retry- rollback+ release0 hold-")]
    [InlineData("failed, fleet lost", "pause- resume- approve- cancel- abandon- retry+ rollback+ release0 hold-")]
    public void A_verb_means_one_thing_in_each_state(string state, string answers)
    {
        foreach (var expected in answers.Split(' '))
        {
            var answer = Given.States[state]().When(Given.Verbs[expected[..^1]]);
            var sign = answer switch { Decision.Accept => '+', Decision.Reject => '-', _ => '0' };
            Assert.Equal($"{state}: {expected}", $"{state}: {expected[..^1]}{sign}");
            if (answer is Decision.Reject { Why: var why })
                Assert.NotEmpty(why);
        }
    }

    /// <summary>
    /// Whatever is said, about whatever node, and whatever was said before it: never an exception, which would begin the supervisor anew and answer nobody.
    /// </summary>
    [Theory]
    [MemberData(nameof(AllStates))]
    public void Whatever_is_said_in_whatever_state_is_answered(string state)
    {
        DeploymentCommand[] about = [.. new[] { Db, App1,
            new NodeName("nobody") }.SelectMany(
                n => new DeploymentCommand[] { new DeploymentCommand.Hold("bob", n), new DeploymentCommand.Release("bob", n) })];
        DeploymentCommand[] all =
        [
            .. Given.Verbs.Values, .. about, new DeploymentCommand.Cancel("bob", true), new DeploymentCommand.Rollback("bob", null), Given.StartOf(),
            new DeploymentCommand.Tick(), new DeploymentCommand.TakeOver(), new DeploymentCommand.LoseFleet("gone"),
        ];
        foreach (var first in all.Where(c => Given.States[state]().When(c) is Decision.Accept))
        {
            foreach (var second in all)
                Assert.NotNull(Given.States[state]().After(first).When(second));
        }
    }

    public static TheoryData<string> AllStates => [.. Given.States.Keys.Where(s => s != "nothing")];

    [Fact]
    public void A_retry_of_a_deployment_whose_fleet_was_lost_in_the_check_is_about_every_node()
    {
        var given = Given.Checking().AfterFacts(new NodeFact.Checked(Db, false, false)).After(new DeploymentCommand.LoseFleet("gone"))
            .After(Given.Verbs["retry"]);

        Assert.Equal([App1, App2, Db], given.State.Pending.Order());

        given.AfterFacts(Given.All(n => new NodeFact.Checked(n, false, false)));
        Assert.IsType<Stage.Isolating>(given.State.Stage);
    }

    [Theory]
    [InlineData("checking", "pause")]
    [InlineData("running", "pause")]
    [InlineData("running", "cancel")]
    [InlineData("running", "rollback")]
    [InlineData("running", "abandon")]
    [InlineData("running", "hold")]
    [InlineData("awaiting approval", "approve")]
    [InlineData("failed", "retry")]
    [InlineData("failed", "rollback")]
    [InlineData("failed", "release")]
    public void A_verb_that_comes_twice_does_nothing_the_second_time(string state, string verb) =>
        Assert.IsType<Decision.Ignore>(Given.States[state]().After(Given.Verbs[verb]).When(Given.Verbs[verb]));

    [Fact]
    public void Within_the_budget_exactly_the_dependents_are_skipped_and_the_rest_goes_on()
    {
        var given = Given.Requested(Bearing("1"), after: new() { ["app1"] = ["db"] }).AfterFacts(Given.Judged("db", 1, Outcome.FailedResources));

        Assert.Equal(Outcome.Skipped, given.State.Nodes[App1].Result!.Outcome);
        Assert.Equal(Db, given.State.Nodes[App1].SkippedBecauseOf);
        Assert.Equal([App2], given.State.Pending);

        given.AfterFacts(new NodeFact.Ready(App2, 1, 2, false)).AfterFacts(Given.Judged("app2", 1, Outcome.Succeeded));
        Assert.Equal([App2], given.State.Pending); // succeeded: being enabled; the others stay held

        given.AfterFacts(new NodeFact.Released(App2));
        Assert.Equal(DeploymentPhase.SucceededWithFailures, given.State.Phase);
        Assert.Equal([Hold.Held, Hold.Held, Hold.None], [given.State.Nodes[Db].Hold, given.State.Nodes[App1].Hold, given.State.Nodes[App2].Hold]);
    }

    [Theory]
    [InlineData("0", true)]
    [InlineData("1", false)]
    [InlineData("50%", false)]
    [InlineData("49%", true)]
    public void A_group_over_its_own_budget_stops_the_deployment_that_is_within_its_own(string perGroup, bool stops)
    {
        var options = Bearing("3");
        options.MaxFailuresPerGroup = FailureBudget.TryParse(perGroup, out var budget, out _) ? budget : null;
        var given = Given.Requested(options).AfterFacts(Given.Judged("db", 1, Outcome.Succeeded))
            .AfterFacts(new NodeFact.Ready(App1, 1, 2, false), new NodeFact.Ready(App2, 1, 2, false))
            .AfterFacts(Given.Judged("app1", 1, Outcome.FailedResources));

        Assert.Equal(stops, given.State.Stage is Stage.Stopping);
        if (given.State.Stage is Stage.Stopping stopping)
        {
            Assert.Equal("1 of 2 nodes of group 2 failed, at most 0 may: app1 ended as \"failed: resources\"", stopping.Because);
            given.AfterFacts(Given.Judged("app2", 1, Outcome.Succeeded));
            Assert.Equal(DeploymentPhase.Failed, given.State.Phase);
        }
    }

    [Theory]
    [InlineData("0", 3, 0)]
    [InlineData("2", 3, 2)]
    [InlineData("50%", 3, 1)]
    [InlineData("33%", 3, 0)]
    [InlineData("34%", 3, 1)]
    [InlineData("100%", 3, 3)]
    public void A_share_of_the_budget_is_rounded_down(string budget, int nodes, int failures)
    {
        Assert.True(FailureBudget.TryParse(budget, out var parsed, out _));
        Assert.Equal(failures, parsed.Of(nodes));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("101%")]
    [InlineData("many")]
    [InlineData("")]
    public void What_is_no_budget_is_told(string text)
    {
        Assert.False(FailureBudget.TryParse(text, out _, out var problem));
        Assert.Contains($"\"{text}\"", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_that_fails_the_check_within_the_budget_is_left_out_with_what_depends_on_it()
    {
        var given = Given.Checking(Bearing("1"), after: new() { ["app1"] = ["db"] }).AfterFacts(
            new NodeFact.Ended(Db, 0, Outcome.Unreachable, "no answer to the check", null), new NodeFact.Checked(App1, false, false),
            new NodeFact.Checked(App2, false, false));

        Assert.IsType<Stage.Isolating>(given.State.Stage);
        Assert.Equal([App2], given.State.Pending);
        Assert.Equal(Hold.None, given.State.Nodes[App1].Hold);
    }

    [Fact]
    public void Where_no_node_succeeds_a_budget_makes_no_success()
    {
        var given = Given.Checking(Bearing("100%")).AfterFacts(Given.All(n => new NodeFact.Ended(n, 0, Outcome.Unreachable, "no answer to the check", null)));

        Assert.Equal(DeploymentPhase.Refused, given.State.Phase);
    }

    [Fact]
    public void After_a_batch_is_waited_and_a_pause_moves_that_time()
    {
        var given = Given.Requested(new DeploymentOptions { Soak = TimeSpan.FromMinutes(10) }).AfterFacts(Given.Judged("db", 1, Outcome.Succeeded));
        Assert.Equal(new Wait.Soak(Given.Now.AddMinutes(10)), given.State.Wait);

        given.Later(TimeSpan.FromMinutes(4)).After(Given.Verbs["pause"]).Later(TimeSpan.FromMinutes(30)).After(Given.Verbs["resume"]);
        Assert.Equal(new Wait.Soak(Given.Now.AddMinutes(40)), given.State.Wait);

        given.Later(TimeSpan.FromMinutes(5));
        Assert.IsType<Decision.Ignore>(given.When(new DeploymentCommand.Tick()));
        given.Later(TimeSpan.FromMinutes(1)).After(new DeploymentCommand.Tick());
        Assert.Equal(2, ((Stage.Running)given.State.Stage).Group);
    }

    [Fact]
    public void A_group_waits_for_approval_and_a_time_without_it_counts_as_no()
    {
        var given = Given.States["awaiting approval"]();
        Assert.Equal(DeploymentPhase.AwaitingApproval, given.State.Phase);
        Assert.Contains(Attention.AwaitingApproval, given.State.Attention.Keys);
        Assert.Equal(Given.Now.AddHours(1), Attentions.NextTime(given.State)!.Value.AddMinutes(45)); // a word to a person first, after 15 minutes

        var approved = Given.States["awaiting approval"]().After(Given.Verbs["approve"]);
        Assert.Equal(2, ((Stage.Running)approved.State.Stage).Group);

        given.Later(TimeSpan.FromHours(1)).After(new DeploymentCommand.Tick());
        Assert.Equal(DeploymentPhase.Cancelled, given.State.Phase);
        Assert.Contains("group 2 was not approved in time", ((Stage.Ended)given.State.Stage).Message, StringComparison.Ordinal);
        Assert.Null(given.State.Nodes[App1].Request);
    }

    [Theory]
    [InlineData(59, "group 2 was not approved in time")]
    [InlineData(61, "group 2 was not approved in time: its deadline, 2026-01-01 01:00:00 +0000, passed by this machine's clock while no host was running")]
    public void An_approval_s_time_that_passed_between_two_hosts_is_told_as_that_because_only_the_machine_s_clock_counted_it(int minutes, string because)
    {
        var given = Given.States["awaiting approval"]().Later(TimeSpan.FromMinutes(minutes)).After(new DeploymentCommand.TakeOver());
        if (minutes < 60)
            given.Later(TimeSpan.FromMinutes(2)).After(new DeploymentCommand.Tick());

        Assert.Equal(because, ((Stage.Ended)given.State.Stage).Message);
    }

    [Theory]
    [InlineData("running", 30, null)]
    [InlineData("running", 60, "its deadline, 2026-01-01 01:00:00 +0000, passed by this machine's clock while no host was running")]
    [InlineData("isolating", 5, null)]
    [InlineData("isolating", 10, "its deadline, 2026-01-01 00:10:00 +0000, passed by this machine's clock while no host was running")]
    public void A_node_s_deadline_that_passed_between_two_hosts_is_told_with_its_outcome(string state, int minutes, string? warning)
    {
        var given = state == "running" ? Given.Requested() : Given.Isolating();
        given.Later(TimeSpan.FromMinutes(minutes)).After(new DeploymentCommand.TakeOver()).Later(TimeSpan.FromHours(10));
        given.AfterFacts(state == "running"
            ? new NodeFact.Ended(Db, 1, Outcome.FailedDidNotFinish, "the run had not finished by the run deadline", Hold.Held)
            : new NodeFact.Ended(Db, 0, Outcome.Refused, "a run is in progress there", Hold.Held, Cause.NotIdle));

        Assert.Equal(warning is null ? null : [warning], given.State.Nodes[Db].Result!.Warnings?.ToArray());
    }

    [Fact]
    public void A_paused_deployment_starts_nothing_and_hears_everything()
    {
        var given = Given.Running().After(Given.Verbs["pause"]);
        Assert.IsType<Decision.Ignore>(given.WhenFacts(new NodeFact.Ready(Db, 100, 200, false)));
        Assert.Null(Assignments.Of(given.State, Db));

        given.After(Given.Verbs["resume"]);
        Assert.IsType<NodeAssignment.Prepare>(Assignments.Of(given.State, Db));
        Assert.IsType<Decision.Accept>(given.WhenFacts(new NodeFact.Ready(Db, 100, 200, false)));
    }

    [Fact]
    public void A_failure_in_a_pause_is_acted_upon_when_it_ends()
    {
        var given = Given.Requested().After(Given.Verbs["pause"]).AfterFacts(Given.Judged("db", 1, Outcome.FailedResources));
        Assert.Equal(DeploymentPhase.Paused, given.State.Phase);

        Assert.Equal(DeploymentPhase.Failed, given.After(Given.Verbs["resume"]).State.Phase);
    }

    [Fact]
    public void A_rollback_runs_what_ran_again_in_reverse_and_holds_it()
    {
        var given = Given.RollingBack();
        Assert.Equal((NodeName[])[Db, App1], given.State.Rollback!.Nodes.ToArray());

        given.AfterFacts(new NodeFact.Idle(Db), new NodeFact.Idle(App1));
        Assert.Equal([App1], given.State.Pending);
        given.AfterFacts(new NodeFact.Ready(App1, 100, 300, false));
        Assert.Equal("last_good", given.State.Nodes[App1].Request!.Environment);
        given.AfterFacts(Given.Judged("app1", 2, Outcome.Succeeded));
        Assert.Equal([Db], given.State.Pending);
        given.AfterFacts(new NodeFact.Ready(Db, 100, 300, false)).AfterFacts(Given.Judged("db", 2, Outcome.Succeeded));

        Assert.Equal(DeploymentPhase.RolledBack, given.State.Phase);
        Assert.Equal([Outcome.Succeeded, Outcome.FailedResources], [given.State.Nodes[Db].Result!.Outcome, given.State.Nodes[App1].Result!.Outcome]);
        Assert.All([Db, App1, App2], n => Assert.Equal(Hold.Held, given.State.Nodes[n].Hold));
    }

    [Fact]
    public void A_failed_compensation_ends_it_as_stuck_and_touches_no_group_before()
    {
        var given = Given.Stuck();

        Assert.Equal(DeploymentPhase.Stuck, given.State.Phase);
        Assert.Equal(Outcome.Skipped, given.State.Nodes[Db].Compensation!.Outcome);
        Assert.Contains(Attention.Stuck, given.State.Attention.Keys);
    }

    [Fact]
    public void A_retry_is_of_what_did_not_succeed_and_frees_everything_where_it_does()
    {
        var given = Given.Requested().AfterFacts(Given.Judged("db", 1, Outcome.Succeeded))
            .AfterFacts(new NodeFact.Ready(App1, 1, 2, false), new NodeFact.Ready(App2, 1, 2, false))
            .AfterFacts(Given.Judged("app1", 1, Outcome.FailedResources), Given.Judged("app2", 1, Outcome.Succeeded));
        Assert.Equal(DeploymentPhase.Failed, given.State.Phase);

        given.After(Given.Verbs["retry"]);
        Assert.Equal((2, DeploymentPhase.Checking), (given.State.Attempt, given.State.Phase));
        Assert.Equal([App1], given.State.Pending);
        given.AfterFacts(new NodeFact.Checked(App1, false, false)).AfterFacts(new NodeFact.Idle(App1)).AfterFacts(new NodeFact.Ready(App1, 5, 6, false));
        Assert.Equal(2, given.State.Nodes[App1].Request!.Number);
        given.AfterFacts(Given.Judged("app1", 2, Outcome.Succeeded)).AfterFacts(Given.All(n => new NodeFact.Released(n)));

        Assert.Equal(DeploymentPhase.Succeeded, given.State.Phase);
    }

    [Fact]
    public void A_node_that_it_does_not_have_is_refused_with_the_one_that_may_be_meant()
    {
        foreach (var command in (DeploymentCommand[])[new DeploymentCommand.Hold("bob", new("app11")), new DeploymentCommand.Release("bob", new("app11"))])
            Assert.Equal("it has no node app11, did you mean app1?", Assert.IsType<Decision.Reject>(Given.Failed().When(command)).Why);
    }

    [Fact]
    public void An_abandoned_deployment_waits_for_nobody_and_says_what_it_does_not_know()
    {
        var given = Given.States["abandoned"]();

        Assert.Equal(DeploymentPhase.Abandoned, given.State.Phase);
        Assert.Equal((Outcome.FailedUnproven, Hold.NotHeld), (given.State.Nodes[Db].Result!.Outcome, given.State.Nodes[Db].Hold));
        Assert.Equal(Outcome.Skipped, given.State.Nodes[App1].Result!.Outcome);
        Assert.Equal(Cause.Abandoned, given.State.Nodes[Db].Result!.Cause);
        Assert.Contains(Attention.NotHeld, given.State.Attention.Keys);
    }

    [Theory]
    [InlineData("cancel")]
    [InlineData("rollback")]
    public void What_was_displaced_after_a_failure_is_not_asked_again_once_a_person_has_stopped_it(string verb)
    {
        Given OneFailed() => Given.Requested().AfterFacts(Given.Judged("db", 1, Outcome.Succeeded))
            .AfterFacts(new NodeFact.Ready(App1, 100, 200, false), new NodeFact.Ready(App2, 100, 200, false))
            .AfterFacts(Given.Judged("app1", 1, Outcome.FailedResources));
        var displaced = new NodeFact.Displaced(App2, 1, "cron", Hold.Held);

        var before = OneFailed().AfterFacts(displaced);
        Assert.True(before.State.IsPending(App2));
        before.After(Given.Verbs[verb]);
        Assert.NotNull(before.State.Nodes[App2].Result);
        Assert.IsType<Decision.Ignore>(before.WhenFacts(new NodeFact.Ready(App2, 100, 300, false)));

        var after = OneFailed().After(Given.Verbs[verb]).AfterFacts(displaced);
        Assert.Equal(Outcome.FailedDisplaced, after.State.Nodes[App2].Result?.Outcome);
    }

    [Fact]
    public void What_was_being_released_when_it_was_abandoned_may_be_open_and_is_not_called_held()
    {
        var given = Given.Releasing().AfterFacts(new NodeFact.Released(Db)).After(Given.Verbs["abandon"]);

        Assert.Equal([Hold.None, Hold.NotReleased, Hold.NotReleased], [given.State.Nodes[Db].Hold, given.State.Nodes[App1].Hold, given.State.Nodes[App2].Hold]);
        Assert.Contains(Attention.NotReleased, given.State.Attention.Keys);
        Assert.Equal([App1, App2], given.Progress.ToLookAt);
    }

    [Fact]
    public void A_kept_node_stays_disabled_beyond_the_end_until_it_is_named()
    {
        var given = Given.Requested().After(Given.Verbs["hold"]).AfterFacts(Given.Judged("db", 1, Outcome.Succeeded))
            .AfterFacts(new NodeFact.Ready(App1, 1, 2, false), new NodeFact.Ready(App2, 1, 2, false))
            .AfterFacts(Given.Judged("app1", 1, Outcome.Succeeded), Given.Judged("app2", 1, Outcome.Succeeded))
            .AfterFacts(new NodeFact.Released(App1), new NodeFact.Released(App2));
        Assert.Equal((DeploymentPhase.Succeeded, Hold.Held), (given.State.Phase, given.State.Nodes[Db].Hold));

        Assert.IsType<Decision.Reject>(given.When(Given.Verbs["release"]));
        given.After(new DeploymentCommand.Release("bob", Db)).AfterFacts(new NodeFact.Released(Db));
        Assert.Equal(Hold.None, given.State.Nodes[Db].Hold);
    }

    [Fact]
    public void Nodes_that_are_released_one_by_one_do_not_wait_for_each_other()
    {
        var given = Given.Failed().After(new DeploymentCommand.Release("bob", Db));

        Assert.IsType<Decision.Ignore>(given.When(new DeploymentCommand.Release("bob", Db)));
        given.After(new DeploymentCommand.Release("bob", App1));
        Assert.Equal([App1, Db], given.State.Pending.Order());
        given.AfterFacts(new NodeFact.Released(Db)).After(new DeploymentCommand.Release("bob", null));
        Assert.Equal([App1, App2], given.State.Pending.Order());
        Assert.IsType<Decision.Ignore>(given.When(new DeploymentCommand.Release("bob", App2)));
        Assert.Equal(0, given.AfterFacts(new NodeFact.Released(App1), new NodeFact.Released(App2)).State.Counts.Touched);
    }

    [Fact]
    public void A_release_of_all_that_goes_on_does_not_free_what_a_person_keeps()
    {
        var given = Given.Failed().After(new DeploymentCommand.Hold("carol", App2)).After(new DeploymentCommand.Release("bob", Db))
            .After(new DeploymentCommand.Release("bob", null));

        Assert.Equal([App1, Db], given.State.Pending.Order());
        Assert.IsType<Decision.Ignore>(given.When(new DeploymentCommand.Release("bob", null)));
    }

    [Fact]
    public void A_retry_that_finds_a_held_node_disabled_by_somebody_else_does_not_call_it_held()
    {
        var trial = new Nodes.Trial(_ => new NodeAssignment.Check());
        trial.Answer(new Messages.Nodes.StatusReply(0, "OK", trial.Now.Wall, new Messages.Nodes.NodeStatus(false, false, false, false, 100, 100, "disk swap")));
        var told = Assert.IsType<NodeFact.Ended>(Assert.Single(trial.Facts)) with { Node = Db };

        var given = Given.Failed().After(new DeploymentCommand.Retry("bob")).AfterFacts(told);

        Assert.Equal((Outcome.RefusedDisabled, Hold.None), (given.State.Nodes[Db].Result!.Outcome, given.State.Nodes[Db].Hold));
    }

    [Fact]
    public void What_ran_in_an_attempt_before_is_rolled_back_also_where_the_retry_never_began()
    {
        var given = Given.Failed().After(new DeploymentCommand.Retry("bob"))
            .AfterFacts(Given.All(n => new NodeFact.Checked(n, false, false)))
            .AfterFacts(Given.All(n => new NodeFact.Idle(n)))
            .AfterFacts(new NodeFact.Ready(Db, 150, 300, false))
            .AfterFacts(new NodeFact.Accepted(Db, 2, 300), new NodeFact.Ended(Db, 2, Outcome.FailedDidNotStart, "no run began", Hold.Held));

        Assert.Equal(Db, Assert.Single(
            Assert.IsType<Decision.Accept>(given.When(new DeploymentCommand.Rollback("bob", "last_good"))).Events.OfType<RollbackStarted>().Single().Nodes));
    }

    [Fact]
    public void What_never_began_a_run_is_not_rolled_back()
    {
        var given =
            Given.Requested().AfterFacts(new NodeFact.Accepted(Db, 1, 300), new NodeFact.Ended(Db, 1, Outcome.FailedDidNotStart, "no run began", Hold.Held));

        Assert.IsType<Decision.Reject>(given.When(new DeploymentCommand.Rollback("bob", "last_good")));
    }

    [Fact]
    public void Eager_nodes_begin_as_soon_as_all_that_they_depend_on_succeeded()
    {
        var given = Given.Running(new DeploymentOptions { Strategy = Strategy.Eager }, after: new() { ["app1"] = ["db"] });
        Assert.Equal([App2, Db], given.State.Pending.Order());

        given.AfterFacts(new NodeFact.Ready(Db, 1, 2, false)).AfterFacts(Given.Judged("db", 1, Outcome.Succeeded));
        Assert.Equal([App1, App2], given.State.Pending.Order());
    }

    [Fact]
    public void A_batch_holds_nodes_of_one_failure_domain()
    {
        var given = Given.Requested(new DeploymentOptions { Spread = "rack" }, labels: new() { ["app1"] = "b", ["app2"] = "a" })
            .AfterFacts(Given.Judged("db", 1, Outcome.Succeeded));
        Assert.Equal([App2], given.State.Pending);

        given.AfterFacts(new NodeFact.Ready(App2, 1, 2, false)).AfterFacts(Given.Judged("app2", 1, Outcome.Succeeded));
        Assert.Equal([App1], given.State.Pending);
    }

    [Fact]
    public void A_node_without_the_label_is_a_failure_domain_of_its_own()
    {
        var given = Given.Requested(new DeploymentOptions { Spread = "rack" }).AfterFacts(Given.Judged("db", 1, Outcome.Succeeded));
        Assert.Equal([App1], given.State.Pending);

        given.AfterFacts(new NodeFact.Ready(App1, 1, 2, false)).AfterFacts(Given.Judged("app1", 1, Outcome.Succeeded));
        Assert.Equal([App2], given.State.Pending);
    }

    [Theory]
    [InlineData("failed", "3 nodes stay disabled for inspection: retry, roll back or release")]
    [InlineData("abandoned", "2 nodes stay disabled for inspection: roll back or release")]
    public void What_a_person_is_told_to_do_with_held_nodes_is_what_would_be_taken(string state, string told) =>
        Assert.Equal(told, Given.States[state]().State.Attention[Attention.Frozen].Message);

    [Fact]
    public void Where_all_held_nodes_are_kept_each_is_released_by_its_name()
    {
        var given = new[] { Db, App1, App2 }.Aggregate(Given.Failed(new() { Noop = true }), (g, n) => g.After(new DeploymentCommand.Hold("bob", n)));
        Assert.Equal(
            "3 nodes stay disabled for inspection: retry or release each kept node by its name", given.State.Attention[Attention.Frozen].Message);
        var refused = Assert.IsType<Decision.Reject>(given.When(Given.Verbs["release"]));
        Assert.Equal("app1 app2 db", string.Join(' ', refused.Nodes));
    }

    [Fact]
    public void How_many_nodes_a_person_has_to_look_at_is_told_as_they_are_released()
    {
        var given = Given.Failed();
        Assert.StartsWith("3 nodes stay disabled for inspection", given.State.Attention[Attention.Frozen].Message, StringComparison.Ordinal);

        foreach (var node in (NodeName[])[App1, App2])
            given.After(new DeploymentCommand.Release("bob", node)).AfterFacts(new NodeFact.Released(node));
        Assert.StartsWith("1 node stays disabled for inspection", given.State.Attention[Attention.Frozen].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_person_is_called_again_while_it_lasts_and_no_more_when_it_is_over()
    {
        var given = Given.Failed();
        Assert.Contains("3 nodes stay disabled", given.State.Attention[Attention.Frozen].Message, StringComparison.Ordinal);

        given.Later(TimeSpan.FromMinutes(14));
        Assert.IsType<Decision.Ignore>(given.When(new DeploymentCommand.Tick()));
        given.Later(TimeSpan.FromMinutes(1));
        Assert.Single(Assert.IsType<Decision.Accept>(given.When(new DeploymentCommand.Tick())).Events.OfType<AttentionRaised>());
        given.Later(TimeSpan.FromHours(4)).After(new DeploymentCommand.Tick());
        Assert.Contains(Attention.HeldTooLong, given.State.Attention.Keys);

        given.After(Given.Verbs["release"]).AfterFacts(Given.All(n => new NodeFact.Released(n)));
        Assert.Empty(given.State.Attention);
        Assert.Null(Attentions.NextTime(given.State));
    }

    [Fact]
    public void Silence_of_all_that_is_waited_for_and_standing_still_call_a_person()
    {
        var given = Given.Requested().AfterFacts(Given.Judged("db", 1, Outcome.Succeeded))
            .AfterFacts(new NodeFact.Ready(App1, 1, 2, false), new NodeFact.Ready(App2, 1, 2, false));
        given.AfterFacts(new NodeFact.Silent(App1, 1));
        Assert.DoesNotContain(Attention.AllSilent, given.State.Attention.Keys);
        given.AfterFacts(new NodeFact.Silent(App2, 1));
        Assert.Contains(Attention.AllSilent, given.State.Attention.Keys);

        given.Later(TimeSpan.FromMinutes(10)).After(new DeploymentCommand.Tick());
        Assert.Contains(Attention.NoProgress, given.State.Attention.Keys);
        given.AfterFacts(new NodeFact.HeardAgain(App1, 1));
        Assert.Empty(given.State.Attention);
    }

    private static DeploymentOptions Bearing(string failures) =>
        new() { MaxFailures = FailureBudget.TryParse(failures, out var budget, out _) ? budget : FailureBudget.None };

    private static DeploymentOptions Approving() => new() { ApproveGroups = true, ApprovalTimeout = TimeSpan.FromHours(1) };
}
