using System.Text.Json;
using Orchestrator.Host.Configuration;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Host.Tests.Configuration;

/// <summary>The limit that a fleet has in the configuration, and the one that a run names.</summary>
public sealed class MaxRunningTests
{
    private const string File = "/home/jane/.config/orchestrator/config.yaml";
    private static readonly FleetChoice Configured = new(false, null, null);
    private static readonly FleetChoice Emulated = new(true, null, null);

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("10%")]
    [InlineData("many")]
    [InlineData("2000000")]
    public async Task What_is_no_limit_is_named_with_its_place(string value)
    {
        var problem = await Assert.ThrowsAsync<ConfigurationException>(() => FindAsync($"fleets: {{ default: {{ max-running: {value} }} }}"));
        Assert.Contains($"{File}:1:35: ", problem.Message, StringComparison.Ordinal);
        Assert.Contains("max-running", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_names_none_has_the_fleets_and_one_that_does_has_its_own()
    {
        await using var host = await TestHost.StartAsync(
            world: Worlds.With((File, "fleets: { default: { max-running: 7 } }")), openFleet: (name, _, _) => Task.FromResult<IFleet>(new NoFleet(name)));

        Assert.Equal(7, await RegisteredAsync(host, new DeploymentOptions(), Configured));
        Assert.Equal(3, await RegisteredAsync(host, new DeploymentOptions { MaxRunning = 3 }, Configured));
        Assert.Null(await RegisteredAsync(host, new DeploymentOptions(), Emulated));
        Assert.Equal(3, await RegisteredAsync(host, new DeploymentOptions { MaxRunning = 3 }, Emulated));
    }

    [Theory]
    [InlineData("""{"maxRunning":0}""", "maxRunning must be a number of nodes (1 or more), not 0")]
    [InlineData("""{"tags":["web","a-b"]}""",
        "tags: \"a-b\" is not a valid tag: use letters, digits and underscores, with :: between the parts of a class's name")]
    [InlineData("""{"tags":["1"]}""", "tags: \"1\" is not a valid tag: use letters, digits and underscores, with :: between the parts of a class's name")]
    [InlineData("""{"tags":["a,b"]}""", "tags: \"a,b\" is not a valid tag: use letters, digits and underscores, with :: between the parts of a class's name")]
    [InlineData("""{"tags":[null]}""", "tags is missing: see docs/api.md")]
    [InlineData("""{"tags":["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]}""",
        "tags: nodes accept at most 120 characters of tags, commas included")]
    [InlineData("""{"unsignalled":[""]}""", "unsignalled has an empty pattern: use node names, with * and ? as wildcards")]
    public async Task Options_that_no_node_or_host_could_follow_are_refused(string options, string sentence)
    {
        await using var host = await TestHost.StartAsync();
        var run = new RunRequest(Sites.PlanOf(Sites.Lamp).Id, new DeploymentOptions(), Emulated, false);
        var body = JsonSerializer.Serialize(run, MessagesJson.Default.RunRequest);
        var whole = System.Text.Json.Nodes.JsonNode.Parse(body)!;
        whole["options"] = System.Text.Json.Nodes.JsonNode.Parse(options);

        var answer = await host.PostAsync(HostApi.Deployments, whole.ToJsonString());

        Assert.Equal((400, sentence, ProblemCodes.BadRequest), (answer.Status, answer.Problem.Detail, answer.Problem.Code));
        Assert.Empty(host.Coordinator.Asked);
    }

    [Fact]
    public async Task Tags_and_patterns_that_nodes_can_follow_are_registered_as_they_came()
    {
        await using var host = await TestHost.StartAsync();
        var registered = await RegisterAsync(host, new DeploymentOptions { Tags = ["web", "web::tls_2", "x"], Unsignalled = ["web*", "db?"] }, Emulated);
        Assert.Equal(["web", "web::tls_2", "x"], registered.Tags);
        Assert.Equal(["web*", "db?"], registered.Unsignalled);
    }

    private static Task<FleetConfiguration> FindAsync(string yaml) =>
        new FleetConfigurations(Worlds.With((File, yaml))).FindAsync(null, CancellationToken.None);

    private static async Task<int?> RegisteredAsync(TestHost host, DeploymentOptions options, FleetChoice fleet) =>
        (await RegisterAsync(host, options, fleet)).MaxRunning;

    private static async Task<DeploymentOptions> RegisterAsync(TestHost host, DeploymentOptions options, FleetChoice fleet)
    {
        var answer = await host.RunAsync(Sites.Lamp, options, fleet);
        Assert.True(answer.Status == 202, answer.Text);
        return host.Coordinator.Asked.OfType<CoordinatorProtocol.RegisterDeployment>().Last().Options;
    }

    private sealed class NoFleet(FleetName name) : IFleet
    {
        public FleetName Name => name;

        public Task PublishAsync(FleetWave wave, CancellationToken cancellationToken) => Task.CompletedTask;

        public IDisposable Listen(Action<FleetReply> onReply) => new MemoryStream();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
