using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Deployments.Views;
using Orchestrator.Domain.Deployments.Work;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Tests.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Tests.Deployments.Deciding;

/// <summary>Whether a node is held is what it says: it is read at the end, with each reminder, and where somebody asks.</summary>
public sealed class LookTests
{
    private static readonly NodeName Db = new("db");
    private static readonly NodeName App1 = new("app1");
    private static readonly TimeSpan Reminder = TimeSpan.FromMinutes(15);

    [Fact]
    public void All_nodes_that_stay_held_are_read_at_the_end()
    {
        var given = Given.Failed();

        Assert.Equal(["app1", "app2", "db"], given.State.LookedAt.Select(n => n.Value).Order());
        Assert.Equal(new NodeAssignment.Look(Restores: false), Assignments.Of(given.State, Db));
        Assert.Empty(Given.Succeeded().State.LookedAt);
    }

    [Fact]
    public void They_are_read_again_with_each_reminder()
    {
        var given = SeenHeld(Given.Failed());
        Assert.Empty(given.State.LookedAt);

        var reminded = Assert.IsType<Decision.Accept>(given.Later(Reminder).When(new DeploymentCommand.Tick())).Events;
        Assert.Equal([typeof(AttentionRaised), typeof(LookStarted)], reminded.Select(e => e.GetType()));
        Assert.Equal(3, Assert.IsType<LookStarted>(reminded[^1]).Nodes.Length);
    }

    [Fact]
    public void While_it_runs_a_node_that_somebody_enabled_is_disabled_again()
    {
        var given = Given.Requested(new DeploymentOptions { ApproveGroups = true }).AfterFacts(Given.Judged("db", 1, Outcome.Succeeded))
            .Later(Reminder).After(new DeploymentCommand.Tick());
        Assert.Equal(new NodeAssignment.Look(Restores: true), Assignments.Of(given.State, App1));

        given.AfterFacts(new NodeFact.Seen(App1, new NodeSight.Ours(100, Again: true)));
        Assert.Equal(Hold.Held, given.State.Nodes[App1].Hold);
        Assert.Equal("somebody enabled it; it is disabled again", given.State.Nodes[App1].Seen);

        given.After(new DeploymentCommand.Approve("bob"));
        Assert.IsType<NodeAssignment.Prepare>(Assignments.Of(given.State, App1));
    }

    [Fact]
    public void A_node_that_was_enabled_for_the_run_that_was_abandoned_was_enabled_by_nobody_else()
    {
        var given = Given.States["abandoned"]().AfterFacts(new NodeFact.Seen(Db, new NodeSight.Enabled(100, null)));
        Assert.Equal(("it is enabled", Standing.NotHeld), (given.State.Nodes[Db].Seen, NodeStanding.Of(given.State.Nodes[Db])));

        given = Given.Failed().AfterFacts(new NodeFact.Seen(Db, new NodeSight.Enabled(100, null))).Later(Reminder).After(new DeploymentCommand.Tick())
            .AfterFacts(new NodeFact.Seen(Db, new NodeSight.Enabled(100, null)));
        Assert.Equal(("somebody enabled it", Standing.EnabledByPerson), (given.State.Nodes[Db].Seen, NodeStanding.Of(given.State.Nodes[Db])));
    }

    public static TheoryData<NodeSight, Hold, string?> Sights => new()
    {
        { new NodeSight.Ours(100, false), Hold.Held, null },
        { new NodeSight.Others(100, "disk swap"), Hold.None, "somebody else disabled it: disk swap" },
        { new NodeSight.Enabled(100, null), Hold.NotHeld, "somebody enabled it" },
        { new NodeSight.Enabled(100, "denied"), Hold.NotHeld, "somebody enabled it, and it could not be disabled again: denied" },
        {
            new NodeSight.Enabled(0, null), Hold.NotHeld,
            "somebody enabled it; it has no record of any Puppet run: it was reinstalled, or its state was deleted"
        },
        { new NodeSight.Ours(1772600700, false), Hold.Held, "a Puppet run that its history does not know ended there at 2026-03-04 05:05:00 +0000" },
        { new NodeSight.Silent("no answer to status"), Hold.Held, "no answer to status" },
    };

    [Theory]
    [MemberData(nameof(Sights))]
    public void What_a_held_node_shows_is_what_is(NodeSight sight, Hold hold, string? words)
    {
        var given = Given.Isolating().AfterFacts([.. Given.All(n => new NodeFact.Held(n)), .. Given.All(n => new NodeFact.Idle(n, 100))])
            .AfterFacts(new NodeFact.Ready(Db, 100, 200, false)).AfterFacts(Given.Judged("db", 1, Outcome.FailedResources))
            .Later(TimeSpan.FromSeconds(1)).AfterFacts(new NodeFact.Seen(App1, sight));

        var view = ViewOf(given, App1);
        Assert.Equal((hold, words), (view.Hold, view.Seen));
        Assert.Equal(sight is NodeSight.Silent ? null : Given.Now + TimeSpan.FromSeconds(1), view.SeenAt);
        Assert.Equal(hold == Hold.NotHeld, given.State.Attention.ContainsKey(Attention.NotHeld));
        Assert.DoesNotContain(App1, given.State.LookedAt);
    }

