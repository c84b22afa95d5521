namespace Orchestrator.Domain.Nodes;

/// <summary>Now, by both of the host's clocks.</summary>
/// <param name="Wall">
/// The journal's time, for deadlines, which are absolute and outlive a restart: the machine's time of day when their keeper began, advanced by the monotonic
/// clock, however the machine's clock is set meanwhile.
/// </param>
/// <param name="Monotonic">Never jumps and means nothing after a restart: for how long something took.</param>
/// <param name="Stepped">By how much the machine's clock was set meanwhile, negative where it was set back.</param>
public readonly record struct ClockReading(DateTimeOffset Wall, TimeSpan Monotonic, TimeSpan Stepped = default)
{
    /// <summary>A time service that only slews the clock, speeding it up or slowing it down, stays below this.</summary>
    private static readonly TimeSpan LeastStep = TimeSpan.FromSeconds(2);

    /// <summary>Whether a difference between the machine's clock and the monotonic one means that somebody set the former.</summary>
    public static bool IsStep(TimeSpan by) => by.Duration() >= LeastStep;

    /// <summary>The machine's clock: requests carry it, and nodes compare their own clock with it.</summary>
    public DateTimeOffset TimeOfDay => Wall + Stepped;
}
