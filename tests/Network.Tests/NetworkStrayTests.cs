using Microsoft.Data.Sqlite;

namespace Orchestrator.Network.Tests;

/// <summary>What one machine sees of a fleet over a broker that another has worked on: who is there, and what a lost deployment still holds.</summary>
public sealed class NetworkStrayTests
{
    private const string Site = """
        environment: production
        applications:
          Shop[a]:
            Db[a]:  { node: dev1, produces: [Sql[a]] }
            Web[a]: { node: dev2, consumes: [Sql[a]] }
            App[a]: { node: dev3, consumes: [Sql[a]] }
        """;

    [Fact]
    public async Task Nodes_that_a_lost_journal_still_holds_are_found_and_freed_and_a_persons_are_left_alone()
    {
        await using var network = await TestNetwork.StartAsync();
        var fleet = await network.EmulateAsync(
            "dev[1-3]", "speed: 20\nnodes: { dev1: { result: failed-resources }, dev3: { person: [{ after: runonce, does: disable, message: hands off }] } }");
        var lost = network.NewState();
        var id = (await lost.RunAsync("run", lost.Write("site.yaml", Site), "--yes", "--output", "json")).Deployment().Id.Value;
        var other = network.NewState();
        var site = other.Write("site.yaml", Site);

        var unnamed = await other.RunAsync("release", "--from-nodes", site, "--yes");
        Assert.Equal(2, unnamed.ExitCode);
        Assert.Contains(id, unnamed.Error, StringComparison.Ordinal);
        var freed = await other.RunAsync("release", id, "--from-nodes", site, "--yes", "--output", "json");
        Assert.Equal(0, freed.ExitCode);
        await fleet.FreshAsync();
        foreach (var node in (string[])["dev1", "dev2", "dev3"])
            Assert.True(fleet.Node(node).GetProperty("enabled").GetBoolean(), node);
    }

    [Fact]
    public async Task What_this_journal_knows_is_not_freed_that_way_but_named_with_the_command_that_does()
    {
        await using var network = await TestNetwork.StartAsync();
        var fleet = await network.EmulateAsync("dev[1-3]", "speed: 20\nnodes: { dev1: { result: failed-resources } }");
        var state = network.NewState();
        var site = state.Write("site.yaml", Site);
        var id = (await state.RunAsync("run", site, "--yes", "--output", "json")).Deployment().Id.Value;

        var refused = await state.RunAsync("release", id, "--from-nodes", site, "--yes");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains($"orchestrator release {id}", refused.Output + refused.Error, StringComparison.Ordinal);
        await fleet.FreshAsync();
        Assert.False(fleet.Node("dev2").GetProperty("enabled").GetBoolean());
    }

    [Fact]
    public async Task What_was_given_up_because_its_plan_was_lost_is_freed_that_way()
    {
        await using var network = await TestNetwork.StartAsync();
        var fleet = await network.EmulateAsync("dev[1-3]", "speed: 20\nnodes: { dev1: { result: failed-resources } }");
        var state = network.NewState();
        var site = state.Write("site.yaml", Site);
        var id = (await state.RunAsync("run", site, "--yes", "--output", "json")).Deployment().Id.Value;
        await state.EndHostAsync();
        using (var connection = new SqliteConnection($"Data Source={state.Journal};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "UPDATE plans SET json_brotli = x'00'; UPDATE shown_plans SET json_brotli = x'00'";
            command.ExecuteNonQuery();
        }
        Assert.NotEqual(0, (await state.RunAsync("resume", id)).ExitCode);
        var abandoned = await state.RunAsync("abandon", id, "--yes");
        Assert.Equal((0, ""), (abandoned.ExitCode, abandoned.Error));

        var refused = await state.RunAsync("release", id, "--yes");
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains($"orchestrator release {id} --from-nodes SITE", refused.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await state.RunAsync("release", id, "--from-nodes", site, "--yes")).ExitCode);
        await fleet.FreshAsync();
        foreach (var node in (string[])["dev1", "dev2", "dev3"])
            Assert.True(fleet.Node(node).GetProperty("enabled").GetBoolean(), node);
    }

    [Fact]
    public async Task A_ping_tells_who_of_a_site_is_there_and_who_is_not()
    {
        await using var network = await TestNetwork.StartAsync();
        await network.EmulateAsync("dev[1-2]", "speed: 20");
        var state = network.NewState();

        var all = await state.RunAsync("config", "--ping", "--output", "json");
        Assert.Equal(0, all.ExitCode);
        Assert.Equal(2, all.Json().GetProperty("nodes").GetArrayLength());
        var ofSite = await state.RunAsync("config", "--ping", state.Write("site.yaml", Site));
        Assert.Equal(1, ofSite.ExitCode);
        Assert.Contains("dev3", ofSite.Output, StringComparison.Ordinal);
    }
}
