using Orchestrator.Domain.Nodes;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Tests.Nodes;

/// <summary>What the check of a node refuses, before anything is changed anywhere.</summary>
public sealed class CheckTests
{
    [Fact]
    public void A_node_that_somebody_else_disabled_is_refused_with_that_message_and_asked_nothing_more()
    {
        var trial = new Trial(_ => new NodeAssignment.Check()).DisabledByAnother();

        var ended = Assert.IsType<NodeFact.Ended>(Assert.Single(trial.Facts));
        Assert.Equal((Outcome.RefusedDisabled, "disk swap", Hold.None), (ended.Outcome, ended.Message, ended.Hold));
        Assert.Null(trial.Outstanding);
    }

    [Fact]
    public void A_node_that_this_deployment_disabled_passes() =>
        Assert.IsType<Messages.Nodes.NodeRequest.LastRunSummary>(new Trial(_ => new NodeAssignment.Check()).Status(enabled: false).Outstanding);
}
