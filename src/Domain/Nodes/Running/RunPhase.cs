using Orchestrator.Domain.Runs;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes.Running;

/// <summary>What a request for a run waits for, and what it makes of each thing that may come. What is done here holds unless a phase does else.</summary>
internal abstract class RunPhase(RunWork run)
{
    protected RunWork Run => run;

    protected NodeContext Context => run.Context;

    /// <summary>The phase begins, with nothing outstanding.</summary>
    public virtual void OnBegin(ClockReading now) => run.AskStatus();

    public virtual void OnStatus(NodeStatus status, ClockReading now) => throw NotAsked("status");

    /// <summary>The node answered anything else: it did what was asked, or it neither enabled itself nor denied that.</summary>
    public virtual void OnAnswer(NodeReply reply, ClockReading now) => throw NotAsked(reply.GetType().Name);

    /// <summary>No answer came, all repetitions included.</summary>
    public virtual void OnSilence(NodeRequest request, ClockReading now)
    {
        run.TellSilent();
        PollLater(now);
    }

    public virtual void OnRefusal(NodeRequest request, string words, ClockReading now) => PollLater(now, words);

    /// <summary>The node's answer cannot be understood: it may have done what was asked.</summary>
    public virtual void OnMalformed(NodeRequest request, string words, ClockReading now) => OnRefusal(request, words, now);

    public virtual void OnNotSent(NodeRequest request, string why, ClockReading now) => OnSilence(request, now);

    public virtual void OnWake(ClockReading now) => run.AskStatus();

    protected virtual void Wait(ClockReading now) => run.Wake(run.Polling.Pause(now));

    /// <summary>Nothing can be seen for now; at the run deadline that is the end of it, unless a run was judged before.</summary>
    /// <param name="denial">The node's words; null where it was silent.</param>
    protected void PollLater(ClockReading now, string? denial = null)
    {
        if (now.Wall < run.Request.RunDeadlineAt)
            Wait(now);
        else if (run.Judging.HasVerdict)
            run.HoldAndConclude(now);
        else if (run.IsReadAnew)
            run.End(Outcome.FailedUnproven, "it gave contradictory answers, and it could not be read again by the run deadline");
        else if (denial is null && run.Judging.InitiatedAt is not null)
            run.End(Outcome.Unreachable, $"it took the request for a run, but no longer answered at the run deadline{run.WhySilent}");
        else if (denial is null)
            run.End(Outcome.Unreachable, $"no answer from runonce until the run deadline{run.WhySilent}");
        else
            run.End(Outcome.Refused, $"its status could not be read until the run deadline: {denial}", Causes.OfWords(denial));
    }

    private InvalidOperationException NotAsked(string what) => new($"{GetType().Name} asked for no {what}");
}
