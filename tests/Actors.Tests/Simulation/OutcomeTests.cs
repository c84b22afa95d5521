using Orchestrator.Messages.Deployments;

namespace Orchestrator.Actors.Tests.Simulation;

/// <summary>Every row of the outcome table, on the whole core in virtual time.</summary>
public class OutcomeTests
{
    private static readonly DeploymentOptions Defaults = new();

    private static DeploymentView Deploy(string scenario, DeploymentOptions? options = null, params string[][] groups) =>
        new SimulatedDeployment(
            Sites.PlanOf(groups.Length > 0 ? groups : [["db"], ["app1", "app2"], ["web"]]), options ?? Defaults, Sites.Scenario(scenario)).Run();

    private static string Of(DeploymentView view) =>
        $"{view.State.Word()}: "
            + string.Join(", ", view.Nodes.Select(n =>
                $"{n.Name} {n.Outcome?.Word() ?? "open"}{(Orchestrator.Testing.OutcomeRow.MayBeHeld(n) ? " (held)" : "")}"));

    [Fact]
    public void Everything_succeeds_and_every_node_is_free_again() =>
        Assert.Equal("succeeded: db succeeded, app1 succeeded, app2 succeeded, web succeeded", Of(Deploy("speed: 1")));

    public static TheoryData<string, string> Results => new()
    {
        { "result: no-change", "succeeded" },
        { "result: failed-resources", "failed: resources" },
        { "result: failed-restart", "failed: resources" },
        { "result: dependency-cycle", "failed: resources" },
        { "result: no-catalog", "failed: no catalog" },
        { "result: prerun-failure", "failed: no catalog" },
        { "result: cached-catalog", "failed: cached catalog" },
        { "result: interrupted", "failed: interrupted" },
        { "result: generate-failure", "failed: generate" },
        { "result: postrun-failure", "failed: postrun" },
        { "result: noop-configured", "failed: noop run" },
        { "result: never-starts", "failed: did not start" },
        { "result: never-ends", "failed: did not finish" },
        { "result: dies", "failed: run died" },
        { "clock-step: { after: runonce, by: -60s }", "failed: unproven" },
        { "clock-step: { after: runonce, by: 60s }", "failed: unproven" },
        { "deny: [last_run_summary]", "refused" },
        { "deny: [runonce]", "refused" },
        { "lost-reply: [runonce]", "succeeded" },
        { "lost-reply: [enable, disable, status, last_run_summary]", "succeeded" },
        { "silent: [{ action: runonce, from: 1, count: 1 }]", "succeeded" },
        { "silent: [{ action: runonce, from: 1, count: 9 }]", "failed: did not start" },
        { "silent: [{ after: runonce, for: 20s }]", "succeeded" },
        { "silent: [{ after: runonce, for: 10h }]", "unreachable" },
        { "reboot: { after: runonce, delay: 2s, down: 20s, completes: true }", "succeeded" },
        { "reboot: { after: runonce, delay: 2s, down: 20s, completes: false }", "failed: run died" },
        { "daemon: idle", "succeeded" },
        { "daemon: idle-unsignalled", "succeeded" },
        { "puppet: 5.4.0", "failed: unproven" },
        { "puppet: 6.10.0", "succeeded" },
        { "applying: 30s", "succeeded" },
        { "run: 200ms, start-lag: 100ms, answer: 5ms", "succeeded" },
        { "run: 50m, answer: 3s", "succeeded" },
        { "person: [{ after: runonce, delay: 0s, does: disable, message: hands off }]", "failed: did not start" },
        { "person: [{ after: runonce, delay: 2500ms, does: disable, message: hands off }]", "succeeded" },
        { "scheduled-run: { after: enable, delay: 0s, run: 4s, full: true, noop: false }", "succeeded" },
        { "scheduled-run: { after: enable, delay: 0s, run: 4s, full: false, noop: false, times: 3 }", "failed: displaced" },
        { "scheduled-run: { after: enable, start-up: 500ms, run: 4s, tags: true }", "succeeded" },
        { "scheduled-run: { after: enable, start-up: 500ms, run: 4s, tags: true, times: 2 }", "succeeded" },
        { "scheduled-run: { after: runonce, delay: 100ms, start-up: 300ms, run: 4s, noop: true }", "succeeded" },
        { "scheduled-run: { after: enable, start-up: 500ms, run: 4s, environment: staging }", "succeeded" },
        { "scheduled-run: { after: enable, start-up: 500ms, run: 4s, environment: staging, result: failed-resources }", "succeeded" },
        { "scheduled-run: { after: enable, start-up: 500ms, run: 4s, tags: true, result: failed-resources }", "succeeded" },
        { "scheduled-run: { after: enable, start-up: 100ms, run: 400ms, apply: true }", "succeeded" },
        { "scheduled-run: { after: runonce, start-up: 100ms, run: 400ms, apply: true, result: failed-resources }", "succeeded" },
        { "scheduled-run: { after: runonce, delay: 2s, run: 1s, apply: true }", "succeeded" },
        { "scheduled-run: { after: runonce, delay: 1s, run: 20s, apply: true }", "succeeded" },
        { "scheduled-run: { after: disable, start-up: 1200ms, run: 4s, tags: true }", "succeeded" },
        { "start-lag: 3s, scheduled-run: { after: enable, start-up: 200ms, run: 1500ms, result: dies }", "succeeded" },
        { "skipped: 5", "succeeded" },
        { "skipped: 5, scheduled-run: { after: enable, start-up: 500ms, run: 4s, tags: true }", "succeeded" },
        { "result: runtimeout", "failed: interrupted" },
        { "result: terminated", "failed: interrupted" },
    };

