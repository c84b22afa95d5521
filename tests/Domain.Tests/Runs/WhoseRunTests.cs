using Orchestrator.Domain.Runs;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;
using static Orchestrator.Domain.Tests.Runs.GoodRun;

namespace Orchestrator.Domain.Tests.Runs;

/// <summary>Which run is ours, which is fresh, and which of another's is as good: the rules on times, at their edges.</summary>
public sealed class WhoseRunTests
{
    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(1.001, false)]
    [InlineData(3, false)]
    [InlineData(-5, true)]
    public void Our_run_may_seem_to_begin_a_second_before_it_was_asked_for_and_not_more(double early, bool isOurs)
    {
        // Times of today, whose fractions a double still holds: what is compared must not lose them.
        const double asked = 1795350290;
        const double end = 1795350305;
        var question = Question with { InitiatedAt = asked, NodeTimeBefore = asked, LastRunBefore = 0 };
        var summary = Summary with { LastRun = end, TimeTotal = end - asked + early, Logs = [Line("Applied catalog in 1 second", time: end)] };
        var verdict = Judge(question, Status with { LastRun = end }, summary);

        Assert.Equal(isOurs, verdict.IsOurs);
        Assert.Equal(isOurs ? Outcome.Succeeded : Outcome.FailedDisplaced, verdict.Outcome);
    }

    [Theory]
    [InlineData(1000, 1000, true)]
    [InlineData(1000, 999, false)]
    [InlineData(1000.9, 1000, true)]
    [InlineData(1000, 1000.4, true)]
    [InlineData(1000.2, 999.9, false)]
    public void A_run_is_fresh_from_the_very_second_of_asking_on(double askedAt, double lastRun, bool isFresh)
    {
        Assert.Equal(isFresh, RunJudge.IsFresh(Question with { InitiatedAt = askedAt }, Status with { LastRun = lastRun }));
        Assert.Equal(isFresh, RunJudge.IsFresh(Question with { InitiatedAt = null, NodeTimeBefore = askedAt }, Status with { LastRun = lastRun }));
    }

    [Fact]
    public void A_lost_answer_or_one_without_a_time_leaves_the_nodes_time_before()
    {
        foreach (var at in new double?[] { null, 0 })
        {
            var question = Question with { InitiatedAt = at, NodeTimeBefore = Begin };
            Succeeded(Judge(question));
            Lacks(Judge(question with { NodeTimeBefore = Begin + 3 }), Outcome.FailedDisplaced, 2);
        }
    }

    public static TheoryData<string> Deviations() => ["skipped", "environment", "noop", "real", "skipped and failed", "no catalog of another environment"];

    [Theory]
    [MemberData(nameof(Deviations))]
    public void A_run_that_shows_what_was_not_asked_of_it_is_no_verdict_good_or_bad_until_it_is_known_to_be_the_nodes_habit(string what)
    {
        var question = Question with { Noop = what == "real" };
        var (summary, deviation) = Deviating(what);
        foreach (var each in new[] { question, question with { InitiatedAt = null } })
        {
            var verdict = Judge(each, summary: summary);

            Assert.Equal((false, false, Outcome.FailedDisplaced), (verdict.IsOurs, verdict.CountsAsOurs, verdict.Outcome));
            Assert.Equal(deviation, verdict.Deviation);
            Assert.StartsWith("this may be another Puppet run: ", verdict.Message, StringComparison.Ordinal);
            Assert.True(Judge(each with { Doubt = deviation }, summary: summary).IsOurs);
            Assert.True(Judge(each with { Habit = deviation }, summary: summary).IsOurs);
            Assert.False(Judge(each with { Habit = new RunDeviation(2, "canary", !deviation.Noop) }, summary: summary).CountsAsOurs);
        }
    }

    [Fact]
    public void A_failure_of_a_run_that_is_the_nodes_habit_is_its_failure()
    {
        var (summary, deviation) = Deviating("skipped and failed");
        Lacks(Judge(Question with { Doubt = deviation }, summary: summary), Outcome.FailedResources, 5);
    }

    [Fact]
    public void What_the_log_says_was_skipped_for_a_failed_dependency_is_no_deviation()
    {
        var failed = WithLines(
            Line("Skipping because of failed dependencies", "/Stage[main]/Web/File[/srv/a]", "warning"),
            Line("Skipping because of failed dependencies", "/Stage[main]/Web/File[/srv/b]", "warning"));
        failed = failed with { Resources = Summary.Resources with { Failed = 1, Skipped = 2 } };

        Lacks(Judge(summary: failed), Outcome.FailedResources, 5);
        Assert.Equal(new RunDeviation(1, null, false), Judge(summary: failed with { Resources = failed.Resources with { Skipped = 3 } }).Deviation);
        Lacks(Judge(summary: failed with { Logs = null }), Outcome.FailedResources, 5, 8);
    }

    [Fact]
    public void Tags_of_ours_explain_what_is_skipped_and_no_other_deviation()
    {
        Succeeded(Judge(Question with { Tagged = true }, summary: NotFull));
        Assert.Equal(
            new RunDeviation(0, "staging", false), Judge(Question with { Tagged = true }, summary: NotFull with { InitialEnvironment = "staging" }).Deviation);
    }

    [Fact]
    public void A_count_of_skipped_resources_that_is_missing_is_a_missing_proof() =>
        Lacks(Judge(summary: Summary with { Resources = Summary.Resources with { Skipped = null } }), Outcome.FailedUnproven, 2);

    [Theory]
    [InlineData("user", true)]
    [InlineData("user", false)]
    [InlineData(null, false)]
    public void A_summary_of_puppet_apply_says_nothing_of_an_agents_run(string? mode, bool isTimedAsAgent)
    {
        foreach (var failed in new[] { 0, 3 })
        {
            var verdict =
                Judge(summary: Summary with { RunMode = mode, IsTimedAsAgent = isTimedAsAgent, Resources = Summary.Resources with { Failed = failed } });

            Assert.Equal((true, false, false, Outcome.FailedDisplaced), (verdict.IsApply, verdict.IsOurs, verdict.CountsAsOurs, verdict.Outcome));
        }
    }

    [Fact]
    public void Before_the_mode_was_told_an_agent_is_known_by_the_times_that_an_apply_never_writes() =>
        Succeeded(Judge(summary: Of("6.24.0")));

    [Fact]
    public void A_run_that_began_in_another_environment_than_ours_was_asked_for_in_is_anothers_and_nobodys_habit()
    {
        var verdict = Judge(Question with { RunEnvironment = "canary", Habit = new RunDeviation(0, "production", false) });

        Lacks(verdict, Outcome.FailedDisplaced, 2, 7);
        Assert.Equal((false, false, (RunDeviation?)null), (verdict.IsOurs, verdict.CountsAsOurs, verdict.Deviation));
        Assert.Equal("this is another Puppet run: it started in environment 'production', but ours was requested in 'canary'", verdict.Message);
    }

    private static (RunSummary Summary, RunDeviation Deviation) Deviating(string what) => what switch
    {
        "skipped" => (NotFull, new RunDeviation(3, null, false)),
        "environment" => (Summary with { InitialEnvironment = "staging", ConvergedEnvironment = "staging" }, new RunDeviation(0, "staging", false)),
        "noop" => (Summary with { Events = new EventCounts(3, 0, 0, Noop: 3) }, new RunDeviation(0, null, true)),
        "real" => (Summary, new RunDeviation(0, null, true)),
        "skipped and failed" => (NotFull with { Resources = NotFull.Resources with { Failed = 1 } }, new RunDeviation(3, null, false)),
        "no catalog of another environment" => (
            Summary with { InitialEnvironment = "staging", ConfigVersion = null, TotalResources = 0 }, new RunDeviation(0, "staging", false)),
        _ => throw new ArgumentOutOfRangeException(nameof(what), what, "no such deviation"),
    };

    [Fact]
    public void A_lastrun_that_is_the_same_or_none_is_not_fresh()
    {
        Assert.False(RunJudge.IsFresh(Question with { LastRunBefore = End }, Status));
        Assert.False(RunJudge.IsFresh(Question with { LastRunBefore = 0, InitiatedAt = null, NodeTimeBefore = 0 }, Status with { LastRun = 0 }));
        Assert.False(RunJudge.IsFresh(Question, Status with { Applying = true }));
        Assert.True(RunJudge.IsFresh(Question, Status));
    }

    [Fact]
    public void Where_the_clock_stepped_back_a_lastrun_that_moved_is_fresh_and_the_run_unproven()
    {
        var question = Question with { ClockStepped = true, InitiatedAt = End + 60 };

        Assert.True(RunJudge.IsFresh(question, Status));
        Assert.False(RunJudge.IsFresh(question with { ClockStepped = false }, Status));
        Assert.Equal(Outcome.FailedUnproven, Judge(question).Outcome);
    }

    [Fact]
    public void A_summary_matches_the_status_of_the_same_lastrun()
    {
        Assert.True(RunJudge.Matches(Status, Summary));
        Assert.False(RunJudge.Matches(Status, Summary with { LastRun = End + 1 }));
    }

    [Fact]
    public void Anothers_run_that_is_as_good_stands_in_for_ours()
    {
        var verdict = Judge(Question with { InitiatedAt = Begin + 10 });

        Succeeded(verdict);
        Assert.False(verdict.IsOurs);
        Assert.StartsWith("another Puppet run took its place", Assert.Single(verdict.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_was_on_when_ours_was_refused_is_anothers_whenever_it_began()
    {
        var question = Question with { InitiatedAt = null, AnothersRun = true };

        Assert.False(Judge(question).IsOurs);
        Succeeded(Judge(question));
        Lacks(Judge(question, summary: NotFull), Outcome.FailedDisplaced, 2);
        Assert.Null(Judge(question, summary: NotFull).Deviation);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(0.9, true)]
    [InlineData(1, false)]
    [InlineData(1.5, false)]
    public void Anothers_run_must_have_begun_after_our_enable(double before, bool counts)
    {
        var verdict = Judge(Question with { InitiatedAt = Begin + 10, NodeTimeBefore = Begin + before });

        Assert.Equal(counts, verdict.CountsAsOurs);
        Assert.Equal(counts ? Outcome.Succeeded : Outcome.FailedDisplaced, verdict.Outcome);
    }

    public static TheoryData<string> Lesser() =>
        ["skipped", "skipped not counted", "noop", "failed", "cached", "no log", "old", "stepped", "other environment", "begun elsewhere",
            "begun nobody knows where", "apply"];

    [Theory]
    [MemberData(nameof(Lesser))]
    public void Anothers_run_that_proves_less_does_not_count(string why)
    {
        var question = Question with { InitiatedAt = Begin + 10, ClockStepped = why == "stepped", AnothersRun = true, RunEnvironment = "production" };
        var summary = why switch
        {
            "skipped" => NotFull,
            "skipped not counted" => Summary with { Resources = Summary.Resources with { Skipped = null } },
            "noop" => Summary with { Events = new EventCounts(3, 2, 0, Noop: 1) },
            "failed" => Summary with { Resources = Summary.Resources with { Failed = 1 } },
            "cached" => WithLines(Line("Using cached catalog from environment 'production'")),
            "no log" => Summary with { Logs = null },
            "old" => Summary with { PuppetVersion = "5.3.0" },
            "other environment" => Summary with { ConvergedEnvironment = "test" },
            "begun elsewhere" => Summary with { InitialEnvironment = "test" },
            "begun nobody knows where" => Of("6.24.0"),
            "apply" => Summary with { RunMode = "user" },
            _ => Summary,
        };
        var verdict = Judge(question, summary: summary);

        Assert.False(verdict.CountsAsOurs);
        Assert.Equal(Outcome.FailedDisplaced, verdict.Outcome);
        Assert.Contains(2, verdict.Lacking);
    }

    [Theory]
    [InlineData("5.5.0", true)]
    [InlineData("5.10.1", true)]
    [InlineData("6.0.0", true)]
    [InlineData("8.11.0-rc1", true)]
    [InlineData("10.0", true)]
    [InlineData("5.4.9", false)]
    [InlineData("4.10.12", false)]
    [InlineData("5", false)]
    [InlineData("", false)]
    [InlineData("-6.1", false)]
    [InlineData(null, false)]
    public void Versions_are_compared_as_numbers(string? version, bool tellsTheRun) =>
        Assert.Equal(tellsTheRun, PuppetVersions.TimesTellTheRun(version));

    private static readonly RunSummary NotFull = Summary with { Resources = Summary.Resources with { Skipped = 3 } };
}
