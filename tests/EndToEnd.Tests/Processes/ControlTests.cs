using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.EndToEnd.Tests.Processes;

/// <summary>A deployment under control, from the command line to the nodes: budgets, approval, pauses, retry, rollback, hold, and why.</summary>
public sealed class ControlTests(SharedHost host) : IClassFixture<SharedHost>
{
    private const string First = "dev1.example.net";
    private const string Second = "dev2.example.net";
    private const string FailsOnce = $"nodes: {{ {Second}: {{ result: [failed-resources, success] }} }}";
    private const string FailsAlways = $"nodes: {{ {Second}: {{ result: failed-resources }} }}";

    private Sandbox State => host.State;

    private string Lamp => host.Site(webs: [Second]);

    [Fact]
    public async Task A_group_waits_for_approval_says_why_and_is_first_in_the_list()
    {
        var id = await host.BeginAsync(Lamp, host.Scenario(), "--approve-groups");
        await State.StandsAsync(id, "awaiting approval");
        Assert.Equal(
            $"{Second}  it is held, and waits for group 2, which waits for approval\n  group 2 waits for approval: orchestrator approve {id} --group 2\n",
            await SaidAsync("why", id, Second));
        Assert.Contains($"{id} waits for approval: orchestrator approve {id} --group 2\n", await SaidAsync("list"), StringComparison.Ordinal);

        Assert.Equal($"deployment {id}: paused: nothing new starts, running nodes finish\n", await SaidAsync("pause", id));
        Assert.Equal($"deployment {id}: group 2 approved\n", await SaidAsync("approve", id));
        Assert.Equal($"deployment {id}: group 2 is already approved\n", await SaidAsync("approve", id));
        Assert.Equal("paused", await State.StateOfAsync(id));
        Assert.Equal($"deployment {id}: resumed\n", await SaidAsync("resume", id));

        Assert.Equal(0, (await host.EndOfAsync(id)).ExitCode);
        Assert.Contains("group-approved", await SaidAsync("events", id), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Held_nodes_are_read_on_demand_and_one_that_somebody_enabled_is_disabled_again_and_named()
    {
        // After five seconds, and once more after forty: on a slow machine the first may come while the node is still being held, which is seen there.
        static string EnabledAfter(int seconds) => $"{{ after: disable, delay: {seconds}s, does: enable }}";
        var scenario = host.Scenario($"nodes: {{ {Second}: {{ person: [{EnabledAfter(100)}, {EnabledAfter(800)}] }} }}");
        var id = await host.BeginAsync(Lamp, scenario, "--approve-groups");
        await State.StandsAsync(id, "awaiting approval");
        var shown = "";
        await Until.TrueAsync(async () =>
        {
            shown = await SaidAsync("show", id, "--fresh");
            return shown.Contains($"{Second}: somebody enabled it; it is disabled again\n", StringComparison.Ordinal);
        });
        Assert.Contains("\n2 nodes are disabled by this deployment, as last read at ", shown, StringComparison.Ordinal);

        await SaidAsync("cancel", id);
        var before = (await host.EndOfAsync(id)).Deployment().EndedAt!.Value;
        var after = (await State.RunAsync("show", id, "--fresh", "--output", "json")).Deployment();
        Assert.All(after.Nodes, n => Assert.True(n.Hold == Hold.Held && n.SeenAt > before, $"{n.Name}: {n.Hold}, {n.SeenAt} after {before}"));
    }

    [Fact]
    public async Task What_nobody_approves_in_time_is_cancelled()
    {
        var id = await host.BeginAsync(Lamp, host.Scenario(), "--approve-groups", "--approve-timeout", "500ms");
        var ran = await host.EndOfAsync(id);
        Assert.Equal((5, $"cancelled: {First} succeeded held, {Second} skipped held"), (ran.ExitCode, OutcomeRow.EndOf(ran.Deployment())));
    }

    [Fact]
    public async Task A_retry_runs_what_did_not_succeed_and_is_followed_to_its_end()
    {
        var id = await host.BeginAsync(Lamp, host.Scenario(FailsOnce));
        Assert.Equal(1, (await host.EndOfAsync(id)).ExitCode);
        Assert.Contains("missing proof 5: nothing failed", await SaidAsync("why", id, Second), StringComparison.Ordinal);

        var retried = await State.RunAsync("retry", id, "--yes");

        Assert.True(retried.ExitCode == 0, retried.Error);
        Assert.StartsWith($"deployment {id}: attempt 2 starts with 1 node\n\nAttempt 2, started by ", retried.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Running node group 1", retried.Output, StringComparison.Ordinal);
        Assert.Equal($"succeeded: {First} succeeded, {Second} succeeded", OutcomeRow.EndOf((await host.EndOfAsync(id)).Deployment()));
        var again = await State.RunAsync("retry", id, "--yes");
        Assert.Equal((2, $"orchestrator: deployment {id}: every node has succeeded: nothing to retry\n"), (again.ExitCode, again.Error));
    }

    [Theory]
    [InlineData(FailsOnce, 6, "rolled back")]
    [InlineData(FailsAlways, 7, "stuck")]
    public async Task A_failure_is_rolled_back_and_the_end_is_no_false_word(string keys, int exitCode, string end)
    {
        var ran = await State.RunAsync(
            "run", Lamp, "--emulate", host.Scenario(keys), "--yes", "--on-failure", "rollback", "--rollback-environment", "v41", "--output", "json");
        Assert.Equal((exitCode, $"{end}: {First} succeeded held, {Second} failed: resources held"), (ran.ExitCode, OutcomeRow.EndOf(ran.Deployment())));
        var id = ran.Deployment().Id.Value;
        Assert.StartsWith($"{Second}  its run of the rollback to v41: ", await SaidAsync("why", id, Second), StringComparison.Ordinal);
        var retried = await State.RunAsync("retry", id, "--yes");
        Assert.Equal(2, retried.ExitCode);
        Assert.Equal($"deployment {id}: the nodes it holds are being enabled\n", await SaidAsync("release", id, "--yes"));
    }

    [Fact]
    public async Task A_person_rolls_a_frozen_deployment_back()
    {
        var id = await host.BeginAsync(Lamp, host.Scenario(FailsOnce));
        Assert.Equal(1, (await host.EndOfAsync(id)).ExitCode);
        var nowhere = await State.RunAsync("rollback", id, "--yes");
        Assert.Equal(
            (2, $"orchestrator: deployment {id}: no rollback environment was given; name one with --rollback-environment\n"),
            (nowhere.ExitCode, nowhere.Error));

        var back = await State.RunAsync("rollback", id, "--yes", "--rollback-environment", "v41", "--output", "jsonl");

        Assert.Equal(6, back.ExitCode);
        Assert.Contains("\"type\":\"rollback-started\"", back.Output.Split('\n')[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Within_the_budget_the_rest_goes_on_and_what_failed_stays_held()
    {
        var ran = await State.RunAsync(
            "run", host.Site(webs: [Second, "dev3.example.net"]), "--emulate", host.Scenario(FailsAlways), "--yes", "--strategy", "eager", "--max-failures",
            "50%", "--output", "json");
        Assert.Equal(
            (1, $"succeeded with failures: {First} succeeded, {Second} failed: resources held, dev3.example.net succeeded"),
            (ran.ExitCode, OutcomeRow.EndOf(ran.Deployment())));
    }

    [Fact]
    public async Task A_node_that_a_person_holds_stays_held_until_a_release_names_it()
    {
        var id = await host.BeginAsync(Lamp, host.Scenario(), "--approve-groups");
        await State.StandsAsync(id, "awaiting approval");
        await SaidAsync("hold", id, First);
        await SaidAsync("approve", id);
        Assert.Equal($"succeeded: {First} succeeded held, {Second} succeeded", OutcomeRow.EndOf((await host.EndOfAsync(id)).Deployment()));
        Assert.Equal(2, (await State.RunAsync("release", id, "--yes")).ExitCode);
        Assert.Equal($"deployment {id}: {First} is being enabled\n", await SaidAsync("release", id, First, "--yes"));
        await Until.TrueAsync(
            async () => !(await State.AskAsync(HostApi.Deployment(id))).GetProperty("nodes")[0].GetProperty("held").GetBoolean(), $"{First} is released");
    }

    [Fact]
    public async Task An_abandoned_deployment_ends_at_once()
    {
        var id = await host.BeginAsync(Lamp, host.Scenario("defaults: { run: 10m }"));
        await State.HappenedAsync(id, "runs-began");
        Assert.Equal(2, (await State.RunAsync("abandon", id)).ExitCode);
        await SaidAsync("abandon", id, "--yes");
        Assert.Equal(5, (await host.EndOfAsync(id)).ExitCode);
    }

    private async Task<string> SaidAsync(params string[] arguments)
    {
        var ran = await State.RunAsync(arguments);
        Assert.True(ran is { ExitCode: 0, Error: "" }, $"exit code {ran.ExitCode}: {ran.Error}");
        return ran.Output;
    }
}
