using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Runs;
using Orchestrator.Domain.Tests.Runs;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Tests.Nodes;

/// <summary>An answer that cannot be understood says nothing of whether the node did what was asked, so that may have been done.</summary>
public sealed class MalformedTests
{
    [Fact]
    public void A_node_whose_answer_to_disable_cannot_be_understood_may_be_held()
    {
        var ended = Ended(Answered(new Trial(_ => new NodeAssignment.Isolate(Trial.Start.AddMinutes(10)))));

        Assert.Equal((Outcome.Refused, Hold.Asked), (ended.Outcome, ended.Hold!.Value));
    }

    [Fact]
    public void So_may_one_that_is_disabled_and_does_not_say_by_whom()
    {
        var trial = new Trial(_ => new NodeAssignment.Isolate(Trial.Start.AddMinutes(10)));
        var ended = Ended(Answered(trial.Answer(new SwitchReply(1, "Already disabled", Trial.Start, false))));

        Assert.Equal((Outcome.Refused, Hold.Asked), (ended.Outcome, ended.Hold!.Value));
    }

    [Fact]
    public void One_that_denies_disable_is_not_held()
    {
        var ended = Ended(Denying().Answer(StatusOf(enabled: true, "")));

        Assert.Equal((Outcome.Refused, "not authorized", Hold.None), (ended.Outcome, ended.Message, ended.Hold!.Value));
    }

    [Fact]
    public void One_that_denies_disable_and_is_disabled_by_an_attempt_before_stays_held()
    {
        var ended = Ended(Denying().Answer(StatusOf(enabled: false, Trial.Held)));

        Assert.Equal((Outcome.Refused, "not authorized", Hold.Held), (ended.Outcome, ended.Message, ended.Hold!.Value));
    }

    [Fact]
    public void One_that_denies_disable_and_then_says_nothing_may_be_held_by_an_attempt_before()
    {
        var ended = Ended(Denying().SilenceToTheEnd());

        Assert.Equal((Outcome.Refused, "not authorized", Hold.Asked), (ended.Outcome, ended.Message, ended.Hold!.Value));
    }

    [Fact]
    public void One_whose_answer_to_enable_cannot_be_understood_may_be_open()
    {
        var ended = Ended(Answered(new Trial(n => Trial.Run(n))));

        Assert.Equal((Outcome.Refused, Hold.Asked), (ended.Outcome, ended.Hold!.Value));
    }

    [Fact]
    public void One_whose_answer_to_runonce_cannot_be_understood_is_watched_like_one_that_was_silent()
    {
        var trial = Answered(new Trial(n => Trial.Run(n)).Enabled()).Status().Woken().Status(applying: true);

        Assert.IsType<NodeFact.Began>(Assert.Single(trial.Facts));
    }

    [Fact]
    public void One_that_cannot_read_its_own_log_is_asked_for_the_summary_without_it_and_the_run_is_unproven()
    {
        var trial = Over().Answer(Denial);
        Assert.Equal(new NodeRequest.LastRunSummary(Logs: false), trial.Outstanding);
        var verdict = Verdict(trial.Answer(Summary()));

        Assert.Equal(Outcome.FailedUnproven, verdict.Outcome);
        Assert.Contains("its log could not be fetched: undefined method `exists?' for File:Class", verdict.Warnings);
    }

    [Fact]
    public void So_is_one_whose_log_cannot_be_understood()
    {
        var trial = Over().Answer(new MalformedReply(0, "OK", Trial.Start, "data.logs[3]: expected an object, found 7"));

        Assert.Equal(Outcome.FailedUnproven, Verdict(trial.Answer(Summary())).Outcome);
    }

    [Fact]
    public void Without_a_log_a_definite_failure_is_still_one() =>
        Assert.Equal(Outcome.FailedResources, Verdict(Over().Answer(Denial).Answer(Summary(failed: 2))).Outcome);

    [Fact]
    public void Without_a_log_a_run_succeeds_where_that_is_accepted() =>
        Assert.Equal(Outcome.Succeeded, Verdict(Over(new DeploymentOptions { AcceptWithoutLog = true }).Answer(Denial).Answer(Summary())).Outcome);

    [Fact]
    public void One_that_denies_any_summary_is_refused_with_its_words()
    {
        var ended = Ended(Over().Answer(Denial).Answer(Denial).Disabled());

        Assert.Equal((Outcome.Refused, "it ran, but its summary cannot be read: undefined method `exists?' for File:Class"), (ended.Outcome, ended.Message));
    }

    [Fact]
    public void One_whose_every_summary_cannot_be_understood_has_an_unproven_run() =>
        Assert.Equal(Outcome.FailedUnproven, Ended(Answered(Answered(Over())).Disabled()).Outcome);

    [Fact]
    public void One_that_denies_its_status_until_the_run_deadline_answers_and_is_not_called_unreachable()
    {
        var trial = new Trial(n => Trial.Run(n)).Enabled().Accepted().Pass(TimeSpan.FromHours(2))
            .Answer(new StatusReply(1, "not authorized", Trial.Start, GoodRun.Status));

        Assert.Equal((Outcome.Refused, "its status could not be read until the run deadline: not authorized"), (Ended(trial).Outcome, Ended(trial).Message));
    }

    private static Trial Denying() =>
        new Trial(_ => new NodeAssignment.Isolate(Trial.Start.AddMinutes(10))).Answer(new SwitchReply(1, "not authorized", Trial.Start, null));

    private static StatusReply StatusOf(bool enabled, string message) =>
        new(0, "OK", Trial.Start, new NodeStatus(enabled, false, false, false, 100, 100, message));

    private static SummaryReply Denial { get; } =
        new(5, "undefined method `exists?' for File:Class", Trial.Start, GoodRun.Summary with { LastRun = 0, Logs = null });

    private static SummaryReply Summary(int failed = 0) =>
        new(0, "OK", Trial.Start,
            GoodRun.Summary with { LastRun = 205, TimeTotal = 4, Logs = null, Resources = GoodRun.Summary.Resources with { Failed = failed } });

    /// <summary>A run that is over, so that its summary is asked for.</summary>
    private static Trial Over(DeploymentOptions? options = null) =>
        new Trial(n => Trial.Run(n), options).Enabled().Accepted().Pass(TimeSpan.FromSeconds(6)).Status(lastRun: 205);

    private static Verdict Verdict(Trial trial) => Assert.Single(trial.Disabled().Status(enabled: false, lastRun: 205).Facts.OfType<NodeFact.Judged>()).Verdict;

    private static Trial Answered(Trial trial) => trial.Answer(new MalformedReply(0, "OK", Trial.Start, "data.enabled: expected true or false, found a text"));

    private static NodeFact.Ended Ended(Trial trial) => Assert.Single(trial.Facts.OfType<NodeFact.Ended>());
}
