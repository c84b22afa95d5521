using Akka.Actor;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

namespace Orchestrator.Host.Tests.Api;

/// <summary>Plans before the run: held against earlier ones, expected by their id, and weighed.</summary>
public sealed class PlanRequestTests : IAsyncLifetime
{
    private const string Wider =
        """
        {"environment":"production","applications":{"Lamp[app1]":{
          "Lamp::Mysql[app1]":{"node":"dev1.example.net","produces":["Sql[app1]"]},
          "Lamp::Webapp[app1-1]":{"node":"dev2.example.net","consumes":["Sql[app1]"]},
          "Lamp::Webapp[app1-2]":{"node":"dev3.example.net","consumes":["Sql[app1]"]}}}}
        """;

    private static readonly FleetChoice Emulated = new(true, null, null);
    private static readonly DateTimeOffset At = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
    private TestHost _host = null!;

    public async Task InitializeAsync() => _host = await TestHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    private Task<TestHost.Answer> PlanAsync(string path, string site) => _host.PostAsync(path, Sites.Request(site), MessagesJson.Default.PlanRequest);

    private Task<TestHost.Answer> RunAsync(string site, DeploymentOptions options) => _host.RunAsync(site, options, Emulated);

    private Task<TestHost.Answer> RunAsync(PlanId plan) =>
        _host.PostAsync(HostApi.Deployments, new RunRequest(plan, new DeploymentOptions(), Emulated, false), MessagesJson.Default.RunRequest);

    private object? Ask(string sql)
    {
        using var connection = new JournalConnections(_host.State.Journal).Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    [Fact]
    public async Task A_site_is_held_against_the_plan_of_an_earlier_deployment()
    {
        await RunAsync(Sites.Lamp, new DeploymentOptions());
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa", plan: Sites.PlanOf(Sites.Lamp).Id)];

        var same = (await PlanAsync(HostApi.PlanAgainst("k7"), Sites.Lamp)).Read(MessagesJson.Default.PlanDifference);
        var wider = (await PlanAsync(HostApi.PlanAgainst("k7"), Wider)).Read(MessagesJson.Default.PlanDifference);

        Assert.Equal((true, "k7m2p9xa"), (same.Same, same.Deployment!.Value.Value));
        Assert.Equal((false, Sites.PlanOf(Sites.Lamp).Id, Sites.PlanOf(Wider).Id), (wider.Same, wider.From, wider.To));
        Assert.Equal("dev3.example.net", Assert.Single(wider.Added).Node.Name.Value);
        Assert.Empty(wider.Changed);
        Assert.Equal(1, wider.EdgesAdded);
    }

