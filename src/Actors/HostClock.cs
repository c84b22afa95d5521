using Orchestrator.Domain.Nodes;

namespace Orchestrator.Actors;

/// <summary>Both clocks of this host, read at the same time.</summary>
public sealed class HostClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    /// <summary>Now; the monotonic part counts from this clock's creation.</summary>
    public ClockReading Now => new(time.GetUtcNow(), time.GetElapsedTime(_start));
}
