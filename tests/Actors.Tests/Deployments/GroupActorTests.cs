using Akka.Actor;
using Akka.TestKit;
using Orchestrator.Actors.Deployments;
using Orchestrator.Actors.Fleet;
using Orchestrator.Actors.Nodes;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Runs;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Actors.Tests.Deployments;

/// <summary>A group gathers facts while a write is on, and survives its node actors.</summary>
public sealed class GroupActorTests : PatientTestKit
{
    private static readonly Fence Fence = new(new DeploymentId("groups12"), 1, TimeSpan.MaxValue);
    private readonly TestProbe _supervisor;
    private readonly TestProbe _nodes;
    private readonly IActorRef _group;

    public GroupActorTests()
    {
        _supervisor = CreateTestProbe();
        _nodes = CreateTestProbe();
        var nodes = _nodes.Ref;
        _group = _supervisor.ChildActorOf(GroupActor.Props(1, _ => Props.Create(() => new Node(nodes))));
    }

    [Fact]
    public async Task What_is_learnt_while_one_report_is_written_and_one_decided_makes_the_next_one()
    {
        _group.Tell(Learnt("a"));
        Assert.Single((await _supervisor.ExpectMsgAsync<GroupActor.FactsReported>()).Facts);
        _group.Tell(Learnt("b"));
        Assert.Single((await _supervisor.ExpectMsgAsync<GroupActor.FactsReported>()).Facts);

        _group.Tell(Learnt("c"));
        _group.Tell(Learnt("d"));
        await _supervisor.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));
        _group.Tell(GroupActor.FactsWritten.Instance);

        Assert.Equal(["c", "d"], (await _supervisor.ExpectMsgAsync<GroupActor.FactsReported>()).Facts.Select(f => f.Node.Value));
    }

    [Fact]
    public async Task A_node_actor_that_fails_is_made_anew_and_never_asks_for_a_run_again()
    {
        var request =
            new DeploymentEvents.RunRequested(new NodeName("a"), 1, 0, 0, false, DateTimeOffset.MaxValue, DateTimeOffset.MaxValue, DateTimeOffset.UnixEpoch);
        _group.Tell(new GroupActor.AssignNodes([(new NodeName("a"), new NodeAssignment.Run(request, MayAsk: true, null, false))], Fence));
        var first = await _nodes.ExpectMsgAsync<NodeActor.Assign>();
        Assert.True(Assert.IsType<NodeAssignment.Run>(first.Assignment).MayAsk);

        _nodes.LastSender.Tell("fail");

        var second = await _nodes.ExpectMsgAsync<NodeActor.Assign>();
        Assert.False(Assert.IsType<NodeAssignment.Run>(second.Assignment).MayAsk);
    }

    [Fact]
    public async Task A_node_actor_that_fails_on_and_on_ends_the_attempt_as_unreachable()
    {
        _group.Tell(new GroupActor.AssignNodes([(new NodeName("a"), new NodeAssignment.Check())], Fence));
        for (var i = 0; i < 4; i++)
        {
            await _nodes.ExpectMsgAsync<NodeActor.Assign>();
            _nodes.LastSender.Tell("fail");
        }

        var fact = Assert.Single((await _supervisor.ExpectMsgAsync<GroupActor.FactsReported>()).Facts);
        Assert.Equal(Outcome.Unreachable, Assert.IsType<NodeFact.Ended>(fact).Outcome);
        Assert.IsType<NodeAssignment.Rest>((await _nodes.ExpectMsgAsync<NodeActor.Assign>()).Assignment);
    }

    [Fact]
    public async Task A_run_is_begun_with_the_knowledge_of_what_the_group_s_runs_took()
    {
        Assert.Null(await UsualAtRunOf("a"));
        _group.Tell(Judged("a", seconds: 600));
        _group.Tell(Judged("b", seconds: null));
        Assert.Equal(TimeSpan.FromSeconds(600), await UsualAtRunOf("c"));
        _group.Tell(Judged("c", seconds: 700));
        Assert.Equal(TimeSpan.FromSeconds(650), await UsualAtRunOf("d"));
    }

    private async Task<TimeSpan?> UsualAtRunOf(string node)
    {
        var request =
            new DeploymentEvents.RunRequested(new NodeName(node), 1, 0, 0, false, DateTimeOffset.MaxValue, DateTimeOffset.MaxValue, DateTimeOffset.UnixEpoch);
        _group.Tell(new GroupActor.AssignNodes([(new NodeName(node), new NodeAssignment.Run(request, MayAsk: true, null, false))], Fence));
        return Assert.IsType<NodeAssignment.Run>((await _nodes.ExpectMsgAsync<NodeActor.Assign>()).Assignment).Usual;
    }

    private static NodeActor.Learnt Judged(string node, double? seconds) => new(new NodeFact.Judged(
        new NodeName(node), 1, new Verdict(true, true, Outcome.Succeeded, [], 1, null, "", [], []), Hold.Held,
        seconds is { } s ? TimeSpan.FromSeconds(s) : null));

    private static NodeActor.Learnt Learnt(string node) => new(new NodeFact.Held(new NodeName(node)));

    private sealed class Node : ReceiveActor
    {
        public Node(IActorRef probe)
        {
            Receive<NodeActor.Assign>(m => probe.Tell(m, Self));
            Receive<string>(text => throw new InvalidOperationException(text));
        }
    }
}
