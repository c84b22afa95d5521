using Orchestrator.Domain.Nodes;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Tests.Nodes;

/// <summary>An answer that cannot be understood says nothing of whether the node did what was asked, so that may have been done.</summary>
public sealed class MalformedSpecs
{
    [Fact]
    public void A_node_whose_answer_to_disable_cannot_be_understood_may_be_held()
    {
        var ended = Ended(Answered(new Trial(_ => new NodeAssignment.Isolate(Trial.Start.AddMinutes(10)))));

        Assert.Equal((Outcome.Refused, Hold.Asked), (ended.Outcome, ended.Hold!.Value));
    }

    [Fact]
    public void So_may_one_that_is_disabled_and_does_not_say_by_whom()
    {
        var trial = new Trial(_ => new NodeAssignment.Isolate(Trial.Start.AddMinutes(10)));
        var ended = Ended(Answered(trial.Answer(new SwitchReply(1, "Already disabled", Trial.Start, false))));

        Assert.Equal((Outcome.Refused, Hold.Asked), (ended.Outcome, ended.Hold!.Value));
    }

    [Fact]
    public void One_that_denies_disable_is_not_held()
    {
        var ended = Ended(Denying().Answer(StatusOf(enabled: true, "")));

        Assert.Equal((Outcome.Refused, "not authorized", Hold.None), (ended.Outcome, ended.Message, ended.Hold!.Value));
    }

    [Fact]
    public void One_that_denies_disable_and_is_disabled_by_an_attempt_before_stays_held()
    {
        var ended = Ended(Denying().Answer(StatusOf(enabled: false, Trial.Held)));

        Assert.Equal((Outcome.Refused, "not authorized", Hold.Held), (ended.Outcome, ended.Message, ended.Hold!.Value));
    }

    [Fact]
    public void One_that_denies_disable_and_then_says_nothing_may_be_held_by_an_attempt_before()
    {
        var ended = Ended(Denying().SilenceToTheEnd());

        Assert.Equal((Outcome.Refused, "not authorized", Hold.Asked), (ended.Outcome, ended.Message, ended.Hold!.Value));
    }

    [Fact]
    public void One_whose_answer_to_enable_cannot_be_understood_may_be_open()
    {
        var ended = Ended(Answered(new Trial(n => Trial.Run(n))));

        Assert.Equal((Outcome.Refused, Hold.Asked), (ended.Outcome, ended.Hold!.Value));
    }

    [Fact]
    public void One_whose_answer_to_runonce_cannot_be_understood_is_watched_like_one_that_was_silent()
    {
        var trial = Answered(new Trial(n => Trial.Run(n)).Enabled()).Status().Woken().Status(applying: true);

        Assert.IsType<NodeFact.Began>(Assert.Single(trial.Facts));
    }

    private static Trial Denying() =>
        new Trial(_ => new NodeAssignment.Isolate(Trial.Start.AddMinutes(10))).Answer(new SwitchReply(1, "not authorized", Trial.Start, null));

    private static StatusReply StatusOf(bool enabled, string message) => new(0, "OK", Trial.Start, new NodeStatus(enabled, false, false, false, 100, 100, message));

    private static Trial Answered(Trial trial) => trial.Answer(new MalformedReply(0, "OK", Trial.Start, "data.enabled: expected true or false, found a text"));

    private static NodeFact.Ended Ended(Trial trial) => Assert.Single(trial.Facts.OfType<NodeFact.Ended>());
}
