using System.Collections.Immutable;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments;

/// <summary>Says what a command means in a state: which events follow, up to the next point where something outside must happen.</summary>
public static class DeploymentDecider
{
    /// <summary>How many runs of others in the place of ours a node's attempt bears.</summary>
    private const int MostDisplaced = 3;

    /// <summary>How often a runonce that left no trace is asked for again.</summary>
    private const int MostResends = 1;

    /// <summary>Decides; <paramref name="now"/> is the host's clock and goes into the events.</summary>
    public static Decision Decide(DeploymentState state, PlanIndex plan, DeploymentCommand command, DateTimeOffset now)
    {
        var draft = new Draft(state, plan, now);
        var refusal = command switch
        {
            DeploymentCommand.Start c => Start(draft, c),
            DeploymentCommand.TakeOver => TakeOver(draft),
            DeploymentCommand.Report c => Report(draft, c.Facts),
            DeploymentCommand.Pause c => Verbs.Pause(draft, c),
            DeploymentCommand.Resume c => Verbs.Resume(draft, c),
            DeploymentCommand.Approve c => Verbs.Approve(draft, c),
            DeploymentCommand.Cancel c => Verbs.Cancel(draft, c),
            DeploymentCommand.Abandon c => Verbs.Abandon(draft, c),
            DeploymentCommand.Retry c => Verbs.Retry(draft, c),
            DeploymentCommand.Rollback c => Verbs.Rollback(draft, c),
            DeploymentCommand.Release c => Verbs.Release(draft, c),
            DeploymentCommand.Keep c => Verbs.Keep(draft, c),
            DeploymentCommand.Tick => null,
            DeploymentCommand.LoseFleet c => LoseFleet(draft, c),
            _ => throw new ArgumentOutOfRangeException(nameof(command), command.GetType().Name, "no rule for this command"),
        };
        if (refusal is not null)
            return refusal;
        Progress.Advance(draft);
        if (draft.Events.Count > 0 || command is DeploymentCommand.Tick)
            Attentions.Update(draft);
        return draft.Events.Count > 0 ? new Decision.Accept([.. draft.Events], draft.State) : new Decision.Ignore("nothing new");
    }

    private static Decision.Ignore? Start(Draft draft, DeploymentCommand.Start c)
    {
        if (draft.State.Start is not null)
            return new Decision.Ignore("already started");
        draft.Add(new DeploymentStarted(c.PlanId, c.Environment, c.Fleet, c.Options, c.Caller, c.NodeCount, HoldMessage.For(c.Id, c.Caller), draft.Now));
        draft.Add(new SupervisorStarted(1, draft.Now));
        return null;
    }

    private static Decision.Reject? TakeOver(Draft draft)
    {
        if (draft.State.Start is null)
            return new Decision.Reject("the deployment has not started");
        draft.Add(new SupervisorStarted(draft.State.Epoch + 1, draft.Now));
        return null;
    }

    private static Decision? LoseFleet(Draft draft, DeploymentCommand.LoseFleet c)
    {
        var state = draft.State;
        if (state.Stage is Stage.NotStarted)
            return new Decision.Reject("it has not started");
        var over = state.Stage is Stage.Ended;
        if (over && !state.Nodes.Values.Any(n => n.IsTouched))
            return new Decision.Ignore("it had ended and holds no node");
        draft.Add(new FleetLost(c.Message, draft.Now));
        if (!over)
            draft.Add(new DeploymentEnded(DeploymentPhase.Abandoned, c.Message, draft.Now));
        return null;
    }

    private static Decision.Ignore? Report(Draft draft, ImmutableArray<NodeFact> facts)
    {
        NodeFact[] ordered = [.. facts.OrderBy(Rank)];
        for (var (i, end) = (0, 0); i < ordered.Length; i = end)
        {
            for (end = i + 1; end < ordered.Length && ordered[end].GetType() == ordered[i].GetType(); end++)
            {
            }
            Learn(draft, ordered.AsSpan(i..end));
        }
        return draft.Events.Count == 0 ? new Decision.Ignore("nothing new") : null;
    }

