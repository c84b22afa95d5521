using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.Work;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Tests.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Tests.Deployments.Deciding;

/// <summary>A run that ended under our hold though this history asked for none: told before ours is asked for, and in the verdict.</summary>
public sealed class UnaskedRunTests
{
    private const string Words = "a Puppet run that this deployment did not ask for ended there while it was held";
    private static readonly NodeName Db = new("db");

    [Fact]
    public void The_lastrun_of_a_node_that_is_held_and_idle_is_journalled_and_goes_into_its_preparation()
    {
        var given = Running();
        Assert.Equal([100, 100, 100], Assert.Single(Given.Isolating().WhenFacts(Idle()) is Decision.Accept a ? a.Events.OfType<NodesIdle>() : []).LastRuns!);
        Assert.Equal(100, Prepare(given).LastRun);
    }

    [Fact]
    public void What_is_not_known_of_each_node_is_known_of_none()
    {
        var accepted = Assert.IsType<Decision.Accept>(Given.Isolating().WhenFacts(new NodeFact.Idle(Db, 100), new NodeFact.Idle(new NodeName("app1"))));
        Assert.Null(Assert.Single(accepted.Events.OfType<NodesIdle>()).LastRuns);
    }

    [Theory]
    [InlineData(100, null)]
    [InlineData(300, Words)]
    [InlineData(0, "its record of its last Puppet run disappeared while it was held: it was reinstalled, or its state was deleted")]
    public void A_lastrun_that_moved_is_told_before_the_node_is_ready(double lastRun, string? words)
    {
        var trial = new Trial(_ => Prepare(Running()), new DeploymentOptions()).Woken().Status(enabled: false, lastRun: lastRun);

        Assert.Equal(words, trial.Facts.OfType<NodeFact.RanUnasked>().SingleOrDefault()?.Message);
        Assert.Equal(lastRun, Assert.IsType<NodeFact.Ready>(trial.Facts[^1]).LastRun);
    }

    [Fact]
    public void It_is_a_warning_of_the_verdict_and_of_no_other_attempt()
    {
        var given = Running().AfterFacts(new NodeFact.RanUnasked(Db, 300, Words), new NodeFact.Ready(Db, 300, 500, false));
        var judged = Assert.IsType<Decision.Accept>(given.WhenFacts(Given.Judged("db", 1, Outcome.FailedResources)));
        Assert.Equal([Words], Assert.Single(judged.Events.OfType<NodeSettled>()).Warnings!);

        var retried = given.AfterFacts(Given.Judged("db", 1, Outcome.FailedResources)).After(new DeploymentCommand.Retry("bob"));
        Assert.Null(retried.State.Nodes[Db].RanUnasked);
    }

    [Fact]
    public void Once_a_run_is_asked_for_a_new_lastrun_is_nothing_strange()
    {
        var given = Running().AfterFacts(new NodeFact.Ready(Db, 100, 200, false)).AfterFacts(new NodeFact.Displaced(Db, 1, "another's", Hold.Held));

        Assert.Null(Prepare(given).LastRun);
    }

    private static NodeFact[] Idle() => Given.All(n => new NodeFact.Idle(n, 100));

    private static Given Running() => Given.Isolating().AfterFacts([.. Given.All(n => new NodeFact.Held(n)), .. Idle()]);

    private static NodeAssignment.Prepare Prepare(Given given) => Assert.IsType<NodeAssignment.Prepare>(Assignments.Of(given.State, Db));
}
