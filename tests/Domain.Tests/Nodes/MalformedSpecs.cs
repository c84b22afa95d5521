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
        var ended = Ended(new Trial(_ => new NodeAssignment.Isolate(Trial.Start.AddMinutes(10))).Answer(new SwitchReply(1, "not authorized", Trial.Start, null)));

        Assert.Equal((Outcome.Refused, Hold.None), (ended.Outcome, ended.Hold!.Value));
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

    private static Trial Answered(Trial trial) => trial.Answer(new MalformedReply(0, "OK", Trial.Start, "data.enabled: expected true or false, found a text"));

    private static NodeFact.Ended Ended(Trial trial) => Assert.Single(trial.Facts.OfType<NodeFact.Ended>());
}
