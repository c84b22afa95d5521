using Orchestrator.NodeAgent.Agents;


namespace Orchestrator.NodeAgent.Tests.Nodes;

/// <summary>What the keys of a scenario make of a node, one after the other (results have a page of their own).</summary>
public sealed class NodeKeyTests
{
    [Fact]
    public void Run_and_start_lag_say_when_the_lock_is_held()
    {
        var trial = new Trial("start-lag: 1500ms, run: 4s");
        trial.Runonce();
        Assert.False(trial.Pass(1.4).Status().Applying);
        Assert.True(trial.Pass(0.2).Status().Applying);
        Assert.True(trial.Pass(3.8).Status().Applying);
        Assert.False(trial.Pass(0.2).Status().Applying);
    }

    [Fact]
    public void A_range_is_drawn_for_each_run_the_same_in_every_fleet()
    {
        int[] Lengths(string name)
        {
            var trial = new Trial("run: 2s..50s, start-lag: 0s", name: name);
            return [.. Enumerable.Range(0, 4).Select(_ =>
            {
                trial.Runonce();
                var tenths = 0;
                for (; trial.Status().Applying; tenths++) trial.Pass(0.1);
                return tenths;
            })];
        }
        var first = Lengths("web1");
        Assert.All(first, tenths => Assert.InRange(tenths, 20, 511));
        Assert.True(first.Distinct().Count() > 1);
        Assert.Equal(first, Lengths("web1"));
        Assert.NotEqual(first, Lengths("web2"));
    }

    [Fact]
    public void Another_seed_draws_other_times()
    {
        static TimeSpan Delay(string top) =>
            new Trial("answer: 0s..1h", top).Node.Receive(AgentCall.From(new Messages.Nodes.NodeRequest.Status(), Trial.Caller))!.Value.Delay;
        Assert.Equal(Delay("seed: 1"), Delay(""));
        Assert.NotEqual(Delay("seed: 1"), Delay("seed: 2"));
    }

    [Fact]
    public void Speed_shortens_the_files_times_and_leaves_the_clock_alone()
    {
        var trial = new Trial("start-lag: 10s, run: 20s, answer: 1s", "speed: 10");
        Assert.Equal(TimeSpan.FromMilliseconds(100), trial.Node.Receive(AgentCall.From(new Messages.Nodes.NodeRequest.Status(), Trial.Caller))!.Value.Delay);
        trial.Runonce();
        Assert.True(trial.Pass(1.1).Status().Applying);
        Assert.False(trial.Pass(2).Status().Applying);
        var data = trial.Summary();
        // What really passed, by the node's clock: the lag and the run, less the moment between summary and lock.
        Assert.InRange(data.Seconds("summary.time.total"), 2.9, 3.0);
        Assert.Equal(3, data.Number("since_lastrun") + (int)(data.Seconds("lastrun") - Trial.Start.ToUnixTimeSeconds()));
    }

    [Theory]
    [InlineData("speed: 1")]
    [InlineData("speed: 20")]
    [InlineData("speed: 0.5")]
    public void The_begin_that_can_be_reckoned_is_never_before_the_asking(string top)
    {
        var trial = new Trial("run: 1s..7s, start-lag: 0s..2s", top);
        for (var i = 0; i < 20; i++)
        {
            var asked = Trial.Data<AgentData.Runonce>(trial.Pass(0.37).Runonce()).InitiatedAt;
            var data = trial.Pass(25).Summary();
            Assert.InRange(data.Seconds("lastrun") - data.Seconds("summary.time.total"), asked - 2, asked + 2);
        }
    }

    [Fact]
    public void Lastrun_is_fresh_a_moment_before_applying_clears()
    {
        var trial = new Trial("start-lag: 1s, run: 3s");
        trial.Runonce();
        var status = trial.Pass(3.99).Status();
        Assert.Equal((true, Trial.Start.ToUnixTimeSeconds() + 3), (status.Applying, status.LastRun));
        Assert.False(trial.Pass(0.02).Status().Applying);
    }

    [Fact]
    public void Two_runs_never_end_in_one_second()
    {
        var trial = new Trial("start-lag: 0s, run: 10ms");
        trial.Runonce();
        var first = trial.Pass(0.1).Status().LastRun;
        Assert.Equal(0, trial.Runonce().Code);
        Assert.Equal((true, first), (trial.Pass(0.5).Status().Applying, trial.Status().LastRun));
        Assert.Equal((false, first + 1), (trial.Pass(0.5).Status().Applying, trial.Status().LastRun));
    }

