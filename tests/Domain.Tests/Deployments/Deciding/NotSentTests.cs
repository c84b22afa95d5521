using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Domain.Tests.Deployments.Deciding;

/// <summary>A request that never left is made again under a new number, but not for ever.</summary>
public class NotSentTests
{
    private static readonly NodeName Db = new("db");

    [Fact]
    public void A_node_whose_request_could_not_be_sent_three_times_is_unreachable_and_says_why()
    {
        var given = NotSent(Given.Requested(), from: 1);

        var events = Assert.IsType<Decision.Accept>(given.WhenFacts(Ready)).Events;

        Assert.Empty(events.OfType<RunRequested>());
        var settled = Assert.Single(events.OfType<NodeSettled>());
        Assert.Equal((Db, Outcome.Unreachable, Hold.Held), (settled.Node, settled.Outcome, settled.Hold));
        Assert.Equal("the request for its run could not be sent 3 times; the last time: no way 3", settled.Message);
    }

    [Fact]
    public void What_the_node_said_of_itself_counts_more_than_that_nothing_was_sent()
    {
        var given = Given.Requested();
        for (var number = 1; number < 3; number++)
            given = given.AfterFacts(new NodeFact.NotSent(Db, number, "no way")).AfterFacts(Ready);

        given = given.AfterFacts(new NodeFact.NotSent(Db, 3, "hands off"), new NodeFact.Ended(Db, 4, Outcome.RefusedDisabled, "hands off", Hold.None));

        Assert.Equal(Outcome.RefusedDisabled, given.State.Nodes[Db].Result!.Outcome);
    }

    [Fact]
    public void A_retry_counts_anew()
    {
        var given = NotSent(Given.Requested(), from: 1).AfterFacts(Ready)
            .AfterFacts(Given.All(n => new NodeFact.Released(n)))
            .After(Given.Verbs["retry"])
            .AfterFacts(Given.All(n => new NodeFact.Checked(n, false, false)))
            .AfterFacts([.. Given.All(n => new NodeFact.Held(n)), .. Given.All(n => new NodeFact.Idle(n))]);

        Assert.Equal(4, Assert.Single(Assert.IsType<Decision.Accept>(given.WhenFacts(Ready)).Events.OfType<RunRequested>()).Number);
    }

    private static NodeFact Ready => new NodeFact.Ready(Db, 100, 200, false);

    /// <summary>Three requests came to nothing; after the last the node is being read again.</summary>
    private static Given NotSent(Given given, int from)
    {
        for (var number = from; number < from + 3; number++)
        {
            if (number > from)
                given = given.AfterFacts(Ready);
            given = given.AfterFacts(new NodeFact.NotSent(Db, number, $"no way {number}"));
        }
        return given;
    }
}
