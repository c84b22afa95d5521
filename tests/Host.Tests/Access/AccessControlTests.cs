using System.Text;
using Akka.Actor;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Coordination;
using Orchestrator.Host.Access;
using Orchestrator.Host.Api;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Tests.Access;

/// <summary>What the policy in force lets through to the coordinator. Its own rules are specified with <see cref="Domain.Access.Policy"/>.</summary>
public sealed class AccessControlTests : IAsyncLifetime
{
    private const string Rules =
        """
        deny    *      *                  *           *           dev2.example.net
        allow   ops    *                  *           *           *
        """;

    private static readonly string Staging = Sites.Lamp.Replace("production", "staging", StringComparison.Ordinal);
    private static readonly FleetChoice Emulated = new(true, null, null);
    private readonly string _policy = Path.Combine(Path.GetTempPath(), $"policy-{Guid.NewGuid():n}");
    private TestHost _host = null!;

    public async Task InitializeAsync()
    {
        await WriteAsync(
            """
            allow   ops      *                                *          *          *
            allow   alice    plan,run,show,cancel,rollback    staging    *          *
            deny    bob      run,cancel                       *          *          dev2.example.net
            allow   bob      plan,run,show,cancel             *          *          *
            """);
        _host = await TestHost.StartAsync(s => s with { Policy = _policy });
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        File.Delete(_policy);
    }

    [Fact]
    public void Every_endpoint_says_what_whoever_asks_must_be_allowed_to_do() =>
        Assert.All(Endpoints, e => Assert.True(e.Metadata.GetMetadata<Permitted.Need>() is not null, e.DisplayName));

