using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Deployments.Views;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Runs;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Tests.Deployments.State;

/// <summary>Which nodes a deployment holds, in every view alike: those that have confirmed it, and apart from them those that nobody knows of.</summary>
public class NodeStandingTests
{
    private static readonly NodeName Db = new("db");
    private static readonly NodeName App1 = new("app1");
    private static readonly NodeName App2 = new("app2");

    private static DeploymentView View(Given given) => DeploymentViews.Of(
        new DeploymentLine(
            new DeploymentId("decider2"), "production", DeploymentPhase.Waiting, Given.Now, 3, 0, "alice", new FleetName("test"), new PlanId("sha256:x"),
            true, []),
        given.Plan, given.State);

    private static SupervisorReports.PhaseReached Told(Given given) => SupervisorDuties.PhaseOf(new DeploymentId("decider2"), given.State)!;

    private static string Unclear(Given given) =>
        string.Join("; ", (View(given).Holdings.Unclear ?? []).Select(u => $"{u.Standing.Word()}: {string.Join(' ', u.Nodes)}"));

    [Fact]
    public void After_an_abandon_the_nodes_that_ran_are_no_held_ones_and_all_sentences_have_one_number()
    {
        var given = Given.Requested().After(Given.Verbs["abandon"]);
        Assert.Equal(2, View(given).Holdings.Held);
        Assert.Equal("not held: db", Unclear(given));
        Assert.StartsWith("2 nodes stay disabled for inspection", given.State.Attention[Attention.Frozen].Message, StringComparison.Ordinal);
        Assert.Equal("1 node should be disabled but may run Puppet: db", given.State.Attention[Attention.NotHeld].Message);
        Assert.Equal((2, 1, Db), (Told(given).Held, Told(given).Unclear, Told(given).FirstUnclear.Single()));
    }

    [Fact]
    public void What_the_log_of_a_failed_rollback_says_is_told_beside_what_the_run_before_said()
    {
        var verdict = new Verdict(true, true, Outcome.FailedResources, [], 1, null, "1 resource failed", ["Could not stop Service[mysqld]"], []);
        var given = Given.RollingBack().AfterFacts(new NodeFact.Idle(Db), new NodeFact.Idle(App1))
            .AfterFacts(new NodeFact.Ready(App1, 100, 300, false)).AfterFacts(new NodeFact.Judged(App1, 2, verdict, Hold.Held));

        var node = View(given).Nodes.Single(n => n.Name == App1);
        Assert.Equal((Outcome.FailedResources, null), (node.Outcome, node.ErrorLines));
        Assert.Equal((Outcome.FailedResources, "Could not stop Service[mysqld]"), (node.Compensation, node.CompensationErrorLines?.Single()));
    }

    [Fact]
    public void A_node_that_never_answered_is_named_apart_with_what_to_do()
    {
        var given = Given.Isolating().AfterFacts(new NodeFact.Held(Db), new NodeFact.Held(App2)).After(Given.Verbs["abandon"]);
        Assert.Equal("never answered: app1", Unclear(given));
        Assert.Equal(2, View(given).Holdings.Held);
        Assert.Equal("1 node never answered the request to disable it and may be disabled: app1", given.State.Attention[Attention.NotHeld].Message);
        Assert.Equal("it was asked to be disabled and never answered: once it answers, a release frees it", View(given).Holdings.Unclear!.Single().Advice);
    }

    [Fact]
    public void What_a_person_did_is_told_as_that_with_their_words()
    {
        var given = Given.Failed();
        given.AfterFacts(
            new NodeFact.Seen(Db, new NodeSight.Enabled(100, null)), new NodeFact.Seen(App1, new NodeSight.Others(100, "hands off")),
            new NodeFact.Seen(App2, new NodeSight.Ours(100, false)));
        Assert.Equal("enabled by a person: db", Unclear(given));
        Assert.Equal(new PersonsNode(App1, "hands off"), View(given).Holdings.Others!.Single());
        Assert.Equal((1, 1), (Told(given).Held, Told(given).Unclear));
        Assert.Equal("1 node was enabled by a person: db", given.State.Attention[Attention.NotHeld].Message);
        Assert.StartsWith("1 node stays disabled", given.State.Attention[Attention.Frozen].Message, StringComparison.Ordinal);

        // Its words are forgotten once it is ours again.
        given.After(new DeploymentCommand.Retry("bob")).AfterFacts(
            new NodeFact.Checked(Db, false, false), new NodeFact.Checked(App1, false, false), new NodeFact.Checked(App2, false, false))
            .AfterFacts(new NodeFact.Held(App1));
        Assert.Null(View(given).Holdings.Others);
    }

    [Fact]
    public void A_message_of_another_deployment_is_no_persons()
    {
        var given = Given.Failed();
        given.AfterFacts(new NodeFact.Seen(Db, new NodeSight.Others(100, HoldMessage.For(new DeploymentId("another2"), "jane"))));
        Assert.Null(View(given).Holdings.Others);
        Assert.Equal(Standing.Free, NodeStanding.Of(given.State.Nodes[Db]));
    }

    [Fact]
    public void A_lost_fleet_leaves_nothing_held() =>
        Assert.Equal((0, 0), (View(Given.States["running, fleet lost"]()).Holdings.Held, Told(Given.States["failed, fleet lost"]()).Held));

    [Fact]
    public void While_nodes_are_released_only_those_that_have_not_been_asked_are_held_for_sure()
    {
        var given = Given.Failed().After(new DeploymentCommand.Release("bob", App1));
        Assert.Equal((2, Standing.Asked), (View(given).Holdings.Held, NodeStanding.Of(given.State.Nodes[App1])));
        given.AfterFacts(new NodeFact.NotReleased(App1, "no answer"));
        Assert.Equal("not released: app1", Unclear(given));
        Assert.Equal("1 node should be enabled but may still be disabled: app1", given.State.Attention[Attention.NotReleased].Message);
    }

    [Fact]
    public void Nodes_that_a_person_keeps_are_named()
    {
        var given = Given.Failed().After(Given.Verbs["hold"]);
        Assert.Equal(new KeptNode(Db, "bob"), View(given).Holdings.Kept!.Single());
        Assert.Equal(3, View(given).Holdings.Held);
    }

    [Theory]
    [InlineData("stopping", DeploymentPhase.Stopping)]
    [InlineData("holding", DeploymentPhase.Stopping)]
    [InlineData("releasing", DeploymentPhase.Running)]
    [InlineData("rolling back", DeploymentPhase.Running)]
    [InlineData("isolating", DeploymentPhase.Isolating)]
    public void One_that_was_stopped_is_seen_to_be_stopping_until_its_end(string state, DeploymentPhase phase) =>
        Assert.Equal((phase, phase), (View(Given.States[state]()).State, Told(Given.States[state]()).Phase));
}
