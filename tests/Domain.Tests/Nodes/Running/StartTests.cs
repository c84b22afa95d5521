using Orchestrator.Domain.Nodes;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Tests.Nodes.Running;

/// <summary>How long a run may take to begin: counted from when it was asked for, however long it took to enable the node before.</summary>
public sealed class StartTests
{
    private static readonly DeploymentOptions Impatient = new() { StartTimeout = TimeSpan.FromSeconds(10) };

    [Fact]
    public void An_unanswered_request_is_not_taken_for_lost_before_its_time_to_live_has_passed_since_it_left()
    {
        var trial = Late().Silence();
        var asked = trial.Now.Monotonic - TimeSpan.FromSeconds(10);
        trial.Status();
        while (trial.Now.Monotonic < asked + Impatient.RunonceTimeToLive)
        {
            Assert.IsNotType<NodeRequest.Disable>(trial.Outstanding);
            trial = trial.Outstanding is null ? trial.Woken() : trial.Status();
        }

        UntilClosed(trial).Disabled().Status(enabled: false);
        Assert.Single(trial.Facts.OfType<NodeFact.Untraced>());
    }

    [Fact]
    public void A_node_that_was_long_in_being_enabled_has_all_its_time_to_begin()
    {
        var trial = Late().Accepted();
        var asked = trial.Now.Monotonic;

        Assert.InRange(UntilClosed(trial).Now.Monotonic - asked, Impatient.StartTimeout, Impatient.StartTimeout + TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void After_a_restart_a_request_that_may_just_have_left_still_has_its_time_to_live()
    {
        var begunAfter = TimeSpan.FromSeconds(25);
        var trial = UntilClosed(new Trial(n => Run(n, mayAsk: false), Impatient, begunAfter: begunAfter));

        Assert.InRange(trial.Now.Monotonic, begunAfter + Impatient.RunonceTimeToLive, begunAfter + Impatient.RunonceTimeToLive + TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void After_a_long_absence_one_poll_is_enough_to_hold_the_node_again()
    {
        var trial = new Trial(n => Run(n, mayAsk: false), Impatient, begunAfter: TimeSpan.FromMinutes(10)).Status();

        Assert.IsType<NodeRequest.Disable>(trial.Outstanding);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_run_that_ended_by_the_nodes_clock_before_it_was_asked_for_is_unproven_and_not_asked_for_again(bool isAnswered)
    {
        var trial = isAnswered ? Late().Accepted() : Late().Silence();
        while (trial.Outstanding is not NodeRequest.Disable)
            trial = trial.Outstanding is null ? trial.Woken() : trial.Status(lastRun: 197);
        trial.Disabled().Status(enabled: false, lastRun: 197);

        var ended = Assert.IsType<NodeFact.Ended>(trial.Facts[^1]);
        Assert.Equal((Outcome.FailedUnproven, Hold.Held), (ended.Outcome, ended.Hold!.Value));
    }

    [Fact]
    public void So_is_one_that_was_seen_applying_and_did_not_die()
    {
        var trial = Late().Accepted().Status(applying: true).Woken();
        while (trial.Outstanding is not NodeRequest.Disable)
            trial = trial.Outstanding is null ? trial.Woken() : trial.Status(lastRun: 197);
        trial.Disabled().Status(enabled: false, lastRun: 197);

        Assert.Equal(Outcome.FailedUnproven, Assert.IsType<NodeFact.Ended>(trial.Facts[^1]).Outcome);
    }

    /// <summary>Two of the requests to enable it got lost, and the run is asked for only now.</summary>
    private static Trial Late() =>
        new Trial(n => Run(n), Impatient).Silence().Woken().Status(enabled: false).Silence().Woken().Status(enabled: false).Enabled();

    private static NodeAssignment.Run Run(Messages.NodeName node, bool mayAsk = true) =>
        new(Trial.RequestOf(node) with { StartDeadlineAt = Trial.Start + Impatient.StartTimeout }, mayAsk, null, false);

    private static Trial UntilClosed(Trial trial)
    {
        while (trial.Outstanding is not NodeRequest.Disable)
            trial = trial.Outstanding is null ? trial.Woken() : trial.Status();
        return trial;
    }
}
