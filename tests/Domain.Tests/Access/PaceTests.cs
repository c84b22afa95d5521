using CsCheck;
using Orchestrator.Domain.Access;

namespace Orchestrator.Domain.Tests.Access;

public sealed class PaceTests
{
    /// <summary>
    /// However somebody asks: in any stretch of time no more are let through than its seconds and what was saved allow, and whoever waits as told is.
    /// </summary>
    [Fact]
    public void Nobody_gets_more_than_their_pace_and_whoever_waits_as_told_is_let_through() =>
        Gen.Select(Gen.Int[1, 2000], Gen.Int[0, 400].Array[1, 300]).Sample((perSecond, pauses) =>
        {
            var (pace, now, paid) = (new Pace(perSecond), TimeSpan.FromDays(1), TimeSpan.Zero);
            var granted = new List<TimeSpan>();
            foreach (var pause in pauses)
            {
                // Mostly many at once.
                now += TimeSpan.FromMilliseconds(pause < 300 ? 0 : pause * 10);
                var (after, wait) = pace.Ask(paid, now);
                if (wait > TimeSpan.Zero)
                {
                    Assert.Equal(paid, after);
                    Assert.Equal(TimeSpan.Zero, pace.Ask(paid, now + wait).Wait);
                    Assert.True(pace.Ask(paid, now + wait - TimeSpan.FromTicks(1)).Wait > TimeSpan.Zero);
                }
                else
                {
                    paid = after;
                    granted.Add(now);
                }
            }
            for (var first = 0; first < granted.Count; first++)
            {
                var seconds = (granted[^1] - granted[first] + Pace.Saved).TotalSeconds;
                Assert.True(granted.Count - first <= Math.Ceiling(seconds * perSecond) + 1);
            }
        });

    [Fact]
    public void What_was_not_used_is_there_at_once_and_then_one_after_the_other()
    {
        var (pace, now, paid) = (new Pace(2), TimeSpan.FromHours(1), TimeSpan.Zero);
        for (var i = 0; i < 10; i++)
            (paid, _) = Granted(pace.Ask(paid, now));
        Assert.Equal(TimeSpan.FromSeconds(0.5), pace.Ask(paid, now).Wait);
        (paid, _) = Granted(pace.Ask(paid, now + TimeSpan.FromSeconds(0.5)));
        Assert.True(pace.Ask(paid, now + TimeSpan.FromSeconds(0.9)).Wait > TimeSpan.Zero);
    }

    private static (TimeSpan, TimeSpan) Granted((TimeSpan PaidUntil, TimeSpan Wait) answer)
    {
        Assert.Equal(TimeSpan.Zero, answer.Wait);
        return answer;
    }
}
