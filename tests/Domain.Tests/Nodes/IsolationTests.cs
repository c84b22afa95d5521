using Orchestrator.Domain.Nodes;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Tests.Nodes;

/// <summary>A node that says it is disabled already is held only where it is by this deployment.</summary>
public sealed class IsolationTests
{
    [Fact]
    public void A_node_that_somebody_else_disabled_meanwhile_is_not_held_and_that_message_is_told()
    {
        var trial = AlreadyDisabled();
        Assert.IsType<NodeRequest.Status>(trial.Outstanding);

        var ended = Assert.IsType<NodeFact.Ended>(Assert.Single(trial.DisabledByAnother().Facts));
        Assert.Equal((Outcome.RefusedDisabled, "disk swap", Hold.None), (ended.Outcome, ended.Message, ended.Hold));
    }

    [Fact]
    public void A_node_that_this_deployment_disabled_before_is_held() =>
        Assert.IsType<NodeFact.Held>(Assert.Single(AlreadyDisabled().Status(enabled: false).Facts));

    private static Trial AlreadyDisabled() => new Trial(_ => new NodeAssignment.Isolate(Trial.Start.AddMinutes(5)))
        .Answer(new SwitchReply(1, "Could not disable Puppet: Already disabled", Trial.Start, false));
}
