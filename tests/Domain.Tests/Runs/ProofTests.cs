using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;
using static Orchestrator.Domain.Tests.Runs.GoodRun;

namespace Orchestrator.Domain.Tests.Runs;

/// <summary>A good run with one thing changed: each proof alone keeps it from having succeeded.</summary>
public sealed class ProofTests
{
    [Fact]
    public void A_run_with_all_proofs_has_succeeded()
    {
        var verdict = Judge();

        Succeeded(verdict);
        Assert.True(verdict.IsOurs);
        Assert.Equal("changed 2 of 40 resources", verdict.Message);
        Assert.Equal((2, null), (verdict.Changed, verdict.WouldChange));
        Assert.Empty(verdict.ErrorLines);
        Assert.Empty(verdict.Warnings);
    }

    [Fact]
    public void A_run_that_had_nothing_to_do_has_succeeded_without_change() =>
        Assert.Equal("no change", Judge(summary: Summary with { Resources = Summary.Resources with { Changed = 0 } }).Message);

    [Fact]
    public void Proof_1_a_node_that_still_applies_has_not_ended_its_run() =>
        Lacks(Judge(status: Status with { Applying = true }), Outcome.FailedUnproven, 1);

    [Fact]
    public void Proof_1_a_lastrun_that_has_not_moved_is_the_run_before() =>
        Lacks(Judge(Question with { LastRunBefore = End }), Outcome.FailedUnproven, 1);

    [Fact]
    public void Proof_1_a_run_that_ended_before_ours_was_asked_for_is_not_ours()
    {
        var verdict = Judge(Question with { InitiatedAt = End + 1 });

        Lacks(verdict, Outcome.FailedUnproven, 1);
        Assert.False(verdict.IsOurs);
        Assert.False(verdict.CountsAsOurs);
    }

    [Fact]
    public void Proof_1_a_summary_of_another_lastrun_says_nothing()
    {
        var failed = Summary with { LastRun = End - 1, Resources = Summary.Resources with { Failed = 3 } };

        Lacks(Judge(summary: failed), Outcome.FailedUnproven, 1);
    }

    [Fact]
    public void Proof_2_a_run_that_began_before_ours_was_asked_for_is_anothers()
    {
        var verdict = Judge(summary: Summary with { TimeTotal = End - AskedAt + 60 });

        Lacks(verdict, Outcome.FailedDisplaced, 2);
        Assert.False(verdict.IsOurs);
        Assert.False(verdict.CountsAsOurs);
        Assert.Equal("this is another Puppet run: it started 60s before ours was requested", verdict.Message);
    }

    [Theory]
    [InlineData("4.10.12")]
    [InlineData("5.4.0")]
    [InlineData("3.8.7")]
    [InlineData("nightly")]
    [InlineData(null)]
    public void Proof_2_a_puppet_before_5_5_does_not_tell_its_begin(string? version)
    {
        var verdict = Judge(summary: Summary with { PuppetVersion = version });

        Lacks(verdict, Outcome.FailedUnproven, 2);
        Assert.True(verdict.IsOurs, "what cannot be told is unproven, not another's");
    }

    [Fact]
    public void Proof_2_a_summary_without_its_length_does_not_tell_its_begin()
    {
        var verdict = Judge(summary: Summary with { TimeTotal = null });

        Lacks(verdict, Outcome.FailedUnproven, 2);
        Assert.Equal("the summary does not say how long the run took (time.total)", verdict.Message);
    }

    [Fact]
    public void Proof_2_times_of_a_clock_that_stepped_prove_nothing()
    {
        var verdict = Judge(Question with { ClockStepped = true });

        Lacks(verdict, Outcome.FailedUnproven, 2);
        Assert.Equal("the node's clock jumped during the run: its times prove nothing", verdict.Message);
    }

    [Fact]
    public void Proof_3_a_run_without_a_config_version_had_no_catalog() =>
        Lacks(Judge(summary: Summary with { ConfigVersion = null }), Outcome.FailedNoCatalog, 3);

    [Fact]
    public void Proof_3_a_run_without_resources_had_no_catalog() =>
        Lacks(Judge(summary: Summary with { TotalResources = 0 }), Outcome.FailedNoCatalog, 3);

