using Orchestrator.Testing.Chaos;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Actors.Tests.Simulation;

/// <summary>A sample of the campaign of bench/Chaos, and whether its checks would find anything.</summary>
public class ChaosTests
{
    private const int Sample = 1000;

    [Fact]
    public void Whatever_befalls_wire_journal_actors_clock_and_nodes_the_promises_hold()
    {
        var runs = Enumerable.Range(1, Sample).AsParallel().Select(seed => ChaosRun.Of(seed))
            .Select(run => (Report: run.Broken.Count > 0 ? run.Report() : null, IsContradicted: run.Simulation.Journal.OfType<AnswersContradicted>().Any()))
            .ToList();

        Assert.Null(runs.Find(r => r.Report is not null).Report);
        Assert.Contains(runs, r => r.IsContradicted);
    }

    [Theory]
    [InlineData(Plant.RunsTwice, "was asked for a run")]
    [InlineData(Plant.ForgetsHolds, "is left disabled by us and not named as held")]
    [InlineData(Plant.BelievesFailures, "is said to have succeeded, and no run went well there")]
    [InlineData(Plant.NeverEnds, "it has not ended")]
    [InlineData(Plant.IgnoresOrder, "had succeeded")]
    [InlineData(Plant.LosesHistory, "whoever takes the deployment up does not know")]
    [InlineData(Plant.TearsJournal, "the journal tells another story")]
    public void A_fault_of_ours_is_found_by_its_check(Plant plant, string words)
    {
        var found = Enumerable.Range(1, Sample).AsParallel()
            .Any(seed => ChaosRun.Of(seed, plant).Broken.Any(b => b.Contains(words, StringComparison.Ordinal)));

        Assert.True(found, $"{plant} is found in none of {Sample} seeds");
    }

    [Fact]
    public void A_seed_is_the_same_story_each_time()
    {
        for (var seed = 1; seed <= 50; seed++)
            Assert.Equal(ChaosRun.Of(seed).Report(), ChaosRun.Of(seed).Report());
    }
}