    /// <summary>
    /// Facts of different nodes may change places, and those of one node come in this order anyway: so that what happened to many
    /// nodes becomes one event.
    /// </summary>
    private static int Rank(NodeFact fact) => fact switch
    {
        NodeFact.Checked => 0,
        NodeFact.Held => 1,
        NodeFact.Idle => 2,
        NodeFact.PlaceAwaited or NodeFact.PlaceTaken => 3,
        NodeFact.Began => 5,
        NodeFact.Judged or NodeFact.Ended => 6,
        NodeFact.Released => 7,
        _ => 4,
    };

    /// <summary>Facts of one kind in a row: those whose event names many nodes become one.</summary>
    private static void Learn(Draft draft, ReadOnlySpan<NodeFact> alike)
    {
        if (alike[0] is not (NodeFact.Checked or NodeFact.Held or NodeFact.Idle or NodeFact.PlaceAwaited or NodeFact.PlaceTaken or NodeFact.Began or NodeFact.Silent or NodeFact.HeardAgain or NodeFact.Released))
        {
            foreach (var fact in alike)
                Learn(draft, fact);
            return;
        }
        var news = new Dictionary<NodeName, NodeFact>();
        foreach (var fact in alike)
        {
            if (IsNews(draft.State, fact))
                news.TryAdd(fact.Node, fact);
        }
        if (news.Count == 0)
            return;
        ImmutableArray<NodeName> nodes = [.. news.Keys];
        draft.Add(alike[0] switch
        {
            NodeFact.Checked => new NodesChecked([.. news.Values.Cast<NodeFact.Checked>().Select(f => new CheckedNode(f.Node, f.DaemonPresent, f.Applying))], draft.Now),
            NodeFact.Held => new NodesHeld(nodes, draft.Now),
            NodeFact.Idle => new NodesIdle(nodes, draft.Now),
            NodeFact.PlaceAwaited => new PlacesAwaited(nodes, draft.Now),
            NodeFact.PlaceTaken => new PlacesTaken(nodes, draft.Now),
            NodeFact.Began => new RunsBegan(nodes, draft.Now),
            NodeFact.Silent => new NodesSilent(nodes, draft.Now),
            NodeFact.HeardAgain => new NodesHeardAgain(nodes, draft.Now),
            _ => new NodesReleased(nodes, draft.Now),
        });
    }

    private static bool IsNews(DeploymentState state, NodeFact fact)
    {
        var node = state.Nodes.GetValueOrDefault(fact.Node);
        bool IsPending() => state.Pending.Contains(fact.Node);
        return fact switch
        {
            NodeFact.Checked => state.Stage is Stage.Checking && (node is null || IsPending()),
            NodeFact.Held => state.Stage is not Stage.Ended and not Stage.Releasing && node is { Hold: not Hold.Held } && (node.Step != NodeStep.Settled || IsPending()),
            NodeFact.Idle => state.Stage is Stage.Isolating && IsPending(),
            NodeFact.PlaceAwaited f => node is { Step: NodeStep.Opening, AwaitsPlace: false } && IsNext(node, f.Number) && state.Pause is null,
            NodeFact.PlaceTaken f => node is { AwaitsPlace: true } && IsNext(node, f.Number),
            NodeFact.Began f => IsOpenRequest(node, f.Number) && node!.Step != NodeStep.Began,
            NodeFact.Silent f => IsOpenRequest(node, f.Number) && !state.Silent.ContainsKey(f.Node),
            NodeFact.HeardAgain => state.Silent.ContainsKey(fact.Node),
            _ => state.Stage is Stage.Releasing or Stage.Ended && IsPending(),
        };
    }

