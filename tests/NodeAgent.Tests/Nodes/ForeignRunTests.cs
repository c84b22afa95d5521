using System.Text.Json;

namespace Orchestrator.NodeAgent.Tests.Nodes;

/// <summary>Runs that nobody asked for over the wire: of schedules and people, of the agent and of <c>puppet apply</c>.</summary>
public sealed class ForeignRunTests
{
    [Theory]
    [InlineData("", 1)]
    [InlineData(", times: 2", 2)]
    [InlineData(", times: 9", 4)]
    public void A_scheduled_run_comes_at_its_first_triggers_alone(string times, int runs)
    {
        var trial = new Trial($"scheduled-run: {{ after: status, run: 2s{times} }}");
        for (var i = 0; i < 4; i++)
        {
            trial.Status();
            trial.Pass(10);
        }
        Assert.Equal(runs, trial.Now.RunsBegun);
    }

    [Fact]
    public void Each_of_several_scheduled_runs_has_its_own_turns()
    {
        var trial = new Trial("scheduled-run: [{ after: status, run: 1s, times: 2 }, { after: status, delay: 5s, run: 1s }]");
        for (var i = 0; i < 3; i++)
        {
            trial.Status();
            trial.Pass(10);
        }
        Assert.Equal(3, trial.Now.RunsBegun);
    }

    [Fact]
    public void An_agent_looks_at_the_locks_when_it_has_started_up_and_not_when_it_is_launched()
    {
        var trial = new Trial("scheduled-run: { after: check, delay: 1s, start-up: 2s, run: 4s }");
        trial.Status();
        Assert.Equal(0, trial.Disable().Code);
        trial.Pass(2.9);
        Assert.Equal(0, trial.Enable().Code);
        Assert.False(trial.Status().Applying);
        Assert.True(trial.Pass(0.2).Status().Applying);
        // Puppet reckons its begin from the launch, not from the lock.
        Assert.InRange(trial.Pass(10).Summary().Seconds("summary.time.total"), 5.9, 6.1);
    }

    [Theory]
    [InlineData("7.23.0")]
    [InlineData("7.17.0")]
    public void An_agent_that_is_launched_enabled_and_has_started_up_disabled_skips_whatever_its_version(string puppet)
    {
        var trial = new Trial($"puppet: {puppet}, scheduled-run: {{ after: check, delay: 1s, start-up: 2s }}");
        trial.Status();
        trial.Pass(1.5).Disable();
        Assert.Equal(0, trial.Pass(20).Now.RunsBegun);
    }

    [Fact]
    public void An_agent_that_finds_the_run_lock_taken_when_it_has_started_up_skips()
    {
        var trial = new Trial("run: 5s, scheduled-run: { after: runonce, delay: 0s, start-up: 3s, result: failed-resources }");
        trial.Runonce();
        Assert.Equal((1, 0), (trial.Pass(20).Now.RunsBegun, trial.Summary().Number("failed_resources")));
    }

    [Fact]
    public void Tags_leave_out_all_that_they_do_not_name_schedules_and_filebucket_too()
    {
        var data = AfterForeign("changed: 1, resources: 9", "tags: true");
        Assert.Equal((8, 9), (data.Number("summary.resources.skipped"), data.Number("total_resources")));
        Assert.Equal((1, 0), (data.Number("changed_resources"), data.Number("failed_resources")));
        Assert.False(data.Has("summary.time.filebucket"));
        Assert.False(data.Has("summary.time.schedule"));
        Assert.True(data.Has("summary.time.catalog_application"));
        Assert.Equal(9, AfterForeign("changed: 0, resources: 9", "tags: true").Number("summary.resources.skipped"));
    }

    [Fact]
    public void A_foreign_run_has_its_own_environment()
    {
        var data = AfterForeign("environment: production", "environment: staging");
        Assert.Equal(("staging", "staging"), (data.Text("summary.application.initial_environment"), data.Text("summary.application.converged_environment")));
    }

