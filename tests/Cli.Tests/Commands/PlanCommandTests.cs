using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Orchestrator.Cli.Tests.Hosts;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Cli.Tests.Commands;

/// <summary>Plans before the run, as the person at the terminal sees them.</summary>
public sealed class PlanCommandTests : HostedTests
{
    private static readonly PlanId Old = new($"sha256:{new string('a', 64)}");
    private static readonly PlanId New = new($"sha256:{new string('b', 64)}");

    private static readonly PlanDifference Difference = new(
        Old, New, false, new("k7m2p9xa"), new TextChange("production", "staging"), ["Cache[app1]"], ["Mail[app1]"], new(2, 3), new(3, 3), 2, 1,
        [new PlacedNode(2, Node("dev4.example.net", "Lamp::Webapp[app1-3]", Sample.Dev1))],
        [new PlacedNode(2, Node("dev3.example.net", "Lamp::Webapp[app1-2]", Sample.Dev1))],
        [
            new NodeChange(Sample.Dev1, null, null, null, null, null, new TextChange(null, "dev1"), new LabelsChange(Labels("rack", "a"), Labels("room", "b"))),
            new NodeChange(
                Sample.Dev2, new(2, 3), Components("Lamp::Cache[app1]"), Components("Lamp::Old[\u001b]"), [new("dev4.example.net")], [Sample.Dev3], null, null),
        ]);

    [Fact]
    public async Task Ctrl_C_ends_the_waiting_for_a_pipe_that_nobody_writes_to()
    {
        var pipe = Path.Combine(Cli.Folder, "pipe");
        using var made = Process.Start("mkfifo", pipe);
        await made.WaitForExitAsync();
        var running = Task.Run(() => Cli.RunAsync("plan", pipe));
        Cli.Interrupt();
        var ran = await running.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal((ExitCodes.Interrupted, "", "orchestrator: interrupted: nothing was changed\n"), (ran.ExitCode, ran.Out, ran.Error));
    }

    [Fact]
    public async Task Output_site_writes_the_site_file_of_the_host_and_nothing_else()
    {
        const string File = "environment: production\napplications:\n  Lamp[a]: {}\n";
        Host.Answers[$"POST {HostApi.SiteFile}"] = (200, File);
        var ran = await Cli.RunAsync("plan", Site, "--output", "site");
        Assert.Equal((ExitCodes.Done, File, ""), (ran.ExitCode, ran.Out, ran.Error));
    }

