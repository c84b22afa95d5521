using Orchestrator.Messages.Deployments;

namespace Orchestrator.Messages.Tests;

public sealed class EventNodesTests
{
    /// <summary>A new event that names nodes must not be missed by who looks for a node.</summary>
    [Fact]
    public void Every_event_with_a_node_in_it_tells_which()
    {
        foreach (var sample in EventSamples.All.Values.OfType<IDeploymentEvent>())
        {
            var named = sample.GetType().GetProperties().SelectMany(p => p.GetValue(sample) switch
            {
                NodeName node => [node],
                ImmutableArray<NodeName> nodes => nodes,
                ImmutableArray<CheckedNode> nodes => nodes.Select(n => n.Node),
                ImmutableArray<SeenNode> nodes => nodes.Select(n => n.Node),
                _ => Enumerable.Empty<NodeName>(),
            });
            Assert.Equal(named.Distinct().Order(), EventNodes.Of(sample).Distinct().Order());
        }
    }
}
