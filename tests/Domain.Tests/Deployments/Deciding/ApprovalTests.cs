using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Tests.Deployments.Deciding;

/// <summary>No group begins that a person should have approved and did not, and an approval is for the group that its giver saw.</summary>
public class ApprovalTests
{
    private static readonly NodeName App1 = new("app1");
    private static readonly NodeName App2 = new("app2");
    private static readonly DeploymentCommand Retry = new DeploymentCommand.Retry("alice");

    [Fact]
    public void A_retry_waits_at_a_group_whose_approval_ran_out_and_goes_on_once_it_is_given()
    {
        var given = Given.ApprovalRanOut();
        Assert.Equal(DeploymentPhase.Cancelled, given.State.Phase);

        Prepared(given.After(Retry));
        Assert.Equal(new Wait.Approval(2, Given.Now.AddHours(2)), given.State.Wait);
        Assert.Equal(DeploymentPhase.AwaitingApproval, given.State.Phase);
        Assert.Empty(given.State.Pending);

        given.After(new DeploymentCommand.Approve("bob", 2));
        Assert.Equal(new Stage.Running(2, 1, App2), given.State.Stage);
        Assert.Equal([App1, App2], given.State.Pending.Order());
    }

    [Fact]
    public void An_approval_that_runs_out_in_a_retry_too_is_asked_for_in_the_next_one()
    {
        var given = Prepared(Given.ApprovalRanOut().After(Retry)).Later(TimeSpan.FromHours(1)).After(new DeploymentCommand.Tick());
        Assert.Equal(DeploymentPhase.Cancelled, given.State.Phase);
        Assert.Equal(new Wait.Approval(2, Given.Now.AddHours(3)), Prepared(given.After(Retry)).State.Wait);
    }

    [Fact]
    public void A_group_that_was_refused_by_a_cancel_waits_in_the_retry()
    {
        var given = Given.States["awaiting approval"]().After(Given.Verbs["cancel"]).After(Retry);
        Assert.IsType<Wait.Approval>(Prepared(given).State.Wait);
    }

    [Fact]
    public void A_group_that_waited_when_a_rollback_was_requested_waits_in_the_retry_where_nothing_had_run()
    {
        // db was unreachable and within the budget, so the rollback has nothing to undo and the deployment takes a retry.
        var options = new DeploymentOptions { ApproveGroups = true, MaxFailures = FailureBudget.TryParse("1", out var one, out _) ? one : null! };
        var given = Given.Checking(options)
            .AfterFacts(
                new NodeFact.Ended(new NodeName("db"), 0, Outcome.Unreachable, "no answer", Hold.None), new NodeFact.Checked(App1, false, false),
                new NodeFact.Checked(App2, false, false))
            .AfterFacts(new NodeFact.Idle(App1), new NodeFact.Idle(App2));
        Assert.Equal(new Wait.Approval(2, null), given.State.Wait);

        given.After(Given.Verbs["rollback"]).AfterFacts(new NodeFact.Released(App1), new NodeFact.Released(App2));
        Assert.Equal(DeploymentPhase.Cancelled, given.State.Phase);
        given.After(Retry).AfterFacts(
            new NodeFact.Ended(new NodeName("db"), 0, Outcome.Unreachable, "no answer", Hold.None), new NodeFact.Checked(App1, false, false),
            new NodeFact.Checked(App2, false, false)).AfterFacts(new NodeFact.Idle(App1), new NodeFact.Idle(App2));
        Assert.Equal(new Wait.Approval(2, null), given.State.Wait);
    }

    [Fact]
    public void A_retry_begins_at_a_group_that_was_approved_without_asking_again()
    {
        var given = Given.States["awaiting approval"]().After(new DeploymentCommand.Approve("bob", 2))
            .AfterFacts(new NodeFact.Ready(App1, 100, 200, false), new NodeFact.Ready(App2, 100, 200, false))
            .AfterFacts(Given.Judged("app1", 1, Outcome.FailedResources), Given.Judged("app2", 1, Outcome.FailedResources));
        Assert.Equal(DeploymentPhase.Failed, given.State.Phase);

        Assert.Equal(new Stage.Running(2, 1, App2), Prepared(given.After(Retry)).State.Stage);
    }

