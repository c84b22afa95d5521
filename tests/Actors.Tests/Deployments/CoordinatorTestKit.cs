using Akka.Actor;
using Orchestrator.Actors.Deployments;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages.Plans;
using Orchestrator.NodeAgent.Emulation.Fleet;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;

// They wait more than they work.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]

namespace Orchestrator.Actors.Tests.Deployments;

/// <summary>Coordinators of hosts that follow each other, over one journal, one emulated fleet and one plan.</summary>
public abstract class CoordinatorTestKit : PatientTestKit
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    protected static readonly DeploymentId Id = new("again222");

    private readonly TimeProvider _time;

    protected CoordinatorTestKit(Plan plan, string scenario, TimeProvider? time = null)
    {
        Plan = plan;
        _time = time ?? TimeProvider.System;
        Fleet = new EmulatedFleet(Sites.Scenario(scenario), _time);
        Sys.EventStream.Subscribe(TestActor, typeof(EventRecorded));
    }

    protected EmulatedFleet Fleet { get; }
    protected Plan Plan { get; }

    protected IActorRef Host(IPlanStore? plans = null, IFleet? fleet = null) => Sys.ActorOf(OrchestratorHosting.CoordinatorProps(
        new CoordinatorServices(plans ?? new OnePlan(Plan), new OneFleet(fleet ?? Fleet), new HostClock(_time), Instances.New())));

    protected RegisterDeployment Registration(DeploymentOptions options) => new(Id, Plan, Fleet.Name, options, "alice", false);

    /// <summary>A coordinator whose deployment has ended.</summary>
    protected async Task<IActorRef> EndedAsync(DeploymentOptions options)
    {
        var coordinator = Host();
        coordinator.Tell(Registration(options));
        await UntilAsync<DeploymentEvents.DeploymentEnded>();
        await AwaitAssertAsync(async () => Assert.True((await LineAsync(coordinator)).State.IsEnd()), Patience);
        return coordinator;
    }

    protected async Task StopAsync(IActorRef coordinator)
    {
        Watch(coordinator);
        Sys.Stop(coordinator);
        await FishForMessageAsync(m => m is Terminated, Patience);
        Unwatch(coordinator);
    }

    protected async Task<T> UntilAsync<T>(DeploymentId? id = null) where T : IDeploymentEvent =>
        (T)(await FishForMessageAsync<EventRecorded>(m => m.Recorded.Event is T && m.Id == (id ?? Id), Patience)).Recorded.Event;

    protected static async Task<DeploymentLine> LineAsync(IActorRef coordinator) =>
        Assert.Single((await coordinator.Ask<CoordinatorProtocol.Deployments>(new FindDeployment(Id.Value), Patience)).Lines);

    protected override void AfterAll()
    {
        base.AfterAll();
        Fleet.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
