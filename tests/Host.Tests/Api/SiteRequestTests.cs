using System.Text;
using Akka.Actor;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Host.Tests.Api;

/// <summary>Plans, nodes and runs.</summary>
public sealed class SiteRequestTests : IAsyncLifetime
{
    private static readonly FleetChoice Emulated = new(true, null, null);
    private TestHost _host = null!;

    public async Task InitializeAsync() => _host = await TestHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    private async Task<RunRequest> RequestAsync(string site = Sites.Lamp) =>
        new(await _host.PlannedAsync(site), new DeploymentOptions(), Emulated, false);

    private Task<TestHost.Answer> RunAsync(RunRequest request) => _host.PostAsync(HostApi.Deployments, request, MessagesJson.Default.RunRequest);

    [Fact]
    public async Task A_site_is_answered_as_a_site_file_of_which_the_same_plan_is_made()
    {
        var file = await _host.PostAsync(HostApi.SiteFile, Sites.Request(Sites.Lamp), MessagesJson.Default.PlanRequest);
        Assert.Equal(200, file.Status);
        Assert.StartsWith("environment: production\napplications:\n", file.Text, StringComparison.Ordinal);
        Assert.Equal(
            (await _host.PostAsync(HostApi.Plans, Sites.Request(Sites.Lamp), MessagesJson.Default.PlanRequest)).Text,
            (await _host.PostAsync(HostApi.Plans, Sites.Request(file.Text), MessagesJson.Default.PlanRequest)).Text);

        var part = Sites.Request(Sites.Lamp) with { Instances = ["Lamp"] };
        Assert.Equal(400, (await _host.PostAsync(HostApi.SiteFile, part, MessagesJson.Default.PlanRequest)).Status);
        Assert.Equal(422, (await _host.PostAsync(HostApi.SiteFile, Sites.Request("{}"), MessagesJson.Default.PlanRequest)).Status);
    }

    [Fact]
    public async Task A_site_is_answered_with_its_plan_byte_for_byte()
    {
        var answer = await _host.PostAsync(HostApi.Plans, Sites.Request(Sites.Lamp), MessagesJson.Default.PlanRequest);

        Assert.Equal((200, "application/json"), (answer.Status, answer.MediaType));
        Assert.Equal(Encoding.UTF8.GetString(PlanJson.Write(Sites.PlanOf(Sites.Lamp))), answer.Text);
    }

    [Fact]
    public async Task A_site_without_a_plan_is_answered_with_all_its_problems()
    {
        var answer = await _host.PostAsync(
            HostApi.Plans, Sites.Request("""{"applications":{"A[1]":{"C[1]":{"node":"n1","consumes":["X[1]","Y[1]"]}}}}"""), MessagesJson.Default.PlanRequest);

        Assert.Equal((422, "application/json"), (answer.Status, answer.MediaType));
        var problems = answer.Read(PlansJson.Default.SiteProblems).Problems;
        Assert.Equal([SiteProblemKinds.MissingProducer, SiteProblemKinds.MissingProducer], problems.Select(p => p.Kind));
    }

    [Fact]
    public async Task A_run_is_registered_with_its_plan_stored_before()
    {
        object? stored = null;
        _host.Coordinator.Answer = m =>
        {
            if (m is not CoordinatorProtocol.RegisterDeployment)
                return null;
            using var connection = new JournalConnections(_host.State.Journal).Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT id FROM plans";
            stored = command.ExecuteScalar();
            return null;
        };
        var options = new DeploymentOptions { Noop = true, OnFailure = OnFailure.Release };

        var answer = await RunAsync(await RequestAsync() with { Options = options, NoWait = true });

        Assert.Equal(202, answer.Status);
        var accepted = answer.Read(MessagesJson.Default.RunAccepted);
        var registered = Assert.IsType<CoordinatorProtocol.RegisterDeployment>(Assert.Single(_host.Coordinator.Asked));
        Assert.Equal((accepted.Id, options, "jane", true), (registered.Id, registered.Options, registered.Caller, registered.NoWait));
        Assert.Equal(Sites.PlanOf(Sites.Lamp).Id, accepted.PlanId);
        Assert.Equal(accepted.PlanId.Value, stored);
        Assert.True(registered.Fleet.IsEmulated);
        Assert.Matches("^[a-hj-km-np-z2-9]{8}$", accepted.Id.Value);
    }

