using Orchestrator.Domain.Runs;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes.Running;

/// <summary>The node is being enabled for the run.</summary>
internal sealed class Enabling(RunWork run) : RunPhase(run)
{
    public override void OnBegin(ClockReading now) => Run.AskEnable();

    /// <summary>An enable was not answered: it may have been carried out, and a person may have disabled the node since.</summary>
    public override void OnStatus(NodeStatus status, ClockReading now)
    {
        if (status.Enabled == true)
            Enabled(now);
        else if (Context.IsDisabledByAnother(status))
            Run.EndUnasked(Outcome.RefusedDisabled, status.DisableMessage, Hold.None);
        else
            Run.AskEnable();
    }

    public override void OnAnswer(NodeReply reply, ClockReading now)
    {
        var answer = (SwitchReply)reply;
        if (answer.IsOk || answer.Enabled == true)
            Enabled(now);
        else
            Refuse(answer.Words, answer.Enabled == false ? Hold.Held : Hold.Asked);
    }

    public override void OnSilence(NodeRequest request, ClockReading now) =>
        Run.EndUnasked(Outcome.Unreachable, "no answer to enable, before runonce", Hold.Asked);

    public override void OnRefusal(NodeRequest request, string words, ClockReading now) => Refuse(words, Hold.Asked);

    public override void OnNotSent(NodeRequest request, string why, ClockReading now) => Run.Finish(new NodeFact.NotSent(Context.Node, Run.Number, why));

    private void Enabled(ClockReading now) => Run.Enter(Run.Judging.Doubt is null ? new RequestingRun(Run) : new WatchingBeforeRun(Run, now), now);

    private void Refuse(string words, Hold hold) => Run.FinishEnded(Run.Number, Outcome.Refused, words, hold, Causes.OfWords(words));
}
