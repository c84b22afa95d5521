using System.Text.Json;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.EndToEnd.Tests.Processes;

/// <summary>Cancel, release, and several deployments at once.</summary>
public sealed class VerbTests(SharedHost host) : IClassFixture<SharedHost>
{
    private const string First = "dev1.example.net";
    private const string Second = "dev2.example.net";

    /// <summary>Long enough for the commands of a test, however slow the machine.</summary>
    private const string LongRun = "defaults: { run: 200s }";

    private Sandbox State => host.State;

    private string Lamp => host.Site(webs: [Second]);

    [Theory]
    [InlineData("checking", "defaults: { answer: 40s }", "cancelled: dev1.example.net skipped, dev2.example.net skipped")]
    [InlineData("isolating", "nodes: { dev1.example.net: { applying: stale } }", "cancelled: dev1.example.net skipped, dev2.example.net skipped")]
    [InlineData("running", LongRun, "cancelled: dev1.example.net succeeded held, dev2.example.net skipped held")]
    [InlineData("running", LongRun, "cancelled: dev1.example.net succeeded, dev2.example.net skipped", "--release", "--yes")]
    public async Task Cancelled_nothing_new_starts_and_what_runs_is_awaited(string phase, string keys, string end, params string[] options)
    {
        var id = await host.BeginAsync(Lamp, host.Scenario(keys));
        await State.StandsAsync(id, phase);
        if (phase == "running")
            await State.HappenedAsync(id, "runs-began");
        var cancelled = await State.RunAsync(["cancel", id, .. options]);
        Assert.Equal((0, ""), (cancelled.ExitCode, cancelled.Error));
        var again = await State.RunAsync(["cancel", id, .. options]);
        Assert.True(again is { ExitCode: 0, Error: "" }, $"exit code {again.ExitCode}: {again.Error}");

        var ran = await host.EndOfAsync(id);
        Assert.Equal((5, end), (ran.ExitCode, OutcomeRow.EndOf(ran.Deployment())));
        Assert.Equal((0, $"deployment {id}: it is already cancelled\n"), await AnswerAsync("cancel", id));
    }

    [Fact]
    public async Task What_has_ended_otherwise_cannot_be_cancelled()
    {
        var id = await host.BeginAsync(Lamp, host.Scenario());
        Assert.Equal(0, (await host.EndOfAsync(id)).ExitCode);
        var ran = await State.RunAsync("cancel", id);
        Assert.Equal((2, "", $"orchestrator: deployment {id}: it has already ended: succeeded\n"), (ran.ExitCode, ran.Output, ran.Error));
    }

    [Fact]
    public async Task Environments_without_a_common_node_run_side_by_side()
    {
        var scenario = host.Scenario(LongRun);
        var one = await host.BeginAsync(host.Site("production", "db1", "web1"), scenario);
        var other = await host.BeginAsync(host.Site("staging", "db2", "web2"), scenario);
        await State.HappenedAsync(other, "run-requested");
        Assert.Equal("running", await State.StateOfAsync(one));
        var ends = await Task.WhenAll(host.EndOfAsync(one), host.EndOfAsync(other));
        Assert.All(ends, ran => Assert.Equal(0, ran.ExitCode));
        Assert.True(ends[1].Deployment().StartedAt < ends[0].Deployment().EndedAt);
    }

    private async Task<(int ExitCode, string Output)> AnswerAsync(params string[] arguments)
    {
        var ran = await State.RunAsync(arguments);
        Assert.Equal("", ran.Error);
        return (ran.ExitCode, ran.Output);
    }

    private Task EndsAsync(string id, string end) =>
        Until.TrueAsync(
            async () => OutcomeRow.EndOf((await State.AskAsync(HostApi.Deployment(id))).Deserialize(MessagesJson.Default.DeploymentView)!) == end,
            $"{id} ends as {end}");
}
