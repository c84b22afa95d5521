using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Deployments.Work;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Tests.Deployments.Deciding;

/// <summary>From when on a held node may be enabled, what a doubt leaves behind, and an environment that the server does not have.</summary>
public sealed class SettlingTests
{
    private static readonly NodeName Db = new("db");
    private static readonly NodeName App1 = new("app1");
    private static readonly NodeName App2 = new("app2");
    private static readonly TimeSpan Settle = new DeploymentOptions().Settle;
    private static readonly RunDeviation Tags = new(9, null, false);

    [Fact]
    public void A_node_settles_from_when_it_was_disabled_so_that_what_is_waited_for_anyway_overlaps()
    {
        var given =
            Given.Isolating().AfterFacts(Given.All(n => new NodeFact.Held(n))).Later(TimeSpan.FromSeconds(7)).AfterFacts(Given.All(n => new NodeFact.Idle(n)));

        Assert.Equal(Given.Now + Settle, Prepare(given, Db).SettledAt);
    }

    [Fact]
    public void The_nodes_of_a_batch_settle_together()
    {
        var given =
            Given.Isolating().AfterFacts(new NodeFact.Held(Db), new NodeFact.Held(App1)).Later(TimeSpan.FromSeconds(3)).AfterFacts(new NodeFact.Held(App2))
            .AfterFacts(Given.All(n => new NodeFact.Idle(n)));
        Assert.Equal(Given.Now + Settle, Prepare(given, Db).SettledAt);
        given = given.AfterFacts(new NodeFact.Ready(Db, 100, 200, false)).AfterFacts(Given.Judged("db", 1, Outcome.Succeeded));

        Assert.All([App1, App2], n => Assert.Equal(Given.Now + TimeSpan.FromSeconds(3) + Settle, Prepare(given, n).SettledAt));
    }

    [Fact]
    public void A_node_that_is_asked_again_settles_anew_and_its_doubt_goes_with_the_next_request()
    {
        var given = Given.Requested().Later(TimeSpan.FromSeconds(9)).AfterFacts(new NodeFact.Displaced(Db, 1, "it skipped 9 resources", Hold.Held, Tags));
        Assert.Equal(Given.Now + TimeSpan.FromSeconds(9) + Settle, Prepare(given, Db).SettledAt);

        given = given.AfterFacts(new NodeFact.Ready(Db, 100, 200, false));
        Assert.Equal(Tags, Run(given, Db).Doubt);
        Assert.Null(Run(given, Db).Habit);
        given = given.AfterFacts(new NodeFact.Displaced(Db, 2, "somebody came while it was watched", Hold.Held))
            .AfterFacts(new NodeFact.Ready(Db, 100, 200, false));
        Assert.Equal(Tags, Run(given, Db).Doubt);
    }

    [Fact]
    public void A_habit_outlives_the_attempt_and_a_doubt_does_not()
    {
        var given = Given.Requested().AfterFacts(new NodeFact.Displaced(Db, 1, "it skipped 9 resources", Hold.Held, Tags))
            .AfterFacts(new NodeFact.Ready(Db, 100, 200, false))
            .AfterFacts((NodeFact.Judged)Given.Judged("db", 2, Outcome.FailedResources) with { Habit = Tags })
            .After(new DeploymentCommand.Retry("alice"));

        Assert.Equal((Tags, null), (given.State.Nodes[Db].Habit, given.State.Nodes[Db].Doubt));
    }

    [Fact]
    public void A_retry_s_nodes_that_stayed_disabled_have_settled()
    {
        var given = Given.Failed().Later(TimeSpan.FromMinutes(5)).After(new DeploymentCommand.Retry("alice"))
            .AfterFacts(Given.All(n => new NodeFact.Checked(n, false, false)))
            .AfterFacts([.. Given.All(n => new NodeFact.Held(n)), .. Given.All(n => new NodeFact.Idle(n))]);

        Assert.True(Prepare(given, Db).SettledAt < Given.Now + TimeSpan.FromMinutes(5));
    }

    [Fact]
    public void An_environment_that_the_server_does_not_have_stops_the_deployment_within_its_budget_too()
    {
        Assert.True(FailureBudget.TryParse("100%", out var all, out _));
        var failed = (NodeFact.Judged)Given.Judged("db", 1, Outcome.FailedOtherEnvironment);
        var given = Given.Requested(new DeploymentOptions { MaxFailures = all, RunEnvironment = "nosuch" })
            .AfterFacts(failed with { Verdict = failed.Verdict with { Cause = Cause.NoSuchEnvironment } });

        var ended = Assert.IsType<Stage.Ended>(given.State.Stage);
        Assert.Equal(DeploymentPhase.Failed, ended.End);
        Assert.Contains("the server has no environment nosuch, as the run of db showed", ended.Message, StringComparison.Ordinal);
    }

    private static NodeAssignment.Prepare Prepare(Given given, NodeName node) => Assert.IsType<NodeAssignment.Prepare>(Assignments.Of(given.State, node));

    private static NodeAssignment.Run Run(Given given, NodeName node) => Assert.IsType<NodeAssignment.Run>(Assignments.Of(given.State, node));
}
