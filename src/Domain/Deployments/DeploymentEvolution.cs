using System.Collections.Immutable;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments;

/// <summary>Says what an event did. An event that cannot follow the state throws: the history is damaged, or there is a bug.</summary>
public static class DeploymentEvolution
{
    /// <summary>The state after the event.</summary>
    public static DeploymentState Evolve(DeploymentState state, IDeploymentEvent @event) => (state.Stage, @event) switch
    {
        (Stage.NotStarted, DeploymentStarted e) => state with { Start = e, Stage = new Stage.Checking() },
        (Stage.NotStarted, _) => throw Impossible(state, @event),
        (_, SupervisorStarted e) when e.Epoch > state.Epoch => state with { Epoch = e.Epoch },

        (Stage.Checking, NodesChecked e) => Checked(state, e),
        (Stage.Checking, IsolationStarted e) => Isolate(state, e),
        (Stage.Isolating, GroupStarted e) => state with { Stage = new Stage.Running(e.Group, 0, null) },
        (Stage.Running r, GroupStarted e) when e.Group > r.Group => state with { Stage = new Stage.Running(e.Group, 0, null) },
        (Stage.Running r, BatchStarted e) when e.Group == r.Group && state.Pending.IsEmpty => Open(state, e),
        (Stage.Running, GroupFinished) => state,

        (not Stage.Ended, NodesHeld e) => Each(state, e.Nodes, (s, n) => Held(s, n)),
        (Stage.Isolating, NodesIdle e) => Each(state, e.Nodes, (s, n) => Change(s, n, x => x with { Step = NodeStep.Idle }) with { Pending = s.Pending.Remove(n) }),
        (Stage.Running or Stage.Stopping, RunRequested e) => Request(state, e),
        (Stage.Running or Stage.Stopping, RunAccepted e) => Change(state, e.Node, x => x with { Step = NodeStep.Accepted, InitiatedAt = e.InitiatedAt }),
        (Stage.Running or Stage.Stopping, RunsBegan e) => Each(state, e.Nodes, (s, n) => Change(s, n, x => x with { Step = NodeStep.Began })),
        (Stage.Running or Stage.Stopping, RunDisplaced e) => Reopen(state, e.Node, e.At, x => x with { Displaced = x.Displaced + 1 }),
        (Stage.Running or Stage.Stopping, RunUntraced e) => NotBegun(Reopen(state, e.Node, e.At, x => x with { Untraced = x.Untraced + 1 })),
        (Stage.Running or Stage.Stopping, RunNotSent e) => NotBegun(Reopen(state, e.Node, e.At, x => x)),
        (not Stage.Ended, NodeOutOfTurn) => state,
        (Stage.Checking or Stage.Isolating or Stage.Running or Stage.Stopping, NodeSettled e) => Settle(state, e),
        (Stage.Checking or Stage.Isolating or Stage.Running or Stage.Stopping, NodesSkipped e) => Each(state, e.Nodes, (s, n) => Skip(s, n, e)),

        (Stage.Checking or Stage.Isolating or Stage.Running or Stage.Stopping, CancelRequested e) => state with { Cancel = e },
        (Stage.Checking or Stage.Isolating, DeploymentStopping e) => state with { Stage = new Stage.Stopping(e.Intended, e.Because, WasRunning: false) },
        (Stage.Running, DeploymentStopping e) => state with { Stage = new Stage.Stopping(e.Intended, e.Because, WasRunning: true) },
        (Stage.Stopping s, HoldingStarted e) => state with
        {
            Stage = new Stage.Holding(s.Intended, s.Because),
            Pending = [.. e.Nodes],
        },
        (Stage.Holding, NodeNotHeld e) => Change(state, e.Node, x => x with { Hold = Hold.NotHeld }) with { Pending = state.Pending.Remove(e.Node) },
        (Stage.Running, ReleaseStarted) => Release(state with { Stage = new Stage.Releasing(DeploymentPhase.Succeeded, "") }, only: null),
        (Stage.Stopping s, ReleaseStarted) => Release(state with { Stage = new Stage.Releasing(EndOfRelease(state, s), s.Because) }, only: null),
        (Stage.Ended, ReleaseStarted e) => Release(state, e.Only),
        (Stage.Releasing or Stage.Ended, NodesReleased e) => Each(state, e.Nodes, (s, n) => Change(s, n, x => x with { Hold = Hold.None }) with { Pending = s.Pending.Remove(n) }),
        (Stage.Releasing or Stage.Ended, NodeNotReleased e) => Change(state, e.Node, x => x with { Hold = Hold.NotReleased }) with { Pending = state.Pending.Remove(e.Node) },

        (_, FleetLost) => state with { Nodes = state.Nodes.SetItems(Free(state)), Pending = [] },
        (not Stage.Ended, DeploymentEnded e) => state with { Stage = new Stage.Ended(e.End, e.Message, e.At), Pending = [] },
        _ => throw Impossible(state, @event),
    };

    /// <summary>The state after a whole history.</summary>
    public static DeploymentState Replay(IEnumerable<IDeploymentEvent> history) => history.Aggregate(DeploymentState.Initial, Evolve);

    private static DeploymentState Checked(DeploymentState state, NodesChecked e)
    {
        var nodes = state.Nodes.ToBuilder();
        foreach (var node in e.Nodes)
            nodes.Add(node.Node, new NodeState { Step = NodeStep.Checked });
        return state with { Nodes = nodes.ToImmutable(), Heard = state.Heard + e.Nodes.Length };
    }