    [Fact]
    public async Task Whom_a_site_cannot_be_held_against_is_told()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line("ab222222"), FakeCoordinator.Line("ab333333")];
        foreach (var (id, status, code) in new[]
                 {
                     ("zz", 404, ProblemCodes.DeploymentNotFound), ("ab", 409, ProblemCodes.DeploymentAmbiguous),
                     ($"sha256:{new string('0', 64)}", 404, ProblemCodes.PlanNotFound),
                 })
        {
            var answer = await PlanAsync(HostApi.PlanAgainst(id), Sites.Lamp);
            Assert.Equal((status, code), (answer.Status, answer.Problem.Code));
            Assert.Contains(id, answer.Problem.Detail, StringComparison.Ordinal);
        }
        Assert.Equal(422, (await PlanAsync(HostApi.PlanAgainst((await ShownAsync()).Value), """{"applications":{"A[1]":{"C[1]":{}}}}""")).Status);
    }

    private async Task<PlanId> ShownAsync()
    {
        await PlanAsync(HostApi.Plans, Sites.Lamp);
        return Sites.PlanOf(Sites.Lamp).Id;
    }

    [Fact]
    public async Task A_plan_that_was_shown_is_known_by_its_id_and_refused_with_what_differs()
    {
        var shown = await ShownAsync();

        var answer = await PlanAsync(HostApi.PlanToRun(shown), Wider);

        Assert.Equal((409, ProblemCodes.PlanChanged), (answer.Status, answer.Problem.Code));
        Assert.Contains($"has changed since the plan {shown}", answer.Problem.Detail, StringComparison.Ordinal);
        Assert.Equal("dev3.example.net", Assert.Single(answer.Problem.Difference!.Added).Node.Name.Value);
        Assert.Equal(0L, Ask("SELECT count(*) FROM plans"));
        Assert.Equal(200, (await PlanAsync(HostApi.PlanToRun(shown), Sites.Lamp)).Status);
    }

    [Fact]
    public async Task A_plan_that_nobody_keeps_is_refused_without_a_difference()
    {
        var unknown = new PlanId($"sha256:{new string('0', 64)}");
        var answer = await PlanAsync(HostApi.PlanToRun(unknown), Sites.Lamp);
        Assert.Equal((409, ProblemCodes.PlanChanged), (answer.Status, answer.Problem.Code));
        Assert.Contains(unknown.Value, answer.Problem.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("\"difference\"", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_that_is_stored_is_run_by_its_id_whichever_way_it_came_there()
    {
        var shown = await ShownAsync();
        Assert.Equal(0L, Ask("SELECT count(*) FROM plans"));

        Assert.Equal(202, (await RunAsync(shown)).Status);
        Assert.Equal(202, (await RunAsync(shown)).Status);

        Assert.All(_host.Coordinator.Asked, m => Assert.Equal(shown, Assert.IsType<CoordinatorProtocol.RegisterDeployment>(m).Plan.Id));
        // From here on it is kept, however many others are shown.
        Assert.Equal(shown.Value, Ask("SELECT id FROM plans"));
    }

    [Fact]
    public async Task A_plan_that_is_stored_no_more_is_not_run()
    {
        var planned = await _host.PlannedAsync(Sites.Lamp);
        Ask("DELETE FROM shown_plans");

        var answer = await RunAsync(planned);

        Assert.Equal((404, ProblemCodes.PlanNotFound), (answer.Status, answer.Problem.Code));
        Assert.Equal($"the plan {planned} is missing in the journal {_host.State.Journal}: plan the site again", answer.Problem.Detail);
        Assert.Empty(_host.Coordinator.Asked);
        await _host.PlannedAsync(Sites.Lamp);
        Assert.Equal(202, (await RunAsync(planned)).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_damaged_plan_is_not_run_until_its_site_is_planned_again(bool hasRun)
    {
        var planned = await _host.PlannedAsync(Sites.Lamp);
        if (hasRun)
            Assert.Equal(202, (await RunAsync(planned)).Status);
        var before = _host.Coordinator.Asked.Count;
        Ask("UPDATE shown_plans SET json_brotli = x'0102030405'");
        Ask("UPDATE plans SET json_brotli = x'0102030405'");

        var answer = await RunAsync(planned);

        Assert.Equal((404, ProblemCodes.PlanNotFound), (answer.Status, answer.Problem.Code));
        Assert.StartsWith($"the plan {planned} in the journal {_host.State.Journal} cannot be read: ", answer.Problem.Detail, StringComparison.Ordinal);
        Assert.EndsWith(": plan the site again", answer.Problem.Detail, StringComparison.Ordinal);
        Assert.Equal(before, _host.Coordinator.Asked.Count);
        await _host.PlannedAsync(Sites.Lamp);
        Assert.Equal(202, (await RunAsync(planned)).Status);
    }

    [Fact]
    public async Task A_plan_that_cannot_be_kept_can_be_looked_at_but_not_run()
    {
        Ask("DROP TABLE shown_plans");
        Assert.Equal(200, (await PlanAsync(HostApi.Plans, Sites.Lamp)).Status);

        var answer = await PlanAsync(HostApi.PlanToRun(null), Sites.Lamp);

        Assert.Equal((500, ProblemCodes.JournalUnreadable), (answer.Status, answer.Problem.Code));
        Assert.Contains(_host.State.Journal, answer.Problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nodes_are_weighed_by_the_latest_deployments_of_the_fleet()
    {
        await RunAsync(Sites.Lamp, new DeploymentOptions());
        var fleet = Assert.IsType<CoordinatorProtocol.RegisterDeployment>(Assert.Single(_host.Coordinator.Asked)).Fleet;
        _host.Coordinator.Lines =
        [
            FakeCoordinator.Line("aaaa2222", DeploymentPhase.Succeeded, fleet: fleet), FakeCoordinator.Line("bbbb2222", DeploymentPhase.Failed, fleet: fleet),
            FakeCoordinator.Line("cccc2222", fleet: new FleetName("other")), FakeCoordinator.Line("dddd2222", fleet: fleet) with { Environment = "staging" },
        ];
        await RecordAsync("aaaa2222", 10);
        await RecordAsync("bbbb2222", 30);
        await RecordAsync("cccc2222", 500);
        await RecordAsync("dddd2222", 500);
        Assert.True(BatchSizes.TryParse("1", out var one, out _));

        var answer = await _host.PostAsync(HostApi.Impact, new ImpactRequest(Sites.Request(Wider), Emulated, one), MessagesJson.Default.ImpactRequest);
        var impact = answer.Read(MessagesJson.Default.PlanImpact);

        Assert.Equal((fleet, new RunHistory(2, 1, TimeSpan.FromSeconds(20)), one), (impact.Fleet, impact.History, impact.Batch));
        Assert.Equal([(2, 2), (0, 0), (0, 0)], impact.Nodes.Select(n => (n.Skips, n.Runs)));
        Assert.Equal(TimeSpan.FromSeconds(60), impact.Expected);
        Assert.Equal([1, 2], impact.Groups.Select(g => g.Batches));
        Assert.Equal(["dev1.example.net", "dev2.example.net"], impact.CriticalPath!.Nodes.Select(n => n.Value));
    }

    [Fact]
    public async Task The_nodes_of_a_deployment_are_weighed_by_the_latest_three_of_its_fleet_and_with_its_own_batches()
    {
        await RunAsync(Sites.Lamp, new DeploymentOptions { Batch = One });
        var asked = Assert.IsType<CoordinatorProtocol.RegisterDeployment>(Assert.Single(_host.Coordinator.Asked));
        DeploymentLine Line(string id) => FakeCoordinator.Line(id, DeploymentPhase.Succeeded, fleet: asked.Fleet) with { PlanId = asked.Plan.Id };
        _host.Coordinator.Lines = [Line("aaaa2222"), Line("bbbb2222"), Line("cccc2222"), Line("dddd2222")];
        await RecordAsync("aaaa2222", 10, One);
        await RecordAsync("bbbb2222", 20);
        await RecordAsync("cccc2222", 30);
        await RecordAsync("dddd2222", 500);

        var impact = (await _host.GetAsync(HostApi.ImpactOf("aaaa2222"))).Read(MessagesJson.Default.PlanImpact);

        Assert.Equal((asked.Fleet, One, 3), (impact.Fleet, impact.Batch, impact.History.Deployments));
        Assert.Equal(TimeSpan.FromSeconds(20), impact.Nodes.Single(n => n.Runs > 0).Expected);
        Assert.Null((await _host.GetAsync(HostApi.ImpactOf("bbbb2222"))).Read(MessagesJson.Default.PlanImpact).Batch);
        Assert.Equal(404, (await _host.GetAsync(HostApi.ImpactOf("eeee2222"))).Status);
    }

    private static BatchSizes One => BatchSizes.TryParse("1", out var one, out _) ? one : throw new InvalidOperationException();

    private Task<long> RecordAsync(string id, int seconds, BatchSizes? batch = null) => _host.RecorderOf(id).Ask<long>(new Recorder.Record(
    [
        new DeploymentStarted(new("sha256:0"), "production", new("emulated:0"), new DeploymentOptions { Batch = batch }, "jane", 2, "held", At),
        new RunRequested(new("dev1.example.net"), 1, 0, 0, false, At, At, At),
        new NodeSettled(new("dev1.example.net"), Outcome.Succeeded, "", Hold.Held, 0, null, null, null, null, At.AddSeconds(seconds)),
    ]));

    [Fact]
    public async Task A_default_fleet_that_cannot_be_reached_can_be_weighed()
    {
        var answer = await _host.PostAsync(
            HostApi.Impact, new ImpactRequest(Sites.Request(Sites.Lamp), new FleetChoice(false, null, null)), MessagesJson.Default.ImpactRequest);
        var impact = answer.Read(MessagesJson.Default.PlanImpact);
        Assert.Equal(("default", null, null), (impact.Fleet.Value, impact.Expected, impact.CriticalPath));
        var unknown = await _host.PostAsync(
            HostApi.Impact, new ImpactRequest(Sites.Request(Sites.Lamp), new FleetChoice(false, null, null, "nowhere")), MessagesJson.Default.ImpactRequest);
        Assert.Equal((400, ProblemCodes.BadRequest), (unknown.Status, unknown.Problem.Code));
    }

    [Fact]
    public async Task Options_that_contradict_each_other_or_the_plan_are_refused_before_anything_is_registered()
    {
        foreach (var (options, named) in new[]
                 {
                     (new DeploymentOptions { Noop = true, OnFailure = OnFailure.Rollback, RollbackEnvironment = "old" }, "noop changes nothing"),
                     (new DeploymentOptions { Strategy = Strategy.Eager, ApproveGroups = true }, "omit approveGroups"),
                     (new DeploymentOptions { Spread = "rack" }, "by rack"),
                 })
        {
            var answer = await RunAsync(Sites.Lamp, options);
            Assert.Equal((400, ProblemCodes.BadRequest), (answer.Status, answer.Problem.Code));
            Assert.Contains(named, answer.Problem.Detail, StringComparison.Ordinal);
        }
        Assert.Empty(_host.Coordinator.Asked);
        Assert.Equal(0L, Ask("SELECT count(*) FROM plans"));
        var rollback = await _host.PostAsync(HostApi.Verb("k7", "rollback"), new VerbRequest(Environment: "a b"), MessagesJson.Default.VerbRequest);
        Assert.Equal((400, ProblemCodes.BadRequest), (rollback.Status, rollback.Problem.Code));
    }
}
