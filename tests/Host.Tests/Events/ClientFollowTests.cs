using Akka.Actor;
using Orchestrator.Client;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Host.Tests.Events;

/// <summary>The client for .NET on the stream and the pages of all deployments.</summary>
public sealed class ClientFollowTests : IAsyncLifetime
{
    private const string First = "k7m2p9xa";
    private const string Second = "b3c4d5e6";
    private static readonly SupervisorStarted Started = new(1, new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero));
    private TestHost _host = null!;

    public async Task InitializeAsync()
    {
        _host = await TestHost.StartAsync();
        _host.Coordinator.Lines = [FakeCoordinator.Line(First), FakeCoordinator.Line(Second)];
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Events_of_all_deployments_come_in_pages_and_as_one_stream()
    {
        await Until.DoneAsync(_host.RecorderOf(First).Ask<long>(new Recorder.Record([Started])));
        await Until.DoneAsync(_host.RecorderOf(Second).Ask<long>(new Recorder.Record([Started with { Epoch = 2 }])));

        using var client = new OrchestratorClient(HostEndpoint.OwnHost(_host.State));

        var page = (await client.GetAllEventsAsync(limit: 1)).Value;
        var entry = Assert.Single(page.Entries);
        Assert.Equal((new DeploymentId(First), 1L, Started, entry.Position), (entry.Deployment, entry.Event.Sequence, entry.Event.Event, page.Next));

        await using var items = client.FollowAllAsync(page.Next).GetAsyncEnumerator();
        StreamItem.HappenedIn? next = null;
        while (next is null && await Until.DoneAsync(items.MoveNextAsync().AsTask()))
            next = items.Current as StreamItem.HappenedIn;
        Assert.Equal(new DeploymentId(Second), next!.Entry.Deployment);
        Assert.Equal(2, Assert.IsType<SupervisorStarted>(next.Entry.Event.Event).Epoch);
    }
}
