using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Deployments.Work;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Nodes.Running;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments.Deciding;

/// <summary>What nodes told means for their deployment. A fact that no longer fits the node's state is passed over.</summary>
internal static class FactRules
{
    /// <summary>How many runs of others in the place of ours a node's attempt bears.</summary>
    private const int MostDisplaced = 3;

    /// <summary>How many requests of a node's attempt may never leave this host.</summary>
    private const int MostNotSent = 3;

    /// <summary>How many contradictions are recorded for each attempt of a node: somebody who forges answers must not fill the journal.</summary>
    private const int MostContradictions = 5;

    /// <summary>How often a runonce that left no trace is asked for again.</summary>
    private const int MostResends = 1;

    /// <summary>Takes in one report; a refusal where nothing in it is news.</summary>
    public static Decision.Ignore? Learn(DecisionBuilder decision, ImmutableArray<NodeFact> facts)
    {
        NodeFact[] ordered = [.. facts.OrderBy(Rank)];
        for (var (i, end) = (0, 0); i < ordered.Length; i = end)
        {
            for (end = i + 1; end < ordered.Length && ordered[end].GetType() == ordered[i].GetType(); end++)
            {
            }
            Learn(decision, ordered.AsSpan(i..end));
        }
        return decision.Events.Count == 0 ? new Decision.Ignore("nothing new") : null;
    }

    /// <summary>
    /// Facts of different nodes may change places, and those of one node come in this order anyway: so that what happened to many
    /// nodes is learnt at once, and where it can be becomes one event.
    /// </summary>
    private static int Rank(NodeFact fact) => fact switch
    {
        NodeFact.Checked => 0,
        NodeFact.Held => 1,
        NodeFact.OutOfTurn or NodeFact.RanUnasked or NodeFact.Contradicted => 2,
        NodeFact.Idle => 3,
        NodeFact.PermitAwaited or NodeFact.PermitAcquired => 4,
        NodeFact.Ready => 5,
        NodeFact.Accepted => 6,
        NodeFact.Began => 8,
        NodeFact.Displaced => 9,
        NodeFact.Untraced => 10,
        NodeFact.Judged or NodeFact.Ended => 11,
        NodeFact.Released => 12,
        _ => 7,
    };

