using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orchestrator.Host.Fleets;
using Orchestrator.Host.Process;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Tests.Process;

/// <summary>When a host with nothing to do ends by itself.</summary>
public sealed class HostExitTests : IAsyncLifetime
{
    private TestHost _host = null!;
    private ClientPresence _clients = null!;
    private IdleEnd _idle = null!;

    public async Task InitializeAsync()
    {
        // The host's own clock stands still; this test looks at another one through the same eyes.
        _host = await TestHost.StartAsync();
        _clients = _host.Services.GetRequiredService<ClientPresence>();
        _idle = _host.Services.GetServices<IHostedService>().OfType<IdleEnd>().Single();
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    /// <summary>Whether the host would end if it looked after so many seconds without a client.</summary>
    private async Task<bool> EndsAfterAsync(double seconds)
    {
        _host.Time.Advance(TimeSpan.FromSeconds(seconds) - _clients.Alone);
        return await _idle.WhyEndAsync(default) is not null;
    }

    [Fact]
    public async Task It_ends_by_itself_when_nobody_came()
    {
        var isEnding = _host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        await Until.TrueAsync(() =>
        {
            _host.Time.Advance(IdleEnd.Period);
            return isEnding.IsCancellationRequested;
        }, "the host ends");
    }

    [Fact]
    public async Task It_takes_its_own_socket_with_it_and_never_another_host_s()
    {
        var (host, replaced) = (await TestHost.StartAsync(), await TestHost.StartAsync());
        Assert.True(Path.Exists(host.State.Socket));
        File.Move(replaced.State.Socket, replaced.State.Socket + ".moved");
        await File.WriteAllTextAsync(replaced.State.Socket, "of the host that has taken over");

        using var own = await host.EndAsync();
        using var others = await replaced.EndAsync();

        Assert.Equal((false, true), (Path.Exists(own.State.Socket), File.Exists(others.State.Socket)));
    }

    [Fact]
    public async Task It_ends_fifteen_seconds_after_its_last_client()
    {
        _host.Time.Advance(TimeSpan.FromSeconds(10));
        await _host.GetAsync(HostApi.Host);
        _host.Time.Advance(TimeSpan.FromSeconds(1));
        await Until.TrueAsync(() => _clients.Alone > TimeSpan.Zero, "the client has gone");
        Assert.InRange(_clients.Alone, TimeSpan.Zero, TimeSpan.FromSeconds(1));

        Assert.False(await EndsAfterAsync(14.9));
        Assert.True(await EndsAfterAsync(15));
    }

    [Fact]
    public async Task It_stays_while_a_deployment_goes_on()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa")];
        Assert.False(await EndsAfterAsync(1000));
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa", DeploymentPhase.Succeeded)];
        Assert.True(await EndsAfterAsync(1001));
    }

    [Fact]
    public async Task It_stays_while_an_ended_deployment_enables_its_nodes()
    {
        var ended = FakeCoordinator.Line("k7m2p9xa", DeploymentPhase.Failed, held: 2);
        _host.Coordinator.Lines = [ended with { Releases = true }];
        Assert.False(await EndsAfterAsync(1000));
        _host.Coordinator.Lines = [ended];
        Assert.True(await EndsAfterAsync(1001));
    }

    [Fact]
    public async Task What_nobody_carries_on_does_not_keep_it()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa", active: false)];
        Assert.True(await EndsAfterAsync(15));
    }

    [Fact]
    public async Task It_stays_while_somebody_watches()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa", active: false)];
        using (await _host.WatchAsync("k7m2p9xa"))
        {
            _host.Time.Advance(TimeSpan.FromSeconds(1000));
            Assert.Equal(TimeSpan.Zero, _clients.Alone);
            Assert.Null(await _idle.WhyEndAsync(default));
        }
        await Until.TrueAsync(() =>
        {
            _host.Time.Advance(TimeSpan.FromMilliseconds(1));
            return _clients.Alone > TimeSpan.Zero;
        }, "the watcher has gone");
        Assert.True(await EndsAfterAsync(15));
    }

    [Fact]
    public async Task It_stays_a_minute_while_nodes_of_its_emulated_fleet_are_held()
    {
        var fleet = _host.Services.GetRequiredService<EmulatedFleets>().Open(null, "none", out _);
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa", DeploymentPhase.Failed, held: 2, fleet: fleet)];
        Assert.False(await EndsAfterAsync(59.9));
        Assert.True(await EndsAfterAsync(60));
    }

    [Fact]
    public async Task Nodes_of_a_fleet_that_is_gone_do_not_keep_it()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa", DeploymentPhase.Failed, held: 2, fleet: new FleetName("emulated:gone"))];
        Assert.False(await EndsAfterAsync(14.9));
        Assert.True(await EndsAfterAsync(15));
    }

    [Fact]
    public async Task It_ends_at_once_when_its_folder_is_gone_and_not_in_the_middle_of_a_deployment()
    {
        Assert.False(await EndsAfterAsync(0.1));
        File.Delete(_host.State.Lock);
        await File.WriteAllTextAsync(_host.State.Lock, "another host's");
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa")];
        Assert.False(await EndsAfterAsync(0.2));
        _host.Coordinator.Lines = [];
        Assert.True(await EndsAfterAsync(0.3));
    }

    [Fact]
    public async Task It_stays_while_it_does_not_know_what_there_is_to_do_unless_its_folder_is_gone()
    {
        _host.Coordinator.Answer = _ => new CoordinatorProtocol.Denied(ProblemCodes.Restarting, "the journal cannot be written now");
        Assert.False(await EndsAfterAsync(1000));
        File.Delete(_host.State.Lock);
        Assert.True(await EndsAfterAsync(1001));
    }
}
