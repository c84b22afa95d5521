using System.Runtime.Serialization;
using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Deployments.Views;
using Orchestrator.Domain.Plans;
using Orchestrator.Host.Process;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Host.Journal;

/// <summary>Makes the view of a deployment from its plan and whole history.</summary>
public sealed class DeploymentReader(IFleets fleets, IPlanStore plans, DeploymentHistory history, HostTrouble trouble, TimeProvider clock)
{
    /// <exception cref="SerializationException">An event of a newer version, or a damaged one.</exception>
    public async Task<DeploymentView> ViewAsync(DeploymentLine line, CancellationToken cancellationToken)
    {
        var plan = new PlanIndex(await plans.LoadAsync(line.PlanId, cancellationToken));
        var events = new List<RecordedEvent>();
        await foreach (var recorded in history.ReadAsync(line.Id, 0, cancellationToken))
            events.Add(recorded);
        var view = DeploymentViews.Of(line, plan, events, clock.GetUtcNow(), IsFleetGone(line));
        return view.State.IsEnd() ? view : view with { Trouble = trouble.Of(line.Fleet), Clock = trouble.Clock };
    }

    /// <exception cref="SerializationException">An event of a newer version, or a damaged one.</exception>
    public async Task<WhyView> WhyAsync(DeploymentLine line, PlanIndex plan, NodeName node, CancellationToken cancellationToken)
    {
        var state = await history.StateAsync(line.Id, cancellationToken);
        var now = clock.GetUtcNow();
        return Why.Of(line, plan, state, node, DeploymentViews.VerbsOf(line, plan, state, now, IsFleetGone(line)), now, trouble.Of(line.Fleet));
    }

    private bool IsFleetGone(DeploymentLine line) => line.Fleet.IsEmulated && fleets.Find(line.Fleet) is null;

    /// <summary>The nodes, each silent one with the time when it was last seen held, if the history of its deployment can be read and has it.</summary>
    public async Task<ImmutableArray<NodeNow>> WithHeldAtAsync(ImmutableArray<NodeNow> nodes, CancellationToken cancellationToken)
    {
        var silent = new Dictionary<DeploymentId, DeploymentState>();
        foreach (var id in nodes.Where(n => !n.Answered).Select(n => n.ReservedBy).OfType<DeploymentId>().Distinct())
        {
            try
            {
                silent.Add(id, await history.StateAsync(id, cancellationToken));
            }
            catch (Exception e) when (e is SerializationException or InvalidOperationException)
            {
                // The nodes' own answers are still worth returning.
            }
        }
        return [.. nodes.Select(n => n is { Answered: false, ReservedBy: { } id } && silent.TryGetValue(id, out var state)
            ? n with { HeldAt = state.Nodes.GetValueOrDefault(n.Name)?.LastHeldAt }
            : n)];
    }
}
