using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Plans;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Deployments.Deciding;

/// <summary>A decision in the making: the events so far and the state that they lead to.</summary>
internal sealed class DecisionBuilder(DeploymentState state, PlanIndex plan, DateTimeOffset now)
{
    /// <summary>What is decided on.</summary>
    public DeploymentState Before { get; } = state;

    public DeploymentState State { get; private set; } = state;

    public PlanIndex Plan => plan;

    public DateTimeOffset Now => now;

    public List<IDeploymentEvent> Events { get; } = [];

    public int Budget => State.Options.MaxFailures.Of(State.Start!.NodeCount);

    public void Add(IDeploymentEvent @event)
    {
        State = DeploymentEvolution.Evolve(State, @event);
        Events.Add(@event);
    }

    /// <summary>Adds events of one kind. They are taken in at once only in a list of that kind, not in one of any events.</summary>
    public void Add<T>(IReadOnlyList<T> alike) where T : class, IDeploymentEvent
    {
        if (alike.Count == 0)
            return;
        State = DeploymentEvolution.Evolve(State, alike);
        Events.AddRange(alike);
    }
}
