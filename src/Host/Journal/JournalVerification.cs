using System.Text.Json;
using Microsoft.Data.Sqlite;
using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Journal;

/// <summary>
/// Reads a whole journal and says what breaks a rule: the file's own order, how far it reaches by its mark, each history by the rules of replay, and
/// what the coordinator's says of a deployment against that deployment's own.
/// </summary>
public sealed class JournalVerification
{
    internal const string Coordinator = "coordinator";
    private const int MostOfTheFile = 20;

    private readonly JournalReader _journal;
    private readonly ImmutableArray<JournalFinding>.Builder _findings = ImmutableArray.CreateBuilder<JournalFinding>();
    private long _events;

    private JournalVerification(JournalReader journal) => _journal = journal;

    /// <param name="isCopy">Whether it is a copy, of which nobody has to know how far it reaches.</param>
    /// <exception cref="JournalUnreadableException">There is no journal, or none that this version can read.</exception>
    public static JournalReview Of(string file, bool isCopy = false)
    {
        while (true)
        {
            var mark = JournalMark.PathOf(file);
            JournalMark.Mark? last;
            try
            {
                // Before the journal: what a host writes meanwhile is no loss.
                last = JournalMark.Of(mark);
                if (isCopy && last is not null)
                    last = last with { Birth = JournalMark.UnknownBirth };
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new JournalUnreadableException($"{mark} cannot be read ({e.Message}): make it readable");
            }
            using var journal = JournalReader.Open(file);
            var review = new JournalVerification(journal).Review(last, mark, isCopy && last is null);
            if (!journal.IsOvertaken)
                return review;
        }
    }

    /// <summary>Whether histories of deployments break the rules of replay, and the coordinator's does not.</summary>
    internal static bool OnlyDeploymentsAreBroken(string file)
    {
        using var journal = JournalReader.Open(file);
        var review = new JournalVerification(journal);
        var (known, isWhole) = review.ReviewCoordinator();
        if (!isWhole)
            return false;
        review.ReviewHistories(known, []);
        return review._findings.Any(f => f is { Deployment: not null, Event: not null });
    }

    private JournalReview Review(JournalMark.Mark? last, string mark, bool isUnmarked)
    {
        Unless(null, ReviewFile);
        Unless(null, () =>
        {
            if (!isUnmarked && (JournalMark.ProblemOf(last, mark, _journal.Connection, _journal.File)
                ?? JournalMark.ProblemOfSum(last, _journal.Connection, _journal.File)) is { } changed)
            {
                Found(null, null, changed);
            }
        });
        var known = CoordinationState.Initial;
        var isWhole = false;
        Unless(null, () => (known, isWhole) = ReviewCoordinator());
        var histories = new Dictionary<DeploymentId, DeploymentState>();
        Unless(null, () => ReviewHistories(known, histories));
        if (isWhole)
            Compare(known, histories);
        ReviewPlans(known);
        Unless(null, ReviewAudit);
        return new JournalReview(_journal.File, _journal.Bytes, known.Arrivals.Count, _events, _findings.ToImmutable());
    }

