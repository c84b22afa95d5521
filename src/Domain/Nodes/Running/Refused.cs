using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes.Running;

/// <summary>The node refused runonce: somebody's run goes on or has just been, somebody disabled the node, or it does not want ours.</summary>
internal sealed class Refused(RunWork run, string words) : RunPhase(run)
{
    public override void OnBegin(ClockReading now)
    {
        Run.Refusal = words;
        base.OnBegin(now);
    }

    public override void OnStatus(NodeStatus status, ClockReading now)
    {
        if (status.Applying || Run.Judging.HasEnded(status))
        {
            Run.Judging.IsAnothers = true;
            Run.Watching.Continue(status, now);
        }
        else if (Context.IsDisabledByAnother(status))
        {
            Run.FinishDisabled(Run.Number, status.DisableMessage);
        }
        else
        {
            Run.HoldAndRefuse(now);
        }
    }
}
