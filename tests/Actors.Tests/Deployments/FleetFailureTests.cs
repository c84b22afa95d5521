using Akka.Actor;
using Orchestrator.Actors.Deployments;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages.Nodes;
using Orchestrator.NodeAgent.Emulation.Fleet;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Actors.Tests.Deployments;

/// <summary>The actor of a fleet fails once, all actors real and as the host starts them: the deployment goes on, and no run is asked for twice.</summary>
public sealed class FleetFailureTests : PatientTestKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly DeploymentId Id = new("fallen22");
    private readonly EmulatedFleet _fleet = new(Sites.Scenario("speed: 20\ndefaults: { run: 4s, start-lag: 1s, answer: 10ms }"), TimeProvider.System);
    private readonly List<IDeploymentEvent> _history = [];

    [Fact]
    public Task While_it_begins_to_listen() => SucceedsAsync(new FallibleFleet(_fleet, failsToListen: true));

    [Fact]
    public Task While_nodes_are_checked() => SucceedsAsync(new FallibleFleet(_fleet, wave => wave.Request is NodeRequest.Status));

    [Fact]
    public Task While_nodes_are_disabled() => SucceedsAsync(new FallibleFleet(_fleet, wave => wave.Request is NodeRequest.Disable));

    [Fact]
    public Task While_a_node_runs_and_others_wait_for_its_place() => SucceedsAsync(new FallibleFleet(_fleet, wave => wave.Request is NodeRequest.Runonce));

    private async Task SucceedsAsync(FallibleFleet fleet)
    {
        var plan = Sites.PlanOf(["db"], ["app1", "app2", "app3"]);
        Sys.EventStream.Subscribe(TestActor, typeof(CoordinatorProtocol.EventRecorded));
        var coordinator = Sys.ActorOf(OrchestratorHosting.CoordinatorProps(new CoordinatorServices(new OnePlan(plan), new OneFleet(fleet),
            new HostClock(TimeProvider.System), Instances.New())));

        await EventFilter.Error(start: "The connection to fleet").ExpectOneAsync(Patience, async () =>
        {
            coordinator.Tell(new CoordinatorProtocol.RegisterDeployment(Id, plan, fleet.Name, new DeploymentOptions { MaxRunning = 1 }, "alice", false));
            await FishForMessageAsync<CoordinatorProtocol.EventRecorded>(m =>
            {
                _history.Add(m.Recorded.Event);
                return m.Recorded.Event is DeploymentEnded;
            }, Patience);
        });

        Assert.True(fleet.HasFailed);
        Assert.Equal(DeploymentPhase.Succeeded, ((DeploymentEnded)_history[^1]).End);
        foreach (var node in plan.Groups.SelectMany(g => g.Nodes))
        {
            var seen = _fleet.Observe(node.Name);
            Assert.Equal((1, 1), (_history.OfType<RunRequested>().Count(e => e.Node == node.Name), seen.Runonce.Received));
            Assert.True(seen.Enabled, $"{node.Name} is left disabled");
        }
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _fleet.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <summary>A fleet that once does what none should: it refuses to be listened to, or answers no wave at all right after it has sent one.</summary>
    private sealed class FallibleFleet(IFleet fleet, Func<FleetWave, bool>? fatal = null, bool failsToListen = false) : IFleet
    {
        private Action<FleetReply> _onReply = _ => { };
        private int _failed;

        public bool HasFailed => _failed > 0;

        public FleetName Name => fleet.Name;

        public async Task PublishAsync(FleetWave wave, CancellationToken cancellationToken)
        {
            await fleet.PublishAsync(wave, cancellationToken);
            if (fatal?.Invoke(wave) == true && IsFirst())
                _onReply(new FleetReply(null!, wave.Identities[0], new MalformedReply(0, "", DateTimeOffset.UnixEpoch, "")));
        }

        public IDisposable Listen(Action<FleetReply> onReply)
        {
            if (failsToListen && IsFirst())
                throw new InvalidOperationException("somebody else listens");
            _onReply = onReply;
            return fleet.Listen(onReply);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private bool IsFirst() => Interlocked.Increment(ref _failed) == 1;
    }
}
