using System.Collections.Immutable;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using Orchestrator.Actors.Deployments;
using Orchestrator.Actors.Tests.Simulation;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using Orchestrator.NodeAgent.Fleet;

namespace Orchestrator.Actors.Tests.Deployments;

/// <summary>Several deployments at once on one fleet, all actors real: how many nodes run Puppet, by the nodes' own account.</summary>
public sealed class LimitSpecs : TestKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly EmulatedFleet _fleet = new(Sites.Scenario("speed: 20\ndefaults: { run: 4s..12s, start-lag: 200ms..1s, answer: 10ms }\nnodes: { \"*x\": { result: failed-resources } }"), TimeProvider.System);
    private readonly Plans _plans = new();
    private readonly List<IDeploymentEvent> _history = [];
    private readonly IActorRef _coordinator;

    public LimitSpecs()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(CoordinatorProtocol.EventRecorded));
        _coordinator = Sys.ActorOf(DeploymentCoordinator.Props(new CoordinatorServices(_plans, new OneFleet(_fleet), new HostClock(TimeProvider.System), new Duty())));
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
    public async Task Nodes_that_fail_give_their_slots_to_the_others()
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

    private static string[] Names(char letter, int count) => [.. Enumerable.Range(1, count).Select(i => $"{letter}{i}")];

    private async Task DeployAsync(params (string Id, string[] Nodes, int? Limit)[] deployments)
    {
        var open = new HashSet<string>();
        foreach (var (id, nodes, limit) in deployments)
        {
            var plan = Sites.PlanOf(nodes) with { Id = new PlanId($"sha256:{id}") };
            await _plans.SaveAsync(plan, CancellationToken.None);
            open.Add(id);
            _coordinator.Tell(new CoordinatorProtocol.RegisterDeployment(new DeploymentId(id), plan, _fleet.Name, new DeploymentOptions { MaxRunning = limit, MaxFailures = Budget }, "alice", false));
        }
        while (open.Count > 0)
        {
            var ended = await FishForMessageAsync<CoordinatorProtocol.EventRecorded>(m =>
            {
                _history.Add(m.Recorded.Event);
                return m.Recorded.Event is DeploymentEvents.DeploymentEnded;
            }, Patience);
            open.Remove(ended.Id.Value);
        }
    }

    private static FailureBudget Budget => FailureBudget.TryParse("50%", out var budget, out _) ? budget : throw new InvalidOperationException();

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
