using Orchestrator.Choria.Connecting;
using Orchestrator.Choria.Security;
using Orchestrator.NodeAgent.Emulation.Network;
using Orchestrator.NodeAgent.Serving;

namespace Orchestrator.RealPuppet.Tests;

/// <summary>Deployments over a real broker in which one node of the fleet runs the real puppet agent.</summary>
public sealed class RealDeploymentTests(PuppetWorld world) : IClassFixture<PuppetWorld>
{
    private const string Name = "dev1.example.net";

    private const string Lamp = """
        environment: production
        applications:
          Lamp[app1]:
            Lamp::Mysql[app1]:    { node: dev1.example.net, produces: [Sql[app1]] }
            Lamp::Webapp[app1-1]: { node: dev2.example.net, consumes: [Sql[app1]] }
            Lamp::Webapp[app1-2]: { node: dev3.example.net, consumes: [Sql[app1]] }
        """;

    [Fact]
    public async Task A_deployment_runs_real_Puppet_once_a_time_and_tells_its_success_and_its_failure()
    {
        var node = world.NewNode(Name, "file { \"${dir}/a\": content => 'a' }");
        var served = world.Server.Of(Name);
        await using var network = await TestNetwork.StartAsync();
        var fleet = await network.EmulateAsync("dev[2-3].example.net", "speed: 5");
        using var verifier = new RequestVerifier(
            await File.ReadAllTextAsync(network.Authority.Certificate("ca")), [RequestVerifier.DefaultAllowed], TimeProvider.System);
        await using var connection = await network.ConnectAsync(TestNetwork.NodeName);
        await using var server = await EmulatedNetwork.StartAsync(
            connection, ChoriaSettings.DefaultCollective, [node], new RequestGate(verifier), TimeProvider.System);
        var state = network.NewState();
        var site = state.Write("lamp.yaml", Lamp);

        var good = await state.RunAsync("run", site, "--yes", "--output", "json");
        Assert.Equal(
            (0, "succeeded: dev1.example.net succeeded, dev2.example.net succeeded, dev3.example.net succeeded"),
            (good.ExitCode, OutcomeRow.EndOf(good.Deployment())));
        Assert.Equal("changed 1 of 8 resources", good.Deployment().Nodes[0].Message);
        Assert.Equal((1, (string?)null, false), (served.Reports, node.Disabled, node.IsApplying));
        Assert.True(File.Exists(Path.Combine(node.Managed, "a")));

        served.Manifest = "exec { '/bin/false': }";
        var bad = await state.RunAsync("run", site, "--yes", "--output", "json");
        Assert.Equal(
            (1, "failed: dev1.example.net failed: resources held, dev2.example.net skipped held, dev3.example.net skipped held"),
            (bad.ExitCode, OutcomeRow.EndOf(bad.Deployment())));
        Assert.Equal(2, served.Reports);
        Assert.NotNull(node.Disabled);
        await fleet.FreshAsync();
        Assert.Equal((1, 1), (fleet.Runs("dev2.example.net"), fleet.Runs("dev3.example.net")));
    }
}
