using System.Collections.Immutable;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments;

/// <summary>Skips exactly what depends on nodes that did not succeed, each because of the node right before it; linear in the edges of what is skipped.</summary>
internal static class Dependents
{
    /// <summary>Skips what depends on these nodes, which have ended otherwise than well.</summary>
    public static bool Skip(Draft draft, IEnumerable<NodeName> roots)
    {
        var before = draft.Events.Count;
        var causes = new Queue<NodeName>(roots);
        while (causes.TryDequeue(out var cause))
        {
            ImmutableArray<NodeName> dependents = [.. draft.Plan.WaitingFor(cause).Where(n => draft.State.Nodes.TryGetValue(n, out var node) && node.Step != NodeStep.Settled)];
            if (dependents.IsEmpty)
                continue;
            draft.Add(new NodesSkipped(dependents, Because(draft.State.Nodes[cause].Result!), draft.Now, cause));
            foreach (var dependent in dependents)
                causes.Enqueue(dependent);
        }
        return draft.Events.Count > before;
    }

    /// <summary>The nodes that ended otherwise than well, in the plan's order.</summary>
    public static IEnumerable<NodeName> Bad(Draft draft) => draft.Plan.Nodes.Where(n => draft.State.Nodes.GetValueOrDefault(n)?.Result is { Outcome: not Outcome.Succeeded });

    private static string Because(NodeSettled cause) => cause.Outcome == Outcome.Skipped
        ? $"depends on {cause.Node}, which was skipped"
        : $"depends on {cause.Node}, which ended as \"{cause.Outcome.Word()}\"";
}
