using Orchestrator.Domain.Nodes;

namespace Orchestrator.Domain.Tests.Nodes;

/// <summary>How often a node is looked at while something is waited for.</summary>
public sealed class PaceTests
{
    [Theory]
    [InlineData(0, 0.1)]
    [InlineData(2, 0.1)]
    [InlineData(10, 0.5)]
    [InlineData(20, 1)]
    [InlineData(3600, 1)]
    public void A_quick_node_is_looked_at_after_a_twentieth_of_the_wait(double waited, double next) =>
        Assert.Equal(TimeSpan.FromSeconds(next), PaceOf(0.005).Next(TimeSpan.FromSeconds(waited)));

    [Theory]
    [InlineData(0.021, 1)]
    [InlineData(0.2, 1)]
    [InlineData(0.5, 2.5)]
    [InlineData(3, 15)]
    public void A_slower_one_is_left_alone_for_five_of_its_answers_and_a_second_at_the_least(double answer, double next)
    {
        foreach (var waited in (double[])[0, 1, 100])
            Assert.Equal(TimeSpan.FromSeconds(next), PaceOf(answer).Next(TimeSpan.FromSeconds(waited)));
    }

    [Fact]
    public void One_slow_answer_of_a_quick_node_slows_nothing_down_and_three_do() =>
        Assert.Equal((0.1, 5.0), (PaceOf(0.005, 1).Next(TimeSpan.Zero).TotalSeconds, PaceOf(0.005, 1, 1, 1).Next(TimeSpan.Zero).TotalSeconds));

    private static Pace PaceOf(params double[] answers)
    {
        var pace = new Pace();
        foreach (var answer in answers)
            pace.Learn(TimeSpan.FromSeconds(answer));
        return pace;
    }
}
