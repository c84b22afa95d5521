namespace Orchestrator.Choria.Client;

/// <summary>
/// Spreads messages so that no more than so many leave a second, a tenth of a second's worth at once. Whoever wants to send
/// reserves and waits as long as is said; reservations line up. Safe for use by several threads.
/// </summary>
public sealed class Throttle(int perSecond, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly long _burst = time.TimestampFrequency / 10;
    private long _free = time.GetTimestamp() - time.TimestampFrequency / 10;

    /// <summary>How many messages a reservation may be of at most.</summary>
    public int Most { get; } = Math.Max(1, perSecond / 10);

    /// <summary>Reserves some messages, <see cref="Most"/> at most.</summary>
    /// <returns>How long to wait before they may leave.</returns>
    public TimeSpan Reserve(int messages)
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            _free = Math.Max(_free, now - _burst) + (long)((double)messages * time.TimestampFrequency / perSecond);
            return _free > now ? TimeSpan.FromSeconds((double)(_free - now) / time.TimestampFrequency) : TimeSpan.Zero;
        }
    }
}
