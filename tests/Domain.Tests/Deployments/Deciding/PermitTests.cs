using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Deployments.Views;
using Orchestrator.Domain.Deployments.Work;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Tests.Deployments.Deciding;

/// <summary>Nodes whose turn has come and that wait for a permit under the limit of their fleet.</summary>
public sealed class PermitTests
{
    private static readonly NodeName Db = new("db");
    private static readonly NodeName App1 = new("app1");
    private static readonly NodeName App2 = new("app2");
    private static readonly DeploymentOptions Limited = new() { MaxRunning = 1 };

    [Fact]
    public void Many_that_wait_or_have_their_permits_are_one_event_a_report_and_the_idle_timeout_counts_from_there()
    {
        var given = InSecondGroup();
        var awaited = Assert.IsType<Decision.Accept>(
            given.WhenFacts(new NodeFact.PermitAwaited(App1, 1), new NodeFact.OutOfTurn(App2, "cron"), new NodeFact.PermitAwaited(App2, 1)));
        Assert.Equal((NodeName[])[App1, App2], Assert.Single(awaited.Events.OfType<PlacesAwaited>()).Nodes.ToArray());
        given.AfterFacts(new NodeFact.PermitAwaited(App1, 1), new NodeFact.PermitAwaited(App2, 1));
        Assert.Equal((2, Given.Now), (given.State.AwaitedPermits, given.State.Nodes[App1].Since));

        given.Later(TimeSpan.FromHours(1)).AfterFacts(new NodeFact.PermitAcquired(App1, 1));

        Assert.Equal(1, given.State.AwaitedPermits);
        Assert.Equal((false, Given.Now.AddHours(1), Given.Now.AddHours(1) + Limited.IdleTimeout), Of(given.State.Nodes[App1]));
        Assert.Equal((true, Given.Now, Given.Now + Limited.IdleTimeout), Of(given.State.Nodes[App2]));
        static (bool, DateTimeOffset, DateTimeOffset) Of(NodeState node) => (node.AwaitsPermit, node.Since, node.IdleDeadlineAt);
    }

    [Fact]
    public void One_that_has_its_permit_at_once_is_no_news()
    {
        Assert.IsType<Decision.Ignore>(Given.Running(Limited).WhenFacts(new NodeFact.PermitAcquired(Db, 1)));
    }

    [Fact]
    public void Said_again_after_a_restart_of_the_host_both_are_harmless()
    {
        var given = Given.Running(Limited).AfterFacts(new NodeFact.PermitAwaited(Db, 1)).After(new DeploymentCommand.TakeOver());
        Assert.IsType<NodeAssignment.Prepare>(Assignments.Of(given.State, Db));
        Assert.IsType<Decision.Ignore>(given.WhenFacts(new NodeFact.PermitAwaited(Db, 1)));

        given.AfterFacts(new NodeFact.PermitAcquired(Db, 1));
        Assert.Equal(0, given.State.AwaitedPermits);
        Assert.IsType<Decision.Ignore>(given.WhenFacts(new NodeFact.PermitAcquired(Db, 1)));
    }

    [Fact]
    public void Of_a_node_that_is_past_it_neither_says_anything()
    {
        var given = Given.Requested(Limited);
        Assert.IsType<Decision.Ignore>(given.WhenFacts(new NodeFact.PermitAwaited(Db, 1), new NodeFact.PermitAcquired(Db, 1)));
        Assert.IsType<Decision.Ignore>(given.WhenFacts(new NodeFact.PermitAwaited(App1, 1)));
        // Reopened: of the request before nothing is heard any more.
        given.AfterFacts(new NodeFact.Displaced(Db, 1, "cron", Hold.Held));
        Assert.IsType<Decision.Ignore>(given.WhenFacts(new NodeFact.PermitAwaited(Db, 1)));
        Assert.True(given.AfterFacts(new NodeFact.PermitAwaited(Db, 2)).State.Nodes[Db].AwaitsPermit);
    }

    [Fact]
    public void Whose_turn_is_over_waits_no_longer()
    {
        var skipped = InSecondGroup().AfterFacts(new NodeFact.PermitAwaited(App1, 1)).After(new DeploymentCommand.Cancel("bob", false));
        Assert.Equal((Outcome.Skipped, false), (skipped.State.Nodes[App1].Result!.Outcome, skipped.State.Nodes[App1].AwaitsPermit));

        var requested = Given.Running(Limited).AfterFacts(new NodeFact.PermitAwaited(Db, 1)).AfterFacts(new NodeFact.Ready(Db, 100, 200, false));
        Assert.Equal((NodeStep.Requested, false), (requested.State.Nodes[Db].Step, requested.State.Nodes[Db].AwaitsPermit));
    }

