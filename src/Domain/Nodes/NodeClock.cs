using Orchestrator.Messages;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes;

/// <summary>How far a node's clock and ours are apart, according to its latest answer. A node drops requests that expired by its own clock, silently.</summary>
public sealed class NodeClock
{
    /// <summary>Requests expire by the node's clock, so clocks further apart than this lose them. Go servers also drop requests from the future.</summary>
    private static readonly TimeSpan MostSkew = TimeSpan.FromSeconds(20);

    /// <summary>Less counts as none: nodes send whole seconds, and answers take time.</summary>
    private static readonly TimeSpan LeastSkew = TimeSpan.FromSeconds(5);

    /// <summary>The most by which the time to live of an act is extended, whatever a node says.</summary>
    private static readonly TimeSpan MostAllowance = TimeSpan.FromHours(1);

    /// <summary>Allowances are rounded up to a multiple of this, so that requests to many nodes can still be sent as one.</summary>
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(30);

    /// <summary>Nearly thirty years: a time to live is written as seconds in 32 bits.</summary>
    private const double MostSteps = 30_000_000;

    /// <summary>Accepted by a node whatever its clock says. Only ever for a status, which changes nothing however late it arrives.</summary>
    public static NodeRequest.Status Any { get; } = new(TimeSpan.FromSeconds(int.MaxValue));

    /// <summary>The skew, and our time of day minus the monotonic time when it was measured; null before the first answer.</summary>
    private (TimeSpan Skew, DateTimeOffset OurBegin)? _told;

    /// <summary>The node answered.</summary>
    /// <param name="sentAt">By the node's clock, in whole seconds.</param>
    public void Learn(DateTimeOffset sentAt, ClockReading askedAt, ClockReading now)
    {
        var asked = now.TimeOfDay - (now.Monotonic - askedAt.Monotonic);
        var skew = sentAt > now.TimeOfDay ? sentAt - now.TimeOfDay
            : sentAt.AddSeconds(1) < asked ? sentAt.AddSeconds(1) - asked
            : TimeSpan.Zero;
        _told = (skew, now.TimeOfDay - now.Monotonic);
    }

    /// <summary>How much longer an act must live for the node to accept it; zero if that would be too long.</summary>
    public TimeSpan AllowanceOfActs(ClockReading now) => IsOutOfReach(now) ? TimeSpan.Zero : AllowanceOfReads(now);

    /// <summary>How much longer a read must live for the node to accept it.</summary>
    public TimeSpan AllowanceOfReads(ClockReading now)
    {
        var skew = SkewAt(now);
        return skew >= LeastSkew || skew < -MostSkew
            ? Math.Min(Math.Ceiling(skew.Duration().TotalSeconds / Step.TotalSeconds), MostSteps) * Step
            : TimeSpan.Zero;
    }

    /// <summary>Whether the node would drop even an act whose time to live is extended.</summary>
    public bool IsOutOfReach(ClockReading now) => SkewAt(now).Duration() > MostAllowance;

    /// <summary>Why the node would drop a request with the usual time to live, as a sentence about the node; null where it would not.</summary>
    public string? WhyExpired(ClockReading now)
    {
        var skew = SkewAt(now);
        return skew.Duration() <= MostSkew
            ? null
            : $"its clock is {Durations.Text(skew.Duration())} {(skew > TimeSpan.Zero ? "ahead of" : "behind")} ours"
                + (ClockReading.IsStep(now.Stepped) ? $", and {Phrases.ClockSet(now.Stepped)} during the deployment" : "")
                + ": synchronize both clocks, or requests expire";
    }

    /// <summary>How far the node's clock is ahead of ours, negative if behind; includes steps of ours since it was measured.</summary>
    private TimeSpan SkewAt(ClockReading now) => _told is { } told ? told.Skew - (now.TimeOfDay - now.Monotonic - told.OurBegin) : TimeSpan.Zero;
}
