using Orchestrator.Domain.Nodes.Running;

namespace Orchestrator.Domain.Nodes.Works;

/// <summary>Which work carries out which assignment.</summary>
public static class NodeWorks
{
    public static NodeWork For(NodeAssignment assignment, NodeContext context) => assignment switch
    {
        NodeAssignment.Check => new CheckWork(context),
        NodeAssignment.Isolate a => new IsolateWork(context, a.IdleDeadlineAt),
        NodeAssignment.Prepare a => new PrepareWork(context, a),
        NodeAssignment.Run a => new RunWork(context, a),
        NodeAssignment.Rest => new RestWork(context),
        NodeAssignment.HoldAgain => new HoldAgainWork(context),
        NodeAssignment.Look a => new LookWork(context, a.Restores),
        NodeAssignment.Release => new ReleaseWork(context),
        _ => throw new ArgumentOutOfRangeException(nameof(assignment), assignment.GetType().Name, "no work for this assignment"),
    };
}
