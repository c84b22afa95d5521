using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Deployments.State;

/// <summary>What an event did to nodes: only what may follow at each (see <see cref="NodeTransitions"/>), and with all of them counted anew.</summary>
internal static class NodeChanges
{
    private const int LongestName = 255;

    /// <summary>From now on these nodes are waited for, and no others.</summary>
    public static DeploymentState Expect(DeploymentState state, ImmutableArray<NodeName> nodes, Func<NodeState, NodeState> change) =>
        Change(ExpectNone(state), nodes, x => change(x) with { IsPending = true });

    /// <summary>The same, where the event names the nodes.</summary>
    public static DeploymentState Expect(DeploymentState state, IDeploymentEvent e, ImmutableArray<NodeName> nodes, Func<NodeState, NodeState> change) =>
        Expect(Allow(state, e, nodes), nodes, change);

    public static DeploymentState ExpectNone(DeploymentState state) =>
        state.Counts.Pending == 0 ? state : Change(state, [.. state.Pending], x => x with { IsPending = false });

    /// <summary>Changes nodes that the event does not name, which are known.</summary>
    public static DeploymentState Change(DeploymentState state, ImmutableArray<NodeName> nodes, Func<NodeState, NodeState> change) =>
        Put(state, nodes, name => name, (_, node) => change(node!));

    public static DeploymentState Change(DeploymentState state, IDeploymentEvent e, ImmutableArray<NodeName> nodes, Func<NodeState, NodeState> change) =>
        Put(state, nodes, name => name, (name, node) => change(Fitting(state, e, name, node)!));

    public static DeploymentState Change<T>(
        DeploymentState state, IReadOnlyList<T> es, Func<T, NodeName> nodeOf, Func<T, NodeState, NodeState> change) where T : IDeploymentEvent =>
        Put(state, es, nodeOf, (e, node) => change(e, Fitting(state, e, nodeOf(e), node)!));

    /// <param name="change">What the node is after it; null is one that no event has named.</param>
    public static DeploymentState Put<T>(DeploymentState state, IEnumerable<T> items, Func<T, NodeName> nodeOf, Func<T, NodeState?, NodeState> change)
    {
        var counts = state.Counts;
        var nodes = state.Nodes.SetItems(items, nodeOf, (item, before) =>
        {
            var after = change(item, before);
            counts = counts.Moved(before, after);
            return after;
        });
        return state with { Nodes = nodes, Counts = counts };
    }

    /// <summary>The same state, where the event may follow at each of these nodes.</summary>
    public static DeploymentState Allow(DeploymentState state, IDeploymentEvent e, ImmutableArray<NodeName> nodes)
    {
        foreach (var name in nodes)
            Fitting(state, e, name, state.Nodes.GetValueOrDefault(name));
        return state;
    }

    /// <summary>The node, where the event may follow at it.</summary>
    public static NodeState? Fitting(DeploymentState state, IDeploymentEvent e, NodeName name, NodeState? node)
    {
        if (NodeTransitions.Allow(state.Stage, node, e))
            return node;
        var (step, shown) = (node?.Step.ToString() ?? "nothing", OutsideText.OneLine(name.Value, LongestName));
        throw new InvalidOperationException($"{e.GetType().Name} cannot follow {step} of {shown} in this deployment's history");
    }
}
