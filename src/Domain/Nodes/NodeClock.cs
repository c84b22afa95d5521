using Orchestrator.Messages;

namespace Orchestrator.Domain.Nodes;

/// <summary>How far a node's clock and ours are apart, as its newest answer told. A node drops requests by its own clock, and says nothing.</summary>
public sealed class NodeClock
{
    /// <summary>Requests expire by the node's clock, so clocks further apart than this lose them. Go's servers also drop what is from a time to come.</summary>
    private static readonly TimeSpan MostSkew = TimeSpan.FromSeconds(20);

    /// <summary>Less counts as none: seconds are whole, and answers take a while.</summary>
    private static readonly TimeSpan LeastSkew = TimeSpan.FromSeconds(5);

    /// <summary>No act lives for longer than that beyond its time, whatever a node says.</summary>
    private static readonly TimeSpan MostAllowance = TimeSpan.FromHours(1);

    /// <summary>Differences are rounded up to this, so that requests to many nodes still leave as one.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(30);

    /// <summary>Some thirty years: seconds of a time to live are written with 32 bits.</summary>
    private const double MostSteps = 30_000_000;

    /// <summary>The skew, and our time of day less the monotonic time when it was told; null before the first answer.</summary>
    private (TimeSpan Skew, DateTimeOffset OurBegin)? _told;

    /// <summary>The node answered.</summary>
    /// <param name="sentAt">When, by its own clock, in whole seconds.</param>
    public void Learn(DateTimeOffset sentAt, ClockReading askedAt, ClockReading now)
    {
        var asked = now.TimeOfDay - (now.Monotonic - askedAt.Monotonic);
        var skew = sentAt > now.TimeOfDay ? sentAt - now.TimeOfDay
            : sentAt.AddSeconds(1) < asked ? sentAt.AddSeconds(1) - asked
            : TimeSpan.Zero;
        _told = (skew, now.TimeOfDay - now.Monotonic);
    }

    /// <summary>How much longer an act must live to be taken there; none where that is too long.</summary>
    public TimeSpan AllowanceOfActs(ClockReading now) => IsOutOfReach(now) ? TimeSpan.Zero : AllowanceOfReads(now);

    /// <summary>How much longer a read must live to be taken there.</summary>
    public TimeSpan AllowanceOfReads(ClockReading now)
    {
        var skew = SkewAt(now);
        return skew >= LeastSkew || skew < -MostSkew
            ? Math.Min(Math.Ceiling(skew.Duration().TotalSeconds / Step.TotalSeconds), MostSteps) * Step
            : TimeSpan.Zero;
    }

    /// <summary>Whether even acts that live longer are dropped there.</summary>
    public bool IsOutOfReach(ClockReading now) => SkewAt(now).Duration() > MostAllowance;

    /// <summary>Why a request of the usual time to live is dropped there, as a sentence about the node; null where it is not.</summary>
    public string? WhyExpired(ClockReading now)
    {
        var skew = SkewAt(now);
        return skew.Duration() <= MostSkew
            ? null
            : $"its clock is {Phrases.Apart(skew)} {(skew > TimeSpan.Zero ? "ahead of" : "behind")} ours"
                + (ClockReading.IsStep(now.Stepped) ? $", and {Phrases.ClockSet(now.Stepped)} during the deployment" : "")
                + ": synchronize both clocks, or requests expire";
    }

    /// <summary>How far it is ahead of ours, negative where behind: ours may have been set since it was told.</summary>
    private TimeSpan SkewAt(ClockReading now) => _told is { } told ? told.Skew - (now.TimeOfDay - now.Monotonic - told.OurBegin) : TimeSpan.Zero;
}