    [Fact]
    public void Proof_3_resources_that_nobody_counted_are_not_at_least_one() =>
        Lacks(Judge(summary: Summary with { TotalResources = null, Resources = Summary.Resources with { Total = null } }), Outcome.FailedUnproven, 3);

    [Theory]
    [InlineData("Could not retrieve catalog; skipping run")]
    [InlineData("Not using cache on failed catalog")]
    [InlineData("Could not retrieve catalog from cache: no such file")]
    [InlineData("Catalog environment didn't stabilize after 10 fetches, aborting run")]
    public void Proof_3_a_log_that_says_so_means_no_catalog(string text)
    {
        var verdict = Judge(summary: WithLines(Line(text)));

        Lacks(verdict, Outcome.FailedNoCatalog, 3);
        Assert.Equal($"there was no catalog: {text}", verdict.Message);
    }

    [Theory]
    [InlineData("Using cached catalog from environment 'production'", "info")]
    [InlineData("Could not retrieve catalog from remote server: Error 500 on SERVER", "err")]
    // all that a daemon's log tells, without lines of level info
    [InlineData("Could not select a functional puppet server from server_list: 'p1.example.net'", "err")]
    public void Proof_3_a_cached_catalog_is_not_the_servers(string text, string level)
    {
        var verdict = Judge(summary: WithLines(Line(text, level: level)));

        Lacks(verdict, Outcome.FailedCachedCatalog, 3);
        Assert.Equal($"a cached catalog was applied: {text}", verdict.Message);
    }