    /// <summary>
    /// Facts of one kind in a row. What is news is judged by the state before them all: one node's facts of a kind say the same, and what
    /// follows from one node's changes nothing for another's.
    /// </summary>
    private static void Learn(DecisionBuilder decision, ReadOnlySpan<NodeFact> alike)
    {
        var news = new Dictionary<NodeName, NodeFact>(alike.Length);
        foreach (var fact in alike)
        {
            if (IsNews(decision.State, fact))
                news.TryAdd(fact.Node, fact);
        }
        if (news.Count == 0)
            return;
        ImmutableArray<NodeName> nodes = [.. news.Keys];
        TEvent[] Each<TFact, TEvent>(Func<TFact, TEvent> tell) where TFact : NodeFact => [.. news.Values.Cast<TFact>().Select(tell)];
        switch (alike[0])
        {
            case NodeFact.Checked:
                decision.Add(new NodesChecked(
                    [.. Each<NodeFact.Checked, CheckedNode>(f => new CheckedNode(f.Node, f.DaemonPresent, f.Applying, f.Noop, f.Environment, f.LastRun))],
                    decision.Now));
                break;
            case NodeFact.Held:
                decision.Add(new NodesHeld(nodes, decision.Now));
                break;
            case NodeFact.Idle:
                var lastRuns = Each<NodeFact.Idle, double?>(f => f.LastRun).OfType<double>().ToImmutableArray();
                decision.Add(new NodesIdle(nodes, decision.Now, lastRuns.Length == nodes.Length ? lastRuns : null));
                break;
            case NodeFact.PermitAwaited:
                decision.Add(new PlacesAwaited(nodes, decision.Now));
                break;
            case NodeFact.PermitAcquired:
                decision.Add(new PlacesTaken(nodes, decision.Now));
                break;
            case NodeFact.Ready:
                var (ready, given) = (Each<NodeFact.Ready, NodeFact.Ready>(f => f), decision.State);
                decision.Add([.. ready.Where(f => !IsGivenUp(given, f.Node)).Select(f => Request(decision, f))]);
                decision.Add([.. ready.Where(f => IsGivenUp(given, f.Node)).Select(f => GiveUp(decision, given.Nodes[f.Node], f.Node))]);
                break;
            case NodeFact.NotSent:
                decision.Add(Each<NodeFact.NotSent, RunNotSent>(f => new RunNotSent(f.Node, f.Number, f.Message, decision.Now)));
                break;
            case NodeFact.Accepted:
                decision.Add(Each<NodeFact.Accepted, RunAccepted>(f => new RunAccepted(f.Node, f.Number, f.InitiatedAt, decision.Now)));
                break;
            case NodeFact.Began:
                decision.Add(new RunsBegan(nodes, decision.Now));
                break;
            case NodeFact.Silent:
                decision.Add(new NodesSilent(nodes, decision.Now));
                break;
            case NodeFact.HeardAgain:
                decision.Add(new NodesHeardAgain(nodes, decision.Now));
                break;
            case NodeFact.Displaced:
                decision.Add(Each<NodeFact.Displaced, IDeploymentEvent>(f => Displace(decision, f)));
                break;
            case NodeFact.Untraced:
                decision.Add(Each<NodeFact.Untraced, IDeploymentEvent>(f => Untrace(decision, f)));
                break;
            case NodeFact.Judged:
                var changes = Each<NodeFact.Judged, RunChanges?>(f => f.Verdict.Changes).OfType<RunChanges>().DistinctBy(c => c.Id);
                decision.Add(
                    [.. changes.Where(c => !decision.State.Changes.ContainsKey(c.Id)).Select(c => new ChangesSeen(c.Id, c.Lines, c.Count, decision.Now))]);
                decision.Add(Each<NodeFact.Judged, NodeSettled>(f => Settled(decision, f)));
                break;
            case NodeFact.Ended:
                decision.Add(Each<NodeFact.Ended, NodeSettled>(f => Settled(
                    decision, f.Node, f.Outcome, f.Message, f.Hold ?? decision.State.Nodes.GetValueOrDefault(f.Node)?.Hold ?? Hold.None, f.Cause,
                    f.PersonsWords)));
                break;
            case NodeFact.OutOfTurn:
                decision.Add(Each<NodeFact.OutOfTurn, NodeOutOfTurn>(f => new NodeOutOfTurn(f.Node, f.Message, decision.Now)));
                break;
            case NodeFact.RanUnasked:
                decision.Add(Each<NodeFact.RanUnasked, NodeOutOfTurn>(f => new NodeOutOfTurn(f.Node, f.Message, decision.Now, f.LastRun)));
                break;
            case NodeFact.Contradicted:
                decision.Add(Each<NodeFact.Contradicted, AnswersContradicted>(f =>
                    new AnswersContradicted(f.Node, f.Action, f.First, f.Second, decision.Now)));
                break;
            case NodeFact.Seen:
                decision.Add(new NodesSeen([.. Each<NodeFact.Seen, SeenNode>(f => Looks.Seen(decision.State, f))], decision.Now));
                break;
            case NodeFact.NotHeld:
                decision.Add(Each<NodeFact.NotHeld, NodeNotHeld>(f => new NodeNotHeld(f.Node, f.Message, decision.Now)));
                break;
            case NodeFact.Released:
                decision.Add(new NodesReleased(nodes, decision.Now));
                break;
            case NodeFact.NotReleased:
                decision.Add(Each<NodeFact.NotReleased, NodeNotReleased>(f => new NodeNotReleased(f.Node, f.Message, decision.Now)));
                break;
            default:
                throw new InvalidOperationException($"no rule for {alike[0].GetType().Name}");
        }
    }