    [Fact]
    public async Task Each_run_has_an_id_of_its_own()
    {
        var ids = new HashSet<string>();
        for (var i = 0; i < 20; i++)
            ids.Add((await RunAsync(await RequestAsync())).Read(MessagesJson.Default.RunAccepted).Id.Value);
        Assert.Equal(20, ids.Count);
    }

    [Fact]
    public async Task A_plan_with_nothing_to_do_is_run_only_where_that_is_meant()
    {
        const string Site = """{"applications":{}}""";
        Assert.Equal(200, (await _host.PostAsync(HostApi.Plans, Sites.Request(Site), MessagesJson.Default.PlanRequest)).Status);
        var planned = await _host.PostAsync(HostApi.PlanToRun(null), Sites.Request(Site), MessagesJson.Default.PlanRequest);
        Assert.Equal(SiteProblemKinds.EmptySite, Assert.Single(planned.Read(PlansJson.Default.SiteProblems).Problems).Kind);
        var run = new RunRequest(Sites.PlanOf(Site).Id, new DeploymentOptions(), Emulated, false);
        var refused = await RunAsync(run);
        Assert.Equal((409, ProblemCodes.PlanEmpty), (refused.Status, refused.Problem.Code));
        Assert.Empty(_host.Coordinator.Asked);

        Assert.Equal(200, (await _host.PostAsync(HostApi.PlanToRun(null, true), Sites.Request(Site), MessagesJson.Default.PlanRequest)).Status);
        var answer = await RunAsync(run with { AllowEmpty = true });
        Assert.Equal(202, answer.Status);
        Assert.Equal(0, Assert.IsType<CoordinatorProtocol.RegisterDeployment>(Assert.Single(_host.Coordinator.Asked)).Plan.NodeCount);
    }

    [Fact]
    public async Task A_name_that_is_a_warning_of_a_plan_is_a_problem_of_a_run()
    {
        const string Site = """{"applications":{"A[1]":{"C[1]":{"node":"db one"}}}}""";
        Assert.Equal(200, (await _host.PostAsync(HostApi.Plans, Sites.Request(Site), MessagesJson.Default.PlanRequest)).Status);

        var planned = await _host.PostAsync(HostApi.PlanToRun(null), Sites.Request(Site), MessagesJson.Default.PlanRequest);
        Assert.Equal(422, planned.Status);
        var problem = Assert.Single(planned.Read(PlansJson.Default.SiteProblems).Problems);
        Assert.Equal(SiteProblemKinds.UnusableName, problem.Kind);
        Assert.Equal(["db one"], problem.Nodes);

        // Who looked at it has its id, and may run it without planning it to run.
        var run = await RunAsync(new RunRequest(Sites.PlanOf(Site).Id, new DeploymentOptions(), Emulated, false));
        Assert.Equal(400, run.Status);
        Assert.EndsWith($": {run.Problem.Detail}", problem.Message, StringComparison.Ordinal);
        Assert.Equal((1, 41), (problem.Line, problem.Column));
        Assert.Empty(_host.Coordinator.Asked);
    }

