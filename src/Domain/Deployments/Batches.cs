using System.Collections.Immutable;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments;

/// <summary>Which group and which nodes begin next, and what must be waited for before.</summary>
internal static class Batches
{
    /// <summary>Opens the first gate, in a rollback that of the last group; false where no nodes are left to run.</summary>
    public static bool OpenFirstGroup(Draft draft)
    {
        var isEager = draft.State.Options.Strategy == Strategy.Eager && !draft.State.IsRollingBack;
        if (NextGroup(draft, null) is not { } first)
            return false;
        draft.Add(new GroupStarted(isEager ? 0 : first, (isEager ? draft.Plan.Nodes : draft.Plan.Group(first)).Count(n => IsReady(draft.State.Nodes[n])), draft.Now));
        return true;
    }

    /// <summary>Opens the next gate, or begins to wait for what must come before; false where no nodes are left to run.</summary>
    public static bool OpenNextGroup(Draft draft, Stage.Running running)
    {
        var state = draft.State;
        if (running.Group == 0 || NextGroup(draft, running.Group) is not { } group)
            return false;
        if (BeginSoak(draft, running))
            return true;
        draft.Add(state.Options.ApproveGroups && state.Approved != group && !state.IsRollingBack
            ? new ApprovalAwaited(group, state.Options.ApprovalTimeout is { } limit ? draft.Now + limit : null, draft.Now)
            : new GroupStarted(group, draft.Plan.Group(group).Count(n => IsReady(state.Nodes[n])), draft.Now));
        return true;
    }

    /// <summary>Opens the next batch of the open group, or begins to wait after the one before; false where there is none or one is open.</summary>
    public static bool OpenNext(Draft draft, Stage.Running running)
    {
        if (draft.State.Counts.Pending > 0 || Next(draft, running) is not { IsEmpty: false } next)
            return false;
        if (!BeginSoak(draft, running))
            draft.Add(new BatchStarted(running.Group, running.Batch + 1, next, draft.Now + draft.State.Options.IdleTimeout, draft.Now));
        return true;
    }

    /// <summary>Opens every node of which all that it depends on has succeeded, where nodes begin each by itself; false where there is none.</summary>
    public static bool OpenReady(Draft draft, Stage.Running running)
    {
        var state = draft.State;
        ImmutableArray<NodeName> ready = [.. Candidates(draft).Distinct().Where(n => IsReady(state.Nodes[n]) && draft.Plan.Before(n).All(b => !draft.Plan.Has(b) || state.Nodes[b].HasSucceeded)).Order()];
        if (ready.IsEmpty)
            return false;
        draft.Add(new BatchStarted(0, running.Batch + 1, ready, draft.Now + state.Options.IdleTimeout, draft.Now));
        return true;
    }

    /// <summary>Whether a person or a time is waited for.</summary>
    public static bool Waits(Draft draft) => draft.State.Wait switch
    {
        Wait.Approval => true,
        Wait.Soak soak => draft.Now < soak.Until,
        _ => false,
    };

    private static bool BeginSoak(Draft draft, Stage.Running running)
    {
        var state = draft.State;
        if (state.Options.Soak <= TimeSpan.Zero || running.Batch == 0 || state.Soaked == (running.Group, running.Batch) || state.IsRollingBack)
            return false;
        draft.Add(new SoakStarted(draft.Now + state.Options.Soak, draft.Now));
        return true;
    }

    /// <summary>Nodes that may have become ready in this decision: those that wait for one that has just succeeded, or all where that is not known.</summary>
    private static IEnumerable<NodeName> Candidates(Draft draft) =>
        draft.Events.Any(e => e is GroupStarted or SupervisorStarted or DeploymentResumed)
            ? draft.Plan.Nodes
            : draft.Events.OfType<NodeSettled>().Where(e => e.Outcome == Outcome.Succeeded).SelectMany(e => draft.Plan.WaitingFor(e.Node));

    private static int? NextGroup(Draft draft, int? after)
    {
        var step = draft.State.IsRollingBack ? -1 : 1;
        var first = after + step ?? (step > 0 ? 1 : draft.Plan.GroupCount);
        for (var group = first; group >= 1 && group <= draft.Plan.GroupCount; group += step)
        {
            if (draft.Plan.Group(group).Any(n => IsReady(draft.State.Nodes[n])))
                return group;
        }
        return null;
    }

    /// <summary>The nodes of the next batch: as many as the size allows, and of one value of the label that keeps nodes apart.</summary>
    private static ImmutableArray<NodeName> Next(Draft draft, Stage.Running running)
    {
        var options = draft.State.Options;
        var group = draft.Plan.Group(running.Group);
        var size = options.Batch?.SizeOf(running.Batch + 1, group.Length) ?? group.Length;
        var nodes = ImmutableArray.CreateBuilder<NodeName>();
        string? domain = null;
        foreach (var name in draft.Plan.Rest(running.Group, options.Spread, running.Last))
        {
            if (nodes.Count == size)
                break;
            if (!IsReady(draft.State.Nodes[name]))
                continue;
            if (options.Spread is { } label)
            {
                var value = draft.Plan.LabelOf(name, label);
                if (value != (domain ??= value))
                    break;
            }
            nodes.Add(name);
        }
        return nodes.ToImmutable();
    }

    private static bool IsReady(NodeState node) => node.Step == NodeStep.Idle;
}
