using Orchestrator.Domain.Nodes;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Tests.Api;

/// <summary>Nodes that a deployment holds of which this journal knows nothing.</summary>
public sealed class StrayRequestTests : IAsyncLifetime
{
    private static readonly NodeName Dev1 = new("dev1.example.net");
    private static readonly NodeName Dev2 = new("dev2.example.net");
    private static readonly DeploymentId Lost = new("lost2222");
    private static readonly string Message = HoldMessage.For(Lost, "bob");
    private static readonly FleetChoice Emulated = new(true, null, null);
    private TestHost _host = null!;

    public async Task InitializeAsync()
    {
        _host = await TestHost.StartAsync();
        _host.Coordinator.Answer = message => message switch
        {
            CoordinatorProtocol.SurveyNodes survey =>
                new CoordinatorProtocol.Surveyed([.. survey.Nodes.Select(n => new NodeNow(n.Name, true, false, false, false, null, Message, Lost, null))]),
            CoordinatorProtocol.ReleaseStrays release =>
                new StraysReleased([.. release.Targets.Select(t => new StrayNode(t.Node.Name, StrayState.Released, t.Deployment, ""))]),
            _ => null,
        };
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task They_are_found_by_asking_the_nodes_of_the_site()
    {
        var answer = await _host.PostAsync(
            HostApi.Strays, new NodesRequest(Sites.Request(Sites.Lamp), Emulated, TimeSpan.FromSeconds(1)), MessagesJson.Default.NodesRequest);
        var found = Assert.Single(answer.Read(MessagesJson.Default.StrayHolds).Deployments);
        Assert.Equal((Lost, "bob"), (found.Id, found.Caller));
        Assert.Equal([Dev1, Dev2], found.Nodes.ToArray());
    }

    [Fact]
    public async Task Those_of_a_deployment_of_this_journal_are_never_freed_this_way()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line(Lost.Value, DeploymentPhase.Failed, held: 2)];
        var released = await ReleaseAsync([Lost]);
        Assert.Empty(Order.Targets);
        Assert.Equal([StrayState.ByKnown, StrayState.ByKnown], released.Nodes.Select(n => n.State));
    }

    [Fact]
    public async Task Only_the_nodes_that_a_person_named_are_freed_each_while_it_says_what_it_said()
    {
        var released = await ReleaseAsync([Lost], Dev2);
        Assert.Equal([(Dev2, Lost, Message)], Order.Targets.Select(t => (t.Node.Name, t.Deployment, t.Message)));
        Assert.Equal("jane", Order.By);
        Assert.Equal([Dev2], released.Nodes.Select(n => n.Name));
        Assert.Empty((await ReleaseAsync([new DeploymentId("other333")])).Nodes);
    }

    [Fact]
    public async Task A_node_that_is_not_in_the_site_is_refused_by_its_name_before_any_node_is_asked()
    {
        var answer = await _host.PostAsync(HostApi.StraysRelease, Release([Lost], new NodeName("dev9.example.net")), MessagesJson.Default.StrayRelease);

        Assert.Equal((404, ProblemCodes.NodeNotFound), (answer.Status, answer.Problem.Code));
        Assert.StartsWith("dev9.example.net is no node of the site, did you mean dev", answer.Problem.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(_host.Coordinator.Asked, m => m is CoordinatorProtocol.SurveyNodes);
    }

    [Theory]
    [InlineData("""{"deployments":[]}""", "deployments is missing")]
    [InlineData("""{"by":"joe"}""", "the request body must not have by: the host knows who is asking from the connection")]
    public async Task A_release_that_names_nothing_or_nobody_is_refused(string change, string sentence)
    {
        var body = System.Text.Json.Nodes.JsonNode.Parse(
            System.Text.Json.JsonSerializer.Serialize(Release([Lost]), MessagesJson.Default.StrayRelease))!.AsObject();
        foreach (var (key, value) in System.Text.Json.Nodes.JsonNode.Parse(change)!.AsObject())
            body[key] = value!.DeepClone();
        var answer = await _host.PostAsync(HostApi.StraysRelease, body.ToJsonString());
        Assert.Equal(400, answer.Status);
        Assert.StartsWith(sentence, answer.Problem.Detail, StringComparison.Ordinal);
    }

    private CoordinatorProtocol.ReleaseStrays Order => _host.Coordinator.Asked.OfType<CoordinatorProtocol.ReleaseStrays>().Last();

    private async Task<StraysReleased> ReleaseAsync(ImmutableArray<DeploymentId> deployments, NodeName? node = null) =>
        (await _host.PostAsync(HostApi.StraysRelease, Release(deployments, node), MessagesJson.Default.StrayRelease)).Read(MessagesJson.Default.StraysReleased);

    private static StrayRelease Release(ImmutableArray<DeploymentId> deployments, NodeName? node = null) =>
        new(Sites.Request(Sites.Lamp), Emulated, TimeSpan.FromSeconds(1), deployments, node);
}