    [Theory]
    [InlineData("orchestrator: --output site and --batch cannot be combined: a site file has no plan", "--batch", "2")]
    [InlineData("orchestrator: --output site and --full cannot be combined: a site file has no plan", "--full")]
    [InlineData("orchestrator: --output site writes the whole site: leave out --instance, --nodes and --exclude", "--instance", "Lamp")]
    public async Task Output_site_is_the_whole_site_and_no_plan(string sentence, params string[] arguments)
    {
        var ran = await Cli.RunAsync(["plan", Site, "--output", "site", .. arguments]);
        Assert.Equal((ExitCodes.Usage, ""), (ran.ExitCode, ran.Out));
        Assert.StartsWith(sentence, ran.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_differs_is_told_node_by_node_with_a_fact_a_line()
    {
        Host.Answer("POST", HostApi.PlanAgainst("k7"), 200, Difference, MessagesJson.Plain.PlanDifference);
        var ran = await Cli.RunAsync("plan", Site, "--against", "k7");
        Assert.Equal(
            """
            Against the plan of deployment k7m2p9xa
                    sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa

            environment   production -> staging
            groups        2 -> 3
            nodes         3: 1 added, 1 removed, 2 changed
            order         2 pairs of nodes added, 1 removed
            application   + Cache[app1]
            application   - Mail[app1]

            Added:
                    dev4.example.net in group 2
                            + Lamp[app1] -> Lamp::Webapp[app1-3]
                            + after dev1.example.net

            Removed:
                    dev3.example.net of group 2

            Changed:
                    dev1.example.net
                            identity none -> dev1
                            label rack a -> none
                            label room none -> b
                    dev2.example.net group 2 -> 3
                            + Lamp[app1] -> Lamp::Cache[app1]
                            - Lamp[app1] -> Lamp::Old[\u001b]
                            + after dev4.example.net
                            - after dev3.example.net

            """, ran.Out);
        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.All(ran.Lines, l => Assert.True(l.Length <= 80, l));
    }

    [Fact]
    public async Task Of_many_nodes_the_first_are_told_and_json_has_all()
    {
        var many = Difference with
        {
            Added =
        [
            .. Enumerable.Range(0, 25).Select(i => new PlacedNode(1, Node($"n{i}", "A[x]", [.. Enumerable.Range(0, 30).Select(p => new NodeName($"p{p}"))]))),
        ]
        };
        Host.Answer("POST", HostApi.PlanAgainst("k7"), 200, many, MessagesJson.Plain.PlanDifference);
        var text = await Cli.RunAsync("plan", Site, "--against", "k7");
        Assert.Contains("        n19 in group 1\n", text.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("        n20 in group 1\n", text.Out, StringComparison.Ordinal);
        Assert.Contains("                and 20 more\n", text.Out, StringComparison.Ordinal);
        Assert.Contains("        and 5 more nodes: --output json shows all\n", text.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_plan_is_said_to_be_the_same()
    {
        Host.Answer(
            "POST", HostApi.PlanAgainst("k7"), 200, Difference with { Same = true, Added = [], Removed = [], Changed = [] }, MessagesJson.Plain.PlanDifference);
        var ran = await Cli.RunAsync("plan", Site, "--against", "k7");
        Assert.Equal(0, ran.ExitCode);
        Assert.EndsWith("\n\nNo differences: the site gives the same plan.\n", ran.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--against and --impact cannot be combined: use one of them", "--against", "k7", "--impact")]
    [InlineData("--full and --impact cannot be combined: --output json shows all", "--impact", "--full")]
    [InlineData("--against and --batch cannot be combined: batches are not part of a plan", "--against", "k7", "--batch", "2")]
    public async Task What_does_not_go_together_is_a_mistake_in_use(string sentence, params string[] options)
    {
        var ran = await Cli.RunAsync(["plan", Site, .. options]);
        Assert.Equal((2, "", $"orchestrator: {sentence}\n"), (ran.ExitCode, ran.Out, ran.Error));
        Assert.Empty(Host.Requests);
    }

    [Fact]
    public async Task A_plan_of_more_than_200_nodes_is_summed_up_group_by_group()
    {
        Large(1, 240);
        var ran = await Cli.RunAsync("plan", Site, "--batch", "100");
        Assert.Equal(
            $"""
            Puppet Site Plan for the production Environment

            25 applications on 241 managed nodes:

            {string.Join("\n", Enumerable.Range(0, 20).Select(i => $"        App[{i:00}]"))}
                    and 5 more applications

            Node groups and run order:

                    group 1: 1 node in one batch
                            App[00]
                            g1n000
                    group 2: 240 nodes in 3 batches of 100, 100, 40
                            App[00], App[01], App[02] and 22 more
                            g2n000, g2n001, g2n002, g2n003, g2n004 and 235 more

            This is a summary: --full shows every node.
            Plan {Old}

            """, ran.Out);
    }

    [Fact]
    public async Task Asked_for_in_full_a_large_plan_has_every_node()
    {
        Large(1, 240);
        var full = await Cli.RunAsync("plan", Site, "--full");
        Assert.Contains("        g2n239\n                App[14] -> C[239]\n", full.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("summary", full.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_of_200_nodes_is_shown_whole_and_a_long_chain_by_its_first_groups()
    {
        Large(100, 100);
        Assert.Contains("        g2n099\n", (await Cli.RunAsync("plan", Site)).Out, StringComparison.Ordinal);
        Large([.. Enumerable.Repeat(4, 60)]);
        Cli.Terminal = true;
        var ran = await Cli.RunAsync("plan", Site);
        Assert.Contains("        group 40: 4 nodes\n", ran.Out, StringComparison.Ordinal);
        Assert.Contains("        and 20 more groups with 80 nodes\n", ran.Out, StringComparison.Ordinal);
        Assert.All(ran.Lines.Where(l => !l.StartsWith("Plan ", StringComparison.Ordinal)), l => Assert.True(l.Length <= 80, l));
    }

    [Fact]
    public async Task Before_a_run_a_large_plan_is_summed_up_too_and_the_question_says_how_many_nodes_where_and_what_a_failure_does()
    {
        Large(1, 240);
        Cli.Terminal = true;
        Cli.Typed = "n\n";
        var ran = await Cli.RunAsync("run", Site, "--fleet", "test", "--max-failures", "5%", "--run-environment", "v42");
        Assert.Equal(ExitCodes.Cancelled, ran.ExitCode);
        Assert.Contains("        group 2: 240 nodes\n", ran.Out, StringComparison.Ordinal);
        Assert.Contains(
            """
            This runs Puppet on 241 nodes in 2 groups, on the fleet test.
            Nodes are asked to run in v42; the plan was made for production.
            If more than 5% of the nodes fail, the deployment stops and all nodes stay
            disabled for inspection until orchestrator retry, rollback or release.
            Are you sure you wish to run this plan? (y/n)
            """, ran.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_earlier_deployment_that_nobody_knows_is_told_in_the_hosts_words()
    {
        Host.Answer("POST", HostApi.PlanAgainst("zz"), 404, new ApiProblem(
            404, "Not found", "no deployment matches \"zz\"", ProblemCodes.DeploymentNotFound), MessagesJson.Plain.ApiProblem);
        var ran = await Cli.RunAsync("plan", Site, "--against", "zz");
        Assert.Equal((2, "", "orchestrator: no deployment matches \"zz\": see \"orchestrator list\"\n"), (ran.ExitCode, ran.Out, ran.Error));
    }

    [Fact]
    public async Task The_heaviest_nodes_come_first_then_the_time_and_the_chain_that_bounds_it()
    {
        Assert.True(BatchSizes.TryParse("1", out var one, out _));
        var seconds = TimeSpan.FromSeconds(61);
        Host.Answer("POST", HostApi.Impact, 200, new PlanImpact(
            Old, "production", new("default"), new RunHistory(7, 2, seconds), one, 3 * seconds,
            [new GroupTime(1, 1, 1, seconds, Sample.Dev1), new GroupTime(2, 2, 2, 2 * seconds, Sample.Dev3)],
            new CriticalPath(2 * seconds, [Sample.Dev1, Sample.Dev3]),
            [new NodeImpact(Sample.Dev1, 1, 1, seconds, 7), new NodeImpact(Sample.Dev2, 2, 0, seconds, 0), new NodeImpact(Sample.Dev3, 2, 2, seconds, 3)]),
            MessagesJson.Plain.PlanImpact);
        var ran = await Cli.RunAsync("plan", Site, "--impact", "--batch", "1");
        Assert.Equal(
            """
            Nodes that would be skipped if a node failed
            (if --max-failures lets the rest continue; otherwise the deployment stops):

            skips  group  expected  runs  node
                2      2      1m1s     3  dev3.example.net
                1      1      1m1s     7  dev1.example.net
                0      2      1m1s     0  dev2.example.net

            Expected time 3m3s in batches of 1, from 7 deployments
            on the fleet default in production; Puppet runs only.
            1 node without history (runs 0): the median of the others, 1m1s, is used.

            group  nodes  batches  expected  slowest
                1      1        1      1m1s  dev1.example.net
                2      2        2      2m2s  dev3.example.net

            Critical path, 2m2s: each of these waits for the one before,
            so no batch size or strategy can make it shorter:
                    dev1.example.net
                    dev3.example.net

            """, ran.Out);
        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        var request = JsonSerializer.Deserialize(Host.Requests.Last(r => r.Path == HostApi.Impact).Body, MessagesJson.Default.ImpactRequest)!;
        Assert.Equal((one, false), (request.Batch, request.Fleet.Emulated));
    }

    [Fact]
    public async Task Without_a_history_no_time_is_made_up()
    {
        Host.Answer("POST", HostApi.Impact, 200, new PlanImpact(
            Old, "production", new("emulated:0"), new RunHistory(0, 0, null), null, null, [new GroupTime(1, 25, 1, null, null)], null,
            [.. Enumerable.Range(0, 25).Select(i => new NodeImpact(new($"n{i}"), 1, 0, null, 0))]), MessagesJson.Plain.PlanImpact);
        var ran = await Cli.RunAsync("plan", Site, "--impact", "--emulate");
        Assert.Contains("and 5 more nodes with as many or fewer: --output json shows all\n", ran.Out, StringComparison.Ordinal);
        Assert.Contains(
            "No expected time: there is no history of successful runs of these nodes\non the fleet emulated:0 in production.\n", ran.Out,
            StringComparison.Ordinal);
        Assert.DoesNotContain("Critical path", ran.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_run_of_one_plan_only_is_refused_with_what_differs(bool json)
    {
        Host.Answer(
            "POST", HostApi.Plans, 409, new ApiProblem(409, "Conflict", "the site has changed", ProblemCodes.PlanChanged, Difference: Difference),
            MessagesJson.Plain.ApiProblem);
        var ran = await Cli.RunAsync(["run", Site, "--emulate", "--yes", "--plan-id", Old.Value, .. json ? ["--output", "json"] : Array.Empty<string>()]);
        Assert.Equal(2, ran.ExitCode);
        Assert.EndsWith("orchestrator: the site has changed\n", ran.Error, StringComparison.Ordinal);
        Assert.Equal(json, ran.Out.Contains("\"edgesAdded\":2", StringComparison.Ordinal));
        Assert.Equal(!json, ran.Error.Contains("dev4.example.net in group 2", StringComparison.Ordinal));
        Assert.Equal(HostApi.PlanToRun(Old), Assert.Single(Host.Requests, r => r.Method == "POST").Path);
    }

    [Theory]
    [InlineData("sha256:abc")]
    [InlineData("k7m2p9xa")]
    public async Task A_plan_id_is_whole_or_a_mistake_in_use(string id)
    {
        var ran = await Cli.RunAsync("run", Site, "--yes", "--plan-id", id);
        Assert.Equal((2, ""), (ran.ExitCode, ran.Out));
        Assert.StartsWith("orchestrator: --plan-id needs a full plan id", ran.Error, StringComparison.Ordinal);
        Assert.Empty(Host.Requests);
    }

    private void Large(params int[] sizes)
    {
        var groups = sizes.Select((size, g) => new PlanGroup(g + 1, [.. Enumerable.Range(0, size).Select(i => new PlannedNode(
            new($"g{g + 1}n{i:000}"),
            ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal).Add($"App[{i % 25:00}]", [$"C[{i}]"]), []))]));
        var plan = new Plan(Old, "production", [.. Enumerable.Range(0, 25).Select(i => $"App[{i:00}]")], sizes.Sum(), [.. groups], []);
        Host.Answers["POST " + HostApi.Plans] = (200, Encoding.UTF8.GetString(PlanJson.Write(plan)));
    }

    private static PlannedNode Node(string name, string component, params NodeName[] after) => new(new(name), Components(component), [.. after]);

    private static ImmutableSortedDictionary<string, ImmutableArray<string>> Components(string component) =>
        ImmutableSortedDictionary.Create<string, ImmutableArray<string>>(StringComparer.Ordinal).Add("Lamp[app1]", [component]);

    private static ImmutableSortedDictionary<string, string> Labels(string label, string value) =>
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal).Add(label, value);
}