    [Theory]
    [MemberData(nameof(Results))]
    public void A_node_in_the_second_group_ends_as_the_table_says(string behaviour, string outcome)
    {
        var view = Deploy($"nodes: {{ app1: {{ {behaviour} }} }}");

        Assert.Equal(outcome, view.Nodes.Single(n => n.Name.Value == "app1").Outcome?.Word());
        Assert.Equal(outcome == "succeeded" ? DeploymentPhase.Succeeded : DeploymentPhase.Failed, view.State);
        Assert.Equal(outcome == "succeeded" ? "succeeded" : "skipped", view.Nodes.Single(n => n.Name.Value == "web").Outcome?.Word());
    }

    [Theory]
    [InlineData("daemon: idle", "refused")]
    [InlineData("daemon: idle-unsignalled", "refused")]
    [InlineData("daemon: none", "succeeded")]
    public void An_option_that_a_daemon_would_refuse_makes_the_check_refuse_it(string behaviour, string outcome)
    {
        foreach (var options in new[] { Defaults with { Noop = true }, Defaults with { RunEnvironment = "canary" }, Defaults with { Tags = ["web"] },
            Defaults with { OnFailure = OnFailure.Rollback, RollbackEnvironment = "v1" } })
        {
            Assert.Equal(outcome, Deploy($"nodes: {{ app1: {{ {behaviour} }} }}", options).Nodes.Single(n => n.Name.Value == "app1").Outcome?.Word());
        }
    }

    [Theory]
    [InlineData("daemon: idle-unsignalled", "app*", "succeeded")]
    [InlineData("daemon: idle-unsignalled", "app2", "refused")]
    [InlineData("daemon: idle", "app*", "refused")] // it says of itself that it is signalled, and the node knows better
    public void A_daemon_that_is_not_signalled_takes_every_option(string behaviour, string pattern, string outcome)
    {
        var view = Deploy($"nodes: {{ app1: {{ {behaviour} }} }}", Defaults with { RunEnvironment = "canary", Tags = ["web"], Unsignalled = [pattern] });
        Assert.Equal(outcome, view.Nodes.Single(n => n.Name.Value == "app1").Outcome?.Word());
    }

    [Theory]
    [InlineData("silent: [{ after: runonce, for: 5m }]")]
    [InlineData("reboot: { after: runonce, delay: 2s, down: 5m, completes: true }")]
    public void A_node_that_falls_silent_in_its_run_and_comes_back_is_told_once_each(string behaviour)
    {
        var simulation = new SimulatedDeployment(Sites.PlanOf(["db"]), Defaults, Sites.Scenario($"nodes: {{ db: {{ {behaviour} }} }}"));
        Assert.Equal(DeploymentPhase.Succeeded, simulation.Run().State);
        var told = simulation.Journal.Where(e => e is DeploymentEvents.NodesSilent or DeploymentEvents.NodesHeardAgain).ToList();
        Assert.Equal([typeof(DeploymentEvents.NodesSilent), typeof(DeploymentEvents.NodesHeardAgain)], told.Select(e => e.GetType()));
    }

    [Fact]
    public void A_silent_node_is_called_unreachable_within_the_timeouts_and_the_pauses_between()
    {
        var simulation = new SimulatedDeployment(Sites.PlanOf(["db"]), Defaults, Sites.Scenario("nodes: { db: { silent: always } }"));
        simulation.Run();
        Assert.InRange(simulation.Elapsed, TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(32));
    }

