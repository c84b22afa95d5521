using Orchestrator.Domain.Runs;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes.Running;

/// <summary>The node is being enabled for the run.</summary>
internal sealed class Enabling(RunWork run) : RunPhase(run)
{
    public override void OnBegin(Moment now) => Run.AskEnable();

    /// <summary>An enable was not answered: it may have been carried out, and a person may have disabled the node since.</summary>
    public override void OnStatus(NodeStatus status, Moment now)
    {
        if (status.Enabled == true)
            Enabled(now);
        else if (Context.IsDisabledByAnother(status))
            Run.EndUnasked(Outcome.RefusedDisabled, status.DisableMessage, Hold.None);
        else
            Run.AskEnable();
    }

    public override void OnAnswer(NodeReply reply, Moment now)
    {
        var answer = (SwitchReply)reply;
        if (answer.IsOk || answer.Enabled == true)
            Enabled(now);
        else
            Refuse(answer.Words, answer.Enabled == false ? Hold.Held : Hold.Asked);
    }

    public override void OnSilence(NodeRequest request, Moment now) => Run.EndUnasked(Outcome.Unreachable, "no answer to enable, before runonce", Hold.Asked);

    public override void OnRefusal(NodeRequest request, string words, Moment now) => Refuse(words, Hold.Asked);

    public override void OnNotSent(NodeRequest request, string why, Moment now) => Run.Finish(new NodeFact.NotSent(Context.Node, Run.Number, why));

    private void Enabled(Moment now) => Run.Enter(Run.Judging.Doubt is null ? new Asking(Run) : new Guarding(Run, now), now);

    private void Refuse(string words, Hold hold) => Run.FinishEnded(Run.Number, Outcome.Refused, words, hold, Causes.OfWords(words));
}
