using Akka.Actor;
using Akka.Persistence;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Tests.Testing;

/// <summary>Writes a deployment's history as its supervisor would: into the journal, then onto the event stream.</summary>
public sealed class Recorder : UntypedPersistentActor
{
    private readonly DeploymentId _id;

    public Recorder(DeploymentId id) => _id = id;

    /// <summary>Writes these in one go and answers with the last one's sequence number.</summary>
    /// <param name="Events">What happened.</param>
    /// <param name="IsPublished">False keeps them from watchers.</param>
    public sealed record Record(IReadOnlyList<IDeploymentEvent> Events, bool IsPublished = true);

    public override string PersistenceId => $"deployment-{_id}";

    protected override void OnCommand(object message)
    {
        var record = (Record)message;
        var first = LastSequenceNr + 1;
        var sender = Sender;
        PersistAll(record.Events, _ => { }, () =>
        {
            for (var i = 0; record.IsPublished && i < record.Events.Count; i++)
                Context.System.EventStream.Publish(new CoordinatorProtocol.EventRecorded(_id, new RecordedEvent(first + i, record.Events[i])));
            sender.Tell(LastSequenceNr);
        });
    }

    protected override void OnRecover(object message)
    {
        // It has no state.
    }
}
