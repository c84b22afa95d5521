using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.RegularExpressions;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Xunit.Abstractions;

// Deployments wait more than they work: some classes run beside each other, whatever the number of processors.
[assembly: CollectionBehavior(MaxParallelThreads = 3)]

namespace Orchestrator.Network.Tests;

/// <summary>
/// The host is killed with -9 at many points of a deployment and started again, while broker and nodes live on: the end is that of an
/// undisturbed deployment, and by the nodes' own account each was asked for a run as often as the journal says, and ran once.
/// </summary>
public sealed partial class NetworkCrashTests(ITestOutputHelper output)
{
    // Most of a cut's time is spent waiting: what was asked for may still arrive until its time to live has passed.
    private const int AtOnce = 5;
    private static readonly int[] Cuts = [.. Enumerable.Range(0, 10).Select(i => 2 + 3 * i)];
    private static readonly IReadOnlyList<string> Nodes = ShopSite.Nodes;

    [Fact]
    public async Task Killed_anywhere_and_resumed_a_deployment_ends_as_if_undisturbed()
    {
        await using var network = await TestNetwork.StartAsync();
        var fleet = await network.EmulateAsync(
            string.Join(',', Nodes.Select(n => $"{n}-[0-{Cuts[^1]}]")),
            $$"""
            speed: 10
            defaults: { run: 5s }
            nodes: { "app2-*": { result: failed-resources } }
            """);

        var undisturbed = await PlayAsync(network, 0, null);
        Assert.Equal(
            "failed: db succeeded held, app1 succeeded held, app2 failed: resources held, mail succeeded held, edge skipped held, web skipped held",
            undisturbed.End);
        var sent = new ConcurrentDictionary<int, Dictionary<string, int>> { [0] = undisturbed.Sent };
        var cut = 0;
        await Parallel.ForEachAsync(Cuts, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (after, _) =>
        {
            var end = await PlayAsync(network, after, after);
            Assert.Equal(undisturbed.End, end.End);
            sent[after] = end.Sent;
            if (end.WasCut)
                Interlocked.Increment(ref cut);
        });
        await fleet.FreshAsync();
        foreach (var (number, requests) in sent.OrderBy(s => s.Key))
        {
            Assert.Equal(
                Nodes.Select(n => $"{n}-{number}: {requests.GetValueOrDefault($"{n}-{number}")} requests, {(n is "web" or "edge" ? 0 : 1)} runs"),
                Nodes.Select(n => $"{n}-{number}: {fleet.Received($"{n}-{number}", "runonce")} requests, {fleet.Runs($"{n}-{number}")} runs"));
        }
        output.WriteLine($"killed and resumed: {cut} of {Cuts.Length} deployments");
        Assert.True(cut > Cuts.Length / 2, $"only {cut} of {Cuts.Length} hosts were killed in time");
    }

    /// <summary>
    /// Somebody deletes lock and socket of a working host, and another host begins on the same journal: the first one, which is alive and well, does
    /// nothing more, says so, and leaves the second one's socket alone.
    /// </summary>
    [Fact]
    public async Task A_second_host_takes_the_journal_over_and_no_node_runs_twice()
    {
        await using var network = await TestNetwork.StartAsync();
        var fleet = await network.EmulateAsync("n[0-5]", "defaults: { run: 6s }");
        var state = network.NewState();
        var site = state.Write("site.yaml", """
            environment: production
            applications:
              Shop[s]:
                Db[0]:  { node: n0, produces: [Sql[0]] }
                Db[1]:  { node: n1, produces: [Sql[1]] }
                App[0]: { node: n2, consumes: [Sql[0]], produces: [Http[0]] }
                App[1]: { node: n3, consumes: [Sql[1]], produces: [Http[1]] }
                Web[0]: { node: n4, consumes: [Http[0]] }
                Web[1]: { node: n5, consumes: [Http[1]] }
            """);
        var begun = await state.RunAsync("run", site, "--yes", "--detach", "--output", "json", "--start-timeout", "30s");
        var id = begun.Json().GetProperty("id").GetString()!;
        await state.HappenedAsync(id, "run-accepted");
        var first = state.HostProcess!.Value;

        File.Delete(Path.Combine(state.Folder, "host.lock"));
        File.Delete(state.Socket);
        var resumed = await state.RunAsync("resume");

        Assert.Equal(0, resumed.ExitCode);
        Assert.NotEqual(first, state.HostProcess);
        await Until.TrueAsync(() => !File.Exists($"/proc/{first}/cmdline") || File.ReadAllText($"/proc/{first}/cmdline").Length == 0);
        Assert.Contains(
            $"has taken over the journal {state.Journal}: this host, process {first}, stops at once", Sandbox.ReadShared(state.Log), StringComparison.Ordinal);
        var watched = await state.RunAsync("watch", id);
        Assert.Equal((0, "succeeded"), (watched.ExitCode, await state.StateOfAsync(id)));
        await fleet.FreshAsync();
        Assert.Equal(
            Enumerable.Range(0, 6).Select(n => $"n{n}: 1 requests, 1 runs"),
            Enumerable.Range(0, 6).Select(n => $"n{n}: {fleet.Received($"n{n}", "runonce")} requests, {fleet.Runs($"n{n}")} runs"));
        await state.EndHostAsync();
    }

