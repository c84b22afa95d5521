using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Nodes.Works;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Tests.Nodes;

/// <summary>What a node's work does where its request did not get to the node, or its answer cannot be understood.</summary>
public sealed class NoWayTests
{
    private const string NoBroker = "there is no connection to a broker";
    private static readonly DateTimeOffset Begun = new(2026, 11, 22, 12, 0, 0, default);
    private static readonly NodeName Node = new("dev1");
    private static readonly DeploymentId Deployment = new("c7m7v7v5");

    private readonly NodeContext _context = new(Node, Deployment, "Held by Orchestrator deployment c7m7v7v5 for root", "production", new DeploymentOptions());

    [Theory]
    [MemberData(nameof(Reads))]
    public void What_could_not_be_sent_is_tried_every_second_for_as_long_as_silence_would_be_waited_for(NodeAssignment assignment, string sentence)
    {
        var work = NodeWorks.For(assignment, _context);
        var acts = work.Begin(At(0));
        var tries = 0;
        var seconds = 0;
        while (acts is [NodeAct.Ask])
        {
            tries++;
            acts = work.NotSent(NoBroker, isFenced: false, At(seconds));
            if (acts is not [NodeAct.Wake wake])
                break;
            Assert.Equal(TimeSpan.FromSeconds(1), wake.After);
            acts = work.Woken(At(++seconds));
        }
        // RPC timeout 10 s and two retries.
        Assert.Equal((31, 30), (tries, seconds));
        var ended = Assert.IsType<NodeFact.Ended>(Assert.IsType<NodeAct.Report>(acts[0]).Fact);
        Assert.Equal((Outcome.Unreachable, $"{sentence}; it could not be sent: {NoBroker}"), (ended.Outcome, ended.Message));
    }

    /// <summary>Work that begins with a request that may be repeated.</summary>
    public static TheoryData<NodeAssignment, string> Reads => new()
    {
        { new NodeAssignment.Check(), "no answer to the check" },
        { new NodeAssignment.Isolate(Begun.AddMinutes(10)), "no answer to disable" },
        { new NodeAssignment.Prepare(1, Begun.AddMinutes(10), SettledAt: Begun), "no answer before runonce" },
    };

    [Fact]
    public void A_broker_that_is_back_after_some_seconds_costs_no_node_its_outcome()
    {
        var work = NodeWorks.For(new NodeAssignment.Check(), _context);
        work.Begin(At(0));
        work.NotSent(NoBroker, isFenced: false, At(0));
        Assert.IsType<NodeAct.Ask>(Assert.Single(work.Woken(At(1))));
        var acts = work.Answered(new StatusReply(0, "OK", At(1).Wall, new NodeStatus(false, false, true, false, 0, 0, "")), At(1), At(1));
        Assert.IsType<NodeRequest.LastRunSummary>(Assert.IsType<NodeAct.Ask>(Assert.Single(acts)).Request);
        acts = work.NotSent(NoBroker, isFenced: true, At(1));
        Assert.IsType<NodeFact.Checked>(Assert.IsType<NodeAct.Report>(acts[0]).Fact);
    }

    [Fact]
    public void An_order_that_is_fenced_is_not_tried_again()
    {
        var work = NodeWorks.For(new NodeAssignment.Prepare(1, Begun.AddMinutes(10), SettledAt: Begun), _context);
        work.Begin(At(0));
        var acts = work.NotSent("another supervisor has taken the deployment over", isFenced: true, At(0));
        Assert.IsType<NodeFact.Ended>(Assert.IsType<NodeAct.Report>(acts[0]).Fact);
    }

    [Fact]
    public void A_node_that_answers_in_YAML_is_refused_with_the_setting_and_not_called_unreachable()
    {
        const string Setting = "the node answers in YAML: set plugin.choria.security.serializer = json in its server.cfg and restart its server";
        var ended = Told(new MalformedReply(5, Setting, At(1).Wall, Setting));
        Assert.Equal((Outcome.Refused, $"its answer to status could not be understood: {Setting}"), (ended.Outcome, ended.Message));
    }

    [Fact]
    public void A_request_that_the_broker_turned_back_is_refused_with_the_broker_s_reason()
    {
        const string Words = "the broker does not let choria=alice.mcollective publish to mcollective.node.dev1";
        var ended = Told(new UndeliveredReply(Words, At(1).Wall));
        Assert.Equal((Outcome.Refused, Words), (ended.Outcome, ended.Message));
    }

    private NodeFact.Ended Told(NodeReply reply)
    {
        var work = NodeWorks.For(new NodeAssignment.Check(), _context);
        work.Begin(At(0));
        return Assert.IsType<NodeFact.Ended>(Assert.IsType<NodeAct.Report>(work.Answered(reply, At(0), At(1))[0]).Fact);
    }

    private static ClockReading At(int seconds) => new(Begun.AddSeconds(seconds), TimeSpan.FromSeconds(seconds));
}