    [Fact]
    public void A_run_of_ours_that_was_judged_is_nothing_unknown_and_a_much_later_one_is()
    {
        var given = Given.Failed();
        var judgedAt = Given.Now.ToUnixTimeSeconds();

        Assert.Null(ViewOf(given.AfterFacts(new NodeFact.Seen(Db, new NodeSight.Ours(judgedAt, false))), Db).Seen);
        var again = SeenHeld(given).Later(Reminder).After(new DeploymentCommand.Tick())
            .AfterFacts(new NodeFact.Seen(Db, new NodeSight.Ours(judgedAt + 60, false)));
        Assert.Contains("does not know", ViewOf(again, Db).Seen, StringComparison.Ordinal);
    }

    [Fact]
    public void A_history_that_is_shorter_than_it_was_is_ended_and_all_its_nodes_are_read_before_it_says_what_it_holds()
    {
        var given = Given.Isolating().After(new DeploymentCommand.GiveUp("the recovery of the journal"));
        Assert.Equal(DeploymentPhase.Abandoned, given.State.Phase);
        Assert.Equal(3, given.State.LookedAt.Count());
        Assert.Null(Duties(given).End);

        given.AfterFacts(
            new NodeFact.Seen(Db, new NodeSight.Ours(1772600700, false)), new NodeFact.Seen(App1, new NodeSight.Enabled(100, null)),
            new NodeFact.Seen(new NodeName("app2"), new NodeSight.Silent("no answer to status")));
        Assert.Equal(["app1", "app2", "db"], Duties(given).End!.Keeps.Select(n => n.Value));
        Assert.Equal(
            [(App1, Hold.NotHeld, true), (new NodeName("app2"), Hold.Asked, false), (Db, Hold.Held, true)],
            RecoveredNodes.Of(new DeploymentId("decider2"), given.State).Select(n => (n.Name, n.Hold, n.Answered)));
    }

    [Fact]
    public void A_reading_that_comes_while_the_node_is_waited_for_says_nothing_of_whether_it_is_held()
    {
        var given = SeenHeld(Given.Failed()).After(new DeploymentCommand.Look("bob")).After(new DeploymentCommand.Rollback("bob", "stable"));
        Assert.True(given.State.Nodes[Db] is { IsPending: true, IsLookedAt: true });

        var decision = Assert.IsType<Decision.Accept>(given.WhenFacts(new NodeFact.Seen(Db, new NodeSight.Others(100, "disk swap"))));
        Assert.Equal(given.State.Nodes[Db].Hold, Assert.Single(decision.Events.OfType<NodesSeen>()).Nodes.Single().Hold);
        Assert.Equal(given.State.Nodes[Db].Hold, decision.After.Nodes[Db].Hold);
    }

    [Fact]
    public void A_node_of_a_history_of_which_a_part_is_lost_is_held_from_when_it_says_so()
    {
        var given = SeenHeld(Given.Failed());
        var held = given.State.Counts.Held;
        Assert.NotEqual(0, held);
        given.After(new DeploymentCommand.Look("bob"));
        Assert.Equal(held, given.State.Counts.Held);

        given = SeenHeld(Given.Failed()).After(new DeploymentCommand.LookAtAll("bob"));
        Assert.Equal((0, held), (given.State.Counts.Held, given.State.Counts.Unclear));
        given.AfterFacts(new NodeFact.Seen(Db, new NodeSight.Ours(100, false)), new NodeFact.Seen(App1, new NodeSight.Silent("no answer to status")));
        Assert.Equal((Standing.Held, Standing.NotRead), (NodeStanding.Of(given.State.Nodes[Db]), NodeStanding.Of(given.State.Nodes[App1])));
        Assert.Equal((1, held - 1), (given.State.Counts.Held, given.State.Counts.Unclear));
    }

    [Fact]
    public void A_node_that_the_history_does_not_know_as_held_is_held_where_it_carries_the_message()
    {
        var given = Given.Checking().After(new DeploymentCommand.Cancel("bob", false)).After(new DeploymentCommand.LookAtAll("bob"))
            .AfterFacts(new NodeFact.Seen(Db, new NodeSight.Ours(100, false)));

        Assert.Equal((Hold.Held, "it is disabled by this deployment"), (given.State.Nodes[Db].Hold, given.State.Nodes[Db].Seen));
        Assert.IsType<NodeAssignment.Release>(Assignments.Of(given.After(new DeploymentCommand.Release("bob", null)).State, Db));
    }