    [Fact]
    public void A_cached_catalog_may_be_allowed_and_is_a_warning_then()
    {
        var verdict = Judge(Question with { AllowCachedCatalog = true }, summary: WithLines(Line("Using cached catalog from environment 'production'")));

        Succeeded(verdict);
        Assert.Contains("a cached catalog was applied, as allowed", Assert.Single(verdict.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Proof_4_a_run_without_catalog_application_was_interrupted() =>
        Lacks(Judge(summary: Summary with { CatalogApplication = null }), Outcome.FailedInterrupted, 4);

    [Fact]
    public void Proof_4_a_failure_to_apply_is_an_interruption()
    {
        var verdict = Judge(summary: WithLines(Line("Failed to apply catalog: execution expired")));

        Lacks(verdict, Outcome.FailedInterrupted, 4);
        Assert.Equal("Failed to apply catalog: execution expired", verdict.Message);
    }

    [Theory]
    [InlineData("generate")]
    [InlineData("eval_generate")]
    public void Proof_4_resources_that_could_not_be_generated_are_a_failure(string how)
    {
        var verdict = Judge(summary: WithLines(Line($"Failed to generate additional resources using '{how}': no such host", "/Stage[main]/Web/File[/srv]")));

        Lacks(verdict, Outcome.FailedGenerate, 4);
        Assert.Equal($"File[/srv]: Failed to generate additional resources using '{how}': no such host", verdict.Message);
    }

    [Fact]
    public void Proof_4_a_postrun_command_must_not_fail() =>
        Lacks(Judge(summary: WithLines(Line("Could not run command from postrun_command: exit 1"))), Outcome.FailedPostrun, 4);

    [Fact]
    public void Proof_4_a_prerun_command_that_fails_means_no_catalog() =>
        Lacks(Judge(summary: WithLines(Line("Could not run command from prerun_command: exit 1"))), Outcome.FailedNoCatalog, 4);

    [Fact]
    public void Proof_5_a_failed_resource_is_a_failure()
    {
        var failed = WithLines(Line("change from 'stopped' to 'running' failed: Could not start Service[mysqld]", "/Stage[main]/Db/Service[mysqld]/ensure"));
        var verdict = Judge(summary: failed with { Resources = failed.Resources with { Failed = 2 } });

        Lacks(verdict, Outcome.FailedResources, 5);
        Assert.Equal("2 of 40 resources failed: change from 'stopped' to 'running' failed: Could not start Service[mysqld]", verdict.Message);
        Assert.Equal(["change from 'stopped' to 'running' failed: Could not start Service[mysqld]"], verdict.ErrorLines.ToArray());
    }

    [Fact]
    public void Proof_5_a_failed_restart_is_a_failure()
    {
        var verdict = Judge(summary: Summary with { Resources = Summary.Resources with { FailedToRestart = 1 } });

        Lacks(verdict, Outcome.FailedResources, 5);
        Assert.Equal("1 of 40 resources failed to restart", verdict.Message);
    }

    [Fact]
    public void Proof_5_a_failed_event_is_a_failure() =>
        Lacks(Judge(summary: Summary with { Events = Summary.Events with { Failure = 4 } }), Outcome.FailedResources, 5);

    [Fact]
    public void Proof_5_a_count_of_failures_that_is_missing_is_no_zero()
    {
        Lacks(Judge(summary: Summary with { Resources = Summary.Resources with { Failed = null } }), Outcome.FailedUnproven, 5);
        Lacks(Judge(summary: Summary with { Resources = Summary.Resources with { FailedToRestart = null } }), Outcome.FailedUnproven, 5);
        Lacks(Judge(summary: Summary with { Events = Summary.Events with { Failure = null } }), Outcome.FailedUnproven, 5);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(null)]
    public void Proof_6_a_run_of_noop_events_alone_was_not_real(int? success)
    {
        var noop = Summary with { Events = new EventCounts(3, success, 0, Noop: 3) };
        var habit = Question with { Habit = new RunDeviation(0, null, Noop: true) };

        Lacks(Judge(habit, summary: noop), Outcome.FailedNoopRun, 6);
        Assert.EndsWith("Puppet is set to noop in its own configuration", Judge(habit, summary: noop).Message, StringComparison.Ordinal);
        Assert.EndsWith(
            "the resources themselves are set to noop", Judge(habit with { NoopOverridden = true }, summary: noop).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_noop_run_that_was_asked_for_succeeds_and_says_what_it_would_change()
    {
        var noop = Summary with { Resources = Summary.Resources with { Changed = 0, OutOfSync = 3 }, Events = new EventCounts(3, 0, 0, Noop: 3) };
        var verdict = Judge(Question with { Noop = true }, summary: noop);

        Succeeded(verdict);
        Assert.Equal((0, 3, "would change 3 of 40 resources"), (verdict.Changed, verdict.WouldChange, verdict.Message));
    }

    [Fact]
    public void Single_noop_resources_beside_real_ones_are_a_warning()
    {
        var verdict = Judge(summary: Summary with { Events = new EventCounts(3, 2, 0, Noop: 1) });

        Succeeded(verdict);
        Assert.Equal("1 noop event and 2 real events: some resources are set to noop", Assert.Single(verdict.Warnings));
    }

    [Fact]
    public void Resources_that_were_skipped_although_none_failed_are_a_warning()
    {
        var skipping = Summary with { Resources = Summary.Resources with { Skipped = 30 } };
        var habitual = Judge(Question with { Habit = new RunDeviation(30, null, false) }, summary: skipping);
        var tagged = Judge(Question with { Tagged = true }, summary: skipping);

        Succeeded(habitual);
        Assert.Equal(
            "30 skipped resources although none failed: two runs did so, so the node's own schedules are the cause", Assert.Single(habitual.Warnings));
        Succeeded(tagged);
        Assert.Equal("30 skipped resources: the run was restricted by tags", Assert.Single(tagged.Warnings));
    }

    [Fact]
    public void A_noop_run_that_changed_something_is_a_warning()
    {
        var mixed = Judge(Question with { Noop = true }, summary: Summary with { Events = new EventCounts(3, 2, 0, Noop: 1) });
        var real = Judge(Question with { Noop = true, Doubt = new RunDeviation(0, null, Noop: true) });

        foreach (var verdict in new[] { mixed, real })
        {
            Succeeded(verdict);
            Assert.Equal("2 changed resources although noop was requested", Assert.Single(verdict.Warnings));
        }
    }

    [Fact]
    public void Proof_7_another_environment_than_asked_for_is_a_failure()
    {
        var verdict = Judge(Question with { RunEnvironment = "canary" }, summary: Summary with { InitialEnvironment = "canary" });

        Lacks(verdict, Outcome.FailedOtherEnvironment, 7);
        Assert.Equal("the run's environment was 'production', not 'canary'", verdict.Message);
    }

    [Theory]
    [InlineData("Local environment: 'canary' doesn't match server specified environment 'production', restarting agent run with environment 'production'")]
    [InlineData("Environment 'canary' not found on server, skipping initial pluginsync.")]
    public void Proof_7_on_older_agents_the_log_says_the_environment(string text)
    {
        var question = Question with { RunEnvironment = "canary" };

        Succeeded(Judge(question, summary: Of("6.24.0")));
        Lacks(Judge(question, summary: Of("6.24.0", WithLines(Line(text, level: "notice")))), Outcome.FailedOtherEnvironment, 7);
    }

    [Fact]
    public void Proof_7_on_older_agents_without_a_log_the_environment_is_not_known() =>
        Lacks(
            Judge(Question with { RunEnvironment = "canary", AcceptWithoutLog = true }, summary: Of("6.24.0") with { Logs = null }),
            Outcome.FailedUnproven, 7);

    [Fact]
    public void The_environment_that_converged_counts_more_than_the_log() =>
        Succeeded(Judge(
            Question with { RunEnvironment = "production" },
            summary: WithLines(Line("Local environment: 'old' doesn't match server specified environment 'production', restarting agent run"))));

    [Fact]
    public void Where_none_was_asked_for_another_environment_than_the_plans_is_a_warning()
    {
        const string expected = "the run's environment was 'test', but the plan's is 'production'";
        var old = Of("6.24.0", WithLines(Line("Local environment: 'production' doesn't match server specified environment 'test', restarting agent run")));

        Assert.Equal(expected, Assert.Single(Judge(summary: Summary with { ConvergedEnvironment = "test" }).Warnings));
        Assert.Equal(expected, Assert.Single(Judge(summary: old).Warnings));
        Succeeded(Judge(summary: old));
    }

    [Fact]
    public void Proof_8_a_log_that_cannot_be_had_proves_nothing() =>
        Lacks(Judge(summary: Summary with { Logs = null }), Outcome.FailedUnproven, 8);

    [Fact]
    public void Proof_8_an_empty_log_proves_nothing() =>
        Lacks(Judge(summary: Summary with { Logs = [] }), Outcome.FailedUnproven, 8);

    [Theory]
    [InlineData(998.9)]
    [InlineData(400)]
    [InlineData(1023.1)]
    public void Proof_8_a_log_of_another_time_is_stale(double time)
    {
        var verdict = Judge(summary: WithLines(Line("Using cached catalog from environment 'production'", time: time)));

        Lacks(verdict, Outcome.FailedUnproven, 8);
    }

    [Fact]
    public void Proof_8_a_log_in_another_language_is_not_understood() =>
        Lacks(Judge(summary: Summary with { Logs = [Line("Katalog angewendet in 15.50 Sekunden", level: "notice")] }), Outcome.FailedUnproven, 8);

    [Fact]
    public void Proof_8_a_newer_text_of_which_there_is_no_translation_yet_makes_no_log_understood() =>
        Lacks(Judge(summary: Summary with
        {
            Logs = [Line("Environment 'production' not found on server, skipping initial pluginsync.", level: "notice"),
                Line("Katalog angewendet in 15.50 Sekunden", level: "notice")],
        }), Outcome.FailedUnproven, 8);

    [Fact]
    public void Without_a_usable_log_a_run_succeeds_only_where_that_is_accepted()
    {
        var accepting = Question with { AcceptWithoutLog = true };

        foreach (var summary in new[] { Summary with { Logs = null }, Summary with { Logs = [] }, WithLines(Line("x", time: 1)) })
        {
            Lacks(Judge(summary: summary), Outcome.FailedUnproven, 8);
            var verdict = Judge(accepting, summary: summary);
            Succeeded(verdict);
            Assert.StartsWith("accepted without a log", Assert.Single(verdict.Warnings), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Accepting_a_missing_log_accepts_nothing_that_the_log_shows() =>
        Lacks(
            Judge(Question with { AcceptWithoutLog = true }, summary: WithLines(Line("Using cached catalog from environment 'production'"))),
            Outcome.FailedCachedCatalog, 3);
}
