using Akka.Actor;
using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Actors.Tests.Deployments;

/// <summary>
/// What a later host, and a failing plan store or supervisor, do to deployments that ended, were retried, or wait: no node is anybody else's while Puppet
/// may run on it, and nobody waits for ever.
/// </summary>
public sealed class CoordinatorRecoveryTests() : CoordinatorTestKit(
    Sites.PlanOf(["a", "b"]),
    "speed: 20\ndefaults: { run: 20s, start-lag: 200ms, answer: 10ms }\nnodes: { a: { result: [failed-resources, success], run: 200s } }")
{
    private static readonly DeploymentId Other = new("other222");

    [Theory]
    [InlineData(OnFailure.Freeze)]
    [InlineData(OnFailure.Release)]
    public async Task A_retry_begun_in_a_new_host_keeps_its_nodes_while_it_runs_and_takes_verbs(OnFailure onFailure)
    {
        await StopAsync(await EndedAsync(new DeploymentOptions { OnFailure = onFailure }));
        var second = Host();
        Assert.IsType<Done>(await second.Ask<object>(Retry, Patience));
        await UntilAsync<RunsBegan>();

        await StaysOpenAsync(second);
        Assert.Equal(ProblemCodes.WouldWait, (await second.Ask<Denied>(Register(Other), Patience)).Code);
        Assert.IsType<Done>(await second.Ask<object>(new VerbOnDeployment(Id, DeploymentCommand.Of(Verb.Pause, "bob")), Patience));
    }

    [Fact]
    public async Task A_retry_begun_in_a_new_host_is_gone_on_with_after_that_host_dies_too()
    {
        await StopAsync(await EndedAsync(new DeploymentOptions()));
        var second = Host();
        Assert.IsType<Done>(await second.Ask<object>(Retry, Patience));
        await UntilAsync<RunsBegan>();
        await StaysOpenAsync(second);
        await StopAsync(second);

        var third = Host();
        Assert.False((await LineAsync(third)).State.IsEnd());
        Assert.Equal(Id, Assert.Single((await third.Ask<CoordinatorProtocol.Deployments>(new ResumeUnfinished(), Patience)).Lines).Id);
        Assert.Equal(DeploymentPhase.Succeeded, (await UntilAsync<DeploymentEnded>()).End);
    }

    [Fact]
    public async Task A_plan_that_cannot_be_read_for_a_moment_while_the_host_starts_hangs_nobody_and_keeps_its_nodes()
    {
        var first = Host();
        first.Tell(Register(Id));
        await UntilAsync<RunsBegan>();
        await StopAsync(first);

        var second = Host(new Failing(Plan, times: 1));
        Assert.Single((await second.Ask<DeploymentPage>(List, TimeSpan.FromSeconds(10))).Deployments);
        Assert.IsType<Denied>(await second.Ask<object>(Register(Other), Patience));
        Assert.Single((await second.Ask<CoordinatorProtocol.Deployments>(new ResumeUnfinished(), Patience)).Lines);
        await UntilAsync<DeploymentEnded>();
    }

    [Fact]
    public async Task A_plan_that_cannot_be_read_for_a_moment_stops_its_deployment_for_that_moment_only()
    {
        var first = Host();
        first.Tell(Register(Id));
        await UntilAsync<RunsBegan>();
        await StopAsync(first);

        var second = Host(new Failing(Plan, times: 4));
        second.Tell(new ResumeUnfinished());

        Assert.Equal(DeploymentPhase.Failed, (await UntilAsync<DeploymentEnded>()).End);
    }

    [Fact]
    public async Task A_retry_whose_plan_cannot_be_read_is_refused_and_takes_its_nodes_once_it_can()
    {
        await StopAsync(await EndedAsync(new DeploymentOptions { OnFailure = OnFailure.Release }));
        var second = Host(new Failing(Plan, times: 1));
        Assert.Contains("cannot be read now", (await second.Ask<Denied>(Retry, Patience)).Reason, StringComparison.Ordinal);

        Assert.IsType<Done>(await second.Ask<object>(Retry, Patience));
        Assert.Equal(ProblemCodes.WouldWait, (await second.Ask<Denied>(Register(Other), Patience)).Code);
    }

    [Fact]
    public async Task A_lost_plan_keeps_the_nodes_that_nobody_can_name_until_a_person_gives_them_up()
    {
        var first = Host();
        first.Tell(Register(Id));
        await UntilAsync<RunsBegan>();
        await StopAsync(first);

        var second = Host(new Lost());
        Assert.Equal(DeploymentLine.CannotBeCarriedOn, (await LineAsync(second)).Attention);
        Assert.Equal(ProblemCodes.WouldWait, (await second.Ask<Denied>(Register(Other), Patience)).Code);
        Assert.IsType<Done>(await second.Ask<object>(new VerbOnDeployment(Id, DeploymentCommand.Of(Verb.Abandon, "bob")), Patience));
        Assert.IsType<Registered>(await second.Ask<object>(Register(Other), Patience));
    }

    [Fact]
    public async Task A_supervisor_that_always_fails_is_taken_up_again_with_growing_pauses_and_whoever_asks_it_is_answered()
    {
        var first = Host();
        first.Tell(Register(Id));
        await UntilAsync<RunsBegan>();
        await StopAsync(first);

        // The plan has other nodes than the history.
        var store = new Counting(Sites.PlanOf(["x"]));
        var second = Host(store);
        var begun = TimeProvider.System.GetTimestamp();
        second.Tell(new ResumeUnfinished());
        // Once by the coordinator, then by five supervisors, with 0.2, 0.4, 0.8 and 1.6 s between them.
        await AwaitAssertAsync(() => Assert.InRange(store.Loads, 6, 100), Patience);
        Assert.True(TimeProvider.System.GetElapsedTime(begun) >= TimeSpan.FromSeconds(2.9));
        Assert.IsType<Denied>(await second.Ask<object>(new VerbOnDeployment(Id, DeploymentCommand.Of(Verb.Pause, "bob")), Patience));
    }

    [Fact]
    public async Task Whatever_changes_of_a_deployment_is_published_as_its_line()
    {
        var lines = CreateTestProbe();
        Sys.EventStream.Subscribe(lines.Ref, typeof(DeploymentChanged));
        var coordinator = await EndedAsync(new DeploymentOptions());

        var published = new List<DeploymentLine>();
        while (published is not [.., { State: DeploymentPhase.Failed, Held: 2 }])
            published.Add((await lines.ExpectMsgAsync<DeploymentChanged>(Patience)).Line);

        Assert.All(published, line => Assert.Equal((Id, true), (line.Id, line.Active)));
        Assert.Equal(
            [DeploymentPhase.Waiting, DeploymentPhase.Checking, DeploymentPhase.Isolating, DeploymentPhase.Running, DeploymentPhase.Failed],
            published.Select(l => l.State).Distinct());
        var second = new DeploymentId("next2222");
        coordinator.Tell(Register(second) with { Plan = Sites.PlanOf(["c"]) });
        Assert.Equal(second, (await lines.FishForMessageAsync<DeploymentChanged>(m => m.Line.Id != Id, Patience)).Line.Id);
    }

    [Fact]
    public async Task Whoever_waits_for_an_answer_when_the_coordinator_stops_has_one()
    {
        var first = Host();
        first.Tell(Register(Id));
        await UntilAsync<RunsBegan>();
        await StopAsync(first);

        // Plans are being read, so that whoever asks waits; a probe that is answered last shows that the questions have arrived.
        var plans = new Hanging();
        var second = Sys.ActorOf(DeploymentCoordinator.Props(
            new CoordinatorServices(plans, new OneFleet(Fleet), new HostClock(TimeProvider.System), Instances.New())));
        var (list, verb) = (CreateTestProbe(), CreateTestProbe());
        await plans.Asked.WaitAsync(Patience);
        second.Tell(List, list);
        second.Tell(Retry, verb);
        await second.Ask<ActorIdentity>(new Identify(null), Patience);
        await StopAsync(second);

        Assert.IsType<Denied>(await list.ExpectMsgAsync<Denied>(Patience));
        Assert.IsType<Denied>(await verb.ExpectMsgAsync<Denied>(Patience));
    }

    [Fact]
    public async Task A_coordinator_that_stops_answers_whoever_waits_for_a_verb_and_nobody_twice()
    {
        await StopAsync(await EndedAsync(new DeploymentOptions { OnFailure = OnFailure.Release }));
        var plans = new Hanging();
        var second = Sys.ActorOf(DeploymentCoordinator.Props(
            new CoordinatorServices(plans, new OneFleet(Fleet), new HostClock(TimeProvider.System), Instances.New())));
        var (answered, verb) = (CreateTestProbe(), CreateTestProbe());
        second.Tell(new ResumeUnfinished(), answered);
        await answered.ExpectMsgAsync<CoordinatorProtocol.Deployments>(Patience);
        second.Tell(Retry, verb);
        await plans.Asked.WaitAsync(Patience);
        await StopAsync(second);

        Assert.IsType<Denied>(await verb.ExpectMsgAsync<Denied>(Patience));
        answered.Tell("nothing before this");
        await answered.ExpectMsgAsync("nothing before this", Patience);
    }

    /// <summary>For longer than it takes until an end is told again.</summary>
    private async Task StaysOpenAsync(IActorRef coordinator)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(begun) < TimeSpan.FromSeconds(4))
        {
            await ReceiveOneAsync(TimeSpan.FromMilliseconds(200));
            var line = await LineAsync(coordinator);
            Assert.False(line.State.IsEnd(), $"{line}");
        }
    }

    private static ListDeployments List => new(null, 100, WithCurrent: false);

    private static VerbOnDeployment Retry => new(Id, new DeploymentCommand.Retry("bob"));

    private RegisterDeployment Register(DeploymentId id) => new(id, Plan, Fleet.Name, new DeploymentOptions(), "alice", NoWait: id == Other);

    private sealed class Counting(Plan plan) : IPlanStore
    {
        private int _loads;

        public int Loads => _loads;

        public Task SaveAsync(Plan saved, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<Plan> LoadAsync(PlanId id, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _loads);
            return Task.FromResult(plan);
        }
    }

    /// <summary>A store that cannot be read so many times.</summary>
    private sealed class Failing(Plan plan, int times) : IPlanStore
    {
        private int _left = times;

        public Task SaveAsync(Plan saved, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<Plan> LoadAsync(PlanId id, CancellationToken cancellationToken) =>
            Interlocked.Decrement(ref _left) >= 0 ? Task.FromException<Plan>(new IOException("disk I/O error")) : Task.FromResult(plan);
    }

    /// <summary>A store that never answers.</summary>
    private sealed class Hanging : IPlanStore
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Ends once a plan is being read: then the journal was replayed.</summary>
        public Task Asked => _asked.Task;

        public Task SaveAsync(Plan saved, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<Plan> LoadAsync(PlanId id, CancellationToken cancellationToken)
        {
            _asked.TrySetResult();
            return new TaskCompletionSource<Plan>().Task;
        }
    }

    /// <summary>As the real one says it: with what was found, and what that was found by.</summary>
    private sealed class Lost : IPlanStore
    {
        public Task SaveAsync(Plan saved, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task<Plan> LoadAsync(PlanId id, CancellationToken cancellationToken) =>
            Task.FromException<Plan>(new InvalidDataException(
                $"the plan {id} is missing", new InvalidDataException("it is damaged", new InvalidOperationException("it cannot be decompressed"))));
    }
}
