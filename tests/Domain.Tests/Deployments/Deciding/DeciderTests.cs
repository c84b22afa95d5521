using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Tests.Deployments.Deciding;

/// <summary>What each command means in each state, the ones that make no sense included.</summary>
public class DeciderTests
{
    private static readonly Dictionary<string, Func<Given>> States = new()
    {
        ["nothing"] = () => Given.Nothing(),
        ["checking"] = () => Given.Checking(),
        ["isolating"] = () => Given.Isolating(),
        ["running"] = () => Given.Requested(),
        ["failed"] = () => Given.Failed(),
        ["succeeded"] = Given.Succeeded,
    };

    private static readonly Dictionary<string, DeploymentCommand> Commands = new()
    {
        ["start"] = Given.StartOf(),
        ["take over"] = new DeploymentCommand.TakeOver(),
        ["cancel"] = new DeploymentCommand.Cancel("bob", false),
        ["release"] = new DeploymentCommand.Release("bob", null),
        ["lose fleet"] = new DeploymentCommand.LoseFleet("gone"),
    };

    [Theory]
    [InlineData("nothing", "start", typeof(Decision.Accept))]
    [InlineData("nothing", "take over", typeof(Decision.Reject))]
    [InlineData("nothing", "cancel", typeof(Decision.Reject))]
    [InlineData("nothing", "release", typeof(Decision.Reject))]
    [InlineData("nothing", "lose fleet", typeof(Decision.Reject))]
    [InlineData("checking", "start", typeof(Decision.Ignore))]
    [InlineData("checking", "take over", typeof(Decision.Accept))]
    [InlineData("checking", "cancel", typeof(Decision.Accept))]
    [InlineData("checking", "release", typeof(Decision.Reject))]
    [InlineData("checking", "lose fleet", typeof(Decision.Accept))]
    [InlineData("isolating", "start", typeof(Decision.Ignore))]
    [InlineData("isolating", "take over", typeof(Decision.Accept))]
    [InlineData("isolating", "cancel", typeof(Decision.Accept))]
    [InlineData("isolating", "release", typeof(Decision.Reject))]
    [InlineData("isolating", "lose fleet", typeof(Decision.Accept))]
    [InlineData("running", "start", typeof(Decision.Ignore))]
    [InlineData("running", "take over", typeof(Decision.Accept))]
    [InlineData("running", "cancel", typeof(Decision.Accept))]
    [InlineData("running", "release", typeof(Decision.Reject))]
    [InlineData("running", "lose fleet", typeof(Decision.Accept))]
    [InlineData("failed", "start", typeof(Decision.Ignore))]
    [InlineData("failed", "cancel", typeof(Decision.Reject))]
    [InlineData("failed", "release", typeof(Decision.Accept))]
    [InlineData("failed", "lose fleet", typeof(Decision.Accept))]
    [InlineData("succeeded", "start", typeof(Decision.Ignore))]
    [InlineData("succeeded", "cancel", typeof(Decision.Reject))]
    [InlineData("succeeded", "release", typeof(Decision.Ignore))]
    [InlineData("succeeded", "lose fleet", typeof(Decision.Ignore))]
    public void A_command_has_one_of_three_answers(string state, string command, Type answer) =>
        Assert.IsType(answer, States[state]().When(Commands[command]));

    [Fact]
    public void A_command_that_comes_twice_does_nothing_the_second_time()
    {
        Assert.IsType<Decision.Ignore>(Given.Isolating().AfterFacts(new NodeFact.Held(new NodeName("db"))).WhenFacts(new NodeFact.Held(new NodeName("db"))));
        Assert.IsType<Decision.Ignore>(Given.Requested().After(Commands["cancel"]).When(Commands["cancel"]));
        Assert.IsType<Decision.Ignore>(Given.Failed().After(Commands["release"]).When(Commands["release"]));
    }

    [Fact]
    public void Facts_of_an_older_request_are_stale()
    {
        var given = Given.Requested().AfterFacts(new NodeFact.Displaced(new NodeName("db"), 1, "another's", Hold.Held))
            .AfterFacts(new NodeFact.Ready(new NodeName("db"), 150, 300, false));

        Assert.IsType<Decision.Ignore>(given.WhenFacts(Given.Judged("db", 1, Outcome.Succeeded)));
        Assert.IsType<Decision.Accept>(given.WhenFacts(Given.Judged("db", 2, Outcome.Succeeded)));
    }

