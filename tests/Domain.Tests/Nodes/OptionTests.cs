using Orchestrator.Domain.Nodes;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Tests.Nodes;

/// <summary>Which options a runonce carries, and which nodes are refused because they would not take one.</summary>
public sealed class OptionTests
{
    private static readonly DeploymentOptions Plain = new();
    private static readonly DeploymentOptions Tagged = new() { Tags = ["web", "web::tls"] };
    private static readonly DeploymentOptions RollingBack = new() { OnFailure = OnFailure.Rollback, RollbackEnvironment = "v1" };

    public static TheoryData<DeploymentOptions, string> Needed => new()
    {
        { new DeploymentOptions { Noop = true }, "noop" },
        { new DeploymentOptions { RunEnvironment = "v2" }, "the environment v2" },
        { Tagged, "the tags web,web::tls" },
        { RollingBack, "the rollback environment v1" },
    };

    [Theory]
    [MemberData(nameof(Needed))]
    public void The_check_refuses_a_daemon_that_would_refuse_an_option_that_must_not_be_left_out(DeploymentOptions options, string named)
    {
        var ended = Assert.IsType<NodeFact.Ended>(Assert.Single(Checked(options, daemon: true)));

        Assert.Equal(Outcome.Refused, ended.Outcome);
        Assert.Equal($"a Puppet daemon is running there and would refuse {named}", ended.Message);
    }

    [Theory]
    [MemberData(nameof(Needed))]
    public void A_node_without_a_daemon_takes_every_option(DeploymentOptions options, string named)
    {
        Assert.NotEmpty(named);
        Assert.False(Assert.IsType<NodeFact.Checked>(Assert.Single(Checked(options, daemon: false))).DaemonPresent);
    }

    [Theory]
    [InlineData(-25, "its clock is 24s behind ours: synchronize both clocks, or requests expire")]
    [InlineData(90, "its clock is 1m30s ahead of ours: synchronize both clocks, or requests expire")]
    public void A_clock_that_is_too_far_off_is_told_with_how_far_it_is_ahead_or_behind(int seconds, string message)
    {
        var trial = new Trial(_ => new NodeAssignment.Check());
        trial.Answer(
            new StatusReply(0, "OK", trial.Now.Wall.AddSeconds(seconds), new NodeStatus(false, false, true, false, 100, 100, "")), after: TimeSpan.Zero);

        Assert.Equal((Outcome.RefusedClock, message), trial.Facts.OfType<NodeFact.Ended>().Select(e => (e.Outcome, e.Message)).Single());
    }

    [Fact]
    public void A_daemon_is_no_obstacle_where_nothing_is_needed_of_it()
    {
        Assert.IsType<NodeFact.Checked>(Assert.Single(Checked(Plain, daemon: true)));
        Assert.IsType<NodeFact.Checked>(
            Assert.Single(Checked(new DeploymentOptions { OnFailure = OnFailure.Freeze, RollbackEnvironment = "v1" }, daemon: true)));
    }

    [Theory]
    [InlineData("web1.example.net", true)]
    [InlineData("web*", true)]
    [InlineData("web?.example.net", true)]
    [InlineData("web", false)]
    [InlineData("WEB*", false)]
    [InlineData("*.example.com", false)]
    public void A_pattern_that_matches_the_whole_name_says_that_the_daemon_is_not_signalled(string pattern, bool matches)
    {
        var fact = Assert.Single(Checked(Tagged with { Unsignalled = ["db*", pattern] }, daemon: true));

        if (matches)
            Assert.True(Assert.IsType<NodeFact.Checked>(fact).DaemonPresent, "the event says what the node said");
        else
            Assert.Equal(Outcome.Refused, Assert.IsType<NodeFact.Ended>(fact).Outcome);
    }

    [Fact]
    public void Tags_are_sent_with_commas_between_them() =>
        Assert.Equal(new NodeRequest.Runonce(true, null, false, null, "web,web::tls"), Runonce(Tagged, daemon: false));

    [Fact]
    public void Noop_is_left_to_the_node_s_own_configuration_unless_it_is_asked_for_or_overridden()
    {
        Assert.Null(Runonce(Plain, daemon: false).Noop);
        Assert.True(Runonce(new DeploymentOptions { Noop = true }, daemon: false).Noop);
        Assert.False(Runonce(new DeploymentOptions { OverrideNoop = true }, daemon: false).Noop);
    }

    [Fact]
    public void Without_tags_none_are_sent()
    {
        Assert.Null(Runonce(Plain, daemon: false).Tags);
        Assert.Null(Runonce(Plain with { Tags = [] }, daemon: false).Tags);
    }

    [Fact]
    public void A_signalled_daemon_is_sent_force_alone() =>
        Assert.Equal(new NodeRequest.Runonce(true, null, null, null), Runonce(Plain, daemon: true));

    [Fact]
    public void A_daemon_that_is_not_signalled_is_sent_every_option() =>
        Assert.Equal(
            new NodeRequest.Runonce(true, true, false, "v2", "web"),
            Runonce(new DeploymentOptions { Noop = true, RunEnvironment = "v2", Tags = ["web"], Unsignalled = ["web*"] }, daemon: true));

    [Fact]
    public void A_daemon_that_came_up_since_the_check_is_not_asked_for_a_run_without_its_option()
    {
        var trial = new Trial(n => Trial.Run(n, daemon: true), new DeploymentOptions { Noop = true });

        Assert.Null(trial.Outstanding);
        var facts = trial.Acts.OfType<NodeAct.Report>().Select(a => a.Fact).ToList();
        Assert.IsType<NodeFact.NotSent>(facts[0]);
        var ended = Assert.IsType<NodeFact.Ended>(facts[1]);
        Assert.Equal((2, Outcome.Refused, Hold.Held), (ended.Number, ended.Outcome, ended.Hold));
        Assert.Equal("a Puppet daemon is now running there and would refuse noop", ended.Message);
    }

    [Fact]
    public void A_rollbacks_run_is_not_asked_for_without_its_environment()
    {
        var trial = new Trial(n => Trial.Run(n, daemon: true, environment: "v1"));
        Assert.Contains(trial.Acts.OfType<NodeAct.Report>(),
            a => a.Fact is NodeFact.Ended { Message: "a Puppet daemon is now running there and would refuse the rollback environment v1" });
    }

    private static List<NodeFact> Checked(DeploymentOptions options, bool daemon) =>
        Checked(new Trial(_ => new NodeAssignment.Check(), options).Status(daemon: daemon)).Facts;

    private static Trial Checked(Trial trial) =>
        trial.Outstanding is NodeRequest.LastRunSummary ? trial.Summary(Runs.GoodRun.Summary with { LastRun = 100 }) : trial;

    private static NodeRequest.Runonce Runonce(DeploymentOptions options, bool daemon) =>
        Assert.IsType<NodeRequest.Runonce>(new Trial(n => Trial.Run(n, daemon: daemon), options).Enabled().Outstanding);
}
