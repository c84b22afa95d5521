using Orchestrator.Domain.Nodes.Throttling;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Nodes.Running;

/// <summary>
/// When a node is polled next while its run is awaited. An expectation of the run's end, from runs of its group or the node's own run before,
/// decides nothing but that: it is never a proof and moves no deadline.
/// </summary>
/// <param name="usual">How long runs of the same group took; null where none is known.</param>
internal sealed class RunPolling(PollInterval pollInterval, DeploymentEvents.RunRequested request, TimeSpan? usual)
{
    /// <summary>No run is expected to take longer than this, whatever a node says.</summary>
    private static readonly TimeSpan LongestRun = TimeSpan.FromDays(1);

    /// <summary>Nodes tell their times in whole seconds: so much later than two of them differ, what they mean has happened as a rule.</summary>
    internal static readonly TimeSpan Rounding = TimeSpan.FromSeconds(0.5);

    private TimeSpan? _expected = usual;
    private bool _askedForRunBefore;
    private TimeSpan _since;
    private TimeSpan _took;

    /// <summary>How long a run took by the node's clock; null where its times make no sense.</summary>
    /// <param name="initiatedAt">When it was asked for, epoch seconds; null where the node did not say.</param>
    /// <param name="lastRun">When it ended, epoch seconds.</param>
    public static TimeSpan? Took(double? initiatedAt, double lastRun) => Length(lastRun - initiatedAt) + Rounding;

    /// <summary>The run is waited for from here on.</summary>
    public void Begin(ClockReading now) => _since = now.Monotonic;

    /// <summary>It has been waited for since it was asked for, maybe by an earlier life of this host.</summary>
    public void Resume(ClockReading now)
    {
        var age = now.Wall - request.At;
        _since = now.Monotonic - (age > TimeSpan.Zero ? age : TimeSpan.Zero);
    }

    /// <summary>The node was polled: a run's end is to be seen no later than one pause after it, however long answers take.</summary>
    public void Answered(ClockReading askedAt, ClockReading now) => _took = now.Monotonic - askedAt.Monotonic;

    /// <summary>Whether to ask, instead of polling, for the summary of the run before, the last until this one ends. Worth it for a long run, once.</summary>
    public bool NeedsRunBefore(ClockReading now)
    {
        if (_expected is not null || _askedForRunBefore || !(request.LastRun > 0) || !pollInterval.IsWorthAnExpectation(now.Monotonic - _since))
            return false;
        return _askedForRunBefore = true;
    }

    /// <summary>Learns how long the run before took; false where the summary is of another run, the awaited one's most likely.</summary>
    public bool Learn(RunSummary summary)
    {
        if (summary.LastRun != request.LastRun)
            return false;
        _expected = Length(summary.TimeTotal);
        return true;
    }

    /// <summary>How long to wait while the run is seen applying. At its deadline there will be something to see in any case.</summary>
    public TimeSpan PauseToEnd(ClockReading now)
    {
        var deadline = now.Monotonic - _since + (request.RunDeadlineAt - now.Wall);
        return _expected is { } expected ? SinceQuestion(pollInterval.Next(Waited(now), expected < deadline ? expected : deadline)) : Pause(now);
    }

    /// <summary>How long to wait for anything else.</summary>
    public TimeSpan Pause(ClockReading now) => SinceQuestion(pollInterval.Next(Waited(now)));

    /// <summary>How long to wait where the next poll is to follow soon.</summary>
    public TimeSpan ShortPause() => SinceQuestion(pollInterval.Next(TimeSpan.Zero));

    private TimeSpan Waited(ClockReading now) => now.Monotonic - _took - _since;

    private TimeSpan SinceQuestion(TimeSpan pause)
    {
        var left = pause - _took;
        _took = TimeSpan.Zero;
        return left;
    }

    private static TimeSpan? Length(double? seconds) =>
        seconds is { } length and > 0 && length < LongestRun.TotalSeconds ? TimeSpan.FromSeconds(length) : null;
}
