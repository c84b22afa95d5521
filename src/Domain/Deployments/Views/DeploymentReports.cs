using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Plans;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Deployments.Views;

/// <summary>Adds a history up to the report of what came of it. Linear in the history and the plan.</summary>
public static class DeploymentReports
{
    /// <summary>How many nodes with the same changes are named.</summary>
    private const int FewNodes = 5;

    /// <summary>The state after the history, and the report.</summary>
    /// <param name="registeredAt">When it was registered: its time counts from there.</param>
    /// <param name="now">Until when the time of a deployment that goes on is told, by the host's clock.</param>
    /// <param name="verbs">What makes sense for it; null for what its own rules say.</param>
    public static (DeploymentState State, DeploymentReport Report) Of(
        PlanIndex plan, DateTimeOffset registeredAt, IEnumerable<IDeploymentEvent> history, DateTimeOffset now,
        Func<DeploymentState, IReadOnlyList<PossibleVerb>>? verbs = null)
    {
        var state = DeploymentState.Initial;
        var clock = new PhaseClock(registeredAt);
        var turns = new Turns();
        var contradictions = new List<Contradiction>();
        foreach (var (index, happened) in history.Index())
        {
            state = DeploymentEvolution.Evolve(state, new RecordedEvent(index + 1, happened));
            clock.GoTo(happened.At);
            turns.Record(happened, state, clock.Now);
            if (happened is AnswersContradicted e)
                contradictions.Add(new Contradiction(e.Node, e.At, e.Action, e.First, e.Second));
            clock.Enter(state);
        }
        var (time, phases) = clock.Total(now - state.ClockStepped);
        turns.EndAll(clock.Now);
        var then = DeploymentView.AfterFixOf(state.Phase, verbs?.Invoke(state) ?? PossibleVerbs.Of(state, plan, now));
        return (state, Of(plan, state, turns, time, phases, then) with { Contradictions = contradictions.Count > 0 ? contradictions : null });
    }

    private static DeploymentReport Of(PlanIndex plan, DeploymentState state, Turns turns, TimeSpan time, ImmutableArray<PhaseTime> phases, AfterFix then)
    {
        var options = state.Start?.Options ?? new DeploymentOptions();
        ImmutableArray<Turn> path = [.. turns.Critical(plan, options.Strategy)];
        var settled = Sum(path, t => t.SettledFirst + t.SettledAgain).Groups;
        var groups = phases.Where(p => p.Phase == ReportPhase.Groups).Select(p => p.Time).SingleOrDefault() - settled;
        NodeSettled? ResultOf(NodeName node) => state.Nodes.GetValueOrDefault(node)?.Result;
        return new DeploymentReport(
            options.Noop,
            Rows(plan, plan.Nodes, ResultOf, TimesOf(turns.All.Where(t => !t.IsOfRollback), plan)),
            state.Rollback is { } rollback ? RollbackOf(rollback, plan, state, turns) : null,
            ChangesOf(plan.Nodes.Select(ResultOf), state),
            time,
            settled <= TimeSpan.Zero
                ? phases
                : [.. phases.SelectMany(p => p.Phase == ReportPhase.Groups ? [new(ReportPhase.Settling, settled), p with { Time = groups }] : new[] { p })],
            [.. path.Select(t => Critical(t, plan))],
            // By the time of the groups: a pause in a run is no part of either.
            groups - Sum(path, t => t.Run).Groups,
            Sum(path, t => t.Before).Groups,
            AdviceOn(state, then),
            Sum(path, t => t.After).Groups,
            new RunEnvironments(options.RunEnvironment, RanIn(plan.Nodes.Select(ResultOf), options.RunEnvironment ?? state.Start?.Environment)),
            options.OverrideNoop,
            CausesIn(state, then) is { Length: > 0 } causes ? causes : null,
            SilentCheck.Is(state),
            state.ClockSteps.IsEmpty ? null : [.. state.ClockSteps.Select(s => new ClockStep(s.At, s.By))]);
    }

    /// <summary>By the time of the groups, so that the parts add up; what else went by meanwhile was a pause.</summary>
    private static CriticalTurn Critical(Turn turn, PlanIndex plan)
    {
        var settled = turn.SettledFirst + turn.SettledAgain;
        var whole = turn.Before + turn.Run + settled;
        return new CriticalTurn(
            turn.Node, plan.GroupOf(turn.Node), turn.Attempt, turn.Before.Groups, turn.Run.Groups, settled.Groups, whole.Time - whole.Groups);
    }

    private static RollbackReport RollbackOf(RollbackStarted rollback, PlanIndex plan, DeploymentState state, Turns turns)
    {
        NodeSettled? ResultOf(NodeName node) => state.Nodes[node].Compensation;
        var times = TimesOf(turns.All.Where(t => t.IsOfRollback && t.Opened.At >= rollback.At), plan);
        return new RollbackReport(rollback.Environment, rollback.Because, [.. Rows(plan, rollback.Nodes, ResultOf, times).Reverse()],
            ChangesOf(rollback.Nodes.Select(ResultOf), state),
            RanIn(rollback.Nodes.Select(ResultOf), rollback.Environment) is { IsEmpty: false } ran ? ran : null);
    }

    /// <summary>In which environments nodes ran, the most nodes first; <paramref name="expected"/> is where they were to.</summary>
    private static ImmutableArray<NodesRanIn> RanIn(IEnumerable<NodeSettled?> results, string? expected) =>
    [
        .. results.OfType<NodeSettled>().Where(r => r.RanIn is not null).GroupBy(r => r.RanIn!, StringComparer.Ordinal)
            .Select(same => new NodesRanIn(same.Key, same.Count(), [.. same.Take(FewNodes).Select(r => r.Node)], same.Key != expected))
            .OrderByDescending(same => same.NodeCount).ThenBy(same => same.Environment, StringComparer.Ordinal),
    ];

