using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes.Running;

/// <summary>The run is being asked for: once, whatever comes of it.</summary>
internal sealed class RequestingRun(RunWork run) : RunPhase(run)
{
    public override void OnBegin(ClockReading now)
    {
        if (Context.Clock.WhyExpired(now) is { } why)
        {
            Run.Hold(now, _ => Run.EndUnasked(Outcome.RefusedClock, why, Run.OurHold.State));
            return;
        }
        Run.Start.Asked(now.Wall);
        Run.Ask(Run.Runonce());
    }

    public override void OnAnswer(NodeReply reply, ClockReading now)
    {
        Run.Judging.InitiatedAt = ((RunonceReply)reply).InitiatedAt;
        Run.Watching.AcceptedAt = now.Monotonic;
        Run.Polling.Begin(now);
        Run.Start.Answered(now.Wall);
        Run.Tell(new NodeFact.Accepted(Context.Node, Run.Number, Run.Judging.InitiatedAt.Value));
        Watch(now);
    }

    public override void OnSilence(NodeRequest request, ClockReading now)
    {
        Run.Start.Unanswered(now.Wall);
        Watch(now);
    }

    public override void OnRefusal(NodeRequest request, string words, ClockReading now) => Run.Enter(new Refused(Run, words), now);

    /// <summary>It may have been taken.</summary>
    public override void OnMalformed(NodeRequest request, string words, ClockReading now) => Watch(now);

    public override void OnNotSent(NodeRequest request, string why, ClockReading now) =>
        Run.Hold(now, _ => Run.Finish(new NodeFact.NotSent(Context.Node, Run.Number, why)));

    private void Watch(ClockReading now)
    {
        Run.UpdateLaunchedBy(now);
        Run.Enter(Run.Watching, now);
    }
}