    private static void Learn(Draft draft, NodeFact fact)
    {
        var node = draft.State.Nodes.GetValueOrDefault(fact.Node);
        var pending = draft.State.Pending.Contains(fact.Node);
        var stage = draft.State.Stage;
        switch (fact)
        {
            case NodeFact.Ready f when node?.Step == NodeStep.Opening && draft.State.Pause is null && (stage is Stage.Running || draft.State.AsksAgain(node)):
                draft.Add(new RunRequested(f.Node, (node.Request?.Number ?? 0) + 1, f.LastRun, f.NodeTime, f.DaemonPresent,
                    draft.Now + draft.State.Options.StartTimeout, draft.Now + draft.State.Options.RunTimeout, draft.Now,
                    draft.State.IsRollingBack ? draft.State.Rollback!.Environment : null));
                break;
            case NodeFact.OutOfTurn f when pending:
                draft.Add(new NodeOutOfTurn(f.Node, f.Message, draft.Now));
                break;
            case NodeFact.NotReleased f when stage is Stage.Releasing or Stage.Ended && pending:
                draft.Add(new NodeNotReleased(f.Node, f.Message, draft.Now));
                break;
            case NodeFact.NotHeld f when stage is Stage.Holding && pending:
                draft.Add(new NodeNotHeld(f.Node, f.Message, draft.Now));
                break;
            case NodeFact.Accepted f when IsOpenRequest(node, f.Number) && node!.Step == NodeStep.Requested:
                draft.Add(new RunAccepted(f.Node, f.Number, f.InitiatedAt, draft.Now));
                break;
            case NodeFact.NotSent f when IsOpenRequest(node, f.Number):
                draft.Add(new RunNotSent(f.Node, f.Number, f.Message, draft.Now));
                break;
            case NodeFact.Displaced f when IsOpenRequest(node, f.Number):
                Displace(draft, f, node!);
                break;
            case NodeFact.Untraced f when IsOpenRequest(node, f.Number):
                if (node!.Untraced < MostResends && draft.State.AsksAgain(node))
                    draft.Add(new RunUntraced(f.Node, f.Number, draft.Now));
                else
                    Settle(draft, f.Node, Outcome.FailedDidNotStart, "runonce was not answered and no run began", Hold.Held);
                break;
            case NodeFact.Judged f when IsOpenRequest(node, f.Number):
                var verdict = f.Verdict;
                if (verdict.Changes is { } changes && !draft.State.Changes.ContainsKey(changes.Id))
                    draft.Add(new ChangesSeen(changes.Id, changes.Lines, changes.Count, draft.Now));
                draft.Add(new NodeSettled(f.Node, verdict.Outcome, verdict.Message, f.Hold, verdict.Changed, verdict.WouldChange,
                    Listed(verdict.Lacking), Listed(verdict.ErrorLines), Listed(verdict.Warnings), draft.Now, verdict.Changes?.Id));
                break;
            case NodeFact.Ended f when IsOpenAttempt(draft.State, node, f, pending):
                Settle(draft, f.Node, f.Outcome, f.Message, f.Hold ?? node?.Hold ?? Hold.None);
                break;
        }
    }

    private static void Displace(Draft draft, NodeFact.Displaced fact, NodeState node)
    {
        if (node.Displaced + 1 >= MostDisplaced)
            Settle(draft, fact.Node, Outcome.FailedDisplaced, $"{MostDisplaced} runs of others took our place; the last: {fact.Message}", Hold.Held);
        else if (draft.State.AsksAgain(node))
            draft.Add(new RunDisplaced(fact.Node, fact.Number, fact.Message, draft.Now));
        else
            Settle(draft, fact.Node, Outcome.FailedDisplaced, $"another's run took our place, and the deployment was cancelled before it could be asked for again: {fact.Message}", Hold.Held);
    }

    private static void Settle(Draft draft, NodeName node, Outcome outcome, string message, Hold hold) =>
        draft.Add(new NodeSettled(node, outcome, message, hold, null, null, null, null, null, draft.Now));

    private static bool IsNext(NodeState node, int number) => number == (node.Request?.Number ?? 0) + 1;

    private static bool IsOpenRequest(NodeState? node, int number) => node is { IsRunning: true } && node.Request!.Number == number;

    private static bool IsOpenAttempt(DeploymentState state, NodeState? node, NodeFact.Ended fact, bool pending) => state.Stage switch
    {
        Stage.Checking => node is null || pending,
        Stage.Isolating => pending && node!.Step is NodeStep.Checked or NodeStep.Held,
        Stage.Running or Stage.Stopping => pending && (node!.IsRunning ? node.Request!.Number == fact.Number : node.Step == NodeStep.Opening && IsNext(node, fact.Number)),
        _ => false,
    };

    private static ImmutableArray<T>? Listed<T>(ImmutableArray<T> list) => list.IsDefaultOrEmpty ? null : list;
}