    /// <summary>A row for each group of the nodes, which are in the plan's order.</summary>
    private static ImmutableArray<ReportRow> Rows(
        PlanIndex plan, IEnumerable<NodeName> nodes, Func<NodeName, NodeSettled?> resultOf, Dictionary<int, TimeSpan> times)
    {
        var rows = ImmutableArray.CreateBuilder<ReportRow>();
        foreach (var group in nodes.GroupBy(plan.GroupOf))
        {
            var row = new ReportRow(group.Key, 0, 0, 0, 0, 0, 0, 0, 0, times.TryGetValue(group.Key, out var time) ? time : null);
            foreach (var node in group)
                row = Counted(row, resultOf(node));
            rows.Add(row);
        }
        return rows.ToImmutable();
    }

    private static ReportRow Counted(ReportRow row, NodeSettled? result)
    {
        row = row with { Nodes = row.Nodes + 1, Changed = row.Changed + (ChangedBy(result) > 0 ? 1 : 0) };
        return result?.Outcome switch
        {
            null => row with { Open = row.Open + 1 },
            Outcome.Succeeded => row with { Succeeded = row.Succeeded + 1 },
            Outcome.Unreachable => row with { Unreachable = row.Unreachable + 1 },
            Outcome.Refused or Outcome.RefusedDisabled or Outcome.RefusedClock => row with { Refused = row.Refused + 1 },
            Outcome.Skipped => row with { Skipped = row.Skipped + 1 },
            _ => row with { Failed = row.Failed + 1 },
        };
    }

    /// <summary>How many resources its run changed, or would change with noop; null where no run was judged.</summary>
    private static int? ChangedBy(NodeSettled? result) => result?.WouldChange ?? result?.Changed;

    /// <summary>How long each group took in the newest attempt in which turns of it came.</summary>
    private static Dictionary<int, TimeSpan> TimesOf(IEnumerable<Turn> turns, PlanIndex plan)
    {
        var groups = new Dictionary<int, (int Attempt, DateTimeOffset From, DateTimeOffset To)>();
        foreach (var turn in turns)
        {
            var (group, end) = (plan.GroupOf(turn.Node), turn.Ended.At);
            groups[group] = groups.TryGetValue(group, out var known) && known.Attempt == turn.Attempt
                ? known with { To = end > known.To ? end : known.To }
                : (turn.Attempt, turn.Opened.At, end);
        }
        return groups.ToDictionary(g => g.Key, g => g.Value.To - g.Value.From);
    }

    /// <summary>
    /// Nodes with the same changes together, as the log told them; where it did not, those with the same number of changes. The log of a node whose own
    /// Puppet is set to noop tells what would be changed: where a real run was asked for, nothing was. A node without a catalog has nothing to change.
    /// </summary>
    private static ImmutableArray<SameChanges> ChangesOf(IEnumerable<NodeSettled?> results, DeploymentState state) =>
    [
        .. results.OfType<NodeSettled>().Where(r => r.Outcome != Outcome.FailedNoCatalog && (ChangedBy(r) is not null || r.Changes is not null))
            .GroupBy(r => ChangedBy(r) != 0 && r.Changes is { } id && state.Changes.TryGetValue(id, out var seen)
                ? (Id: id, seen.Count)
                : (Id: null, Count: ChangedBy(r) ?? 0))
            .Select(same => new SameChanges(
                same.Count(), [.. same.Take(FewNodes).Select(r => r.Node)], same.Key.Count, same.Key.Id, same.Key.Id is { } id ? state.Changes[id].Lines : []))
            .OrderBy(same => same.Count == 0).ThenByDescending(same => same.NodeCount),
    ];

    private static ImmutableSortedDictionary<string, string> AdviceOn(DeploymentState state, AfterFix then) =>
        Results(state).GroupBy(r => r.Outcome, r => r.Cause).ToImmutableSortedDictionary(
            o => o.Key.Word(), o => AdviceOn(state, o.Key, o.Distinct().Take(2).ToList() is [var only] ? only : null, then),
            StringComparer.Ordinal);

    private static CausedOutcome[] CausesIn(DeploymentState state, AfterFix then) =>
    [
        .. Results(state).Where(r => r.Outcome is not (Outcome.Succeeded or Outcome.Skipped)).GroupBy(r => (r.Outcome, r.Cause))
            .Select(same => new CausedOutcome(same.Key.Outcome, same.Key.Cause, same.Count(), AdviceOn(state, same.Key.Outcome, same.Key.Cause, then)))
            .OrderByDescending(same => same.NodeCount).ThenBy(same => same.Outcome).ThenBy(same => same.Cause),
    ];

    private static string AdviceOn(DeploymentState state, Outcome outcome, Cause? cause, AfterFix then) =>
        outcome == Outcome.Unreachable && SilentCheck.Is(state) ? OutcomeAdvice.NobodyAnswered : outcome.Advice(cause, then);

    private static IEnumerable<NodeSettled> Results(DeploymentState state) =>
        state.Nodes.Values.SelectMany(n => new[] { n.Result, n.Compensation }).OfType<NodeSettled>();

    private static Lapse Sum(IEnumerable<Turn> turns, Func<Turn, Lapse> time) => turns.Aggregate(default(Lapse), (sum, t) => sum + time(t));
}
