using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Actors.Tests.Simulation;

/// <summary>This host's clock is set while a deployment runs, or a node's is: nobody sleeps here, and nodes keep their own time.</summary>
public class ClockTests
{
    private static readonly NodeName App1 = new("app1");
    private static readonly DeploymentOptions Defaults = new();

    private static SimulatedDeployment Deployment(string scenario, DeploymentOptions? options = null, Func<int, bool>? diesAt = null) =>
        new(Sites.PlanOf(["app1", "app2"]), options ?? Defaults, Sites.Scenario(scenario)) { DiesAt = diesAt ?? (_ => false) };

    private static NodeView Of(DeploymentView view, NodeName node) => view.Nodes.Single(n => n.Name == node);

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);

    [Theory]
    [InlineData(7200, "this host's clock was set forward by 2h while the run was in progress; its deadlines were not affected")]
    [InlineData(-7200, "this host's clock was set back by 2h while the run was in progress; its deadlines were not affected")]
    [InlineData(3, "this host's clock was set forward by 3s while the run was in progress; its deadlines were not affected")]
    public void Runs_that_are_awaited_go_on_and_their_verdicts_name_the_clock(double by, string warning)
    {
        var undisturbed = Deployment("defaults: { run: 10m }");
        undisturbed.Run();
        var deployment = Deployment("defaults: { run: 10m }");
        deployment.SetClock(Seconds(60), Seconds(by));
        var view = deployment.Run();

        Assert.All(view.Nodes, n => Assert.Equal((Outcome.Succeeded, warning), (n.Outcome, Assert.Single(n.Warnings!))));
        var step = Assert.Single(deployment.Journal.OfType<ClockStepped>());
        Assert.Equal((Seconds(by), VirtualTime.Start + Seconds(62)), (step.By, step.At));
        var ends = (undisturbed.Journal.OfType<NodeSettled>().Max(e => e.At), deployment.Journal.OfType<NodeSettled>().Max(e => e.At));
        Assert.InRange(ends.Item2 - ends.Item1, Seconds(-20), Seconds(20));
    }

    [Theory]
    [InlineData(86400)]
    [InlineData(-86400)]
    public void A_run_deadline_comes_when_it_would_have_come(double by)
    {
        var deployment = Deployment("defaults: { result: never-ends }");
        deployment.SetClock(Seconds(60), Seconds(by));
        var view = deployment.Run();

        Assert.Equal(Outcome.FailedDidNotFinish, Of(view, App1).Outcome);
        Assert.InRange(deployment.Elapsed, Defaults.RunTimeout, Defaults.RunTimeout + TimeSpan.FromMinutes(3));
    }

    [Fact]
    public void A_clock_that_was_set_by_less_than_time_services_do_is_no_event()
    {
        var deployment = Deployment("defaults: { run: 1m }");
        deployment.SetClock(Seconds(30), Seconds(1.9));
        Assert.All(deployment.Run().Nodes, n => Assert.Null(n.Warnings));
        Assert.Empty(deployment.Journal.OfType<ClockStepped>());
    }

    [Theory]
    [InlineData(1800)]
    [InlineData(-1800)]
    public void A_supervisor_that_takes_over_after_it_keeps_the_runs_deadlines_and_believes_the_nodes(double by)
    {
        // Dies once, some polls after the step is in the journal.
        SimulatedDeployment? deployment = null;
        var (isTold, died) = (0, false);
        bool DiesAt(int point)
        {
            isTold += deployment!.Journal.Any(e => e is ClockStepped) ? 1 : 0;
            return !died && (died = isTold == 5);
        }
        deployment = Deployment("defaults: { run: 50m }", diesAt: DiesAt);
        deployment.SetClock(Seconds(60), Seconds(by));
        var view = deployment.Run();

        Assert.True(died);
        Assert.All(view.Nodes, n => Assert.Equal(Outcome.Succeeded, n.Outcome));
        Assert.Equal(2, deployment.State.Epoch);
    }

    [Fact]
    public void A_clock_that_was_set_while_no_host_ran_may_be_whose_it_is_and_the_verdict_says_so()
    {
        SimulatedDeployment? deployment = null;
        var died = false;
        bool DiesAt(int point) => !died && (died = deployment!.Elapsed > Seconds(60.5));
        deployment = Deployment("defaults: { run: 10m }", diesAt: DiesAt);
        // Nobody decides anything in this second, so that the process dies before it could tell.
        deployment.SetClock(Seconds(60), Seconds(300));
        var view = deployment.Run();

        Assert.True(died);
        Assert.Empty(deployment.Journal.OfType<ClockStepped>());
        Assert.All(view.Nodes, n => Assert.Equal(
            (Outcome.FailedUnproven, "the node's clock or this host's jumped during the run: the node's times prove nothing"), (n.Outcome, n.Message)));
    }

    [Theory]
    [InlineData(7200, "its clock is 1h59m behind ours, and this host's clock was set forward by 2h during the deployment")]
    [InlineData(-60, "its clock is 59.8s ahead of ours, and this host's clock was set back by 1m during the deployment")]
    public void Nodes_whose_turn_comes_after_it_are_refused_at_once_and_are_not_asked_for_a_run(double by, string message)
    {
        var deployment = new SimulatedDeployment(Sites.PlanOf(["app1"], ["web"]), Defaults, Sites.Scenario("defaults: { run: 2m }"));
        deployment.SetClock(Seconds(60), Seconds(by));
        var view = deployment.Run();

        Assert.Equal(Outcome.Succeeded, Of(view, App1).Outcome);
        var web = Of(view, new NodeName("web"));
        Assert.Equal((Outcome.RefusedClock, message + ": synchronize both clocks, or requests expire"), (web.Outcome, web.Message));
        Assert.True(deployment.Fleet.Observe(new NodeName("web")) is { Enable.Received: 0, Runonce.Received: 0, Disable.Received: > 0 });
        Assert.InRange(deployment.Elapsed, TimeSpan.Zero, TimeSpan.FromMinutes(3));
    }

    [Fact]
    public void A_node_whose_clock_is_set_far_ahead_in_its_run_is_heard_again_with_the_next_question()
    {
        var deployment = Deployment("nodes: { app1: { run: 10m, clock-step: { after: runonce, by: 2h } } }");
        var view = deployment.Run();

        var app1 = Of(view, App1);
        Assert.Equal((Outcome.FailedUnproven, "the node's clock jumped during the run: its times prove nothing"), (app1.Outcome, app1.Message));
        Assert.InRange(deployment.Fleet.Observe(App1).Diary.Count(o => o.What == "a request dropped: expired"), 1, 5);
        Assert.InRange(deployment.Elapsed, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(12));
        // Beyond what an act may live for it could not be disabled, and that was not tried for long.
        Assert.Equal(Hold.NotHeld, app1.Hold);
        Assert.Contains("its clock is 2h ahead of ours", Assert.Single(app1.Warnings!), StringComparison.Ordinal);
    }
}
