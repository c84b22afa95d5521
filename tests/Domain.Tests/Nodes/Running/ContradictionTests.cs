using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Runs;
using Orchestrator.Domain.Tests.Runs;
using Orchestrator.Messages;
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

    private static readonly Dictionary<string, (Func<NodeName, NodeAssignment> Assignment, Func<Trial, Trial> Answers)> Works = new()
    {
        ["check"] = (_ => new NodeAssignment.Check(), t => t.Status().Summary(GoodRun.Summary)),
        ["isolate"] = (_ => new NodeAssignment.Isolate(Trial.Start.AddMinutes(30)), t => t.Disabled().Status(enabled: false)),
        ["prepare"] = (_ => new NodeAssignment.Prepare(1, Trial.Start.AddMinutes(30), Trial.Start), t => t.Status(enabled: false)),
        ["look"] = (_ => new NodeAssignment.Look(Restores: true), t => t.Status(enabled: false)),
        ["hold again"] = (_ => new NodeAssignment.HoldAgain(), t => t.Disabled()),
        ["release"] = (_ => new NodeAssignment.Release(), t => t.Status(enabled: false).Enabled()),
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

    [Fact]
    public void A_node_that_cannot_be_read_again_by_the_run_deadline_is_unproven_and_nobody_says_that_it_never_answered()
    {
        var trial = Concluding().Contradicted().Status(enabled: false, lastRun: 206).Pass(TimeSpan.FromHours(2)).SilenceToTheEnd();

        var end = Assert.Single(trial.Facts.OfType<NodeFact.Ended>());
        Assert.Equal((Outcome.FailedUnproven, "it gave contradictory answers, and it could not be read again by the run deadline"), (end.Outcome, end.Message));
    }

    [Fact]
    public void After_a_restart_what_a_node_says_that_contradicted_itself_before_is_believed_only_once_nothing_contradicts_it()
    {
        Trial Resumed() => new Trial(n => ((NodeAssignment.Run)Trial.Run(n, mayAsk: false)) with { InitiatedAt = 200, Began = true, Contradicted = true })
            .Pass(TimeSpan.FromSeconds(6)).Status(lastRun: 206).Summary(Good).Disabled().Status(enabled: false, lastRun: 206);

        Assert.Null(VerdictOf(Resumed()));
        Assert.Equal(Outcome.Succeeded, VerdictOf(Resumed().Woken())?.Outcome);
        Assert.Null(VerdictOf(Resumed().Contradicted().Woken()));
    }

    public static TheoryData<string> Stages => [.. Works.Keys];

    [Theory]
    [MemberData(nameof(Stages))]
    public void No_stage_ends_by_answers_that_were_contradicted(string stage)
    {
        var (assignment, answers) = Works[stage];
        var end = answers(new Trial(assignment)).Facts[^1];

        var trial = answers(new Trial(assignment).Contradicted());
        Assert.False(Ended(), stage);
        answers(trial);
        Assert.False(Ended(), $"{stage}: read anew, and nobody knows yet whether that is contradicted too");
        trial.Woken();
        Assert.True(Ended(), stage);

        bool Ended() => trial.Facts.Any(f => f.GetType() == end.GetType());
    }

    [Theory]
    [MemberData(nameof(Stages))]
    public void Who_contradicts_itself_each_time_it_is_read_is_never_believed(string stage)
    {
        var (assignment, answers) = Works[stage];
        var end = answers(new Trial(assignment)).Facts[^1];

        var trial = new Trial(assignment);
        for (var time = 0; time < 3; time++)
            answers(trial.Contradicted());

        Assert.NotEqual(end.GetType() == typeof(NodeFact.Seen) ? typeof(NodeSight.Ours) : end.GetType(), What(trial.Facts[^1]));
        Assert.Contains("contradictory answers", trial.Facts[^1].ToString(), StringComparison.Ordinal);
        Assert.True(trial.Outstanding is null && trial.Pause is null, $"{stage} is over");
    }

    private static Type What(NodeFact fact) => fact is NodeFact.Seen seen ? seen.Sight.GetType() : fact.GetType();

    [Fact]
    public void A_contradiction_that_arrives_after_a_stage_is_settled_by_the_next_one_s_own_readings()
    {
        var context = new NodeContext(new NodeName("web1.example.net"), new DeploymentId("nodework"), Trial.Held, "production", new DeploymentOptions());
        var check = new Trial(_ => new NodeAssignment.Check(), context: context).Status().Summary(GoodRun.Summary);
        Assert.IsType<NodeFact.Checked>(check.Facts[^1]);

        var isolate = Works["isolate"].Answers(new Trial(Works["isolate"].Assignment, context: check.Contradicted().Context));

        Assert.IsNotType<NodeFact.Idle>(isolate.Facts[^1]);
        Assert.IsType<NodeFact.Idle>(Works["isolate"].Answers(isolate).Woken().Facts[^1]);
    }
}
