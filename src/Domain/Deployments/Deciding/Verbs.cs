using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Plans;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments.Deciding;

/// <summary>
/// What a person's word means now: an event, nothing because it was said before, or a refusal with the reason. What follows from the event is
/// <see cref="Progress"/>'s.
/// </summary>
internal static class Verbs
{
    private static readonly Decision.Reject NotStarted = new(ProblemCodes.NotStarted, "it has not started");
    private static readonly Decision.Reject ComingToItsEnd = new(ProblemCodes.Ending, "it is already ending");
    private static readonly Decision.Reject RollingBack = new(ProblemCodes.RollingBack, "a rollback is running: only abandon stops it");

    public static Decision? Decide(DecisionBuilder decision, DeploymentCommand.ByPerson command)
    {
        var refusal = RepeatedRequests.Of(decision.State, command);
        if (refusal is not null)
            return refusal;
        refusal = DecideNew(decision, command);
        if (command.Request is not { } request || refusal is Decision.Reject)
            return refusal;
        // Where there was nothing to do, too: by the time it is sent again there may be.
        var answer = refusal is Decision.Ignore(var why, _) ? why : VerbAnswers.Of(decision.Events);
        decision.Add(new RequestTaken(request.Key, request.Request, answer, decision.Now));
        return null;
    }

    private static Decision? DecideNew(DecisionBuilder decision, DeploymentCommand.ByPerson command) => command switch
    {
        DeploymentCommand.Pause c => Pause(decision, c),
        DeploymentCommand.Resume c => Resume(decision, c),
        DeploymentCommand.Approve c => Approve(decision, c),
        DeploymentCommand.Cancel c => Cancel(decision, c),
        DeploymentCommand.Abandon c => Abandon(decision, c),
        DeploymentCommand.Retry c => Retry(decision, c),
        DeploymentCommand.Rollback c => Rollback(decision, c),
        DeploymentCommand.Release c => Release(decision, c),
        DeploymentCommand.GiveUp c => Abandon(decision, new DeploymentCommand.Abandon(c.By)),
        DeploymentCommand.Look c => Looks.Read(decision, n => n.IsTouched, c.By, inDoubt: false),
        DeploymentCommand.LookAtAll c => Looks.Read(decision, _ => true, c.By, inDoubt: true),
        DeploymentCommand.Hold c => HoldNode(decision, c),
        _ => throw new ArgumentOutOfRangeException(nameof(command), command.GetType().Name, "no rule for this verb"),
    };

    private static Decision? Pause(DecisionBuilder decision, DeploymentCommand.Pause c)
    {
        switch (decision.State)
        {
            case { Stage: Stage.NotStarted }:
                return NotStarted;
            case { Stage: Stage.Ended ended }:
                return Over(ended);
            case { Pause: { } before }:
                return new Decision.Ignore($"{before.By} has already paused it");
            case { Stage: Stage.Stopping or Stage.Holding or Stage.Releasing }:
                return ComingToItsEnd;
        }
        decision.Add(new DeploymentPaused(c.By, decision.Now));
        return null;
    }

    private static Decision? Resume(DecisionBuilder decision, DeploymentCommand.Resume c)
    {
        switch (decision.State)
        {
            case { Stage: Stage.NotStarted }:
                return NotStarted;
            case { Stage: Stage.Ended ended }:
                return Over(ended);
            case { Pause: null }:
                return new Decision.Ignore("it is running and not paused");
        }
        // A deadline of waiting moves by as long as the pause took; Puppet did not pause, so those of runs stay.
        var paused = decision.Now - decision.State.Pause!.At;
        decision.Add(new DeploymentResumed(c.By, decision.State.Wait?.EndsAt + paused, decision.Now));
        return null;
    }

    private static Decision? Approve(DecisionBuilder decision, DeploymentCommand.Approve c)
    {
        switch (decision.State)
        {
            case { Stage: Stage.NotStarted }:
                return NotStarted;
            case { Stage: Stage.Ended ended }:
                return Over(ended);
            case { Options.ApproveGroups: false }:
                return new Decision.Reject(ProblemCodes.NothingToDo, "it needs no approval: its groups do not wait for one");
            case { Wait: Wait.Approval approval } when c.Group is { } other && other != approval.Group:
                return new Decision.Reject(
                    ProblemCodes.GroupNotWaiting, $"group {other} does not wait for approval: group {approval.Group} does, so look at that one first");
            case { Wait: Wait.Approval } when IsNotApprover(decision.State, c.By):
                return new Decision.Reject(ProblemCodes.ApproverMustDiffer, $"{c.By} started it, and another person has to approve its groups");
            case { Wait: Wait.Approval approval }:
                decision.Add(new GroupApproved(approval.Group, c.By, decision.Now));
                return null;
            // It may have begun, or a pause may keep it.
            case { Approved: > 0 and var group, Stage: Stage.Running running } when running.Group <= group && (c.Group ?? group) == group:
                return new Decision.Ignore($"group {group} is already approved");
            case { Approved: > 0 and var group, Stage: Stage.Isolating } when (c.Group ?? group) == group:
                return new Decision.Ignore($"group {group} is already approved");
            case var _ when c.Group is { } other:
                return new Decision.Reject(ProblemCodes.GroupNotWaiting, $"group {other} does not wait for approval");
            default:
                return new Decision.Reject(ProblemCodes.NothingToDo, "no group is waiting for approval");
        }
    }

