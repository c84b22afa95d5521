using Orchestrator.Domain.Access;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;

namespace Orchestrator.Domain.Tests.Access;

/// <summary>Who may do what, by a policy for a team.</summary>
public sealed class PolicyDecisionTests
{
    private static readonly Policy Team = Policy.Read(
        """
        group deployers  alice, choria=bob.mcollective
        deny   *            *                 *             *    vault*
        deny   alice/old    *                 *             *    *
        allow  @deployers   plan,run,show     staging,qa*   *    *
        allow  @deployers   run               production    Web  web*.example.net
        deny   *            run               production    *    *
        allow  *            show              *             *    *
        allow  carol        *                 *             *    *
        allow  dora         run               canary        App  *
        """,
        "/etc/orchestrator/policy");

    [Theory]
    [InlineData("alice", AccessVerb.Run, "staging", "allowed by /etc/orchestrator/policy:4")]
    [InlineData("alice", AccessVerb.Plan, "qa7", "allowed by /etc/orchestrator/policy:4")]
    [InlineData("alice", AccessVerb.Plan, "production", "no line of /etc/orchestrator/policy allows it")]
    [InlineData("alice", AccessVerb.Cancel, "staging", "no line of /etc/orchestrator/policy allows it")]
    [InlineData("alice/ci", AccessVerb.Run, "staging", "allowed by /etc/orchestrator/policy:4")]
    [InlineData("alice/old", AccessVerb.Run, "staging", "denied by /etc/orchestrator/policy:3")]
    [InlineData("choria=bob.mcollective", AccessVerb.Run, "staging", "allowed by /etc/orchestrator/policy:4")]
    [InlineData("choria=bob.mcollective/ci", AccessVerb.Run, "staging", "allowed by /etc/orchestrator/policy:4")]
    [InlineData("bob", AccessVerb.Run, "staging", "no line of /etc/orchestrator/policy allows it")]
    [InlineData("choria=alice", AccessVerb.Run, "staging", "no line of /etc/orchestrator/policy allows it")]
    [InlineData("Alice", AccessVerb.Run, "staging", "no line of /etc/orchestrator/policy allows it")]
    [InlineData("malice", AccessVerb.Run, "staging", "no line of /etc/orchestrator/policy allows it")]
    [InlineData("alice", AccessVerb.Run, "STAGING", "no line of /etc/orchestrator/policy allows it")]
    [InlineData("eve", AccessVerb.Show, "production", "allowed by /etc/orchestrator/policy:7")]
    [InlineData("carol", AccessVerb.Run, "production", "denied by /etc/orchestrator/policy:6")]
    [InlineData("carol", AccessVerb.Abandon, "production", "allowed by /etc/orchestrator/policy:8")]
    public void The_first_line_about_it_decides(string caller, AccessVerb verb, string environment, string why)
    {
        var decision = Team.Decide(caller, verb, false, environment, () => [("App", new("app1.example.net"))]);

        Assert.EndsWith($": {why}", decision.Sentence, StringComparison.Ordinal);
        Assert.Equal(why.StartsWith("allowed", StringComparison.Ordinal), decision.IsAllowed);
    }

    [Theory]
    [InlineData("carol", AccessVerb.Config, "allowed by /etc/orchestrator/policy:8")]
    [InlineData("alice", AccessVerb.Config, "no line of /etc/orchestrator/policy allows it")]
    [InlineData("alice/old", AccessVerb.Config, "denied by /etc/orchestrator/policy:3")]
    public void About_the_whole_host_only_lines_for_all_environments_applications_and_nodes_decide(string caller, AccessVerb verb, string why) =>
        Assert.EndsWith($": {why}", Team.Decide(caller, verb, false).Sentence, StringComparison.Ordinal);

    [Fact]
    public void A_deployment_is_denied_for_the_first_node_that_it_may_not_have()
    {
        var decision = Team.Decide("alice", AccessVerb.Run, false, "production", () =>
            [("Web", new("web1.example.net")), ("Db", new("web1.example.net")), ("Web", new("vault1"))]);

        Assert.Equal(
            (false, 6, "production", "Db", new NodeName("web1.example.net")),
            (decision.IsAllowed, decision.Line!.Number, decision.Environment, decision.Application, decision.Node));
        Assert.Equal(
            "alice may not use run in environment production on node web1.example.net of application Db: denied by /etc/orchestrator/policy:6",
            decision.Sentence);
        Assert.True(Team.Decide(
            "alice", AccessVerb.Run, false, "production", () => [("Web", new("web1.example.net")), ("Web", new("web2.example.net"))]).IsAllowed);
    }

    [Fact]
    public void What_no_line_is_about_is_denied_for_the_first_node_without_one() => Assert.Equal(
        "dora may not use run in environment canary on node b of application Other: no line of /etc/orchestrator/policy allows it",
        Team.Decide("dora", AccessVerb.Run, false, "canary", () => [("App", new("a")), ("Other", new("b"))]).Sentence);

    [Fact]
    public void Without_a_line_only_who_is_trusted_may()
    {
        Assert.Equal("dora may use run in environment elsewhere: the host's own user and root may do what no line denies",
            Team.Decide("dora", AccessVerb.Run, true, "elsewhere", () => []).Sentence);
        Assert.True(Team.Decide("dora", AccessVerb.Prune, true).IsAllowed);
        Assert.True(Team.Decide("dora", AccessVerb.Run, true, "canary", () => [("Other", new("b"))]).IsAllowed);
        Assert.False(Team.Decide("dora", AccessVerb.Run, true, "canary", () => [("Other", new("vault9"))]).IsAllowed);
        Assert.False(Team.Decide("root", AccessVerb.Run, true, "production", () => [("App", new("app1"))]).IsAllowed);
    }

    [Fact]
    public void Without_a_policy_only_who_is_trusted_may()
    {
        Assert.True(Policy.Empty.Decide("root", AccessVerb.Run, true, "staging", () => []).IsAllowed);
        Assert.Equal(
            "choria=bob.mcollective may not use run in environment staging: there is no policy file, and without one only the host's own user and root may use "
            + "the host",
            Policy.Empty.Decide("choria=bob.mcollective", AccessVerb.Run, false, "staging", () => []).Sentence);
        Assert.StartsWith("bob may not use audit: ", Policy.Empty.Decide("bob", AccessVerb.Audit, false).Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_may_deploy_something_there_may_deploy_nothing()
    {
        Assert.True(Team.Decide("dora", AccessVerb.Run, false, "canary", () => []).IsAllowed);
        Assert.True(Team.Decide("alice", AccessVerb.Run, false, "staging", () => []).IsAllowed);
        Assert.False(Team.Decide("eve", AccessVerb.Run, false, "canary", () => []).IsAllowed);
        Assert.False(Team.Decide("carol", AccessVerb.Run, false, "production", () => []).IsAllowed);
    }

    [Fact]
    public void Names_from_outside_cannot_forge_a_sentence()
    {
        var sentence = Policy.Empty.Decide("bob\nroot may", AccessVerb.Run, false, $"s\u001b[2J{new string('x', 5000)}", () => []).Sentence;

        Assert.StartsWith("bob\\u000aroot may may not use run in environment s\\u001b[2Jxxx", sentence, StringComparison.Ordinal);
        Assert.True(sentence.Length < 500, sentence);
    }

    [Fact]
    public void A_line_is_shown_as_it_stands() =>
        Assert.Equal("allow @deployers run production Web web*.example.net", Team.Lines.Single(l => l.Number == 5).Text);
}
