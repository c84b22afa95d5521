using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes.Works;

/// <summary>Enables a node if it carries our message, and leaves it alone if it does not. A run since ours was judged is told.</summary>
internal sealed class ReleaseWork(NodeContext context) : NodeWork(context)
{
    protected override void OnBegin(ClockReading now) => AskStatus();

    protected override void OnAnswer(NodeRequest request, NodeReply reply, ClockReading askedAt, ClockReading now)
    {
        switch (reply)
        {
            case StatusReply { IsOk: true, Status: var status }:
                TellOfAnotherRun(status);
                if (Context.IsOurs(status))
                    AskEnable();
                else if (status.Enabled is null)
                    OnRefusal(request, "it did not say whether it is enabled", now);
                else
                    Conclude(new NodeFact.Released(Context.Node));
                break;
            case SwitchReply { Enabled: true }:
                Conclude(new NodeFact.Released(Context.Node));
                break;
            default:
                OnRefusal(request, reply.Words, now);
                break;
        }
    }

    private void TellOfAnotherRun(NodeStatus status)
    {
        if (Context.JudgedLastRun is { } judged && (status.LastRun != judged || status.Applying))
        {
            Tell(new NodeFact.OutOfTurn(
                Context.Node, "Puppet ran there again after our run was judged: somebody else started that run, or sent our requests once more"));
            Context.JudgedLastRun = null;
        }
    }

    protected override void OnRefusal(NodeRequest request, string words, ClockReading now) => Conclude(new NodeFact.NotReleased(Context.Node, words));

    protected override void OnSilence(NodeRequest request, ClockReading now) =>
        Conclude(new NodeFact.NotReleased(Context.Node, $"no answer to {request.Action}{WhySilent}"));
}
