using Orchestrator.Cli.Tests.Hosts;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Cli.Tests.Commands;

/// <summary>What a person asks of a deployment that exists.</summary>
public sealed class VerbCommandTests : HostedTests
{
    private static readonly ImmutableArray<IDeploymentEvent> Retry =
    [
        new RetryStarted(2, [Sample.Dev2], "bob", Sample.At(100)),
        new NodesChecked([new(Sample.Dev2, false, false)], Sample.At(100)),
        new IsolationStarted(Sample.At(700), Sample.At(100)),
        new NodesIdle([Sample.Dev2], Sample.At(101)),
        new GroupStarted(2, 1, Sample.At(101)),
        new BatchStarted(2, 1, [Sample.Dev2], Sample.At(700), Sample.At(101)),
        new RunRequested(Sample.Dev2, 2, 10, 20, false, Sample.At(220), Sample.At(3700), Sample.At(101)),
        new NodeSettled(Sample.Dev2, Outcome.Succeeded, "changed 1 of 40 resources", Hold.Held, 1, null, null, null, null, Sample.At(110)),
        new GroupFinished(2, 2, 0, Sample.At(110)),
        new ReleaseStarted(null, null, Sample.At(110), 3),
        new DeploymentEnded(DeploymentPhase.Succeeded, "", Sample.At(111)),
    ];

    [Theory]
    [InlineData("pause", """{"release":false,"node":null}""", "7f")]
    [InlineData("approve", """{"release":false,"node":null,"group":2}""", "7f", "--group", "2")]
    [InlineData("cancel", """{"release":false,"node":null}""", "7f")]
    [InlineData("cancel", """{"release":true,"node":null}""", "7f", "--release", "--yes")]
    [InlineData("abandon", """{"release":false,"node":null}""", "7f", "-y")]
    [InlineData("retry", """{"release":false,"node":null}""", "7f", "--yes", "--detach")]
    [InlineData("rollback", """{"release":false,"node":null}""", "7f", "--yes", "--detach")]
    [InlineData("rollback", """{"release":false,"node":null,"environment":"v41"}""", "7f", "--yes", "--detach", "--rollback-environment", "v41")]
    [InlineData("release", """{"release":false,"node":null}""", "7f", "--yes")]
    [InlineData("release", """{"release":false,"node":"dev1.example.net"}""", "7f", "dev1.example.net", "--yes")]
    [InlineData("hold", """{"release":false,"node":"dev1.example.net"}""", "7f", "dev1.example.net")]
    public async Task Is_sent_without_a_word_on_who_asks_and_answered_in_the_hosts_words(string verb, string body, params string[] arguments)
    {
        Host.Answer("POST", HostApi.Verb("7f", verb), 200, new VerbDone(Sample.Id, true, "nothing new starts\u001b"), MessagesJson.Default.VerbDone);
        var ran = await Cli.RunAsync([verb, .. arguments]);
        Assert.Equal((0, @"deployment 7f3k2m1q: nothing new starts\u001b" + "\n"), (ran.ExitCode, ran.Out));
        Assert.Equal(body, Host.Requests.Last().Body);
    }

    [Theory]
    [InlineData(3, """{"release":false,"node":null,"group":3}""")]
    [InlineData(null, """{"release":false,"node":null}""")]
    public async Task Approve_names_the_group_that_waits_when_it_looks(int? waiting, string body)
    {
        PossibleVerb[] verbs = waiting is { } group ? [new(Verb.Pause), new(Verb.Approve, Group: group)] : [new(Verb.Pause)];
        Host.Answer("GET", HostApi.Deployment("7f"), 200, Sample.Running with { Verbs = verbs }, MessagesJson.Default.DeploymentView);
        Host.Answer("POST", HostApi.Verb("7f", "approve"), 200, new VerbDone(Sample.Id, true, "approved"), MessagesJson.Default.VerbDone);
        Assert.Equal(0, (await Cli.RunAsync("approve", "7f")).ExitCode);
        Assert.Equal(body, Host.Requests.Last().Body);
    }

    [Fact]
    public async Task That_makes_no_sense_now_is_told_in_the_hosts_words()
    {
        Host.Answer("POST", HostApi.Verb(
            "7f", "cancel"), 409, new ApiProblem(409, "Conflict", "deployment 7f3k2m1q has ended", ProblemCodes.Ended), MessagesJson.Default.ApiProblem);
        var ran = await Cli.RunAsync("cancel", "7f");
        Assert.Equal((2, "orchestrator: deployment 7f3k2m1q has ended\n"), (ran.ExitCode, ran.Error));
    }

