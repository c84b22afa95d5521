using System.Text;
using Orchestrator.Messages;
using Orchestrator.NodeAgent.Emulation.Scenarios;

namespace Orchestrator.NodeAgent.Tests.Scenarios;

public sealed class ScenarioReaderTests
{
    [Fact]
    public void The_example_of_the_specification_is_read()
    {
        var scenario = Good("""
            speed: 10
            seed: 7
            defaults: { run: 3s, start-lag: 1s, answer: 10ms, result: success, changed: 2, resources: 40 }
            nodes:
              db1.example.net: { result: failed-resources, failed: 1, log: ["Could not start Service[mysqld]"] }
              "web*":          { run: 2s..5s, answer: 1s }
              app1:            { daemon: idle }
            """);
        Assert.Equal((10, 7), (scenario.Speed, scenario.Seed));
        var db1 = scenario.SettingsFor(new NodeName("db1.example.net"));
        Assert.Equal([RunResult.FailedResources], db1.Results.ToArray());
        Assert.Equal(1, db1.Failed);
        Assert.Equal(["Could not start Service[mysqld]"], db1.Log.ToArray());
        Assert.Equal(40, db1.Resources);
        var web = scenario.SettingsFor(new NodeName("web17"));
        Assert.Equal(new TimeRange(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5)), web.Run);
        Assert.Equal(new TimeRange(TimeSpan.FromSeconds(1)), web.Answer);
        Assert.Equal(DaemonKind.Idle, scenario.SettingsFor(new NodeName("app1")).Daemon);
        Assert.Same(scenario.Defaults, scenario.SettingsFor(new NodeName("other")));
    }

    [Fact]
    public void Every_key_of_a_node_is_read()
    {
        var s = Node("""
            run: 1m
            start-lag: 500ms
            answer: 0s..1.5s
            result: [no-change, dies]
            changed: 5
            failed: 6
            resources: 70
            skipped: 7
            config-version: 1795350305
            environment: staging
            environments: [production, staging]
            summary: empty
            state-folder: missing
            log: [one, two]
            daemon: idle-unsignalled
            disabled: "disk swap"
            applying: 1h
            deny: [enable, runonce]
            silent: [{ action: status, from: 2, count: 3 }, { after: runonce, for: 20s }]
            lost-reply: runonce
            scheduled-run: { after: enable, delay: 500ms, run: 4s, full: false, noop: true }
            person: [{ after: check, delay: 1s, does: disable, message: "hands off" }]
            clock: +90s
            clock-step: { after: runonce, by: -60s }
            reboot: { after: runonce, delay: 2s, down: 20s, completes: false }
            puppet: 6.27
            """);
        Assert.Equal(TimeSpan.FromMinutes(1), s.Run.From);
        Assert.Equal(TimeSpan.FromMilliseconds(500), s.StartLag.To);
        Assert.Equal(new TimeRange(TimeSpan.Zero, TimeSpan.FromSeconds(1.5)), s.Answer);
        Assert.Equal([RunResult.NoChange, RunResult.Dies], s.Results.ToArray());
        Assert.Equal((5, 6, 70, 7), (s.Changed, s.Failed, s.Resources, s.Skipped));
        Assert.Equal(["production", "staging"], s.Environments!.Value.ToArray());
        Assert.Equal((true, true), (s.SummaryIsEmpty, s.StateFolderIsMissing));
        Assert.Equal(("1795350305", "staging"), (s.ConfigVersion, s.Environment));
        Assert.Equal(["one", "two"], s.Log.ToArray());
        Assert.Equal(DaemonKind.IdleUnsignalled, s.Daemon);
        Assert.Equal("disk swap", s.DisabledBefore);
        Assert.Equal(new RunBefore(TimeSpan.FromHours(1)), s.Applying);
        Assert.Equal(["enable", "runonce"], s.Deny.ToArray());
        Assert.Equal([new Silence.Counted("status", 2, 3), new Silence.After("runonce", TimeSpan.FromSeconds(20))], s.Silent.ToArray());
        Assert.Equal(["runonce"], s.LostReply.ToArray());
        var scheduled = new ScheduledRun("enable", TimeSpan.FromMilliseconds(500), Run: TimeSpan.FromSeconds(4), Full: false, Noop: true);
        Assert.Equal(scheduled, Assert.Single(s.ScheduledRuns));
        Assert.Equal([new PersonAct("check", TimeSpan.FromSeconds(1), "disable", "hands off")], s.People.ToArray());
        Assert.Equal(TimeSpan.FromSeconds(90), s.Clock);
        Assert.Equal(new ClockStep("runonce", TimeSpan.FromSeconds(-60)), s.ClockStep);
        Assert.Equal(new Reboot("runonce", TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(20), Completes: false), s.Reboot);
        Assert.Equal(new PuppetVersion(6, 27, 0), s.Puppet);
    }

    [Fact]
    public void A_scheduled_run_is_an_entry_or_a_list_of_them()
    {
        Assert.Equal([new ScheduledRun("enable")], Node("scheduled-run: { after: enable }").ScheduledRuns.ToArray());
        Assert.Equal(
            [
                new ScheduledRun(
                    "runonce", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3), Times: 4, Full: false, Environment: "staging",
                    Result: RunResult.FailedResources, Apply: true),
                new ScheduledRun("check", Noop: true),
            ],
            Node("""
                scheduled-run:
                  - { after: runonce, delay: 1s, start-up: 2s, run: 3s, times: 4, tags: true, environment: staging, result: failed-resources, apply: true }
                  - { after: check, noop: true, tags: false }
                """).ScheduledRuns.ToArray());
    }

    [Fact]
    public void Every_key_that_is_known_is_read()
    {
        foreach (var key in ScenarioWords.NodeKeys)
        {
            // A wrong value of a known key is told as such; a key that nobody reads would throw.
            var reading = Read($"defaults: {{ {key}: {{ zebra: 1 }} }}");
            Assert.Contains(reading.Problems, p => p.Message.Contains(key, StringComparison.Ordinal) || p.Message.Contains("zebra", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("none", DaemonKind.None)]
    [InlineData("idle", DaemonKind.Idle)]
    [InlineData("idle-unsignalled", DaemonKind.IdleUnsignalled)]
    public void Each_daemon_is_read(string word, DaemonKind kind) => Assert.Equal(kind, Node($"daemon: {word}").Daemon);

    [Fact]
    public void Each_result_is_read()
    {
        foreach (var (word, result) in ScenarioWords.Results) Assert.Equal([result], Node($"result: {word}").Results.ToArray());
        Assert.Equal(Enum.GetValues<RunResult>().Length - 1, ScenarioWords.Results.Count);
    }

    [Fact]
    public void Silence_and_a_stale_lock_are_words_of_their_own()
    {
        Assert.Equal([new Silence.Always()], Node("silent: always").Silent.ToArray());
        Assert.Equal([new Silence.Counted("enable", 1, null)], Node("silent: { action: enable }").Silent.ToArray());
        Assert.Equal(new RunBefore(null), Node("applying: stale").Applying);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing but a comment\n")]
    [InlineData("---\n")]
    [InlineData("defaults:\nnodes:\n")]
    public void An_empty_file_means_all_defaults(string yaml)
    {
        var scenario = Good(yaml);
        Assert.Equal((1, 1), (scenario.Speed, scenario.Seed));
        Assert.Equal(NodeSettings.Default, scenario.SettingsFor(new NodeName("any")));
        Assert.Equal(TimeSpan.FromSeconds(3), scenario.Defaults.Run.From);
        Assert.Equal([RunResult.Success], scenario.Defaults.Results.ToArray());
    }

    [Fact]
    public void A_fleet_is_named_by_its_scenarios_bytes()
    {
        Assert.Equal("emulated:e3b0c44298fc", Scenario.Default.FleetName.Value);
        Assert.Equal(Scenario.Default.FleetName, Good("").FleetName);
        Assert.Equal("emulated:"
            + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("speed: 5"u8))[..12], Good("speed: 5").FleetName.Value);
        Assert.True(Good("speed: 5").FleetName.IsEmulated);
    }

    [Fact]
    public void The_first_rule_that_matches_wins()
    {
        var scenario = Good("""
            nodes:
              "web?": { changed: 1 }
              web1:   { changed: 2 }
              web22:  { changed: 3 }
              "w*2":  { changed: 4 }
            """);
        int Changed(string node) => scenario.SettingsFor(new NodeName(node)).Changed;
        Assert.Equal([1, 3, 4, 2], [Changed("web1"), Changed("web22"), Changed("w2"), Changed("other")]);
    }

    [Theory]
    [InlineData("*", "", true)]
    [InlineData("*", "anything", true)]
    [InlineData("a*c*e", "abcde", true)]
    [InlineData("a*c*e", "abcdef", false)]
    [InlineData("a?c", "abc", true)]
    [InlineData("a?c", "ac", false)]
    [InlineData("WEB*", "web1", false)]
    [InlineData("*.example.net", "db1.example.net", true)]
    public void Patterns_match_the_whole_name(string pattern, string name, bool matches) => Assert.Equal(matches, NamePattern.Matches(pattern, name));

    [Fact]
    public void A_rule_keeps_what_the_defaults_say_wherever_they_stand()
    {
        var scenario = Good("nodes: { a: { failed: 1 } }\ndefaults: { changed: 9 }");
        Assert.Equal((9, 1), (scenario.SettingsFor(new NodeName("a")).Changed, scenario.SettingsFor(new NodeName("a")).Failed));
    }

    [Theory]
    [InlineData("speeed: 2", 1, 1, "did you mean 'speed'?")]
    [InlineData("zebra: 2", 1, 1, "the keys are speed, seed, defaults, nodes")]
    [InlineData("speed: 0", 1, 8, "a number from 0.001 to 10000")]
    [InlineData("speed: fast", 1, 8, "not 'fast'")]
    [InlineData("speed: [1]", 1, 8, "not a list")]
    [InlineData("seed: 1.5", 1, 7, "a whole number")]
    [InlineData("speed: 1\nspeed: 2", 2, 1, "is a duplicate")]
    [InlineData("nodes: [a]", 1, 8, "a mapping of names")]
    [InlineData("nodes: { a: {}, a: {} }", 1, 17, "is a duplicate")]
    [InlineData("nodes: { '': {} }", 1, 10, "must not be empty")]
    [InlineData("nodes: { a: 1 }", 1, 13, "must be a mapping")]
    [InlineData("nodes: { a: { rezult: success } }", 1, 15, "did you mean 'result'?")]
    [InlineData("nodes: { a: { start_lag: 1s } }", 1, 15, "did you mean 'start-lag'?")]
    [InlineData("defaults: { result: sucess }", 1, 21, "did you mean 'success'?")]
    [InlineData("defaults: { result: [] }", 1, 21, "one of success")]
    [InlineData("defaults: { result: [success, [dies]] }", 1, 31, "not a list")]
    [InlineData("defaults: { run: 3 }", 1, 18, "a time such as")]
    [InlineData("defaults: { run: 5s..2s }", 1, 18, "runs backwards")]
    [InlineData("defaults: { run: -3s }", 1, 18, "a time such as")]
    [InlineData("defaults: { run: 1.2.3s }", 1, 18, "a time such as")]
    [InlineData("defaults: { run: 99999999h }", 1, 18, "a time such as")]
    [InlineData("defaults: { changed: -1 }", 1, 22, "a whole number from 0")]
    [InlineData("defaults: { resources: -1 }", 1, 24, "a whole number from 0")]
    [InlineData("defaults: { daemon: yes }", 1, 21, "one of none, idle, idle-unsignalled")]
    [InlineData("defaults: { applying: fresh }", 1, 23, "a time such as")]
    [InlineData("defaults: { deny: [reboot] }", 1, 20, "one of status, enable, disable, runonce, last_run_summary")]
    [InlineData("defaults: { silent: sometimes }", 1, 21, "must be a mapping")]
    [InlineData("defaults: { silent: [{ from: 2 }] }", 1, 22, "needs the key 'action'")]
    [InlineData("defaults: { silent: [{ after: runonce }] }", 1, 22, "needs the key 'for'")]
    [InlineData("defaults: { silent: [{ action: status, for: 2s }] }", 1, 24, "unknown key 'action'")]
    [InlineData("defaults: { scheduled-run: { delay: 1s } }", 1, 28, "needs the key 'after'")]
    [InlineData("defaults: { scheduled-run: { after: lunch } }", 1, 37, "one of check, status")]
    [InlineData("defaults: { scheduled-run: { after: enable, full: maybe } }", 1, 51, "true or false")]
    [InlineData("defaults: { scheduled-run: { after: enable, time: 2 } }", 1, 45, "did you mean 'times'?")]
    [InlineData("defaults: { scheduled-run: { after: enable, startup: 2s } }", 1, 45, "did you mean 'start-up'?")]
    [InlineData("defaults: { scheduled-run: { after: enable, times: 0 } }", 1, 52, "a whole number from 1")]
    [InlineData("defaults: { scheduled-run: { after: enable, start-up: soon } }", 1, 55, "a time such as")]
    [InlineData("defaults: { scheduled-run: { after: enable, tags: web } }", 1, 51, "true or false")]
    [InlineData("defaults: { scheduled-run: { after: enable, apply: 1 } }", 1, 52, "true or false")]
    [InlineData("defaults: { scheduled-run: { after: enable, result: sucess } }", 1, 53, "did you mean 'success'?")]
    [InlineData("defaults: { scheduled-run: { after: enable, environment: [] } }", 1, 58, "a string, not a list")]
    [InlineData("defaults: { scheduled-run: [{ after: enable }, 3] }", 1, 48, "must be a mapping")]
    [InlineData("defaults: { skiped: 2 }", 1, 13, "did you mean 'skipped'?")]
    [InlineData("defaults: { skipped: some }", 1, 22, "a whole number from 0")]
    [InlineData("defaults: { environments: [] }", 1, 27, "a string, not a list")]
    [InlineData("defaults: { environments: [{}] }", 1, 28, "a string, not a mapping")]
    [InlineData("defaults: { summary: emtpy }", 1, 22, "did you mean 'empty'?")]
    [InlineData("defaults: { state-folder: gone }", 1, 27, "one of present, missing")]
    [InlineData("defaults: { state_folder: missing }", 1, 13, "did you mean 'state-folder'?")]
    [InlineData("defaults: { result: terminate }", 1, 21, "did you mean 'terminated'?")]
    [InlineData("defaults: { person: [{ after: check }] }", 1, 22, "needs the key 'does'")]
    [InlineData("defaults: { person: [{ after: check, does: nothing }] }", 1, 44, "one of disable, enable, runonce")]
    [InlineData("defaults: { clock: soon }", 1, 20, "+90s")]
    [InlineData("defaults: { clock-step: { after: runonce } }", 1, 25, "needs the key 'by'")]
    [InlineData("defaults: { reboot: { after: runonce } }", 1, 21, "needs the key 'down'")]
    [InlineData("defaults: { puppet: seven }", 1, 21, "7.23.0")]
    [InlineData("defaults: { disabled: }", 1, 23, "a string, not nothing")]
    [InlineData("- a\n- b", 1, 1, "must be a mapping")]
    [InlineData("just words", 1, 1, "must be a mapping")]
    [InlineData("a: &x 1\nb: *x", 2, 4, "aliases")]
    [InlineData("nodes: !!binary abc", 1, 8, "tags")]
    [InlineData("a: 1\n---\nb: 2", 2, 1, "one document")]
    [InlineData("[a]: 1", 1, 1, "a key must be a string")]
    [InlineData("nodes: {", 2, 1, "not YAML")]
    [InlineData("    : a", 1, 6, "not valid YAML from here on")]
    [InlineData("nodes: \"unfinished", 1, 8, "not YAML")]
    [InlineData("a:\n\tb: 1", 2, 1, "a tab indents this line; YAML takes only spaces")]
    public void A_bad_file_is_answered_with_its_place_and_what_is_allowed(string yaml, int line, int column, string says)
    {
        var reading = Read(yaml);
        Assert.Null(reading.Scenario);
        Assert.Contains(reading.Problems, p => p.Message.Contains(says, StringComparison.Ordinal));
        var problem = reading.Problems.First(p => p.Message.Contains(says, StringComparison.Ordinal));
        Assert.Equal((line, column), ((int)problem.Line, (int)problem.Column));
        Assert.StartsWith($"trial.yaml:{line}:{column}: ", problem.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void All_problems_are_told_at_once_in_the_files_order()
    {
        var reading = Read("nodes: { a: { run: x, daemon: y } }\nspeed: z");
        Assert.Equal(3, reading.Problems.Length);
        Assert.Equal([1L, 1L, 2L], reading.Problems.Select(p => p.Line));
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused()
    {
        Assert.Contains("not UTF-8", Assert.Single(ScenarioReader.Read(new byte[] { 0xFF, 0xFE, 0x41 }, "b").Problems).Message, StringComparison.Ordinal);
        var problem = Assert.Single(ScenarioReader.Read("speed: 1\nab\0c"u8.ToArray(), "b").Problems);
        Assert.Equal((2, 3), (problem.Line, problem.Column));
        Assert.Contains("U+0000", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_order_mark_is_no_obstacle() => Assert.Equal(2, Good("\uFEFFspeed: 2").Speed);

    [Fact]
    public void Depth_and_size_are_bounded()
    {
        Assert.Contains("nested deeper", Assert.Single(Read(new string('[', 100_000)).Problems).Message, StringComparison.Ordinal);
        Assert.Contains(
            "nested deeper", Assert.Single(Read(string.Concat(Enumerable.Range(0, 70).Select(i => new string(' ', i) + "a:\n"))).Problems).Message,
            StringComparison.Ordinal);
        Assert.Contains("bytes", Assert.Single(Read(new string('#', 9 * 1024 * 1024)).Problems).Message, StringComparison.Ordinal);
        var many = Read("nodes:\n" + string.Concat(Enumerable.Range(0, 500).Select(i => $"  n{i}: {{ zebra: 1 }}\n")));
        Assert.InRange(many.Problems.Length, 50, 51);
    }

    [Fact]
    public void Long_texts_are_shortened_in_problems()
    {
        var problem = Assert.Single(Read("speed: " + new string('x', 10_000)).Problems);
        Assert.True(problem.Message.Length < 300);
    }

    [Fact]
    public void A_rule_for_each_of_20000_nodes_is_found_by_name()
    {
        var scenario = Good("nodes:\n" + string.Concat(Enumerable.Range(0, 20_000).Select(i => $"  node{i}.example.net: {{ changed: {i} }}\n")));
        Assert.All(Enumerable.Range(0, 20_000), i => Assert.Equal(i, scenario.SettingsFor(new NodeName($"node{i}.example.net")).Changed));
    }

    internal static Scenario Good(string yaml)
    {
        var reading = Read(yaml);
        Assert.True(reading.Problems.IsEmpty, string.Join('\n', reading.Problems));
        return reading.Scenario!;
    }

    private static NodeSettings Node(string yaml) =>
        Good("nodes:\n  a:\n" + string.Concat(yaml.Split('\n').Select(line => "    " + line + "\n"))).SettingsFor(new NodeName("a"));

    private static ScenarioReading Read(string yaml) => ScenarioReader.Read(Encoding.UTF8.GetBytes(yaml), "trial.yaml");
}
