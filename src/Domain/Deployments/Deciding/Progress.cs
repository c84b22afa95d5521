using Orchestrator.Domain.Deployments.State;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments.Deciding;

/// <summary>What follows by itself: gates, batches, stops and ends. Everything else waits for a fact, a time or a person.</summary>
internal static class Progress
{
    /// <summary>Goes on until something outside must happen.</summary>
    public static void Advance(DecisionBuilder decision)
    {
        while (decision.State.Pause is null && Step(decision))
        {
        }
    }

    private static bool Step(DecisionBuilder decision) => decision.State switch
    {
        { Stage: Stage.NotStarted or Stage.Ended } => false,
        { Abandon: { } abandon } => Abandoned(decision, abandon),
        { Stage: Stage.Checking } => LeaveCheck(decision),
        { Stage: Stage.Isolating } => LeaveIsolation(decision),
        { Stage: Stage.Running running } => Stop(decision) || SkipDependents(decision) || (!Batches.Waits(decision) && Continue(decision, running)),
        { Stage: Stage.Stopping stopping } => Finish(decision, stopping),
        { Stage: Stage.Holding holding, Counts.Pending: 0 } => Conclude(decision, holding.Intended, holding.Because, held: true),
        { Stage: Stage.Releasing releasing, Counts.Pending: 0 } => EndReleased(decision, releasing),
        _ => false,
    };

    private static bool LeaveCheck(DecisionBuilder decision)
    {
        var state = decision.State;
        if (state.Cancel is null && state.RollbackWanted is null && state.Heard < state.Expected)
            return false;
        if (Stop(decision))
            return true;
        if (state.Start!.NodeCount == 0)
            return End(decision, DeploymentPhase.Succeeded, "the plan has no nodes: nothing to do");
        Dependents.Skip(decision, Dependents.NotSucceeded(decision));
        if (!decision.State.Nodes.Values.Any(n => n.Step == NodeStep.Checked))
            return StopAs(decision, "no nodes are left to run");
        decision.Add(new IsolationStarted(decision.Now + state.Options.IdleTimeout, decision.Now));
        return true;
    }

    private static bool LeaveIsolation(DecisionBuilder decision)
    {
        if (EveryNodeAnswered(decision.State) && Stop(decision))
            return true;
        if (decision.State.Counts.Pending > 0 || Batches.Waits(decision))
            return false;
        if (!decision.State.IsRollingBack)
            Dependents.Skip(decision, Dependents.NotSucceeded(decision));
        return Batches.OpenFirstGroup(decision) || StopAs(decision, "no nodes are left to run");
    }

    /// <summary>A refusal is not the end of hearing: every node that refuses is to be named, so all answers to disable are awaited, but no run.</summary>
    private static bool EveryNodeAnswered(DeploymentState state) =>
        state.Cancel is not null || state.RollbackWanted is not null
        || (state.Failures == 0 && state.FailedCompensations == 0)
        || !state.Nodes.Values.Any(n => n is { IsPending: true, Step: NodeStep.Checked });

    private static bool StopAs(DecisionBuilder decision, string reason)
    {
        decision.Add(new DeploymentStopping(DeploymentPhase.Failed, $"{reason}: {Causes(decision.State)}", decision.Now));
        return true;
    }

    /// <summary>Stops as soon as it must: at a person's word, over budget, at a no to the next group, or at a rollback's first failure.</summary>
    private static bool Stop(DecisionBuilder decision)
    {
        var state = decision.State;
        var (end, because) = state switch
        {
            { IsRollingBack: true, FailedCompensations: > 0 } => (DeploymentPhase.Stuck, CausesOfStuck(state)),
            { IsRollingBack: true } => (DeploymentPhase.Unknown, ""),
            { RollbackWanted: { } wanted } => (DeploymentPhase.Cancelled, $"{wanted.By} requested a rollback"),
            { Cancel: { } cancel } => (DeploymentPhase.Cancelled, DeploymentEvolution.CancelledBy(cancel)),
            _ when state.Failures > decision.Budget => (DeploymentPhase.Failed, Causes(state)),
            _ when GroupBudgets.Exceeded(state, decision.Plan) is { } group => (DeploymentPhase.Failed, $"{group.Sentence}: {Causes(state)}"),
            { NoSuchEnvironment: { } node } => (
                DeploymentPhase.Failed, $"the server has no environment {state.Options.RunEnvironment}, as the run of {node} showed: nothing else starts"),
            { Wait: Wait.Approval { DeadlineAt: { } deadline } approval } when decision.Now >= deadline =>
                (
                    DeploymentPhase.Cancelled,
                    $"group {approval.Group} was not approved in time{(Downtime.Passed(state, deadline) is { } why ? $": {why}" : "")}"),
            _ => (DeploymentPhase.Unknown, ""),
        };
        if (end == DeploymentPhase.Unknown)
            return false;
        decision.Add(new DeploymentStopping(end, because, decision.Now));
        return true;
    }