    [Fact]
    public void A_node_that_is_disabled_before_keeps_that_persons_message()
    {
        var trial = new Trial("disabled: \"disk swap, ask alice\"");
        var status = trial.Status();
        Assert.Equal((false, "disabled", "disk swap, ask alice"), (status.Enabled, status.Word, status.DisableMessage));
        Assert.Equal(1, trial.Disable().Code);
        Assert.Equal("disk swap, ask alice", trial.Status().DisableMessage);
        Assert.Equal("Puppet is disabled: 'disk swap, ask alice'", trial.Runonce().Words);
    }

    [Fact]
    public void A_run_may_be_on_when_the_node_is_first_looked_at()
    {
        var trial = new Trial("applying: 5s").Pass(100);
        Assert.True(trial.Status().Applying);
        Assert.Equal("Puppet is currently applying a catalog, cannot run now", trial.Runonce().Words);
        Assert.True(trial.Pass(4.9).Status().Applying);
        var status = trial.Pass(0.2).Status();
        Assert.Equal((false, Trial.Start.ToUnixTimeSeconds() + 105), (status.Applying, status.LastRun));
        Assert.True(trial.Summary().Seconds("summary.time.total") >= 5);
        Assert.Equal((0, 0), (trial.Now.RunsBegun, trial.Now.Runonce.Accepted));
    }

    [Fact]
    public void A_stale_lock_never_clears()
    {
        var trial = new Trial("applying: stale");
        Assert.True(trial.Status().Applying);
        Assert.True(trial.Pass(1_000_000).Status().Applying);
        Assert.Equal(1, trial.Runonce().Code);
    }

    [Fact]
    public void What_the_policy_denies_is_not_carried_out()
    {
        var trial = new Trial("deny: [enable, disable, runonce, last_run_summary]");
        foreach (var action in (string[])["enable", "disable", "runonce", "last_run_summary"])
        {
            var answer = trial.Ask(action)!;
            Assert.Equal((1, "You are not authorized to call this agent or action."), (answer.Code, answer.Words));
        }
        Assert.Null(Trial.Data<AgentData.Switch>(trial.Disable()).Enabled);
        Assert.Equal(0, Trial.Data<AgentData.Runonce>(trial.Runonce()).InitiatedAt);
        Assert.True(trial.Status().Enabled);
        Assert.Equal((2, 2, 0), (trial.Now.Runonce.Received, trial.Now.Runonce.Handled, trial.Now.Runonce.Accepted));
    }

    [Fact]
    public void A_counted_silence_swallows_just_these_requests()
    {
        var trial = new Trial("silent: [{ action: status, from: 2, count: 3 }]");
        Assert.Equal([true, false, false, false, true, true], Enumerable.Range(0, 6).Select(_ => trial.Ask("status") is not null));
        Assert.NotNull(trial.Ask("last_run_summary"));
        Assert.Equal((6, 3), (trial.Now.Status.Received, trial.Now.Status.Handled));
    }

    [Fact]
    public void A_silent_node_does_not_carry_out_what_it_does_not_hear()
    {
        var trial = new Trial("silent: [{ action: disable, from: 1, count: 1 }]");
        Assert.Null(trial.Ask("disable"));
        Assert.True(trial.Now.Enabled);
        Assert.Equal(0, trial.Disable().Code);
    }

    [Fact]
    public void Silence_after_an_action_lasts_its_time()
    {
        var trial = new Trial("silent: [{ after: runonce, for: 20s }]");
        Assert.NotNull(trial.Ask("status"));
        Assert.Equal(0, trial.Runonce().Code);
        Assert.Null(trial.Pass(1).Ask("status"));
        Assert.Null(trial.Pass(18.9).Ask("enable"));
        Assert.True(trial.Pass(0.2).Status().LastRun > 0);
        Assert.Equal(0, trial.Runonce().Code);
        Assert.NotNull(trial.Ask("status"));
    }

    [Fact]
    public void A_node_that_is_always_silent_says_nothing()
    {
        var trial = new Trial("silent: always");
        foreach (var action in (string[])["status", "enable", "disable", "runonce", "last_run_summary"]) Assert.Null(trial.Ask(action));
        Assert.Equal((1, 0), (trial.Now.Runonce.Received, trial.Now.Runonce.Handled));
    }