    private static bool IsNews(DeploymentState state, NodeFact fact)
    {
        var node = state.Nodes.GetValueOrDefault(fact.Node);
        var isPending = node is { IsPending: true };
        // Where the fleet was lost, nodes stand where they were; after the end only holds may change.
        if (state.Stage is Stage.Ended && fact is not (NodeFact.Released or NodeFact.NotReleased or NodeFact.Seen))
            return false;
        return fact switch
        {
            NodeFact.Checked => state.Stage is Stage.Checking && node is null or { IsPending: true },
            NodeFact.Held =>
                state.Stage is not Stage.Ended and not Stage.Releasing && node is { Hold: not Hold.Held } && (node.Step != NodeStep.Settled || isPending),
            NodeFact.Idle => state.Stage is Stage.Isolating && isPending,
            NodeFact.PermitAwaited f => node is { Step: NodeStep.Preparing, AwaitsPermit: false } && IsNext(node, f.Number) && state.Pause is null,
            NodeFact.PermitAcquired f => node is { AwaitsPermit: true } && IsNext(node, f.Number),
            NodeFact.Ready => node is { Step: NodeStep.Preparing } && state.Pause is null && (state.Stage is Stage.Running || state.AsksAgain(node)),
            NodeFact.NotSent f => IsOpenRequest(node, f.Number),
            NodeFact.Accepted f => IsOpenRequest(node, f.Number) && node!.Step == NodeStep.Requested,
            NodeFact.Began f => IsOpenRequest(node, f.Number) && node!.Step != NodeStep.Began,
            NodeFact.Silent f => IsOpenRequest(node, f.Number) && !state.Silent.ContainsKey(f.Node),
            NodeFact.HeardAgain => state.Silent.ContainsKey(fact.Node),
            NodeFact.Displaced f => IsOpenRequest(node, f.Number),
            NodeFact.Untraced f => IsOpenRequest(node, f.Number),
            NodeFact.Judged f => IsOpenRequest(node, f.Number),
            NodeFact.Ended f => IsOpenAttempt(state, node, f),
            NodeFact.OutOfTurn => isPending,
            NodeFact.RanUnasked => node is { Step: NodeStep.Preparing, RanUnasked: null },
            NodeFact.Contradicted => state.ContradictionsOf(fact.Node).Length < MostContradictions && (node is not null || state.Stage is Stage.Checking),
            NodeFact.Seen => node is { IsLookedAt: true },
            NodeFact.NotHeld => state.Stage is Stage.Holding && isPending,
            NodeFact.Released or NodeFact.NotReleased => state.Stage is Stage.Releasing or Stage.Ended && isPending,
            _ => throw new ArgumentOutOfRangeException(nameof(fact), fact.GetType().Name, "no rule for this fact"),
        };
    }

    private static RunRequested Request(DecisionBuilder decision, NodeFact.Ready fact) => new(
        fact.Node, (decision.State.Nodes[fact.Node].Request?.Number ?? 0) + 1, fact.LastRun, fact.NodeTime, fact.DaemonPresent,
        decision.Now + decision.State.Options.StartTimeout, decision.Now + decision.State.Options.RunTimeout, decision.Now,
        decision.State.IsRollingBack ? decision.State.Rollback!.Environment : null);

    private static bool IsGivenUp(DeploymentState state, NodeName node) => state.Nodes[node].NotSent >= MostNotSent;

    /// <summary>The node could be read just now, and carries our message.</summary>
    private static NodeSettled GiveUp(DecisionBuilder decision, NodeState node, NodeName name) =>
        Settled(
            decision, name, Outcome.Unreachable,
            $"the request for its run could not be sent {MostNotSent} times; the last time: {node.NotSentBecause}", Hold.Held);

    private static IDeploymentEvent Displace(DecisionBuilder decision, NodeFact.Displaced fact)
    {
        var node = decision.State.Nodes[fact.Node];
        if (node.Displaced + 1 >= MostDisplaced)
        {
            return Settled(
                decision, fact.Node, Outcome.FailedDisplaced, $"{MostDisplaced} other Puppet runs took its place; the last: {fact.Message}", fact.Hold,
                personsWords: fact.PersonsWords);
        }
        return decision.State.AsksAgain(node)
            ? new RunDisplaced(fact.Node, fact.Number, fact.Message, decision.Now, fact.Deviation)
            : Settled(decision, fact.Node, Outcome.FailedDisplaced,
                $"another Puppet run took its place, and the deployment was cancelled before it could run again: {fact.Message}", fact.Hold,
                personsWords: fact.PersonsWords);
    }

