using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Orchestrator.Cli.Tests.Hosts;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Tests.Commands;

public sealed class OtherCommandTests : HostedTests
{
    [Fact]
    public async Task Plan_prints_the_hosts_bytes_unchanged_with_output_json()
    {
        var ran = await Cli.RunAsync("plan", Site, "--output", "json");
        Assert.Equal((0, Sample.LampPlanJson + "\n", ""), (ran.ExitCode, ran.Out, ran.Error));
    }

    [Fact]
    public async Task Plan_shows_the_batches_of_each_group()
    {
        var ran = await Cli.RunAsync("plan", Site, "--batch", "1,50%");
        Assert.Contains("        group 1: 1 node in one batch\n\n        dev1.example.net\n", ran.Out, StringComparison.Ordinal);
        Assert.Contains("        group 2: 2 nodes in 2 batches of 1, 1\n", ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Plan_reads_the_site_from_standard_input()
    {
        Cli.Typed = "applications: {a: b}";
        Assert.Equal(0, (await Cli.RunAsync("plan", "-")).ExitCode);
        var request = JsonSerializer.Deserialize(Host.Requests.Last().Body, MessagesJson.Default.PlanRequest)!;
        Assert.Equal("applications: {a: b}"u8.ToArray(), request.Document);
        Assert.Equal("standard input", request.Name);
        Assert.Null(request.Environment);
    }

    [Fact]
    public async Task List_shows_first_what_needs_a_person_and_then_what_goes_on()
    {
        DeploymentLine Line(string id, DeploymentPhase state, int minute, int held, bool active, params string[] waitsFor) => new(
            new(id), "production", state, Sample.At(minute * 60), 3, held, "rip", new FleetName("emulated:0"), new PlanId("sha256:abc"), active,
            [.. waitsFor.Select(w => new DeploymentId(w))]);
        DeploymentLine Calling(DeploymentLine line, string attention) => line with { Attention = attention };
        Cli.Clock = new FakeTimeProvider(Sample.At(3660));
        List(
            Line("good", DeploymentPhase.Succeeded, 9, 0, true) with
            {
                EndedAt = Sample.At(600),
                RunEnvironment = "canary",
                Description = "patch"
            },
            Line("waits", DeploymentPhase.Waiting, 8, 0, true, "runs"),
            Calling(Line("frozen", DeploymentPhase.Failed, 2, 3, true), "frozen") with
            {
                EndedAt = Sample.At(220),
                Applications = ["Lamp[a1]", "S"],
                ApplicationCount = 4,
            },
            Calling(Line("asks", DeploymentPhase.AwaitingApproval, 4, 0, true), "awaiting approval") with
            {
                Approval = new PossibleVerb(Verb.Approve, Group: 2, NotBy: ["rip"]),
            },
            Calling(Line("silent", DeploymentPhase.Running, 3, 0, true), "all nodes silent"),
            Line("paused", DeploymentPhase.Paused, 6, 0, true),
            Line("runs", DeploymentPhase.Running, 5, 3, true) with { NodeCount = 1_040, Progress = new DeploymentProgress(2, 12, 1_040, 2, 4) },
            Line("left", DeploymentPhase.Running, 1, 3, false));

        Assert.Equal(
            """
            id      state                 nodes  group  attempt  held  started            time  environment                 by          applications
            asks    awaiting approval         3                        2016-07-14 13:32    57m  production                  rip         
            silent  running                   3                        2016-07-14 13:31    58m  production                  rip         
            frozen  failed                    3                     3  2016-07-14 13:30  1m40s  production                  rip         Lamp[a1], S and 2 more
            left    running                   3                     3  2016-07-14 13:29     1h  production                  rip         
            waits   waiting                   3                        2016-07-14 13:36    53m  production                  rip         
            paused  paused                    3                        2016-07-14 13:34    55m  production                  rip         
            runs    running            12/1,040    2/4        2     3  2016-07-14 13:33    56m  production                  rip         
            good    succeeded                 3                        2016-07-14 13:37     1m  production, runs in canary  rip: patch  

            asks waits for approval by another person than rip: orchestrator approve asks --group 2
            silent [all nodes silent] needs action: orchestrator show silent
            frozen [frozen] still holds 3 nodes: orchestrator show frozen says what to do
            left is not running, its host has exited: orchestrator resume left
            waits waits for nodes reserved by runs
            paused is paused: orchestrator resume paused

            """, (await Cli.RunAsync("list")).Out);
    }

    [Fact]
    public async Task List_says_of_one_that_goes_on_how_far_it_has_come()
    {
        Cli.Clock = new FakeTimeProvider(Sample.At(100));
        Cli.Terminal = true;
        List(Ended(Sample.Id.Value) with
        {
            State = DeploymentPhase.Running,
            NodeCount = 20_000,
            Held = 19_600,
            Progress = new DeploymentProgress(3, 12_400, 20_000, 2, 4),
            Applications = ["Lamp[app1]", "Lamp[app2]"],
            ApplicationCount = 2,
        });
        var ran = await Cli.RunAsync("list");
        Assert.Equal(
            [
                "id        state            nodes  group  attempt    held   time  applications",
                "7f3k2m1q  running  12,400/20,000    2/4        3  19,600  1m40s  Lamp[app1], La…",
                "(no room for started, environment, by)",
            ], ran.Lines[..3]);
    }

    [Fact]
    public async Task List_keeps_to_the_columns_of_a_terminal()
    {
        Cli.Terminal = true;
        List(Ended(Sample.Id.Value) with
        {
            NodeCount = 4,
            Held = 4,
            Attention = "frozen",
            EndedAt = Sample.At(100),
            Applications = ["Lamp[app1]", "Lamp[app2]"],
            ApplicationCount = 2,
        });
        var ran = await Cli.RunAsync("list");
        Assert.Equal(
            [
                "id        state   nodes  held  started            time  environment  applicatio…",
                "7f3k2m1q  failed      4     4  2016-07-14 13:28  1m40s  production   Lamp[app1]…",
                "(no room for by)",
            ], ran.Lines[..3]);
        Assert.Equal(["7f3k2m1q [frozen] still holds 4 nodes: orchestrator show 7f3k2m1q says what to", "    do"], ran.Lines[^2..]);
        Assert.All(ran.Lines, line => Assert.InRange(line.Length, 0, 80));
    }

    [Fact]
    public async Task List_says_of_one_that_cannot_be_read_what_a_person_can_do()
    {
        List(Ended(Sample.Id.Value) with { State = DeploymentPhase.Waiting, Active = false, Attention = DeploymentLine.CannotBeCarriedOn });
        Assert.EndsWith(
            "7f3k2m1q [cannot continue] its plan or its history in the journal cannot be read: restore the journal from a copy, then orchestrator "
                + "resume 7f3k2m1q; or orchestrator abandon 7f3k2m1q --yes, which gives up its nodes\n",
            (await Cli.RunAsync("list")).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_says_that_there_is_nothing()
    {
        List();
        Assert.Equal("There are no deployments yet.\n", (await Cli.RunAsync("list")).Out);
    }

    [Fact]
    public async Task List_says_that_there_is_nothing_older()
    {
        List();
        Assert.Equal("There are no older deployments.\n", (await Cli.RunAsync("list", "--before", "7f")).Out);
    }

    [Fact]
    public async Task List_asks_for_the_newest_and_those_that_are_still_current_and_says_how_many_more_there_are()
    {
        var page = new DeploymentPage([Ended("new")], new DeploymentId("new"), 1200, [Ended("old") with { Held = 3 }]);
        Host.Answer("GET", HostApi.Deployments, 200, page, MessagesJson.Default.DeploymentPage);
        var ran = await Cli.RunAsync("list");
        Assert.Equal($"GET {HostApi.Deployments}?limit=20&current=true&sizes=true", Asked());
        Assert.Equal(["old", "new"], ran.Lines[1..3].Select(l => l[..3]));
        Assert.Equal("1,199 older deployments not listed: orchestrator list --before new or --all", ran.Lines[^1]);

        await Cli.RunAsync("list", "--limit", "3", "--before", "new");
        Assert.Equal($"GET {HostApi.Deployments}?limit=3&before=new&sizes=true", Asked());

        string Asked() => Host.Requests.Where(r => r.Path.StartsWith(HostApi.Deployments, StringComparison.Ordinal)).Select(r => $"{r.Method} {r.Path}").Last();
    }

    [Fact]
    public async Task List_tells_how_much_each_history_and_the_journal_have_and_marks_what_was_imported()
    {
        var alien = Ended("alien") with { Imported = true, Held = 3, Bytes = 999 };
        var page = new DeploymentPage([Ended("new") with { Bytes = 1_234_567 }, alien], null, 0, [], 5_000_000);
        Host.Answer("GET", HostApi.Deployments, 200, page, MessagesJson.Default.DeploymentPage);

        var ran = await Cli.RunAsync("list");

        Assert.Matches("^id +state +nodes +held +started +environment +by +size$", ran.Lines[0]);
        Assert.Contains("  rip     1.2 MB", ran.Lines[1], StringComparison.Ordinal);
        Assert.Contains("  rip  999 bytes", ran.Lines[2], StringComparison.Ordinal);
        Assert.Contains("alien was imported from another journal: it can only be read", ran.Lines);
        Assert.Equal("The journal takes up 5.0 MB on disk.", ran.Lines[^1]);
    }

    [Fact]
    public async Task On_a_terminal_the_list_ends_with_what_matters_most_and_begins_with_what_it_leaves_out()
    {
        Cli.Terminal = true;
        var page = new DeploymentPage(
            [Ended("new") with { StartedAt = Sample.At(60) }, Ended("mid")], new DeploymentId("mid"), 1200, [Ended("old") with { Held = 3 }]);
        Host.Answer("GET", HostApi.Deployments, 200, page, MessagesJson.Default.DeploymentPage);
        var ran = await Cli.RunAsync("list");
        Assert.Equal("1,199 older deployments not listed: orchestrator list --before mid or --all", ran.Lines[0]);
        Assert.Equal(["mid", "new", "old", "", "old"], ran.Lines[3..].Select(l => l.Split(' ')[0]));
    }

    [Fact]
    public async Task List_asks_only_for_those_that_match_and_says_so()
    {
        Host.Answer("GET", HostApi.Deployments, 200, new DeploymentPage([], null, 0, []), MessagesJson.Default.DeploymentPage);
        var ran = await Cli.RunAsync(
            "list", "--state", "failed,awaiting-approval", "--state", "stuck", "--environment", "v42", "--since", "2026-01-31 10:00", "--mine");
        Assert.Equal((0, "No deployments match.\n"), (ran.ExitCode, ran.Out));
        Assert.Equal(
            $"{HostApi.Deployments}?limit=20&current=true&sizes=true&state=failed%2Cawaiting%20approval%2Cstuck&environment=v42"
                + "&since=2026-01-31T10%3A00%3A00.0000000%2B02%3A00&by=rip",
            Host.Requests.Last().Path);
        await Cli.RunAsync("list", "--since", "2h");
        var since = DateTimeOffset.Parse(
            Uri.UnescapeDataString(Host.Requests.Last().Path.Split("since=")[1]), System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(TimeProvider.System.GetUtcNow() - since, TimeSpan.FromHours(2), TimeSpan.FromHours(2.1));
    }

    [Fact]
    public async Task Events_asks_only_for_those_of_some_nodes_and_types()
    {
        Host.Answers["GET " + HostApi.Deployment("7f") + "/events"] = (200, "[]");
        Assert.Equal(0, (await Cli.RunAsync("events", "7f", "--node", "web*,db1", "--type", "node-settled")).ExitCode);
        Assert.Equal("/v1/deployments/7f/events?after=0&node=web%2A%2Cdb1&type=node-settled", Host.Requests.Last().Path);
        var ran = await Cli.RunAsync("events", "7f", "--type", "node-setled");
        Assert.Equal((2, "orchestrator: --type: unknown \"node-setled\", did you mean node-settled?\n"), (ran.ExitCode, ran.Error));
    }

    [Theory]
    [InlineData("list", "--state", "faild", "--state: unknown \"faild\", did you mean failed?")]
    [InlineData("list", "--state", "failed,", "--state must not have an empty entry")]
    [InlineData("list", "--since", "yesterday", "--since: \"yesterday\" is neither an age nor a date: write for example 90d, 12h or 2026-01-31")]
    [InlineData("list", "--limit", "0", "--limit must be a whole number above 0, not \"0\"")]
    [InlineData("list", "--limit", "all", "--limit must be a whole number above 0, not \"all\"")]
    [InlineData("list", "--all", "--limit", "5", "--all and --limit cannot be combined: use one of them")]
    public async Task List_says_what_is_wrong_with_its_options(params string[] words)
    {
        var ran = await Cli.RunAsync(words[..^1]);
        Assert.Equal((2, $"orchestrator: {words[^1]}\n"), (ran.ExitCode, ran.Error));
    }

    [Fact]
    public async Task List_prints_an_array_of_what_the_host_wrote_with_output_json()
    {
        Host.Answers["GET " + HostApi.Deployments] =
            (200, """{"deployments":[{"id":"a","from":"a newer host"}],"next":"a","older":2,"current":[{"id":"b"}]}""");
        Assert.Equal("""[{"id":"a","from":"a newer host"},{"id":"b"}]""" + "\n", (await Cli.RunAsync("list", "--output", "json")).Out);
    }

    private static DeploymentLine Ended(string id) =>
        new(new DeploymentId(id), "production", DeploymentPhase.Failed, Sample.At(0), 3, 0, "rip", new FleetName("f"), new PlanId("p"), true, []);

    private void List(params ImmutableArray<DeploymentLine> lines) =>
        Host.Answer("GET", HostApi.Deployments, 200, new DeploymentPage(lines, null, 0, []), MessagesJson.Default.DeploymentPage);

    [Fact]
    public async Task Show_tells_how_it_stands_and_every_node_where_that_is_asked_for()
    {
        Host.Answer("GET", HostApi.Deployment("7f3k2m1q"), 200, Sample.Failed, MessagesJson.Default.DeploymentView);
        var ran = await Cli.RunAsync("show", "7f3k2m1q", "--all");
        Assert.Equal(0, ran.ExitCode);
        Assert.StartsWith(
            "Deployment 7f3k2m1q in production: failed after 1m13s, started by rip\ndev2.example.net failed: resources\n", ran.Out, StringComparison.Ordinal);
        Assert.EndsWith(
            """
            node              group  outcome            changed  hold      message
            dev1.example.net      1  succeeded                2  held      
            dev2.example.net      2  failed: resources        1  held      1 resource failed
            dev3.example.net      2  succeeded                1  not held  it does not answer

            """, ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_has_the_held_nodes_read_first_where_that_is_asked_for()
    {
        var seen = Sample.Failed with
        {
            Nodes = [.. Sample.Failed.Nodes.Select(n => n with { SeenAt = Sample.At(90), Seen = n.Name == Sample.Dev3 ? "somebody enabled it" : null })],
        };
        Host.Answer("POST", HostApi.Look("7f3k2m1q"), 200, seen, MessagesJson.Default.DeploymentView);
        var ran = await Cli.RunAsync("show", "7f3k2m1q", "--fresh");
        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.Contains("dev3.example.net: somebody enabled it\nnot held: dev3.example.net\n", ran.Out, StringComparison.Ordinal);
        Assert.Contains("\n2 nodes stay disabled by this deployment, as last read at ", ran.Out, StringComparison.Ordinal);
        Assert.Equal("", Assert.Single(Host.Requests, r => r.Path == HostApi.Look("7f3k2m1q")).Body);
    }

    [Fact]
    public async Task An_unknown_id_is_told_in_the_hosts_words()
    {
        var ran = await Cli.RunAsync("show", "nope");
        Assert.Equal((2, "orchestrator: no deployment has the id /v1/deployments/nope\n"), (ran.ExitCode, ran.Error));
    }

    [Fact]
    public async Task An_answer_that_nobody_understands_is_told_as_such()
    {
        Host.Answers["GET " + HostApi.Deployment("a")] = (500, "<html>");
        Host.Answers["GET " + HostApi.Deployment("b")] = (200, "{");
        Assert.Equal(8, (await Cli.RunAsync("show", "a")).ExitCode);
        using var other = new CommandLine(Cli.Folder);
        var ran = await other.RunAsync("show", "b");
        Assert.Equal(8, ran.ExitCode);
        Assert.StartsWith("orchestrator: the host's answer cannot be read: ", ran.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"version":"9.9.9","processId":1,"startedAt":"2026-01-01T00:00:00Z","unfinished":[]}""")]
    [InlineData("""{"version":"9.9.9","unfinished":"no list"}""")]
    public async Task A_host_of_another_version_is_named_before_anything_else_is_said(string status)
    {
        const string Warning = "warning: the running host is version 9.9.9, but this command is version VERSION: use "
            + "version 9.9.9 until that host exits, soon after its last deployment has ended\n";
        Host.Answers["GET " + HostApi.Host] = (200, status);
        Host.Answers["GET " + HostApi.Deployment("b")] = (200, "{");

        var ran = await Cli.RunAsync("show", "b");

        Assert.Equal(8, ran.ExitCode);
        Assert.StartsWith(
            Warning.Replace("VERSION", ProductVersion.Current, StringComparison.Ordinal) + "orchestrator: the host's answer cannot be read: ", ran.Error,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("<html>")]
    [InlineData("""{"version":7}""")]
    public async Task A_host_that_names_no_version_is_asked_all_the_same(string status)
    {
        Host.Answers["GET " + HostApi.Host] = (200, status);
        var ran = await Cli.RunAsync("show", "nope");
        Assert.Equal((2, "orchestrator: no deployment has the id /v1/deployments/nope\n"), (ran.ExitCode, ran.Error));
    }

    [Fact]
    public async Task Events_are_told_a_line_each_and_those_of_a_newer_host_as_they_are()
    {
        var known = JsonSerializer.Serialize(new RecordedEvent(1, Sample.Started()), MessagesJson.Default.RecordedEvent);
        const string Newer = """{"sequence":2,"type":"node-blessed","node":"a"}""";
        Host.Answers[$"GET {HostApi.Deployment("7f")}/events"] = (200, $"[{known},{Newer}]");
        var ran = await Cli.RunAsync("events", "7f");
        Assert.Equal(
            ["     1  2016-07-14 13:28:38 +0200  started             3 nodes in production on emulated:0, started by rip, plan sha256:abc", Newer], ran.Lines);

        var chosen = new DeploymentOptions { OverrideNoop = true, RunEnvironment = "canary", Tags = ["web", "db"] };
        Host.Answers[$"GET {HostApi.Deployment("8a")}/events"] = (
            200, $"[{JsonSerializer.Serialize(new RecordedEvent(1, Sample.Started(chosen)), MessagesJson.Default.RecordedEvent)}]");
        using var audit = new CommandLine(Cli.Folder);
        Assert.EndsWith(
            "plan sha256:abc, --override-noop --run-environment canary --tags web,db", Assert.Single((await audit.RunAsync("events", "8a")).Lines),
            StringComparison.Ordinal);

        using var other = new CommandLine(Cli.Folder);
        Assert.Equal([known, Newer], (await other.RunAsync("events", "7f", "--output", "jsonl")).Lines);
    }

    [Fact]
    public async Task Watch_says_that_nobody_carries_a_deployment_on()
    {
        Host.Play(Sample.Running, [.. Sample.FirstGroup]);
        Host.BeforeStreamEnds = new TaskCompletionSource().Task;
        Host.Notice = StreamNotice.AllIsWell with { Active = false };
        var watching = Cli.RunAsync("watch", "7f3k2m1q");
        await Until.TrueAsync(() => Cli.OutSoFar.Contains(
            "Deployment 7f3k2m1q is not running, its host has exited: orchestrator resume 7f3k2m1q resumes it.", StringComparison.Ordinal));
        Cli.Interrupt();
        var ran = await watching;
        Assert.Equal(130, ran.ExitCode);
        // What is known, and not that it goes on.
        Assert.Contains("deployment 7f3k2m1q: not running, its host has exited: orchestrator resume", ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("still running", ran.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Host.Requests, r => r.Path.StartsWith(HostApi.Resume, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("list")]
    [InlineData("show", "7f3k2m1q")]
    [InlineData("pause", "7f3k2m1q")]
    public async Task A_clock_of_the_host_that_was_set_is_told_by_every_command(params string[] command)
    {
        var status = new HostStatus(ProductVersion.Current, 1, Sample.At(0), [], Clock: "this host's clock was set back by 2h: check it\u001b[2J");
        Host.Answer("GET", HostApi.Host, 200, status, MessagesJson.Default.HostStatus);
        var ran = await Cli.RunAsync(command);
        Assert.StartsWith("warning: this host's clock was set back by 2h: check it\\u001b[2J\n", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task That_nobody_carries_a_deployment_on_is_said_again_after_each_reconnect()
    {
        var told = new TaskCompletionSource();
        Host.Play(Sample.Running, [.. Sample.FirstGroup]);
        (Host.BreakFirstStreamAfter, Host.BeforeBreak, Host.BeforeStreamEnds) = (5, told.Task, new TaskCompletionSource().Task);
        Host.Notice = StreamNotice.AllIsWell with { Active = false };
        var watching = Cli.RunAsync("watch", "7f3k2m1q");
        await Until.TrueAsync(() => Told() == 1);
        told.SetResult();
        await Until.TrueAsync(() => Told() == 2);
        Cli.Interrupt();
        await watching;

        int Told() => Cli.OutSoFar.Split("is not running, its host has exited").Length - 1;
    }

    [Theory]
    [InlineData(true, false, "the disk of /x is full", "Deployments are blocked: the disk of /x is full.")]
    [InlineData(false, true, null, "Deployment 7f3k2m1q: its plan or its history in the journal cannot be read: restore the journal from a copy")]
    public async Task Watch_says_once_what_keeps_a_deployment_from_going_on(bool active, bool broken, string? trouble, string said)
    {
        Host.Play(Sample.Succeeded, [.. Sample.FirstGroup, .. Sample.GoodEnd]);
        Host.Notice = new StreamNotice(active, broken, trouble);
        var ran = await Cli.RunAsync("watch", "7f");
        Assert.Equal(0, ran.ExitCode);
        Assert.Single(ran.Lines, l => l.StartsWith(said, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("list")]
    [InlineData("show", "7f")]
    [InlineData("pause", "7f")]
    public async Task Whatever_is_asked_trouble_of_the_host_is_told_on_standard_error(params string[] command)
    {
        Host.Play(Sample.Succeeded, [.. Sample.FirstGroup, .. Sample.GoodEnd]);
        var status = new HostStatus(ProductVersion.Current, 1, Sample.At(0), [], "the journal /x is gone\u001b[2J");
        Host.Answer("GET", HostApi.Host, 200, status, MessagesJson.Default.HostStatus);
        var ran = await Cli.RunAsync(command);
        Assert.StartsWith("warning: deployments are blocked: the journal /x is gone\\u001b[2J\n", ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_sees_only_where_an_ended_deployment_stands_is_told_so_without_its_history_or_a_stream_that_might_not_end()
    {
        Host.Play(Sample.Succeeded, [.. Sample.FirstGroup, .. Sample.GoodEnd]);
        Assert.Equal(0, (await Cli.RunAsync("watch", "7f", "--output", "json")).ExitCode);
        Assert.Equal(
            ["/v1/deployments/7f/progress", "/v1/deployments/7f3k2m1q"],
            Host.Requests.Select(r => r.Path).Where(p => p != HostApi.Host));
    }

    [Fact]
    public async Task Nodes_shows_what_they_say_and_who_holds_them()
    {
        Host.Answer("POST", HostApi.Nodes, 200, ImmutableArray.Create(
            new NodeNow(Sample.Dev1, true, false, true, true, Sample.At(0), "by hand\u0007", Sample.Id, null),
            new NodeNow(Sample.Dev2, true, true, false, false, null, "", null, Sample.Id),
            new NodeNow(Sample.Dev3, false, null, false, false, null, "", null, Sample.Id, Sample.At(0))), MessagesJson.Default.NodesNow);
        var ran = await Cli.RunAsync("nodes", Site, "--emulate", "--rpc-timeout", "2s");
        Assert.Equal(
            """
            node              puppet     run       daemon  last run                   held by   reserved by  message
            dev1.example.net  disabled   applying  yes     2016-07-14 13:28:38 +0200  7f3k2m1q               by hand\u0007
            dev2.example.net  enabled                      never                                7f3k2m1q     
            dev3.example.net  no answer                                                         7f3k2m1q     last seen held 2016-07-14 13:28:38 +0200

            3 nodes, 1 disabled, 1 applying, 1 not responding

            """, ran.Out);
        Assert.Equal(TimeSpan.FromSeconds(2), JsonSerializer.Deserialize(Host.Requests.Last().Body, MessagesJson.Default.NodesRequest)!.RpcTimeout);
    }

    [Theory]
    [InlineData("no-answer", "dev2.example.net")]
    [InlineData("disabled,applying", "dev1.example.net")]
    public async Task Nodes_shows_those_in_a_state_and_asks_those_of_a_name(string state, string name)
    {
        Host.Answer("POST", HostApi.Nodes, 200, ImmutableArray.Create(
            new NodeNow(new("dev1.example.net"), true, false, true, true, Sample.At(0), "by hand", Sample.Id, null),
            new NodeNow(new("dev2.example.net"), false, null, false, false, null, "", null, null)), MessagesJson.Default.NodesNow);
        var text = await Cli.RunAsync("nodes", Site, "--emulate", "--node", "dev*", "--state", state);
        Assert.Equal((1, name), (text.ExitCode, text.Lines[1].Split(' ')[0]));
        Assert.StartsWith("1 node, ", text.Lines[^1], StringComparison.Ordinal);
        Assert.Equal(["dev*"], JsonSerializer.Deserialize(Host.Requests.Last().Body, MessagesJson.Default.NodesRequest)!.Nodes!);
        var json = await new CommandLine(Cli.Folder).RunAsync("nodes", Site, "--emulate", "--state", state, "--output", "json");
        Assert.Equal(name, Assert.Single(JsonSerializer.Deserialize(json.Out, MessagesJson.Default.NodesNow)).Name.Value);
    }

    [Theory]
    [InlineData(true, ExitCodes.Done)]
    [InlineData(false, ExitCodes.Failed)]
    public async Task Nodes_ends_with_1_where_a_node_is_silent_and_answers_the_same(bool answered, int exitCode)
    {
        Host.Answer("POST", HostApi.Nodes, 200, ImmutableArray.Create(
            new NodeNow(Sample.Dev1, true, true, false, false, null, "", null, null),
            new NodeNow(Sample.Dev2, answered, null, false, false, null, "", null, null)), MessagesJson.Default.NodesNow);
        Assert.Equal(exitCode, (await Cli.RunAsync("nodes", Site, "--emulate")).ExitCode);
        var programs = new CommandLine(Cli.Folder);
        var ran = await programs.RunAsync("nodes", Site, "--emulate", "--output", "json");
        Assert.Equal((exitCode, 2, ""), (ran.ExitCode, JsonSerializer.Deserialize(ran.Out, MessagesJson.Default.NodesNow).Length, ran.Error));
    }

    [Fact]
    public async Task JSON_on_a_terminal_keeps_its_meaning_and_loses_its_unseen_characters()
    {
        Cli.Terminal = true;
        Host.Answers["GET " + HostApi.Deployments] = (200, "{\"deployments\":[{\"id\":\"a\u202eb\"}],\"older\":0,\"current\":[]}");
        var ran = await Cli.RunAsync("list", "--output", "json");
        Assert.Equal("[{\"id\":\"a\\u202eb\"}]\n", ran.Out);
    }
}