    [Fact]
    public async Task Whom_no_line_allows_anything_gets_nothing_from_any_endpoint_and_nothing_is_done()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa")];
        As("eve");
        string[] open = [HostApi.Host, HostApi.Mapping, HostApi.OpenApi, HostApi.Docs, HostApi.Docs + "/{file}"];
        foreach (var endpoint in Endpoints)
        {
            var method = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0];
            var path = endpoint.RoutePattern.RawText!.Replace("{id}", "k7m2p9xa", StringComparison.Ordinal).Replace("{node}", "n1", StringComparison.Ordinal);
            foreach (var verb in path.Contains("{verb}", StringComparison.Ordinal) ? Enum.GetValues<Verb>().Skip(1).Select(v => v.Word()) : [""])
            {
                var body = verb == "hold" ? """{"node":"n1"}""" : "{}";
                using var request = new HttpRequestMessage(new HttpMethod(method), path.Replace("{verb}", verb, StringComparison.Ordinal));
                if (method == "POST")
                    request.Content = new StringContent(body, Encoding.UTF8, "application/json");
                var answer = await _host.SendAsync(request);
                Assert.True((answer.Status == 403) == !(method == "GET" && open.Contains(path)), $"{method} {path} {verb}: {answer.Status} {answer.Text}");
                if (answer.Status == 403)
                    Assert.Equal(ProblemCodes.Denied, answer.Problem.Code);
            }
        }
        Assert.Empty(_host.Coordinator.Asked);
    }

    [Fact]
    public async Task A_site_is_planned_and_run_only_in_an_environment_that_is_allowed()
    {
        As("alice");
        Assert.Equal(202, (await _host.RunAsync(Staging, new DeploymentOptions(), Emulated)).Status);

        var planned = await _host.PostAsync(HostApi.Plans, Sites.Request(Sites.Lamp), MessagesJson.Default.PlanRequest);
        Assert.Equal(
            (403, $"alice may not use plan in environment production: no line of {_policy} allows it"), (planned.Status, planned.Problem.Detail));
        As("ops");
        var plan = await _host.PlannedAsync(Sites.Lamp);
        As("alice");
        var run = new RunRequest(plan, new DeploymentOptions(), Emulated, false);
        Assert.Equal(403, (await _host.PostAsync(HostApi.Deployments, run, MessagesJson.Default.RunRequest)).Status);
        Assert.Single(_host.Coordinator.Asked.OfType<CoordinatorProtocol.RegisterDeployment>());
    }

    [Fact]
    public async Task What_differs_from_an_expected_plan_is_shown_to_those_alone_who_may_see_that_plan()
    {
        As("ops");
        var production = await _host.PlannedAsync(Sites.Lamp);
        var path = HostApi.PlanToRun(production, false);
        Assert.NotNull((await _host.PostAsync(path, Sites.Request(Staging), MessagesJson.Default.PlanRequest)).Problem.Difference);
        As("alice");
        var answer = await _host.PostAsync(path, Sites.Request(Staging), MessagesJson.Default.PlanRequest);
        Assert.Equal((403, ProblemCodes.Denied), (answer.Status, answer.Problem.Code));
        Assert.Null(answer.Problem.Difference);
    }

    [Fact]
    public async Task An_ambiguous_prefix_names_those_alone_that_may_be_seen()
    {
        _host.Coordinator.Lines =
        [
            FakeCoordinator.Line("k7m2p9xa") with { Environment = "staging" }, FakeCoordinator.Line("k7secret"),
            FakeCoordinator.Line("x2secret"), FakeCoordinator.Line("x3secret"),
        ];
        As("alice");
        Assert.Equal(["k7m2p9xa"], await AmbiguousAsync("k"));
        Assert.Equal([], await AmbiguousAsync("x"));
        As("ops");
        Assert.Equal(["k7m2p9xa", "k7secret"], await AmbiguousAsync("k"));

        async Task<IEnumerable<string>> AmbiguousAsync(string prefix)
        {
            var answer = await _host.PostAsync(HostApi.Verb(prefix, "cancel"), "{}");
            Assert.Equal(ProblemCodes.DeploymentAmbiguous, answer.Problem.Code);
            Assert.All(
                _host.Coordinator.Lines.Where(l => answer.Problem.Deployments?.Contains(l.Id) != true),
                l => Assert.DoesNotContain(l.Id.Value, answer.Text, StringComparison.Ordinal));
            return answer.Problem.Deployments!.Select(d => d.Value);
        }
    }

    [Theory]
    [InlineData("production", null)]
    [InlineData(null, "production")]
    public async Task A_run_or_its_rollback_in_another_environment_than_the_plans_needs_to_be_allowed_there_too(string? run, string? rollback)
    {
        As("alice");
        var options = new DeploymentOptions { RunEnvironment = run, RollbackEnvironment = rollback };
        var answer = await _host.RunAsync(Staging, options, Emulated);
        Assert.Equal((403, ProblemCodes.Denied), (answer.Status, answer.Problem.Code));
        Assert.StartsWith("alice may not use run in environment production: ", answer.Problem.Detail, StringComparison.Ordinal);
        Assert.Empty(_host.Coordinator.Asked.OfType<CoordinatorProtocol.RegisterDeployment>());
    }

    [Fact]
    public async Task A_deployment_is_allowed_only_if_each_of_its_nodes_is()
    {
        As("bob");
        var whole = await _host.RunAsync(Sites.Lamp, new DeploymentOptions(), Emulated);
        Assert.Equal(
            $"bob may not use run in environment production on node dev2.example.net of application Lamp[app1]: denied by {_policy}:3", whole.Problem.Detail);

        var plan = Sites.PlanOf(Sites.Lamp);
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa", plan: plan.Id)];
        Assert.Equal(403, (await _host.PostAsync(HostApi.Verb("k7", "cancel"), "{}")).Status);
        Assert.Empty(_host.Coordinator.Asked.OfType<VerbOnDeployment>());
        As("ops");
        Assert.Equal(200, (await _host.PostAsync(HostApi.Verb("k7", "cancel"), "{}")).Status);
    }

    [Fact]
    public async Task A_verb_that_takes_a_deployment_to_another_environment_needs_to_be_allowed_there()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa") with { Environment = "staging" }];
        As("alice");
        Assert.Equal(403, (await _host.PostAsync(HostApi.Verb("k7", "rollback"), """{"environment":"production"}""")).Status);
        Assert.Equal(403, (await _host.PostAsync(HostApi.Verb("k7", "pause"), "{}")).Status);
        Assert.Empty(_host.Coordinator.Asked.OfType<VerbOnDeployment>());
        Assert.Equal(200, (await _host.PostAsync(HostApi.Verb("k7", "cancel"), "{}")).Status);
    }

    [Fact]
    public async Task A_rollback_to_the_environment_that_the_deployment_was_given_needs_to_be_allowed_there()
    {
        var options = new DeploymentOptions { RollbackEnvironment = "production" };
        await _host.RecorderOf("k7m2p9xa").Ask<long>(new Recorder.Record([
            new DeploymentEvents.DeploymentStarted(
                new PlanId("sha256:0"), "staging", new FleetName("emulated:0"), options, "ops", 1, "message", _host.Time.GetUtcNow()),
        ]));
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa") with { Environment = "staging" }];
        As("alice");
        Assert.Equal(403, (await _host.PostAsync(HostApi.Verb("k7", "rollback"), "{}")).Status);
        Assert.Empty(_host.Coordinator.Asked.OfType<VerbOnDeployment>());
    }

    [Fact]
    public async Task A_list_has_as_many_as_asked_for_of_those_that_may_be_seen()
    {
        _host.Coordinator.Lines =
        [
            .. Enumerable.Range(0, 20).Select(i => FakeCoordinator.Line($"d{i:000}") with { Environment = i % 5 == 0 ? "staging" : "production" }),
        ];
        As("alice");
        var page = (await _host.GetAsync(HostApi.Page(3, null, withCurrent: true))).Read(MessagesJson.Default.DeploymentPage);
        Assert.Equal(["d000", "d005", "d010"], page.Deployments.Select(d => d.Id.Value));
        Assert.Equal(["d015"], page.Current.Select(d => d.Id.Value));
        Assert.Equal("d010", page.Next!.Value.Value);
        // Those that follow the last of them may not be seen, and are not named.
        page = (await _host.GetAsync(HostApi.Page(4, null, withCurrent: false))).Read(MessagesJson.Default.DeploymentPage);
        Assert.Equal(["d000", "d005", "d010", "d015"], page.Deployments.Select(d => d.Id.Value));
        Assert.Equal("d015", page.Next!.Value.Value);
        As("ops");
        Assert.Equal(3, (await _host.GetAsync(HostApi.Page(3, null, withCurrent: false))).Read(MessagesJson.Default.DeploymentPage).Deployments.Length);
    }

    [Fact]
    public async Task A_list_looks_further_the_more_it_finds_that_may_not_be_seen()
    {
        const int hidden = 5000;
        _host.Coordinator.Lines =
        [
            .. Enumerable.Range(0, hidden).Select(i => FakeCoordinator.Line($"d{i:0000}")), FakeCoordinator.Line("seen") with { Environment = "staging" },
        ];
        As("alice");
        var page = (await _host.GetAsync(HostApi.Page(1, null, withCurrent: false))).Read(MessagesJson.Default.DeploymentPage);
        Assert.Equal(["seen"], page.Deployments.Select(d => d.Id.Value));
        Assert.InRange(_host.Coordinator.Lists, 2, 20);
    }

    [Fact]
    public async Task Of_the_verbs_that_make_sense_now_only_those_are_told_that_whoever_asks_may_use()
    {
        var plan = Sites.PlanOf(Sites.Lamp);
        await _host.Services.GetRequiredService<IPlanStore>().SaveAsync(plan, default);
        _host.Coordinator.Lines =
            [FakeCoordinator.Line("k7m2p9xa", plan: plan.Id) with { WaitsFor = [new DeploymentId("other222")] }];
        Assert.Equal([Verb.Cancel, Verb.Abandon], await VerbsAsync("ops"));
        Assert.Equal([], await VerbsAsync("bob"));
        _host.Coordinator.Lines = [_host.Coordinator.Lines[0] with { Environment = "staging" }];
        Assert.Equal([Verb.Cancel], await VerbsAsync("alice"));

        async Task<IEnumerable<Verb>> VerbsAsync(string caller)
        {
            As(caller);
            return (await _host.GetAsync(HostApi.Deployment("k7"))).Read(MessagesJson.Default.DeploymentView).Verbs!.Select(v => v.Verb);
        }
    }

    [Fact]
    public async Task A_token_does_what_it_is_for_and_no_more_than_whoever_made_it_may()
    {
        As("ops/ci", new TokenScope([AccessVerb.Plan, AccessVerb.Run], ["staging"]));
        Assert.Equal(202, (await _host.RunAsync(Staging, new DeploymentOptions(), Emulated)).Status);
        Assert.Equal("ops/ci", _host.Coordinator.Asked.OfType<CoordinatorProtocol.RegisterDeployment>().Single().Caller);
        var production = await _host.PostAsync(HostApi.Plans, Sites.Request(Sites.Lamp), MessagesJson.Default.PlanRequest);
        Assert.Equal("ops/ci may not use plan in environment \"production\": the token is for plan and run in staging", production.Problem.Detail);
        Assert.Equal(403, (await _host.GetAsync(HostApi.Deployments)).Status);

        As("ops/prune", new TokenScope([AccessVerb.Prune], ["staging"]));
        Assert.Equal(403, (await _host.PostAsync(HostApi.Prune, "{}")).Status);
        As("eve/ci", new TokenScope([AccessVerb.Plan, AccessVerb.Run], []));
        Assert.Equal(403, (await _host.PostAsync(HostApi.Plans, Sites.Request(Staging), MessagesJson.Default.PlanRequest)).Status);
    }

    [Fact]
    public async Task Of_a_deployment_whose_plan_cannot_be_read_only_lines_for_all_of_its_nodes_decide()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa")];
        As("bob");
        var denied = await _host.PostAsync(HostApi.Verb("k7", "cancel"), "{}");
        Assert.Equal(403, denied.Status);
        Assert.StartsWith(
            "bob may use cancel for some applications or nodes only, and nobody knows which ones this is about: ", denied.Problem.Detail,
            StringComparison.Ordinal);
        As("ops");
        Assert.Equal(200, (await _host.PostAsync(HostApi.Verb("k7", "cancel"), "{}")).Status);
    }

    [Fact]
    public async Task Whom_the_host_trusts_may_do_what_no_line_denies()
    {
        As("root", trusted: true);
        Assert.Equal(202, (await _host.RunAsync(Sites.Lamp, new DeploymentOptions(), Emulated)).Status);
        await WriteAsync(Rules);
        await _host.Services.GetRequiredService<PolicyFile>().ReloadAsync();
        var denied = await _host.PostAsync(HostApi.Plans, Sites.Request(Sites.Lamp), MessagesJson.Default.PlanRequest);
        Assert.EndsWith($"denied by {_policy}:1", denied.Problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_ends_where_its_follower_may_not_see_it_any_more()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa") with { Environment = "staging" }];
        As("alice");
        using var stream = await _host.WatchAsync("k7");
        var events = stream.Content.ReadAsStringAsync();
        _host.Time.Advance(TimeSpan.FromSeconds(10));
        await WriteAsync("allow ops * * * *\n");
        await _host.Services.GetRequiredService<PolicyFile>().ReloadAsync();
        await Until.TrueAsync(() =>
        {
            _host.Time.Advance(TimeSpan.FromSeconds(10));
            return events.IsCompleted;
        });
        Assert.Equal(403, (int)(await _host.WatchAsync("k7")).StatusCode);
    }

    [Fact]
    public async Task What_happens_in_all_deployments_is_told_of_those_that_may_be_seen_and_ends_where_none_may()
    {
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa") with { Environment = "staging" }, FakeCoordinator.Line("b3c4d5e6")];
        foreach (var id in (string[])["k7m2p9xa", "b3c4d5e6"])
        {
            await Until.DoneAsync(_host.RecorderOf(id).Ask<long>(
                new Recorder.Record([new DeploymentEvents.SupervisorStarted(1, _host.Time.GetUtcNow())])));
        }
        await WriteAsync("allow alice show staging * *\n");
        await _host.Services.GetRequiredService<PolicyFile>().ReloadAsync();
        As("alice");
        var page = (await _host.GetAsync(HostApi.AllEvents)).Read(MessagesJson.Default.JournalPage);
        Assert.Equal(["k7m2p9xa"], page.Events.Select(e => e.Deployment.Value));

        using var request = new HttpRequestMessage(HttpMethod.Get, HostApi.JournalEvents(after: 0));
        request.Headers.Accept.Add(new("text/event-stream"));
        using var stream = await _host.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var text = stream.Content.ReadAsStringAsync();
        await WriteAsync("allow ops * * * *\n");
        await _host.Services.GetRequiredService<PolicyFile>().ReloadAsync();
        await Until.TrueAsync(() =>
        {
            _host.Time.Advance(TimeSpan.FromSeconds(10));
            return text.IsCompleted;
        });
        Assert.Contains("k7m2p9xa", await text, StringComparison.Ordinal);
        Assert.DoesNotContain("b3c4d5e6", await text, StringComparison.Ordinal);
        Assert.Equal(403, (await _host.GetAsync(HostApi.AllEvents)).Status);
    }

    private IEnumerable<RouteEndpoint> Endpoints =>
        _host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();

    private void As(string caller, TokenScope? scope = null, bool trusted = false) => _host.Asker = new Asker(caller, trusted, "test", scope);

    private async Task WriteAsync(string rules)
    {
        await File.WriteAllTextAsync(_policy, rules);
        File.SetUnixFileMode(_policy, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