    [Fact]
    public void A_foreign_run_has_its_own_result_and_takes_none_of_the_nodes()
    {
        var trial = new Trial("result: [no-change, success], run: 2s, scheduled-run: { after: check, result: failed-resources }");
        trial.Status();
        Assert.Equal(1, trial.Pass(10).Summary().Number("failed_resources"));
        trial.Runonce();
        Assert.Equal((0, 0), (trial.Pass(10).Summary().Number("failed_resources"), trial.Summary().Number("changed_resources")));
    }

    [Fact]
    public void A_foreign_run_without_a_result_ends_as_the_nodes_own()
    {
        var trial = new Trial("result: [failed-resources, success], scheduled-run: { after: check }");
        trial.Status();
        Assert.Equal(1, trial.Pass(10).Summary().Number("failed_resources"));
        trial.Runonce();
        Assert.Equal(0, trial.Pass(10).Summary().Number("failed_resources"));
    }

    [Fact]
    public void An_apply_minds_no_lock_and_writes_as_a_user()
    {
        var trial = new Trial("disabled: before, run: 3s, scheduled-run: { after: check, delay: 1s, start-up: 2s, run: 4s, apply: true }");
        trial.Status();
        for (var i = 0; i < 12; i++) Assert.False(trial.Pass(0.5).Status().Applying);
        Assert.Equal(0L, trial.Status().LastRun);
        trial.Pass(1.1);
        var data = trial.Summary();
        Assert.Equal("user", data.Text("summary.application.run_mode"));
        Assert.Equal(
            ("production", "production"), (data.Text("summary.application.initial_environment"), data.Text("summary.application.converged_environment")));
        Assert.Equal((0, 0, 1), (trial.Now.RunsBegun, trial.Now.RunsWritten, trial.Now.AppliesWritten));
    }

    [Fact]
    public void An_apply_knows_neither_start_up_nor_plugins_nor_facts_and_counts_its_time_from_the_catalog()
    {
        var data = AfterForeign("", "start-up: 2s, run: 4s, apply: true");
        string[] ofTheAgent = ["startup_time", "plugin_sync", "fact_generation", "convert_catalog"];
        string[] ofBoth = ["catalog_application", "config_retrieval", "filebucket", "schedule", "total"];
        Assert.All(ofTheAgent, time => Assert.False(data.Has($"summary.time.{time}"), time));
        Assert.All(ofBoth, time => Assert.True(data.Has($"summary.time.{time}"), time));
        Assert.InRange(data.Seconds("summary.time.total"), 3.9, 4.1);
        Assert.Equal(JsonValueKind.Number, data.GetProperty("config_version").ValueKind);
        Assert.StartsWith("Applied catalog in ", data.Lines()[^1], StringComparison.Ordinal);
        Assert.DoesNotContain(data.Lines(), l => l.StartsWith("Retrieving", StringComparison.Ordinal) || l.StartsWith("Caching", StringComparison.Ordinal));
        var agents = AfterForeign("", "start-up: 2s, run: 4s");
        Assert.Equal("agent", agents.Text("summary.application.run_mode"));
        Assert.All(ofTheAgent, time => Assert.True(agents.Has($"summary.time.{time}"), time));
    }

    [Fact]
    public void An_apply_that_ends_while_a_run_is_on_is_overwritten_by_it()
    {
        var trial = new Trial("start-lag: 1s, run: 6s, scheduled-run: { after: runonce, delay: 1s, run: 2s, apply: true, result: failed-resources }");
        trial.Runonce();
        var status = trial.Pass(3.5).Status();
        Assert.Equal((true, Trial.Start.ToUnixTimeSeconds() + 3), (status.Applying, status.LastRun));
        Assert.Equal(("user", 1), (trial.Summary().Text("summary.application.run_mode"), trial.Summary().Number("failed_resources")));
        Assert.Equal(("agent", 0), (trial.Pass(10).Summary().Text("summary.application.run_mode"), trial.Summary().Number("failed_resources")));
    }

