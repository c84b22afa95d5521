using Akka.Actor;
using Akka.TestKit;
using Orchestrator.Actors.Deployments;
using Orchestrator.Actors.Fleet;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Actors.Tests.Deployments;

/// <summary>Who asks many nodes has an answer in time, whatever the nodes do; under a scheduler that moves by hand.</summary>
public sealed class SurveyActorTests : PatientTestKit
{
    private static readonly DeploymentId Lost = new("lost2222");
    private static readonly TimeSpan RpcTimeout = TimeSpan.FromSeconds(10);
    private static readonly ImmutableArray<PlannedNode> Nodes = Sites.PlanOf(["web1", "web2", "web3"]).Groups[0].Nodes;
    private readonly TestProbe _fleet;

    public SurveyActorTests() : base(InVirtualTime) => _fleet = CreateTestProbe();

    private TestScheduler Scheduler => (TestScheduler)Sys.Scheduler;

    [Fact]
    public async Task A_survey_tells_what_it_has_when_its_time_is_up_and_names_the_others_as_not_answered()
    {
        var survey = Watch(Sys.ActorOf(SurveyActor.Props(
            new CoordinatorProtocol.SurveyNodes(new FleetName("large"), Nodes, RpcTimeout), _fleet.Ref, ImmutableDictionary<NodeName, DeploymentId>.Empty,
            TestActor)));
        await AnsweredAsync(survey, answered: 1, "");
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(100));

        Scheduler.Advance(SurveyTimes.Survey(RpcTimeout));

        var surveyed = await ExpectMsgAsync<CoordinatorProtocol.Surveyed>();
        Assert.Equal([true, false, false], surveyed.Nodes.Select(n => n.Answered));
        Assert.Equal(["", "it did not answer in time: ask for fewer nodes, or try again", "it did not answer in time: ask for fewer nodes, or try again"],
            surveyed.Nodes.Select(n => n.Message));
        await _fleet.ExpectMsgAsync<FleetProtocol.CancelQueued>();
        await ExpectTerminatedAsync(survey);
    }

    [Fact]
    public async Task A_release_of_strays_tells_in_time_what_is_known_of_each()
    {
        var message = Domain.Nodes.HoldMessage.For(Lost, "bob");
        var order = new CoordinatorProtocol.ReleaseStrays(
            new FleetName("large"), [.. Nodes.Select(n => new CoordinatorProtocol.StrayTarget(n, Lost, message))], RpcTimeout, "jane");
        var release = Watch(Sys.ActorOf(StrayReleaseActor.Props(order, _fleet.Ref, TestActor, new HostClock(TimeProvider.System))));
        await AnsweredAsync(release, answered: 1, message);
        Assert.IsType<NodeRequest.Enable>((await _fleet.ExpectMsgAsync<FleetProtocol.AskNode>()).Request);

        Scheduler.Advance(SurveyTimes.Release(RpcTimeout));

        var released = await ExpectMsgAsync<StraysReleased>();
        Assert.Equal([StrayState.NotReleased, StrayState.Silent, StrayState.Silent], released.Nodes.Select(n => n.State));
        Assert.Contains("may be enabled by now", released.Nodes[0].Message, StringComparison.Ordinal);
        await _fleet.ExpectMsgAsync<FleetProtocol.CancelQueued>();
        await ExpectTerminatedAsync(release);
    }

    /// <summary>All nodes are asked, and the first of them answer.</summary>
    private async Task AnsweredAsync(IActorRef asker, int answered, string message)
    {
        for (var i = 0; i < Nodes.Length; i++)
        {
            var asked = await _fleet.ExpectMsgAsync<FleetProtocol.AskNode>();
            if (i < answered)
            {
                var status = new NodeStatus(false, false, message.Length == 0, false, 100, 100, message);
                asker.Tell(new FleetProtocol.Answered(asked.Correlation, new StatusReply(0, "OK", VirtualTime.Start, status),
                    new Orchestrator.Domain.Nodes.ClockReading(VirtualTime.Start, TimeSpan.Zero)));
            }
        }
    }
}
