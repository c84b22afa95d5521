using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Following;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Cli.Progress;

/// <summary>How long runs usually take, and what follows from it for a deployment that goes on. Pure.</summary>
/// <param name="Nodes">By the fleet's history; without nodes that have none.</param>
/// <param name="Groups">What each group should take, batch after batch; empty without a history.</param>
/// <param name="StandIn">For nodes without a history; null where no node has any.</param>
internal sealed record UsualTimes(IReadOnlyDictionary<NodeName, TimeSpan> Nodes, IReadOnlyDictionary<int, TimeSpan> Groups, TimeSpan? StandIn)
{
    /// <summary>Nobody has told.</summary>
    public static UsualTimes Unknown { get; } = new(new Dictionary<NodeName, TimeSpan>(), new Dictionary<int, TimeSpan>(), null);

    public static UsualTimes Of(PlanImpact impact) => new(
        impact.Nodes.Where(n => n is { Runs: > 0, Expected: not null }).ToDictionary(n => n.Name, n => n.Expected!.Value),
        impact.Groups.Where(g => g.Expected is not null).ToDictionary(g => g.Number, g => g.Expected!.Value),
        impact.History.StandIn);

    /// <summary>How long a node's run usually takes; null where it has no history.</summary>
    public TimeSpan? Of(NodeName node) => Nodes.TryGetValue(node, out var time) ? time : null;

    /// <summary>
    /// How long the runs should still take. Null where that cannot be told: nothing is known of any run, a person is waited for, or it does not go its way.
    /// </summary>
    /// <param name="now">On the same clock as the events' times.</param>
    public TimeSpan? Left(ProgressModel model, DateTimeOffset now)
    {
        if (model is not { Doing: DeploymentPhase.Running, Stopping: "", PausedBy: null, Approval: null, Rollback: null, Attention.IsEmpty: true }
            || model.Options is not { Noop: false } options
            || (StandIn ?? (model.GoodRuns > 0 ? model.GoodRunTime / model.GoodRuns : null)) is not { } each)
        {
            return null;
        }
        var left = model.SoakUntil is { } until && until > now ? until - now : TimeSpan.Zero;
        left += model.Batch.Select(n => (Name: n, Node: model.Nodes[n])).Where(n => n.Node.Stage is NodeStage.Chosen or NodeStage.Starting or NodeStage.Running)
            .Select(n => (Of(n.Name) ?? each) - (n.Node.RequestedAt is { } at ? now - at : TimeSpan.Zero)).Append(TimeSpan.Zero).Max();
        foreach (var group in model.Groups.Values.Where(g => g.Stages.Waiting > 0))
        {
            var batches = model.IsEager ? 1 : BatchesOf(group.Stages.Total, options.Batch);
            var whole = Groups.TryGetValue(group.Number, out var known) ? known : batches * each;
            var open = batches == 1 ? 1 : (double)group.Stages.Waiting / group.Stages.Total;
            left += (whole + (batches - 1) * options.Soak) * open;
        }
        return left;
    }

    private static int BatchesOf(int nodes, BatchSizes? sizes)
    {
        if (sizes is null)
            return 1;
        var batches = 0;
        for (var left = nodes; left > 0; batches++)
            left -= sizes.SizeOf(batches + 1, nodes);
        return batches;
    }
}