    [Fact]
    public void Nodes_with_the_same_changes_name_the_same_set_and_noop_tells_what_would_change()
    {
        var simulation = new SimulatedDeployment(Sites.PlanOf(["db"], ["app1", "app2"]), Defaults with { Noop = true, OnFailure = OnFailure.Release },
            Sites.Scenario("nodes: { app2: { changed: 5 } }"));
        var view = simulation.Run();
        var settled = simulation.Journal.OfType<DeploymentEvents.NodeSettled>().ToDictionary(e => e.Node.Value, e => e.Changes);
        Assert.Equal(DeploymentPhase.Succeeded, view.State);
        Assert.Equal(settled["db"], settled["app1"]);
        Assert.NotEqual(settled["db"], settled["app2"]);
        Assert.Equal([2, 5], simulation.Journal.OfType<DeploymentEvents.ChangesSeen>().Select(e => e.Count));
        Assert.All(
            simulation.Journal.OfType<DeploymentEvents.ChangesSeen>().SelectMany(e => e.Lines), l => Assert.EndsWith("(noop)", l, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Results))]
    public void Each_policy_makes_of_an_outcome_what_it_says_and_the_end_is_no_false_word(string behaviour, string outcome)
    {
        foreach (var policy in new[] { OnFailure.Freeze, OnFailure.Release, OnFailure.Rollback })
        {
            var view = Deploy($"nodes: {{ app1: {{ {behaviour} }} }}", new DeploymentOptions { OnFailure = policy, RollbackEnvironment = "last_good" });
            if (policy == OnFailure.Rollback && behaviour.StartsWith("daemon", StringComparison.Ordinal))
            {
                // It could not be told the environment to roll back to.
                Assert.Equal(DeploymentPhase.Refused, view.State);
                continue;
            }
            Assert.Equal(outcome, view.Nodes.Single(n => n.Name.Value == "app1").Outcome?.Word());
            if (outcome == "succeeded")
            {
                Assert.Equal(DeploymentPhase.Succeeded, view.State);
            }
            else if (policy != OnFailure.Rollback)
            {
                Assert.Equal((DeploymentPhase.Failed, policy == OnFailure.Freeze), (view.State, view.Nodes.Single(n => n.Name.Value == "db").Held));
            }
            else
            {
                var ran = view.Nodes.Where(n => n.Compensation is not null).ToList();
                Assert.Contains(ran, n => n.Name.Value == "db");
                Assert.DoesNotContain(ran, n => n.Name.Value == "web");
                Assert.Equal(ran.TrueForAll(n => n.Compensation == Outcome.Succeeded) ? DeploymentPhase.RolledBack : DeploymentPhase.Stuck, view.State);
                Assert.True(view.Nodes.Single(n => n.Name.Value == "db").Held);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Results))]
    public void Within_the_budget_an_outcome_stops_only_what_depends_on_it(string behaviour, string outcome)
    {
        Assert.True(FailureBudget.TryParse("1", out var one, out _));
        var view = Deploy($"nodes: {{ app1: {{ {behaviour} }} }}", new DeploymentOptions { MaxFailures = one });

        Assert.Equal(outcome == "succeeded" ? DeploymentPhase.Succeeded : DeploymentPhase.SucceededWithFailures, view.State);
        Assert.Equal(
            ["succeeded", outcome, "succeeded", outcome == "succeeded" ? "succeeded" : "skipped"],
            view.Nodes.OrderBy(n => n.Group).ThenBy(n => n.Name).Select(n => n.Outcome!.Value.Word()));
        Assert.False(view.Nodes.Single(n => n.Name.Value == "db").Held);
    }

    [Theory]
    [InlineData("silent: always", "unreachable")]
    [InlineData("disabled: \"disk swap, ask alice\"", "refused: disabled")]
    [InlineData("deny: [status]", "refused")]
    [InlineData("deny: [disable, enable, runonce]", "refused")]
    [InlineData("clock: +90s", "refused: clock")]
    [InlineData("clock: -90s", "refused: clock")]
    [InlineData("clock: +26h", "refused: clock")]
    [InlineData("summary: empty", "refused")]
    [InlineData("state-folder: missing", "refused")]
    [InlineData("applying: stale", "refused")]
    [InlineData("person: [{ after: check, delay: 0s, does: disable, message: hands off }]", "refused: disabled")]
    [InlineData("silent: [{ action: disable, from: 1, count: 99 }]", "unreachable")]
    public void Before_the_first_run_nothing_stays_changed(string behaviour, string outcome)
    {
        var view = Deploy($"nodes: {{ app1: {{ {behaviour} }} }}");

        Assert.Equal($"refused: db skipped, app1 {outcome}, app2 skipped, web skipped", Of(view));
    }
}
