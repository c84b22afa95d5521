using Orchestrator.Messages.Api;

namespace Orchestrator.Network.Tests;

/// <summary>A service is stopped in the middle of a deployment and started again, while broker and nodes live on.</summary>
public sealed class NetworkServiceTests
{
    private const int Terminate = 15;

    [Fact]
    public async Task A_service_that_is_stopped_begins_with_no_further_node_and_the_next_one_carries_on_by_itself()
    {
        await using var network = await TestNetwork.StartAsync();
        var fleet = await network.EmulateAsync("n[0-2]", "defaults: { run: 4s }");
        var state = network.NewState();
        var site = state.Write("site.yaml", """
            environment: production
            applications:
              Shop[s]:
                Db[s]:  { node: n0, produces: [Sql[s]] }
                App[s]: { node: n1, consumes: [Sql[s]], produces: [Http[s]] }
                Web[s]: { node: n2, consumes: [Http[s]] }
            """);
        string id;
        await using (var first = Service(state))
        {
            await first.SaysAsync(" is listening on ");
            var begun = await state.RunAsync("run", site, "--yes", "--detach", "--output", "json");
            id = begun.Json().GetProperty("id").GetString()!;
            await state.HappenedAsync(id, "runs-began");
            Sandbox.SendSignal(first.Id, Terminate);
            var ran = await first.EndAsync();
            Assert.Equal(0, ran.ExitCode);
            Assert.Contains("The host has come to rest: no request to a node is unanswered", ran.Output, StringComparison.Ordinal);
        }
        await Until.TrueAsync(async () =>
        {
            await fleet.FreshAsync();
            return fleet.Runs("n0") == 1 && !fleet.Node("n0").GetProperty("applying").GetBoolean();
        }, "the run that went on has ended");
        Assert.Equal((0, 0), (fleet.Received("n1", "runonce"), fleet.Received("n2", "runonce")));

        await using var second = Service(state);
        await second.SaysAsync($"Deployment {id} is carried on");
        await state.StandsAsync(id, "succeeded");
        await fleet.FreshAsync();
        Assert.Equal(
            Enumerable.Range(0, 3).Select(n => $"n{n}: 1 requests, 1 runs"),
            Enumerable.Range(0, 3).Select(n => $"n{n}: {fleet.Received($"n{n}", "runonce")} requests, {fleet.Runs($"n{n}")} runs"));
        var types = (await state.AskAsync(HostApi.Events(id))).EnumerateArray().Select(e => e.GetProperty("type").GetString()!);
        Assert.DoesNotContain(types, t => t.Contains("pause", StringComparison.Ordinal));
        Sandbox.SendSignal(second.Id, Terminate);
        Assert.Equal(0, (await second.EndAsync()).ExitCode);
    }

    private static RunningCommand Service(Sandbox state) => state.StartProgram(Sandbox.Dotnet, Sandbox.HostLibrary, "--log-to", "console");
}
