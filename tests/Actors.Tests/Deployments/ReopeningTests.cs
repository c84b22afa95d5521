using Akka.Actor;
using Akka.Persistence;
using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Fleet;
using Orchestrator.Messages.Plans;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Actors.Tests.Deployments;

/// <summary>
/// A deployment that had ended goes on by a retry: coordinator and supervisor agree on whether it is over, whoever of them was taken up again when.
/// </summary>
public sealed class ReopeningTests() : CoordinatorTestKit(
    Sites.PlanOf(["a"]), "speed: 20\ndefaults: { run: 20s, start-lag: 200ms, answer: 10ms }\nnodes: { a: { result: [failed-resources, success] } }")
{
    [Fact]
    public async Task What_was_retried_after_a_host_began_is_gone_on_with_by_the_next_host()
    {
        await StopAsync(await FailedAsync());
        var second = Host();
        second.Tell(new VerbOnDeployment(Id, DeploymentCommand.Of(Verb.Retry, "bob")));
        await UntilAsync<RunsBegan>();
        await StopAsync(second);

        var third = Host();
        var taken = await third.Ask<CoordinatorProtocol.Deployments>(new ResumeUnfinished(Id), Patience);

        Assert.Equal(Id, Assert.Single(taken.Lines).Id);
        Assert.Equal(DeploymentPhase.Succeeded, (await UntilAsync<DeploymentEnded>()).End);
    }

    [Fact]
    public async Task One_whose_supervisor_was_taken_up_again_in_a_retry_gives_its_nodes_to_the_next_deployment_at_its_end()
    {
        var coordinator = await FailedAsync();
        coordinator.Tell(new VerbOnDeployment(Id, DeploymentCommand.Of(Verb.Retry, "bob")));
        await UntilAsync<RunsBegan>();
        // Facts that are none: an error in the supervisor.
        Sys.ActorSelection($"{coordinator.Path}/deployments/*").Tell(new GroupActor.FactsReported(1, default));
        await UntilAsync<SupervisorStarted>();
        Assert.Equal(DeploymentPhase.Succeeded, (await UntilAsync<DeploymentEnded>()).End);

        var next = new DeploymentId("next2222");
        coordinator.Tell(new RegisterDeployment(next, Plan, Fleet.Name, new DeploymentOptions(), "bob", false));

        await UntilAsync<DeploymentEnded>(next);
    }

    [Fact]
    public async Task A_retry_that_comes_before_the_coordinator_has_heard_of_the_end_goes_back_to_it()
    {
        var (coordinator, asker) = (CreateTestProbe(), CreateTestProbe());
        var start = new DeploymentCommand.Start(Id, Plan.Id, "production", Fleet.Name, new DeploymentOptions(), "alice", 1);
        var services = new SupervisorServices(new OnePlan(Plan), CreateTestProbe(), new HostClock(TimeProvider.System));
        var supervisor = Sys.ActorOf(DeploymentSupervisor.Props(start, 0, services, coordinator));
        await coordinator.FishForMessageAsync(m => m is SupervisorReports.PhaseReached, Patience);
        supervisor.Tell(new GroupActor.FactsReported(1, [new NodeFact.Ended(new NodeName("a"), 0, Outcome.Unreachable, "no answer to the check", null)]));
        await coordinator.FishForMessageAsync(m => m is SupervisorReports.Ended { Reopenings: 0 }, Patience);

        supervisor.Tell(new SupervisorProtocol.Order(new DeploymentCommand.Retry("bob"), 0, 1), asker);
        Assert.Equal(new SupervisorReports.OrderAnswered(Id, 1, null), await asker.ExpectMsgAsync<SupervisorReports.OrderAnswered>(Patience));

        supervisor.Tell(new SupervisorProtocol.Order(new DeploymentCommand.Retry("bob"), 1, 2), asker);
        Assert.True(Assert.IsType<Done>((await asker.ExpectMsgAsync<SupervisorReports.OrderAnswered>(Patience)).Answer).Changed);
    }

    [Fact]
    public async Task A_retry_that_was_done_is_answered_so_whatever_the_coordinator_has_heard()
    {
        var (coordinator, asker) = (CreateTestProbe(), CreateTestProbe());
        var start = new DeploymentCommand.Start(Id, Plan.Id, "production", Fleet.Name, new DeploymentOptions(), "alice", 1);
        var services = new SupervisorServices(new OnePlan(Plan), CreateTestProbe(), new HostClock(TimeProvider.System));
        var supervisor = Sys.ActorOf(DeploymentSupervisor.Props(start, 0, services, coordinator));
        await coordinator.FishForMessageAsync(m => m is SupervisorReports.PhaseReached, Patience);
        await FailAsync(reopenings: 0);
        supervisor.Tell(new SupervisorProtocol.Order(Keyed(Verb.Retry), 1, 1), asker);
        var done = Assert.IsType<Done>((await asker.ExpectMsgAsync<SupervisorReports.OrderAnswered>(Patience)).Answer);
        Assert.True(done.Changed);
        await FailAsync(reopenings: 1);

        supervisor.Tell(new SupervisorProtocol.Order(Keyed(Verb.Retry), 1, 2), asker);

        var again = Assert.IsType<Done>((await asker.ExpectMsgAsync<SupervisorReports.OrderAnswered>(Patience)).Answer);
        Assert.Equal((false, done.Sequence), (again.Changed, again.Sequence));
        Assert.EndsWith(": " + done.Message, again.Message, StringComparison.Ordinal);

        async Task FailAsync(int reopenings)
        {
            supervisor.Tell(new GroupActor.FactsReported(1, [new NodeFact.Ended(new NodeName("a"), 0, Outcome.Unreachable, "no answer to the check", null)]));
            await coordinator.FishForMessageAsync(m => m is SupervisorReports.Ended e && e.Reopenings == reopenings, Patience);
        }
    }

    [Fact]
    public async Task Of_many_retries_under_one_key_one_is_begun_and_none_after_its_end_and_its_nodes_are_free_for_the_next()
    {
        var coordinator = await FailedAsync();
        var verb = new VerbOnDeployment(Id, Keyed(Verb.Retry));
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => coordinator.Ask<Done>(verb, Patience)));
        var done = Assert.Single(answers, a => a.Changed);
        Assert.All(answers, a => Assert.Equal(done.Sequence, a.Sequence));
        Assert.Equal(DeploymentPhase.Succeeded, (await UntilAsync<DeploymentEnded>()).End);
        await AwaitAssertAsync(async () => Assert.True((await LineAsync(coordinator)).State.IsEnd()), Patience);

        Assert.Equal((false, done.Sequence), await coordinator.Ask<Done>(verb, Patience) is var again ? (again.Changed, again.Sequence) : default);
        var next = new DeploymentId("next2222");
        coordinator.Tell(new RegisterDeployment(next, Plan, Fleet.Name, new DeploymentOptions(), "bob", false));
        Assert.Equal(DeploymentPhase.Succeeded, (await UntilAsync<DeploymentEnded>(next)).End);
    }

    [Fact]
    public async Task A_release_that_was_begun_after_the_end_is_gone_on_with_by_the_next_host_and_the_list_says_so()
    {
        await StopAsync(await FailedAsync());
        var asked = Sys.ActorOf(Props.Create(() => new LastWord(new ReleaseStarted("bob", null, DateTimeOffset.UnixEpoch))));
        Watch(asked);
        await FishForMessageAsync(m => m is Terminated, Patience);

        var next = Host();
        next.Tell(new ResumeUnfinished());
        await UntilAsync<NodesReleased>();
        await AwaitAssertAsync(async () => Assert.Equal((0, false), await HeldAsync(next)), Patience);
    }

    [Fact]
    public async Task While_nodes_are_being_enabled_after_the_end_the_list_says_so()
    {
        var coordinator = await FailedAsync();
        await StopAsync(coordinator);
        var mute = Sys.ActorOf(OrchestratorHosting.CoordinatorProps(new CoordinatorServices(new OnePlan(Plan), new OneFleet(new MuteFleet(Fleet.Name)),
            new HostClock(TimeProvider.System), Instances.New())));
        Assert.Equal((1, false), await HeldAsync(mute));

        Assert.True((await mute.Ask<Done>(new VerbOnDeployment(Id, DeploymentCommand.Of(Verb.Release, "bob")), Patience)).Changed);

        // It may be enabled by now: it is held for sure no more.
        await AwaitAssertAsync(async () => Assert.Equal((0, true), await HeldAsync(mute)), Patience);
    }

    private static DeploymentCommand.ByPerson Keyed(Verb verb) =>
        DeploymentCommand.Of(verb, "bob") with { Request = new RequestIdentity("key", "request") };

    private static async Task<(int Held, bool Releases)> HeldAsync(IActorRef coordinator)
    {
        var line = await LineAsync(coordinator);
        return (line.Held, line.Releases);
    }

    /// <summary>A host on which the deployment has failed, and whose coordinator knows.</summary>
    private async Task<IActorRef> FailedAsync()
    {
        var coordinator = Host();
        coordinator.Tell(new RegisterDeployment(Id, Plan, Fleet.Name, new DeploymentOptions(), "alice", false));
        Assert.Equal(DeploymentPhase.Failed, (await UntilAsync<DeploymentEnded>()).End);
        await AwaitAssertAsync(async () => Assert.Equal(1, (await LineAsync(coordinator)).Held), Patience);
        return coordinator;
    }

    /// <summary>Writes the last event of a host that died right after it.</summary>
    private sealed class LastWord : ReceivePersistentActor
    {
        public LastWord(IDeploymentEvent word) => Recover<RecoveryCompleted>(_ => Persist(word, _ => Context.Stop(Self)));

        public override string PersistenceId => DeploymentSupervisor.PersistenceIdOf(Id);
    }

    /// <summary>A fleet whose nodes never answer.</summary>
    private sealed class MuteFleet(FleetName name) : IFleet
    {
        public FleetName Name => name;

        public IDisposable Listen(Action<FleetReply> onReply) => new CancellationTokenSource();

        public Task PublishAsync(FleetWave wave, CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
