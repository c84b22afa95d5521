using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Deployments.Views;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Runs;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Tests.Deployments.Views;

/// <summary>Why a node is as it is, in every state that it can be in: db, then app1 and app2, then web, which needs both.</summary>
public sealed class WhyTests
{
    private static readonly DeploymentOptions BatchesOfOne = new() { Batch = BatchSizes.TryParse("1", out var one, out _) ? one : null };

    /// <summary>A state, the node that is asked about, and the chain: a link's node and its text.</summary>
    private static readonly Dictionary<string, (Func<Story> Story, string Node, string[] Links)> States = new()
    {
        ["behind another deployment"] = (() => new Story { WaitsFor = ["abcd2345", "bcde2345"] }, "db",
            ["db: its turn has not come: the deployment has not started",
                "-: the deployment waits for nodes reserved by abcd2345, bcde2345 -> watch abcd2345"]),
        ["before the first event"] = (() => new Story(), "db",
            ["db: its turn has not come: the deployment has not started", "-: the deployment is about to start"]),
        ["cancelled while it waited"] = (() => new Story { Line = DeploymentPhase.Cancelled }, "db",
            ["db: it was never touched: the deployment ended before it started: cancelled"]),

        ["not checked"] = (() => Story.Checking(), "app1", ["app1: it is being checked, no answer yet"]),
        ["checked"] = (() => Story.Checking().Facts(Checked("db")), "db",
            ["db: it passed the check and waits until every node has answered", "-: 3 nodes of 4 have not answered: app1, app2, web"]),
        ["checked and paused"] = (() => Story.Checking().Facts(Checked("db", "app1", "app2")).Do(new DeploymentCommand.Pause("bob")), "db",
            ["db: it passed the check and waits until every node has answered", "-: 1 node of 4 has not answered: web",
                "-: bob paused the deployment at 2026-01-01 00:00:00 +0000 -> resume"]),
        ["left out at the check"] = (() => Story.Checking(Budget("2"))
            .Facts(new NodeFact.Ended(new("app1"), 0, Outcome.Unreachable, "no answer to the check", null)).Facts(Checked("db", "app2", "web")), "app1",
            ["app1: unreachable: no answer to the check; it was left out and did not run"]),
        ["skipped for one that was left out"] = (() => Story.Checking(Budget("2"))
            .Facts(new NodeFact.Ended(new("app1"), 0, Outcome.Unreachable, "no answer to the check", null)).Facts(Checked("db", "app2", "web")), "web",
            ["web: skipped: depends on app1, which ended as \"unreachable\"", "app1: unreachable: no answer to the check; it was left out and did not run"]),

        ["being disabled"] = (() => Story.Isolating(), "app1",
            ["app1: it is being disabled and has not confirmed yet; it must be disabled and idle by 2026-01-01 00:10:00 +0000"]),
        ["disabled under a run"] = (() => Story.Isolating().Facts(Held("app1")), "app1",
            ["app1: it is disabled, and a Puppet run already in progress there may take until 2026-01-01 00:10:00 +0000"]),
        ["idle before the others"] = (() => Story.Isolating().Facts(Held("app1", "db")).Facts(Idle("db")), "db",
            ["db: it is disabled and idle, and waits until all nodes are", "-: 3 nodes are not there yet: app1, app2, web",
                "app1: it is disabled, and a Puppet run already in progress there may take until 2026-01-01 00:10:00 +0000"]),

        ["its turn"] = (() => Story.Running(), "db",
            ["db: its turn came at 2026-01-01 00:00:00 +0000: it starts as soon as it is idle, by 2026-01-01 00:10:00 +0000 at the latest"]),
        ["its turn, and no permit under the fleet's limit"] = (() => Story.Running(new() { MaxRunning = 3 }).Facts(new NodeFact.PermitAwaited(new("db"), 1)),
            "app1",
            [
                "app1: it is held, and waits for db, which it depends on",
                "db: its turn came at 2026-01-01 00:00:00 +0000, and it is waiting for a free slot: at most 3 nodes of the fleet may run Puppet at once",
            ]),
        ["its turn, and its permit under the fleet's limit"] = (() =>
            Story.Running(new() { MaxRunning = 1 }).Facts(new NodeFact.PermitAwaited(new("db"), 1)).Facts(new NodeFact.PermitAcquired(new("db"), 1)), "db",
            ["db: its turn came at 2026-01-01 00:00:00 +0000: it starts as soon as it is idle, by 2026-01-01 00:10:00 +0000 at the latest"]),
        ["its turn, and a pause while it waited for its permit"] = (() =>
            Story.Running(new() { MaxRunning = 3 }).Facts(new NodeFact.PermitAwaited(new("db"), 1)).Do(new DeploymentCommand.Pause("bob")), "db",
            ["db: its turn came at 2026-01-01 00:00:00 +0000: it starts as soon as it is idle, by 2026-01-01 00:10:00 +0000 at the latest",
                "-: bob paused the deployment at 2026-01-01 00:00:00 +0000 -> resume"]),
        ["its turn, paused"] = (() => Story.Running().Do(new DeploymentCommand.Pause("bob")), "db",
            ["db: its turn came at 2026-01-01 00:00:00 +0000: it starts as soon as it is idle, by 2026-01-01 00:10:00 +0000 at the latest",
                "-: bob paused the deployment at 2026-01-01 00:00:00 +0000 -> resume"]),
        ["displaced"] = (() => Story.Running().Facts(Ready("db")).Facts(new NodeFact.Displaced(new("db"), 1, "cron", Hold.Held)), "db",
            ["db: its turn came at 2026-01-01 00:00:00 +0000: it starts as soon as it is idle, by 2026-01-01 00:10:00 +0000 at the latest",
                "db: another Puppet run took its place, so it will be asked to run again"]),
        ["without a trace"] = (() => Story.Running().Facts(Ready("db")).Facts(new NodeFact.Untraced(new("db"), 1, Hold.Held)), "db",
            ["db: its turn came at 2026-01-01 00:00:00 +0000: it starts as soon as it is idle, by 2026-01-01 00:10:00 +0000 at the latest",
                "db: a run request left no trace, so it is sent again"]),
        ["requested"] = (() => Story.Running().Facts(Ready("db")), "db",
            ["db: a run was requested at 2026-01-01 00:00:00 +0000 and not confirmed yet; it must start by 2026-01-01 00:02:00 +0000"]),
        ["accepted"] = (() => Story.Running().Facts(Ready("db")).Facts(new NodeFact.Accepted(new("db"), 1, 200)), "db",
            ["db: it accepted the run request at 2026-01-01 00:00:00 +0000, and the run has not been seen yet; it must start by 2026-01-01 00:02:00 +0000"]),
        ["running"] = (() => Story.Running().Facts(Ready("db")).Facts(new NodeFact.Began(new("db"), 1)), "db",
            ["db: its run is in progress, first seen at 2026-01-01 00:00:00 +0000; it must finish by 2026-01-01 01:00:00 +0000"]),
        ["silent"] = (() => Story.Running().Facts(Ready("db")).Facts(new NodeFact.Began(new("db"), 1)).Facts(new NodeFact.Silent(new("db"), 1)), "db",
            ["db: its run was in progress when it was last read, first seen at 2026-01-01 00:00:00 +0000; it must finish by 2026-01-01 01:00:00 +0000",
                "db: it has not answered since 2026-01-01 00:00:00 +0000: if this continues, it is judged at 2026-01-01 01:00:00 +0000"]),

        ["waiting for what it depends on, to the one that runs"] = (() => Story.Running().Facts(Ready("db")), "web",
            ["web: it is held, and waits for app1, app2, which it depends on", "app1: it is held, and waits for db, which it depends on",
                "db: a run was requested at 2026-01-01 00:00:00 +0000 and not confirmed yet; it must start by 2026-01-01 00:02:00 +0000"]),
        ["waiting for the slower one"] = (() => Story.Second().Facts(Ready("app2")), "web",
            ["web: it is held, and waits for app1, app2, which it depends on",
                "app2: a run was requested at 2026-01-01 00:00:00 +0000 and not confirmed yet; it must start by 2026-01-01 00:02:00 +0000"]),
        ["a later batch"] = (() => Story.Second(BatchesOfOne), "app2",
            ["app2: it is held, and waits for a later batch of group 2", "-: batch 1 of group 2 is running, 1 node of it has not finished: app1",
                "app1: its turn came at 2026-01-01 00:00:00 +0000: it starts as soon as it is idle, by 2026-01-01 00:10:00 +0000 at the latest"]),
        ["a group that waits for approval"] = (() => Story.Second(new() { ApproveGroups = true, ApprovalTimeout = TimeSpan.FromHours(1) }), "web",
            ["web: it is held, and waits for app1, app2, which it depends on", "app1: it is held, and waits for group 2, which waits for approval",
                "-: group 2 waits for approval until 2026-01-01 01:00:00 +0000; without it the deployment is cancelled -> approve 2"]),
        ["a group that a retry begins with and that waits for approval"] = (
            () => Story.Second(new() { ApproveGroups = true }).Do(new DeploymentCommand.Cancel("bob", false)).Do(new DeploymentCommand.Retry("bob"))
                .Facts([.. new[] { "app1", "app2", "web" }.Select(n => new NodeFact.Checked(new(n), false, false))])
                .Facts([.. new[] { "app1", "app2", "web" }.Select(n => new NodeFact.Idle(new(n)))]), "web",
            ["web: it is held, and waits for group 2, which waits for approval", "-: group 2 waits for approval -> approve 2"]),
        ["a soak"] = (() => Story.Second(new() { Soak = TimeSpan.FromMinutes(5) }), "app1",
            ["app1: it is held, and waits for group 2, which starts when the groups before it are done",
                "-: the next batch starts at 2026-01-01 00:05:00 +0000, once batch 1 of group 1 has soaked"]),
        ["a soak, paused"] = (() => Story.Second(new() { Soak = TimeSpan.FromMinutes(5) }).Do(new DeploymentCommand.Pause("bob")), "app1",
            [
                "app1: it is held, and waits for group 2, which starts when the groups before it are done",
                "-: the next batch starts at 2026-01-01 00:05:00 +0000, once batch 1 of group 1 has soaked",
                "-: bob paused the deployment at 2026-01-01 00:00:00 +0000 -> resume",
            ]),
        ["eager"] = (() => Story.Running(new() { Strategy = Strategy.Eager }), "app1",
            ["app1: it is held, and waits for db, which it depends on",
                "db: its turn came at 2026-01-01 00:00:00 +0000: it starts as soon as it is idle, by 2026-01-01 00:10:00 +0000 at the latest"]),
        ["nobody carries it on"] = (() => Story.Running() with { Active = false }, "db",
            [
                "db: its turn came at 2026-01-01 00:00:00 +0000: it starts as soon as it is idle, by 2026-01-01 00:10:00 +0000 at the latest",
                "-: the deployment is not running, its host has exited -> resume",
            ]),

        ["succeeded, and the others go on"] = (() => Story.Second(), "db", ["db: succeeded: succeeded", "db: it stays disabled until the deployment ends"]),
        ["succeeded and free"] = (() => Story.Succeeded(), "web", ["web: succeeded: succeeded"]),
        ["failed and frozen"] = (() => Story.Running().Facts(Ready("db")).Facts(Failed("db", 1)), "db",
            [
                "db: failed: resources: 1 of 40 resources failed", "db: missing proof 5: nothing failed", "db: its log: Could not start Service[mysqld]",
                "db: warning: 1 resource is noop",
                "db: it stays disabled, held by the deployment since 2026-01-01 00:00:00 +0000: for inspection -> retry, rollback ENV, release",
            ]),
        ["skipped to the root"] = (() => Story.Running(Budget("1")).Facts(Ready("db")).Facts(Failed("db", 1)), "web",
            [
                "web: skipped: depends on app1, which was skipped",
                "web: it stays disabled, held by the deployment since 2026-01-01 00:00:00 +0000: for inspection -> retry, rollback ENV, release",
                "app1: skipped: depends on db, which ended as \"failed: resources\"",
                "db: failed: resources: 1 of 40 resources failed", "db: missing proof 5: nothing failed", "db: its log: Could not start Service[mysqld]",
                "db: warning: 1 resource is noop",
            ]),
        ["skipped because another one stopped the deployment"] = (() => Story.Second(BatchesOfOne).Facts(Ready("app1")).Facts(Failed("app1", 1)), "app2",
            [
                "app2: skipped: app1 ended as \"failed: resources\"",
                "app2: it stays disabled, held by the deployment since 2026-01-01 00:00:00 +0000: for inspection -> retry, rollback ENV, release",
                "-: the deployment stopped: 1 of 4 nodes failed, at most 0 may",
                "app1: failed: resources: 1 of 40 resources failed", "app1: missing proof 5: nothing failed", "app1: its log: Could not start Service[mysqld]",
                "app1: warning: 1 resource is noop",
            ]),
        ["skipped because of a person"] = (() => Story.Second(new() { ApproveGroups = true }).Do(new DeploymentCommand.Cancel("bob", true)), "web",
            ["web: skipped: bob cancelled the deployment", "web: it is being enabled"]),
        ["abandoned"] = (() => Story.Running().Facts(Ready("db")).Do(new DeploymentCommand.Abandon("bob")), "db",
            [
                "db: failed: unproven: abandoned during its run: the result is unknown",
                "db: it should be disabled but may run Puppet on its own: disable it by hand if it must not",
            ]),
        ["its fleet was lost during its run"] = (() => Story.Running().Facts(Ready("db")).Do(new DeploymentCommand.LoseFleet("gone")), "db",
            ["db: its result is unknown", "-: the deployment ended as abandoned: gone"]),
        ["its fleet was lost before its run"] = (() => Story.Running().Facts(Ready("db")).Do(new DeploymentCommand.LoseFleet("gone")), "web",
            ["web: it has not run", "-: the deployment ended as abandoned: gone"]),

        ["kept"] = (() => Story.Second().Do(new DeploymentCommand.Hold("bob", new("app1"))).Facts(Ready("app1"), Ready("app2"))
            .Facts(Good("app1"), Good("app2")).Facts(Ready("web")).Facts(Good("web")).Facts(Released("db", "app2", "web")), "app1",
            ["app1: succeeded: succeeded", "app1: bob has held it since 2026-01-01 00:00:00 +0000, so it stays disabled after the deployment ends -> " +
                "release app1"]),
        ["not released"] = (() => Story.Succeeded(new NodeFact.NotReleased(new("web"), "no answer")), "web",
            ["web: succeeded: succeeded", "web: it should be enabled but may still be disabled: once it answers, a release tries again -> release"]),

        ["in the check of a retry"] = (() => Story.Running().Facts(Ready("db")).Facts(Failed("db", 1)).Do(new DeploymentCommand.Retry("bob")), "db",
            ["db: it is being checked for attempt 2, no answer yet"]),
        ["waiting in a rollback"] = (() => Story.RollingBack(), "db",
            [
                "db: it is held, and waits for group 1: a rollback runs from the last group to the first",
                "-: batch 1 of group 2 is running, 2 nodes of it have not finished: app1, app2",
                "app1: its turn came at 2026-01-01 00:00:00 +0000 in the rollback to v41: it starts as soon as it is idle, "
                    + "by 2026-01-01 00:10:00 +0000 at the latest",
            ]),
        ["rolled back"] = (() =>
            Story.RollingBack().Facts(Ready("app1"), Ready("app2")).Facts(Good("app1", 2), Good("app2", 2)).Facts(Ready("db")).Facts(Good("db", 2)), "app1",
            [
                "app1: its run of the rollback to v41: succeeded: succeeded", "app1: its run before that: failed: resources: 1 of 40 resources failed",
                "app1: missing proof 5: nothing failed",
                "app1: its log: Could not start Service[mysqld]", "app1: warning: 1 resource is noop",
                "app1: it stays disabled, held by the deployment since 2026-01-01 00:00:00 +0000: its own Puppet would bring the broken state back, so fix " +
                "that before you release it -> release",
            ]),
        ["stuck"] = (() => Story.RollingBack().Facts(Ready("app1"), Ready("app2")).Facts(Failed("app1", 2), Good("app2", 2)), "db",
            [
                "db: its run of the rollback to v41: skipped: the rollback to v41 failed: app1 ended as \"failed: resources\"",
                "db: its run before that: succeeded: succeeded",
                "db: it stays disabled, held by the deployment since 2026-01-01 00:00:00 +0000: the rollback failed, so look at the node before you " +
                "release it -> release",
                "app1: its run of the rollback to v41: failed: resources: 1 of 40 resources failed", "app1: missing proof 5: nothing failed",
                "app1: its log: Could not start Service[mysqld]", "app1: warning: 1 resource is noop",
                "app1: its run before that: failed: resources: 1 of 40 resources failed", "app1: missing proof 5: nothing failed",
                "app1: its log: Could not start Service[mysqld]", "app1: warning: 1 resource is noop",
            ]),
    };

