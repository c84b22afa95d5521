using System.Collections.Immutable;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments;

/// <summary>What follows by itself: gates, batches, stops and ends. Everything else waits for a fact, a time or a person.</summary>
internal static class Progress
{
    /// <summary>Goes on until something outside must happen.</summary>
    public static void Advance(Draft draft)
    {
        while (draft.State.Pause is null && Step(draft))
        {
        }
    }

    private static bool Step(Draft draft) => draft.State switch
    {
        { Stage: Stage.NotStarted or Stage.Ended } => false,
        { Abandon: { } abandon } => Abandoned(draft, abandon),
        { Stage: Stage.Checking } => LeaveCheck(draft),
        { Stage: Stage.Isolating } => LeaveIsolation(draft),
        { Stage: Stage.Running running } => Stop(draft) || SkipDependents(draft) || (!Batches.Waits(draft) && GoOn(draft, running)),
        { Stage: Stage.Stopping stopping } => Finish(draft, stopping),
        { Stage: Stage.Holding holding, Counts.Pending: 0 } => Conclude(draft, holding.Intended, holding.Because, held: true),
        { Stage: Stage.Releasing releasing, Counts.Pending: 0 } => EndReleased(draft, releasing),
        _ => false,
    };

    private static bool LeaveCheck(Draft draft)
    {
        var state = draft.State;
        if (state.Cancel is null && state.RollbackWanted is null && state.Heard < state.Expected)
            return false;
        if (Stop(draft))
            return true;
        if (state.Start!.NodeCount == 0)
            return End(draft, DeploymentPhase.Succeeded, "the plan has no nodes: nothing to do");
        Dependents.Skip(draft, Dependents.Bad(draft));
        if (!draft.State.Nodes.Values.Any(n => n.Step == NodeStep.Checked))
            return StopAs(draft, "no nodes are left to run");
        draft.Add(new IsolationStarted(draft.Now + state.Options.IdleTimeout, draft.Now));
        return true;
    }

    private static bool LeaveIsolation(Draft draft)
    {
        if (EveryNodeAnswered(draft.State) && Stop(draft))
            return true;
        if (draft.State.Counts.Pending > 0)
            return false;
        if (!draft.State.IsRollingBack)
            Dependents.Skip(draft, Dependents.Bad(draft));
        return Batches.OpenFirstGroup(draft) || StopAs(draft, "no nodes are left to run");
    }

    /// <summary>A refusal is not the end of hearing: every node that refuses is to be named, so all answers to disable are awaited, but no run.</summary>
    private static bool EveryNodeAnswered(DeploymentState state) =>
        state.Cancel is not null || state.RollbackWanted is not null
        || (state.Failures == 0 && state.FailedCompensations == 0)
        || !state.Nodes.Values.Any(n => n is { IsPending: true, Step: NodeStep.Checked });

    private static bool StopAs(Draft draft, string reason)
    {
        draft.Add(new DeploymentStopping(DeploymentPhase.Failed, $"{reason}: {Causes(draft.State)}", draft.Now));
        return true;
    }

    /// <summary>Stops as soon as it must: at a person's word, over budget, at a no to the next group, or at a rollback's first failure.</summary>
    private static bool Stop(Draft draft)
    {
        var state = draft.State;
        var (end, because) = state switch
        {
            { IsRollingBack: true, FailedCompensations: > 0 } => (DeploymentPhase.Stuck, CausesOfStuck(state)),
            { IsRollingBack: true } => (DeploymentPhase.Unknown, ""),
            { RollbackWanted: { } wanted } => (DeploymentPhase.Cancelled, $"{wanted.By} requested a rollback"),
            { Cancel: { } cancel } => (DeploymentPhase.Cancelled, $"{cancel.By} cancelled the deployment"),
            _ when state.Failures > draft.Budget => (DeploymentPhase.Failed, Causes(state)),
            { NoSuchEnvironment: { } node } => (
                DeploymentPhase.Failed, $"the server has no environment {state.Options.RunEnvironment}, as the run of {node} showed: nothing else starts"),
            { Wait: Wait.Approval { DeadlineAt: { } deadline } approval } when draft.Now >= deadline => (DeploymentPhase.Cancelled, $"group {approval.Group} was not approved in time"),
            _ => (DeploymentPhase.Unknown, ""),
        };
        if (end == DeploymentPhase.Unknown)
            return false;
        draft.Add(new DeploymentStopping(end, because, draft.Now));
        return true;
    }

