using Orchestrator.Actors;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;

namespace Orchestrator.Host.Process;

/// <summary>Looks every second whether the machine's clock was set, and tells it for an hour, or until it is set back.</summary>
public sealed class ClockWatch(TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ToldFor = TimeSpan.FromHours(1);

    private readonly HostClock _clock = new(time);
    private readonly Lock _looking = new();
    private TimeSpan _by;
    private (TimeSpan Monotonic, DateTimeOffset TimeOfDay) _at;

    /// <summary>By how much and when it was set, and what to do, one sentence for people; null where it was not.</summary>
    public string? Told
    {
        get
        {
            lock (_looking)
            {
                Look();
                return ClockReading.IsStep(_by)
                    ? $"{Phrases.ClockSet(_by)} at {Phrases.Time(_at.TimeOfDay)}: check its time synchronization; deadlines are not affected, but nodes whose "
                        + "clock differs are refused"
                    : null;
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                _ = Told;
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process ends.
        }
    }

    private void Look()
    {
        var now = _clock.Now;
        if (now.Monotonic - _at.Monotonic >= ToldFor)
            _by = TimeSpan.Zero;
        if (!ClockReading.IsStep(now.Stepped))
            return;
        (_by, _at) = (_by + now.Stepped, (now.Monotonic, now.TimeOfDay));
        _clock.Resynchronize();
    }
}
