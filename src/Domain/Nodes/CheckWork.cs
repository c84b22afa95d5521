using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes;

/// <summary>The check: does the node answer, is it enabled, do its clock and ours agree, and will it not refuse what we need? Reads only.</summary>
internal sealed class CheckWork(NodeContext context) : NodeWork(context)
{
    /// <summary>Requests expire by the node's clock, so clocks further apart than this lose them.</summary>
    private static readonly TimeSpan MostSkew = TimeSpan.FromSeconds(20);

    protected override void OnBegin(Moment now) => AskStatus();

    protected override void OnAnswer(NodeRequest request, NodeReply reply, Moment askedAt, Moment now)
    {
        if (reply is not StatusReply { IsOk: true, Status: var status })
            OnRefusal(request, reply.Words, now);
        else if (Skew(reply.SentAt, askedAt.Wall, now.Wall) is var skew && skew.Duration() > MostSkew)
            FinishEnded(0, Outcome.RefusedClock, $"its clock is {Math.Round(skew.Duration().TotalSeconds)} s {(skew > TimeSpan.Zero ? "ahead of" : "behind")} ours: set the time of both, requests expire");
        else if (status.Enabled is null)
            OnRefusal(request, "it did not say whether it is enabled", now);
        else if (status.Enabled == false && !Context.IsOurs(status))
            FinishEnded(0, Outcome.RefusedDisabled, status.DisableMessage, Hold.None);
        else if (Context.IsSignalled(status.DaemonPresent) && Context.NeededOption(RollbackEnvironment) is { } option)
            FinishEnded(0, Outcome.Refused, $"a Puppet daemon runs there and would refuse {option}");
        else
            Finish(new NodeFact.Checked(Context.Node, status.DaemonPresent, status.Applying));
    }

    protected override void OnRefusal(NodeRequest request, string words, Moment now) => FinishEnded(0, Outcome.Refused, words);

    protected override void OnSilence(NodeRequest request, Moment now) => FinishEnded(0, Outcome.Unreachable, $"no answer in the check{WhySilent}");

    /// <summary>What a rollback would have to say, where a failure leads to one.</summary>
    private string? RollbackEnvironment => Context.Options.OnFailure == OnFailure.Rollback ? Context.Options.RollbackEnvironment : null;

    /// <summary>How far the node's clock lies outside the time in which it must have answered; zero inside. Its seconds are whole.</summary>
    private static TimeSpan Skew(DateTimeOffset sentAt, DateTimeOffset askedAt, DateTimeOffset answeredAt) =>
        sentAt > answeredAt ? sentAt - answeredAt
        : sentAt.AddSeconds(1) < askedAt ? sentAt.AddSeconds(1) - askedAt
        : TimeSpan.Zero;
}