    /// <summary>Within the budget exactly what depends on a failed node is left out, and the rest goes on.</summary>
    private static bool SkipDependents(Draft draft)
    {
        if (draft.State.IsRollingBack)
            return false;
        // What failed while it was paused was passed over.
        IEnumerable<NodeName> roots = draft.Events.Any(e => e is DeploymentResumed)
            ? Dependents.Bad(draft)
            : draft.Events.OfType<NodeSettled>().Where(e => e.Outcome != Outcome.Succeeded).Select(e => e.Node);
        return Dependents.Skip(draft, [.. roots]);
    }

    private static bool GoOn(Draft draft, Stage.Running running)
    {
        if (running.IsFinished)
            return Batches.OpenNextGroup(draft, running) || LeaveGroups(draft);
        if (running.Group == 0 ? Batches.OpenReady(draft, running) : Batches.OpenNext(draft, running))
            return true;
        if (draft.State.Counts.Pending > 0)
            return false;
        draft.Add(FinishedGroup(draft, running.Group));
        return true;
    }

    /// <summary>A failure of all is one, however large the budget.</summary>
    private static bool LeaveGroups(Draft draft) => draft.State.Rollback is null && !draft.State.Nodes.Values.Any(n => n.HasSucceeded)
        ? StopAs(draft, "no node has succeeded")
        : Conclude(draft, DeploymentEvolution.EndOfRunning(draft.State), "", held: false);

    private static GroupFinished FinishedGroup(Draft draft, int group)
    {
        var (succeeded, failed) = (0, 0);
        foreach (var name in group == 0 ? draft.Plan.Nodes : draft.Plan.Group(group))
        {
            var node = draft.State.Nodes[name];
            var result = draft.State.IsRollingBack ? node.Compensation : node.Result;
            if (result?.Outcome == Outcome.Succeeded)
                succeeded++;
            else if (result is { Outcome: not Outcome.Skipped })
                failed++;
        }
        return new GroupFinished(group, succeeded, failed, draft.Now);
    }

    /// <summary>Skips what has not started, awaits what runs, then follows the failure policy.</summary>
    private static bool Finish(Draft draft, Stage.Stopping stopping)
    {
        ImmutableArray<NodeName> idle = [.. draft.Plan.Nodes.Where(n => draft.State.Nodes.GetValueOrDefault(n) is not { } node
            || !(node.Step == NodeStep.Settled || node.IsRunning || draft.State.AsksAgain(node)))];
        if (idle.Length > 0)
        {
            draft.Add(new NodesSkipped(idle, stopping.Because, draft.Now));
            return true;
        }
        return draft.State.Counts.Pending == 0 && Conclude(draft, stopping.Intended, stopping.Because, held: false);
    }

    /// <summary>
    /// What is left to do once nothing runs: undo, roll back, disable what is open, enable what may be free, or end. Asked again after each.
    /// </summary>
    /// <param name="draft">The decision.</param>
    /// <param name="intended">How it is to end.</param>
    /// <param name="because">Why.</param>
    /// <param name="held">Whether open nodes were disabled again just now.</param>
    private static bool Conclude(Draft draft, DeploymentPhase intended, string because, bool held)
    {
        var state = draft.State;
        var releases = state.RunsThatMayHaveBegun == 0 || intended == DeploymentPhase.Succeeded || IsReleasedOnFailure(state, intended);
        if (!releases && intended is DeploymentPhase.Failed or DeploymentPhase.Cancelled && RollbackOf(state) is { } environment && Compensations(draft) is { IsEmpty: false } nodes)
        {
            draft.Add(new RollbackStarted(environment, nodes, because, draft.Now + state.Options.IdleTimeout, draft.Now));
            return true;
        }
        bool StaysHeld(NodeName name) => state.Kept.ContainsKey(name) || (!releases && (intended != DeploymentPhase.SucceededWithFailures || !state.Nodes[name].HasSucceeded));
        ImmutableArray<NodeName> open = held ? [] : [.. draft.Plan.Nodes.Where(n => state.Nodes[n].Hold is Hold.Open or Hold.Asked or Hold.NotHeld && StaysHeld(n))];
        if (open.Length > 0)
            draft.Add(new HoldingStarted(open, draft.Now));
        else if (releases)
            ReleaseAndEnd(draft, intended, because);
        else if (intended == DeploymentPhase.SucceededWithFailures)
            draft.Add(new ReleaseStarted(null, null, draft.Now));
        else
            End(draft, intended, intended == DeploymentPhase.RolledBack ? RolledBack(state) : because);
        return true;
    }

