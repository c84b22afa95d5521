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
    [InlineData(2, true)]
    [InlineData(2.001, false)]
    [InlineData(3, false)]
    [InlineData(-5, true)]
    public void Our_run_may_seem_to_begin_two_seconds_before_it_was_asked_for_and_not_more(double early, bool isOurs)
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

    [Fact]
    public void Where_runonce_was_never_answered_a_run_that_skipped_resources_may_be_anothers_and_proves_nothing()
    {
        var unanswered = Question with { InitiatedAt = null };

        Succeeded(Judge(unanswered));
        Lacks(Judge(unanswered, summary: NotFull), Outcome.FailedUnproven, 2);
        Lacks(Judge(unanswered, summary: Summary with { Resources = Summary.Resources with { Skipped = null } }), Outcome.FailedUnproven, 2);
        Lacks(Judge(unanswered, summary: NotFull with { Resources = NotFull.Resources with { Failed = 1 } }), Outcome.FailedResources, 2, 5);
        Succeeded(Judge(unanswered with { Tagged = true }, summary: NotFull));
        Succeeded(Judge(unanswered with { InitiatedAt = 0 }, summary: NotFull));
    }

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
        Assert.StartsWith("another's run took the place of ours", Assert.Single(verdict.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_was_on_when_ours_was_refused_is_anothers_whenever_it_began()
    {
        var question = Question with { InitiatedAt = null, AnothersRun = true };

        Assert.False(Judge(question).IsOurs);
        Succeeded(Judge(question));
        Lacks(Judge(question, summary: NotFull), Outcome.FailedDisplaced, 2);
        Succeeded(Judge(question with { AnothersRun = false, InitiatedAt = AskedAt }, summary: NotFull));
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

    public static TheoryData<string> Lesser() => ["skipped", "skipped not counted", "noop", "failed", "cached", "no log", "old", "stepped", "other environment"];

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
