using CsCheck;
using Orchestrator.Domain.Nodes;

namespace Orchestrator.Domain.Tests.Nodes;

/// <summary>How often a node is looked at.</summary>
public sealed class PaceSpecs
{
    [Fact]
    public void A_node_is_looked_at_no_sooner_than_five_times_what_it_takes_to_answer_and_a_second() =>
        Gen.Select(Gen.Int[21, 10_000].Array[1, 10], Gen.Int[0, 3_600_000]).Sample((answers, waited) =>
        {
            var pace = new Pace();
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
    public void Real_nodes_have_the_same_pace_however_long_they_were_waited_for(int answer, int pause)
    {
        var pace = new Pace();
        pace.Learn(Milliseconds(answer));
        Assert.All([0, 1, 60, 3600], seconds => Assert.Equal(Milliseconds(pause), pace.Next(TimeSpan.FromSeconds(seconds))));
    }

    [Fact]
    public void One_slow_answer_is_what_the_way_cost_and_three_are_what_the_node_costs()
    {
        var pace = new Pace();
        foreach (var answer in (int[])[100, 3000, 3000])
            pace.Learn(Milliseconds(answer));
        Assert.Equal(Milliseconds(1000), pace.Next(TimeSpan.Zero));
        pace.Learn(Milliseconds(3000));
        Assert.Equal(Milliseconds(15_000), pace.Next(TimeSpan.Zero));
    }

    private static TimeSpan Milliseconds(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
