using Akka.Actor;
using Akka.TestKit;
using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Actors.Tests.Deployments;

/// <summary>What a supervisor does because time has passed, under a scheduler that moves by hand; its nodes never answer.</summary>
public sealed class SupervisorTimeTests : PatientTestKit
{
    private static readonly DeploymentId Id = new("waits2aa");
    private readonly Plan _plan = Sites.PlanOf(["db"], ["web"]);
    private readonly IActorRef _supervisor;
    private readonly SchedulerTime _time;
    private readonly DeploymentCommand.Start _start;

    public SupervisorTimeTests() : base(InVirtualTime + "akka.actor.guardian-supervisor-strategy = \"Akka.Actor.StoppingSupervisorStrategy\"")
    {
        _start = new DeploymentCommand.Start(Id, _plan.Id, "production", new FleetName("test"), new DeploymentOptions(), "alice", _plan.NodeCount);
        Sys.EventStream.Subscribe(TestActor, typeof(CoordinatorProtocol.EventRecorded));
        var services = new SupervisorServices(new OnePlan(_plan), CreateTestProbe(), new HostClock(_time = new SchedulerTime(Scheduler)));
        _supervisor = Sys.ActorOf(DeploymentSupervisor.Props(_start, 0, services, CreateTestProbe()));
    }

    private TestScheduler Scheduler => (TestScheduler)Sys.Scheduler;

    [Fact]
    public async Task A_person_is_called_when_nothing_happens_for_ten_minutes_and_again_a_quarter_of_an_hour_later()
    {
        await BeginAsync();

        Scheduler.Advance(TimeSpan.FromMinutes(9));
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));
        Scheduler.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(Attention.NoProgress, (await NextAsync<DeploymentEvents.AttentionRaised>()).Attention);
        Scheduler.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal(Attention.NoProgress, (await NextAsync<DeploymentEvents.AttentionRaised>()).Attention);
    }

    [Fact]
    public async Task A_clock_that_is_set_is_told_within_seconds_once_and_moves_no_time()
    {
        var begun = (await BeginAsync()).At;
        _time.Set = TimeSpan.FromHours(-3);

        Scheduler.Advance(TimeSpan.FromSeconds(2));
        var step = await NextAsync<DeploymentEvents.ClockStepped>();
        Assert.Equal((TimeSpan.FromHours(-3), begun + TimeSpan.FromSeconds(2)), (step.By, step.At));
        Scheduler.Advance(TimeSpan.FromMinutes(9));
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));
        Scheduler.Advance(TimeSpan.FromMinutes(1));
        Assert.InRange((await NextAsync<DeploymentEvents.AttentionRaised>()).At - begun, TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(10.1));
    }

    [Fact]
    public async Task A_deployment_that_has_ended_takes_the_clock_as_it_is_and_goes_on_by_it()
    {
        var begun = (await BeginAsync()).At;
        _supervisor.Tell(new SupervisorProtocol.Order(new DeploymentCommand.Abandon("bob"), 0, 1));
        await NextAsync<DeploymentEvents.DeploymentEnded>();
        _time.Set = TimeSpan.FromHours(3);
        Scheduler.Advance(TimeSpan.FromMinutes(1));
        _supervisor.Tell(new SupervisorProtocol.Order(new DeploymentCommand.Retry("bob"), 1, 2));

        var retry = await FishForMessageAsync<CoordinatorProtocol.EventRecorded>(m =>
        {
            Assert.IsNotType<DeploymentEvents.ClockStepped>(m.Recorded.Event);
            return m.Recorded.Event is DeploymentEvents.RetryStarted;
        });
        await SettledAsync();
        Assert.Equal(begun + TimeSpan.FromHours(3) + TimeSpan.FromMinutes(1), retry.Recorded.Event.At);
        _time.Set += TimeSpan.FromHours(1);
        Scheduler.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(TimeSpan.FromHours(1), (await NextAsync<DeploymentEvents.ClockStepped>()).By);
    }

    [Fact]
    public async Task A_paused_deployment_calls_nobody()
    {
        await BeginAsync();
        _supervisor.Tell(new SupervisorProtocol.Order(new DeploymentCommand.Pause("bob"), 0, 1));
        await NextAsync<DeploymentEvents.DeploymentPaused>();

        Scheduler.Advance(TimeSpan.FromHours(1));
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task A_plan_that_cannot_be_read_is_read_again_after_growing_pauses_and_then_the_supervisor_fails()
    {
        var (store, begun) = (new Unreadable(), Scheduler.Now);
        var services = new SupervisorServices(store, CreateTestProbe(), new HostClock(new SchedulerTime(Scheduler)));
        Watch(Sys.ActorOf(DeploymentSupervisor.Props(_start with { Id = new DeploymentId("unread2a") }, 0, services, CreateTestProbe())));
        while (await ReceiveOneAsync(TimeSpan.FromMilliseconds(50)) is not Terminated)
            Scheduler.Advance(TimeSpan.FromSeconds(0.5));

        Assert.Equal(5, store.Reads);
        Assert.True(Scheduler.Now - begun >= TimeSpan.FromSeconds(0.5 + 1 + 2 + 4));
    }

    private sealed class Unreadable : IPlanStore
    {
        private int _reads;

        public int Reads => _reads;

        public Task SaveAsync(Plan saved, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<Plan> LoadAsync(PlanId id, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _reads);
            return Task.FromException<Plan>(new IOException("disk I/O error"));
        }
    }

    private Task<DeploymentEvents.SupervisorStarted> BeginAsync() => NextAsync<DeploymentEvents.SupervisorStarted>();

    /// <summary>The event, and all that follows from it: once the supervisor answers again it has set its timer.</summary>
    private async Task<T> NextAsync<T>() where T : IDeploymentEvent
    {
        var recorded = await FishForMessageAsync<CoordinatorProtocol.EventRecorded>(m => m.Recorded.Event is T, TimeSpan.FromSeconds(30));
        await SettledAsync();
        return (T)recorded.Recorded.Event;
    }

    private Task<ActorIdentity> SettledAsync() => _supervisor.Ask<ActorIdentity>(new Identify(null));
}
