using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Tests.Deployments.Deciding;

/// <summary>The first thing that is ever heard of a node may be a contradiction.</summary>
public sealed class ContradictedCheckTests
{
    private static readonly NodeName Db = new("db");
    private static readonly NodeFact Contradicted = new NodeFact.Contradicted(Db, "status", "0123456789abcdef", "fedcba9876543210");

    [Fact]
    public void It_is_told_before_the_node_is_known_and_is_a_warning_of_the_verdict_that_follows()
    {
        var given = Given.Checking().AfterFacts(Contradicted);
        Assert.Single(given.State.EarlyContradictions);

        var refused = given.AfterFacts(new NodeFact.Ended(Db, 0, Outcome.Refused, "no", null)).State.Nodes[Db];

        Assert.Equal(Phrases.Contradicted("status", "0123456789abcdef", "fedcba9876543210"), Assert.Single(refused.Result!.Warnings!));
    }

    [Fact]
    public void It_stays_with_the_node_that_passes_the_check()
    {
        var given = Given.Checking().AfterFacts(Contradicted).AfterFacts(Given.All(n => new NodeFact.Checked(n, false, false)));

        Assert.Equal((1, 0), (given.State.Nodes[Db].Contradictions.Length, given.State.Nodes[new NodeName("app1")].Contradictions.Length));
    }

    [Fact]
    public void Who_forges_answers_does_not_fill_the_journal_with_them()
    {
        var given = Given.Checking();
        for (var time = 0; time < 5; time++)
            given.AfterFacts(Contradicted);

        Assert.IsType<Decision.Ignore>(given.WhenFacts(Contradicted));
    }
}
