using Orchestrator.Messages.Deployments;
using Xunit.Abstractions;

namespace Orchestrator.RealPuppet.Tests;

/// <summary>Nodes whose own configuration or catalog makes every run look as if it were somebody else's, and environments that are not there.</summary>
public sealed class HabitTests(PuppetWorld world, ITestOutputHelper output) : IClassFixture<PuppetWorld>, IAsyncLifetime
{
    private const string Release = "file { \"${dir}/deployed\": content => $release }";
    private RealSite _site = null!;

    public async Task InitializeAsync() => _site = await RealSite.StartAsync();

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    public async Task A_node_whose_own_schedule_always_skips_resources_succeeds_after_it_was_asked_once_more()
    {
        var node = await ConnectAsync(
            "nightly.example.net", Release + "\nschedule { 'closed': period => never }\nfile { \"${dir}/nightly\": content => 'n', schedule => 'closed' }");

        var deployed = await DeployAsync(node);

        Assert.Equal((0, Outcome.Succeeded, 2), (deployed.ExitCode, deployed.Node.Outcome, deployed.Requests));
        Assert.Equal((true, false), (Has(node, "deployed"), Has(node, "nightly")));
    }

    [Fact]
    public async Task A_node_that_its_owner_set_to_noop_is_asked_twice_and_respected_until_a_deployment_overrides_it()
    {
        var node = await ConnectAsync("noop.example.net", Release, "noop = true");

        var respected = await DeployAsync(node, "--on-failure", "release");
        Assert.Equal((1, Outcome.FailedNoopRun, 2), (respected.ExitCode, respected.Node.Outcome, respected.Requests));
        Assert.False(Has(node, "deployed"));

        var overridden = await DeployAsync(node, "--override-noop");
        Assert.Equal((0, Outcome.Succeeded, 1), (overridden.ExitCode, overridden.Node.Outcome, overridden.Requests));
        Assert.True(Has(node, "deployed"));
    }

    [Fact]
    public async Task An_environment_that_the_server_does_not_have_fails_the_first_node_that_shows_it_and_nothing_more_starts()
    {
        var first = world.NewLightNode("first.example.net", Release);
        var second = world.NewLightNode("second.example.net", Release);
        await _site.ConnectAsync(first, second);

        var deployed = await _site.DeployAsync(first, [second], "--run-environment", "nosuch");

        output.WriteLine($"{deployed.End}\n{first.Story}\n{deployed.Story}");
        Assert.Equal((1, Outcome.FailedOtherEnvironment, 1), (deployed.ExitCode, deployed.Node.Outcome, deployed.Requests));
        Assert.Equal((Outcome.Skipped, 0), (deployed.View.Nodes[1].Outcome, world.Server.Of(second.Name.Value).Served.Count));
        Assert.Contains("Environment 'nosuch' not found on server", deployed.Node.Message, StringComparison.Ordinal);
    }

    private async Task<RealNode> ConnectAsync(string name, string manifest, params string[] settings)
    {
        var node = world.NewLightNode(name, manifest, settings);
        world.Server.Of(name).Release = name;
        await _site.ConnectAsync(node);
        return node;
    }

    private async Task<Deployed> DeployAsync(RealNode node, params string[] options)
    {
        var deployed = await _site.DeployAsync(node, [], options);
        output.WriteLine($"{deployed.End}\n{node.Story}\n{deployed.Story}");
        return deployed;
    }

    private static bool Has(RealNode node, string file) => File.Exists(Path.Combine(node.Managed, file));
}
