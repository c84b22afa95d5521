using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Tests.Deployments;

/// <summary>What is said to make sense is what is taken when it comes.</summary>
public sealed class PossibleVerbTests
{
    private static readonly DeploymentLine Line = new(
        new DeploymentId("decider2"), "production", DeploymentPhase.Running, Given.Now, 3, 0, "alice", new FleetName("test"), new PlanId("sha256:x"), true, []);

    public static TheoryData<string> States => [.. Given.States.Keys];

    [Theory]
    [MemberData(nameof(States))]
    public void A_verb_makes_sense_where_it_would_be_taken(string state)
    {
        var given = Given.States[state]();
        var possible = PossibleVerbs.Of(given.State, given.Plan, Given.Now);

        foreach (var (word, command) in Given.Verbs.Where(v => v.Key != "hold"))
            Assert.Equal((word, Takes(given, command)), (word, possible.Any(v => v.Nodes is null && Word(v) == word)));
        Assert.Equal(
            given.Plan.Nodes.Where(n => Takes(given, new DeploymentCommand.Hold("bob", n))),
            Named(given, possible.SingleOrDefault(v => v.Verb == Verb.Hold)));
    }

    /// <summary>Of three nodes, so many are kept already.</summary>
    [Theory]
    [InlineData("", null, "")]
    [InlineData("db", null, "db")]
    [InlineData("db app1", "app2", null)]
    [InlineData("db app1 app2", null, null)]
    public void The_nodes_that_may_be_named_are_told_in_the_shorter_way(string kept, string? nodes, string? allBut)
    {
        var given = kept.Split(' ', StringSplitOptions.RemoveEmptyEntries).Aggregate(
            Given.Requested(), (g, n) => g.After(new DeploymentCommand.Hold("bob", new NodeName(n))));

        var hold = PossibleVerbs.Of(given.State, given.Plan, Given.Now).SingleOrDefault(v => v.Verb == Verb.Hold);

        Assert.Equal((nodes, allBut), (Words(hold?.Nodes), Words(hold?.AllBut)));
        Assert.Equal(hold is not null, hold?.NamesNode == true);

        static string? Words(IReadOnlyList<NodeName>? names) => names is null ? null : string.Join(' ', names);
    }

    private static IEnumerable<NodeName> Named(Given given, PossibleVerb? possible) =>
        possible?.Nodes ?? (possible?.AllBut is { } but ? given.Plan.Nodes.Except(but) : []);

    [Fact]
    public void A_node_that_a_person_keeps_must_be_named_to_be_released()
    {
        var kept = Given.Failed().After(new DeploymentCommand.Hold("bob", new NodeName("db")));
        var possible = PossibleVerbs.Of(kept.State, kept.Plan, Given.Now);
        Assert.Equal(["db"], possible.Single(v => v is { Verb: Verb.Release, Nodes: not null }).Nodes!.Select(n => n.Value));
        Assert.Contains(possible, v => v is { Verb: Verb.Release, Nodes: null });
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("last_good", false)]
    public void A_rollback_needs_an_environment_where_none_was_given_to_run(string? environment, bool needed)
    {
        var failed = Given.Failed(new DeploymentOptions { RollbackEnvironment = environment });
        Assert.Equal(needed, PossibleVerbs.Of(failed.State, failed.Plan, Given.Now).Single(v => v.Verb == Verb.Rollback).NeedsEnvironment);
    }

    [Fact]
    public void How_many_nodes_a_verb_is_about_is_told()
    {
        var failed = Given.Failed(new DeploymentOptions { RollbackEnvironment = "last_good" }).After(new DeploymentCommand.Hold("bob", new NodeName("app1")));
        var possible = PossibleVerbs.Of(failed.State, failed.Plan, Given.Now);
        int? CountOf(Verb verb) => possible.Single(v => v.Verb == verb && !v.NamesNode).Count;
        Assert.Equal((3, 1, 2), (CountOf(Verb.Retry), CountOf(Verb.Rollback), CountOf(Verb.Release)));
    }

    [Fact]
    public void What_the_coordinator_knows_comes_before_the_history()
    {
        var (running, failed) = (Given.States["running"](), Given.Failed());

        Assert.Equal([Verb.Resume], Of(running, Line with { Active = false }));
        Assert.Equal([Verb.Resume, Verb.Abandon], Of(running, Line with { Active = false, Attention = DeploymentLine.CannotBeCarriedOn }));
        var waiting = Line with { State = DeploymentPhase.Waiting, WaitsFor = [new DeploymentId("other222")] };
        Assert.Equal([Verb.Cancel, Verb.Abandon], Of(Given.Nothing(), waiting));
        // Given up: whatever its history says, nobody goes on with it.
        Assert.Empty(Of(running, Line with { State = DeploymentPhase.Abandoned }));
        Assert.Empty(Of(Given.Nothing(), Line with { State = DeploymentPhase.Cancelled }));
        Assert.Contains(Verb.Retry, Of(failed, Line with { State = DeploymentPhase.Failed }));
        Assert.Equal([Verb.Release, Verb.Hold], Of(failed, Line with { State = DeploymentPhase.Failed }, isFleetGone: true));
    }

    private static IEnumerable<Verb> Of(Given given, DeploymentLine line, bool isFleetGone = false) =>
        PossibleVerbs.Of(line, isFleetGone, given.State, given.Plan, Given.Now).Select(v => v.Verb);

    private static bool Takes(Given given, DeploymentCommand command) =>
        DeploymentDecider.Decide(given.State, given.Plan, command, Given.Now) is Decision.Accept;

    private static string Word(PossibleVerb possible) => possible.Verb.ToString().ToLowerInvariant();
}