    private static DeploymentState Isolate(DeploymentState state, IsolationStarted e)
    {
        var nodes = state.Nodes.ToBuilder();
        var pending = ImmutableHashSet.CreateBuilder<NodeName>();
        foreach (var (name, node) in state.Nodes)
        {
            if (node.Step != NodeStep.Checked)
                continue;
            nodes[name] = node with { Hold = Hold.Asked };
            pending.Add(name);
        }
        return state with { Stage = new Stage.Isolating(e.IdleDeadlineAt), Nodes = nodes.ToImmutable(), Pending = pending.ToImmutable() };
    }

    private static DeploymentState Open(DeploymentState state, BatchStarted e)
    {
        var nodes = state.Nodes.ToBuilder();
        foreach (var name in e.Nodes)
            nodes[name] = nodes[name] with { Step = NodeStep.Opening, IdleDeadlineAt = e.IdleDeadlineAt };
        return state with { Stage = new Stage.Running(e.Group, e.Batch, e.Nodes[^1]), Nodes = nodes.ToImmutable(), Pending = [.. e.Nodes] };
    }

    private static DeploymentState Held(DeploymentState state, NodeName name)
    {
        var changed = Change(state, name, x => x with { Hold = Hold.Held, Step = x.Step == NodeStep.Checked ? NodeStep.Held : x.Step });
        return state.Stage is Stage.Holding ? changed with { Pending = changed.Pending.Remove(name) } : changed;
    }

    private static DeploymentState Request(DeploymentState state, RunRequested e) =>
        Change(state, e.Node, x => x.Step == NodeStep.Opening && e.Number == (x.Request?.Number ?? 0) + 1
            ? x with { Step = NodeStep.Requested, Request = e, InitiatedAt = null, Hold = Hold.Open }
            : throw Impossible(state, e)) with
        { RunsThatMayHaveBegun = state.RunsThatMayHaveBegun + 1 };

    private static DeploymentState Reopen(DeploymentState state, NodeName name, DateTimeOffset at, Func<NodeState, NodeState> count) =>
        Change(state, name, x => count(x) with { Step = NodeStep.Opening, IdleDeadlineAt = at + state.Options.IdleTimeout });

    private static DeploymentState NotBegun(DeploymentState state) => state with { RunsThatMayHaveBegun = state.RunsThatMayHaveBegun - 1 };

    private static DeploymentState Settle(DeploymentState state, NodeSettled e)
    {
        var before = state.Nodes.GetValueOrDefault(e.Node);
        if (before?.Step == NodeStep.Settled)
            throw Impossible(state, e);
        var refusedBeforeARun = before?.Step == NodeStep.Requested && e.Outcome is Outcome.Refused or Outcome.RefusedDisabled;
        return state with
        {
            Nodes = state.Nodes.SetItem(e.Node, (before ?? new NodeState { Step = NodeStep.Settled }) with { Step = NodeStep.Settled, Result = e, Hold = e.Hold }),
            Pending = state.Pending.Remove(e.Node),
            Heard = state.Heard + (state.Stage is Stage.Checking ? 1 : 0),
            Failures = state.Failures + (e.Outcome is Outcome.Succeeded or Outcome.Skipped ? 0 : 1),
            RunsThatMayHaveBegun = state.RunsThatMayHaveBegun - (refusedBeforeARun ? 1 : 0),
        };
    }

    private static DeploymentState Skip(DeploymentState state, NodeName name, NodesSkipped e)
    {
        var before = state.Nodes.GetValueOrDefault(name) ?? new NodeState { Step = NodeStep.Settled };
        var result = new NodeSettled(name, Outcome.Skipped, e.Because, before.Hold, null, null, null, null, null, e.At);
        return state with
        {
            Nodes = state.Nodes.SetItem(name, before with { Step = NodeStep.Settled, Result = result }),
            Pending = state.Pending.Remove(name),
        };
    }

    private static DeploymentState Release(DeploymentState state, NodeName? only) => state with
    {
        Pending = [.. state.Nodes.Where(n => n.Value.IsTouched && (only is null || only == n.Key)).Select(n => n.Key)],
    };

    private static DeploymentPhase EndOfRelease(DeploymentState state, Stage.Stopping stopping) =>
        stopping.Intended == DeploymentPhase.Failed && state.RunsThatMayHaveBegun == 0 ? DeploymentPhase.Refused : stopping.Intended;

    private static IEnumerable<KeyValuePair<NodeName, NodeState>> Free(DeploymentState state) =>
        state.Nodes.Where(n => n.Value.IsTouched).Select(n => KeyValuePair.Create(n.Key, n.Value with { Hold = Hold.None }));

    private static DeploymentState Change(DeploymentState state, NodeName name, Func<NodeState, NodeState> change) =>
        state with { Nodes = state.Nodes.SetItem(name, change(state.Nodes[name])) };

    private static DeploymentState Each(DeploymentState state, ImmutableArray<NodeName> nodes, Func<DeploymentState, NodeName, DeploymentState> change)
    {
        foreach (var node in nodes)
            state = change(state, node);
        return state;
    }

    private static InvalidOperationException Impossible(DeploymentState state, IDeploymentEvent e) =>
        new($"{e.GetType().Name} cannot follow {state.Stage.GetType().Name} in this deployment's history");
}
