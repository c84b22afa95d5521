using Orchestrator.Domain.Deployments.State;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments.Deciding;

/// <summary>Which group and which nodes begin next, and what must be waited for before.</summary>
internal static class Batches
{
    /// <summary>
    /// Opens the first gate, in a rollback that of the last group, or waits for it like for any other: an attempt may begin at a group that nobody has approved
    /// yet. False where no nodes are left to run.
    /// </summary>
    public static bool OpenFirstGroup(DecisionBuilder decision)
    {
        var isEager = decision.State.Options.Strategy == Strategy.Eager && !decision.State.IsRollingBack;
        if (NextGroup(decision, null) is not { } first)
            return false;
        if (first > 1 && NeedsApproval(decision.State) && !decision.State.OpenGates.Contains(first))
        {
            AwaitApproval(decision, first);
            return true;
        }
        decision.Add(new GroupStarted(
            isEager ? 0 : first, (isEager ? decision.Plan.Nodes : decision.Plan.Group(first)).Count(n => IsReady(decision.State.Nodes[n])), decision.Now));
        return true;
    }

    /// <summary>Opens the next gate, or begins to wait for what must come before; false where no nodes are left to run.</summary>
    public static bool OpenNextGroup(DecisionBuilder decision, Stage.Running running)
    {
        var state = decision.State;
        if (running.Group == 0 || NextGroup(decision, running.Group) is not { } group)
            return false;
        if (BeginSoak(decision, running))
            return true;
        if (NeedsApproval(state) && state.Approved != group && !(state.AutomaticRetries > 0 && state.OpenGates.Contains(group)))
            AwaitApproval(decision, group);
        else
            decision.Add(new GroupStarted(group, decision.Plan.Group(group).Count(n => IsReady(state.Nodes[n])), decision.Now));
        return true;
    }

    private static bool NeedsApproval(DeploymentState state) => state.Options.ApproveGroups && !state.IsRollingBack;

    private static void AwaitApproval(DecisionBuilder decision, int group) => decision.Add(new ApprovalAwaited(
        group, decision.State.Options.ApprovalTimeout is { } limit ? decision.Now + limit : null, decision.Now));

    /// <summary>Opens the next batch of the open group, or begins to wait after the one before; false where there is none or one is open.</summary>
    public static bool OpenNext(DecisionBuilder decision, Stage.Running running)
    {
        if (decision.State.Counts.Pending > 0 || Next(decision, running) is not { IsEmpty: false } next)
            return false;
        if (!BeginSoak(decision, running))
            decision.Add(new BatchStarted(running.Group, running.Batch + 1, next, decision.Now + decision.State.Options.IdleTimeout, decision.Now));
        return true;
    }

    /// <summary>Opens every node of which all that it depends on has succeeded, where nodes begin each by itself; false where there is none.</summary>
    public static bool OpenReady(DecisionBuilder decision, Stage.Running running)
    {
        var state = decision.State;
        ImmutableArray<NodeName> ready = [.. Candidates(decision).Distinct()
            .Where(n => IsReady(state.Nodes[n]) && decision.Plan.Before(n).All(b => !decision.Plan.Has(b) || state.Nodes[b].HasSucceeded)).Order()];
        if (ready.IsEmpty)
            return false;
        decision.Add(new BatchStarted(0, running.Batch + 1, ready, decision.Now + state.Options.IdleTimeout, decision.Now));
        return true;
    }

    /// <summary>Whether a person or a time is waited for.</summary>
    public static bool Waits(DecisionBuilder decision) => decision.State.Wait switch
    {
        Wait.Approval => true,
        Wait.Soak soak => decision.Now < soak.Until,
        _ => false,
    };

    private static bool BeginSoak(DecisionBuilder decision, Stage.Running running)
    {
        var state = decision.State;
        if (state.Options.Soak <= TimeSpan.Zero || running.Batch == 0 || state.Soaked == (running.Group, running.Batch) || state.IsRollingBack)
            return false;
        decision.Add(new SoakStarted(decision.Now + state.Options.Soak, decision.Now));
        return true;
    }

    /// <summary>Nodes that may have become ready in this decision: those that wait for one that has just succeeded, or all where that is not known.</summary>
    private static IEnumerable<NodeName> Candidates(DecisionBuilder decision) =>
        decision.Events.Any(e => e is GroupStarted or SupervisorStarted or DeploymentResumed)
            ? decision.Plan.Nodes
            : decision.Events.OfType<NodeSettled>().Where(e => e.Outcome == Outcome.Succeeded).SelectMany(e => decision.Plan.WaitingFor(e.Node));

    private static int? NextGroup(DecisionBuilder decision, int? after)
    {
        var step = decision.State.IsRollingBack ? -1 : 1;
        var first = after + step ?? (step > 0 ? 1 : decision.Plan.GroupCount);
        for (var group = first; group >= 1 && group <= decision.Plan.GroupCount; group += step)
        {
            if (decision.Plan.Group(group).Any(n => IsReady(decision.State.Nodes[n])))
                return group;
        }
        return null;
    }

    /// <summary>The nodes of the next batch: as many as the size allows, and of one value of the label that keeps nodes apart.</summary>
    private static ImmutableArray<NodeName> Next(DecisionBuilder decision, Stage.Running running)
    {
        var options = decision.State.Options;
        var group = decision.Plan.Group(running.Group);
        var size = options.Batch?.SizeOf(running.Batch + 1, group.Length) ?? group.Length;
        var nodes = ImmutableArray.CreateBuilder<NodeName>();
        string? domain = null;
        foreach (var name in decision.Plan.Rest(running.Group, options.Spread, running.Last))
        {
            if (nodes.Count == size)
                break;
            if (!IsReady(decision.State.Nodes[name]))
                continue;
            if (options.Spread is { } label)
            {
                var value = decision.Plan.LabelOf(name, label);
                // A node without the label is a domain of its own: nobody knows what it shares with others.
                if (nodes.Count > 0 && (value is null || value != domain))
                    break;
                domain = value;
            }
            nodes.Add(name);
        }
        return nodes.ToImmutable();
    }

    private static bool IsReady(NodeState node) => node.Step == NodeStep.Idle;
}
