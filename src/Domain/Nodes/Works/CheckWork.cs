using Orchestrator.Domain.Runs;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes.Works;

/// <summary>Does the node answer, is it enabled, do its clock and ours agree, will it take what we need? Its last run is read for warnings alone.</summary>
internal sealed class CheckWork(NodeContext context) : NodeWork(context)
{
    private NodeStatus? _status;
    private bool _askedWhateverTheClock;

    protected override void OnBegin(ClockReading now) => AskStatus();

    protected override void OnReadAnew(ClockReading now)
    {
        (_status, _askedWhateverTheClock) = (null, false);
        OnBegin(now);
    }

    protected override void OnContradictory(string words, ClockReading now) => FinishEnded(0, Outcome.Refused, words);

    protected override void OnAnswer(NodeRequest request, NodeReply reply, ClockReading askedAt, ClockReading now)
    {
        if (reply is SummaryReply { IsOk: true, Summary: var summary } && summary.LastRun == _status!.LastRun)
        {
            Pass(summary);
        }
        else if (_status is not null)
        {
            Pass(null);
        }
        else if (reply is not StatusReply { IsOk: true, Status: var status })
        {
            OnRefusal(request, reply.Words, now);
        }
        else if (Context.Clock.WhyExpired(now) is { } words)
        {
            FinishEnded(0, Outcome.RefusedClock, words);
        }
        else if (status.Enabled is null)
        {
            OnRefusal(request, "it did not say whether it is enabled", now);
        }
        else if (status.Enabled == false && !Context.IsOurs(status))
        {
            FinishDisabled(0, status.DisableMessage);
        }
        else if (Context.IsSignalled(status.DaemonPresent) && Context.NeededOption(RollbackEnvironment) is { } option)
        {
            FinishEnded(0, Outcome.Refused, $"a Puppet daemon is running there and would refuse {option}", cause: Cause.Daemon);
        }
        else
        {
            _status = status;
            Ask(new NodeRequest.LastRunSummary(Logs: false));
        }
    }

    protected override void OnRefusal(NodeRequest request, string words, ClockReading now)
    {
        if (_status is not null)
            Pass(null);
        else
            FinishEnded(0, Outcome.Refused, words, cause: Causes.OfWords(words));
    }

    protected override void OnSilence(NodeRequest request, ClockReading now)
    {
        if (_status is not null)
            Pass(null);
        else if (!_askedWhateverTheClock)
            Ask(Repetition(request));
        else
            FinishEnded(0, Outcome.Unreachable, $"no answer to the check{WhySilent}");
    }

    protected override void OnNotSent(NodeRequest request, string why, ClockReading now)
    {
        _askedWhateverTheClock = true;
        base.OnNotSent(request, why, now);
    }

    /// <summary>A warning is not worth a wait.</summary>
    protected override bool IsRepeated(NodeRequest request) => request is NodeRequest.Status;

    protected override NodeRequest Repetition(NodeRequest request)
    {
        _askedWhateverTheClock |= request is NodeRequest.Status;
        return base.Repetition(request);
    }

    private void Pass(RunSummary? last)
    {
        if (last is not null)
            Context.LearnStartup(last);
        var isNoop = last is { RunMode: not "user", Events: { Noop: > 0, Success: null or 0 } };
        var environment = last is { RunMode: "agent" } && last.InitialEnvironment != Context.PlanEnvironment ? last.InitialEnvironment : null;
        Conclude(new NodeFact.Checked(Context.Node, _status!.DaemonPresent, _status.Applying, isNoop, environment, _status.LastRun));
    }

    /// <summary>What a rollback would have to say, where a failure leads to one.</summary>
    private string? RollbackEnvironment => Context.Options.OnFailure == OnFailure.Rollback ? Context.Options.RollbackEnvironment : null;
}