    [Fact]
    public void A_lost_reply_belongs_to_an_act_that_was_carried_out()
    {
        var trial = new Trial("lost-reply: [runonce, disable]");
        Assert.Null(trial.Ask("runonce", """{"force":true}"""));
        Assert.True(trial.Pass(2).Status().Applying);
        Assert.Null(trial.Ask("disable", """{"message":"ours"}"""));
        Assert.Equal("ours", trial.Status().DisableMessage);
        Assert.Equal("Could not disable Puppet: Already disabled", trial.Disable().Words);
        Assert.Equal((1, 1, 1), (trial.Now.Runonce.Received, trial.Now.Runonce.Handled, trial.Now.Runonce.Accepted));
    }

    [Fact]
    public void A_lost_status_is_no_check()
    {
        var trial = new Trial("lost-reply: [status], person: [{ after: check, does: disable, message: hands off }]");
        Assert.Null(trial.Ask("status"));
        Assert.True(trial.Pass(1).Now.Enabled);
        Assert.True(trial.Status().Enabled);
        Assert.Equal("hands off", trial.Pass(1).Now.DisableMessage);
    }

    [Fact]
    public void A_scheduled_run_takes_the_lock_before_ours()
    {
        var trial = new Trial("disabled: ours, run: 3s, scheduled-run: { after: enable, delay: 500ms, run: 4s }");
        trial.Enable();
        Assert.Equal(0, trial.Runonce().Code);
        Assert.True(trial.Pass(0.6).Status().Applying);
        Assert.True(trial.Pass(3.8).Status().Applying);
        Assert.False(trial.Pass(0.2).Status().Applying);
        Assert.Equal((1, 1), (trial.Now.RunsBegun, trial.Now.RunsWritten));
        Assert.Equal(0, trial.Summary().Number("summary.resources.skipped"));
        Assert.Contains(trial.Now.Diary, o => o.What.Contains("skipped: another run holds the lock", StringComparison.Ordinal));
    }

    [Fact]
    public void A_scheduled_run_with_tags_skips_resources()
    {
        var trial = new Trial("scheduled-run: { after: runonce, full: false }");
        trial.Runonce();
        Assert.True(trial.Pass(10).Summary().Number("summary.resources.skipped") > 0);
    }

    [Fact]
    public void A_scheduled_noop_run_changes_nothing()
    {
        var trial = new Trial("scheduled-run: { after: runonce, noop: true }");
        trial.Runonce();
        var data = trial.Pass(10).Summary();
        Assert.Equal((2, 0), (data.Number("summary.events.noop"), data.Number("changed_resources")));
    }


    [Fact]
    public void A_new_agent_skips_a_scheduled_run_that_meets_the_disabled_lock_and_an_old_one_does_not()
    {
        int Runs(string puppet)
        {
            var trial = new Trial($"puppet: {puppet}, scheduled-run: {{ after: check, delay: 3s }}");
            trial.Status();
            trial.Disable();
            return trial.Pass(10).Now.RunsBegun;
        }
        Assert.Equal((0, 0, 0), (Runs("7.18.0"), Runs("6.28.0"), Runs("8.0.0")));
        Assert.Equal((1, 1, 1), (Runs("7.17.9"), Runs("6.27.1"), Runs("5.5.22")));
    }

    [Fact]
    public void An_old_agent_does_not_start_a_scheduled_run_while_disabled()
    {
        var trial = new Trial("puppet: 6.0.0, scheduled-run: { after: disable, delay: 1s }");
        trial.Disable();
        Assert.Equal(0, trial.Pass(10).Now.RunsBegun);
    }

    [Theory]
    [InlineData("7.23.0", false)]
    [InlineData("7.17.0", true)]
    [InlineData("6.28.0", false)]
    [InlineData("6.27.0", true)]
    public void Disabling_within_the_start_lag_stops_the_run_on_new_agents_alone(string puppet, bool runs)
    {
        var trial = new Trial($"puppet: {puppet}");
        Assert.Equal(0, trial.Runonce().Code);
        trial.Pass(0.5).Disable();
        Assert.Equal(runs, trial.Pass(1).Status().Applying);
        Assert.Equal(runs, trial.Pass(10).Status().LastRun > 0);
    }