    /// <summary>Within the budget exactly what depends on a failed node is left out, and the rest goes on.</summary>
    private static bool SkipDependents(DecisionBuilder decision)
    {
        if (decision.State.IsRollingBack)
            return false;
        // What failed while it was paused was passed over.
        IEnumerable<NodeName> roots = decision.Events.Any(e => e is DeploymentResumed)
            ? Dependents.NotSucceeded(decision)
            : decision.Events.OfType<NodeSettled>().Where(e => e.Outcome != Outcome.Succeeded).Select(e => e.Node);
        return Dependents.Skip(decision, [.. roots]);
    }

    private static bool Continue(DecisionBuilder decision, Stage.Running running)
    {
        if (running.IsFinished)
            return Batches.OpenNextGroup(decision, running) || LeaveGroups(decision);
        if (running.Group == 0 ? Batches.OpenReady(decision, running) : Batches.OpenNext(decision, running))
            return true;
        if (decision.State.Counts.Pending > 0)
            return false;
        decision.Add(FinishedGroup(decision, running.Group));
        return true;
    }

    /// <summary>A failure of all is one, however large the budget.</summary>
    private static bool LeaveGroups(DecisionBuilder decision) => decision.State.Rollback is null && !decision.State.Nodes.Values.Any(n => n.HasSucceeded)
        ? StopAs(decision, "no node has succeeded")
        : Conclude(decision, DeploymentEvolution.EndOfRunning(decision.State), "", held: false);

    private static GroupFinished FinishedGroup(DecisionBuilder decision, int group)
    {
        var (succeeded, failed) = (0, 0);
        foreach (var name in group == 0 ? decision.Plan.Nodes : decision.Plan.Group(group))
        {
            var node = decision.State.Nodes[name];
            var result = decision.State.IsRollingBack ? node.Compensation : node.Result;
            if (result?.Outcome == Outcome.Succeeded)
                succeeded++;
            else if (result is { Outcome: not Outcome.Skipped })
                failed++;
        }
        return new GroupFinished(group, succeeded, failed, decision.Now);
    }

    /// <summary>Skips what has not started, awaits what runs, then follows the failure policy.</summary>
    private static bool Finish(DecisionBuilder decision, Stage.Stopping stopping)
    {
        ImmutableArray<NodeName> idle = [.. decision.Plan.Nodes.Where(n => decision.State.Nodes.GetValueOrDefault(n) is not { } node
            || !(node.Step == NodeStep.Settled || node.IsRunning || decision.State.AsksAgain(node)))];
        if (idle.Length > 0)
        {
            decision.Add(new NodesSkipped(idle, stopping.Because, decision.Now));
            return true;
        }
        return decision.State.Counts.Pending == 0 && Conclude(decision, stopping.Intended, stopping.Because, held: false);
    }

    /// <summary>What is left once nothing runs: undo, roll back, disable what is enabled, enable what may be free, or end. Asked again after each.</summary>
    /// <param name="held">Whether enabled nodes were disabled again just now.</param>
    private static bool Conclude(DecisionBuilder decision, DeploymentPhase intended, string because, bool held)
    {
        var state = decision.State;
        if (AutomaticRetries.Due(decision, intended) is { IsEmpty: false } again)
            return HoldOpen(decision, held, _ => true) || AutomaticRetries.Advance(decision, again);
        var releases = state.RunsThatMayHaveBegun == 0 || intended == DeploymentPhase.Succeeded || IsReleasedOnFailure(state, intended);
        if (!releases && intended is DeploymentPhase.Failed or DeploymentPhase.Cancelled && RollbackOf(state) is { } environment
            && Compensations(decision) is { IsEmpty: false } nodes)
        {
            decision.Add(new RollbackStarted(environment, nodes, because, decision.Now + state.Options.IdleTimeout, decision.Now));
            return true;
        }
        bool StaysHeld(NodeName name) =>
            state.Kept.ContainsKey(name) || (!releases && (intended != DeploymentPhase.SucceededWithFailures || !state.Nodes[name].HasSucceeded));
        if (HoldOpen(decision, held, StaysHeld))
            return true;
        if (releases)
            ReleaseAndEnd(decision, intended, because);
        else if (intended == DeploymentPhase.SucceededWithFailures)
            decision.Add(Releasing(decision, null, null));
        else
            End(decision, intended, intended == DeploymentPhase.RolledBack ? RolledBack(state) : because);
        return true;
    }

    /// <summary>Has nodes disabled again that are not surely held and are to stay so; false where there are none, or that was tried just now.</summary>
    private static bool HoldOpen(DecisionBuilder decision, bool held, Func<NodeName, bool> staysHeld)
    {
        if (held)
            return false;
        ImmutableArray<NodeName> open =
            [.. decision.Plan.Nodes.Where(n => decision.State.Nodes[n].Hold is Hold.Enabled or Hold.Asked or Hold.NotHeld && staysHeld(n))];
        if (open.Length > 0)
            decision.Add(new HoldingStarted(open, decision.Now));
        return open.Length > 0;
    }