    [Fact]
    public void An_apply_that_outlasts_a_run_overwrites_it_even_within_the_same_second()
    {
        var trial = new Trial("start-lag: 1s, run: 3s, scheduled-run: { after: runonce, delay: 0s, run: 3990ms, apply: true, result: no-change }");
        trial.Runonce();
        var ours = trial.Pass(3.985).Summary();
        Assert.Equal(("agent", 2), (ours.Text("summary.application.run_mode"), ours.Number("changed_resources")));
        var theirs = trial.Pass(0.01).Summary();
        Assert.Equal(("user", 0), (theirs.Text("summary.application.run_mode"), theirs.Number("changed_resources")));
        Assert.Equal(ours.Number("lastrun"), theirs.Number("lastrun"));
    }

    [Fact]
    public void A_failing_apply_fails()
    {
        var data = AfterForeign("changed: 0, resources: 9", "apply: true, result: failed-resources");
        Assert.Equal((1, 1, 1), (data.Number("failed_resources"), data.Number("summary.resources.skipped"), data.Number("summary.events.failure")));
        Assert.True(data.Has("summary.time.catalog_application"));
    }

    [Theory]
    [InlineData("cached-catalog")]
    [InlineData("other-environment")]
    public void An_apply_asks_no_server_and_is_not_misled_by_one(string result)
    {
        var data = AfterForeign("environments: [staging]", $"apply: true, result: {result}");
        Assert.Equal(("production", 2), (data.Text("summary.application.converged_environment"), data.Number("changed_resources")));
        Assert.DoesNotContain(data.Lines(), l => l.Contains("corrective", StringComparison.Ordinal) || l.Contains("environment", StringComparison.Ordinal));
    }

    [Fact]
    public void An_apply_whose_prerun_command_fails_applies_nothing_and_says_why()
    {
        var data = AfterForeign("", "apply: true, result: prerun-failure");
        Assert.Equal((0, "user"), (data.Number("total_resources"), data.Text("summary.application.run_mode")));
        Assert.StartsWith("Could not run command from prerun_command: ", Assert.Single(data.Lines()), StringComparison.Ordinal);
    }

    [Fact]
    public void An_apply_has_a_manifest_of_its_own()
    {
        var trial = new Trial("resources: 40, changed: 2, config-version: ours, scheduled-run: { after: status, delay: 20s, run: 1s, apply: true }");
        trial.Runonce();
        trial.Status();
        var ours = trial.Pass(15).Summary();
        var theirs = trial.Pass(15).Summary();
        Assert.Equal((40, 9), (ours.Number("total_resources"), theirs.Number("total_resources")));
        Assert.Equal(("ours", JsonValueKind.Number), (ours.Text("config_version"), theirs.GetProperty("config_version").ValueKind));
        // What the agent manages is the agent's to write.
        Assert.Equal(ours.GetProperty("type_distribution").ToString(), theirs.GetProperty("type_distribution").ToString());
    }

    [Theory]
    [InlineData("no-catalog")]
    [InlineData("dies")]
    [InlineData("never-ends")]
    [InlineData("never-starts")]
    public void An_apply_that_comes_to_no_end_writes_nothing(string result)
    {
        var trial = new Trial($"scheduled-run: {{ after: check, apply: true, result: {result} }}");
        trial.Status();
        Assert.Equal((0L, 0), (trial.Pass(100).Status().LastRun, trial.Now.AppliesWritten));
    }

    [Fact]
    public void Before_the_summary_names_environments_it_names_no_run_mode()
    {
        var data = AfterForeign("puppet: 7.9.0", "apply: true");
        Assert.False(data.Has("summary.application"));
        Assert.False(data.Has("summary.time.startup_time"));
    }

