using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Tests.Hosts;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Tests.Reports;

/// <summary>What <c>show --fresh</c> says of the nodes that it queried.</summary>
public sealed class FreshTextTests
{
    [Fact]
    public void It_is_said_who_is_held_who_did_not_answer_and_who_is_not_held_any_more()
    {
        var view = With(Hold.Held, Sample.At(81)) with
        {
            Nodes = [Node(Hold.Held, Sample.At(81)), Node(Hold.Held, Sample.At(12)), Node(Hold.NotHeld, Sample.At(81)) with { Seen = "somebody enabled it" }],
        };

        Assert.Equal($"Queried now: 1 node is held, 1 did not answer, 1 is not held ({Sample.Dev3}).", Text(view));
    }

    [Fact]
    public void Where_all_are_held_nothing_else_is_said() => Assert.Equal("Queried now: 1 node is held.", Text(With(Hold.Held, Sample.At(81))));

    [Fact]
    public void Where_none_is_held_nothing_was_asked()
    {
        Assert.Equal("No node was queried: this deployment holds none.", Text(With(Hold.None, Sample.At(10))));
        Assert.StartsWith("No node was queried: the deployment was imported", Text(With(Hold.Held, null) with { Imported = true }), StringComparison.Ordinal);
    }

    private static DeploymentView With(Hold hold, DateTimeOffset? seenAt) => Sample.Failed with { Nodes = [Node(hold, seenAt)] };

    private static NodeView Node(Hold hold, DateTimeOffset? seenAt) =>
        Sample.Failed.Nodes.Single(n => n.Name == Sample.Dev3) with
        {
            Hold = hold,
            Held = hold == Hold.Held,
            Standing = hold == Hold.Held ? Standing.Held : hold == Hold.NotHeld ? Standing.NotHeld : Standing.Free,
            SeenAt = seenAt,
            Seen = null,
        };

    private static string Text(DeploymentView view) => string.Join('\n', FreshText.Lines(view, null, Sample.At(80)));
}