    public static TheoryData<string> Names => [.. States.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Says_why(string name)
    {
        var (story, node, links) = States[name];
        Assert.Equal(links, story().Why(node).Select(l => $"{l.Node?.Value ?? "-"}: {l.Text}{Next(l)}"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_node_has_an_answer_that_begins_with_it(string name)
    {
        var story = States[name].Story();
        Assert.All(Story.All, node => Assert.Equal(node, story.Why(node)[0].Node?.Value));
    }

    [Fact]
    public void A_chain_of_hundreds_is_shortened_in_its_middle()
    {
        var nodes = Enumerable.Range(0, 300).Select(i => $"n{i:000}").ToArray();
        var plan = new PlanIndex(new Plan(new PlanId("sha256:y"), "production", [], nodes.Length,
            [.. nodes.Select((n, i) => Story.Group(i + 1, i == 0 ? [] : [nodes[i - 1]], n))], []));
        var story = Story.Checking(new() { MaxFailures = FailureBudget.TryParse("1", out var budget, out _) ? budget : FailureBudget.None }, plan);
        story = story.Facts(new NodeFact.Ended(new(nodes[0]), 0, Outcome.Unreachable, "no answer", null)).Facts(Checked(nodes[1..]));

        var links = story.Why(nodes[^1]);

        Assert.Equal(41, links.Length);
        Assert.Equal("… and 260 more steps of this chain", links[20].Text);
        Assert.Equal(nodes[0], links[^1].Node?.Value);
    }

    /// <summary>What is to be done next, with the id of a deployment where it is another one.</summary>
    private static string Next(WhyLink link) => link.Next is not { } steps ? "" : $" -> {string.Join(", ", steps.Select(s =>
        $"{s.Verb?.ToString().ToLowerInvariant() ?? "watch"}{(s.Deployment == Story.Id ? "" : $" {s.Deployment}")}{(s.Node is { } node ? $" {node}" : "")}"
            + $"{(s.Group is { } group ? $" {group}" : "")}{(s.NeedsEnvironment ? " ENV" : "")}"))}";

    private static DeploymentOptions Budget(string text) =>
        new() { MaxFailures = FailureBudget.TryParse(text, out var budget, out _) ? budget : FailureBudget.None };

    private static NodeFact[] Checked(params string[] nodes) => [.. nodes.Select(n => new NodeFact.Checked(new(n), false, false))];

    private static NodeFact[] Held(params string[] nodes) => [.. nodes.Select(n => new NodeFact.Held(new(n)))];

    private static NodeFact[] Idle(params string[] nodes) => [.. nodes.Select(n => new NodeFact.Idle(new(n)))];

    private static NodeFact[] Released(params string[] nodes) => [.. nodes.Select(n => new NodeFact.Released(new(n)))];

    private static NodeFact.Ready Ready(string node) => new(new(node), 100, 200, false);

    private static NodeFact Good(string node, int number = 1) => Given.Judged(node, number, Outcome.Succeeded);

    private static NodeFact.Judged Failed(string node, int number) => new(
        new(node), number,
        new Verdict(true, true, Outcome.FailedResources, [5], 1, null, "1 of 40 resources failed", ["Could not start Service[mysqld]"], ["1 resource is noop"]),
        Hold.Held);

    [Fact]
    public void A_time_that_has_passed_is_no_time_by_which_something_must_happen()
    {
        var story = Story.Running().Facts(Ready("db")).Facts(new NodeFact.Began(new("db"), 1));
        Assert.Equal(
            "its run is in progress, first seen at 2026-01-01 00:00:00 +0000; it must finish by 2026-01-01 01:00:00 +0000",
            Assert.Single(story.Why("db")).Text);
        Assert.Equal(
            "its run is in progress, first seen at 2026-01-01 00:00:00 +0000; its time for that ended at 2026-01-01 01:00:00 +0000: it is judged as soon "
                + "as it can be read",
            Assert.Single(story.Why("db", TimeSpan.FromHours(2))).Text);
    }

    [Fact]
    public void Of_a_run_that_nobody_can_look_at_is_told_what_was_known_last_and_why()
    {
        var story = Story.Running().Facts(Ready("db")).Facts(new NodeFact.Began(new("db"), 1));
        var (run, why) = (story.Why("db", trouble: "the disk is full")[0].Text, story.Why("db", trouble: "the disk is full")[1].Text);
        Assert.StartsWith("its run was in progress when it was last read, first seen at ", run, StringComparison.Ordinal);
        Assert.Equal("the deployment is blocked: the disk is full", why);
        Assert.StartsWith("its run was in progress when it was last read", (story with { Active = false }).Why("db")[0].Text, StringComparison.Ordinal);
    }

    /// <summary>A deployment brought to some point by commands and facts, through the decider.</summary>
    private sealed record Story
    {
        public static readonly DeploymentId Id = new("k7m2p9xa");
        public static readonly string[] All = ["db", "app1", "app2", "web"];

        private static readonly PlanIndex Lamp = new(new Plan(
            new PlanId("sha256:x"), "production", [], 4, [Group(1, [], "db"), Group(2, ["db"], "app1", "app2"), Group(3, ["app1", "app2"], "web")], []));

        private DeploymentState State { get; init; } = DeploymentState.Initial;

        private PlanIndex Plan { get; init; } = Lamp;

        public DeploymentPhase Line { get; init; } = DeploymentPhase.Waiting;

        public string[] WaitsFor { get; init; } = [];

        public bool Active { get; init; } = true;

        public static PlanGroup Group(int number, string[] after, params string[] nodes) => new(
            number, [.. nodes.Select(n => new PlannedNode(new(n), Nothing, [.. after.Select(a => new NodeName(a))]))]);

        private static readonly ImmutableSortedDictionary<string, ImmutableArray<string>> Nothing =
            ImmutableSortedDictionary<string, ImmutableArray<string>>.Empty;

        public static Story Checking(DeploymentOptions? options = null, PlanIndex? plan = null) =>
            new Story { Plan = plan ?? Lamp }.Do(new DeploymentCommand.Start(
                Id, new("sha256:x"), "production", new("test"), options ?? new(), "alice", (plan ?? Lamp).Plan.NodeCount));

        public static Story Isolating(DeploymentOptions? options = null) => Checking(options).Facts(Checked(All));

        public static Story Running(DeploymentOptions? options = null) => Isolating(options).Facts([.. Held(All), .. Idle(All)]);

        /// <summary>db has succeeded.</summary>
        public static Story Second(DeploymentOptions? options = null) => Running(options).Facts(Ready("db")).Facts(Good("db"));

        public static Story Succeeded(params NodeFact[] facts) =>
            Second().Facts(Ready("app1"), Ready("app2")).Facts(Good("app1"), Good("app2")).Facts(Ready("web")).Facts(Good("web"))
                .Facts([.. Released([.. All.Where(n => facts.All(f => f.Node.Value != n))]), .. facts]);

        /// <summary>app1 has failed; app1 and app2 are to run again before db.</summary>
        public static Story RollingBack() => Second(new() { OnFailure = OnFailure.Rollback, RollbackEnvironment = "v41" })
            .Facts(Ready("app1"), Ready("app2")).Facts(Failed("app1", 1), Good("app2")).Facts([.. Held("db", "app1", "app2"), .. Idle("db", "app1", "app2")]);

        public Story Do(DeploymentCommand command) =>
            this with { State = Assert.IsType<Decision.Accept>(DeploymentDecider.Decide(State, Plan, command, Given.Now)).After };

        public Story Facts(params NodeFact[] facts) => Do(new DeploymentCommand.Report([.. facts]));

        public ImmutableArray<Messages.Api.WhyLink> Why(string node, TimeSpan later = default, string? trouble = null) => Domain.Deployments.Views.Why.Of(
            CoordinatorsLine, Plan, State, new(node), DeploymentViews.VerbsOf(CoordinatorsLine, Plan, State, Given.Now + later, isFleetGone: false),
            Given.Now + later, trouble).Links;

        private DeploymentLine CoordinatorsLine => new(
            Id, "production", State.Start is null ? Line : State.Phase, Given.Now, 4, 0, "alice", new("test"), new("sha256:x"), Active,
            [.. WaitsFor.Select(w => new DeploymentId(w))]);
    }
}
