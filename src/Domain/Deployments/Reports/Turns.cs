using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments.Reports;

/// <summary>One node's turn: from the opening of its batch to when it was settled or given up.</summary>
internal sealed class Turn
{
    public required NodeName Node { get; init; }

    public required int Attempt { get; init; }

    /// <summary>Which batch of the whole history it is of.</summary>
    public required int Batch { get; init; }

    public required bool IsOfRollback { get; init; }

    /// <summary>When its batch was opened.</summary>
    public required Instant Opened { get; init; }

    /// <summary>When its first run was asked for; null where none was.</summary>
    public Instant? Requested { get; set; }

    /// <summary>When it was settled or given up.</summary>
    public Instant Ended { get; set; }

    /// <summary>How many turns ended before this one.</summary>
    public int Place { get; set; }

    /// <summary>Where its run would have begun: at the request, or never.</summary>
    public Instant RunFrom => Requested ?? Ended;
}

/// <summary>A moment: by the clock, and as the time that had gone by with groups until then.</summary>
internal readonly record struct Instant(DateTimeOffset At, TimeSpan Groups);

/// <summary>Notes the nodes' turns and finds those that made the time of the groups.</summary>
internal sealed class Turns
{
    private readonly Dictionary<NodeName, Turn> _open = [];
    private readonly List<Turn> _all = [];
    private int _batches;
    private int _ended;

    /// <summary>All turns in the order in which they came.</summary>
    public IReadOnlyList<Turn> All => _all;

    /// <summary>Notes an event; the state is the one after it.</summary>
    public void Note(IDeploymentEvent happened, DeploymentState state, Instant now)
    {
        switch (happened)
        {
            case BatchStarted e:
                _batches++;
                foreach (var node in e.Nodes)
                    _all.Add(_open[node] = new Turn { Node = node, Attempt = state.Attempt, Batch = _batches, IsOfRollback = state.IsRollingBack, Opened = now });
                break;
            case RunRequested e when _open.TryGetValue(e.Node, out var turn):
                turn.Requested ??= now;
                break;
            case NodeSettled e:
                End(e.Node, now);
                break;
            case NodesSkipped e:
                foreach (var node in e.Nodes)
                    End(node, now);
                break;
            case DeploymentEnded:
                EndAll(now);
                break;
        }
    }

    /// <summary>Ends the turns that are open.</summary>
    public void EndAll(Instant now)
    {
        foreach (var node in _open.Keys.Order().ToList())
            End(node, now);
    }

    /// <summary>
    /// The turns that made the time of the groups, one after the other: in each batch the node that ended last, since the next one waits for
    /// it; where nodes begin each by itself, the node that ended last, before it the last of those that it waited for, and so on.
    /// </summary>
    public IEnumerable<Turn> Critical(PlanIndex plan, Strategy strategy)
    {
        var turns = _all.Where(t => !t.IsOfRollback);
        return strategy == Strategy.Eager
            ? turns.GroupBy(t => t.Attempt).SelectMany(attempt => Chain([.. attempt], plan))
            : turns.GroupBy(t => t.Batch).Select(batch => batch.MaxBy(t => t.Place)!);
    }

    private static Stack<Turn> Chain(Turn[] attempt, PlanIndex plan)
    {
        var turns = attempt.ToDictionary(t => t.Node);
        var chain = new Stack<Turn>();
        for (var turn = attempt.MaxBy(t => t.Place); turn is not null; turn = plan.Before(turn.Node).Select(n => turns.GetValueOrDefault(n)).MaxBy(t => t?.Place ?? -1))
            chain.Push(turn);
        return chain;
    }

    private void End(NodeName node, Instant now)
    {
        if (!_open.Remove(node, out var turn))
            return;
        turn.Ended = now;
        turn.Place = _ended++;
    }
}
