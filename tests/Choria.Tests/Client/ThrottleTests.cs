using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Orchestrator.Choria.Client;

namespace Orchestrator.Choria.Tests.Client;

/// <summary>The limit of messages a second.</summary>
public sealed class ThrottleTests
{
    [Fact]
    public void However_they_are_reserved_no_second_holds_more_than_the_limit_and_its_burst() =>
        Gen.Select(Gen.Int[10, 1000], Gen.Select(Gen.Int[1, 100], Gen.Int[0, 300]).Array[1, 60]).Sample((perSecond, reservations) =>
        {
            var time = new FakeTimeProvider();
            var throttle = new Throttle(perSecond, time);
            var sent = new List<(TimeSpan At, int Messages)>();
            var now = TimeSpan.Zero;
            foreach (var (messages, pause) in reservations)
            {
                var reserved = Math.Min(messages, throttle.Most);
                sent.Add((now + throttle.Reserve(reserved), reserved));
                time.Advance(TimeSpan.FromMilliseconds(pause));
                now += TimeSpan.FromMilliseconds(pause);
            }
            return sent.All(from => sent.Where(s => s.At >= from.At && s.At < from.At + TimeSpan.FromSeconds(1)).Sum(s => s.Messages) <= perSecond
                + 2 * throttle.Most + 1);
        });

    [Fact]
    public void Who_asks_for_less_than_the_limit_never_waits()
    {
        var time = new FakeTimeProvider();
        var throttle = new Throttle(100, time);
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(TimeSpan.Zero, throttle.Reserve(1));
            time.Advance(TimeSpan.FromMilliseconds(11));
        }
    }
}