    private static bool IsReleasedOnFailure(DeploymentState state, DeploymentPhase intended) =>
        intended is DeploymentPhase.Failed or DeploymentPhase.Cancelled
        && state.RollbackWanted is null
        && (state.Cancel is { Release: true } || state.Options.OnFailure == OnFailure.Release);

    private static void ReleaseAndEnd(Draft draft, DeploymentPhase intended, string because)
    {
        if (draft.State.Nodes.Any(n => n.Value.IsTouched && !draft.State.Kept.ContainsKey(n.Key)))
            draft.Add(new ReleaseStarted(null, null, draft.Now));
        else
            End(draft, DeploymentEvolution.EndOfRelease(draft.State, intended), because);
    }

    private static string? RollbackOf(DeploymentState state) =>
        state.RollbackWanted?.Environment ?? (state.Options.OnFailure == OnFailure.Rollback ? state.Options.RollbackEnvironment : null);

    /// <summary>The nodes that ran, whatever came of it, in the plan's order.</summary>
    internal static ImmutableArray<NodeName> Compensations(Draft draft) =>
        [.. draft.Plan.Nodes.Where(n => draft.State.Nodes.GetValueOrDefault(n) is { Runs: > 0 })];

    private static string RolledBack(DeploymentState state) =>
        $"{state.Rollback!.Because}; {Phrases.Count(state.Rollback.Nodes.Length, "node")} ran again in {state.Rollback.Environment}; the nodes stay held until released, because their own next Puppet run would bring the broken state back";

    private static bool EndReleased(Draft draft, Stage.Releasing releasing)
    {
        var kept = draft.State.Counts.NotReleased;
        return releasing.Intended switch
        {
            DeploymentPhase.Succeeded when kept > 0 => End(draft, DeploymentPhase.SucceededWithFailures, $"every run succeeded, but {Phrases.Count(kept, "node")} could not be enabled again"),
            DeploymentPhase.SucceededWithFailures => End(draft, releasing.Intended, Causes(draft.State)),
            _ => End(draft, releasing.Intended, releasing.Because),
        };
    }

    /// <summary>Ends it where it stands: what runs is nobody's any more, and its nodes stay as they are.</summary>
    private static bool Abandoned(Draft draft, AbandonRequested abandon)
    {
        const string lost = "abandoned during its run: the result is unknown";
        foreach (var (name, node) in draft.State.Nodes.Where(n => n.Value.IsRunning).OrderBy(n => n.Key))
            draft.Add(new NodeSettled(name, Outcome.FailedUnproven, lost, node.Hold, null, null, null, null, null, draft.Now));
        ImmutableArray<NodeName> open = [.. draft.Plan.Nodes.Where(n => draft.State.Nodes.GetValueOrDefault(n)?.Step != NodeStep.Settled)];
        if (!open.IsEmpty)
            draft.Add(new NodesSkipped(open, $"{abandon.By} abandoned the deployment", draft.Now));
        return End(draft, DeploymentPhase.Abandoned, $"{abandon.By} abandoned the deployment");
    }

    private static bool End(Draft draft, DeploymentPhase end, string message)
    {
        draft.Add(new DeploymentEnded(end, message, draft.Now));
        return true;
    }

    private static string CausesOfStuck(DeploymentState state) =>
        $"the rollback to {state.Rollback!.Environment} failed: {Named(state.Nodes.Values.Select(n => n.Compensation))}";

    private static string Causes(DeploymentState state) => Unheard.Says(state) ?? Named(state.Nodes.Values.Select(n => n.Result));

    /// <summary>The first few nodes that ended badly, in ordinal order, each with its outcome.</summary>
    private static string Named(IEnumerable<NodeSettled?> results)
    {
        const int most = 3;
        var failed = results.OfType<NodeSettled>().Where(r => r.Outcome is not (Outcome.Succeeded or Outcome.Skipped)).OrderBy(r => r.Node).ToList();
        var named = string.Join(", ", failed.Take(most).Select(r => $"{r.Node} ended as \"{r.Outcome.Word()}\""));
        return failed.Count > most ? $"{named} and {failed.Count - most} more" : named;
    }
}
