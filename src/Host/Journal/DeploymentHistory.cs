using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Persistence.Query;
using Akka.Persistence.Sql.Query;
using Akka.Streams;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Host.Process;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Journal;

/// <summary>
/// Reads deployments' histories as the journal has them, beside their supervisors and never in their way: a few at once, a page at a time, so that a reader who
/// takes his time takes no place.
/// </summary>
public sealed class DeploymentHistory(ActorSystem system, TimeProvider time)
{
    private const int PageSize = 1000;

    /// <summary>Who waits keeps nothing, and followers may be many.</summary>
    private const int MostWaiting = 10_000;

    private readonly BoundedPlaces _places =
        new("read another deployment's history", Math.Max(4, 2 * Environment.ProcessorCount), MostWaiting, TimeSpan.FromSeconds(20), time);

    private readonly Lazy<(SqlReadJournal Journal, ActorMaterializer Materializer)> _reading =
        new(() => (PersistenceQuery.Get(system).ReadJournalFor<SqlReadJournal>(SqlReadJournal.Identifier), system.Materializer()));

    /// <summary>The events that are in the journal now, after a sequence number and up to another one, in order.</summary>
    /// <param name="isPatient">Whether the reader waits however long it takes for its turn.</param>
    /// <exception cref="System.Runtime.Serialization.SerializationException">An event of a newer version, or a damaged one.</exception>
    /// <exception cref="OverloadedException">Too many read at once.</exception>
    public async IAsyncEnumerable<RecordedEvent> ReadAsync(
        DeploymentId id, long after, [EnumeratorCancellation] CancellationToken cancellationToken, long upTo = long.MaxValue, bool isPatient = false)
    {
        if (upTo <= after)
            yield break;
        for (var from = after + 1; ; from += PageSize)
        {
            var to = from + Math.Min(upTo - from, PageSize - 1);
            var page = await PageAsync(id, from, to, isPatient, cancellationToken);
            foreach (var recorded in page)
                yield return recorded;
            if (to == upTo || page is not [.., { Sequence: var last }] || last < to)
                yield break;
        }
    }

    private async Task<List<RecordedEvent>> PageAsync(DeploymentId id, long from, long to, bool isPatient, CancellationToken cancellationToken)
    {
        using var place = await _places.EnterAsync(cancellationToken, isPatient);
        var (journal, materializer) = _reading.Value;
        var page = new List<RecordedEvent>();
        await foreach (var envelope in journal.CurrentEventsByPersistenceId($"deployment-{id}", from, to).RunAsAsyncEnumerable(materializer)
            .WithCancellation(cancellationToken))
        {
            page.Add(new RecordedEvent(envelope.SequenceNr, (IDeploymentEvent)envelope.Event));
        }
        return page;
    }

    /// <summary>The deployment as its whole history tells.</summary>
    /// <exception cref="System.Runtime.Serialization.SerializationException">An event of a newer version, or a damaged one.</exception>
    /// <exception cref="InvalidOperationException">An event cannot follow those before it.</exception>
    public async Task<DeploymentState> StateAsync(DeploymentId id, CancellationToken cancellationToken)
    {
        var state = DeploymentState.Initial;
        await foreach (var recorded in ReadAsync(id, 0, cancellationToken))
            state = DeploymentEvolution.Evolve(state, recorded);
        return state;
    }
}
