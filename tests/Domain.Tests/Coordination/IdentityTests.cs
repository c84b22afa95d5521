using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using Coordinating = Orchestrator.Domain.Coordination.Coordination;
using static Orchestrator.Messages.Deployments.CoordinatorEvents;

namespace Orchestrator.Domain.Tests.Coordination;

/// <summary>A machine is one node, whatever two plans call it: what counts between deployments is the identity on the wire.</summary>
public sealed class IdentityTests
{
    private static readonly FleetName Fleet = new("prod");
    private static readonly DeploymentId First = new("aaaa2222");
    private static readonly DeploymentId Second = new("bbbb2222");
    private static readonly NodeName Machine = new("10-0-0-7");

    private readonly List<ICoordinatorEvent> _journal = [];
    private CoordinationState _state = CoordinationState.Initial;

    [Fact]
    public void Another_name_for_a_machine_in_use_waits()
    {
        Register(First, ("web", Machine));

        Assert.Equal(First, Assert.Single(Registered(Register(Second, ("web.example.net", Machine))).WaitsFor));
        Assert.Empty(Registered(Register(new DeploymentId("cccc2222"), ("10-0-0-8", null))).WaitsFor);
        Assert.Empty(Registered(Register(new DeploymentId("dddd2222"), ("web", new NodeName("10-0-0-9")))).WaitsFor);
        Assert.Equal(First, Registered(Register(new DeploymentId("eeee2222"), (Machine.Value, null))).WaitsFor[0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Another_name_for_a_machine_that_is_held_is_refused_also_by_a_later_host(bool later)
    {
        Register(First, ("db", null), ("web", Machine));
        Take(new SupervisorReports.Ended(First, DeploymentPhase.Failed, [new NodeName("web")], 0));
        if (later)
            _state = _journal.Aggregate(CoordinationState.Initial, CoordinationState.Evolve);

        var denied = Assert.IsType<CoordinatorProtocol.Denied>(Register(Second, ("web.example.net", Machine)));
        Assert.Equal(ProblemCodes.NodesHeld, denied.Code);
        Assert.Contains("still holds web (identity 10-0-0-7)", denied.Reason, StringComparison.Ordinal);
        Assert.Equal([new NodeName("web")], denied.Nodes);
        Assert.Equal([KeyValuePair.Create(Machine, First)], _state.OwnersOf(Fleet, [Machine, new NodeName("web"), new NodeName("db")]));
        Assert.IsType<CoordinatorProtocol.Registered>(Register(Second, ("web", new NodeName("10-0-0-9")), ("db", null)));
    }

    [Fact]
    public void What_is_kept_is_known_by_its_identity_while_one_after_the_other_is_released()
    {
        Register(First, ("db", new NodeName("10-0-0-5")), ("lb", new NodeName("10-0-0-6")), ("web", Machine));
        foreach (var held in (string[][])[["db", "web"], ["web"]])
            Take(new SupervisorReports.Ended(First, DeploymentPhase.Failed, [.. held.Select(n => new NodeName(n))], 0));

        Assert.Equal([["10-0-0-5", "10-0-0-7"], ["10-0-0-7"]], _journal.OfType<DeploymentRetired>().Select(e => e.Identities!.Value.Select(n => n.Value)));
        Assert.IsType<CoordinatorProtocol.Registered>(Register(Second, ("10-0-0-5", null)));
    }

    private static CoordinatorProtocol.Registered Registered(object reply) => Assert.IsType<CoordinatorProtocol.Registered>(reply);

    private object Register(DeploymentId id, params (string Name, NodeName? Identity)[] nodes)
    {
        var plan = new Plan(
            new PlanId($"sha256:{id}"), "production", [], nodes.Length,
            [
                new PlanGroup(1, [.. nodes.Select(n => new PlannedNode(
                    new NodeName(n.Name), ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty, [], n.Identity))]),
            ],
            []);
        var step = Take(new CoordinationInput.Register(
            new CoordinatorProtocol.RegisterDeployment(id, plan, Fleet, new DeploymentOptions(), "alice", NoWait: false), 1));
        return Assert.Single(step.Effects.OfType<CoordinationEffect.Answer>()).Reply;
    }

    private CoordinationStep Take(CoordinationInput input)
    {
        var host = new HostContext(new ClockReading(DateTimeOffset.UnixEpoch, TimeSpan.FromHours(1)), new HostInstance("here"), _ => true);
        var step = Coordinating.Decide(_state, input, host);
        _journal.AddRange(step.Events);
        _state = step.After;
        return step;
    }
}
