using CsCheck;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Nodes.Throttling;
using Orchestrator.Domain.Tests.Runs;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Tests.Nodes.Running;

/// <summary>How a run is watched whose end can be expected, and what comes of it where the expectation is wrong. In virtual time.</summary>
public sealed class ExpectedEndTests
{
    private static readonly TimeSpan OneSecond = TimeSpan.FromSeconds(1);

    /// <summary>Of reading the run before once in the place of a look, and of disabling the node once.</summary>
    private static readonly double OtherAnswers = 2;

    [Fact]
    public void A_run_of_ten_minutes_is_asked_for_every_second_where_nothing_is_known_and_half_as_often_where_the_run_before_took_as_long()
    {
        var known = new WatchedRun { Length = 600, Before = 598 }.Watch();
        var unknown = new WatchedRun { Length = 600, LastRun = 0 }.Watch();

        Assert.InRange(unknown.Polls.Count, 590, 610);
        Assert.InRange(known.Polls.Count, 270, 305);
        Assert.InRange(known.SeenAfter, TimeSpan.Zero, OneSecond);
        Assert.Equal((1, 0), (known.QuestionsForBefore, unknown.QuestionsForBefore));
    }

    [Fact]
    public void What_the_group_s_runs_took_is_known_without_a_question()
    {
        var run = new WatchedRun { Length = 600, Usual = 600, Before = 20 }.Watch();

        Assert.InRange(run.Polls.Count, 270, 305);
        Assert.InRange(run.SeenAfter, TimeSpan.Zero, OneSecond);
        Assert.Equal(0, run.QuestionsForBefore);
    }

    [Fact]
    public void An_end_within_a_quarter_of_the_expected_time_and_any_later_one_is_seen_within_a_second() =>
        Gen.Select(Gen.Double[30, 3000], Gen.Double[0.76, 1.15], Gen.Bool).Sample((expected, share, isOwn) =>
        {
            var run = new WatchedRun { Length = expected * share, Usual = isOwn ? null : expected, Before = isOwn ? expected : null }.Watch();
            // The question for the run before may stand where a look would have been.
            Assert.InRange(run.SeenAfter.TotalSeconds, 0, 1.06);
        }, iter: 300);