    [Fact]
    public void What_ends_a_node_that_could_not_be_closed_does_not_call_it_held()
    {
        var db = new NodeName("db");
        Hold HoldOf(NodeFact fact) => Given.Requested().After(new DeploymentCommand.Cancel("bob", false)).AfterFacts(fact).State.Nodes[db].Result!.Hold;

        Assert.Equal(Hold.NotHeld, HoldOf(new NodeFact.Displaced(db, 1, "cron", Hold.NotHeld)));
        Assert.Equal(Hold.None, HoldOf(new NodeFact.Untraced(db, 1, Hold.None)));
        Assert.Equal(Hold.Held, HoldOf(new NodeFact.Untraced(db, 1, Hold.Held)));
    }

    [Fact]
    public void Isolation_begins_only_when_every_node_has_answered()
    {
        var given =
            Given.Checking().AfterFacts(new NodeFact.Checked(new NodeName("db"), false, false), new NodeFact.Checked(new NodeName("app1"), false, false));
        Assert.IsType<Stage.Checking>(given.State.Stage);

        Assert.IsType<Stage.Isolating>(given.AfterFacts(new NodeFact.Checked(new NodeName("app2"), false, false)).State.Stage);
    }

    [Fact]
    public void A_failed_check_names_every_node_and_touches_none()
    {
        var given = Given.Checking().AfterFacts(
            new NodeFact.Ended(new NodeName("app1"), 0, Outcome.Unreachable, "no answer", null),
            new NodeFact.Ended(new NodeName("app2"), 0, Outcome.RefusedDisabled, "hands off", null),
            new NodeFact.Checked(new NodeName("db"), false, false));

        Assert.Equal(DeploymentPhase.Refused, given.State.Phase);
        Assert.All(given.State.Nodes.Values, n => Assert.Equal(Hold.None, n.Hold));
        Assert.Equal(Outcome.Skipped, given.State.Nodes[new NodeName("db")].Result!.Outcome);
    }

    [Fact]
    public void A_refusal_before_the_first_run_waits_for_every_answer_and_undoes_all()
    {
        var given = Given.Isolating()
            .AfterFacts(new NodeFact.Held(new NodeName("db")), new NodeFact.Ended(new NodeName("app1"), 0, Outcome.Refused, "denied", Hold.None));
        Assert.IsType<Stage.Isolating>(given.State.Stage);

        given.AfterFacts(new NodeFact.Ended(new NodeName("app2"), 0, Outcome.Refused, "denied", Hold.None));

        Assert.Equal(["db"], given.State.Pending.Select(n => n.Value));
        Assert.Equal(DeploymentPhase.Refused, given.AfterFacts(new NodeFact.Released(new NodeName("db"))).State.Phase);
    }

    [Fact]
    public void A_batch_opens_only_when_the_one_before_has_settled()
    {
        Assert.True(BatchSizes.TryParse("1", out var one, out _));
        var given = Given.Requested(new DeploymentOptions { Batch = one }).AfterFacts(Given.Judged("db", 1, Outcome.Succeeded));
        Assert.Equal(["app1"], given.State.Pending.Select(n => n.Value));

        given.AfterFacts(new NodeFact.Ready(new NodeName("app1"), 1, 2, false)).AfterFacts(Given.Judged("app1", 1, Outcome.Succeeded));

        Assert.Equal(["app2"], given.State.Pending.Select(n => n.Value));
    }

    [Fact]
    public void What_happened_to_many_nodes_in_one_report_is_one_event()
    {
        var accepted = Assert.IsType<Decision.Accept>(Given.Isolating().WhenFacts(
            [.. Given.All(n => new NodeFact.Held(n)).Zip(Given.All(n => new NodeFact.Idle(n))).SelectMany(pair => new[] { pair.First, pair.Second })]));

        Assert.Equal(3, Assert.Single(accepted.Events.OfType<NodesHeld>()).Nodes.Length);
        Assert.Equal(3, Assert.Single(accepted.Events.OfType<NodesIdle>()).Nodes.Length);
        Assert.Equal(1, Assert.Single(accepted.Events.OfType<GroupStarted>()).Group);
    }