    [Fact]
    public void A_rollback_asks_nobody()
    {
        var options = new DeploymentOptions
        {
            ApproveGroups = true,
            ApprovalTimeout = TimeSpan.FromHours(1),
            OnFailure = OnFailure.Rollback,
            RollbackEnvironment = "last_good",
        };
        Assert.IsType<Stage.Running>(Given.ApprovalRanOut(options).AfterFacts(new NodeFact.Idle(new NodeName("db"))).State.Stage);
    }

    [Fact]
    public void An_approval_for_another_group_than_the_one_that_waits_is_refused()
    {
        var refused = Assert.IsType<Decision.Reject>(Given.States["awaiting approval"]().When(new DeploymentCommand.Approve("bob", 1)));
        Assert.Equal(
            (ProblemCodes.GroupNotWaiting, "group 1 does not wait for approval: group 2 does, so look at that one first"), (refused.Code, refused.Why));
    }

    [Theory]
    [InlineData("running", 2)]
    [InlineData("failed", 2)]
    public void An_approval_where_no_group_waits_is_refused(string state, int group) =>
        Assert.IsType<Decision.Reject>(Given.States[state]().When(new DeploymentCommand.Approve("bob", group)));

    [Fact]
    public void An_approval_that_is_sent_twice_approves_once()
    {
        var given = Given.States["awaiting approval"]().After(new DeploymentCommand.Approve("bob", 2));
        Assert.Equal("group 2 is already approved", Assert.IsType<Decision.Ignore>(given.When(new DeploymentCommand.Approve("carol", 2))).Why);
    }

    [Fact]
    public void Where_the_approver_must_differ_neither_who_started_it_nor_who_retried_it_approves_in_whatever_way_they_come()
    {
        var given = Prepared(Given.ApprovalRanOut(Differing).After(new DeploymentCommand.Retry("bob")));

        foreach (var starter in new[] { "alice", "bob", "choria=alice.mcollective", "bob/ci" })
        {
            var refused = Assert.IsType<Decision.Reject>(given.When(new DeploymentCommand.Approve(starter, 2)));
            Assert.Equal(
                (ProblemCodes.ApproverMustDiffer, $"{starter} started it, and another person has to approve its groups"), (refused.Code, refused.Why));
        }
        Assert.IsType<Decision.Accept>(given.When(new DeploymentCommand.Approve("carol", 2)));
    }

    [Fact]
    public void What_makes_sense_names_the_group_that_waits_and_who_may_not_approve_it()
    {
        var given = Given.Requested(Differing).AfterFacts(Given.Judged("db", 1, Outcome.Succeeded));
        var approve = PossibleVerbs.Of(given.State, given.Plan, Given.Now).Single(v => v.Verb == Verb.Approve);
        Assert.Equal((2, "alice"), (approve.Group, Assert.Single(approve.NotBy!)));
        Assert.StartsWith(
            "group 2 waits for approval by another person than alice until ", given.State.Attention[Attention.AwaitingApproval].Message,
            StringComparison.Ordinal);

        var anybody = Given.States["awaiting approval"]();
        approve = PossibleVerbs.Of(anybody.State, anybody.Plan, Given.Now).Single(v => v.Verb == Verb.Approve);
        Assert.Equal((2, null), (approve.Group, approve.NotBy));
    }

    private static DeploymentOptions Differing { get; } = new() { ApproveGroups = true, ApproverDiffers = true, ApprovalTimeout = TimeSpan.FromHours(1) };

    /// <summary>app1 and app2 pass the check and are held and idle.</summary>
    private static Given Prepared(Given given) => given
        .AfterFacts(new NodeFact.Checked(App1, false, false), new NodeFact.Checked(App2, false, false))
        .AfterFacts(new NodeFact.Idle(App1), new NodeFact.Idle(App2));
}
