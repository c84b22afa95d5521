using Akka.Actor;
using Akka.TestKit;
using Orchestrator.Actors.Nodes;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Nodes.Throttling;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;
using static Orchestrator.Actors.Fleet.FleetProtocol;

namespace Orchestrator.Actors.Tests.Nodes;

/// <summary>A node's permit to run Puppet: asked for before it is prepared, kept through its run, given back after it.</summary>
public sealed class NodeActorTests : PatientTestKit
{
    private static readonly NodeName Node = new("web1");
    private static readonly DeploymentId Deployment = new("places22");
    private static readonly string Held = HoldMessage.For(Deployment, "alice");
    private static readonly Orchestrator.Actors.Fleet.Fence Fence = new(Deployment, 1, TimeSpan.Zero);
    private static readonly NodeAssignment Prepare = new NodeAssignment.Prepare(1, VirtualTime.Start - TimeSpan.FromMinutes(1), SettledAt: VirtualTime.Start);
    private static readonly NodeAssignment Run = new NodeAssignment.Run(
        new DeploymentEvents.RunRequested(Node, 1, 100, 200, false, VirtualTime.Start + TimeSpan.FromMinutes(2), VirtualTime.Start + TimeSpan.FromMinutes(60),
            VirtualTime.Start), true, null, false);

    private readonly TestProbe _group;
    private readonly TestProbe _fleet;

    public NodeActorTests() => (_group, _fleet) = (CreateTestProbe(), CreateTestProbe());

