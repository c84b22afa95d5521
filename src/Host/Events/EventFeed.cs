using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Akka.Actor;
using Orchestrator.Host.Api;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Process;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Events;

/// <summary>
/// A deployment's events for one watcher, each once and in order: first what the journal has, then what is recorded, until the
/// deployment's end. A watcher that cannot keep up sees the feed end early and resumes after the last event it got.
/// </summary>
public sealed class EventFeed(ActorSystem system, DeploymentHistory history, Coordinator coordinator, HostSettings settings, TimeProvider time)
{
    /// <summary>How many events may wait for a slow watcher.</summary>
    public const int Capacity = 1024;

    /// <summary>How soon a deployment is looked at again that waits for its nodes: it may be withdrawn without an event of its own.</summary>
    private static readonly TimeSpan WhileWaiting = TimeSpan.FromSeconds(1);

    /// <summary>Follows a deployment.</summary>
    /// <param name="id">Which.</param>
    /// <param name="after">The sequence number of the last event that the watcher has.</param>
    /// <param name="cancellationToken">Ends the feed when the watcher goes.</param>
    /// <returns>Events; and null once all there are have been given, then again now and then while nothing happens.</returns>
    public async IAsyncEnumerable<RecordedEvent?> FollowAsync(DeploymentId id, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<RecordedEvent>(new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true });
        var watcher = system.ActorOf(EventWatcher.Props(id, channel.Writer));
        try
        {
            // Subscribe before reading: what is recorded meanwhile arrives twice rather than never.
            system.EventStream.Subscribe(watcher, typeof(CoordinatorProtocol.EventRecorded));
            var last = after;
            while (true)
            {
                // The line before the history: an end that the line knows of is in the history that is read after it.
                var line = await coordinator.FindAsync(id.Value, cancellationToken);
                var isEnded = line.State.IsEnd();
                await foreach (var recorded in history.ReadAsync(id, last, cancellationToken))
                {
                    yield return recorded;
                    last = recorded.Sequence;
                    isEnded = recorded.Event switch
                    {
                        DeploymentEvents.DeploymentEnded => true,
                        DeploymentEvents.RetryStarted or DeploymentEvents.RollbackStarted => false,
                        _ => isEnded,
                    };
                }
                if (isEnded)
                    yield break;
                yield return null;

                var quiet = line.State == DeploymentPhase.Waiting ? WhileWaiting : settings.Heartbeat;
                var next = await NextAsync(channel.Reader, quiet, cancellationToken);
                for (; next is { } recorded && recorded.Sequence <= last + 1; next = await NextAsync(channel.Reader, quiet, cancellationToken))
                {
                    if (recorded.Sequence <= last)
                        continue;
                    yield return recorded;
                    last = recorded.Sequence;
                    if (recorded.Event is DeploymentEvents.DeploymentEnded)
                        yield break;
                }
                if (channel.Reader.Completion.IsCompleted)
                    yield break;
                // Quiet, or an event is missing between: the journal has everything.
            }
        }
        finally
        {
            system.Stop(watcher);
        }
    }

    /// <summary>The next event; null where none came for so long, or none will.</summary>
    private async ValueTask<RecordedEvent?> NextAsync(ChannelReader<RecordedEvent> events, TimeSpan quiet, CancellationToken cancellationToken)
    {
        if (events.TryRead(out var waiting))
            return waiting;
        using var late = new CancellationTokenSource(quiet, time);
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            return await events.WaitToReadAsync(silence.Token) && events.TryRead(out var recorded) ? recorded : null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
