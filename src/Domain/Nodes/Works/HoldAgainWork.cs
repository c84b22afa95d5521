using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes.Works;

/// <summary>Disables a node that may be enabled, and says whether that is certain.</summary>
internal sealed class HoldAgainWork(NodeContext context) : HoldingWork(context)
{
    protected override void OnBegin(ClockReading now) => Hold(now);

    protected override void OnHeld(ClockReading now) => Conclude(new NodeFact.Held(Context.Node));

    protected override void OnHeldByOther(string message, ClockReading now) =>
        Conclude(new NodeFact.NotHeld(Context.Node, $"somebody else disabled it: {message}"));

    protected override void OnNotHeld(string? words, ClockReading now) =>
        Conclude(new NodeFact.NotHeld(Context.Node, words ?? $"no answer to disable{WhySilent}"));

    protected override void OnStatus(StatusReply reply, ClockReading askedAt, ClockReading now) => Hold(now);

    protected override void OnOtherSilence(NodeRequest request, ClockReading now) => OnNotHeld(null, now);

    protected override void OnOtherRefusal(NodeRequest request, string words, ClockReading now) => OnNotHeld(words, now);
}
