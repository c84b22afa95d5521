using System.Threading.Channels;
using Akka.Actor;
using Orchestrator.Messages;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;

namespace Orchestrator.Host.Events;

/// <summary>
/// Passes on what is published about a deployment: its events as they are recorded, and its line where that changed. It never waits for who reads them:
/// where the reader is so slow that the channel is full, it closes the channel and is gone; the reader resumes from the journal.
/// </summary>
public sealed class EventWatcher : ReceiveActor
{
    private readonly ChannelWriter<object> _published;

    /// <summary>Watches one deployment; whoever creates it subscribes it to the event stream.</summary>
    public EventWatcher(DeploymentId id, ChannelWriter<object> published)
    {
        _published = published;
        Receive<EventRecorded>(m => m.Id == id, Pass);
        Receive<DeploymentChanged>(m => m.Line.Id == id, Pass);
    }

    public static Props Props(DeploymentId id, ChannelWriter<object> published) => Akka.Actor.Props.Create(() => new EventWatcher(id, published));

    protected override void PostStop() => _published.TryComplete();

    private void Pass(object message)
    {
        if (!_published.TryWrite(message))
            Context.Stop(Self);
    }
}