    /// <summary>
    /// The host dies, and the journal that is found afterwards is an older copy: no node is touched and nothing is begun until a person recovers; then
    /// what had not ended is given up, its nodes are freed by what they say themselves, and none has run twice.
    /// </summary>
    [Fact]
    public async Task A_journal_that_is_an_older_copy_touches_no_node_until_a_person_recovers()
    {
        await using var network = await TestNetwork.StartAsync();
        var fleet = await network.EmulateAsync("n[0-2]", "defaults: { run: 1s }");
        var state = network.NewState();
        var site = state.Write("site.yaml", """
            environment: production
            applications:
              Shop[s]:
                Db[s]:  { node: n0, produces: [Sql[s]] }
                App[s]: { node: n1, consumes: [Sql[s]], produces: [Http[s]] }
                Web[s]: { node: n2, consumes: [Http[s]] }
            """);
        var begun = await state.RunAsync("run", site, "--yes", "--approve-groups", "--detach", "--output", "json");
        var id = begun.Json().GetProperty("id").GetString()!;
        Task AwaitsApprovalAsync(int group) => Until.TrueAsync(
            async () => (await state.AskAsync(HostApi.Events(id))).EnumerateArray()
                .Any(e => e.GetProperty("type").GetString() == "approval-awaited" && e.GetProperty("group").GetInt32() == group),
            $"group {group} awaits approval");
        await AwaitsApprovalAsync(2);
        foreach (var file in (string[])[state.Journal, $"{state.Journal}-wal"])
            File.Copy(file, file + ".older");
        Assert.Equal(0, (await state.RunAsync("approve", id)).ExitCode);
        await AwaitsApprovalAsync(3);
        await state.KillHostAsync();
        File.Delete($"{state.Journal}-shm");
        foreach (var file in (string[])[state.Journal, $"{state.Journal}-wal"])
            File.Move(file + ".older", file, overwrite: true);

        var listed = await state.RunAsync("list");
        Assert.Matches(
            "^warning: deployments are blocked: the journal .+ is shorter than it was: .+; put the complete one back while no host is running, or "
                + "\"orchestrator recover\" goes on without what is missing\n$", listed.Error);
        foreach (var command in (string[][])[["resume"], ["resume", id], ["run", site, "--yes"], ["release", id, "--yes"], ["abandon", id, "--yes"]])
            Assert.Equal(8, (await state.RunAsync(command)).ExitCode);

        var recovered = await state.RunAsync("recover", "--yes");
        Assert.Equal(0, recovered.ExitCode);
        Assert.Matches($@"(?m)^n1 +{id} +held +.*a Puppet run that its history does not know ended there at 20\S+ \S+ \+0000$", recovered.Output);
        Assert.All(["n0", "n2"], (string n) => Assert.Matches($"(?m)^{n} +{id} +held", recovered.Output));
        Assert.Contains($"orchestrator release {id}\n", recovered.Output, StringComparison.Ordinal);
        Assert.Equal("Nothing to recover: the journal is complete.\n", (await state.RunAsync("recover")).Output);
        Assert.Equal("abandoned", await state.StateOfAsync(id));
        Assert.Equal(
            ["n0", "n1", "n2"], (await state.RunAsync("show", id, "--output", "json")).Deployment().Nodes.Where(n => n.Held).Select(n => n.Name.Value));
        Assert.Equal(4, (await state.RunAsync("run", site, "--yes")).ExitCode);
        Assert.Equal(0, (await state.RunAsync("release", id, "--yes")).ExitCode);
        await Until.TrueAsync(
            async () => (await state.RunAsync("show", id, "--output", "json")).Deployment().Nodes.All(n => n.Standing == Standing.Free), "all nodes are free");
        await fleet.FreshAsync();
        Assert.Equal([1, 1, 0], ((string[])["n0", "n1", "n2"]).Select(fleet.Runs));
        Assert.All(["n0", "n1", "n2"], (string n) => Assert.True(fleet.Node(n).GetProperty("enabled").GetBoolean(), n));
        await state.EndHostAsync();
    }

    /// <summary>Plays a deployment; its host is killed as soon as its history holds that many events.</summary>
    private static async Task<(string End, bool WasCut, Dictionary<string, int> Sent)> PlayAsync(TestNetwork network, int number, int? killAfter)
    {
        var state = network.NewState();
        var begun = await state.RunAsync(
            "run", state.Write("site.yaml", ShopSite.Of($"-{number}")), "--yes", "--detach", "--output", "json", "--start-timeout", "30s");
        var id = begun.Json().GetProperty("id").GetString()!;
        var wasCut = false;
        if (killAfter is { } events)
        {
            await Until.TrueAsync(
                async () => (await state.AskAsync(HostApi.Events(id))).GetArrayLength() >= events || (await state.StateOfAsync(id)) == "failed",
                $"there are {events} events");
            wasCut = await state.StateOfAsync(id) != "failed";
            await state.KillHostAsync();
            var resumed = await state.RunAsync("resume");
            Assert.Equal(0, resumed.ExitCode);
        }
        var watched = await state.RunAsync("watch", id);
        Assert.Equal(1, watched.ExitCode);
        var view = (await state.RunAsync("show", id, "--output", "json")).Deployment();
        var sent = Sent(await state.AskAsync(HostApi.Events(id)));
        await state.EndHostAsync();
        return (Number().Replace(OutcomeRow.EndOf(view), ""), wasCut, sent);
    }

    /// <summary>By the journal: the requests for a run that left for each node. One without a trace never did, nor one that the fleet did not take.</summary>
    private static Dictionary<string, int> Sent(JsonElement history) =>
        history.EnumerateArray()
            .Select(e => (Kind: e.GetProperty("type").GetString(), Event: e))
            .Where(e => e.Kind is "run-requested" or "run-untraced" or "run-not-sent")
            .GroupBy(e => e.Event.GetProperty("node").GetString()!)
            .ToDictionary(n => n.Key, n => n.Sum(e => e.Kind == "run-requested" ? 1 : -1));

    [GeneratedRegex("-[0-9]+")]
    private static partial Regex Number();
}