    private void ReviewFile()
    {
        using var command = _journal.Connection.CreateCommand();
        command.CommandText = FormattableString.Invariant($"PRAGMA integrity_check({MostOfTheFile})");
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            if (rows.GetString(0) is var said && said != "ok")
                Found(null, null, $"the file is damaged: {said}");
        }
    }

    private (CoordinationState State, bool IsWhole) ReviewCoordinator()
    {
        var (state, events, broken) = HistoryRules.Replay<CoordinationState, ICoordinatorEvent>(
            _journal.Events(Coordinator), CoordinationState.Initial, CoordinationState.Evolve);
        _events += events;
        if (broken is not null)
            Found(null, broken.Event, broken.Problem);
        return (state, broken is null);
    }

    private void ReviewHistories(CoordinationState known, Dictionary<DeploymentId, DeploymentState> histories)
    {
        var prefix = DeploymentSupervisor.PersistenceIdOf(new DeploymentId(""));
        foreach (var history in _journal.Histories().Where(h => h != Coordinator))
        {
            if (!history.StartsWith(prefix, StringComparison.Ordinal))
            {
                Found(null, null, $"the history \"{history}\" is nobody's");
                continue;
            }
            var id = new DeploymentId(history[prefix.Length..]);
            if (known.Pruned.Contains(id))
            {
                Found(id, null, "it was pruned, but its history is still there: pruning again deletes it");
                continue;
            }
            Unless(id, () =>
            {
                var (state, events, broken) = HistoryRules.Replay<DeploymentState, IDeploymentEvent>(
                    _journal.Events(history), DeploymentState.Initial, DeploymentEvolution.Evolve);
                _events += events;
                if (broken is not null)
                    Found(id, broken.Event, broken.Problem);
                else
                    histories.Add(id, state);
            });
        }
    }

    private void Compare(CoordinationState known, Dictionary<DeploymentId, DeploymentState> histories)
    {
        foreach (var (id, state) in histories)
        {
            if (known.Find(id) is not { } entry)
                Found(id, null, "it has a history, but was never registered");
            else if (state.Start is { } start && start.PlanId != entry.Registered.PlanId)
                Found(id, 1, $"it started with the plan {start.PlanId}, but was registered with {entry.Registered.PlanId}");
            else if (entry is { End.Phase: var end, IsWithdrawn: false } && state.Phase != end)
                Found(id, null, $"it was recorded as {end.Word()}, but its history says {state.Phase.Word()}");
        }
        foreach (var id in known.Arrivals.Where(id => known.Find(id) is { End: not null, IsWithdrawn: false } && !_findings.Any(f => f.Deployment == id)))
        {
            if (!histories.ContainsKey(id))
                Found(id, null, "it has ended, but its history is missing");
        }
    }

    private void ReviewPlans(CoordinationState known)
    {
        foreach (var plan in known.Arrivals.Select(id => known.Entries[id]).GroupBy(e => e.Registered.PlanId))
        {
            if (ProblemOfPlan(plan.Key) is not { } problem)
                continue;
            foreach (var entry in plan)
                Found(entry.Id, null, problem);
        }
    }

    private string? ProblemOfPlan(PlanId id)
    {
        var problem = $"its plan {id} is missing";
        try
        {
            foreach (var compressed in _journal.Plans(id.Value))
            {
                try
                {
                    PlanStore.Decode(compressed, id, _journal.File);
                    return null;
                }
                catch (InvalidDataException e)
                {
                    problem = e.Message;
                }
            }
            return problem;
        }
        catch (SqliteException e)
        {
            return $"its plan {id} cannot be read: {JournalFile.Sentence(e, _journal.File)}";
        }
    }

    private void ReviewAudit()
    {
        var last = 0L;
        foreach (var (number, line) in _journal.AuditLines())
        {
            if (number != last + 1)
                Found(null, null, FormattableString.Invariant($"the audit log has no entry between {last} and {number}: entries were deleted"));
            last = number;
            try
            {
                if (JsonSerializer.Deserialize(line, MessagesJson.Default.AuditEntry)?.Number is var said && said != number)
                    Found(null, null, FormattableString.Invariant($"entry {number} of the audit log says that it is number {said ?? 0}"));
            }
            catch (JsonException e)
            {
                Found(null, null, FormattableString.Invariant($"entry {number} of the audit log cannot be read: {e.Message}"));
            }
        }
    }

    /// <summary>Damage of the file ends this part of the reading, and no other.</summary>
    private void Unless(DeploymentId? deployment, Action review)
    {
        try
        {
            review();
        }
        catch (SqliteException e)
        {
            Found(deployment, null, JournalFile.Sentence(e, _journal.File));
        }
    }

    private void Found(DeploymentId? deployment, long? @event, string problem) => _findings.Add(new JournalFinding(deployment, @event, problem));
}