    /// <summary>The intent to enable what the deployment may hold: all of it, or the one node that a person names.</summary>
    internal static ReleaseStarted Releasing(DecisionBuilder decision, string? by, NodeName? only)
    {
        var release = new ReleaseStarted(by, only, decision.Now);
        return release with { NodeCount = DeploymentEvolution.Evolve(decision.State, release).Counts.Pending - decision.State.Counts.Pending };
    }

    private static bool IsReleasedOnFailure(DeploymentState state, DeploymentPhase intended) =>
        intended is DeploymentPhase.Failed or DeploymentPhase.Cancelled
        && state.RollbackWanted is null
        && (state.Cancel is { Release: true } || state.Options.OnFailure == OnFailure.Release);

    private static void ReleaseAndEnd(DecisionBuilder decision, DeploymentPhase intended, string because)
    {
        if (decision.State.Nodes.Any(n => n.Value.IsTouched && !decision.State.Kept.ContainsKey(n.Key)))
            decision.Add(Releasing(decision, null, null));
        else
            End(decision, DeploymentEvolution.EndOfRelease(decision.State, intended), because);
    }

    private static string? RollbackOf(DeploymentState state) =>
        state.RollbackWanted?.Environment ?? (state.Options.OnFailure == OnFailure.Rollback ? state.Options.RollbackEnvironment : null);

    /// <summary>The nodes that ran, whatever came of it, in the plan's order.</summary>
    internal static ImmutableArray<NodeName> Compensations(DecisionBuilder decision) =>
        [.. decision.Plan.Nodes.Where(n => decision.State.Nodes.GetValueOrDefault(n) is { Runs: > 0 })];

    private static string RolledBack(DeploymentState state) =>
        $"{state.Rollback!.Because}; {Phrases.Count(state.Rollback.Nodes.Length, "node")} ran again in {state.Rollback.Environment}; the nodes stay held " +
        "until released, because their own next Puppet run would bring the broken state back";

    private static bool EndReleased(DecisionBuilder decision, Stage.Releasing releasing)
    {
        var held = decision.State.Counts.NotReleased;
        return releasing.Intended switch
        {
            DeploymentPhase.Succeeded when held > 0 =>
                End(decision, DeploymentPhase.SucceededWithFailures, $"every run succeeded, but {Phrases.Count(held, "node")} could not be enabled again"),
            DeploymentPhase.SucceededWithFailures => End(decision, releasing.Intended, Causes(decision.State)),
            _ => End(decision, releasing.Intended, releasing.Because),
        };
    }

    /// <summary>Ends it where it stands: what runs is nobody's any more, and its nodes stay as they are.</summary>
    private static bool Abandoned(DecisionBuilder decision, AbandonRequested abandon)
    {
        const string lost = "abandoned during its run: the result is unknown";
        foreach (var (name, node) in decision.State.Nodes.Where(n => n.Value.IsRunning).OrderBy(n => n.Key))
            decision.Add(new NodeSettled(name, Outcome.FailedUnproven, lost, node.Hold, null, null, null, null, null, decision.Now, Cause: Cause.Abandoned));
        ImmutableArray<NodeName> open = [.. decision.Plan.Nodes.Where(n => decision.State.Nodes.GetValueOrDefault(n)?.Step != NodeStep.Settled)];
        if (!open.IsEmpty)
            decision.Add(new NodesSkipped(open, $"{abandon.By} abandoned the deployment", decision.Now));
        if (decision.State.Stage is Stage.Releasing)
        {
            foreach (var name in decision.State.Pending.Order().ToList())
                decision.Add(new NodeNotReleased(name, $"no answer before {abandon.By} abandoned the deployment", decision.Now));
        }
        return End(decision, DeploymentPhase.Abandoned, $"{abandon.By} abandoned the deployment");
    }

    private static bool End(DecisionBuilder decision, DeploymentPhase end, string message)
    {
        decision.Add(new DeploymentEnded(end, message, decision.Now));
        return true;
    }

    private static string CausesOfStuck(DeploymentState state) =>
        $"the rollback to {state.Rollback!.Environment} failed: {Named(state.Nodes.Values.Select(n => n.Compensation))}";

    private static string Causes(DeploymentState state) => SilentCheck.Sentence(state) ?? Named(state.Nodes.Values.Select(n => n.Result));

    /// <summary>The first few nodes that ended badly, in ordinal order, each with its outcome.</summary>
    private static string Named(IEnumerable<NodeSettled?> results)
    {
        const int most = 3;
        var failed = results.OfType<NodeSettled>().Where(r => r.Outcome is not (Outcome.Succeeded or Outcome.Skipped)).OrderBy(r => r.Node).ToList();
        return Phrases.FirstOf(failed.Select(r => $"{r.Node} ended as \"{r.Outcome.Word()}\""), failed.Count, most);
    }
}
