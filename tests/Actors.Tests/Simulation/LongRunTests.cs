using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Actors.Tests.Simulation;

/// <summary>How often nodes are asked whose runs take long, and how soon their ends are seen: on the whole core in virtual time.</summary>
public class LongRunTests
{
    [Theory]
    [InlineData("50ms", 650, 320, 1.1)]
    [InlineData("1s", 140, 115, 3.1)]
    public void Of_a_group_s_batches_the_first_one_teaches_the_others_when_to_poll(string answer, int firstAtMost, int othersAtMost, double seenWithin)
    {
        var simulation = new SimulatedDeployment(
            Sites.PlanOf(["a", "b", "c", "d"]), new DeploymentOptions { Batch = BatchSizes.TryParse("1", out var one, out _) ? one : null },
            Sites.Scenario($"defaults: {{ run: 10m, start-lag: 2s, answer: {answer} }}"));
        Assert.Equal(DeploymentPhase.Succeeded, simulation.Run().State);

        Assert.InRange(simulation.Fleet.Observe(new NodeName("a")).Status.Handled, othersAtMost, firstAtMost);
        foreach (var name in (string[])["b", "c", "d"])
        {
            var node = simulation.Fleet.Observe(new NodeName(name));
            Assert.InRange(node.Status.Handled, 0, othersAtMost);
            var ended = node.Diary.Single(d => d.What.EndsWith(" ended", StringComparison.Ordinal)).At;
            var settled = simulation.Journal.OfType<DeploymentEvents.NodeSettled>().Single(e => e.Node.Value == name).At;
            // The look, and the summary with its log.
            Assert.InRange((settled - ended).TotalSeconds, 0, seenWithin);
        }
    }
}
