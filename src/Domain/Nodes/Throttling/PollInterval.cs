namespace Orchestrator.Domain.Nodes.Throttling;

/// <summary>
/// How long to wait between two polls of a node: at least five times what it takes to answer, and a second at the
/// least. Only where answers take under 20 ms may polls come faster, a twentieth of what was waited for: the end of a run of 10 s is then
/// seen within half a second. Long before the end is expected polls are rarer.
/// </summary>
public sealed class PollInterval
{
    private const int Remembered = 3;
    private const int ShareOfWait = 20;

    /// <summary>An end that comes long before it is expected is seen no later than this share of the run's time after it.</summary>
    private const int ShareOfLongWait = 40;

    /// <summary>What share of the expected time an end may come early and still be seen as if it had been known.</summary>
    private const int ShareOfExpected = 4;
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Rarest = TimeSpan.FromSeconds(10);
    private readonly Queue<TimeSpan> _answers = new(Remembered);

    /// <summary>Learns from an answer that took this long. Of the last few the fastest counts: what a node costs, not what the way there cost once.</summary>
    public void Learn(TimeSpan answer)
    {
        if (_answers.Count == Remembered)
            _answers.Dequeue();
        _answers.Enqueue(answer);
    }

    /// <summary>How long to wait before the next poll where nobody knows when there will be something to see.</summary>
    /// <param name="waited">How long the same thing has been waited for.</param>
    public TimeSpan Next(TimeSpan waited)
    {
        var answer = _answers.Count > 0 ? _answers.Min() : Quick;
        if (answer > Quick)
            return Longer(answer * 5, Usual);
        return Shorter(Longer(waited / ShareOfWait, Shortest), Usual);
    }

    /// <summary>
    /// How long to wait before the next poll of what is expected to be over at a certain time. Never less than <see cref="Next(TimeSpan)"/>, and
    /// no more from shortly before that time on; where that is more than a second, polls are laid so that one falls on the very time.
    /// </summary>
    /// <param name="waited">How long it has been waited for.</param>
    /// <param name="expected">How long it is expected to take, from the same moment on.</param>
    public TimeSpan Next(TimeSpan waited, TimeSpan expected)
    {
        var soonest = Next(waited);
        var left = expected - waited;
        if (left <= soonest)
            return soonest;
        var next = Longer(Shorter(Long(waited), left - (expected / ShareOfExpected)), soonest);
        return next == soonest && soonest > Usual ? left / Math.Floor(left / soonest) : next;
    }

    /// <summary>Whether polls could be rarer by now if it were known when to expect the end.</summary>
    public bool IsWorthAnExpectation(TimeSpan waited) => Long(waited) > Next(waited);

    private static TimeSpan Long(TimeSpan waited) => Shorter(waited / ShareOfLongWait, Rarest);

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