    [Theory]
    [InlineData("\"force\":true", 2, 0)]
    [InlineData("\"force\":true,\"noop\":true", 2, 0)]
    [InlineData("\"force\":true,\"noop\":false", 0, 2)]
    public void A_node_that_is_set_to_noop_obeys_the_one_who_says_otherwise(string options, int noop, int changed)
    {
        var trial = new Trial("result: noop-configured");
        trial.Runonce(options);
        var data = trial.Pass(10).Summary();
        Assert.Equal((noop > 0, changed), (data.Has("summary.events.noop"), data.Number("changed_resources")));
    }

    [Fact]
    public void A_node_whose_schedules_skip_resources_skips_them_in_every_run_and_no_others()
    {
        var trial = new Trial("skipped: 5, resources: 13, changed: 0");
        for (var i = 0; i < 2; i++)
        {
            trial.Runonce();
            var data = trial.Pass(10).Summary();
            Assert.Equal((5, 13, 0), (data.Number("summary.resources.skipped"), data.Number("total_resources"), data.Number("failed_resources")));
            Assert.True(data.Has("summary.time.filebucket"));
            Assert.True(data.Has("summary.time.schedule"));
            Assert.Equal("Applied catalog in ", data.Lines()[^1][..19]);
        }
    }

    [Fact]
    public void A_person_who_asks_for_a_run_has_one_whatever_the_schedules_do()
    {
        var trial = new Trial("person: [{ after: check, delay: 1s, does: runonce }], scheduled-run: { after: check, delay: 20s }, run: 2s");
        trial.Status();
        Assert.Equal((1, 2), (trial.Pass(10).Now.RunsWritten, trial.Pass(20).Now.RunsWritten));
    }

    [Fact]
    public void A_run_with_tags_on_such_a_node_skips_more()
    {
        var trial = new Trial("skipped: 5, resources: 13, changed: 0");
        trial.Runonce("\"force\":true,\"tags\":\"web\"");
        Assert.Equal(13, trial.Pass(10).Summary().Number("summary.resources.skipped"));
    }

    [Theory]
    [InlineData("terminated", "Caught TERM; exiting", "notice")]
    [InlineData("runtimeout", "change from 'notrun' to ['0'] failed: execution expired", "err")]
    public void A_run_that_is_cut_short_fails_nothing_and_says_why_in_its_last_line(string result, string words, string level)
    {
        var trial = new Trial($"result: {result}, run: 2s");
        trial.Runonce();
        var data = trial.Pass(10).Summary();
        Assert.Equal((0, 0), (data.Number("failed_resources"), data.Number("changed_resources")));
        Assert.Equal((2, 1), (data.Number("total_resources"), data.Number("summary.resources.scheduled")));
        Assert.False(data.Has("summary.time.catalog_application"));
        var last = data.GetProperty("logs").EnumerateArray().Last();
        Assert.Equal((words, level), (last.Text("msg"), last.Text("level")));
        Assert.False(trial.Status().Applying);
    }

    [Fact]
    public void An_environment_that_the_server_lacks_is_replaced_and_the_log_says_so()
    {
        var trial = new Trial("environments: [production, staging]");
        trial.Runonce("\"force\":true,\"environment\":\"nosuch\"");
        var data = trial.Pass(10).Summary();
        Assert.Equal(("nosuch", "production", 2),
            (data.Text("summary.application.initial_environment"), data.Text("summary.application.converged_environment"), data.Number("changed_resources")));
        Assert.Contains("Environment 'nosuch' not found on server, skipping initial pluginsync.", data.Lines());
        trial.Runonce("\"force\":true,\"environment\":\"staging\"");
        Assert.Equal("staging", trial.Pass(10).Summary().Text("summary.application.converged_environment"));
        Assert.DoesNotContain(trial.Summary().Lines(), l => l.Contains("not found on server", StringComparison.Ordinal));
    }

    private static JsonElement AfterForeign(string settings, string run)
    {
        var trial = new Trial($"{settings}{(settings.Length > 0 ? ", " : "")}scheduled-run: {{ after: check, {run} }}");
        trial.Status();
        return trial.Pass(30).Summary();
    }
}
