namespace Orchestrator.Actors.Tests;

/// <summary>The journal's time and how the machine's clock was set since.</summary>
public class HostClockTests
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(3600)]
    [InlineData(-3600)]
    public void The_journals_time_goes_on_while_the_machines_clock_is_set(int by)
    {
        var time = new Machine();
        var clock = new HostClock(time);
        time.Passed += TimeSpan.FromSeconds(10);
        time.Set = TimeSpan.FromSeconds(by);

        var now = clock.Now;
        Assert.Equal((Begin.AddSeconds(10), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(by)), (now.Wall, now.Monotonic, now.Stepped));
        Assert.Equal(Begin.AddSeconds(10 + by), now.TimeOfDay);
        var another = clock.Begin().Now;
        Assert.Equal((Begin.AddSeconds(10 + by), TimeSpan.FromSeconds(10), TimeSpan.Zero), (another.Wall, another.Monotonic, another.Stepped));
        clock.Resynchronize();
        Assert.Equal((Begin.AddSeconds(10 + by), TimeSpan.Zero), (clock.Now.Wall, clock.Now.Stepped));
    }

    [Fact]
    public void A_thread_that_does_not_run_for_a_while_between_two_readings_makes_no_step()
    {
        var time = new Machine { PauseOfEachReading = TimeSpan.FromSeconds(5) };
        var clock = new HostClock(time);

        Assert.Equal(TimeSpan.Zero, clock.Now.Stepped);
    }

    private sealed class Machine : TimeProvider
    {
        public TimeSpan Passed { get; set; }

        public TimeSpan Set { get; set; }

        public TimeSpan PauseOfEachReading { get; init; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => (Passed += PauseOfEachReading).Ticks;

        public override DateTimeOffset GetUtcNow() => Begin + (Passed += PauseOfEachReading) + Set;
    }
}
