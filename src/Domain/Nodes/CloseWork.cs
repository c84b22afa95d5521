using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes;

/// <summary>Disables a node that may be open, and says whether that is certain.</summary>
internal sealed class CloseWork(NodeContext context) : HoldingWork(context)
{
    protected override void OnBegin(Moment now) => Hold(now);

    protected override void OnHeld(Moment now) => Finish(new NodeFact.Held(Context.Node));

    protected override void OnHeldByOther(string message, Moment now) =>
        Finish(new NodeFact.NotHeld(Context.Node, $"somebody else disabled it: {message}"));

    protected override void OnNotHeld(string? words, Moment now) => Finish(new NodeFact.NotHeld(Context.Node, words ?? $"no answer to disable{WhySilent}"));

    protected override void OnStatus(StatusReply reply, Moment askedAt, Moment now) => Hold(now);

    protected override void OnOtherSilence(NodeRequest request, Moment now) => OnNotHeld(null, now);

    protected override void OnOtherRefusal(NodeRequest request, string words, Moment now) => OnNotHeld(words, now);
}
