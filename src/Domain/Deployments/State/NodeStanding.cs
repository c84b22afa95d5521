using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Deployments.State;

/// <summary>The one rule that says of each node whether the deployment holds it. Whoever counts or names held nodes asks here.</summary>
public static class NodeStanding
{
    /// <param name="node">Null is one that no event has named.</param>
    public static Standing Of(NodeState? node) => node switch
    {
        null => Standing.Free,
        { Hold: Hold.Held, IsBeingReleased: true } => Standing.Asked,
        { Hold: Hold.Held, IsInDoubt: true } => Standing.NotRead,
        { Hold: Hold.Held } => Standing.Held,
        { Hold: Hold.Enabled } => Standing.Open,
        { Hold: Hold.Asked, IsPending: true } => Standing.Asked,
        { Hold: Hold.Asked } => Standing.NeverAnswered,
        { Hold: Hold.NotHeld, Person: PersonsAct.Enabled } => Standing.EnabledByPerson,
        { Hold: Hold.NotHeld } => Standing.NotHeld,
        { Hold: Hold.NotReleased } => Standing.NotReleased,
        { Person: PersonsAct.Disabled } => Standing.DisabledByPerson,
        _ => Standing.Free,
    };

    /// <summary>The nodes of a standing, or of several, in ordinal order; looks at every node.</summary>
    public static IEnumerable<NodeName> Named(DeploymentState state, Func<Standing, bool> isMeant) =>
        state.Nodes.Where(n => isMeant(Of(n.Value))).Select(n => n.Key).Order();
}
