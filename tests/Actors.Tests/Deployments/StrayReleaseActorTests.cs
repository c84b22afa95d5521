using Orchestrator.Actors.Deployments;
using Orchestrator.Actors.Fleet;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using Orchestrator.NodeAgent.Emulation.Fleet;

namespace Orchestrator.Actors.Tests.Deployments;

/// <summary>Nodes of a lost deployment on a fleet: which of them are enabled afterwards, by their own account.</summary>
public sealed class StrayReleaseActorTests : PatientTestKit
{
    private static readonly DeploymentId Lost = new("lost2222");
    private static readonly string Message = HoldMessage.For(Lost, "bob");
    private static readonly ImmutableArray<PlannedNode> Nodes = Sites.PlanOf(["web1", "web2", "web3", "web4"]).Groups[0].Nodes;

    [Fact]
    public async Task Only_those_that_still_carry_the_message_are_enabled()
    {
        var scenario = Sites.Scenario($$"""
            speed: 20
            nodes:
              web1: { disabled: "{{Message}}" }
              web2: { disabled: "disk swap, ask alice" }
              web4: { silent: always }
            """);
        await using var emulated = new EmulatedFleet(scenario, TimeProvider.System);
        var fleet = Sys.ActorOf(FleetActor.Props(emulated, new HostClock(TimeProvider.System)));
        var order = new CoordinatorProtocol.ReleaseStrays(
            emulated.Name, [.. Nodes.Select(n => new CoordinatorProtocol.StrayTarget(n, Lost, Message))], TimeSpan.FromSeconds(1), "jane");

        var release = Watch(Sys.ActorOf(StrayReleaseActor.Props(order, fleet, TestActor, new HostClock(TimeProvider.System))));

        var released = await ExpectMsgAsync<StraysReleased>(TimeSpan.FromSeconds(20));
        Assert.Equal(Nodes.Select(n => n.Name), released.Nodes.Select(n => n.Name));
        Assert.Equal([StrayState.Released, StrayState.Changed, StrayState.Changed, StrayState.Silent], released.Nodes.Select(n => n.State));
        await ExpectTerminatedAsync(release);

        Sys.ActorOf(SurveyActor.Props(
            new CoordinatorProtocol.SurveyNodes(emulated.Name, Nodes, order.RpcTimeout), fleet, ImmutableDictionary<NodeName, DeploymentId>.Empty, TestActor));
        var surveyed = await ExpectMsgAsync<CoordinatorProtocol.Surveyed>(TimeSpan.FromSeconds(20));
        Assert.Equal([true, false, true, null], surveyed.Nodes.Select(n => n.Enabled));
    }

    [Fact]
    public async Task A_node_whose_clock_is_ahead_is_found_and_freed_too()
    {
        await using var emulated = new EmulatedFleet(
            Sites.Scenario($$"""{ speed: 20, nodes: { web1: { clock: +10m, disabled: "{{Message}}" } } }"""), TimeProvider.System);
        var clock = new HostClock(TimeProvider.System);
        var fleet = Sys.ActorOf(FleetActor.Props(emulated, clock));
        Sys.ActorOf(SurveyActor.Props(
            new CoordinatorProtocol.SurveyNodes(emulated.Name, Nodes[..1], TimeSpan.FromSeconds(1)), fleet,
            ImmutableDictionary<NodeName, DeploymentId>.Empty, TestActor));
        Assert.Equal(Lost, Assert.Single((await ExpectMsgAsync<CoordinatorProtocol.Surveyed>(TimeSpan.FromSeconds(20))).Nodes).HeldBy);

        var order = new CoordinatorProtocol.ReleaseStrays(
            emulated.Name, [new CoordinatorProtocol.StrayTarget(Nodes[0], Lost, Message)], TimeSpan.FromSeconds(1), "jane");
        Sys.ActorOf(StrayReleaseActor.Props(order, fleet, TestActor, clock));

        Assert.Equal(StrayState.Released, Assert.Single((await ExpectMsgAsync<StraysReleased>(TimeSpan.FromSeconds(20))).Nodes).State);
    }
}
