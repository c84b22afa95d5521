using System.Collections.Immutable;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments;

/// <summary>What follows by itself: gates, batches, stops and ends. Everything else waits for a fact or a person.</summary>
internal static class Progress
{
    /// <summary>Goes on until something outside must happen.</summary>
    public static void Advance(Draft draft, int budget)
    {
        while (Step(draft, budget))
        {
        }
    }

    private static bool Step(Draft draft, int budget) => draft.State.Stage switch
    {
        Stage.Checking => LeaveCheck(draft, budget),
        Stage.Isolating => (EveryNodeAnswered(draft.State) && Stop(draft, budget)) || OpenGroup(draft, 1),
        Stage.Running running => Stop(draft, budget) || GoOn(draft, running),
        Stage.Stopping stopping => Finish(draft, stopping),
        Stage.Holding holding when draft.State.Pending.IsEmpty => End(draft, holding.Intended, holding.Because),
        Stage.Releasing releasing when draft.State.Pending.IsEmpty => EndReleased(draft, releasing),
        _ => false,
    };

    private static bool LeaveCheck(Draft draft, int budget)
    {
        if (draft.State.Cancel is null && draft.State.Heard < draft.State.Start!.NodeCount)
            return false;
        if (Stop(draft, budget))
            return true;
        if (draft.State.Start!.NodeCount == 0)
            return End(draft, DeploymentPhase.Succeeded, "the plan has no node: there was nothing to do");
        draft.Add(new IsolationStarted(draft.Now + draft.State.Options.IdleTimeout, draft.Now));
        return true;
    }

    /// <summary>A refusal is not the end of hearing: every node that refuses is to be named, so all answers to disable are awaited, but no run.</summary>
    private static bool EveryNodeAnswered(DeploymentState state) =>
        state.Cancel is not null || state.Failures == 0 || !state.Pending.Any(n => state.Nodes[n].Step == NodeStep.Checked);

    private static bool Stop(Draft draft, int budget)
    {
        if (draft.State.Cancel is { } cancel)
            draft.Add(new DeploymentStopping(DeploymentPhase.Cancelled, $"{cancel.By} cancelled the deployment", draft.Now));
        else if (draft.State.Failures > budget)
            draft.Add(new DeploymentStopping(DeploymentPhase.Failed, Causes(draft.State), draft.Now));
        else
            return false;
        return true;
    }

    private static bool OpenGroup(Draft draft, int group)
    {
        if (!draft.State.Pending.IsEmpty)
            return false;
        draft.Add(new GroupStarted(group, draft.Plan.Group(group).Length, draft.Now));
        return true;
    }

    private static bool GoOn(Draft draft, Stage.Running running)
    {
        if (!draft.State.Pending.IsEmpty)
            return false;
        var nodes = draft.Plan.Group(running.Group);
        var done = running.Last is { } last ? nodes.BinarySearch(last) + 1 : 0;
        if (done < nodes.Length)
        {
            var size = draft.State.Options.Batch?.SizeOf(running.Batch + 1, nodes.Length) ?? nodes.Length;
            draft.Add(new BatchStarted(running.Group, running.Batch + 1, [.. nodes.AsSpan()[done..Math.Min(nodes.Length, done + size)]],
                draft.Now + draft.State.Options.IdleTimeout, draft.Now));
            return true;
        }
        draft.Add(FinishedGroup(draft, running.Group));
        if (running.Group < draft.Plan.GroupCount)
            return OpenGroup(draft, running.Group + 1);
        draft.Add(new ReleaseStarted(null, null, draft.Now));
        return true;
    }

    private static GroupFinished FinishedGroup(Draft draft, int group)
    {
        var nodes = draft.Plan.Group(group);
        var succeeded = nodes.Count(n => draft.State.Nodes[n].Result?.Outcome == Outcome.Succeeded);
        return new GroupFinished(group, succeeded, nodes.Length - succeeded, draft.Now);
    }

    /// <summary>Skips what has not started, awaits what runs, then follows the failure policy.</summary>
    private static bool Finish(Draft draft, Stage.Stopping stopping)
    {
        var idle = draft.Plan.Nodes.Where(n => draft.State.Nodes.GetValueOrDefault(n) is not { } node
            || !(node.Step == NodeStep.Settled || node.IsRunning || draft.State.AsksAgain(node))).ToImmutableArray();
        if (idle.Length > 0)
        {
            draft.Add(new NodesSkipped(idle, stopping.Because, draft.Now));
            return true;
        }
        if (!draft.State.Pending.IsEmpty)
            return false;
        var undone = draft.State.RunsThatMayHaveBegun == 0;
        if (undone || draft.State.Cancel is { Release: true } || draft.State.Options.OnFailure == OnFailure.Release)
        {
            if (draft.State.Nodes.Values.Any(n => n.IsTouched))
                draft.Add(new ReleaseStarted(null, null, draft.Now));
            else
                End(draft, undone && stopping.Intended == DeploymentPhase.Failed ? DeploymentPhase.Refused : stopping.Intended, stopping.Because);
            return true;
        }
        var open = draft.Plan.Nodes.Where(n => draft.State.Nodes[n].Hold is Hold.Open or Hold.Asked or Hold.NotHeld).ToImmutableArray();
        if (open.Length > 0)
            draft.Add(new HoldingStarted(open, draft.Now));
        else
            End(draft, stopping.Intended, stopping.Because);
        return true;
    }

    private static bool EndReleased(Draft draft, Stage.Releasing releasing)
    {
        var kept = draft.State.Nodes.Count(n => n.Value.Hold == Hold.NotReleased);
        return releasing.Intended == DeploymentPhase.Succeeded && kept > 0
            ? End(draft, DeploymentPhase.SucceededWithFailures, $"every run succeeded, but {kept} {(kept == 1 ? "node" : "nodes")} could not be enabled again")
            : End(draft, releasing.Intended, releasing.Because);
    }

    private static bool End(Draft draft, DeploymentPhase end, string message)
    {
        draft.Add(new DeploymentEnded(end, message, draft.Now));
        return true;
    }

    /// <summary>The first few nodes that ended badly, in ordinal order, each with its outcome.</summary>
    private static string Causes(DeploymentState state)
    {
        const int most = 3;
        var failed = state.Nodes.Values.Select(n => n.Result).OfType<NodeSettled>()
            .Where(r => r.Outcome is not (Outcome.Succeeded or Outcome.Skipped)).OrderBy(r => r.Node).ToList();
        var named = string.Join(", ", failed.Take(most).Select(r => $"{r.Node} ended as \"{r.Outcome.Word()}\""));
        return failed.Count > most ? $"{named} and {failed.Count - most} more" : named;
    }
}
