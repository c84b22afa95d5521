using Akka.Actor;
using Akka.Persistence;
using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using Orchestrator.NodeAgent.Emulation.Fleet;

namespace Orchestrator.Actors.Tests.Deployments;

/// <summary>Several deployments at once on one fleet, all actors real: how many nodes run Puppet, by the nodes' own account.</summary>
public sealed class LimitTests : PatientTestKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly EmulatedFleet _fleet = new(Sites.Scenario("speed: 20\ndefaults: { run: 4s..12s, start-lag: 200ms..1s, answer: 10ms }\nnodes: { \"*x\": " +
        "{ result: failed-resources } }"), TimeProvider.System);
    private readonly Plans _plans = new();
    private readonly List<IDeploymentEvent> _history = [];
    private readonly HostInstance _instance = Instances.New();
    private IActorRef _coordinator;

    public LimitTests()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(CoordinatorProtocol.EventRecorded));
        _coordinator = Coordinator();
    }

    [Fact]
    public async Task Two_deployments_together_never_run_more_nodes_than_the_limit_and_share_it()
    {
        var (a, b) = (Names('a', 8), Names('b', 8));
        await DeployAsync(("aaaa2222", a, 3), ("bbbb2222", b, 3));

        var runs = Runs([.. a, .. b]);
        Assert.Equal(16, runs.Length);
        Assert.Equal(3, MostAtOnce(runs));
        // Neither had to wait for the other to be done.
        Assert.True(runs.First(r => r.Node[0] == 'a').From < runs.Last(r => r.Node[0] == 'b').Until);
        Assert.True(runs.First(r => r.Node[0] == 'b').From < runs.Last(r => r.Node[0] == 'a').From);
    }

    [Fact]
    public async Task A_deployment_without_a_limit_waits_for_nobody_and_one_with_a_limit_counts_its_nodes()
    {
        var (a, b) = (Names('a', 5), Names('b', 5));
        await DeployAsync(("aaaa2222", a, null), ("bbbb2222", b, 1));

        Assert.Equal(5, MostAtOnce(Runs(a)));
        Assert.Equal(1, MostAtOnce(Runs(b)));
        // The first may have come before the other deployment's nodes, which did not wait for it.
        Assert.All(Runs(b)[1..], run => Assert.DoesNotContain(Runs(a), other => other.From <= run.From && run.From < other.Until));
    }

    [Fact]
    public async Task Nodes_that_fail_give_their_places_to_the_others()
    {
        string[] a = ["a1x", "a2", "a3", "a4"];
        string[] b = ["b1x", "b2", "b3", "b4"];
        await DeployAsync(("aaaa2222", a, 1), ("bbbb2222", b, 1));

        Assert.Equal(1, MostAtOnce(Runs([.. a, .. b])));
        Assert.Equal(8, Runs([.. a, .. b]).Length);
    }

    [Fact]
    public async Task A_node_that_waits_for_its_place_says_so_and_when_it_has_it()
    {
        var a = Names('a', 4);
        await DeployAsync(("aaaa2222", a, 1));

        // The place of the first was free, each of the others had to wait for the one before.
        var awaited = _history.OfType<DeploymentEvents.PlacesAwaited>().SelectMany(e => e.Nodes).ToList();
        var taken = _history.OfType<DeploymentEvents.PlacesTaken>().SelectMany(e => e.Nodes).ToList();
        Assert.Equal(3, awaited.Count);
        Assert.Equal(awaited.Order(), taken.Order());
        foreach (var node in awaited)
        {
            var told = _history.FindIndex(e => e is DeploymentEvents.PlacesTaken t && t.Nodes.Contains(node));
            Assert.Contains(_history[..told], e => e is DeploymentEvents.PlacesAwaited t && t.Nodes.Contains(node));
            Assert.Contains(_history[told..], e => e is DeploymentEvents.RunRequested r && r.Node == node);
        }
    }

    [Fact]
    public async Task Taken_up_again_with_runs_under_way_they_still_hold_the_limit_together()
    {
        var (a, b) = (Names('a', 8), Names('b', 8));
        await RegisterAsync(("aaaa2222", a, 3), ("bbbb2222", b, 3));
        for (var restart = 0; restart < 3; restart++)
        {
            await RunsAcceptedAsync(2);
            await _coordinator.GracefulStop(Patience);
            _coordinator = Coordinator();
        }
        await EndedAsync("aaaa2222", "bbbb2222");

        Assert.Equal(16, Runs([.. a, .. b]).Length);
        Assert.Equal(3, MostAtOnce(Runs([.. a, .. b])));
    }

    [Fact]
    public async Task A_supervisor_that_is_taken_up_again_leaves_the_places_of_its_runs_to_nobody()
    {
        var (a, b) = (Names('a', 4), Names('b', 4));
        await RegisterAsync(("aaaa2222", a, 2), ("bbbb2222", b, 2));
        for (var restart = 0; restart < 2; restart++)
        {
            await RunsAcceptedAsync(1);
            Sys.ActorSelection($"{_coordinator.Path}/$a/group-1").Tell(Kill.Instance);
        }
        await EndedAsync("aaaa2222", "bbbb2222");

        Assert.Equal(8, Runs([.. a, .. b]).Length);
        Assert.Equal(2, MostAtOnce(Runs([.. a, .. b])));
    }

    [Fact]
    public async Task One_whose_history_is_damaged_keeps_nobody_from_their_places_and_its_nodes_only_until_a_person_gives_it_up()
    {
        var damaged = new DeploymentId("cccc2222");
        var vandal = Sys.ActorOf(Props.Create(() => new Vandal(DeploymentSupervisor.PersistenceIdOf(damaged))));
        var watcher = CreateTestProbe();
        watcher.Watch(vandal);
        await watcher.ExpectTerminatedAsync(vandal, Patience);

        var a = Names('a', 2);
        await EventFilter.Error(start: "Deployment cccc2222 cannot continue: its history in the journal cannot be read (event 1: PlacesTaken cannot " +
            "follow NotStarted").ExpectOneAsync(Patience, async () =>
        {
            await RegisterAsync((damaged.Value, ["c1"], 1), ("aaaa2222", a, 1));
            await EndedAsync("aaaa2222");
        });

        Assert.Equal(2, Runs(a).Length);
        var line = await FindAsync(damaged);
        Assert.Equal((DeploymentLine.CannotBeCarriedOn, false), (line.Attention, line.Active));
        var denied = await _coordinator.Ask<CoordinatorProtocol.Denied>(new VerbOnDeployment(damaged, DeploymentCommand.Of(Verb.Cancel, "bob")), Patience);
        Assert.Equal(ProblemCodes.CannotBeCarriedOn, denied.Code);
        Assert.Equal([damaged], denied.Deployments);
        Assert.Equal([Verb.Resume, Verb.Abandon], denied.Verbs);

        // A verb on the heels of a resume is lost with the supervisor, and answered all the same.
        _coordinator.Tell(new CoordinatorProtocol.ResumeUnfinished(damaged));
        var lost = await _coordinator.Ask<CoordinatorProtocol.Denied>(new VerbOnDeployment(damaged, DeploymentCommand.Of(Verb.Cancel, "bob")), Patience);
        Assert.StartsWith("deployment cccc2222 c", lost.Reason, StringComparison.Ordinal);
        await AwaitAssertAsync(async () => Assert.Equal(DeploymentLine.CannotBeCarriedOn, (await FindAsync(damaged)).Attention), Patience);

        // Its nodes are its own until a person gives it up.
        await RegisterAsync(("dddd2222", ["c1"], 1));
        await _coordinator.Ask<CoordinatorProtocol.Done>(new VerbOnDeployment(damaged, DeploymentCommand.Of(Verb.Abandon, "bob")), Patience);
        await EndedAsync("cccc2222", "dddd2222");
        await _coordinator.GracefulStop(Patience);
        _coordinator = Coordinator();
        foreach (var verb in (Verb[])[Verb.Release, Verb.Retry])
        {
            var late = await _coordinator.Ask<CoordinatorProtocol.Denied>(new VerbOnDeployment(damaged, DeploymentCommand.Of(verb, "bob")), Patience);
            Assert.StartsWith("deployment cccc2222 was given up as abandoned and cannot be continued", late.Reason, StringComparison.Ordinal);
        }
        var again = await _coordinator.Ask<CoordinatorProtocol.Done>(new VerbOnDeployment(damaged, DeploymentCommand.Of(Verb.Abandon, "bob")), Patience);
        Assert.Equal((false, "it is already abandoned"), (again.Changed, again.Message));
        Assert.Single(Runs(["c1"]));
    }

    private async Task<DeploymentLine> FindAsync(DeploymentId id) =>
        Assert.Single((await _coordinator.Ask<CoordinatorProtocol.Deployments>(new CoordinatorProtocol.FindDeployment(id.Value), Patience)).Lines);

    private IActorRef Coordinator() =>
        Sys.ActorOf(DeploymentCoordinator.Props(new CoordinatorServices(_plans, new OneFleet(_fleet), new HostClock(TimeProvider.System), _instance)));

    private static string[] Names(char letter, int count) => [.. Enumerable.Range(1, count).Select(i => $"{letter}{i}")];

    private async Task DeployAsync(params (string Id, string[] Nodes, int? Limit)[] deployments)
    {
        await RegisterAsync(deployments);
        await EndedAsync([.. deployments.Select(d => d.Id)]);
        while (HasMessages)
        {
            if (await ReceiveOneAsync() is CoordinatorProtocol.EventRecorded recorded)
                _history.Add(recorded.Recorded.Event);
        }
    }

    private async Task RegisterAsync(params (string Id, string[] Nodes, int? Limit)[] deployments)
    {
        foreach (var (id, nodes, limit) in deployments)
        {
            var plan = Sites.PlanOf(nodes) with { Id = new PlanId($"sha256:{id}") };
            await _plans.SaveAsync(plan, CancellationToken.None);
            _coordinator.Tell(
                new CoordinatorProtocol.RegisterDeployment(new DeploymentId(id), plan, _fleet.Name, Options with { MaxRunning = limit }, "alice", false));
        }
    }

    private async Task RunsAcceptedAsync(int count)
    {
        for (; count > 0; count--)
            await FishForMessageAsync<CoordinatorProtocol.EventRecorded>(m => m.Recorded.Event is DeploymentEvents.RunAccepted, Patience);
    }

    /// <summary>By the coordinator's word: the event of an end may be written by a life that can no longer tell of it.</summary>
    private Task EndedAsync(params string[] ids) => AwaitAssertAsync(async () =>
    {
        var list = await _coordinator.Ask<DeploymentPage>(new CoordinatorProtocol.ListDeployments(null, 100, WithCurrent: false), Patience);
        Assert.All(list.Deployments.Where(l => ids.Contains(l.Id.Value)), l => Assert.True(l.State.IsEnd()));
    }, Patience);

    private static DeploymentOptions Options => new()
    {
        MaxFailures = FailureBudget.TryParse("50%", out var budget, out _) ? budget : throw new InvalidOperationException(),
        // A request that a restart kept from leaving is made again after these.
        StartTimeout = TimeSpan.FromSeconds(3),
        RunonceTimeToLive = TimeSpan.FromSeconds(2),
    };

    /// <summary>When each node held its run lock, in order of begin.</summary>
    private ImmutableArray<(string Node, DateTimeOffset From, DateTimeOffset Until)> Runs(string[] nodes) =>
    [
        .. nodes.SelectMany(node =>
        {
            var diary = _fleet.Observe(new NodeName(node)).Diary;
            var begun = diary.Where(d => d.What.EndsWith("took the lock", StringComparison.Ordinal)).Select(d => d.At);
            var ended = diary.Where(d => d.What.EndsWith(" ended", StringComparison.Ordinal)).Select(d => d.At);
            return begun.Zip(ended, (from, until) => (node, from, until));
        }).OrderBy(r => r.from),
    ];

    private static int MostAtOnce(ImmutableArray<(string Node, DateTimeOffset From, DateTimeOffset Until)> runs) =>
        runs.Max(r => runs.Count(other => other.From <= r.From && r.From < other.Until));

    protected override void AfterAll()
    {
        base.AfterAll();
        _fleet.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Writes into a history what cannot be its beginning.</summary>
    private sealed class Vandal : ReceivePersistentActor
    {
        public Vandal(string persistenceId)
        {
            PersistenceId = persistenceId;
            Recover<RecoveryCompleted>(_ => Persist(new DeploymentEvents.PlacesTaken([new NodeName("c1")], DateTimeOffset.UnixEpoch), _ => Context.Stop(Self)));
        }

        public override string PersistenceId { get; }
    }

    private sealed class Plans : IPlanStore
    {
        private readonly Dictionary<PlanId, Plan> _plans = [];

        public Task SaveAsync(Plan plan, CancellationToken cancellationToken)
        {
            _plans[plan.Id] = plan;
            return Task.CompletedTask;
        }

        public Task<Plan> LoadAsync(PlanId id, CancellationToken cancellationToken) => Task.FromResult(_plans[id]);
    }
}