    [Fact]
    public void Disabling_a_run_that_holds_the_lock_does_not_stop_it()
    {
        var trial = new Trial();
        trial.Runonce();
        trial.Pass(2).Disable();
        var status = trial.Status();
        Assert.Equal((true, false, "disabled"), (status.Applying, status.Enabled, status.Word));
        Assert.True(trial.Pass(10).Status().LastRun > 0);
    }

    [Fact]
    public void A_person_acts_after_the_first_answered_status_once()
    {
        var trial = new Trial("person: [{ after: check, delay: 0s, does: disable, message: \"hands off\" }]");
        Assert.True(trial.Status().Enabled);
        Assert.Equal((false, "hands off"), (trial.Status().Enabled, trial.Status().DisableMessage));
        trial.Enable();
        Assert.True(trial.Status().Enabled);
        Assert.True(trial.Pass(100).Status().Enabled);
    }

    [Fact]
    public void People_disable_enable_and_run_after_their_delays()
    {
        var trial = new Trial("run: 2s, person: [{ after: disable, delay: 5s, does: enable }, { after: disable, delay: 6s, does: runonce }, { after: "
            + "disable, delay: 20s, does: disable }]");
        trial.Disable();
        Assert.False(trial.Pass(4.9).Now.Enabled);
        Assert.True(trial.Pass(0.2).Now.Enabled);
        Assert.True(trial.Pass(2).Now.Applying);
        Assert.Equal((1, 0), (trial.Pass(5).Now.RunsWritten, trial.Now.Runonce.Received));
        Assert.Equal("reason not specified", trial.Pass(10).Now.DisableMessage);
    }

    [Fact]
    public void A_person_who_disables_a_disabled_node_acts_in_vain()
    {
        var trial = new Trial("person: [{ after: disable, does: disable, message: mine }]");
        trial.Disable("ours");
        Assert.Equal("ours", trial.Pass(1).Now.DisableMessage);
    }

    [Fact]
    public void A_refused_action_triggers_nothing()
    {
        var trial = new Trial("disabled: before, person: [{ after: disable, does: enable }]");
        Assert.Equal(1, trial.Disable().Code);
        Assert.False(trial.Pass(1).Now.Enabled);
    }

    [Theory]
    [InlineData("+90s", 90)]
    [InlineData("-2m", -120)]
    public void The_clock_has_its_offset_everywhere(string offset, int seconds)
    {
        var trial = new Trial($"clock: {offset}");
        var answer = trial.Runonce();
        var asked = Trial.Start.ToUnixTimeSeconds() + seconds;
        Assert.Equal((asked, asked), (answer.SentAt, Trial.Data<AgentData.Runonce>(answer).InitiatedAt));
        var status = trial.Pass(10).Status();
        Assert.Equal((asked + 3, asked + 10), (status.LastRun, status.LastRun + status.SinceLastRun));
    }

    [Fact]
    public void A_node_with_an_empty_summary_says_nothing_of_itself_although_it_enables_and_disables()
    {
        var trial = new Trial("summary: empty");
        Assert.Equal((5, "no implicit conversion of nil into Hash"), (trial.Ask("status")!.Code, trial.Ask("status")!.Words));
        Assert.Equal((null, 0L), (trial.Status().Enabled, trial.Status().LastRun));
        Assert.Equal(-1, trial.Summary().Number("failed_resources"));
        var disabled = trial.Disable("held");
        Assert.Equal((5, "Succesfully locked the Puppet agent: held"), (disabled.Code, Trial.Data<AgentData.Switch>(disabled).Word));
        Assert.Null(Trial.Data<AgentData.Switch>(disabled).Enabled);
        Assert.Equal("held", trial.Now.DisableMessage);
        Assert.Equal(5, trial.Enable().Code);
        Assert.True(trial.Now.Enabled);
        Assert.Equal((5, 0L), (trial.Runonce().Code, Trial.Data<AgentData.Runonce>(trial.Runonce()).InitiatedAt));
        Assert.Equal(0, trial.Pass(20).Now.RunsBegun);
    }

    [Fact]
    public void A_run_of_somebody_else_fills_an_empty_summary()
    {
        var trial = new Trial("summary: empty, applying: 3s");
        Assert.Equal(5, trial.Ask("status")!.Code);
        Assert.Equal((0, true), (trial.Pass(5).Ask("status")!.Code, trial.Status().LastRun > 0));
        Assert.Equal(0, trial.Runonce().Code);
    }

