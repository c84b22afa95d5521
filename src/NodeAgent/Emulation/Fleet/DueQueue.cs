namespace Orchestrator.NodeAgent.Emulation.Fleet;

/// <summary>
/// Runs work at its time, in order of time and then of arrival, one piece after the other: a single timer for any number of
/// pieces. Work runs on the timer's thread, or on that of whoever adds work that is due already, and is told when it was due:
/// a timer that fires late (a busy machine, a virtual clock that leaps) need not be seen in what it does.
/// </summary>
internal sealed class DueQueue : IDisposable
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<Action<long>, (long At, long Turn)> _work = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private long _turn;
    private bool _running;
    private bool _again;
    private bool _disposed;

    public DueQueue(TimeProvider time)
    {
        _time = time;
        _timer = time.CreateTimer(_ => Run(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Adds pieces of work with their delays from now; each is handed the moment (UTC ticks) at which it was due. Dropped after a dispose.</summary>
    public void Add(IReadOnlyCollection<(TimeSpan Delay, Action<long> Work)> pieces)
    {
        lock (_gate)
        {
            if (_disposed) return;
            var now = _time.GetUtcNow().UtcTicks;
            foreach (var (delay, work) in pieces) _work.Enqueue(work, (now + delay.Ticks, _turn++));
        }
        Run();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _work.Clear();
        }
        _timer.Dispose();
    }

    /// <summary>Runs what is due and sets the timer for the rest; if another thread is at it, has it look again.</summary>
    private void Run()
    {
        lock (_gate)
        {
            _again = true;
            if (_running) return;
            _running = true;
        }
        var finished = false;
        try
        {
            while (!finished)
            {
                while (TakeDue() is { } due) due.Work(due.At);
                SetTimer();
                lock (_gate)
                {
                    if (_again) continue;
                    _running = false;
                    finished = true;
                }
            }
        }
        finally
        {
            // Only where a piece threw: the rest is not its business, and keeps its time.
            if (!finished)
            {
                lock (_gate) _running = false;
                SetTimer();
            }
        }
    }

    private (Action<long> Work, long At)? TakeDue()
    {
        lock (_gate)
        {
            _again = false;
            if (_disposed || !_work.TryPeek(out _, out var next) || next.At > _time.GetUtcNow().UtcTicks) return null;
            return (_work.Dequeue(), next.At);
        }
    }

    private void SetTimer()
    {
        TimeSpan wait;
        lock (_gate)
        {
            if (_disposed || !_work.TryPeek(out _, out var next)) return;
            // A timer counts whole milliseconds and must not fire short of the time.
            wait = TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, next.At - _time.GetUtcNow().UtcTicks) / (double)TimeSpan.TicksPerMillisecond));
        }
        // Not under the lock: a timer that is due already may call back at once, on this thread.
        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
