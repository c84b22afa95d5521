using Akka.Actor;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Actors.Tests.Deployments;

/// <summary>Somebody sets this machine's clock in the middle of a run, all actors real, and the host dies after it.</summary>
public sealed class SetClockTests : CoordinatorTestKit
{
    private readonly SettableTime _time;

    public SetClockTests()
        : this(new SettableTime())
    {
    }

    private SetClockTests(SettableTime time)
        : base(Sites.PlanOf(["a"]), "speed: 20\ndefaults: { run: 60s, start-lag: 200ms, answer: 10ms }", time) => _time = time;

    [Theory]
    [InlineData(1800)]
    [InlineData(-1800)]
    public async Task The_next_host_brings_the_run_to_its_end_and_the_node_is_enabled(double seconds)
    {
        var by = TimeSpan.FromSeconds(seconds);
        var first = Host();
        first.Tell(new RegisterDeployment(Id, Plan, Fleet.Name, new DeploymentOptions { RpcTimeout = TimeSpan.FromSeconds(1) }, "alice", false));
        var begun = await UntilAsync<RunsBegan>();
        _time.Set(by);
        var step = await UntilAsync<ClockStepped>();
        Assert.Equal(by.TotalSeconds, step.By.TotalSeconds, 0.1);
        Assert.InRange(step.At - begun.At, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        await StopAsync(first);

        await Host().Ask<CoordinatorProtocol.Deployments>(new ResumeUnfinished(Id), Patience);
        var settled = await UntilAsync<NodeSettled>();
        Assert.Equal(Outcome.Succeeded, settled.Outcome);
        Assert.Contains(Phrases.ClockSet(by), Assert.Single(settled.Warnings!), StringComparison.Ordinal);
        Assert.Equal(DeploymentPhase.Succeeded, (await UntilAsync<DeploymentEnded>()).End);
        Assert.True(Fleet.Observe(settled.Node) is { Enabled: true, Runonce.Received: 1 });
    }
}