    [Fact]
    public async Task A_limited_node_is_not_even_read_before_it_has_its_place()
    {
        var node = NodeOf(limit: 2);
        node.Tell(Assign(Prepare));

        var asked = await _fleet.ExpectMsgAsync<AcquirePermit>();
        Assert.Equal((Deployment, 2), (asked.PermitHolder.Deployment, asked.Limit));
        node.Tell(Assign(Prepare));
        await _fleet.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));

        node.Tell(new PermitGranted(asked.Correlation));
        Assert.IsType<NodeRequest.Status>((await _fleet.ExpectMsgAsync<AskNode>()).Request);
    }

    [Fact]
    public async Task A_node_without_a_limit_takes_its_permit_and_goes_on()
    {
        NodeOf(limit: null).Tell(Assign(Prepare));

        Assert.Null((await _fleet.ExpectMsgAsync<AcquirePermit>()).Limit);
        await _fleet.ExpectMsgAsync<AskNode>();
    }

    [Fact]
    public async Task A_run_that_is_taken_up_again_takes_its_permit_whatever_the_limit()
    {
        NodeOf(limit: 1).Tell(Assign(((NodeAssignment.Run)Run) with { MayAsk = false }));

        Assert.Null((await _fleet.ExpectMsgAsync<AcquirePermit>()).Limit);
        await _fleet.ExpectMsgAsync<AskNode>();
    }

    [Fact]
    public async Task What_neither_prepares_nor_runs_needs_none()
    {
        NodeOf(limit: 1).Tell(Assign(new NodeAssignment.Check()));
        await _fleet.ExpectMsgAsync<AskNode>();
    }

    [Fact]
    public async Task A_node_that_waits_and_is_to_rest_gives_up_its_permit_and_a_late_grant_starts_nothing()
    {
        var node = NodeOf(limit: 1);
        node.Tell(Assign(Prepare));
        var asked = await _fleet.ExpectMsgAsync<AcquirePermit>();

        node.Tell(Assign(new NodeAssignment.Rest()));
        await _fleet.ExpectMsgAsync<ReleasePermit>();
        node.Tell(new PermitGranted(asked.Correlation));
        await _fleet.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));

        node.Tell(Assign(Prepare));
        var again = await _fleet.ExpectMsgAsync<AcquirePermit>();
        node.Tell(new PermitGranted(asked.Correlation));
        await _fleet.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));
        node.Tell(new PermitGranted(again.Correlation));
        await _fleet.ExpectMsgAsync<AskNode>();
    }

    [Fact]
    public async Task The_permit_is_kept_through_the_run_and_given_back_when_its_work_is_done()
    {
        var node = await PreparedAsync();
        node.Tell(Assign(Run));
        Assert.IsType<NodeRequest.Enable>((await AskedAsync(node, new SwitchReply(1, "denied", VirtualTime.Start, null))).Request);

        Assert.IsType<NodeFact.Ended>((await _group.ExpectMsgAsync<NodeActor.Learnt>()).Fact);
        await _fleet.ExpectMsgAsync<ReleasePermit>();
        node.Tell(Assign(new NodeAssignment.HoldAgain()));
        await _fleet.ExpectMsgAsync<AskNode>();
    }

    [Fact]
    public async Task The_permit_is_given_back_where_no_run_follows()
    {
        var node = await PreparedAsync();
        node.Tell(Assign(new NodeAssignment.Rest()));
        await _fleet.ExpectMsgAsync<ReleasePermit>();
        node.Tell(Assign(new NodeAssignment.Rest()));
        await _fleet.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task One_that_is_made_anew_and_is_to_rest_gives_back_the_permit_of_the_one_that_failed()
    {
        var node = NodeOf(limit: 1);
        node.Tell(Assign(new NodeAssignment.Rest()));
        Assert.Equal(new PermitHolder(Deployment, Node), (await _fleet.ExpectMsgAsync<ReleasePermit>()).PermitHolder);
    }

    [Fact]
    public async Task While_it_waited_for_its_permit_the_idle_deadline_did_not_run_out()
    {
        var applying = new StatusReply(0, "OK", VirtualTime.Start, new NodeStatus(true, false, false, false, 100, 100, Held));
        var unlimited = NodeOf(limit: null);
        unlimited.Tell(Assign(Prepare));
        await _fleet.ExpectMsgAsync<AcquirePermit>();
        await AskedAsync(unlimited, applying);
        await _group.FishForMessageAsync<NodeActor.Learnt>(m => m.Fact is NodeFact.Ended { Outcome: Outcome.Refused });

        var limited = NodeOf(limit: 1);
        limited.Tell(Assign(Prepare));
        limited.Tell(new PermitGranted((await _fleet.ExpectMsgAsync<AcquirePermit>()).Correlation));
        await AskedAsync(limited, applying);
        Assert.Equal(new NodeFact.PermitAcquired(Node, 1), (await _group.ExpectMsgAsync<NodeActor.Learnt>()).Fact);
        Assert.IsType<NodeFact.OutOfTurn>((await _group.ExpectMsgAsync<NodeActor.Learnt>()).Fact);
        await AskedAsync(limited, applying);
        await _group.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task That_it_waits_for_its_permit_is_told_unless_it_waits_no_longer()
    {
        var node = NodeOf(limit: 1);
        node.Tell(Assign(Prepare));
        var asked = await _fleet.ExpectMsgAsync<AcquirePermit>();
        node.Tell(new PermitQueued(asked.Correlation - 1));
        node.Tell(new PermitQueued(asked.Correlation));
        Assert.Equal(new NodeFact.PermitAwaited(Node, 1), (await _group.ExpectMsgAsync<NodeActor.Learnt>()).Fact);

        node.Tell(Assign(new NodeAssignment.Rest()));
        await _fleet.ExpectMsgAsync<ReleasePermit>();
        node.Tell(new PermitQueued(asked.Correlation));
        await _group.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task An_act_is_fenced_when_it_is_asked_for_however_long_ago_its_assignment_was()
    {
        var time = new VirtualTime();
        var node = NodeOf(limit: null, time);
        node.Tell(Assign(new NodeAssignment.Release()));
        var read = await _fleet.ExpectMsgAsync<AskNode>();
        time.After(TimeSpan.FromMinutes(10), () => { });
        Assert.True(time.Step());

        node.Tell(new Answered(read.Correlation, new StatusReply(0, "OK", VirtualTime.Start, new NodeStatus(false, false, false, false, 100, 100, Held)),
            new ClockReading(VirtualTime.Start, TimeSpan.Zero)));
        var enable = await _fleet.ExpectMsgAsync<AskNode>();

        Assert.IsType<NodeRequest.Enable>(enable.Request);
        Assert.Equal((1, TimeSpan.FromMinutes(12)), (enable.Fence!.Epoch, enable.Fence.ValidUntil));
    }

    [Fact]
    public async Task An_act_that_waited_too_long_for_its_turn_is_asked_for_anew()
    {
        var node = NodeOf(limit: null);
        node.Tell(Assign(new NodeAssignment.Release()));
        var ours = new StatusReply(0, "OK", VirtualTime.Start, new NodeStatus(false, false, false, false, 100, 100, Held));
        await AskedAsync(node, ours);
        var enable = await _fleet.ExpectMsgAsync<AskNode>();

        node.Tell(new Expired(enable.Correlation));

        Assert.IsType<NodeRequest.Status>((await AskedAsync(node, ours)).Request);
        Assert.IsType<NodeRequest.Enable>((await AskedAsync(node, new SwitchReply(0, "OK", VirtualTime.Start, true))).Request);
        Assert.IsType<NodeFact.Released>((await _group.ExpectMsgAsync<NodeActor.Learnt>()).Fact);
    }

    private IActorRef NodeOf(int? limit, TimeProvider? time = null)
    {
        var options = new DeploymentOptions { MaxRunning = limit };
        var clock = new HostClock(time ?? new VirtualTime());
        return _group.ChildActorOf(NodeActor.Props(new NodeContext(Node, Deployment, Held, "production", options), Node, _fleet.Ref, clock));
    }

    private async Task<IActorRef> PreparedAsync()
    {
        var node = NodeOf(limit: 1);
        node.Tell(Assign(Prepare));
        node.Tell(new PermitGranted((await _fleet.ExpectMsgAsync<AcquirePermit>()).Correlation));
        await AskedAsync(node, new StatusReply(0, "OK", VirtualTime.Start, new NodeStatus(false, false, false, false, 100, 100, Held)));
        Assert.IsType<NodeFact.PermitAcquired>((await _group.ExpectMsgAsync<NodeActor.Learnt>()).Fact);
        Assert.IsType<NodeFact.Ready>((await _group.ExpectMsgAsync<NodeActor.Learnt>()).Fact);
        return node;
    }

    private async Task<AskNode> AskedAsync(IActorRef node, NodeReply reply)
    {
        var asked = await _fleet.ExpectMsgAsync<AskNode>();
        node.Tell(new Answered(asked.Correlation, reply, new ClockReading(VirtualTime.Start, TimeSpan.Zero)));
        return asked;
    }

    private static NodeActor.Assign Assign(NodeAssignment assignment) => new(assignment, Fence);
}
