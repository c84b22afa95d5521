using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Runs;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Tests.Deployments.Deciding;

/// <summary>What may be transient is tried again by itself, as a numbered attempt; everything else is left to a person.</summary>
public class AutomaticRetryTests
{
    private static readonly NodeName Db = new("db");
    private static readonly NodeName App1 = new("app1");
    private static readonly NodeName App2 = new("app2");
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(Outcome.FailedNoCatalog, true)]
    [InlineData(Outcome.FailedDisplaced, true)]
    [InlineData(Outcome.Unreachable, true)]
    [InlineData(Outcome.FailedResources, false)]
    [InlineData(Outcome.FailedInterrupted, false)]
    [InlineData(Outcome.FailedUnproven, false)]
    public void Only_what_may_be_transient_is_tried_again(Outcome outcome, bool again)
    {
        var given = Given.Requested(Retrying(1)).AfterFacts(Given.Judged("db", 1, outcome));
        Assert.Equal(again ? new Wait.Retry(2, Given.Now + Pause) : null, given.State.Wait);
        Assert.Equal(again, given.State.Stage is not Stage.Ended);
        if (!again)
            return;

        Assert.IsType<Decision.Ignore>(given.Later(Pause - TimeSpan.FromSeconds(1)).When(new DeploymentCommand.Tick()));
        given.Later(TimeSpan.FromSeconds(1)).After(new DeploymentCommand.Tick());
        Assert.Equal((2, 1), (given.State.Attempt, given.State.AutomaticRetries));
        Assert.IsType<Stage.Checking>(given.State.Stage);
        Assert.Equal([App1, App2, Db], given.State.Pending.Order());
    }

    [Fact]
    public void After_the_last_of_them_what_the_policy_says_happens()
    {
        var given = Given.Requested(Retrying(1)).AfterFacts(Given.Judged("db", 1, Outcome.FailedNoCatalog)).Later(Pause).After(new DeploymentCommand.Tick());
        Again(given).AfterFacts(Given.Judged("db", 2, Outcome.FailedNoCatalog));
        Assert.Equal(DeploymentPhase.Failed, given.State.Phase);
        Assert.All(given.State.Nodes.Values, n => Assert.Equal(Hold.Held, n.Hold));

        given.After(Given.Verbs["retry"]);
        Assert.Equal((3, 0), (given.State.Attempt, given.State.AutomaticRetries));
    }

    [Fact]
    public void A_deployment_whose_second_attempt_goes_well_succeeds()
    {
        var given = Given.Requested(Retrying(2)).AfterFacts(Given.Judged("db", 1, Outcome.FailedNoCatalog)).Later(Pause).After(new DeploymentCommand.Tick());
        Again(given).AfterFacts(Given.Judged("db", 2, Outcome.Succeeded))
            .AfterFacts(new NodeFact.Ready(App1, 100, 200, false), new NodeFact.Ready(App2, 100, 200, false))
            .AfterFacts(Given.Judged("app1", 1, Outcome.Succeeded), Given.Judged("app2", 1, Outcome.Succeeded))
            .AfterFacts(Given.All(n => new NodeFact.Released(n)));
        Assert.Equal((DeploymentPhase.Succeeded, 2), (given.State.Phase, given.State.Attempt));
    }

    [Fact]
    public void A_node_that_is_unreachable_at_the_check_is_asked_again_and_nothing_is_undone_meanwhile()
    {
        var given = Given.Checking(Retrying(1)).AfterFacts(
            new NodeFact.Ended(Db, 0, Outcome.Unreachable, "no answer", Hold.None), new NodeFact.Checked(App1, false, false),
            new NodeFact.Checked(App2, false, false));
        Assert.IsType<Wait.Retry>(given.State.Wait);
        given.Later(Pause).After(new DeploymentCommand.Tick()).AfterFacts(Given.All(n => new NodeFact.Checked(n, false, false)));
        Assert.IsType<Stage.Isolating>(given.State.Stage);
        Assert.Equal(0, given.State.Failures);
    }

    [Fact]
    public void Failures_of_another_kind_are_not_tried_again_and_count_on()
    {
        var options = Retrying(1);
        options.MaxFailures = FailureBudget.TryParse("1", out var one, out _) ? one : null!;
        var given = Given.Requested(options).AfterFacts(Given.Judged("db", 1, Outcome.Succeeded))
            .AfterFacts(new NodeFact.Ready(App1, 100, 200, false), new NodeFact.Ready(App2, 100, 200, false))
            .AfterFacts(Given.Judged("app1", 1, Outcome.FailedResources)).AfterFacts(Given.Judged("app2", 1, Outcome.FailedNoCatalog))
            .Later(Pause).After(new DeploymentCommand.Tick());
        Assert.Equal((2, 1), (given.State.Attempt, given.State.Failures));
        Assert.Equal([App2], given.State.Pending);
        Assert.Equal(Outcome.FailedResources, given.State.Nodes[App1].Result!.Outcome);
    }

    [Fact]
    public void Nothing_is_tried_again_where_other_failures_are_over_the_budget_alone()
    {
        var given = Given.Requested(Retrying(1)).AfterFacts(Given.Judged("db", 1, Outcome.Succeeded))
            .AfterFacts(new NodeFact.Ready(App1, 100, 200, false), new NodeFact.Ready(App2, 100, 200, false))
            .AfterFacts(Given.Judged("app1", 1, Outcome.FailedNoCatalog)).AfterFacts(Given.Judged("app2", 1, Outcome.FailedResources));
        Assert.Equal(DeploymentPhase.Failed, given.State.Phase);
    }

    [Theory]
    [InlineData("cancel", DeploymentPhase.Cancelled)]
    [InlineData("abandon", DeploymentPhase.Abandoned)]
    public void A_person_ends_the_waiting(string verb, DeploymentPhase end) => Assert.Equal(
        end, Given.Requested(Retrying(1)).AfterFacts(Given.Judged("db", 1, Outcome.FailedNoCatalog)).After(Given.Verbs[verb]).State.Phase);

    [Fact]
    public void A_cancel_also_ends_the_waiting_after_nodes_were_held_again()
    {
        var given = Given.Requested(Retrying(1)).AfterFacts(new NodeFact.Judged(
            Db, 1, new Verdict(true, true, Outcome.FailedNoCatalog, [], 1, null, "", [], []), Hold.NotHeld));
        Assert.IsType<Stage.Holding>(given.State.Stage);
        given.AfterFacts(new NodeFact.Held(Db));
        Assert.Equal((typeof(Stage.Holding), typeof(Wait.Retry)), (given.State.Stage.GetType(), given.State.Wait?.GetType()));

        given.After(Given.Verbs["cancel"]);
        Assert.Equal((DeploymentPhase.Cancelled, "bob cancelled the deployment"), (given.State.Phase, Assert.IsType<Stage.Ended>(given.State.Stage).Message));
    }

    [Fact]
    public void Another_supervisor_goes_on_with_the_waiting()
    {
        var given = Given.Requested(Retrying(1)).AfterFacts(Given.Judged("db", 1, Outcome.FailedNoCatalog)).After(new DeploymentCommand.TakeOver());
        Assert.Equal(new Wait.Retry(2, Given.Now + Pause), given.State.Wait);
        Assert.Equal(Given.Now + Pause, Attentions.NextTime(given.State));
        Assert.Equal(2, given.Later(Pause).After(new DeploymentCommand.Tick()).State.Attempt);
    }

    [Fact]
    public void None_begins_once_nodes_have_been_held_for_too_long()
    {
        var options = Retrying(1);
        options.MaxHold = TimeSpan.FromMinutes(10);
        var given = Given.Requested(options).Later(TimeSpan.FromMinutes(10)).AfterFacts(Given.Judged("db", 1, Outcome.FailedNoCatalog));
        Assert.Equal(DeploymentPhase.Failed, given.State.Phase);
    }

    [Fact]
    public void The_story_says_why_and_when()
    {
        var given = Given.Requested(Retrying(3));
        var decided = Assert.IsType<Decision.Accept>(given.WhenFacts(Given.Judged("db", 1, Outcome.FailedDisplaced)));
        var awaited = Assert.Single(decided.Events.OfType<RetryAwaited>());
        Assert.Equal((2, "db ended as \"failed: displaced\"", Given.Now + Pause), (awaited.Attempt, awaited.Because, awaited.Until));
    }

    private static DeploymentOptions Retrying(int retries) => new() { Retries = retries };

    /// <summary>All nodes pass the check of the second attempt, and db is asked again.</summary>
    private static Given Again(Given given) => given.AfterFacts(Given.All(n => new NodeFact.Checked(n, false, false)))
        .AfterFacts(Given.All(n => new NodeFact.Idle(n))).AfterFacts(new NodeFact.Ready(Db, 100, 300, false));
}
