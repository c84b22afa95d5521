using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Tests.Runs;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Tests.Nodes.Running;

/// <summary>A node that was closed behind its run, and what it says of that while the run is watched.</summary>
public sealed class HeldInRunTests
{
    [Fact]
    public void One_that_somebody_enables_while_its_run_goes_on_is_told_and_held_again()
    {
        var trial = Closed().Woken().Status(applying: true, enabled: true);

        Assert.Single(trial.Facts.OfType<NodeFact.OutOfTurn>());
        Assert.IsType<NodeRequest.Disable>(trial.Outstanding);
        Assert.Equal(Hold.Held, HoldAtTheEnd(trial.Disabled().Woken().Status(enabled: false, lastRun: 210)));
    }

    [Fact]
    public void One_that_somebody_enables_just_before_its_run_ends_is_held_again_before_the_verdict()
    {
        var trial = Closed().Woken().Status(enabled: true, lastRun: 210);

        Assert.Equal(Hold.Held, HoldAtTheEnd(trial));
    }

    [Fact]
    public void One_that_carries_anothers_message_by_now_is_not_held_by_us()
    {
        var trial = Closed().Woken();
        trial.Answer(
            new StatusReply(0, "OK", trial.Now.Wall, new NodeStatus(false, false, false, false, 210, trial.Now.Monotonic.TotalSeconds - 10, "disk swap")));

        Assert.Equal(Hold.None, HoldAtTheEnd(trial));
        Assert.Contains("disk swap", Assert.Single(Judged(trial).Verdict.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_cannot_be_held_again_is_said_to_be_open()
    {
        var trial = Closed().Woken().Status(applying: true, enabled: true).SilenceToTheEnd();

        Assert.Equal(Hold.NotHeld, HoldAtTheEnd(trial.Woken().Status(enabled: true, lastRun: 210)));
    }

    [Fact]
    public void One_that_is_enabled_before_the_last_poll_is_held_again_before_it_is_said_that_nothing_began()
    {
        var trial = new Trial(n => Trial.Run(n)).Enabled().Accepted().Status().Pass(TimeSpan.FromMinutes(3)).Woken().Status().Disabled();
        trial.Status(enabled: true);

        Assert.IsType<NodeRequest.Disable>(trial.Outstanding);
        trial.Disabled().Status(enabled: false);
        Assert.Equal((Outcome.FailedDidNotStart, Hold.Held), trial.Facts.OfType<NodeFact.Ended>().Select(e => (e.Outcome, e.Hold!.Value)).Single());
    }

    [Fact]
    public void One_that_a_late_repetition_of_our_disable_reached_skips_its_run_and_is_asked_again_long_before_the_start_deadline()
    {
        var trial = new Trial(n => Trial.Run(n)).Enabled().Accepted();
        while (trial.Outstanding is not NodeRequest.Disable)
            trial = trial.Outstanding is null ? trial.Woken() : trial.Status(enabled: false);
        Assert.InRange(trial.Now.Monotonic, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(7));

        var displaced = Assert.Single(trial.Disabled().Status(enabled: false).Facts.OfType<NodeFact.Displaced>());
        Assert.Equal(Hold.Held, displaced.Hold);
        Assert.Equal("our own disable, repeated late, took effect after the enable, so the run was skipped", displaced.Message);
    }

    [Fact]
    public void One_whose_run_began_before_that_is_watched_to_its_end()
    {
        var trial = new Trial(n => Trial.Run(n)).Enabled().Accepted().Status(enabled: false).Woken();
        while (trial.Outstanding is not NodeRequest.Disable)
            trial = trial.Outstanding is null ? trial.Woken() : trial.Status(applying: true, enabled: false);

        Assert.Equal(Outcome.Succeeded, Judged(trial.Disabled().Status(enabled: false, lastRun: 210)).Verdict.Outcome);
    }

    [Fact]
    public void One_whose_request_had_no_answer_is_given_the_time_in_which_it_may_still_be_taken()
    {
        var trial = new Trial(n => Trial.Run(n)).Enabled().Silence().Status(enabled: false).Pass(TimeSpan.FromSeconds(40)).Woken().Status(enabled: false);

        Assert.Null(trial.Outstanding);
    }

    /// <summary>Its run was seen applying, and a second later it was disabled.</summary>
    private static Trial Closed()
    {
        var trial = new Trial(n => Trial.Run(n)).Enabled().Accepted().Status(applying: true);
        while (trial.Outstanding is not NodeRequest.Disable)
            trial = trial.Outstanding is null ? trial.Woken() : trial.Status(applying: true);
        return trial.Disabled().Status(applying: true, enabled: false);
    }

    private static Hold HoldAtTheEnd(Trial trial) => Judged(trial).Hold;

    private static NodeFact.Judged Judged(Trial trial)
    {
        if (trial.Outstanding is NodeRequest.LastRunSummary)
        {
            trial.Answer(new SummaryReply(0, "OK", trial.Now.Wall,
                GoodRun.Summary with { LastRun = 210, TimeTotal = 5, Logs = [GoodRun.Line("Applied catalog in 1.00 seconds", time: 210)] }));
        }
        if (trial.Outstanding is NodeRequest.Disable)
            trial.Disabled().Status(enabled: false, lastRun: 210);
        return Assert.Single(trial.Facts.OfType<NodeFact.Judged>());
    }
}
