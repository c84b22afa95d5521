using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Access;

/// <summary>What a policy has to allow for a plan to be deployed.</summary>
public static class PolicyPairs
{
    /// <summary>
    /// Every application on every node, by the name that the site gives the node and by the one that it has on the wire: a site may give any node any name, and
    /// a node that is not to be touched is known by both.
    /// </summary>
    public static IEnumerable<(string Application, NodeName Node)> Of(Plan plan) => Of(plan.Groups.SelectMany(g => g.Nodes));

    /// <summary>The same for some nodes of a plan.</summary>
    public static IEnumerable<(string Application, NodeName Node)> Of(IEnumerable<PlannedNode> nodes)
    {
        foreach (var node in nodes)
        {
            // A node that carries nothing is allowed by lines for all applications alone.
            foreach (var application in node.Components.IsEmpty ? [""] : node.Components.Keys)
            {
                yield return (application, node.Name);
                if (node.WireName != node.Name)
                    yield return (application, node.WireName);
            }
        }
    }
}
