namespace Orchestrator.Testing.Simulation;

/// <summary>A clock that stands still until it is told to jump to the next thing that is due. Single-threaded.</summary>
public sealed class VirtualTime : TimeProvider
{
    private readonly PriorityQueue<(Timer Timer, int Version), (long Due, long Order)> _due = new();
    private long _now;
    private TimeSpan _set;
    private long _order;

    public static DateTimeOffset Start { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public TimeSpan Elapsed => TimeSpan.FromTicks(_now);

    public override long GetTimestamp() => _now;

    public override DateTimeOffset GetUtcNow() => Start + Elapsed + _set;

    /// <summary>Somebody sets the clock; what is due by the monotonic one stays so.</summary>
    public void Set(TimeSpan by) => _set += by;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    public void After(TimeSpan delay, Action action) => CreateTimer(_ => action(), null, delay, Timeout.InfiniteTimeSpan);

    /// <summary>Jumps to the next due timer and lets it ring; false where none is left.</summary>
    public bool Step()
    {
        while (_due.TryDequeue(out var next, out var at))
        {
            if (next.Version != next.Timer.Version)
                continue;
            _now = Math.Max(_now, at.Due);
            next.Timer.Ring();
            return true;
        }
        return false;
    }

    private sealed class Timer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public int Version { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Version++;
            _period = period;
            if (dueTime != Timeout.InfiniteTimeSpan)
                time._due.Enqueue((this, Version), (time._now + dueTime.Ticks, ++time._order));
            return true;
        }

        public void Ring()
        {
            if (_period > TimeSpan.Zero)
                Change(_period, _period);
            else
                Version++;
            callback(state);
        }

        public void Dispose() => Version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