    [Fact]
    public void A_node_without_state_folder_cannot_be_disabled_until_a_run_makes_it()
    {
        var trial = new Trial("state-folder: missing");
        var answer = trial.Disable();
        Assert.Equal((1, true), (answer.Code, Trial.Data<AgentData.Switch>(answer).Enabled));
        Assert.StartsWith("Could not disable Puppet: No such file or directory @ rb_sysopen - /", answer.Words, StringComparison.Ordinal);
        Assert.Contains("/state/agent_disabled.lock2026", answer.Words, StringComparison.Ordinal);
        Assert.Equal((true, true), (trial.Status().Enabled, trial.Now.Enabled));
        Assert.Equal("Could not enable Puppet: Already enabled", trial.Enable().Words);
        Assert.Equal(0, trial.Runonce().Code);
        Assert.True(trial.Pass(10).Status().LastRun > 0);
        Assert.Equal(0, trial.Disable().Code);
    }

    [Fact]
    public void A_clock_that_steps_ahead_drops_what_it_took_before()
    {
        var trial = new Trial("clock-step: { after: runonce, by: +2m }");
        Assert.False(trial.Node.Drops(trial.Clock.GetUtcNow(), TimeSpan.FromSeconds(60)));
        trial.Runonce();
        Assert.True(trial.Node.Drops(trial.Clock.GetUtcNow(), TimeSpan.FromSeconds(60)));
        Assert.False(trial.Node.Drops(trial.Clock.GetUtcNow(), TimeSpan.FromMinutes(2)));
        Assert.Contains(trial.Now.Diary, o => o.What == "a request dropped: expired");
    }

    [Fact]
    public void A_clock_step_comes_after_the_answer_and_stays()
    {
        var trial = new Trial("clock-step: { after: runonce, by: -60s }");
        var start = Trial.Start.ToUnixTimeSeconds();
        Assert.Equal(start, Trial.Data<AgentData.Runonce>(trial.Runonce()).InitiatedAt);
        Assert.Equal(start - 60, trial.Ask("status")!.SentAt);
        Assert.Equal(start + 3 - 60, trial.Pass(10).Status().LastRun);
        trial.Runonce();
        Assert.Equal(start + 10 - 60, trial.Ask("status")!.SentAt);
    }

    [Fact]
    public void A_rebooting_node_hears_nothing_while_its_run_may_complete()
    {
        var trial = new Trial("reboot: { after: runonce, delay: 2s, down: 20s, completes: true }");
        trial.Runonce();
        Assert.True(trial.Pass(1.9).Status().Applying);
        Assert.Null(trial.Pass(0.2).Ask("status"));
        Assert.False(trial.Now.IsUp);
        Assert.Null(trial.Pass(19.8).Ask("runonce"));
        var status = trial.Pass(0.2).Status();
        Assert.Equal((false, Trial.Start.ToUnixTimeSeconds() + 3), (status.Applying, status.LastRun));
        Assert.Equal(1, trial.Now.Runonce.Received);
        trial.Runonce();
        Assert.NotNull(trial.Pass(3).Ask("status"));
    }

    [Fact]
    public void A_run_that_does_not_complete_is_gone_with_its_lock()
    {
        var trial = new Trial("reboot: { after: runonce, delay: 2s, down: 20s, completes: false }");
        trial.Runonce();
        var status = trial.Pass(30).Status();
        Assert.Equal((false, 0L), (status.Applying, status.LastRun));
        Assert.Equal((1, 0), (trial.Now.RunsBegun, trial.Now.RunsWritten));
    }

    [Fact]
    public void A_run_that_had_not_begun_is_gone_too()
    {
        var trial = new Trial("start-lag: 5s, reboot: { after: runonce, delay: 1s, down: 1s, completes: false }");
        trial.Runonce();
        Assert.Equal(0, trial.Pass(30).Now.RunsBegun);
    }

    [Fact]
    public void A_request_at_work_when_the_node_goes_down_is_lost_and_not_carried_out()
    {
        var trial = new Trial("answer: 3s, reboot: { after: status, delay: 1s, down: 1s }");
        trial.Status();
        var pending = trial.Node.Receive(AgentCall.From(new Messages.Nodes.NodeRequest.Disable("ours"), Trial.Caller))!.Value;
        trial.Pass(3);
        Assert.Null(pending.Complete());
        Assert.True(trial.Now.Enabled);
    }

