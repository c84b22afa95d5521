namespace Orchestrator.NodeAgent.Tests.Nodes;

/// <summary>What each result of a run leaves behind: by it, and by it alone, the orchestrator must tell how the run went.</summary>
public sealed class RunResultTests
{
    [Fact]
    public void Success_changes_and_applies_to_the_end()
    {
        var data = SummaryOf("result: success, changed: 4, resources: 50, config-version: v7");
        Assert.Equal((4, 50, 0, 0), (data.Number("summary.resources.changed"), data.Number("total_resources"), data.Number("failed_resources"),
            data.Number("summary.resources.skipped")));
        Assert.Equal((4, 0, 4), (data.Number("summary.events.success"), data.Number("summary.events.failure"), data.Number("summary.events.total")));
        Assert.False(data.Has("summary.events.noop"));
        Assert.Equal("v7", data.Text("config_version"));
        Assert.True(data.Has("summary.time.catalog_application"));
        Assert.Equal(
            ("production", "production"), (data.Text("summary.application.initial_environment"), data.Text("summary.application.converged_environment")));
        Assert.StartsWith("Applied catalog in ", data.Lines()[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void No_change_changes_nothing()
    {
        var data = SummaryOf("result: no-change, changed: 4");
        Assert.Equal((0, 0, 0), (data.Number("changed_resources"), data.Number("out_of_sync_resources"), data.Number("summary.events.total")));
        Assert.StartsWith("Applied catalog in ", data.Lines()[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Failed_resources_carry_the_scenarios_words()
    {
        var data = SummaryOf("result: failed-resources, failed: 3, changed: 1, log: [\"Could not start Service[mysqld]\"]");
        Assert.Equal((3, 1, 4), (data.Number("failed_resources"), data.Number("changed_resources"), data.Number("out_of_sync_resources")));
        Assert.Equal(3, data.Number("summary.events.failure"));
        var line = data.GetProperty("logs").EnumerateArray().Single(l => l.Text("msg") == "Could not start Service[mysqld]");
        Assert.Equal(("err", "/Stage[main]/Main/Service[mysqld]"), (line.Text("level"), line.Text("source")));
        Assert.True(data.Has("summary.time.catalog_application"));
    }

    [Fact]
    public void Failed_resources_fail_once_where_the_scenario_does_not_count() =>
        Assert.Equal(1, SummaryOf("result: failed-resources").Number("failed_resources"));

    [Fact]
    public void A_failed_restart_counts_as_failed_too()
    {
        var data = SummaryOf("result: failed-restart, failed: 2");
        Assert.Equal((2, 2), (data.Number("failed_resources"), data.Number("summary.resources.failed_to_restart")));
        Assert.Contains(data.Lines(), l => l.StartsWith("Failed to call refresh: ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_dependency_cycle_fails_before_anything_is_applied()
    {
        var data = SummaryOf("result: dependency-cycle");
        Assert.Equal((2, 0), (data.Number("failed_resources"), data.Number("changed_resources")));
        Assert.False(data.Has("summary.time.catalog_application"));
        Assert.StartsWith("Failed to apply catalog: ", data.Lines()[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_catalog_nothing_failed_and_nothing_is_known()
    {
        var data = SummaryOf("result: no-catalog");
        Assert.Equal((0, 0), (data.Number("failed_resources"), data.Number("total_resources")));
        Assert.Null(data.Text("config_version"));
        Assert.True(data.Number("lastrun") > 0);
        Assert.Contains(data.Lines(), l => l.StartsWith("Could not retrieve catalog from remote server: ", StringComparison.Ordinal));
        Assert.Equal("Could not retrieve catalog; skipping run", data.Lines()[^1]);
    }

    [Fact]
    public void A_cached_catalog_shows_in_the_log_alone()
    {
        var (cached, good) = (SummaryOf("result: cached-catalog"), SummaryOf("result: success"));
        foreach (var path in (string[])["changed_resources", "failed_resources", "total_resources", "summary.events.success"])
            Assert.Equal(good.Number(path), cached.Number(path));
        Assert.Equal(good.Text("config_version"), cached.Text("config_version"));
        Assert.Contains("Using cached catalog from environment 'production'", cached.Lines());
        Assert.Contains("Caching catalog for dev1.example.net", good.Lines());
    }

    [Fact]
    public void An_interrupted_run_lacks_the_end_of_the_apply_and_counts_what_it_came_to()
    {
        var data = SummaryOf("result: interrupted, changed: 2");
        Assert.Equal((0, 3), (data.Number("failed_resources"), data.Number("total_resources")));
        Assert.NotNull(data.Text("config_version"));
        Assert.False(data.Has("summary.time.catalog_application"));
        Assert.DoesNotContain(data.Lines(), l => l.StartsWith("Applied catalog in ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_generate_failure_shows_in_the_log_alone()
    {
        var data = SummaryOf("result: generate-failure");
        Assert.Equal(0, data.Number("failed_resources"));
        var line = data.GetProperty("logs").EnumerateArray()
            .Single(l => l.Text("msg")!.StartsWith("Failed to generate additional resources using 'eval_generate': ", StringComparison.Ordinal));
        Assert.Equal("err", line.Text("level"));
        Assert.NotEqual("Puppet", line.Text("source"));
    }

    [Fact]
    public void A_prerun_failure_means_no_catalog()
    {
        var data = SummaryOf("result: prerun-failure");
        Assert.Null(data.Text("config_version"));
        Assert.Equal(0, data.Number("total_resources"));
        Assert.StartsWith("Could not run command from prerun_command: ", data.Lines()[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_postrun_failure_shows_in_the_log_alone()
    {
        var data = SummaryOf("result: postrun-failure");
        Assert.Equal((0, 2), (data.Number("failed_resources"), data.Number("changed_resources")));
        Assert.StartsWith("Could not run command from postrun_command: ", data.Lines()[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Noop_by_configuration_shows_in_the_events_alone()
    {
        var data = SummaryOf("result: noop-configured, changed: 0");
        Assert.Equal((1, 0), (data.Number("summary.events.noop"), data.Number("summary.events.success")));
        Assert.Equal((0, 0), (data.Number("changed_resources"), data.Number("failed_resources")));
    }

    [Fact]
    public void Another_environment_shows_in_the_summary_and_the_log()
    {
        var data = SummaryOf("result: other-environment", "\"force\":true,\"environment\":\"feature\"");
        Assert.Equal(("feature", "production"), (data.Text("summary.application.initial_environment"), data.Text("summary.application.converged_environment")));
        Assert.Contains(
            data.Lines(), l => l.StartsWith("Local environment: 'feature' doesn't match server specified environment 'production'", StringComparison.Ordinal));
        Assert.NotEqual("production", SummaryOf("result: other-environment").Text("summary.application.converged_environment"));
    }

    [Fact]
    public void A_run_that_never_starts_never_takes_the_lock()
    {
        var trial = new Trial("result: never-starts");
        Assert.Equal(0, trial.Runonce().Code);
        for (var i = 0; i < 100; i++) Assert.False(trial.Pass(0.5).Status().Applying);
        Assert.Equal((0L, 0), (trial.Status().LastRun, trial.Now.RunsBegun));
    }

    [Fact]
    public void A_run_that_never_ends_keeps_the_lock()
    {
        var trial = new Trial("result: never-ends");
        trial.Runonce();
        trial.Pass(100_000);
        Assert.Equal((true, 0L), (trial.Status().Applying, trial.Status().LastRun));
    }

    [Fact]
    public void A_run_that_dies_leaves_no_lock_and_no_summary()
    {
        var trial = new Trial("result: dies, run: 3s");
        trial.Runonce();
        Assert.True(trial.Pass(2).Status().Applying);
        Assert.False(trial.Pass(2.1).Status().Applying);
        Assert.Equal((0L, 1, 0), (trial.Status().LastRun, trial.Now.RunsBegun, trial.Now.RunsWritten));
    }

    [Fact]
    public void A_list_of_results_is_one_for_each_run_and_the_last_repeats()
    {
        var trial = new Trial("result: [failed-resources, never-starts, no-change], failed: 2, run: 2s");
        int Failed()
        {
            trial.Runonce();
            return trial.Pass(10).Summary().Number("failed_resources");
        }
        Assert.Equal(2, Failed());
        Assert.Equal((2, 1), (Failed(), trial.Now.RunsBegun));
        Assert.Equal(0, Failed());
        Assert.Equal((0, 3), (Failed(), trial.Now.RunsBegun));
    }

    [Fact]
    public void Failed_is_a_number_of_the_summary_where_no_result_fails() => Assert.Equal(3, SummaryOf("failed: 3").Number("failed_resources"));

    [Fact]
    public void A_run_asked_as_noop_changes_nothing_and_fails_nothing()
    {
        var data = SummaryOf("result: failed-resources, changed: 3", "\"force\":true,\"noop\":true");
        Assert.Equal((0, 0, 3), (data.Number("changed_resources"), data.Number("failed_resources"), data.Number("summary.events.noop")));
    }

    [Fact]
    public void An_environment_asked_for_is_the_one_of_the_run()
    {
        var data = SummaryOf("environment: staging", "\"force\":true,\"environment\":\"feature\"");
        Assert.Equal("feature", data.Text("summary.application.converged_environment"));
        Assert.Equal("staging", SummaryOf("environment: staging").Text("summary.application.converged_environment"));
    }

    [Fact]
    public void The_environment_of_a_rule_is_the_nodes_whatever_is_asked_for()
    {
        var pinned = new Trial(top: "nodes: { dev1.example.net: { environment: staging } }");
        pinned.Runonce("\"force\":true,\"environment\":\"feature\"");
        var data = pinned.Pass(10).Summary();
        Assert.Equal(("feature", "staging"), (data.Text("summary.application.initial_environment"), data.Text("summary.application.converged_environment")));
        Assert.Contains(
            data.Lines(), l => l.StartsWith("Local environment: 'feature' doesn't match server specified environment 'staging'", StringComparison.Ordinal));
    }

    [Fact]
    public void An_empty_catalog_changes_nothing()
    {
        var data = SummaryOf("resources: 0, changed: 3");
        Assert.Equal((0, 0, 0), (data.Number("total_resources"), data.Number("changed_resources"), data.Number("summary.events.success")));
    }

    [Fact]
    public void Log_lines_of_the_scenario_are_error_lines_of_the_run()
    {
        var data = SummaryOf("log: [first, second]");
        var lines = data.GetProperty("logs").EnumerateArray().Where(l => l.Text("level") == "err").Select(l => (l.Text("source"), l.Text("msg")));
        Assert.Equal([("Puppet", "first"), ("Puppet", "second")], lines);
    }

    [Theory]
    [InlineData("success")]
    [InlineData("no-catalog")]
    [InlineData("dependency-cycle")]
    [InlineData("prerun-failure")]
    [InlineData("interrupted")]
    public void Every_line_of_the_log_lies_within_the_run(string result)
    {
        var data = SummaryOf($"result: {result}, run: 7s");
        var (end, total) = (data.Seconds("lastrun"), data.Seconds("summary.time.total"));
        Assert.All(data.GetProperty("logs").EnumerateArray(), l => Assert.InRange(l.Seconds("time_utc"), Math.Floor(end - total), end));
    }

    private static System.Text.Json.JsonElement SummaryOf(string settings, string options = "\"force\":true")
    {
        var trial = new Trial(settings);
        Assert.Equal(0, trial.Runonce(options).Code);
        return trial.Pass(30).Summary();
    }
}
