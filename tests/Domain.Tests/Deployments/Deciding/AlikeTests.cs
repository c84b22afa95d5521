using CsCheck;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Runs;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Tests.Deployments.Deciding;

/// <summary>Events of one kind are taken in at once, and mean what they mean one after the other.</summary>
public class AlikeTests
{
    private static readonly DateTimeOffset Then = Given.Now.AddMinutes(1);
    private static readonly Outcome[] Outcomes = [Outcome.Succeeded, Outcome.FailedResources, Outcome.Refused, Outcome.RefusedDisabled, Outcome.Unreachable];
    private static readonly Hold[] Holds = [Hold.None, Hold.Held, Hold.Enabled, Hold.NotHeld];

    [Fact]
    public void Events_of_one_kind_lead_to_the_same_state_at_once_as_one_after_the_other() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, Outcomes.Length - 1], Gen.Int[0, Holds.Length - 1]).Array[1, 5].Sample(nodes =>
        {
            var state = Open(nodes.Length);
            foreach (var alike in AfterEachOther([.. nodes.Select((n, i) => (Name(i), n.Item1, Outcomes[n.Item2], Holds[n.Item3]))]))
            {
                var one = alike.Aggregate(state, DeploymentEvolution.Evolve);
                state = DeploymentEvolution.Evolve(state, alike);
                Assert.Equal(
                    (one.Counts, one.Failures, one.RunsThatMayHaveBegun, one.HeldSince, one.MovedAt, one.Stage),
                    (state.Counts, state.Failures, state.RunsThatMayHaveBegun, state.HeldSince, state.MovedAt, state.Stage));
                Assert.Equal(one.Nodes.OrderBy(n => n.Key), state.Nodes.OrderBy(n => n.Key));
            }
        }, iter: 3_000);

    [Fact]
    public void A_report_means_what_its_facts_mean_one_after_the_other() =>
        Gen.Select(Gen.Int[0, 5].Array[1, 6], Gen.Int[0, 6].Array[6], Gen.Int[0, 63], Gen.Int).Sample((steps, ends, silent, seed) =>
        {
            // Paused, so that nothing follows from the facts but what they say themselves.
            var (state, plan) = Paused(steps.Length);
            NodeFact[] told = Mixed([.. steps.Select((s, i) => Told(Name(i), s, ends[i], (silent >> i & 1) == 1))], new Random(seed));

            var atOnce = After(state, plan, [.. told]);
            var oneByOne = told.Aggregate(state, (before, fact) => After(before, plan, [fact]));

            Assert.Equal((oneByOne.Counts, oneByOne.Failures, oneByOne.RunsThatMayHaveBegun), (atOnce.Counts, atOnce.Failures, atOnce.RunsThatMayHaveBegun));
            Assert.Equal(oneByOne.Silent.Keys.Order(), atOnce.Silent.Keys.Order());
            Assert.Equal(oneByOne.Nodes.OrderBy(n => n.Key), atOnce.Nodes.OrderBy(n => n.Key), Same);
        }, iter: 3_000);

    [Fact]
    public void The_counts_of_a_state_are_those_of_its_nodes()
    {
        foreach (var given in new[] { Given.Checking(), Given.Isolating(), Given.Requested(), Given.Failed(), Given.Releasing(), Given.RollingBack(),
            Given.RolledBack(), Given.Stuck(), Given.Succeeded() })
        {
            var nodes = given.State.Nodes.Values.ToList();
            Assert.Equal(
                new NodeCounts(nodes.Count(n => n.IsPending), nodes.Count(n => n.IsTouched), nodes.Count(n => NodeStanding.Of(n) == Standing.Held),
                    nodes.Count(n => NodeStanding.Of(n).IsUnclear()), nodes.Count(n => n.Hold == Hold.NotReleased), nodes.Count(n => n.IsLookedAt),
                    nodes.Count(n => n.Step == NodeStep.Settled)),
                given.State.Counts);
        }
    }

    [Fact]
    public void An_event_that_cannot_follow_is_an_error_among_others_of_its_kind_too()
    {
        var state = DeploymentEvolution.Evolve(Open(2), [Requested(Name(0))]);
        Assert.Throws<InvalidOperationException>(() => DeploymentEvolution.Evolve(state, new RunRequested[] { Requested(Name(1)), Requested(Name(0)) }));
        Assert.Throws<InvalidOperationException>(
            () => DeploymentEvolution.Evolve(state, new[] { Settled(Name(1), Outcome.Refused, Hold.Held), Settled(Name(1), Outcome.Refused, Hold.Held) }));
    }

    [Fact]
    public void What_one_report_tells_twice_happened_once()
    {
        var ready = new NodeFact.Ready(new NodeName("db"), 100, 200, false);
        Assert.Single(Assert.IsType<Decision.Accept>(Given.Running().WhenFacts(ready, ready with { NodeTime = 201 })).Events.OfType<RunRequested>());

        var judged = Given.Judged("db", 1, Outcome.Succeeded);
        var events = Assert.IsType<Decision.Accept>(Given.Requested().WhenFacts(judged, Given.Judged("db", 1, Outcome.FailedResources))).Events;
        Assert.Equal(Outcome.Succeeded, Assert.Single(events.OfType<NodeSettled>()).Outcome);
    }

    [Fact]
    public void The_same_changes_of_many_nodes_in_one_report_are_told_once_and_before_the_nodes()
    {
        var changes = new RunChanges("c1", ["File[/etc/motd]: changed"], 1);
        NodeFact Judged(string node) =>
            new NodeFact.Judged(new NodeName(node), 1, new Verdict(true, true, Outcome.Succeeded, [], 1, null, "", [], [], changes), Hold.Held);
        var given = Given.Requested().AfterFacts(Given.Judged("db", 1, Outcome.Succeeded))
            .AfterFacts(new NodeFact.Ready(new NodeName("app1"), 1, 2, false), new NodeFact.Ready(new NodeName("app2"), 1, 2, false));

        var events = Assert.IsType<Decision.Accept>(given.WhenFacts(Judged("app1"), Judged("app2"))).Events;

        Assert.Equal([typeof(ChangesSeen), typeof(NodeSettled), typeof(NodeSettled)], events.Take(3).Select(e => e.GetType()));
    }

    [Fact]
    public void A_node_that_was_found_out_of_turn_is_told_before_it_is_found_idle_or_ready_in_the_same_report()
    {
        var (db, app1) = (new NodeName("db"), new NodeName("app1"));
        NodeFact outOfTurn = new NodeFact.OutOfTurn(db, "somebody enabled it");

        var isolated = Assert.IsType<Decision.Accept>(
            Given.Isolating().WhenFacts(new NodeFact.Held(db), outOfTurn, new NodeFact.Held(db), new NodeFact.Idle(db), new NodeFact.Held(app1))).Events;
        Assert.Equal([typeof(NodesHeld), typeof(NodeOutOfTurn), typeof(NodesIdle)], isolated.Select(e => e.GetType()));

        var requested = Assert.IsType<Decision.Accept>(Given.Running().WhenFacts(outOfTurn, new NodeFact.Ready(db, 100, 200, false))).Events;
        Assert.Equal([typeof(NodeOutOfTurn), typeof(RunRequested)], requested.Select(e => e.GetType()));
    }

    [Fact]
    public void A_run_that_began_and_was_displaced_in_one_report_began_first()
    {
        var db = new NodeName("db");
        var events =
            Assert.IsType<Decision.Accept>(Given.Requested().WhenFacts(new NodeFact.Began(db, 1), new NodeFact.Displaced(db, 1, "cron", Hold.Held))).Events;

        Assert.Equal([typeof(RunsBegan), typeof(RunDisplaced)], events.Select(e => e.GetType()));
    }

    /// <summary>Each node comes as far as its number says: requested, accepted, settled.</summary>
    private static IEnumerable<IReadOnlyList<IDeploymentEvent>> AfterEachOther((NodeName Name, int Steps, Outcome Outcome, Hold Hold)[] nodes)
    {
        RunRequested[] requested = [.. nodes.Where(n => n.Steps > 0).Select(n => Requested(n.Name))];
        RunAccepted[] accepted = [.. nodes.Where(n => n.Steps > 1).Select(n => new RunAccepted(n.Name, 1, 100, Then))];
        NodeSettled[] settled = [.. nodes.Where(n => n.Steps != 2).Select(n => Settled(n.Name, n.Outcome, n.Hold))];
        return new IReadOnlyList<IDeploymentEvent>[] { requested, accepted, settled }.Where(events => events.Count > 0);
    }

    /// <summary>What one node tells, as far as its number says, in the order in which it happens.</summary>
    private static Queue<NodeFact> Told(NodeName node, int steps, int end, bool silent)
    {
        NodeFact[] all =
        [
            new NodeFact.Accepted(node, 1, 100),
            .. silent ? new NodeFact[] { new NodeFact.Silent(node, 1), new NodeFact.HeardAgain(node, 1) } : [],
            new NodeFact.Began(node, 1),
            end switch
            {
                0 => new NodeFact.Displaced(node, 1, "another's", Hold.Held),
                1 => new NodeFact.Untraced(node, 1, Hold.Held),
                2 => new NodeFact.NotSent(node, 1, "no way"),
                3 => new NodeFact.Ended(node, 1, Outcome.FailedDidNotFinish, "", Hold.Enabled),
                4 => new NodeFact.OutOfTurn(node, "by hand"),
                _ => Given.Judged(node.Value, 1, end == 5 ? Outcome.Succeeded : Outcome.FailedResources),
            },
        ];
        return new Queue<NodeFact>(all.Take(steps));
    }

    private static NodeFact[] Mixed(List<Queue<NodeFact>> nodes, Random random)
    {
        var mixed = new List<NodeFact>();
        while (nodes.RemoveAll(n => n.Count == 0) >= 0 && nodes.Count > 0)
            mixed.Add(nodes[random.Next(nodes.Count)].Dequeue());
        return [.. mixed];
    }

    private static bool Same(KeyValuePair<NodeName, NodeState> a, KeyValuePair<NodeName, NodeState> b) =>
        a.Key == b.Key && (a.Value with { Result = null }).Equals(b.Value with { Result = null }) && a.Value.Result?.Outcome == b.Value.Result?.Outcome;

    private static DeploymentState After(DeploymentState state, PlanIndex plan, ImmutableArray<NodeFact> facts) =>
        DeploymentDecider.Decide(state, plan, new DeploymentCommand.Report(facts), Then) is Decision.Accept accepted ? accepted.After : state;

    /// <summary>A run of each node is asked for, and the deployment is paused.</summary>
    private static (DeploymentState State, PlanIndex Plan) Paused(int count)
    {
        NodeName[] nodes = [.. Enumerable.Range(0, count).Select(Name)];
        var plan = new PlanIndex(new Plan(new PlanId("sha256:x"), "production", [], count,
            [new PlanGroup(1, [.. nodes.Select(n => new PlannedNode(n, ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty, []))])], []));
        var state = DeploymentEvolution.Evolve(Open(count), [.. nodes.Select(Requested)]);
        return (DeploymentEvolution.Evolve(state, new DeploymentPaused("bob", Given.Now)), plan);
    }

    private static NodeName Name(int index) => new($"n{index}");

    private static RunRequested Requested(NodeName node) => new(node, 1, 1, 2, false, Then, Then, Then);

    private static NodeSettled Settled(NodeName node, Outcome outcome, Hold hold) => new(node, outcome, "", hold, null, null, null, null, null, Then);

    /// <summary>One group whose only batch has just been opened.</summary>
    private static DeploymentState Open(int count)
    {
        NodeName[] nodes = [.. Enumerable.Range(0, count).Select(Name)];
        return DeploymentEvolution.Replay(
        [
            new DeploymentStarted(new PlanId("sha256:x"), "production", new FleetName("test"), new DeploymentOptions(), "alice", count, "held", Given.Now),
            new SupervisorStarted(1, Given.Now),
            new NodesChecked([.. nodes.Select(n => new CheckedNode(n, false, false))], Given.Now),
            new IsolationStarted(Given.Now, Given.Now),
            new NodesHeld([.. nodes], Given.Now),
            new NodesIdle([.. nodes], Given.Now),
            new GroupStarted(1, count, Given.Now),
            new BatchStarted(1, 1, [.. nodes], Given.Now, Given.Now),
        ]);
    }
}
