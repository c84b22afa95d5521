using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Orchestrator.Cli.Terminal;
using Orchestrator.Cli.Tests.Hosts;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Tests.Commands;

public sealed class RunCommandTests : HostedTests
{
    [Fact]
    public async Task Tells_a_whole_deployment_in_the_words_of_the_seed()
    {
        var ran = await Cli.RunAsync("run", Site, "--emulate", "--yes");

        Assert.Equal(0, ran.ExitCode);
        Assert.Equal(
            """
            Puppet Site Plan for the production Environment
            Each node runs in the environment of its own configuration

            2 applications on 3 managed nodes:

                    Lamp[app1]
                    Lamp[app2]

            Node groups and run order:
               ------------------------------------------------------------------
                    dev1.example.net
                            Lamp[app1] -> Lamp::Mysql[app1]
                            Lamp[app2] -> Lamp::Mysql[app2]

               ------------------------------------------------------------------
                    dev2.example.net (identity dev2)
                            Lamp[app1] -> Lamp::Webapp[app1-1], Lamp::Webapp[app1-2]

                    dev3.example.net
                            Lamp[app2] -> Lamp::Webapp[app2-1]

            Deployment 7f3k2m1q begins; orchestrator watch 7f3k2m1q follows it too.
                    2016-07-14 13:28:38 +0200: Checking if 3 nodes are enabled
                    2016-07-14 13:28:38 +0200: Already running Puppet: dev2.example.net
                    2016-07-14 13:28:38 +0200: Disabling Puppet on 3 nodes: Disabled by orchestrator 7f3k2m1q for rip at 2016-07-14 11:28:38
                    2016-07-14 13:28:39 +0200: Waiting for 3 nodes to become idle

            Running node group 1 with 1 node, at most 3 at a time
                    2016-07-14 13:28:39 +0200: Waiting for 1 node to become idle
                    2016-07-14 13:28:39 +0200: Enabling Puppet on 1 node
                    2016-07-14 13:28:39 +0200: Running Puppet on 1 node
                    2016-07-14 13:28:39 +0200: Waiting for 1 node to start a run
                    2016-07-14 13:28:43 +0200: Waiting for 1 node to become idle

            Successful run of 1 node in group 1 in 1m1s

            Running node group 2 with 2 nodes, at most 3 at a time
                    2016-07-14 13:29:41 +0200: Waiting for 2 nodes to become idle
                    2016-07-14 13:29:41 +0200: Enabling Puppet on 2 nodes
                    2016-07-14 13:29:41 +0200: Running Puppet on 2 nodes
                    2016-07-14 13:29:41 +0200: Waiting for 2 nodes to start a run
                    2016-07-14 13:29:43 +0200: Waiting for 2 nodes to become idle

            Successful run of 2 nodes in group 2 in 8s

                    2016-07-14 13:29:49 +0200: Enabling Puppet on 3 nodes

            Deployment 7f3k2m1q in production: succeeded after 1m12s, started by rip

            group  nodes  succeeded  changed  failed  unreachable  refused  skipped  time
                1      1          1        1       0            0        0        0  1m1s
                2      2          2        1       0            0        0        0    8s

            What was changed:
              1 node: 2 changes
                  dev1.example.net
                  - File[/etc/my.cnf]/ensure: created
                  - Service[mysqld]/ensure: changed 'stopped' to 'running'
              1 node: 1 change
                  dev3.example.net
                  - File[/etc/app2.conf]/ensure: created
              1 node: no change
                  dev2.example.net

            Time:
              isolation 1s, groups 1m10s, release 1s
              critical path 1m9s: dev1.example.net 1m1s, then dev3.example.net 8s
              orchestrator overhead: 1s

            """, ran.Out);
        Assert.Equal("warning: dev1 and DEV1 differ only in case\n", ran.Error);
    }