    [Fact]
    public void A_pause_gives_up_the_turn_and_who_goes_on_asks_for_it_anew()
    {
        var given = Given.Running(Limited).AfterFacts(new NodeFact.PermitAwaited(Db, 1)).After(new DeploymentCommand.Pause("bob"));
        Assert.Equal(0, given.State.AwaitedPermits);
        Assert.IsType<Decision.Ignore>(given.WhenFacts(new NodeFact.PermitAwaited(Db, 1)));

        given.After(new DeploymentCommand.Resume("bob")).AfterFacts(new NodeFact.PermitAwaited(Db, 1));
        Assert.Equal(1, given.State.AwaitedPermits);
    }

    [Fact]
    public void A_permit_is_no_reason_to_begin_the_same_work_anew()
    {
        var given = Given.Running(Limited);
        var assignments = new Assignments();
        var plan = given.Plan;
        Assert.Single(assignments.After([new SupervisorStarted(1, Given.Now)], given.State, plan));

        given.AfterFacts(new NodeFact.PermitAwaited(Db, 1)).Later(TimeSpan.FromHours(1)).AfterFacts(new NodeFact.PermitAcquired(Db, 1));

        Assert.NotEqual(Given.Now + Limited.IdleTimeout, given.State.Nodes[Db].IdleDeadlineAt);
        Assert.Empty(assignments.After([new PlacesTaken([Db], Given.Now), new NodesHeld([Db], Given.Now)], given.State, plan));
    }

    [Fact]
    public void What_is_new_to_do_is_the_same_however_often_it_is_read()
    {
        var given = Given.Running(Limited);
        var assignments = new Assignments();
        var news = assignments.After([new SupervisorStarted(1, Given.Now)], given.State, given.Plan);

        Assert.Equal(Db, Assert.Single(news).Node);
        Assert.Equal(Db, Assert.Single(news).Node);
        Assert.Empty(assignments.After([new SupervisorStarted(1, Given.Now)], given.State, given.Plan));
    }

    [Fact]
    public void A_permit_that_is_neither_awaited_nor_taken_in_its_turn_is_a_damaged_history()
    {
        var state = Given.Running(Limited).State;
        Assert.Throws<InvalidOperationException>(() => DeploymentEvolution.Evolve(state, new PlacesAwaited([App1], Given.Now)));
        Assert.Throws<InvalidOperationException>(() => DeploymentEvolution.Evolve(Given.Requested(Limited).State, new PlacesTaken([Db], Given.Now)));
        Assert.Throws<InvalidOperationException>(() => DeploymentEvolution.Evolve(Given.Isolating(Limited).State, new PlacesAwaited([Db], Given.Now)));
    }

    [Fact]
    public void Standing_still_names_the_permits_that_are_waited_for()
    {
        var given = InSecondGroup().AfterFacts(new NodeFact.PermitAwaited(App1, 1), new NodeFact.PermitAwaited(App2, 1));
        given.Later(TimeSpan.FromMinutes(10)).After(new DeploymentCommand.Tick());
        Assert.Equal(
            "nothing has happened since 2026-01-01 00:00:00 +0000: 2 nodes are waiting for a free slot: at most 1 node of the fleet may run Puppet at once",
            given.State.Attention[Attention.NoProgress].Message);
    }

    [Fact]
    public void The_view_says_which_nodes_wait_and_how_many()
    {
        var given = InSecondGroup().AfterFacts(new NodeFact.PermitAwaited(App1, 1));
        var view = DeploymentViews.Of(new DeploymentLine(new DeploymentId("decider2"), "production", DeploymentPhase.Running, Given.Now, 3, 0, "alice",
            new FleetName("test"), new PlanId("sha256:x"), true, []), given.Plan, given.State);

        Assert.Equal("1 node is waiting for a free slot: at most 1 node of the fleet may run Puppet at once", view.Message);
        Assert.Equal([(App1, "waiting for a free slot: at most 1 node of the fleet may run Puppet at once")],
            view.Nodes.Where(n => n.AwaitsPlace).Select(n => (n.Name, n.Message)));
        Assert.Equal("", view.Nodes.Single(n => n.Name == App2).Message);
    }

    /// <summary>db has run, and it is the turn of both others.</summary>
    private static Given InSecondGroup() => Given.Requested(Limited).AfterFacts(Given.Judged("db", 1, Outcome.Succeeded));
}