    [Theory]
    [InlineData(0.3)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_slow_node_is_polled_just_when_its_group_s_runs_were_over(double answer) =>
        Gen.Double[40, 900].Sample(length =>
        {
            var run = new WatchedRun { Answer = answer, Length = length, Usual = length + 0.2 }.Watch();
            Assert.InRange(run.SeenAfter.TotalSeconds, 0, 1);
        }, iter: 200);

    [Fact]
    public void The_first_run_of_a_group_tells_the_next_one_when_to_poll() =>
        Gen.Double[40, 900].Sample(length =>
        {
            var first = new WatchedRun { Answer = 1, Length = length }.Watch();
            var took = Assert.IsType<NodeFact.Judged>(first.Facts[^1]).Took!.Value;
            Assert.InRange(took.TotalSeconds - length, -0.5, 1.5);
            var next = new WatchedRun { Answer = 1, Length = took.TotalSeconds - 0.5, Usual = took.TotalSeconds }.Watch();
            Assert.InRange(next.SeenAfter.TotalSeconds, 0, 1);
        }, iter: 100);

    [Fact]
    public void A_run_that_failed_tells_nothing_of_how_long_others_take()
    {
        var judged = Assert.IsType<NodeFact.Judged>(new WatchedRun { Length = 60, FailedResources = 1 }.Watch().Facts[^1]);
        Assert.Equal((Outcome.FailedResources, null), (judged.Verdict.Outcome, judged.Took));
    }

    [Theory]
    [InlineData(10, 1)]
    [InlineData(40, 1)]
    [InlineData(120, 3)]
    [InlineData(300, 7.5)]
    [InlineData(440, 10)]
    [InlineData(460, 1)]
    public void An_end_long_before_it_is_expected_is_seen_within_a_fortieth_of_the_run_and_ten_seconds(double length, double within) =>
        Assert.InRange(new WatchedRun { Length = length, Usual = 600 }.Watch().SeenAfter, TimeSpan.Zero, TimeSpan.FromSeconds(within + 0.1));

    [Fact]
    public void Whatever_is_expected_the_same_is_told_and_no_end_is_seen_later_than_its_bound() =>
        Gen.Select(Gen.Double[0.001, 4], Gen.Double[0.5, 3], Gen.Double[4, 3500], Expectations, Expectations).Sample((answer, lag, length, usual, before) =>
        {
            var plain = new WatchedRun { Answer = answer, Lag = lag, Length = length, LastRun = 0 }.Watch();
            var run = new WatchedRun { Answer = answer, Lag = lag, Length = length, Usual = usual, Before = before }.Watch();

            Assert.Equal(Told(plain), Told(run));
            var pace = Math.Max(1, answer * 5);
            Assert.InRange(run.SeenAfter.TotalSeconds, 0, Math.Max(pace > 1 ? 2 * pace : pace, Math.Min(10, length / 40)) + (answer * OtherAnswers) + 0.01);
        }, iter: 1000);

    [Fact]
    public void Whatever_is_expected_a_node_is_asked_no_faster_than_its_interval() =>
        Gen.Select(Gen.Double[0.021, 4], Gen.Double[10, 2000], Expectations, Expectations).Sample((answer, length, usual, before) =>
        {
            var run = new WatchedRun { Answer = answer, Length = length, Usual = usual, Before = before }.Watch();
            var pace = Math.Max(1, answer * 5);
            // Two follow at once: the one after the node was disabled, and that after the end as the summary of the run before showed it.
            var close = run.Polls.Zip(run.Polls.Skip(1), (a, b) => (b - a).TotalSeconds).Count(d => d < pace - 0.001);
            Assert.InRange(close, 0, 2);
        }, iter: 500);

    [Fact]
    public void A_run_that_never_ends_is_given_up_at_its_deadline_as_if_nothing_were_expected() =>
        Gen.Select(Gen.Double[0.03, 2], Expectations, Expectations).Sample((answer, usual, before) =>
        {
            var run = new WatchedRun { Answer = answer, Length = 100_000, Usual = usual, Before = before }.Watch();
            Assert.Equal(Outcome.FailedDidNotFinish, Assert.IsType<NodeFact.Ended>(run.Facts[^1]).Outcome);
            var pace = TimeSpan.FromSeconds(Math.Max(1, answer * 5));
            Assert.InRange(run.Elapsed, TimeSpan.FromMinutes(60) - pace, TimeSpan.FromMinutes(60) + pace + TimeSpan.FromSeconds(answer * OtherAnswers));
        }, iter: 60);

    [Fact]
    public void A_run_that_never_begins_is_given_up_at_its_deadline_as_if_nothing_were_expected()
    {
        WatchedRun Watched(double? usual) => new WatchedRun { Length = 100_000, Lag = 50_000, Usual = usual }.Watch();

        var run = Watched(usual: 600);

        Assert.Equal(Outcome.FailedDidNotStart, Assert.IsType<NodeFact.Ended>(run.Facts[^1]).Outcome);
        Assert.Equal(Watched(usual: null).Polls, run.Polls);
    }

    [Fact]
    public void Only_a_long_run_is_worth_a_question_for_the_run_before()
    {
        Assert.Equal(0, new WatchedRun { Length = 38, Before = 40 }.Watch().QuestionsForBefore);
        Assert.Equal(1, new WatchedRun { Length = 45, Before = 40 }.Watch().QuestionsForBefore);
        Assert.Equal(1, new WatchedRun { Length = 600, Before = null }.Watch().QuestionsForBefore);
    }

    [Fact]
    public void A_run_that_ends_as_the_run_before_is_asked_for_is_seen_at_once()
    {
        for (var length = 40.0; length < 43; length += 0.05)
            Assert.InRange(new WatchedRun { Length = length, Before = 600 }.Watch().SeenAfter.TotalSeconds, 0, 1.06);
    }

    [Theory]
    [InlineData("denied")]
    [InlineData("not understood")]
    [InlineData("silent")]
    [InlineData("not sent")]
    public void A_node_that_does_not_tell_of_its_run_before_is_watched_as_if_it_had_none(string trouble)
    {
        var run = new WatchedRun
        {
            Length = 300,
            Before = 290,
            AtQuestionForBefore = trial => trouble switch
            {
                "denied" => trial.Answer(new SummaryReply(1, "not authorized", Trial.Start, GoodRun.Summary)),
                "not understood" => trial.Answer(new MalformedReply(5, "", Trial.Start, "not JSON")),
                "silent" => trial.Silence(),
                _ => trial.NotSent(),
            },
        }.Watch();

        Assert.Equal(Outcome.Succeeded, Assert.IsType<NodeFact.Judged>(run.Facts[^1]).Verdict.Outcome);
        Assert.DoesNotContain(run.Facts, f => f is NodeFact.Silent);
        Assert.InRange(run.SeenAfter, TimeSpan.Zero, OneSecond);
    }

    [Fact]
    public void Of_another_s_run_in_our_place_no_end_is_expected()
    {
        var run = new WatchedRun { IsAnothers = true, Lag = 0, Length = 300, Before = 290 }.Watch();
        Assert.Equal((0, true),
            (run.QuestionsForBefore, new WatchedRun { IsAnothers = true, Lag = 0, Length = 300, Usual = 600 }.Watch().Polls.Count == run.Polls.Count));
        Assert.InRange(run.Polls.Count, 290, 310);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e300)]
    [InlineData(-5)]
    [InlineData(0)]
    public void A_time_that_makes_no_sense_is_no_expectation(double before)
    {
        var run = new WatchedRun { Length = 300, Before = before }.Watch();
        Assert.InRange(run.Polls.Count, 290, 310);
        Assert.InRange(run.SeenAfter, TimeSpan.Zero, OneSecond);
    }

    [Fact]
    public void Who_takes_a_run_up_again_counts_from_its_request()
    {
        var run = new WatchedRun { TakenUpAfter = 300, Lag = 0, Length = 600, Before = 598 }.Watch();
        Assert.InRange(run.Polls[1] - run.Polls[0], TimeSpan.FromSeconds(0.9), OneSecond * 1.1);
        Assert.InRange(run.Polls.Count, 150, 185);
        Assert.InRange(run.SeenAfter, TimeSpan.Zero, OneSecond);
    }

    [Fact]
    public void The_middle_of_the_latest_nine_runs_is_what_is_usual()
    {
        var usual = new UsualTime();
        Assert.Null(usual.Value);
        foreach (var seconds in (int[])[1, 1, 1, 1, 600, 610, 5, 620, 590, 3000, 600, 605, 4])
            usual.Learn(TimeSpan.FromSeconds(seconds));
        Assert.Equal(TimeSpan.FromSeconds(600), usual.Value);
    }

    private static Gen<double?> Expectations => Gen.Frequency((1, Gen.Const((double?)null)), (4, Gen.Double[1, 6000].Select(s => (double?)s)));

    private static List<object> Told(WatchedRun run) =>
        [.. run.Facts.Select(f => f is NodeFact.Judged judged ? (object)(judged.Verdict.Outcome, judged.Verdict.Message, judged.Hold, judged.Took) : f)];
}
