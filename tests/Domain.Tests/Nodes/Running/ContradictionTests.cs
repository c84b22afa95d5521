using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Runs;
using Orchestrator.Domain.Tests.Runs;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Tests.Nodes.Running;

/// <summary>A node that answers one request in two ways proves nothing, until it has been read again and did not.</summary>
public sealed class ContradictionTests
{
    private static readonly RunSummary Good = GoodRun.Summary with
    {
        LastRun = 206,
        TimeTotal = 5,
        Logs = [GoodRun.Line("Applied catalog in 1.00 seconds", time: 206)],
    };

    /// <summary>The run is judged, and the node held and read once more.</summary>
    private static Trial Concluding() => new Trial(n => Trial.Run(n)).Enabled().Accepted().Pass(TimeSpan.FromSeconds(6)).Status(lastRun: 206)
        .Summary(Good).Disabled();

    private static Trial ReadAnew(Trial trial, RunSummary summary) => trial.Status(enabled: false, lastRun: 206).Summary(summary);

    private static Verdict? VerdictOf(Trial trial) => trial.Facts.OfType<NodeFact.Judged>().SingleOrDefault()?.Verdict;

    [Fact]
    public void Without_a_contradiction_the_node_is_read_no_further() =>
        Assert.Equal(Outcome.Succeeded, VerdictOf(Concluding().Status(enabled: false, lastRun: 206))?.Outcome);

    [Fact]
    public void Status_and_summary_are_read_again_and_what_they_say_then_counts_once_nothing_contradicts_it()
    {
        var trial = Concluding().Contradicted().Status(enabled: false, lastRun: 206);
        Assert.Equal((null, typeof(NodeRequest.Status)), (VerdictOf(trial), trial.Outstanding?.GetType()));

        ReadAnew(trial, Good with { Resources = Good.Resources with { Failed = 1 } });
        Assert.Null(VerdictOf(trial));
        Assert.Equal(Outcome.FailedResources, VerdictOf(trial.Woken())?.Outcome);
    }

    [Fact]
    public void A_second_answer_that_comes_late_counts_too()
    {
        var trial = ReadAnew(Concluding().Contradicted().Status(enabled: false, lastRun: 206), Good);
        ReadAnew(trial.Contradicted().Woken(), Good);

        Assert.Null(VerdictOf(trial));
        Assert.Equal(Outcome.Succeeded, VerdictOf(trial.Woken())?.Outcome);
    }

    [Fact]
    public void A_node_that_contradicts_itself_each_time_has_proved_nothing()
    {
        var trial = Concluding().Contradicted().Status(enabled: false, lastRun: 206);
        ReadAnew(trial, Good).Contradicted().Woken();
        ReadAnew(trial, Good).Contradicted().Woken();

        Assert.Null(VerdictOf(trial));
        var end = Assert.Single(trial.Facts.OfType<NodeFact.Ended>());
        Assert.Equal((Outcome.FailedUnproven, Hold.Held), (end.Outcome, end.Hold));
    }
}