    [Fact]
    public void A_node_that_cannot_be_freed_after_a_success_is_no_full_success()
    {
        var given = Given.Requested()
            .AfterFacts(Given.Judged("db", 1, Outcome.Succeeded))
            .AfterFacts(new NodeFact.Ready(new NodeName("app1"), 1, 2, false), new NodeFact.Ready(new NodeName("app2"), 1, 2, false))
            .AfterFacts(Given.Judged("app1", 1, Outcome.Succeeded), Given.Judged("app2", 1, Outcome.Succeeded))
            .AfterFacts(new NodeFact.Released(new NodeName("db")), new NodeFact.Released(new NodeName("app1")),
                new NodeFact.NotReleased(new NodeName("app2"), "no answer"));

        Assert.Equal(DeploymentPhase.SucceededWithFailures, given.State.Phase);
        Assert.Equal(Hold.NotReleased, given.State.Nodes[new NodeName("app2")].Hold);
    }

    [Fact]
    public void An_approval_that_comes_twice_is_harmless_also_while_a_pause_keeps_the_group()
    {
        var given = Given.Requested(new DeploymentOptions { ApproveGroups = true }).AfterFacts(Given.Judged("db", 1, Outcome.Succeeded))
            .After(new DeploymentCommand.Pause("bob")).After(new DeploymentCommand.Approve("bob"));
        Assert.IsType<Decision.Ignore>(given.When(new DeploymentCommand.Approve("bob")));
        Assert.IsType<Decision.Ignore>(given.After(new DeploymentCommand.Resume("bob")).When(new DeploymentCommand.Approve("bob")));
    }

    [Fact]
    public void What_a_rollback_has_touched_is_not_tried_again()
    {
        var given = Given.Failed().After(new DeploymentCommand.Rollback("bob", "v41")).After(new DeploymentCommand.Abandon("bob"));
        Assert.Equal(DeploymentPhase.Abandoned, given.State.Phase);
        Assert.Contains("it was rolled back", Assert.IsType<Decision.Reject>(given.When(new DeploymentCommand.Retry("bob"))).Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_verb_is_answered_by_what_it_leads_to()
    {
        string Answer(Given given, DeploymentCommand command) => VerbAnswers.Of(Assert.IsType<Decision.Accept>(given.When(command)).Events);
        var frozen = Given.Failed();

        Assert.Equal("paused: nothing new starts, running nodes finish", Answer(Given.Requested(), new DeploymentCommand.Pause("bob")));
        Assert.Equal(
            "nothing new starts, running nodes finish, then all nodes are enabled", Answer(Given.Requested(), new DeploymentCommand.Cancel("bob", true)));
        Assert.Equal("nothing new starts, running nodes finish, then every node that ran is rerun in v41",
            Answer(Given.Requested(), new DeploymentCommand.Rollback("bob", "v41")));
        Assert.Equal("1 node runs again in v41, last group first", Answer(frozen, new DeploymentCommand.Rollback("bob", "v41")));
        Assert.Equal("attempt 2 starts with 3 nodes", Answer(frozen, new DeploymentCommand.Retry("bob")));
        Assert.Equal("db is being enabled", Answer(frozen, new DeploymentCommand.Release("bob", new("db"))));
    }

    [Fact]
    public void An_event_that_cannot_follow_is_an_error_and_not_overlooked()
    {
        Assert.Throws<InvalidOperationException>(() => DeploymentEvolution.Evolve(DeploymentState.Initial, new CancelRequested("bob", false, Given.Now)));
        Assert.Throws<InvalidOperationException>(() => DeploymentEvolution.Evolve(Given.Checking().State, new GroupStarted(1, 1, Given.Now)));
        Assert.Throws<InvalidOperationException>(
            () => DeploymentEvolution.Evolve(Given.Succeeded().State, new DeploymentEnded(DeploymentPhase.Failed, "", Given.Now)));
        Assert.Throws<InvalidOperationException>(() => DeploymentEvolution.Evolve(Given.Requested().State,
            new RunRequested(new NodeName("db"), 1, 0, 0, false, Given.Now, Given.Now, Given.Now)));
    }

    [Theory]
    [InlineData("alice", "alice")]
    [InlineData("a`b$c;d|e>f<g&h", "a_b_c_d_e_f_g_h")]
    [InlineData("zoë\u001b", "zo__")]
    public void A_hold_message_is_one_that_nodes_take_and_names_the_deployment(string caller, string shown)
    {
        var message = HoldMessage.For(new DeploymentId("abcd2345"), caller);

        Assert.EndsWith($"deployment abcd2345 for {shown}", message, StringComparison.Ordinal);
        Assert.True(HoldMessage.Carries(message, new DeploymentId("abcd2345")));
        Assert.False(HoldMessage.Carries(message, new DeploymentId("abcd234")));
        Assert.Equal(120, HoldMessage.For(new DeploymentId("abcd2345"), new string('x', 500)).Length);
    }
}
