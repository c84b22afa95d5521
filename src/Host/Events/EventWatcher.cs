using System.Threading.Channels;
using Akka.Actor;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Events;

/// <summary>
/// Passes a deployment's events on as they are recorded. It never waits for who reads them: where the reader is so slow that the
/// channel is full, it closes the channel and is gone; the reader resumes from the journal.
/// </summary>
public sealed class EventWatcher : ReceiveActor
{
    private readonly ChannelWriter<RecordedEvent> _events;

    /// <summary>Watches one deployment; whoever creates it subscribes it to the event stream.</summary>
    public EventWatcher(DeploymentId id, ChannelWriter<RecordedEvent> events)
    {
        _events = events;
        Receive<CoordinatorProtocol.EventRecorded>(m =>
        {
            if (m.Id == id && !_events.TryWrite(m.Recorded))
                Context.Stop(Self);
        });
    }

    /// <summary>How to make one.</summary>
    public static Props Props(DeploymentId id, ChannelWriter<RecordedEvent> events) => Akka.Actor.Props.Create(() => new EventWatcher(id, events));

    /// <inheritdoc/>
    protected override void PostStop() => _events.TryComplete();
}
