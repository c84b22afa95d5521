using Orchestrator.Domain.Nodes;

namespace Orchestrator.Actors;

/// <summary>
/// Both clocks of this host, read at the same time. The journal's time is the machine's time of day at this clock's creation, advanced by the monotonic
/// clock, so that no deadline moves when the machine's clock is set.
/// </summary>
public sealed class HostClock
{
    private readonly TimeProvider _time;
    private readonly long _start;

    /// <summary>The time of day at the monotonic clock's zero, in UTC ticks.</summary>
    private long _begin;

    public HostClock(TimeProvider time)
        : this(time, time.GetTimestamp())
    {
    }

    private HostClock(TimeProvider time, long start)
    {
        (_time, _start) = (time, start);
        Resynchronize();
    }

    /// <summary>Now; the monotonic part counts from the creation of the host's first clock.</summary>
    public ClockReading Now
    {
        get
        {
            // The time of day was read between the two: only what lies outside is a step, however long this thread was not running.
            var (before, timeOfDay, after) = (_time.GetElapsedTime(_start), _time.GetUtcNow(), _time.GetElapsedTime(_start));
            var begin = new DateTimeOffset(Interlocked.Read(ref _begin), TimeSpan.Zero);
            var (least, wall) = (begin + before, begin + after);
            return new(wall, after, timeOfDay > wall ? timeOfDay - wall : timeOfDay < least ? timeOfDay - least : TimeSpan.Zero);
        }
    }

    /// <summary>A clock whose journal time starts from the machine's time of day now; its monotonic part is the same.</summary>
    public HostClock Begin() => new(_time, _start);

    /// <summary>Takes over the machine's time of day: only while there are no deadlines, because it moves them.</summary>
    public void Resynchronize() => Interlocked.Exchange(ref _begin, (_time.GetUtcNow() - _time.GetElapsedTime(_start)).UtcTicks);
}