    [Fact]
    public async Task A_scenario_that_cannot_be_used_is_told_with_all_places()
    {
        var answer = await RunAsync(await RequestAsync() with { Fleet = new FleetChoice(true, "spede: 1\nseed: x\n"u8.ToArray(), "mine.yaml") });
        Assert.Equal((400, ProblemCodes.BadRequest), (answer.Status, answer.Problem.Code));
        Assert.Contains("mine.yaml:1:", answer.Problem.Detail, StringComparison.Ordinal);
        Assert.Contains("mine.yaml:2:", answer.Problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_scenario_is_the_same_fleet()
    {
        var slow = new FleetChoice(true, "speed: 2\n"u8.ToArray(), "a.yaml");
        await RunAsync(await RequestAsync());
        await RunAsync(await RequestAsync() with { Fleet = slow });
        await RunAsync(await RequestAsync() with { Fleet = slow with { ScenarioName = "b.yaml" } });

        var fleets = _host.Coordinator.Asked.Cast<CoordinatorProtocol.RegisterDeployment>().Select(r => r.Fleet).ToList();
        Assert.NotEqual(fleets[0], fleets[1]);
        Assert.Equal(fleets[1], fleets[2]);
    }

    [Theory]
    [InlineData(ProblemCodes.DeploymentNotFound, 404)]
    [InlineData(ProblemCodes.NodesHeld, 409)]
    [InlineData(ProblemCodes.Ended, 409)]
    [InlineData(ProblemCodes.FleetUnavailable, 503)]
    [InlineData(ProblemCodes.PlanUnreadable, 503)]
    [InlineData(ProblemCodes.Restarting, 503)]
    [InlineData(ProblemCodes.NotAnswered, 503)]
    public async Task What_the_coordinator_denies_is_told_with_its_code_and_data(string code, int status)
    {
        _host.AnswersAreMadeUp = true;
        _host.Coordinator.Answer = _ => new CoordinatorProtocol.Denied(
            code, "because", [new DeploymentId("ab222222")], [new NodeName("dev1")], [Verb.Cancel], new FleetName("test"));
        var answer = await RunAsync(await RequestAsync());
        Assert.Equal(status, answer.Status);
        Assert.EndsWith(
            $$"""
            "detail":"because","code":"{{code}}","deployments":["ab222222"],"nodes":["dev1"],"verbs":["cancel"],"fleet":"test"}
            """,
            answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "planId")]
    [InlineData("""{"planId":"sha256:0","fleet":{"emulated":true}}""", "options")]
    [InlineData("""{"planId":"sha256:0","options":{}}""", "fleet")]
    [InlineData("""{"planId":"sha256:0","options":{},"fleet":{"emulated":true},"caller":"joe"}""",
        "the request body must not have caller: the host knows who is asking from the connection")]
    [InlineData("""{"planId":"sha256:0","options":{"runTimeout":"00:00:00"},"fleet":{"emulated":true}}""", "runTimeout")]
    [InlineData("""{"planId":"sha256:0","options":{"rpcTimeout":"99.00:00:00"},"fleet":{"emulated":true}}""", "rpcTimeout")]
    [InlineData("""{"planId":"sha256:0","options":{"rpcRetries":-1},"fleet":{"emulated":true}}""", "rpcRetries")]
    [InlineData("""{"planId":"sha256:0","options":{"onFailure":7},"fleet":{"emulated":true}}""", "onFailure")]
    [InlineData("""{"planId":"sha256:0","options":{"onFailure":"rollback"},"fleet":{"emulated":true}}""", "rollbackEnvironment")]
    [InlineData("""{"planId":"sha256:0","options":{"strategy":7},"fleet":{"emulated":true}}""", "strategy")]
    [InlineData("""{"planId":"sha256:0","options":{"strategy":"eager","soak":"00:01:00"},"fleet":{"emulated":true}}""", "soak")]
    [InlineData("""{"planId":"sha256:0","options":{"soak":"-00:01:00"},"fleet":{"emulated":true}}""", "soak")]
    [InlineData("""{"planId":"x","options":{"approveGroups":true,"approvalTimeout":"99.00:00:00"},"fleet":{"emulated":true}}""",
        "approvalTimeout")]
    [InlineData("""{"planId":"sha256:0","options":{"maxHold":"00:00:00"},"fleet":{"emulated":true}}""", "maxHold")]
    [InlineData("""{"planId":"sha256:0","options":{"maxRunning":0},"fleet":{"emulated":true}}""", "maxRunning must")]
    [InlineData("""{"planId":"sha256:0","options":{"maxFailures":null},"fleet":{"emulated":true}}""", "maxFailures")]
    [InlineData("""{"planId":"sha256:0","options":{"maxFailures":"many"},"fleet":{"emulated":true}}""", "many")]
    [InlineData("""{"planId":"sha256:0","options":{"tags":[null]},"fleet":{"emulated":true}}""", "tags")]
    [InlineData("""{"planId":"sha256:0","options":{"batch":"0"},"fleet":{"emulated":true}}""", "batch")]
    public async Task What_a_run_lacks_or_cannot_have_is_named(string body, string named)
    {
        var answer = await _host.PostAsync(HostApi.Deployments, body);
        Assert.Equal((400, ProblemCodes.BadRequest), (answer.Status, answer.Problem.Code));
        Assert.Contains(named, answer.Problem.Detail, StringComparison.Ordinal);
        Assert.Empty(_host.Coordinator.Asked);
    }

    [Fact]
    public async Task Of_a_silent_node_is_told_when_it_was_last_seen_held()
    {
        var at = new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
        NodeName dev1 = new("dev1.example.net"), dev2 = new("dev2.example.net");
        var plan = Sites.PlanOf(Sites.Lamp);
        await _host.RecorderOf("frozen22").Ask<long>(new Recorder.Record(
        [
            new DeploymentEvents.DeploymentStarted(plan.Id, "production", new FleetName("emulated:0"), new DeploymentOptions(), "jane", 2, "held", at),
            new DeploymentEvents.SupervisorStarted(1, at),
            new DeploymentEvents.NodesChecked([new CheckedNode(dev1, true, false, false, null), new CheckedNode(dev2, true, false, false, null)], at),
            new DeploymentEvents.IsolationStarted(at.AddMinutes(10), at),
            new DeploymentEvents.NodesHeld([dev1, dev2], at),
        ]));
        var frozen = new DeploymentId("frozen22");
        _host.Coordinator.Answer = m => m is CoordinatorProtocol.SurveyNodes
            ? new CoordinatorProtocol.Surveyed(
                [new NodeNow(dev1, false, null, false, false, null, "", null, frozen), new NodeNow(dev2, true, false, false, false, at, "", frozen, frozen)])
            : null;
        var answer = await _host.PostAsync(
            HostApi.Nodes, new NodesRequest(Sites.Request(Sites.Lamp), Emulated, TimeSpan.FromSeconds(1)), MessagesJson.Default.NodesRequest);
        Assert.Equal([at, null], answer.Read(MessagesJson.Default.NodesNow).Select(n => n.HeldAt));
    }

    [Fact]
    public async Task Only_the_nodes_that_a_name_or_pattern_is_for_are_asked_and_a_name_that_none_has_is_refused()
    {
        Assert.Equal(["dev2.example.net"], (await AskAsync("dev2.*")).Read(MessagesJson.Default.NodesNow).Select(n => n.Name.Value));
        Assert.Equal(
            "the site has no node \"dev22.example.net\", did you mean dev2.example.net?", (await AskAsync("dev1*", "dev22.example.net")).Problem.Detail);

        Task<TestHost.Answer> AskAsync(params string[] nodes) => _host.PostAsync(
            HostApi.Nodes, new NodesRequest(Sites.Request(Sites.Lamp), Emulated, TimeSpan.FromSeconds(1), nodes), MessagesJson.Default.NodesRequest);
    }

    [Fact]
    public async Task Nodes_are_asked_what_they_say_now()
    {
        var answer = await _host.PostAsync(
            HostApi.Nodes, new NodesRequest(Sites.Request(Sites.Lamp), Emulated, TimeSpan.FromSeconds(1)), MessagesJson.Default.NodesRequest);
        Assert.Equal(200, answer.Status);
        Assert.Equal(["dev1.example.net", "dev2.example.net"], answer.Read(MessagesJson.Default.NodesNow).Select(n => n.Name.Value));
    }
}
