using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Client;
using Orchestrator.Host.Access;
using Orchestrator.Host.Process;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Host.Web;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Tests.Web;

/// <summary>The API over connections in memory, as the page asks it.</summary>
public sealed class InProcessConnectionTests : IAsyncLifetime, IDisposable
{
    private readonly CancellationTokenSource _end = new();
    private TestHost _host = null!;

    public async Task InitializeAsync()
    {
        _host = await TestHost.StartAsync();
        _host.Asker = null;
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    public void Dispose() => _end.Dispose();

    [Fact]
    public async Task Who_asks_is_whoever_the_connection_was_opened_for()
    {
        using var alice = ClientOf(new Asker("alice", true, "page"));
        using var bob = ClientOf(new Asker("bob", false, "page"));

        Assert.Equal("alice", (await alice.GetStatusAsync()).Value.Caller);
        Assert.Equal("bob", (await bob.GetStatusAsync()).Value.Caller);
        // Without a policy nobody but the host's own user may do anything.
        Assert.Empty((await alice.GetDeploymentsAsync()).Value.Deployments);
        Assert.True((await Assert.ThrowsAsync<HostRefusedException>(() => bob.GetDeploymentsAsync())).IsDenied);
    }

    [Fact]
    public async Task An_answer_of_any_length_comes_whole()
    {
        using var client = ClientOf(new Asker("alice", true, "page"));
        _host.Coordinator.Lines = [.. Enumerable.Range(0, 900).Select(i => FakeCoordinator.Line($"k7m2p{i:000}"))];

        Assert.Equal(900, (await client.GetDeploymentsAsync()).Value.Deployments.Length);
    }

    [Fact]
    public async Task What_goes_on_over_it_ends_with_it()
    {
        var presence = _host.Services.GetRequiredService<ClientPresence>();
        using var client = ClientOf(new Asker("alice", true, "page"));
        await using var following = client.FollowAllAsync(mostBreaks: 0).GetAsyncEnumerator();
        var next = following.MoveNextAsync().AsTask();
        await Until.TrueAsync(() => presence.Count == 1, "somebody follows");

        await _end.CancelAsync();

        await Until.TrueAsync(() => presence.Count == 0, "nobody follows");
        await Assert.ThrowsAsync<HostLostException>(() => next);
    }

    [Fact]
    public async Task A_page_is_not_opened_over_one()
    {
        using var client = ClientOf(new Asker("alice", true, "page"));
        var refused = await Assert.ThrowsAsync<HostRefusedException>(() => client.OpenPageAsync());

        Assert.Equal("the page can be opened only over the host's Unix socket: run the command on the host's machine", refused.Message);
        Assert.Equal(ProblemCodes.BadRequest, refused.Problem!.Code);
    }

    private OrchestratorClient ClientOf(Asker asker)
    {
        var connections = _host.Services.GetRequiredService<InProcessConnections>();
        return new(HostEndpoint.OverStream(_ => ValueTask.FromResult(connections.Open(asker, _end.Token))));
    }
}