    [Theory]
    [InlineData("abandon", "y\n", 0)]
    [InlineData("abandon", "n\n", 5)]
    [InlineData("rollback", "y\n", 0)]
    [InlineData("rollback", "", 2)]
    public async Task Is_asked_about_where_it_cannot_be_taken_back(string verb, string typed, int exitCode)
    {
        Host.Answer("GET", HostApi.Line("7f"), 200, Line(null), MessagesJson.Default.DeploymentLine);
        Host.Answer("POST", HostApi.Verb("7f", verb), 200, new VerbDone(Sample.Id, true, "taken"), MessagesJson.Default.VerbDone);
        Cli.Terminal = true;
        Cli.Typed = typed;
        var ran = await Cli.RunAsync(verb == "rollback" ? [verb, "7f", "--detach"] : [verb, "7f"]);
        Assert.Equal(exitCode, ran.ExitCode);
        // On a slow machine, that the host is waited for comes before it.
        Assert.Matches(@"^(Waiting for the host \.\.\.\n)?Deployment 7f3k2m1q of 3 nodes in production: failed\.\n", ran.Error);
        Assert.Contains(
            "an enabled node's own Puppet applies what the server serves, in no particular order.", ran.Error.Replace('\n', ' '), StringComparison.Ordinal);
        Assert.Equal(exitCode == 0, Host.Requests.Any(r => r.Method == "POST"));
    }

    [Theory]
    [InlineData("release 7f", "3 nodes will be enabled.", "enable 3 nodes")]
    [InlineData("release 7f dev1.example.net", "Note: an enabled node's own Puppet", "enable dev1.example.net")]
    [InlineData("retry 7f --detach", "2 nodes that did not succeed are rerun in the same order, as attempt 2.", "rerun 2 nodes")]
    public async Task Says_what_it_will_do_to_how_many_nodes_and_asks(string command, string consequence, string question)
    {
        var view = Sample.Failed with { Verbs = [new(Verb.Retry, Count: 2), new(Verb.Release, Count: 3)] };
        Host.Answer("GET", HostApi.Deployment("7f"), 200, view, MessagesJson.Default.DeploymentView);
        var verb = command.Split(' ')[0];
        Host.Answer("POST", HostApi.Verb("7f", verb), 200, new VerbDone(Sample.Id, true, "taken"), MessagesJson.Default.VerbDone);
        Cli.Terminal = true;
        Cli.Typed = "n\n";
        var ran = await Cli.RunAsync(command.Split(' '));
        Assert.Equal(5, ran.ExitCode);
        Assert.StartsWith("Deployment 7f3k2m1q of 3 nodes in production: failed.\n", ran.Error, StringComparison.Ordinal);
        Assert.Contains(consequence, ran.Error, StringComparison.Ordinal);
        Assert.Contains($"Are you sure you wish to {question}? (y/n)", ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Host.Requests, r => r.Method == "POST");

        using var scripted = new CommandLine(Cli.Folder);
        Assert.Equal(2, (await scripted.RunAsync(command.Split(' '))).ExitCode);
        using var confirmed = new CommandLine(Cli.Folder);
        Assert.Equal(0, (await confirmed.RunAsync([.. command.Split(' '), "--yes"])).ExitCode);
        Assert.Contains(Host.Requests, r => r.Method == "POST");
    }

