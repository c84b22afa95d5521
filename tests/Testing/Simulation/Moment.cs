using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Deployments.Views;
using Orchestrator.Domain.Plans;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Following;
using static Orchestrator.Messages.Deployments.CoordinatorEvents;

namespace Orchestrator.Testing.Simulation;

/// <summary>What every view says of a simulated deployment at one moment, just after a write.</summary>
/// <param name="View">What <c>show</c> prints and <c>run</c> ends with.</param>
/// <param name="Line">What <c>list</c> prints: told by the supervisor to a coordinator, as in a host.</param>
/// <param name="Progress">What a follower has, who began to follow before the first event.</param>
public sealed record Moment(SimulatedDeployment Simulation, PlanIndex Plan, DeploymentView View, DeploymentLine Line, ProgressModel Progress)
{
    public DeploymentState State => Simulation.State;
}

/// <summary>Takes the views of one deployment after each of its writes.</summary>
/// <param name="look">Is shown each moment.</param>
public sealed class Moments(Action<Moment> look)
{
    private static readonly HostInstance Here = new("here");
    private CoordinationState? _coordination;
    private SupervisorDuties.Told _told = SupervisorDuties.Told.Nothing;
    private ProgressModel? _progress;
    private PlanIndex? _plan;
    private int _falls;

    /// <summary>For <see cref="SimulatedDeployment.Written"/>.</summary>
    public void Written(SimulatedDeployment simulation, IReadOnlyList<IDeploymentEvent> events)
    {
        var plan = _plan ??= new PlanIndex(simulation.Plan);
        var progress = _progress ?? ProgressModel.Of(
            SimulatedDeployment.Id, plan.Plan.Environment, VirtualTime.Start, [.. plan.Nodes.Select(n => KeyValuePair.Create(n, plan.GroupOf(n)))]);
        var first = simulation.Journal.Count - events.Count + 1;
        _progress = events.Index().Aggregate(progress, (model, e) => model.After(first + e.Index, e.Item));
        if (simulation.Falls > _falls)
            (_falls, _told) = (simulation.Falls, SupervisorDuties.Told.Nothing);
        var line = LineOf(simulation);
        var history = simulation.Journal.Select((e, i) => new RecordedEvent(i + 1, e)).ToList();
        look(new Moment(simulation, plan, DeploymentViews.Of(line, plan, history, simulation.Now.Wall, isFleetGone: false), line, _progress));
    }

    private DeploymentLine LineOf(SimulatedDeployment simulation)
    {
        _coordination ??= Registered(simulation);
        var reopenings = simulation.Journal.Count(e => e is DeploymentEvents.RetryStarted or DeploymentEvents.RollbackStarted);
        if (_coordination.Find(SimulatedDeployment.Id) is { IsOpen: false } && simulation.State.Stage is not Stage.Ended)
            _coordination = CoordinationState.Evolve(_coordination, new DeploymentReopened(SimulatedDeployment.Id, "bob", simulation.Now.Wall));
        var duties = SupervisorDuties.Of(SimulatedDeployment.Id, simulation.State, reopenings, _told, TimeSpan.MaxValue);
        foreach (var input in (CoordinationInput?[])[duties.Phase, duties.End])
        {
            if (input is not null)
                _coordination = Coordination.Decide(_coordination, input, Context(simulation)).After;
        }
        _told = _told with { Phase = duties.Phase ?? _told.Phase, Ended = duties.End ?? _told.Ended, Acknowledged = duties.End ?? _told.Acknowledged };
        return DeploymentLines.Of(_coordination, _coordination.Find(SimulatedDeployment.Id)!, Context(simulation));
    }

    private static CoordinationState Registered(SimulatedDeployment simulation)
    {
        var (id, plan) = (SimulatedDeployment.Id, simulation.Plan);
        ICoordinatorEvent[] events =
        [
            new DeploymentRegistered(
                id, plan.Id, plan.Environment, simulation.Fleet.Name, simulation.State.Options, "alice", plan.NodeCount, VirtualTime.Start,
                GroupCount: plan.Groups.Length),
            new DeploymentBegan(id, VirtualTime.Start), new DeploymentsAdopted([id], Here.Id, VirtualTime.Start),
        ];
        var state = events.Aggregate(CoordinationState.Initial, CoordinationState.Evolve);
        state = Coordination.Decide(state, new CoordinationInput.Recovered(), Context(simulation)).After;
        return Coordination.Decide(state, new CoordinationInput.PlanRead(id, plan), Context(simulation)).After;
    }

    private static HostContext Context(SimulatedDeployment simulation) => new(simulation.Now, Here, _ => true);
}