    private static IDeploymentEvent Untrace(DecisionBuilder decision, NodeFact.Untraced fact) =>
        decision.State.Nodes[fact.Node] is { Untraced: < MostResends } node && decision.State.AsksAgain(node)
            ? new RunUntraced(fact.Node, fact.Number, decision.Now)
            : Settled(decision, fact.Node, Outcome.FailedDidNotStart, "the node did not answer runonce and no run started", fact.Hold);

    private static NodeSettled Settled(DecisionBuilder decision, NodeFact.Judged fact)
    {
        var verdict = fact.Verdict;
        return new NodeSettled(fact.Node, verdict.Outcome, verdict.Message, fact.Hold, verdict.Changed, verdict.WouldChange,
            Listed(verdict.Lacking), Listed(verdict.ErrorLines), Warnings(decision, fact.Node, verdict.Warnings), decision.Now,
            verdict.Changes?.Id, verdict.Cause, verdict.RanIn, fact.Habit, fact.Took - RunPolling.Rounding, fact.PersonsWords);
    }

    private static NodeSettled Settled(DecisionBuilder decision, NodeName node, Outcome outcome, string message, Hold hold, Cause? cause = null,
        string? personsWords = null) =>
        new(
            node, outcome, message, hold, null, null, null, null,
            Warnings(decision, node, PassedWhileDown(decision.State, node, outcome, cause) is { } warning ? [warning] : []), decision.Now,
            Cause: cause, PersonsWords: personsWords);

    /// <summary>Null where no deadline ended it, or it passed while a host was running.</summary>
    private static string? PassedWhileDown(DeploymentState state, NodeName name, Outcome outcome, Cause? cause)
    {
        var node = state.Nodes.GetValueOrDefault(name);
        DateTimeOffset? deadline = (outcome, node) switch
        {
            (Outcome.FailedDidNotStart, { IsRunning: true }) => Assignments.RequestOf(state, node).StartDeadlineAt,
            (Outcome.FailedDidNotFinish or Outcome.Unreachable, { IsRunning: true }) => Assignments.RequestOf(state, node).RunDeadlineAt,
            (_, { IsRunning: false }) when cause == Cause.NotIdle => state.Stage is Stage.Isolating isolating ? isolating.IdleDeadlineAt : node.IdleDeadlineAt,
            _ => null,
        };
        return Downtime.Passed(state, deadline);
    }

    private static ImmutableArray<string>? Warnings(DecisionBuilder decision, NodeName node, ImmutableArray<string> warnings)
    {
        var (state, known) = (decision.State, decision.State.Nodes.GetValueOrDefault(node));
        IEnumerable<string> more = [.. known?.RanUnasked is { } unasked ? (string[])[unasked] : [], .. state.ContradictionsOf(node)];
        if (known is { IsRunning: true, Request.At: var since })
        {
            more = more.Concat(state.ClockSteps.Where(s => s.At >= since).Select(s =>
                $"{Phrases.ClockSet(s.By)} while the run was in progress; its deadlines were not affected"));
        }
        return Listed([.. warnings.IsDefault ? [] : warnings, .. more]);
    }

    private static bool IsNext(NodeState node, int number) => number == (node.Request?.Number ?? 0) + 1;

    private static bool IsOpenRequest(NodeState? node, int number) => node is { IsRunning: true } && node.Request!.Number == number;

    private static bool IsOpenAttempt(DeploymentState state, NodeState? node, NodeFact.Ended fact) => state.Stage switch
    {
        Stage.Checking => node is null or { IsPending: true },
        Stage.Isolating => node is { IsPending: true, Step: NodeStep.Checked or NodeStep.Held },
        Stage.Running or Stage.Stopping => node is { IsPending: true }
            && (node.IsRunning ? node.Request!.Number == fact.Number : node.Step == NodeStep.Preparing && IsNext(node, fact.Number)),
        _ => false,
    };

    private static ImmutableArray<T>? Listed<T>(ImmutableArray<T> list) => list.IsDefaultOrEmpty ? null : list;
}