    [Fact]
    public async Task A_cancel_that_releases_says_how_many_nodes_are_enabled_and_that_kept_ones_are_not()
    {
        NodeView Of(NodeName name, Hold hold, string? keptBy = null) => new(name, 1, null, null, null, "", hold == Hold.Held, hold, null, null, KeptBy: keptBy);
        var view = Sample.Running with
        {
            Nodes = [Of(Sample.Dev1, Hold.Held), Of(Sample.Dev2, Hold.Enabled), Of(Sample.Dev3, Hold.Held, "bob")],
        };
        Host.Answer("GET", HostApi.Deployment("7f"), 200, view, MessagesJson.Default.DeploymentView);
        Host.Answer("POST", HostApi.Verb("7f", "cancel"), 200, new VerbDone(Sample.Id, true, "taken"), MessagesJson.Default.VerbDone);
        Cli.Terminal = true;
        Cli.Typed = "y\n";
        var ran = await Cli.RunAsync("cancel", "7f", "--release");
        Assert.Equal(0, ran.ExitCode);
        var asked = ran.Error.Replace('\n', ' ');
        Assert.Contains("Nothing new starts and running nodes finish; then 2 nodes are enabled.", asked, StringComparison.Ordinal);
        Assert.Contains("1 node kept by hold stays disabled until orchestrator release names it.", asked, StringComparison.Ordinal);
        Assert.Contains("Are you sure you wish to cancel it and enable 2 nodes? (y/n)", asked, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_is_asked_about_what_would_be_refused()
    {
        Host.Answer("GET", HostApi.Deployment("7f"), 200, Sample.Running, MessagesJson.Default.DeploymentView);
        Host.Answer(
            "POST", HostApi.Verb("7f", "release"), 409, new ApiProblem(409, "Conflict", "it is still running", ProblemCodes.StillRunning),
            MessagesJson.Default.ApiProblem);
        Assert.Equal((2, "orchestrator: it is still running\n"), await Cli.RunAsync("release", "7f") is var ran ? (ran.ExitCode, ran.Error) : default);
    }

    [Fact]
    public async Task Is_asked_about_also_where_the_history_cannot_be_read()
    {
        Host.Answer("GET", HostApi.Line("7f"), 200, Line(DeploymentLine.CannotBeCarriedOn), MessagesJson.Default.DeploymentLine);
        Host.Answer(
            "GET", HostApi.Deployment("7f"), 500, new ApiProblem(500, "Error", "the journal is damaged", ProblemCodes.JournalUnreadable),
            MessagesJson.Default.ApiProblem);
        Host.Answer("POST", HostApi.Verb("7f", "abandon"), 200, new VerbDone(Sample.Id, true, "abandoned"), MessagesJson.Default.VerbDone);
        Cli.Terminal = true;
        Cli.Typed = "y\n";
        var ran = await Cli.RunAsync("abandon", "7f");
        Assert.Equal((0, "deployment 7f3k2m1q: abandoned\n"), (ran.ExitCode, ran.Out));
        Assert.StartsWith("Deployment 7f3k2m1q of 3 nodes in production: failed (cannot continue).\n", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_not_asked_about_where_no_deployment_or_several_are_named()
    {
        const string Several = "7f is the beginning of several ids";
        Host.Answer(
            "GET", HostApi.Line("7f"), 409, new ApiProblem(409, "Conflict", Several, ProblemCodes.DeploymentAmbiguous), MessagesJson.Default.ApiProblem);
        Cli.Terminal = true;
        Cli.Typed = "y\n";
        var ran = await Cli.RunAsync("abandon", "7f");
        Assert.Equal((2, $"orchestrator: {Several}\n"), (ran.ExitCode, ran.Error));
        Assert.DoesNotContain(Host.Requests, r => r.Method == "POST");
    }

    [Fact]
    public async Task Is_not_sent_where_there_is_nobody_to_ask()
    {
        Host.Answer("GET", HostApi.Line("7f"), 200, Line(null), MessagesJson.Default.DeploymentLine);
        var ran = await Cli.RunAsync("abandon", "7f");
        Assert.Equal(
            (2, "orchestrator: cannot ask whether to abandon it because standard input is not a terminal: add --yes to confirm\n"), (ran.ExitCode, ran.Error));
        Assert.DoesNotContain(Host.Requests, r => r.Method == "POST");
    }

    [Fact]
    public async Task A_retry_is_followed_from_its_beginning_to_its_end()
    {
        PlayRetry();
        var ran = await Cli.RunAsync("retry", "7f3k2m1q", "--yes");
        Assert.Equal(0, ran.ExitCode);
        Assert.StartsWith(
            """
            deployment 7f3k2m1q: attempt 2 starts with 1 node

            Attempt 2, started by bob
                    2016-07-14 13:30:18 +0200: Checking if 1 node is enabled
                    2016-07-14 13:30:18 +0200: Disabling Puppet on 1 node: Disabled by orchestrator 7f3k2m1q for rip at 2016-07-14 11:28:38

            Running node group 2 with 1 node, at most 3 at a time
                    2016-07-14 13:30:19 +0200: Waiting for 1 node to become idle
                    2016-07-14 13:30:19 +0200: Enabling Puppet on 1 node
                    2016-07-14 13:30:19 +0200: Running Puppet on 1 node
                    2016-07-14 13:30:19 +0200: Waiting for 1 node to start a run

            Successful run of 1 node in group 2 in 9s (2 of 2 have succeeded)

                    2016-07-14 13:30:28 +0200: Enabling Puppet on 3 nodes

            Deployment 7f3k2m1q in production: succeeded after 1m12s, started by rip
            """, ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_retry_prints_its_own_events_for_programs()
    {
        PlayRetry();
        var ran = await Cli.RunAsync("retry", "7f3k2m1q", "--yes", "--output", "jsonl");
        Assert.Equal(Retry.Length, ran.Lines.Length);
        Assert.Contains("\"type\":\"retry-started\"", ran.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_retry_is_followed_from_its_event_on_without_the_history_before_it()
    {
        PlayRetry();
        await Cli.RunAsync("retry", "7f3k2m1q", "--yes");
        Assert.Equal(
            [
                "POST /v1/deployments/7f3k2m1q/retry", $"GET /v1/deployments/7f3k2m1q/progress?at={Before}",
                $"GET /v1/deployments/7f3k2m1q/events?after={Before}", "GET /v1/deployments/7f3k2m1q",
            ],
            Host.Requests.Where(r => r.Path != HostApi.Host).Select(r => $"{r.Method} {r.Path}"));
    }

    [Fact]
    public async Task A_retry_that_goes_on_already_is_followed_from_where_it_stands()
    {
        PlayRetry();
        var running = new VerbDone(Sample.Id, false, "attempt 2 is already running", Before + 9);
        Host.Answer("POST", HostApi.Verb("7f3k2m1q", "retry"), 200, running, MessagesJson.Default.VerbDone);
        var ran = await Cli.RunAsync("retry", "7f3k2m1q", "--yes", "--output", "jsonl");
        Assert.Equal(Retry.Length - 9, ran.Lines.Length);
    }

    [Fact]
    public async Task Resume_says_what_was_taken_up()
    {
        Host.Answer("POST", HostApi.Resume, 200, ImmutableArray<DeploymentLine>.Empty, MessagesJson.Default.DeploymentLines);
        Assert.Equal("Nothing to resume.\n", (await Cli.RunAsync("resume")).Out);
    }

    [Fact]
    public async Task Resume_with_an_id_ends_a_pause_where_somebody_carries_it_on()
    {
        Host.Answer("POST", HostApi.Resume, 200, ImmutableArray<DeploymentLine>.Empty, MessagesJson.Default.DeploymentLines);
        Host.Answer("POST", HostApi.Verb("7f", "resume"), 200, new VerbDone(Sample.Id, true, "resumed"), MessagesJson.Default.VerbDone);
        Assert.Equal("deployment 7f3k2m1q: resumed\n", (await Cli.RunAsync("resume", "7f")).Out);
    }

    [Fact]
    public async Task Resume_with_an_id_takes_it_up_and_says_that_it_is_still_paused()
    {
        var line = new DeploymentLine(
            Sample.Id, "production", DeploymentPhase.Paused, Sample.At(0), 3, 3, "rip", new FleetName("f"), new PlanId("p"), true, []);
        Host.Answer("POST", HostApi.Resume, 200, ImmutableArray.Create(line), MessagesJson.Default.DeploymentLines);
        Host.Answer("GET", HostApi.Deployment("7f"), 200, Sample.View(DeploymentPhase.Paused, null, "paused by bob"), MessagesJson.Default.DeploymentView);
        var ran = await Cli.RunAsync("resume", "7f");
        Assert.Equal("Resumed:", ran.Lines[0]);
        Assert.Equal("Deployment 7f3k2m1q is still paused (paused by bob): orchestrator resume 7f3k2m1q again ends the pause.", ran.Lines[^1]);
        Assert.Contains(Host.Requests, r => r.Path == "/v1/resume?id=7f");
        Assert.DoesNotContain(Host.Requests, r => r.Path.EndsWith("7f/resume", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Why_is_told_a_link_a_line_and_a_step_further_in_for_each_cause()
    {
        Host.Answer("GET", HostApi.Why("7f", "web"), 200, new WhyView(new("web"),
        [
            new(new("web"), "skipped: db, on which it depends, ended badly"), new(new("web"), "it stays disabled\u001b"),
            new(new("db"), "failed: resources"), new(new("db"), "missing proof 5: nothing failed"),
            new(null, "bob paused the deployment", [new(new("7f3k2m1q"), Verb.Resume)]),
        ]), MessagesJson.Default.WhyView);
        Assert.Equal(
            """
            web  skipped: db, on which it depends, ended badly
              it stays disabled\u001b
              db  failed: resources
                missing proof 5: nothing failed
                bob paused the deployment: orchestrator resume 7f3k2m1q

            """, (await Cli.RunAsync("why", "7f", "web")).Out);
        using var other = new CommandLine(Cli.Folder);
        Assert.Equal(Host.Answers["GET " + HostApi.Why("7f", "web")].Json + "\n", (await other.RunAsync("why", "7f", "web", "--output", "json")).Out);
    }

    private static int Before => Sample.FirstGroup.Length + Sample.BadEnd.Length;

    /// <summary>dev2 failed, and a retry of it succeeds.</summary>
    private void PlayRetry()
    {
        Host.Play(Sample.Succeeded, [.. Sample.FirstGroup, .. Sample.BadEnd, .. Retry]);
        var begun = new VerbDone(Sample.Id, true, "attempt 2 starts with 1 node", Before + 1);
        Host.Answer("POST", HostApi.Verb("7f3k2m1q", "retry"), 200, begun, MessagesJson.Default.VerbDone);
    }

    private static DeploymentLine Line(string? attention) =>
        new(Sample.Id, "production", DeploymentPhase.Failed, Sample.At(0), 3, 3, "rip", new FleetName("f"), new PlanId("p"), true, [], attention);
}
