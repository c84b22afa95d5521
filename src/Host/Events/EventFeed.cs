using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Akka.Actor;
using Microsoft.Data.Sqlite;
using Orchestrator.Host.Coordination;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Process;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;

namespace Orchestrator.Host.Events;

public abstract record FeedItem
{
    private FeedItem() { }

    public sealed record Happened(RecordedEvent Recorded) : FeedItem;

    /// <summary>Something else changed that a watcher should know.</summary>
    public sealed record Noticed(StreamNotice Notice) : FeedItem;

    /// <summary>All there is has been given, or nothing has been for a while.</summary>
    public sealed record Quiet : FeedItem;
}

/// <summary>
/// A deployment's events for one watcher, each once and in order: first what the journal has, then what is recorded, until the
/// deployment's end; and what keeps it from going on. A watcher that cannot keep up sees the feed end early and resumes after the last event it got.
/// </summary>
public sealed class EventFeed(
    ActorSystem system, DeploymentHistory history, JournalConnections journal, CoordinatorClient coordinator, HostTrouble trouble, HostSettings settings,
    TimeProvider time)
{
    /// <summary>How many events may wait for a slow watcher.</summary>
    public const int Capacity = 1024;

    /// <param name="after">The sequence number of the last event that the watcher has.</param>
    public async IAsyncEnumerable<FeedItem> FollowAsync(DeploymentId id, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<object>(new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true });
        var watcher = system.ActorOf(EventWatcher.Props(id, channel.Writer));
        try
        {
            // Subscribe before reading: what is recorded meanwhile arrives twice rather than never.
            system.EventStream.Subscribe(watcher, typeof(EventRecorded));
            system.EventStream.Subscribe(watcher, typeof(DeploymentChanged));
            var (last, told, isOpen) = (after, StreamNotice.AllIsWell, false);
            // The line before the history: an end that the line knows of is in the history that is read after it.
            var line = await LineAsync(id, cancellationToken);
            while (line is not null)
            {
                var lookedAt = time.GetTimestamp();
                var isEnded = line.State.IsEnd();
                string? outOfReach;
                await using (var events = history.ReadAsync(id, last, cancellationToken, isPatient: true).GetAsyncEnumerator(cancellationToken))
                {
                    while (true)
                    {
                        // Who opens the stream is refused; who has it is told, and stays.
                        var next = NextAsync(events, isTold: isOpen);
                        try
                        {
                            while (!await next.IsDoneWithinAsync(settings.Heartbeat, time))
                                yield return new FeedItem.Quiet();
                        }
                        finally
                        {
                            // Who goes meanwhile leaves the reading as it was found.
                            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                        }
                        (var recorded, outOfReach) = await next;
                        if (recorded is null)
                            break;
                        yield return new FeedItem.Happened(recorded);
                        last = recorded.Sequence;
                        isEnded = recorded.Event switch
                        {
                            DeploymentEvents.DeploymentEnded => true,
                            DeploymentEvents.RetryStarted or DeploymentEvents.RollbackStarted => false,
                            _ => isEnded,
                        };
                    }
                }
                if (isEnded && outOfReach is null)
                    yield break;
                isOpen = true;
                var notice = NoticeOf(line);
                if (outOfReach is { Length: > 0 })
                    notice = notice with { Trouble = notice.Trouble ?? outOfReach };
                if (notice != told)
                    yield return new FeedItem.Noticed(told = notice);
                yield return new FeedItem.Quiet();

                // Until nothing came for a while, or an event is missing between: the journal has everything.
                for (var isInOrder = true; isInOrder;)
                {
                    switch (await channel.Reader.NextAsync(settings.Heartbeat, time, cancellationToken))
                    {
                        case EventRecorded { Recorded: var recorded } when recorded.Sequence <= last:
                            break;
                        case EventRecorded { Recorded: var recorded } when recorded.Sequence == last + 1:
                            yield return new FeedItem.Happened(recorded);
                            last = recorded.Sequence;
                            if (recorded.Event is DeploymentEvents.DeploymentEnded)
                                yield break;
                            // Trouble makes no event: it is looked for also while others come.
                            isInOrder = time.GetElapsedTime(lookedAt) < settings.Heartbeat;
                            break;
                        case DeploymentChanged { Line: var changed } when !changed.State.IsEnd():
                            line = changed;
                            isInOrder = NoticeOf(line) == told;
                            break;
                        case DeploymentChanged:
                            // It may have been begun again since.
                            line = await LineAsync(id, cancellationToken);
                            isInOrder = false;
                            break;
                        default:
                            // What was published may have been lost with the coordinator that failed before it published it.
                            line = await LineAsync(id, cancellationToken) ?? line;
                            isInOrder = false;
                            break;
                    }
                }
                if (channel.Reader.Completion.IsCompleted)
                    yield break;
            }
        }
        finally
        {
            system.Stop(watcher);
        }
    }

    /// <summary>What the coordinator knows; null where it does not say: then the feed ends, and who follows again is told why.</summary>
    private async Task<DeploymentLine?> LineAsync(DeploymentId id, CancellationToken cancellationToken) =>
        await coordinator.FindAsync(id.Value, cancellationToken) is CoordinatorAnswer<DeploymentLine>.Given { Value: var line } ? line : null;

    private StreamNotice NoticeOf(DeploymentLine line) => new(line.Active, line.Attention == DeploymentLine.CannotBeCarriedOn, trouble.Of(line.Fleet));

    /// <summary>
    /// The next event of the journal, null at its end; or why the journal is out of reach now, where that is told rather than thrown: empty where it is busy.
    /// </summary>
    private async Task<(RecordedEvent? Recorded, string? OutOfReach)> NextAsync(IAsyncEnumerator<RecordedEvent> events, bool isTold)
    {
        try
        {
            return (await events.MoveNextAsync() ? events.Current : null, null);
        }
        catch (SqliteException e) when (isTold && JournalFile.IsPassing(e))
        {
            return (null, JournalFile.Sentence(e, journal.File));
        }
        catch (OverloadedException) when (isTold)
        {
            return (null, "");
        }
        catch (JournalMisplacedException e) when (isTold)
        {
            return (null, e.Message);
        }
    }
}
