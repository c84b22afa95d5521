using Orchestrator.Domain.Deployments.State;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments.Deciding;

/// <summary>Skips exactly what depends on nodes that did not succeed, each because of the node right before it; linear in the edges.</summary>
internal static class Dependents
{
    /// <summary>Skips what depends on these nodes, which have ended otherwise than well.</summary>
    public static bool Skip(DecisionBuilder decision, IEnumerable<NodeName> roots)
    {
        var before = decision.Events.Count;
        var causes = new Queue<NodeName>(roots);
        while (causes.TryDequeue(out var cause))
        {
            ImmutableArray<NodeName> dependents =
                [.. decision.Plan.WaitingFor(cause).Where(n => decision.State.Nodes.TryGetValue(n, out var node) && node.Step != NodeStep.Settled)];
            if (dependents.IsEmpty)
                continue;
            decision.Add(new NodesSkipped(dependents, Because(decision.State.Nodes[cause].Result!), decision.Now, cause));
            foreach (var dependent in dependents)
                causes.Enqueue(dependent);
        }
        return decision.Events.Count > before;
    }

    /// <summary>The nodes that ended otherwise than well, in the plan's order.</summary>
    public static IEnumerable<NodeName> NotSucceeded(DecisionBuilder decision) =>
        decision.Plan.Nodes.Where(n => decision.State.Nodes.GetValueOrDefault(n)?.Result is { Outcome: not Outcome.Succeeded });

    private static string Because(NodeSettled cause) => cause.Outcome == Outcome.Skipped
        ? $"depends on {cause.Node}, which was skipped"
        : $"depends on {cause.Node}, which ended as \"{cause.Outcome.Word()}\"";
}