    [Fact]
    public async Task Names_the_failed_nodes_with_their_words_and_what_to_do_next()
    {
        Host.Play(Sample.Failed, [.. Sample.FirstGroup, .. Sample.BadEnd]);

        var ran = await Cli.RunAsync("run", Site, "--emulate", "--yes");

        Assert.Equal(1, ran.ExitCode);
        Assert.EndsWith(
            """
            2 nodes stay disabled by this deployment. Next:
              orchestrator retry 7f3k2m1q     reruns the nodes that did not succeed, in the same order
              orchestrator rollback 7f3k2m1q --rollback-environment ENV
                                              reruns the nodes that ran, last group first
              orchestrator release 7f3k2m1q   enables the nodes: their own Puppet then applies what the server serves, in no particular order

            """, ran.Out, StringComparison.Ordinal);
        Assert.Contains(
            "  dev2.example.net  failed: resources, held\n      1 resource failed\n      Could not start Service[mysqld]\\u001b[2J\n", ran.Out,
            StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', ran.Out);
    }

    [Fact]
    public async Task Hands_over_every_choice()
    {
        var scenario = Cli.File("slow.yaml", "speed: 1");
        await Cli.RunAsync(
            "run", Site, "--environment", "staging", "--instance", "Lamp[app1]", "--instance", "Lamp[app2]", "--batch", "1,5,50%", "--emulate", scenario,
            "--yes", "--description", "the shop's autumn release",
            "--noop", "--run-environment", "canary", "--allow-cached-catalog", "--accept-without-log", "--on-failure", "freeze", "--strategy", "groups",
            "--max-failures", "5%",
            "--soak", "90s", "--spread", "rack", "--max-running", "50", "--approve-groups", "--approver-differs",
            "--approve-timeout", "2h", "--tags", "web, db,web", "--tags",
            "profile::app",
            "--unsignalled", "win*", "--unsignalled", "legacy?", "--max-hold", "8h",
            "--no-wait", "--rpc-timeout", "500ms", "--start-timeout", "10s", "--run-timeout", "1h", "--idle-timeout", "5m");

        var body = Host.Requests.Single(r => r is { Method: "POST", Path: HostApi.Deployments }).Body;
        var run = JsonSerializer.Deserialize(body, MessagesJson.Default.RunRequest)!;
        var planned = Host.Requests.Single(r => r is { Method: "POST", Path: HostApi.Plans + "?run=true" }).Body;
        var site = JsonSerializer.Deserialize(planned, MessagesJson.Default.PlanRequest)!;
        Assert.Equal("applications: {}"u8.ToArray(), site.Document);
        Assert.Equal(Site, site.Name);
        Assert.Equal("staging", site.Environment);
        Assert.Equal(["Lamp[app1]", "Lamp[app2]"], site.Instances.AsEnumerable());
        Assert.Equal(new PlanId("sha256:abc"), run.PlanId);
        Assert.Equal("speed: 1"u8.ToArray(), run.Fleet.Scenario);
        Assert.Equal(scenario, run.Fleet.ScenarioName);
        Assert.True(run.NoWait);
        Assert.DoesNotContain("caller", body, StringComparison.Ordinal);
        Assert.True(BatchSizes.TryParse("1,5,50%", out var batch, out _));
        Assert.Equal(["web", "db", "profile::app"], run.Options.Tags!);
        Assert.Equal(["win*", "legacy?"], run.Options.Unsignalled!);
        Assert.Equal("5%", run.Options.MaxFailures.ToString());
        Assert.Equal(
            new DeploymentOptions
            {
                Description = "the shop's autumn release",
                Tags = run.Options.Tags,
                Unsignalled = run.Options.Unsignalled,
                MaxFailures = run.Options.MaxFailures,
                Soak = TimeSpan.FromSeconds(90),
                Spread = "rack",
                MaxRunning = 50,
                ApproveGroups = true,
                ApproverDiffers = true,
                ApprovalTimeout = TimeSpan.FromHours(2),
                MaxHold = TimeSpan.FromHours(8),
                Noop = true,
                RunEnvironment = "canary",
                AllowCachedCatalog = true,
                AcceptWithoutLog = true,
                Batch = batch,
                OnFailure = OnFailure.Freeze,
                RpcTimeout = TimeSpan.FromMilliseconds(500),
                StartTimeout = TimeSpan.FromSeconds(10),
                RunTimeout = TimeSpan.FromHours(1),
                IdleTimeout = TimeSpan.FromMinutes(5),
            },
            run.Options);
    }

    [Theory]
    [InlineData(OnFailure.Freeze)]
    [InlineData(OnFailure.Release, "--noop")]
    [InlineData(OnFailure.Release, "--on-failure", "release")]
    public async Task Freezes_on_failure_unless_it_is_noop_or_told_otherwise(OnFailure expected, params string[] options)
    {
        await Cli.RunAsync(["run", Site, "--emulate", "--yes", .. options]);
        var run = JsonSerializer.Deserialize(
            Host.Requests.Single(r => r is { Method: "POST", Path: HostApi.Deployments }).Body, MessagesJson.Default.RunRequest)!;
        Assert.Equal(expected, run.Options.OnFailure);
        Assert.Null(run.Fleet.Scenario);
        Assert.True(run.Fleet.Emulated);
    }

    [Fact]
    public async Task Hands_over_an_eager_deployment_that_rolls_back()
    {
        await Cli.RunAsync(
            "run", Site, "--emulate", "--yes", "--strategy", "eager", "--max-failures", "3", "--on-failure", "rollback", "--rollback-environment", "v41");
        var options = JsonSerializer.Deserialize(
            Host.Requests.Single(r => r is { Method: "POST", Path: HostApi.Deployments }).Body, MessagesJson.Default.RunRequest)!.Options;
        Assert.Equal(
            (Strategy.Eager, OnFailure.Rollback, "v41", "3"),
            (options.Strategy, options.OnFailure, options.RollbackEnvironment, options.MaxFailures.ToString()));
    }

    [Theory]
    [InlineData("If more than 1 node fails, the deployment stops and all nodes stay disabled", "--max-failures", "1")]
    [InlineData("If a node fails, or more than 25% of one group, the deployment stops", "--max-failures-per-group", "25%")]
    [InlineData("If more than 5% of the nodes fail, the deployment stops", "--max-failures", "5%")]
    [InlineData("the nodes that ran are rerun in v41, last group first. Then they stay disabled until orchestrator release: an enabled node's own Puppet "
        + "applies what the server serves, in no particular order.", "--on-failure", "rollback", "--rollback-environment", "v41")]
    [InlineData("Each group after the first waits for orchestrator approve.", "--approve-groups")]
    [InlineData("Each group after the first waits for orchestrator approve by another person than you.", "--approve-groups", "--approver-differs")]
    public async Task Says_before_the_question_what_it_would_mean(string words, params string[] options)
    {
        Cli.Terminal = true;
        Cli.Typed = "n\n";
        var ran = await Cli.RunAsync(["run", Site, "--emulate", .. options]);
        Assert.Equal(
            (5, "orchestrator: the answer was no: nothing was done\n"),
            (ran.ExitCode, ran.Error[ran.Error.LastIndexOf("orchestrator: ", StringComparison.Ordinal)..]));
        Assert.Contains(words, ran.Out.Replace('\n', ' '), StringComparison.Ordinal);
        Assert.All(ran.Lines.SkipWhile(l => !l.StartsWith("If ", StringComparison.Ordinal)), l => Assert.InRange(l.Length, 0, 79));
    }

    [Fact]
    public async Task Nodes_without_the_label_to_spread_by_are_named_before_the_run_and_in_the_plan()
    {
        Host.Answers["POST " + HostApi.PlanToRun(null)] = Host.Answers["POST " + HostApi.Plans] = (200, Sample.LampPlanJson.Replace(
            "\"identity\":\"dev2\"", "\"identity\":\"dev2\",\"labels\":{\"rack\":\"a\"}", StringComparison.Ordinal));
        const string warning =
            "warning: 2 nodes lack the label rack (dev1.example.net, dev3.example.net): each runs in a batch of its own\n";

        var ran = await Cli.RunAsync("run", Site, "--emulate", "--yes", "--spread", "rack");
        Assert.EndsWith(warning, ran.Error, StringComparison.Ordinal);

        using var planning = new CommandLine(Cli.Folder);
        var planned = await planning.RunAsync("plan", Site, "--spread", "rack");
        Assert.EndsWith(warning, planned.Error, StringComparison.Ordinal);
        Assert.Contains("group 1: 1 node in one batch\n", planned.Out, StringComparison.Ordinal);
        Assert.Contains("group 2: 2 nodes in 2 batches of 1, 1\n", planned.Out, StringComparison.Ordinal);

        using var wrong = new CommandLine(Cli.Folder);
        Assert.Equal(
            (2, "orchestrator: no node of the plan has the label room to spread batches by: available labels are rack\n"),
            await wrong.RunAsync("plan", Site, "--spread", "room") is var refused ? (refused.ExitCode, refused.Error) : default);
    }

    [Theory]
    [InlineData("""["Lamp[app1]","Lamp[a,b]","Front"]""", "instances", "--instance", "Lamp[app1], Lamp[a,b]", "--instance", "Front")]
    [InlineData("""["dev1","web*"]""", "nodes", "--nodes", "dev1,web*")]
    [InlineData("""["dev?","dev9"]""", "exclude", "--exclude", "dev?", "--exclude", "dev9")]
    public async Task Which_nodes_is_said_by_names_and_patterns_in_one_option_or_several(string names, string key, params string[] options)
    {
        await Cli.RunAsync(["plan", Site, .. options]);
        using var body = JsonDocument.Parse(Host.Requests.Last(r => r.Path == HostApi.Plans).Body);
        Assert.Equal(names, body.RootElement.GetProperty(key).GetRawText());
    }

    [Fact]
    public async Task Prints_nothing_but_the_deployment_as_theHost_wrote_it_with_output_json()
    {
        var ran = await Cli.RunAsync("run", Site, "--emulate", "--yes", "--output", "json");
        Assert.Equal(0, ran.ExitCode);
        Assert.Equal(Host.Answers["GET " + HostApi.Deployment("7f3k2m1q")].Json + "\n", ran.Out);
    }

    [Fact]
    public async Task Prints_an_event_a_line_and_nothing_else_with_output_jsonl()
    {
        var ran = await Cli.RunAsync("run", Site, "--emulate", "-y", "-o", "jsonl");
        Assert.Equal(Host.Events.Select(e => JsonSerializer.Serialize(e, MessagesJson.Default.RecordedEvent)), ran.Lines);
    }

    [Fact]
    public async Task Quiet_prints_only_what_went_wrong_and_detached_the_id()
    {
        var ran = await Cli.RunAsync("run", Site, "--emulate", "--yes", "--quiet");
        Assert.Equal((0, "", "warning: dev1 and DEV1 differ only in case\n"), (ran.ExitCode, ran.Out, ran.Error));
        using var detached = new CommandLine(Cli.Folder);
        Assert.Equal("7f3k2m1q\n", (await detached.RunAsync("run", Site, "--emulate", "--yes", "--detach", "-q")).Out);
        using var json = new CommandLine(Cli.Folder);
        Assert.Single((await json.RunAsync("run", Site, "--emulate", "--yes", "-q", "--output", "json")).Lines);

        Host.Play(Sample.Failed, [.. Sample.FirstGroup, .. Sample.BadEnd]);
        using var failed = new CommandLine(Cli.Folder);
        var bad = await failed.RunAsync("watch", "7f3k2m1q", "--quiet");
        Assert.Equal((1, ""), (bad.ExitCode, bad.Out));
    }

    [Theory]
    [InlineData("y\n", 0)]
    [InlineData("maybe\nYES\n", 0)]
    [InlineData("n\n", 5)]
    [InlineData("", 2)]
    [InlineData("what\nis\nthis\ny\n", 2)]
    public async Task Asks_before_it_runs(string typed, int exitCode)
    {
        Cli.Terminal = true;
        Cli.Typed = typed;
        var ran = await Cli.RunAsync("run", Site, "--emulate");
        Assert.Equal(exitCode, ran.ExitCode);
        Assert.Contains("Are you sure you wish to run this plan? (y/n) ", ran.Out, StringComparison.Ordinal);
        Assert.Contains(
            "all nodes stay disabled for inspection until orchestrator retry, rollback or release.", ran.Out.Replace('\n', ' '), StringComparison.Ordinal);
        Assert.Equal(exitCode == 0, Host.Requests.Any(r => r is { Method: "POST", Path: HostApi.Deployments }));
    }

    [Theory]
    [InlineData("production", "", "Each node runs in the environment of its own configuration; the plan was made for production.")]
    [InlineData("staging", "",
        "warning: the plan was made for staging, but each node runs in the environment of its own configuration; --run-environment staging asks for it.")]
    [InlineData("staging", "--run-environment=staging", "Nodes are asked to run in staging, for which the plan was made.")]
    [InlineData("production", "--run-environment=canary", "Nodes are asked to run in canary; the plan was made for production.")]
    public async Task The_question_says_in_which_environment_nodes_run_and_warns_where_the_plan_was_made_for_another(
        string planned, string option, string sentence)
    {
        Host.Answers["POST " + HostApi.Plans] = (200, Sample.LampPlanJson.Replace("production", planned, StringComparison.Ordinal));
        Cli.Terminal = true;
        Cli.Typed = "n\n";

        var ran = await Cli.RunAsync(["run", Site, "--emulate", .. option.Length > 0 ? new[] { option } : []]);

        Assert.Contains($"{sentence} If a node fails,", Unwrapped(ran.Out), StringComparison.Ordinal);
        Assert.Contains(option.Length > 0
            ? $"Nodes are asked to run in {option.Split('=')[1]} (--run-environment)"
            : "Each node runs in the environment of its own configuration ", Unwrapped(ran.Out), StringComparison.Ordinal);
        Assert.DoesNotContain("--run-environment", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_question_and_the_report_say_that_a_nodes_own_noop_is_overridden()
    {
        Host.Play(Sample.Succeeded with { Report = Sample.Succeeded.Report! with { OverrideNoop = true } }, [.. Sample.FirstGroup, .. Sample.GoodEnd]);
        Cli.Terminal = true;
        Cli.Typed = "y\n";

        var ran = await Cli.RunAsync("run", Site, "--emulate", "--override-noop");

        Assert.Contains("Nodes configured as noop also run for real (--override-noop).\n", ran.Out, StringComparison.Ordinal);
        Assert.Contains("Nodes configured as noop also ran for real (--override-noop).\n", ran.Out, StringComparison.Ordinal);
        using var other = new CommandLine(Cli.Folder) { Terminal = true, Typed = "n\n" };
        Assert.DoesNotContain("noop", (await other.RunAsync("run", Site, "--emulate")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nobody_is_asked_the_warning_on_environments_stands_on_standard_error()
    {
        Host.Answers["POST " + HostApi.Plans] = (200, Sample.LampPlanJson.Replace("production", "staging", StringComparison.Ordinal));
        string[] arguments = ["run", Site, "--emulate", "--yes"];

        Assert.Contains("\nwarning: the plan was made for staging, but each node runs", (await Cli.RunAsync(arguments)).Error, StringComparison.Ordinal);
        using var other = new CommandLine(Cli.Folder);
        Assert.DoesNotContain("the plan was made for", (await other.RunAsync([.. arguments, "--run-environment", "staging"])).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asks_on_standard_error_where_standard_output_is_for_programs()
    {
        Cli.Terminal = true;
        Cli.Typed = "y\n";
        var ran = await Cli.RunAsync("run", Site, "--emulate", "--output", "json", "--on-failure", "release");
        Assert.Equal(0, ran.ExitCode);
        Assert.Single(ran.Lines);
        Assert.Contains("(y/n) ", ran.Error, StringComparison.Ordinal);
        Assert.Contains("all nodes are enabled again", ran.Error, StringComparison.Ordinal);
        Assert.Contains("Lamp[app1] -> Lamp::Mysql[app1]", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Runs_nothing_where_there_is_nobody_to_ask()
    {
        var ran = await Cli.RunAsync("run", Site, "--emulate");
        Assert.Equal(2, ran.ExitCode);
        Assert.EndsWith(
            "orchestrator: cannot ask whether to run this plan because standard input is not a terminal: add --yes to confirm\n",
            ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ends_at_once_when_detached()
    {
        var ran = await Cli.RunAsync("run", Site, "--emulate", "--yes", "--detach", "--output", "json");
        Assert.Equal(0, ran.ExitCode);
        Assert.Equal("""{"id":"7f3k2m1q","planId":"sha256:abc","waitsFor":[]}""" + "\n", ran.Out);
        Assert.DoesNotContain(Host.Requests, r => r.Path.Contains("events", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("plan", HostApi.Plans)]
    [InlineData("run", HostApi.Plans)]
    [InlineData("nodes", HostApi.Nodes)]
    public async Task Prints_the_problems_of_aSite_as_JSON_or_a_sentence_each(string command, string path)
    {
        const string Json = """{"problems":[{"kind":"node-cycle","message":"a\nb wait for each other","nodes":["a","b"],"components":[],"capabilities":[]}]}""";
        Host.Answers["POST " + path] = (422, Json);
        string[] arguments = [command, Site, "--emulate", .. command == "run" ? new[] { "--yes" } : []];

        var json = await Cli.RunAsync([.. arguments, "--output", "json"]);
        Assert.Equal((2, Json + "\n"), (json.ExitCode, json.Out));

        using var other = new CommandLine(Cli.Folder);
        var text = await other.RunAsync(arguments);
        Assert.Equal(2, text.ExitCode);
        Assert.Contains(@"node-cycle: a\u000ab wait for each other", text.Error, StringComparison.Ordinal);
        Assert.Contains("orchestrator: the site cannot be planned", text.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ends_with_the_hosts_sentence_and_what_to_do_where_it_refuses()
    {
        Host.Answer("POST", HostApi.Deployments, 409, new ApiProblem(
            409, "Conflict", "deployment abc is using some of the nodes", ProblemCodes.WouldWait, [new DeploymentId("abc")]), MessagesJson.Default.ApiProblem);
        var ran = await Cli.RunAsync("run", Site, "--emulate", "--yes", "--no-wait", "--output", "json");
        const string sentence = "deployment abc is using some of the nodes: wait for it with \"orchestrator watch abc\", or run again without --no-wait";
        Assert.Equal((4, $"warning: dev1 and DEV1 differ only in case\norchestrator: {sentence}\n"), (ran.ExitCode, ran.Error));
        Assert.Equal([], JsonSchemas.Problems("error", JsonDocument.Parse(ran.Out).RootElement));
        var error = JsonDocument.Parse(ran.Out).RootElement.GetProperty("error");
        Assert.Equal(
            (sentence, 4, "would-wait", "abc"),
            (error.GetProperty("message").GetString(), error.GetProperty("exitCode").GetInt32(), error.GetProperty("code").GetString(),
                error.GetProperty("deployments")[0].GetString()));
    }

    [Theory]
    [InlineData("json", "show", "zz", "--output", "json")]
    [InlineData("json", "list", "--frob", "-o=json")]
    [InlineData("jsonl", "events", "zz", "-o", "jsonl")]
    [InlineData("text", "show", "zz")]
    public async Task An_error_is_json_where_json_was_asked_for(string form, params string[] arguments)
    {
        var ran = await Cli.RunAsync(arguments);
        Assert.Equal(2, ran.ExitCode);
        Assert.Equal(form == "json", ran.Out.Length > 0);
        Assert.Equal(form != "jsonl", ran.Error.StartsWith("orchestrator: ", StringComparison.Ordinal));
        if (form != "text")
        {
            var error = JsonDocument.Parse(form == "json" ? ran.Out : ran.Error).RootElement.GetProperty("error");
            Assert.Equal(2, error.GetProperty("exitCode").GetInt32());
        }
    }

    [Fact]
    public async Task Watching_ends_when_its_time_is_over_and_the_deployment_goes_on()
    {
        Host.Play(Sample.Running, [.. Sample.FirstGroup]);
        Host.BeforeStreamEnds = new TaskCompletionSource().Task;
        var ran = await Cli.RunAsync("watch", "7f3k2m1q", "--timeout", "100ms", "--quiet");
        Assert.Equal(124, ran.ExitCode);
        Assert.StartsWith("orchestrator: timed out after 100ms: deployment 7f3k2m1q is still running: ", ran.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v1/deployments/7f3k2m1q", "show")]
    [InlineData("/v1/deployments/7f3k2m1q", "show", "latest")]
    [InlineData("/v1/deployments/7f3k2m1q/events", "watch", "-o", "jsonl")]
    [InlineData("/v1/deployments/7f3k2m1q/events", "events", "latest")]
    [InlineData("/v1/deployments/7f3k2m1q/why/dev1", "why", "dev1")]
    [InlineData("/v1/deployments/7f3k2m1q/why/dev1", "why", "latest", "dev1")]
    [InlineData("/v1/deployments/abc/why/dev1", "why", "abc", "dev1")]
    public async Task Latest_or_nothing_is_the_newest_deployment(string path, params string[] arguments)
    {
        var line = new DeploymentLine(
            Sample.Id, "production", DeploymentPhase.Succeeded, Sample.At(0), 3, 0, "rip", new FleetName("emulated:0"), new PlanId("sha256:abc"), false, []);
        Host.Answer("GET", HostApi.Deployments, 200, new DeploymentPage([line], null, 0, []), MessagesJson.Default.DeploymentPage);
        await Cli.RunAsync(arguments);
        Assert.Contains(Host.Requests, r => r.Path.Split('?')[0] == path);

        Host.Answer("GET", HostApi.Deployments, 200, new DeploymentPage([], null, 0, []), MessagesJson.Default.DeploymentPage);
        using var other = new CommandLine(Cli.Folder);
        if (arguments.Contains("abc"))
            return;
        var none = await other.RunAsync([.. arguments.Where(a => a is not ("-o" or "jsonl"))]);
        Assert.Equal((2, "orchestrator: there are no deployments yet\n"), (none.ExitCode, none.Error));
    }

    [Fact]
    public async Task What_takes_long_is_said_on_a_terminal()
    {
        var work = new TaskCompletionSource<int>();
        Cli.Terminal = true;
        var context = Cli.Context();
        var said = Patience.SayAsync(context, "Starting the host", work.Task);
        await Until.TrueAsync(() => Cli.ErrorSoFar == "Starting the host ...\n");
        work.SetResult(7);
        Assert.Equal(7, await said);
        using var other = new CommandLine(Cli.Folder) { Terminal = true };
        await Patience.SayAsync(other.Context(), "Starting the host", Task.FromResult(7));
        Assert.Equal("", other.ErrorSoFar);
    }

    [Fact]
    public async Task Resumes_a_broken_stream_after_the_last_event_seen()
    {
        var seen = new TaskCompletionSource();
        Host.BreakFirstStreamAfter = 5;
        Host.BeforeBreak = seen.Task;
        var running = Cli.RunAsync("run", Site, "--emulate", "--yes", "--output", "jsonl");
        await Until.TrueAsync(() => Cli.OutSoFar.Count(c => c == '\n') == 5);
        seen.SetResult();
        var ran = await running;
        Assert.Equal(0, ran.ExitCode);
        Assert.Equal(Host.Events.Length, ran.Lines.Length);
        Assert.Contains(Host.Requests, r => r.LastEventId == "5");
        Assert.Contains("Reconnected to the host.", ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Host.Requests, r => r.Path.StartsWith(HostApi.Resume, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(200, "[]")]
    [InlineData(409,
        """{"status":409,"title":"Conflict","detail":"deployment 7f3k2m1q has ended as abandoned: there is nothing to go on with","exitCode":2}""")]
    public async Task Lets_a_host_that_was_started_anew_carry_the_deployment_on_and_tells_that_it_was_abandoned_even_by_another(int status, string answer)
    {
        Host.Play(
            Sample.Succeeded with { State = DeploymentPhase.Abandoned, Message = "its emulated fleet is gone" }, [.. Sample.FirstGroup, .. Sample.GoodEnd]);
        var seen = new TaskCompletionSource();
        Host.BreakFirstStreamAfter = 5;
        Host.BeforeBreak = seen.Task;
        Host.Notice = StreamNotice.AllIsWell with { Active = false };
        Host.Answers["POST " + HostApi.Resume] = (status, answer);
        var running = Cli.RunAsync("run", Site, "--emulate", "--yes");
        await Until.TrueAsync(() => Cli.OutSoFar.Contains("Disabling Puppet on 3 nodes", StringComparison.Ordinal));
        seen.SetResult();
        var ran = await running;
        Assert.Equal(5, ran.ExitCode);
        Assert.Contains("abandoned after 1m12s, started by rip\nits emulated fleet is gone\n", ran.Out, StringComparison.Ordinal);
        Assert.Single(Host.Requests, r => r.Path == HostApi.ResumeOne("7f3k2m1q"));
    }

    /// <summary>A host that was stopped does not close the stream.</summary>
    [Fact]
    public async Task Says_that_a_host_does_not_answer_until_it_does_again()
    {
        var clock = new FakeTimeProvider(Sample.At(100));
        var woken = new TaskCompletionSource();
        Cli.Clock = clock;
        Host.BeforeStreamEnds = woken.Task;
        var running = Cli.RunAsync("run", Site, "--emulate", "--yes");
        await Host.AllSent.Task;
        await Until.TrueAsync(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return Cli.OutSoFar.Contains(
                "The host does not answer: what it had begun at nodes goes on, and nobody watches it until it answers again.\n", StringComparison.Ordinal);
        });
        woken.SetResult();
        var ran = await running;

        Assert.Equal(0, ran.ExitCode);
        Assert.Contains("\nThe host answers again.\n", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tells_at_CtrlC_that_the_host_does_not_answer()
    {
        var clock = new FakeTimeProvider(Sample.At(100));
        Cli.Clock = clock;
        Host.BeforeStreamEnds = new TaskCompletionSource().Task;
        var running = Cli.RunAsync("run", Site, "--emulate", "--yes");
        await Host.AllSent.Task;
        await Until.TrueAsync(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return Cli.OutSoFar.Contains("The host does not answer", StringComparison.Ordinal);
        });
        Cli.Interrupt();
        var ran = await running;

        Assert.Equal(130, ran.ExitCode);
        Assert.Contains("orchestrator: deployment 7f3k2m1q: the host does not answer: ", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gives_up_where_the_stream_breaks_again_and_again_without_an_event()
    {
        Host.Play(Sample.Running);
        var ran = await Cli.RunAsync("run", Site, "--emulate", "--yes", "--output", "json");
        Assert.Equal(8, ran.ExitCode);
        Assert.Contains("the host keeps closing the event stream of deployment 7f3k2m1q: see its log", ran.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DeploymentPhase.Running, "deployment 7f3k2m1q is still running: orchestrator watch 7f3k2m1q follows it")]
    [InlineData(DeploymentPhase.Failed, "deployment 7f3k2m1q has ended: failed; orchestrator show 7f3k2m1q says more")]
    public async Task Advises_at_CtrlC_only_what_would_be_taken(DeploymentPhase state, string says)
    {
        // A rollback takes no cancel.
        Host.Play(Sample.Running with { State = state, Verbs = [new PossibleVerb(Verb.Abandon)] }, [.. Sample.FirstGroup]);
        Host.BeforeStreamEnds = new TaskCompletionSource().Task;
        var running = Cli.RunAsync("run", Site, "--emulate", "--yes");
        await Host.AllSent.Task;
        Cli.Interrupt();
        Assert.EndsWith($"orchestrator: {says}\n", (await running).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leaves_a_deployment_at_CtrlC_and_says_how_to_find_it_again()
    {
        Host.Play(Sample.Running, [.. Sample.FirstGroup]);
        Host.BeforeStreamEnds = new TaskCompletionSource().Task;
        var running = Cli.RunAsync("run", Site, "--emulate", "--yes");
        await Host.AllSent.Task;
        Cli.Interrupt();
        var ran = await running;
        Assert.Equal(130, ran.ExitCode);
        Assert.EndsWith(
            "orchestrator: deployment 7f3k2m1q is still running: orchestrator watch 7f3k2m1q follows it, orchestrator cancel 7f3k2m1q stops it\n", ran.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shows_a_live_table_on_a_terminal_and_gives_the_cursor_back()
    {
        Cli.Terminal = true;
        Host.Play(Sample.Running, [.. Sample.FirstGroup]);
        Host.BeforeStreamEnds = new TaskCompletionSource().Task;
        var running = Cli.RunAsync("run", Site, "--emulate", "--yes");
        await Until.TrueAsync(() => Cli.OutSoFar.Contains("node group 1 of 2", StringComparison.Ordinal));
        Assert.Contains("\u001b[?25l", Cli.OutSoFar, StringComparison.Ordinal);
        Cli.Interrupt();
        var ran = await running;
        Assert.Equal(130, ran.ExitCode);
        Assert.EndsWith("\u001b[?25h", ran.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DeploymentPhase.Succeeded, 0)]
    [InlineData(DeploymentPhase.SucceededWithFailures, 1)]
    [InlineData(DeploymentPhase.Failed, 1)]
    [InlineData(DeploymentPhase.Refused, 3)]
    [InlineData(DeploymentPhase.Cancelled, 5)]
    [InlineData(DeploymentPhase.Abandoned, 5)]
    [InlineData(DeploymentPhase.RolledBack, 6)]
    [InlineData(DeploymentPhase.Stuck, 7)]
    public async Task Ends_as_the_deployment_ends(DeploymentPhase state, int exitCode)
    {
        Host.Answer("GET", HostApi.Deployment("7f3k2m1q"), 200, Sample.Succeeded with { State = state }, MessagesJson.Default.DeploymentView);
        Assert.Equal(exitCode, (await Cli.RunAsync("watch", "7f3k2m1q", "--output", "json")).ExitCode);
    }

    private static string Unwrapped(string text) => text.Replace('\n', ' ');
}
