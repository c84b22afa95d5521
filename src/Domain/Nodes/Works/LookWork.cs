using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes.Works;

/// <summary>Reads whether a node still carries our message; disables it again where it is enabled and should not be.</summary>
internal sealed class LookWork(NodeContext context, bool restores) : HoldingWork(context)
{
    private double _lastRun;
    private bool _isHeldAgain;

    protected override void OnBegin(ClockReading now) => AskStatus();

    protected override void OnStatus(StatusReply reply, ClockReading askedAt, ClockReading now)
    {
        var status = reply.Status;
        _lastRun = status.LastRun;
        if (Context.IsOurs(status))
        {
            OnHeld(now);
        }
        else if (status.Enabled == false)
        {
            OnHeldByOther(status.DisableMessage, now);
        }
        else if (status.Enabled is null)
        {
            See(new NodeSight.Silent("it did not say whether it is enabled"));
        }
        else if (restores)
        {
            _isHeldAgain = true;
            Hold(now);
        }
        else
        {
            See(new NodeSight.Enabled(_lastRun, null));
        }
    }

    protected override void OnHeld(ClockReading now) => See(new NodeSight.Ours(_lastRun, _isHeldAgain));

    protected override void OnHeldByOther(string message, ClockReading now) => See(new NodeSight.Others(_lastRun, message));

    protected override void OnNotHeld(string? words, ClockReading now) => See(new NodeSight.Enabled(_lastRun, words ?? $"no answer to disable{WhySilent}"));

    protected override void OnOtherSilence(NodeRequest request, ClockReading now) => See(new NodeSight.Silent($"no answer to {request.Action}{WhySilent}"));

    protected override void OnOtherRefusal(NodeRequest request, string words, ClockReading now) => See(new NodeSight.Silent(words));

    private void See(NodeSight sight) => Conclude(new NodeFact.Seen(Context.Node, sight));
}
