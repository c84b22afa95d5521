using System.Text.Json.Nodes;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.EndToEnd.Tests.Processes;

/// <summary>The embedded host: how it comes, who may have it, and how it goes.</summary>
public sealed class HostLifeTests
{
    private const string Site = OutcomeRow.Site;
    private const string Slow = "speed: 20\ndefaults: { run: 60s }";
    private const string Endless = "speed: 20\ndefaults: { run: 2h }";
    private const string AlreadyRuns = "a host is already running for the folder ";

    [Fact]
    public async Task Two_commands_at_once_share_one_host_and_a_second_host_is_refused()
    {
        await using var state = new Sandbox();
        var ran = await Task.WhenAll(state.RunAsync("list"), state.RunAsync("list"), state.RunAsync("list"));
        Assert.All(ran, r => Assert.Equal((0, "There are no deployments yet.\n", ""), (r.ExitCode, r.Output, r.Error)));
        Assert.Single(await File.ReadAllLinesAsync(state.Log), l => l.Contains(" is listening on ", StringComparison.Ordinal));

        await using var second = state.StartProgram(Sandbox.Dotnet, Sandbox.HostLibrary);
        var refused = await second.EndAsync();
        Assert.Equal((75, "", AlreadyRuns + state.Folder + "\n"), (refused.ExitCode, refused.Output, refused.Error));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(state.Folder));
        foreach (var file in new[] { state.Socket, state.Journal, state.Log })
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task A_host_with_nothing_to_do_ends_by_itself_and_the_next_one_knows_what_was()
    {
        await using var state = new Sandbox(("ORCHESTRATOR_IDLE_SECONDS", "5"));
        var ran = await RunAsync(state, "speed: 20");
        Assert.Equal(0, ran.ExitCode);
        await Until.TrueAsync(() => !state.HostRuns, "the host has ended");
        Assert.False(File.Exists(state.Socket));
        Assert.EndsWith(" has exited", (await File.ReadAllLinesAsync(state.Log))[^1], StringComparison.Ordinal);

        var shown = await state.RunAsync("show", ran.Deployment().Id.Value, "--output", "json");
        var (before, after) = (JsonNode.Parse(ran.Output)!.AsObject(), JsonNode.Parse(shown.Output)!.AsObject());
        // What makes sense is all that has changed: the emulated fleet ended with its host.
        Assert.True(before.Remove("verbs"));
        Assert.False(after.ContainsKey("verbs"));
        Assert.Equal(before.ToJsonString(), after.ToJsonString());
    }

    [Fact]
    public async Task A_killed_host_leaves_a_socket_and_emulated_deployments_that_end_as_abandoned()
    {
        await using var state = new Sandbox();
        var site = state.Write("site.yaml", Site);
        await using var run = state.Start("run", site, "--emulate", state.Write("slow.yaml", Endless), "--yes", "--output", "jsonl");
        await run.SaysAsync("\"runs-began\"");
        var id = (await state.RunAsync("list", "--output", "json")).Json()[0].GetProperty("id").GetString()!;
        await using var watch = state.Start("watch", id);
        await watch.SaysAsync("Running Puppet on 1 node");

        await state.KillHostAsync();
        Assert.True(File.Exists(state.Socket));

        // Both find the next host, started by one of them, and are told the end.
        var ends = await Task.WhenAll(run.EndAsync(), watch.EndAsync());
        Assert.All(ends, e => Assert.True(e.ExitCode == 5, $"exit code {e.ExitCode}: {e.Error}"));
        var view = (await state.RunAsync("show", "--output", "json")).Deployment();
        Assert.Equal(("abandoned", "its emulated fleet ended with the host process that it lived in"), (view.State.Word(), view.Message));
        Assert.Contains($"Deployment {id} in production: abandoned after ", ends[1].Output, StringComparison.Ordinal);
        Assert.All(view.Nodes, n => Assert.False(n.Held));

        var line = (await state.RunAsync("list", "--output", "json")).Json()[0];
        Assert.Equal(("abandoned", 0), (line.GetProperty("state").GetString(), line.GetProperty("held").GetInt32()));
        Assert.Equal(5, (await state.RunAsync("watch", id)).ExitCode);
        Assert.Equal(0, (await RunAsync(state, "speed: 20")).ExitCode);
    }

    [Fact]
    public async Task After_a_kill_a_command_that_only_reads_says_that_it_was_abandoned()
    {
        await using var state = new Sandbox();
        var begun = await RunAsync(state, Slow, "--detach");
        var id = begun.Json().GetProperty("id").GetString()!;
        await state.HappenedAsync(id, "run-requested");
        await state.KillHostAsync();
        var shown = await state.RunAsync("list");
        Assert.Equal((0, ""), (shown.ExitCode, shown.Error));
        await state.StandsAsync(id, "abandoned");
        Assert.Contains($"{id}  abandoned ", (await state.RunAsync("list")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CtrlC_leaves_the_host_and_its_deployment_and_says_so_on_the_last_line(bool wholeGroup)
    {
        await using var state = new Sandbox();

        // In a process group of its own, as a shell would start it.
        await using var run = state.StartProgram(
            "setsid", Sandbox.Dotnet, Sandbox.Library, "run", state.Write("site.yaml", Site), "--emulate", state.Write("slow.yaml", Slow), "--yes");
        await run.SaysAsync("Running Puppet on 1 node");
        Assert.True(Sandbox.SendSignal(wholeGroup ? -run.Id : run.Id, Sandbox.Interrupt));

        var ran = await run.EndAsync();
        var id = (await state.RunAsync("list", "--output", "json")).Json()[0].GetProperty("id").GetString();
        Assert.Equal(130, ran.ExitCode);
        Assert.Equal($"orchestrator: deployment {id} is still running: orchestrator watch {id} follows it, orchestrator cancel {id} stops it", ran.LastWord());
        Assert.Equal(0, (await state.RunAsync("watch", id!)).ExitCode);
        Assert.Single(await File.ReadAllLinesAsync(state.Log), l => l.Contains(" is listening on ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_setting_that_is_none_is_named()
    {
        await using var state = new Sandbox(("ORCHESTRATOR_IDLE_SECONDS", "soon"));
        var ran = await state.RunAsync("list");
        Assert.Equal(
            (
                8, "orchestrator: the host could not be started: ORCHESTRATOR_IDLE_SECONDS: 'idle-seconds' must be a whole number from 1 to 86400, "
                    + "not 'soon'\n"),
            (ran.ExitCode, ran.Error));
    }

    private static Task<Ran> RunAsync(Sandbox state, string scenario, params string[] options) =>
        state.RunAsync(["run", state.Write("site.yaml", Site), "--emulate", state.Write("scenario.yaml", scenario), "--yes", "--output", "json", .. options]);
}
