using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.Journal;
using Orchestrator.Actors.Deployments;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using Orchestrator.NodeAgent.Emulation.Fleet;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Actors.Tests.Deployments;

/// <summary>What changes a node is in the journal before it is done: with a journal that does not come to an end of writing, nothing is.</summary>
public sealed class IntentTests() : PatientTestKit(
    $$"""
    akka.persistence.journal { plugin = "akka.persistence.journal.slow", slow { class = "{{typeof(SlowJournal).AssemblyQualifiedName}}" } }
    """)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly Plan Plan = Sites.PlanOf(["a"]);

    [Theory]
    [InlineData(typeof(IsolationStarted))]
    [InlineData(typeof(RunRequested))]
    [InlineData(typeof(ReleaseStarted))]
    public async Task No_node_is_asked_to_change_before_the_intent_is_written(Type intent)
    {
        await using var fleet = new EmulatedFleet(Sites.Scenario("speed: 20\ndefaults: { run: 2s, start-lag: 200ms, answer: 10ms }"), TimeProvider.System);
        Writes.Of(Sys).Hold(intent);
        Sys.EventStream.Subscribe(TestActor, typeof(EventRecorded));
        var coordinator = Sys.ActorOf(OrchestratorHosting.CoordinatorProps(
            new CoordinatorServices(new OnePlan(Plan), new OneFleet(fleet), new HostClock(TimeProvider.System), Instances.New())));
        coordinator.Tell(new RegisterDeployment(new DeploymentId("intent22"), Plan, fleet.Name, new DeploymentOptions(), "alice", NoWait: false));

        await Writes.Of(Sys).Writing.WaitAsync(Patience);
        var before = Changed(fleet);
        // Goes the same way as an act does, and comes back after it.
        for (var i = 0; i < 3; i++)
            await coordinator.Ask<Surveyed>(new SurveyNodes(fleet.Name, Plan.Groups[0].Nodes, Patience), Patience);
        Assert.Equal(before, Changed(fleet));

        Writes.Of(Sys).Release();
        await FishForMessageAsync<EventRecorded>(m => m.Recorded.Event is DeploymentEnded { End: DeploymentPhase.Succeeded }, Patience);
        Assert.NotEqual(before, Changed(fleet));
    }

    private static (int Disabled, int Enabled, int Runs) Changed(EmulatedFleet fleet)
    {
        var node = fleet.Observe(new NodeName("a"));
        return (node.Disable.Received, node.Enable.Received, node.Runonce.Received);
    }

    /// <summary>Writes nothing from an event of one kind on until that is released.</summary>
    public sealed class SlowJournal : MemoryJournal
    {
        private readonly Writes _writes = Writes.Of(Context.System);

        protected override async Task<IImmutableList<Exception?>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
        {
            var writes = messages.ToList();
            await _writes.UntilReleasedAsync(writes);
            return await base.WriteMessagesAsync(writes, cancellationToken);
        }
    }

    /// <summary>What the test and the journal of its actor system share.</summary>
    public sealed class Writes : IExtension
    {
        private readonly TaskCompletionSource _writing = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Type? _held;

        /// <summary>Ends once an event of that kind is to be written.</summary>
        public Task Writing => _writing.Task;

        public static Writes Of(ActorSystem system) => system.WithExtension<Writes, Provider>();

        public void Hold(Type @event) => _held = @event;

        public void Release() => _released.TrySetResult();

        internal async Task UntilReleasedAsync(IEnumerable<AtomicWrite> writes)
        {
            if (!writes.SelectMany(w => (IEnumerable<IPersistentRepresentation>)w.Payload).Any(e => e.Payload.GetType() == _held))
                return;
            _writing.TrySetResult();
            await _released.Task;
        }

        public sealed class Provider : ExtensionIdProvider<Writes>
        {
            public override Writes CreateExtension(ExtendedActorSystem system) => new();
        }
    }
}
