using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Coordination;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Journal;

/// <summary>The coordinator's history, read beside Akka's journal from the same file and by the rules of <see cref="HistoryRules"/>.</summary>
public sealed class CoordinatorHistory(JournalConnections connections) : ICoordinatorHistory
{
    /// <inheritdoc/>
    public Task<(CoordinationState State, long Last)> ReadAsync() => Task.Run(() =>
    {
        if (connections.Misplaced is { } misplaced)
            throw new JournalMisplacedException(misplaced);
        using var reader = JournalReader.Open(connections.File);
        var (state, last, broken) = HistoryRules.Replay<CoordinationState, ICoordinatorEvent>(
            reader.Events(JournalVerification.Coordinator), CoordinationState.Initial, CoordinationState.Evolve);
        return broken is null ? (state, last) : throw new InvalidOperationException(FormattableString.Invariant($"event {broken.Event}: {broken.Problem}"));
    });
}
