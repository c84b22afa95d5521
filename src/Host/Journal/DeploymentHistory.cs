using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Persistence.Query;
using Akka.Persistence.Sql.Query;
using Akka.Streams;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Journal;

/// <summary>Reads deployments' histories as the journal has them, beside their supervisors and never in their way.</summary>
public sealed class DeploymentHistory(ActorSystem system)
{
    private readonly Lazy<(SqlReadJournal Journal, ActorMaterializer Materializer)> _reading =
        new(() => (PersistenceQuery.Get(system).ReadJournalFor<SqlReadJournal>(SqlReadJournal.Identifier), system.Materializer()));

    /// <summary>The events that are in the journal now, after a sequence number and up to another one, in order.</summary>
    /// <exception cref="System.Runtime.Serialization.SerializationException">An event of a newer version, or a damaged one.</exception>
    public async IAsyncEnumerable<RecordedEvent> ReadAsync(
        DeploymentId id, long after, [EnumeratorCancellation] CancellationToken cancellationToken, long upTo = long.MaxValue)
    {
        if (upTo <= after)
            yield break;
        var (journal, materializer) = _reading.Value;
        var events = journal
            .CurrentEventsByPersistenceId($"deployment-{id}", after + 1, upTo)
            .RunAsAsyncEnumerable(materializer);
        await foreach (var envelope in events.WithCancellation(cancellationToken))
            yield return new RecordedEvent(envelope.SequenceNr, (IDeploymentEvent)envelope.Event);
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