    [Fact]
    public void A_node_that_the_deployment_does_not_hold_is_read_and_never_disabled()
    {
        var given = Given.Isolating().AfterFacts(new NodeFact.Ended(Db, 0, Outcome.RefusedDisabled, "disk swap", Hold.None));
        Assert.Empty(given.State.LookedAt);

        given.After(new DeploymentCommand.LookAtAll("bob"));
        Assert.Equal(new NodeAssignment.Look(Restores: false), Assignments.Of(given.State, Db));
        given.AfterFacts(new NodeFact.Seen(Db, new NodeSight.Enabled(100, null)));
        Assert.Equal((Hold.None, null), (given.State.Nodes[Db].Hold, given.State.Nodes[Db].Seen));
    }

    [Fact]
    public void Who_asks_has_the_held_nodes_read_and_no_others_and_those_that_run_are_asked_by_that_already()
    {
        var look = new DeploymentCommand.Look("bob");
        Assert.Equal(("app1, app2", "bob"), Begun(Given.Requested()));
        Assert.IsType<Decision.Ignore>(Given.Requested().After(look).When(look));

        Assert.Equal(("app1, app2, db", "bob"), Begun(SeenHeld(Given.Failed())));
        Assert.IsType<Decision.Ignore>(Given.Succeeded().When(look));

        (string, string?) Begun(Given given)
        {
            var begun = Assert.IsType<LookStarted>(Assert.Single(Assert.IsType<Decision.Accept>(given.When(look)).Events));
            return (string.Join(", ", begun.Nodes.Select(n => n.Value).Order(StringComparer.Ordinal)), begun.By);
        }
    }

    [Fact]
    public void A_look_that_has_no_answer_yet_says_so_of_its_nodes()
    {
        var given = SeenHeld(Given.Failed()).After(new DeploymentCommand.Look("bob")).AfterFacts(new NodeFact.Seen(App1, new NodeSight.Ours(100, false)));
        var view = DeploymentViews.AfterLook(View(given), given.State);
        Assert.Equal(["it has not answered yet", null, "it has not answered yet"], view.Nodes.OrderBy(n => n.Name == App1 ? 1 : n.Name == Db ? 0 : 2)
            .Select(n => n.Seen));
    }

    [Fact]
    public void A_node_that_is_still_open_for_its_run_stays_so()
    {
        var given = Given.Requested().After(new DeploymentCommand.Pause("bob"))
            .AfterFacts(new NodeFact.Ended(Db, 1, Outcome.FailedDidNotFinish, "no end", Hold.Enabled)).After(new DeploymentCommand.LookAtAll("bob"));
        Assert.Equal(new NodeAssignment.Look(Restores: false), Assignments.Of(given.State, Db));

        Assert.Equal(Hold.Enabled, given.AfterFacts(new NodeFact.Seen(Db, new NodeSight.Enabled(100, null))).State.Nodes[Db].Hold);
    }

    [Fact]
    public void The_work_reads_and_disables_only_where_it_should()
    {
        Assert.Equal(new NodeSight.Ours(100, false), Sight(Look(true).Status(enabled: false)));
        Assert.Equal(new NodeSight.Enabled(100, null), Sight(Look(false).Status()));
        Assert.Equal(new NodeSight.Others(100, "disk swap"), Sight(Look(true).DisabledByAnother()));
        Assert.Equal(new NodeSight.Silent("no answer to status"), Sight(Look(true).SilenceToTheEnd()));
        Assert.Equal(new NodeSight.Silent("it did not say whether it is enabled"), Sight(Look(true).Status(enabled: null)));

        var enabled = Look(true).Status();
        Assert.IsType<NodeRequest.Disable>(enabled.Outstanding);
        Assert.Equal(new NodeSight.Ours(100, true), Sight(enabled.Disabled()));
        Assert.Equal(new NodeSight.Enabled(100, "no answer to disable"), Sight(Look(true).Status().SilenceToTheEnd()));
    }

    private static Trial Look(bool restores) => new(_ => new NodeAssignment.Look(restores));

    private static NodeSight Sight(Trial trial) => Assert.IsType<NodeFact.Seen>(Assert.Single(trial.Facts)).Sight;

    private static Given SeenHeld(Given given) => given.AfterFacts(Given.All(n => new NodeFact.Seen(n, new NodeSight.Ours(100, false))));

    private static SupervisorDuties Duties(Given given) =>
        SupervisorDuties.Of(new DeploymentId("decider2"), given.State, 0, SupervisorDuties.Told.Nothing, TimeSpan.Zero);

    private static NodeView ViewOf(Given given, NodeName node) => View(given).Nodes.Single(n => n.Name == node);

    private static DeploymentView View(Given given) => DeploymentViews.Of(
        new DeploymentLine(new DeploymentId("decider2"), "production", DeploymentPhase.Failed, Given.Now, 3, 0, "alice", new FleetName("test"),
            new PlanId("sha256:x"), true, []), given.Plan, given.State);
}
