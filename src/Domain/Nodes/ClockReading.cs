namespace Orchestrator.Domain.Nodes;

/// <summary>Now, by both of the host's clocks.</summary>
/// <param name="Wall">The time of day: for deadlines, which are absolute and outlive a restart.</param>
/// <param name="Monotonic">Never jumps and means nothing after a restart: for how long something took.</param>
public readonly record struct ClockReading(DateTimeOffset Wall, TimeSpan Monotonic);