    [Fact]
    public void A_disabled_node_stays_disabled_through_a_reboot()
    {
        var trial = new Trial("reboot: { after: disable, down: 1s, completes: false }");
        trial.Disable("ours");
        Assert.Equal("ours", trial.Pass(5).Status().DisableMessage);
    }

    [Fact]
    public void An_idle_daemon_refuses_options_and_is_signalled_without()
    {
        var trial = new Trial("daemon: idle");
        Assert.Equal((true, true, "idling"), (trial.Status().DaemonPresent, trial.Status().Idling, trial.Status().Word));
        foreach (var option in (string[])["\"noop\":false", "\"environment\":\"test\"", "\"use_cached_catalog\":false", "\"tags\":\"a\""])
            Assert.Equal("Cannot specify any custom puppet options when the daemon is running", trial.Runonce("\"force\":true," + option).Words);
        Assert.Equal("Signalled the running Puppet Daemon", Trial.Data<AgentData.Runonce>(trial.Runonce()).Word);
        Assert.Equal((true, false), (trial.Pass(2).Status().Applying, trial.Status().Idling));
    }

    [Fact]
    public void A_daemon_that_is_not_signalled_takes_options()
    {
        var trial = new Trial("daemon: idle-unsignalled");
        Assert.True(trial.Status().DaemonPresent);
        Assert.EndsWith("--verbose --no-splay --no-noop --environment test --no-use_cached_catalog' command",
            Trial.Data<AgentData.Runonce>(trial.Runonce("\"force\":true,\"noop\":false,\"use_cached_catalog\":false,\"environment\":\"test\"")).Word,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_with_tags_leaves_out_the_other_resources_and_succeeds()
    {
        var trial = new Trial("run: 1s, start-lag: 0s");
        Assert.EndsWith(
            "--verbose --tags web,web::tls --no-splay' command", Trial.Data<AgentData.Runonce>(trial.Runonce("\"force\":true,\"tags\":\"web,web::tls\"")).Word,
            StringComparison.Ordinal);
        var summary = trial.Pass(10).Summary();
        Assert.True(summary.Number("summary.resources.skipped") > 0);
        Assert.Equal(0, summary.Number("summary.resources.failed"));
    }

    [Fact]
    public void Without_force_the_agent_splays_before_it_applies()
    {
        var trial = new Trial("start-lag: 0s");
        Assert.EndsWith(
            "--verbose --splay --splaylimit 8' command", Trial.Data<AgentData.Runonce>(trial.Runonce("\"splay\":true,\"splaylimit\":8")).Word,
            StringComparison.Ordinal);
        Assert.Equal(1, trial.Pass(20).Now.RunsWritten);
        // The splay is no part of the run.
        Assert.InRange(trial.Summary().Seconds("summary.time.total"), 2.9, 3);
    }

    [Theory]
    [InlineData("7.10.0", true)]
    [InlineData("7.9.0", false)]
    [InlineData("6.25.0", true)]
    [InlineData("6.24.0", false)]
    [InlineData("8.1.0", true)]
    [InlineData("5.5.0", false)]
    public void The_environments_are_named_from_these_versions_on(string puppet, bool named)
    {
        var data = AfterARun($"puppet: {puppet}");
        Assert.Equal(named, data.Has("summary.application"));
        Assert.Equal(puppet, data.Text("summary.version.puppet"));
        Assert.True(data.Has("summary.time.catalog_application"));
    }

    [Fact]
    public void Before_5_5_the_summary_lacks_what_proofs_need()
    {
        var data = AfterARun("puppet: 5.4.0, start-lag: 3s");
        Assert.False(data.Has("summary.time.catalog_application"));
        Assert.True(data.Seconds("summary.time.total") < 3);
        Assert.True(AfterARun("puppet: 5.5.0, start-lag: 3s").Seconds("summary.time.total") > 5);
    }

    [Fact]
    public void Two_requests_within_the_start_lag_make_one_run()
    {
        var trial = new Trial();
        Assert.Equal((0, 0), (trial.Runonce().Code, trial.Pass(0.2).Runonce().Code));
        Assert.Equal((1, 2), (trial.Pass(20).Now.RunsBegun, trial.Now.Runonce.Accepted));
    }

    private static System.Text.Json.JsonElement AfterARun(string settings)
    {
        var trial = new Trial(settings);
        trial.Runonce();
        return trial.Pass(20).Summary();
    }
}
