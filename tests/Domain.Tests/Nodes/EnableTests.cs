using Orchestrator.Domain.Nodes;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Tests.Nodes;

/// <summary>
/// No node is enabled that does not carry our message, also where an enable before was not answered: a person may have disabled the node since.
/// </summary>
public sealed class EnableTests
{
    [Fact]
    public void A_release_that_was_not_answered_is_repeated_only_where_the_node_still_carries_our_message()
    {
        var trial = Releasing().Silence().Woken();
        Assert.IsType<NodeRequest.Status>(trial.Outstanding);
        Assert.IsType<NodeRequest.Enable>(trial.Status(enabled: false).Outstanding);

        Assert.IsType<NodeFact.Released>(Assert.Single(trial.Silence().Woken().DisabledByAnother().Facts));
    }

    [Fact]
    public void A_release_that_was_carried_out_and_not_answered_is_done()
    {
        Assert.IsType<NodeFact.Released>(Assert.Single(Releasing().Silence().Woken().Status(enabled: true).Facts));
    }

    [Fact]
    public void A_release_is_given_up_after_as_many_tries_as_any_request()
    {
        var trial = Releasing().Silence().Woken().Status(enabled: false).Silence().Woken().Status(enabled: false).Silence();

        Assert.Equal("no answer to enable", Assert.IsType<NodeFact.NotReleased>(Assert.Single(trial.Facts)).Message);
    }

    [Fact]
    public void A_node_that_a_person_disabled_while_it_was_being_enabled_is_not_run()
    {
        var trial = new Trial(n => Trial.Run(n)).Silence().Woken().DisabledByAnother();

        Assert.IsType<NodeFact.NotSent>(trial.Facts[0]);
        var ended = Assert.IsType<NodeFact.Ended>(trial.Facts[1]);
        Assert.Equal((2, Outcome.RefusedDisabled, "disk swap", Hold.None), (ended.Number, ended.Outcome, ended.Message, ended.Hold!.Value));
    }

    [Fact]
    public void A_node_that_was_enabled_without_an_answer_is_run()
    {
        Assert.IsType<NodeRequest.Runonce>(new Trial(n => Trial.Run(n)).Silence().Woken().Status(enabled: true).Outstanding);
    }

    [Fact]
    public void An_enable_that_could_not_be_sent_for_a_while_is_preceded_by_a_look_too()
    {
        Assert.IsType<NodeRequest.Status>(Releasing().NotSent().Woken().Outstanding);
        Assert.IsType<NodeRequest.Status>(new Trial(n => Trial.Run(n)).NotSent().Woken().Outstanding);
    }

    [Fact]
    public void A_release_that_waited_too_long_for_its_turn_is_asked_anew_after_a_look_however_long_that_was()
    {
        var trial = Releasing().Pass(TimeSpan.FromMinutes(10)).Expired();
        Assert.IsType<NodeRequest.Status>(trial.Outstanding);

        Assert.IsType<NodeFact.Released>(Assert.Single(trial.Status(enabled: false).Enabled().Facts));
    }

    [Fact]
    public void A_release_that_waits_too_long_again_and_again_is_given_up_and_says_why()
    {
        var trial = Releasing();
        for (var i = 0; i < 3; i++)
            trial = trial.Expired().Status(enabled: false);
        Assert.Empty(trial.Facts);

        var given = Assert.IsType<NodeFact.NotReleased>(Assert.Single(trial.Expired().Facts));
        Assert.Equal("no answer to enable; it could not be sent: the request waited too long for its turn and expired before it could be sent", given.Message);
    }

    [Fact]
    public void A_runonce_that_waited_too_long_is_not_repeated_by_itself()
    {
        var trial = new Trial(n => Trial.Run(n)).Enabled().Expired();
        Assert.IsType<NodeRequest.Disable>(trial.Outstanding);

        Assert.IsType<NodeFact.NotSent>(Assert.Single(trial.Disabled().Facts));
    }

    [Fact]
    public void A_disable_that_finds_no_way_either_is_not_begun_anew()
    {
        var trial = new Trial(n => Trial.Run(n)).Enabled().NotSent(isFenced: true).NotSent(isFenced: true);

        Assert.Equal((null, "the broker is down"), (trial.Outstanding, Assert.Single(trial.Facts.OfType<NodeFact.NotSent>()).Message));
    }

    private static Trial Releasing() => new Trial(_ => new NodeAssignment.Release()).Status(enabled: false);
}
