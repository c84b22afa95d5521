using Orchestrator.Host.Process;

namespace Orchestrator.Host.Tests.Process;

public sealed class ClockWatchTests : IDisposable
{
    private readonly Machine _time = new();
    private readonly ClockWatch _watch;

    public ClockWatchTests() => _watch = new ClockWatch(_time);

    [Fact]
    public void A_clock_that_was_set_is_told_for_an_hour_with_what_to_do()
    {
        _time.Passed += TimeSpan.FromMinutes(5);
        Assert.Null(_watch.Told);
        Set(TimeSpan.FromHours(-2));
        Assert.Equal(
            "this host's clock was set back by 2h at 2026-01-31 10:05:00 +0000: check its time synchronization; deadlines are not affected, but nodes whose "
                + "clock differs are refused",
            _watch.Told);
        _time.Passed += TimeSpan.FromMinutes(59);
        Assert.NotNull(_watch.Told);
        _time.Passed += TimeSpan.FromMinutes(1);
        Assert.Null(_watch.Told);
    }

    [Fact]
    public void Of_two_steps_the_sum_is_told_and_nothing_once_the_clock_was_set_right()
    {
        Set(TimeSpan.FromMinutes(30));
        Assert.StartsWith("this host's clock was set forward by 30m at ", _watch.Told, StringComparison.Ordinal);
        Set(TimeSpan.FromMinutes(30));
        Assert.StartsWith("this host's clock was set forward by 1h at ", _watch.Told, StringComparison.Ordinal);
        Set(TimeSpan.FromHours(-1));
        Assert.Null(_watch.Told);
    }

    public void Dispose() => _watch.Dispose();

    private void Set(TimeSpan by) => _time.Set += by;

    private sealed class Machine : TimeProvider
    {
        public TimeSpan Passed { get; set; }

        public TimeSpan Set { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Passed.Ticks;

        public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero) + Passed + Set;
    }
}