    private static bool IsNotApprover(DeploymentState state, string caller) =>
        NotApprovers(state).Any(n => Callers.PersonOf(n) == Callers.PersonOf(caller));

    /// <summary>Who may not approve its groups, in whatever way they come: those who started it and its newest attempt, where another person must.</summary>
    public static IReadOnlyList<string> NotApprovers(DeploymentState state) =>
        state.Options.ApproverDiffers ? [.. new[] { state.Start!.Caller, state.AttemptBy }.Distinct()] : [];

    /// <summary>Of whom an approval must be, as words after it; empty for anybody's.</summary>
    public static string OfAnother(DeploymentState state) =>
        NotApprovers(state) is { Count: > 0 } people ? $" by another person than {string.Join(" and ", people)}" : "";

    private static Decision? Cancel(DecisionBuilder decision, DeploymentCommand.Cancel c)
    {
        switch (decision.State)
        {
            case { Stage: Stage.NotStarted }:
                return NotStarted;
            case { Stage: Stage.Ended { End: DeploymentPhase.Cancelled } }:
                return new Decision.Ignore("it is already cancelled");
            case { Stage: Stage.Ended ended }:
                return Over(ended);
            case { Cancel: { } before } when before.Release || !c.ReleaseNodes:
                return new Decision.Ignore($"{before.By} has already cancelled it");
            case { Stage: Stage.Releasing } or { Stage: Stage.Holding, Wait: not Wait.Retry }:
                return ComingToItsEnd;
            case { IsRollingBack: true }:
                return RollingBack;
        }
        decision.Add(new CancelRequested(c.By, c.ReleaseNodes, decision.Now));
        return null;
    }

    private static Decision? Abandon(DecisionBuilder decision, DeploymentCommand.Abandon c)
    {
        switch (decision.State)
        {
            case { Stage: Stage.NotStarted }:
                return NotStarted;
            case { Stage: Stage.Ended { End: DeploymentPhase.Abandoned } }:
                return new Decision.Ignore("it is already abandoned");
            case { Stage: Stage.Ended ended }:
                return Over(ended);
        }
        decision.Add(new AbandonRequested(c.By, decision.Now));
        return null;
    }

    private static Decision? Retry(DecisionBuilder decision, DeploymentCommand.Retry c)
    {
        var state = decision.State;
        switch (state)
        {
            case { Stage: Stage.NotStarted }:
                return NotStarted;
            case { Stage: not Stage.Ended } when state.Attempt > 1:
                return new Decision.Ignore($"attempt {state.Attempt} is already running");
            case { Stage: not Stage.Ended }:
                return new Decision.Reject(ProblemCodes.StillRunning, "it is still running: only a deployment that has ended can be retried");
            case { Rollback: not null, Stage: Stage.Ended ended }:
                return new Decision.Reject(ProblemCodes.RolledBack, "it was rolled back, so its nodes no longer match the plan: release them and run again");
            case { Counts.Pending: > 0 }:
                return new Decision.Reject(ProblemCodes.Releasing, "a release is in progress: retry when it is done");
        }
        ImmutableArray<NodeName> nodes = [.. decision.Plan.Nodes.Where(n => state.Nodes.GetValueOrDefault(n) is not { HasSucceeded: true })];
        if (nodes.IsEmpty)
            return new Decision.Reject(ProblemCodes.NothingToDo, "every node has succeeded: nothing to retry");
        decision.Add(new RetryStarted(state.Attempt + 1, nodes, c.By, decision.Now));
        return null;
    }

