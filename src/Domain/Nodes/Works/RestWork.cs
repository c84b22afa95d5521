using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes.Works;

/// <summary>Does nothing: the node's turn is over before a run was asked for.</summary>
internal sealed class RestWork(NodeContext context) : NodeWork(context)
{
    protected override void OnBegin(ClockReading now) => Finish();

    protected override void OnAnswer(NodeRequest request, NodeReply reply, ClockReading askedAt, ClockReading now) =>
        throw new InvalidOperationException("nothing was asked");

    protected override void OnRefusal(NodeRequest request, string words, ClockReading now) => throw new InvalidOperationException("nothing was asked");

    protected override void OnSilence(NodeRequest request, ClockReading now) => throw new InvalidOperationException("nothing was asked");
}
