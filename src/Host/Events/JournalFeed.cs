using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Akka.Actor;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Process;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Events;

public abstract record JournalFeedItem
{
    private JournalFeedItem() { }

    public sealed record Happened(TailEvent Event) : JournalFeedItem;

    /// <summary>What the list says of a deployment changed.</summary>
    public sealed record Changed(DeploymentLine Line) : JournalFeedItem;

    /// <summary>Something else changed that a follower should know.</summary>
    public sealed record Noticed(HostNotice Notice) : JournalFeedItem;

    /// <summary>All there is has been given, or nothing has been for a while. Whoever resumes after this position misses nothing.</summary>
    public sealed record Quiet(long Position) : JournalFeedItem;
}

/// <summary>
/// The events of all deployments for any number of followers, each once and in the journal's order. While anybody follows, the journal is read once for all
/// of them, when something was recorded; a follower first reads for itself what it has missed. One that cannot keep up sees its feed end early and resumes.
/// </summary>
public sealed class JournalFeed(
    ActorSystem system, JournalTail tail, HostTrouble trouble, HostSettings settings, TimeProvider time, ILogger<JournalFeed> log)
{
    /// <summary>How many events may wait for a slow follower.</summary>
    public const int Capacity = 4096;

    private readonly Lock _lock = new();
    private readonly HashSet<ChannelWriter<object>> _followers = [];
    private JournalReading? _reading;

    /// <param name="after">The position of the last event that the follower has; null for what happens from now on.</param>
    /// <param name="matches">Whether a type of event is asked for.</param>
    /// <param name="sees">Whether the follower may see a deployment and asked for it. What it answers is believed for a heartbeat.</param>
    public async IAsyncEnumerable<JournalFeedItem> FollowAsync(
        long? after, Func<string, bool> matches, Func<DeploymentId, CancellationToken, Task<bool>> sees,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<object>(new BoundedChannelOptions(Capacity) { SingleReader = true });
        try
        {
            // Before anything is read: what is recorded meanwhile arrives twice rather than never.
            await Enter(channel.Writer).Begun.WaitAsync(cancellationToken);
            var (seen, seenSince) = (new Dictionary<DeploymentId, bool>(), time.GetTimestamp());
            var position = after ?? await tail.NewestAsync(cancellationToken);
            for (var isMore = after is not null; isMore;)
            {
                var reading = tail.AfterAsync(position, cancellationToken, isPatient: true);
                while (!await reading.IsDoneWithinAsync(settings.Heartbeat, time))
                    yield return new JournalFeedItem.Quiet(position);
                var page = await reading;
                foreach (var happened in page.Events)
                {
                    if (matches(happened.Type) && await SeesAsync(happened.Deployment))
                        yield return new JournalFeedItem.Happened(happened);
                    position = happened.Position;
                }
                isMore = page.IsMore;
                // However little of a long past is for this follower, the stream lives, and goes on from here where it is cut.
                if (isMore)
                    yield return new JournalFeedItem.Quiet(position);
            }

            HostNotice told = new(null);
            for (long? lookedAt = null; ;)
            {
                if (lookedAt is not { } at || time.GetElapsedTime(at) >= settings.Heartbeat)
                {
                    lookedAt = time.GetTimestamp();
                    if (new HostNotice(trouble.Any) is var notice && notice != told)
                        yield return new JournalFeedItem.Noticed(told = notice);
                    yield return new JournalFeedItem.Quiet(position);
                }
                switch (await channel.Reader.NextAsync(settings.Heartbeat, time, cancellationToken))
                {
                    case TailEvent happened when happened.Position > position:
                        position = happened.Position;
                        if (matches(happened.Type) && await SeesAsync(happened.Deployment))
                            yield return new JournalFeedItem.Happened(happened);
                        break;
                    case DeploymentLine line when await SeesAsync(line.Id):
                        yield return new JournalFeedItem.Changed(line);
                        break;
                    case null when channel.Reader.Completion.IsCompleted:
                        yield break;
                    default:
                        break;
                }
            }

            async ValueTask<bool> SeesAsync(DeploymentId id)
            {
                if (time.GetElapsedTime(seenSince) >= settings.Heartbeat)
                {
                    seen.Clear();
                    seenSince = time.GetTimestamp();
                }
                if (!seen.TryGetValue(id, out var isSeen))
                    seen.Add(id, isSeen = await sees(id, cancellationToken));
                return isSeen;
            }
        }
        finally
        {
            Leave(channel.Writer);
        }
    }

    private JournalReading Enter(ChannelWriter<object> follower)
    {
        lock (_lock)
        {
            _followers.Add(follower);
            return _reading ??= new JournalReading(system, tail, Give, EndAll, settings.Heartbeat, time, log);
        }
    }

    private void Leave(ChannelWriter<object> follower)
    {
        lock (_lock)
        {
            _followers.Remove(follower);
            if (_followers.Count > 0)
                return;
            _reading?.Dispose();
            _reading = null;
        }
    }

    private void Give(object item)
    {
        lock (_lock)
        {
            foreach (var tooSlow in _followers.Where(follower => !follower.TryWrite(item)).ToList())
            {
                tooSlow.TryComplete();
                _followers.Remove(tooSlow);
            }
        }
    }

    private void EndAll(JournalReading failed)
    {
        lock (_lock)
        {
            if (_reading != failed)
                return;
            foreach (var follower in _followers)
                follower.TryComplete();
            _followers.Clear();
            failed.Dispose();
            _reading = null;
        }
    }
}
