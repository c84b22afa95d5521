using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Plans;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments.Views;

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
    public Instant? Requested { get; private set; }

    /// <summary>From when on the next request for a run is prepared: the opening, or the end of a request that came to nothing.</summary>
    public required Instant PreparedFrom { get; set; }

    /// <summary>What it settled before its first run was asked for.</summary>
    public Lapse SettledFirst { get; private set; }

    /// <summary>What it settled before it was asked again.</summary>
    public Lapse SettledAgain { get; private set; }

    /// <summary>When it was settled or given up.</summary>
    public Instant Ended { get; set; }

    /// <summary>How many turns ended before this one.</summary>
    public int Place { get; set; }

    /// <summary>Where its run would have begun: at the request, or never.</summary>
    public Instant RunFrom => Requested ?? Ended;

    /// <summary>From the opening of its batch to the request, without what it settled.</summary>
    public Lapse Before => RunFrom - Opened - SettledFirst;

    /// <summary>From the first request to the run's end, as far as that is known, without what it settled.</summary>
    public Lapse Run => (RunEnded ?? Ended) - RunFrom - SettledAgain;

    /// <summary>From the run's end to when it was settled.</summary>
    public Lapse After => Ended - (RunEnded ?? Ended);

    /// <summary>When the node took the latest request; null where that is not known.</summary>
    public Instant? Accepted { get; set; }

    /// <summary>When its run ended, where the node told how long it took; null where not.</summary>
    private Instant? RunEnded =>
        Took is { } took && Accepted is { } accepted && accepted.At + took < Ended.At ? Ended.Before(accepted.At + took, accepted) : null;

    /// <summary>How long its run took from the node's answer on; null where that is not known.</summary>
    public TimeSpan? Took { get; set; }

    /// <param name="held">Since when the node is disabled; null where that is not known.</param>
    /// <param name="settle">How long after that it is not to be enabled.</param>
    public void Ask(Instant now, Instant? held, TimeSpan settle)
    {
        var settled = default(Lapse);
        if (held is { } since)
        {
            var from = since.At > PreparedFrom.At ? since : PreparedFrom;
            var until = since.At + settle;
            // A pause allows no request, so that nothing but groups goes by just before one.
            settled = (until < now.At ? now.Before(until, from) : now) - from;
        }
        if (Requested is null)
            (Requested, SettledFirst) = (now, settled);
        else
            SettledAgain += settled;
    }
}

/// <summary>A moment: by the clock, and as the time that had gone by with groups until then.</summary>
internal readonly record struct Instant(DateTimeOffset At, TimeSpan Groups)
{
    /// <summary>An earlier moment, where nothing but groups went by since; never one at which less had gone by than at the first.</summary>
    public Instant Before(DateTimeOffset at, Instant first) => new(at, Groups - (At - at) is var groups && groups > first.Groups ? groups : first.Groups);

    /// <summary>What went by from the one to the other.</summary>
    public static Lapse operator -(Instant to, Instant from) => new Lapse(to.At - from.At, to.Groups - from.Groups) - default(Lapse);
}

/// <summary>A length of time, never less than nothing: by the clock, and as far as it went by with groups.</summary>
internal readonly record struct Lapse(TimeSpan Time, TimeSpan Groups)
{
    public static Lapse operator +(Lapse one, Lapse other) => new(one.Time + other.Time, one.Groups + other.Groups);

    public static Lapse operator -(Lapse whole, Lapse part) => new(Positive(whole.Time - part.Time), Positive(whole.Groups - part.Groups));

    private static TimeSpan Positive(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.Zero;
}

/// <summary>Notes the nodes' turns and finds those that made the time of the groups.</summary>
internal sealed class Turns
{
    private readonly Dictionary<NodeName, Turn> _open = [];
    private readonly Dictionary<NodeName, Instant> _held = [];
    private readonly List<Turn> _all = [];
    private int _batches;
    private int _ended;

    /// <summary>All turns in the order in which they came.</summary>
    public IReadOnlyList<Turn> All => _all;

    /// <summary>Notes an event; the state is the one after it.</summary>
    public void Record(IDeploymentEvent happened, DeploymentState state, Instant now)
    {
        switch (happened)
        {
            case BatchStarted e:
                _batches++;
                foreach (var node in e.Nodes)
                {
                    _all.Add(_open[node] = new Turn
                    {
                        Node = node,
                        Attempt = state.Attempt,
                        Batch = _batches,
                        IsOfRollback = state.IsRollingBack,
                        Opened = now,
                        PreparedFrom = now
                    });
                }
                break;
            case RunRequested e when _open.TryGetValue(e.Node, out var turn):
                turn.Ask(now, _held.TryGetValue(e.Node, out var held) ? held : null, state.Options.Settle);
                break;
            case NodesHeld e:
                foreach (var node in e.Nodes)
                    _held[node] = now;
                break;
            case RunDisplaced e:
                Reopen(e.Node, now);
                break;
            case RunUntraced e:
                Reopen(e.Node, now);
                break;
            case RunNotSent e:
                Reopen(e.Node, now);
                break;
            case RunAccepted e when _open.TryGetValue(e.Node, out var turn):
                turn.Accepted = now;
                break;
            case NodeSettled e:
                if (_open.TryGetValue(e.Node, out var settled))
                    settled.Took = e.Took;
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
        for (var turn = attempt.MaxBy(t => t.Place); turn is not null;
            turn = plan.Before(turn.Node).Select(n => turns.GetValueOrDefault(n)).MaxBy(t => t?.Place ?? -1))
        {
            chain.Push(turn);
        }
        return chain;
    }

    private void Reopen(NodeName node, Instant now)
    {
        _held[node] = now;
        if (_open.TryGetValue(node, out var turn))
            (turn.PreparedFrom, turn.Accepted) = (now, null);
    }

    private void End(NodeName node, Instant now)
    {
        if (!_open.Remove(node, out var turn))
            return;
        turn.Ended = now;
        turn.Place = _ended++;
    }
}
