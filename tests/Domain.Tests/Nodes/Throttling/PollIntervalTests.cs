using CsCheck;
using Orchestrator.Domain.Nodes.Throttling;

namespace Orchestrator.Domain.Tests.Nodes.Throttling;

/// <summary>How often a node is polled.</summary>
public sealed class PollIntervalTests
{
    [Fact]
    public void A_node_is_polled_no_sooner_than_five_times_what_it_takes_to_answer_and_a_second() =>
        Gen.Select(Gen.Int[21, 10_000].Array[1, 10], Gen.Int[0, 3_600_000]).Sample((answers, waited) =>
        {
            var pace = new PollInterval();
            foreach (var answer in answers)
                pace.Learn(Milliseconds(answer));
            var fastest = answers.TakeLast(3).Min();
            return pace.Next(Milliseconds(waited)) >= Milliseconds(Math.Max(1000, fastest * 5));
        });

    [Theory]
    [InlineData(50, 1000)]
    [InlineData(200, 1000)]
    [InlineData(300, 1500)]
    [InlineData(1000, 5000)]
    public void Real_nodes_have_the_same_interval_however_long_they_were_waited_for(int answer, int pause)
    {
        var pace = new PollInterval();
        pace.Learn(Milliseconds(answer));
        Assert.All([0, 1, 60, 3600], seconds => Assert.Equal(Milliseconds(pause), pace.Next(TimeSpan.FromSeconds(seconds))));
    }

    [Theory]
    [InlineData(0, 100)]
    [InlineData(2, 100)]
    [InlineData(10, 500)]
    [InlineData(20, 1000)]
    [InlineData(3600, 1000)]
    public void A_quick_node_is_polled_after_a_twentieth_of_the_wait(double waited, int pause) =>
        Assert.Equal(Milliseconds(pause), PaceOf(5).Next(TimeSpan.FromSeconds(waited)));

    [Fact]
    public void One_slow_answer_is_what_the_way_cost_and_three_are_what_the_node_costs()
    {
        var pace = new PollInterval();
        foreach (var answer in (int[])[100, 3000, 3000])
            pace.Learn(Milliseconds(answer));
        Assert.Equal(Milliseconds(1000), pace.Next(TimeSpan.Zero));
        pace.Learn(Milliseconds(3000));
        Assert.Equal(Milliseconds(15_000), pace.Next(TimeSpan.Zero));
    }

    [Fact]
    public void Whatever_is_expected_polls_are_never_faster_than_the_interval_and_never_rarer_than_ten_seconds_or_two_intervals() =>
        Waits.Sample(w =>
        {
            var pace = PaceOf(w.Answer);
            var soonest = pace.Next(w.Waited);
            var next = pace.Next(w.Waited, w.Expected);
            var rarest = Math.Max(soonest.TotalSeconds > 1 ? soonest.TotalSeconds * 2 : soonest.TotalSeconds, Math.Min(10, w.Waited.TotalSeconds / 40));
            Assert.InRange(next.TotalSeconds, soonest.TotalSeconds, rarest + 1e-6);
        }, iter: 20_000);

    [Fact]
    public void Where_the_expected_time_is_near_or_past_the_interval_is_what_it_was() =>
        Waits.Sample(w =>
        {
            var pace = PaceOf(Math.Min(w.Answer, 200));
            if (w.Waited > w.Expected * 0.75)
                Assert.Equal(pace.Next(w.Waited), pace.Next(w.Waited, w.Expected));
        }, iter: 20_000);

    [Fact]
    public void No_poll_jumps_over_the_expected_time_unless_it_is_nearer_than_one_interval() =>
        Waits.Sample(w =>
        {
            var pace = PaceOf(w.Answer);
            var left = w.Expected - w.Waited;
            return left < pace.Next(w.Waited) || pace.Next(w.Waited, w.Expected) <= left;
        }, iter: 20_000);

    [Fact]
    public void Of_a_slow_node_one_poll_falls_on_the_very_time() =>
        Gen.Select(Gen.Int[201, 4000], Gen.Double[40, 3000]).Sample((answer, seconds) =>
        {
            var (pace, expected) = (PaceOf(answer), TimeSpan.FromSeconds(seconds));
            var waited = pace.Next(TimeSpan.Zero);
            while (waited < expected - Milliseconds(1))
                waited += pace.Next(waited, expected);
            Assert.InRange((waited - expected).TotalSeconds, -0.001, 0.001);
        }, iter: 5000);

    private static Gen<(int Answer, TimeSpan Waited, TimeSpan Expected)> Waits =>
        Gen.Select(Gen.Int[1, 5000], Gen.Double[0, 4000], Gen.Double[0, 8000], (a, w, e) => (a, TimeSpan.FromSeconds(w), TimeSpan.FromSeconds(e)));

    private static PollInterval PaceOf(int milliseconds)
    {
        var pace = new PollInterval();
        pace.Learn(Milliseconds(milliseconds));
        return pace;
    }

    private static TimeSpan Milliseconds(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
