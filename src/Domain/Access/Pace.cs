namespace Orchestrator.Domain.Access;

/// <summary>
/// How often somebody may ask: so many times a second, and at once what was not used of the seconds before. Pure: who asked keeps until when their requests are
/// paid for, each with its share of a second; what is paid for less than nothing counts as nothing, and need not be kept.
/// </summary>
/// <param name="PerSecond">1 at least.</param>
public readonly record struct Pace(int PerSecond)
{
    /// <summary>What was not used is kept for so long.</summary>
    public static readonly TimeSpan Saved = TimeSpan.FromSeconds(5);

    private TimeSpan Share => TimeSpan.FromSeconds(1) / PerSecond;

    /// <summary>Somebody asks.</summary>
    /// <param name="paidUntil">What the last answer said.</param>
    /// <param name="now">By the same clock, which never goes back.</param>
    /// <returns>Until when their requests are paid for now; and zero, or how long they must wait until they may ask once.</returns>
    public (TimeSpan PaidUntil, TimeSpan Wait) Ask(TimeSpan paidUntil, TimeSpan now)
    {
        var next = (paidUntil > now ? paidUntil : now) + Share;
        return next <= now + Saved ? (next, TimeSpan.Zero) : (paidUntil, next - now - Saved);
    }
}