    private static Decision? Rollback(DecisionBuilder decision, DeploymentCommand.Rollback c)
    {
        var state = decision.State;
        switch (state)
        {
            case { Stage: Stage.NotStarted }:
                return NotStarted;
            case { IsRollingBack: true }:
                return new Decision.Ignore("a rollback is already running");
            case { RollbackWanted: { } before, Stage: not Stage.Ended }:
                return new Decision.Ignore($"{before.By} has already requested a rollback");
            case { Options.Noop: true }:
                return new Decision.Reject(ProblemCodes.NothingToDo, "it was a noop deployment: nothing was changed, so there is nothing to roll back");
            case { Stage: Stage.Holding or Stage.Releasing }:
                return ComingToItsEnd;
            case { Stage: Stage.Ended { End: DeploymentPhase.RolledBack } }:
                return new Decision.Ignore("it is already rolled back");
            case { Stage: Stage.Ended, Counts.Pending: > 0 }:
                return new Decision.Reject(ProblemCodes.Releasing, "a release is in progress: roll back when it is done");
        }
        if ((c.Environment ?? state.Options.RollbackEnvironment) is not { } environment)
            return new Decision.Reject(ProblemCodes.RollbackEnvironmentMissing, "no rollback environment was given");
        if (state.Stage is not Stage.Ended)
        {
            decision.Add(new RollbackRequested(c.By, environment, decision.Now));
            return null;
        }
        var nodes = Progress.Compensations(decision);
        if (nodes.IsEmpty)
            return new Decision.Reject(ProblemCodes.NothingToDo, "no node ran: nothing to roll back");
        decision.Add(new RollbackStarted(environment, nodes, $"{c.By} requested a rollback", decision.Now + state.Options.IdleTimeout, decision.Now));
        return null;
    }

    private static Decision? Release(DecisionBuilder decision, DeploymentCommand.Release c)
    {
        var state = decision.State;
        if (state.Stage is Stage.NotStarted)
            return NotStarted;
        if (state.IsRollingBack)
            return new Decision.Reject(ProblemCodes.RollingBack, "a rollback is running: its nodes can be released once that has ended");
        if (state.Stage is Stage.Stopping or Stage.Holding or Stage.Releasing)
            return new Decision.Reject(ProblemCodes.Ending, "it is already ending: its nodes can be released once it has");
        if (state.Stage is not Stage.Ended)
            return new Decision.Reject(ProblemCodes.StillRunning, "it is still running: cancel it first, which can also enable its nodes at the end");
        if (c.Only is { } only && !decision.Plan.Has(only))
            return NoNode(decision.Plan, only);
        var held = state.Nodes.Where(n => n.Value.IsTouched && (c.Only is null || c.Only == n.Key)).Select(n => n.Key).ToList();
        if (held.Count == 0)
            return new Decision.Ignore(c.Only is { } node ? $"it does not hold {node}" : "it holds no nodes");
        if (c.Only is null && held.TrueForAll(state.Kept.ContainsKey))
        {
            return new Decision.Reject(
                ProblemCodes.NodesKept, $"all nodes it still holds are kept by hold: name one to release it, such as {held.Order().First()}",
                [.. held.Order()]);
        }
        if (held.TrueForAll(n => state.IsPending(n) || (c.Only is null && state.Kept.ContainsKey(n))))
            return new Decision.Ignore("a release is already in progress");
        decision.Add(Progress.Releasing(decision, c.By, c.Only));
        return null;
    }

    private static Decision.Reject NoNode(PlanIndex plan, NodeName name) => Nearest.Of(name.Value, plan.Nodes.Select(n => n.Value)) is { } near
        ? new Decision.Reject(ProblemCodes.NodeNotFound, $"it has no node {name}, did you mean {near}?")
        : new Decision.Reject(ProblemCodes.NodeNotFound, $"it has no node {name}");

    private static Decision? HoldNode(DecisionBuilder decision, DeploymentCommand.Hold c)
    {
        if (WhyNotHeld(decision.State, decision.Plan, c.Node) is { } why)
            return why;
        decision.Add(new NodeKept(c.Node, c.By, decision.Now));
        return null;
    }

    /// <summary>Why a node cannot be held beyond the end now; null where it can.</summary>
    public static Decision? WhyNotHeld(DeploymentState state, PlanIndex plan, NodeName name)
    {
        if (state.Stage is Stage.NotStarted)
            return NotStarted;
        if (!plan.Has(name))
            return NoNode(plan, name);
        if (state.Kept.TryGetValue(name, out var before))
            return new Decision.Ignore($"{name} is already held by {before.By}");
        // Where the fleet was lost in the check, no event has named the node; while the check goes on, it may still come to be held.
        var node = state.Nodes.GetValueOrDefault(name);
        var mayStillBeHeld = state.Stage is Stage.Checking && node is not { Step: NodeStep.Settled };
        if (!mayStillBeHeld && node is not { IsTouched: true })
            return new Decision.Reject(ProblemCodes.NodeNotHeld, $"it does not hold {name}, so it cannot keep it");
        if (state.Stage is Stage.Releasing or Stage.Ended && state.IsPending(name))
            return new Decision.Reject(ProblemCodes.Releasing, $"{name} is being released");
        return null;
    }

    private static Decision.Reject Over(Stage.Ended ended) => new(ProblemCodes.Ended, $"it has already ended: {ended.End.Word()}");
}
