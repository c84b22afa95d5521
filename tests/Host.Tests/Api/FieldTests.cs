using System.Text.Json.Nodes;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Tests.Api;

/// <summary>A request that is refused because of one value is told which: by its path in the body, or the name of a query's key or a header.</summary>
public sealed class FieldTests : IClassFixture<FieldTests.Running>
{
    private const string Site = """{"document":"e30=","name":"s"}""";
    private const string Emulated = """{"emulated":true,"scenario":null,"scenarioName":null}""";
    private const string Nodes = """{"site":{"document":"e30="},"fleet":{"emulated":true},"rpcTimeout":"00:00:01"}""";
    private const string Token = """{"name":"ci","verbs":["run"],"expires":"1.00:00:00"}""";
    private readonly TestHost _host;

    public FieldTests(Running running) => _host = running.Host;

    public sealed class Running : IAsyncLifetime
    {
        public TestHost Host { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Host = await TestHost.StartAsync(s => s with { LargestSite = 1 << 16 });
            Host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa")];
            await Host.PlannedAsync(Sites.Lamp);
        }

        public async Task DisposeAsync() => await Host.DisposeAsync();
    }

    [Theory]
    [InlineData("/v1/deployments?limit=0", "limit")]
    [InlineData("/v1/deployments?limt=5", "limt")]
    [InlineData("/v1/deployments?limit=5&limit=6", "limit")]
    [InlineData("/v1/deployments?current=1", "current")]
    [InlineData("/v1/deployments?by=%00", "by")]
    [InlineData("/v1/deployments?state=broken", "state")]
    [InlineData("/v1/deployments?state=failed,", "state")]
    [InlineData("/v1/deployments?since=today", "since")]
    [InlineData("/v1/deployments/k7/progress?at=x", "at")]
    [InlineData("/v1/deployments/k7/events?after=-1", "after")]
    [InlineData("/v1/deployments/k7/events?type=nodes-hold", "type")]
    [InlineData("/v1/deployments/k7/events?node=,", "node")]
    [InlineData("/v1/events?after=x", "after")]
    [InlineData("/v1/events?limit=0", "limit")]
    [InlineData("/v1/events?type=nodes-hold", "type")]
    [InlineData("/v1/config?fleet=nowhere", "fleet")]
    [InlineData("/v1/audit?after=x", "after")]
    [InlineData("/v1/audit?before=x", "before")]
    [InlineData("/v1/audit?limit=x", "limit")]
    [InlineData("/v1/audit?verb=x", "verb")]
    [InlineData("/v1/audit?result=x", "result")]
    [InlineData("/v1/audit?since=x", "since")]
    public async Task Of_a_query_it_is_the_key(string path, string field) => Check(await _host.GetAsync(path), 400, field);

    [Theory]
    [InlineData("/v1/plans", """{"document":7}""", "document")]
    [InlineData("/v1/plans", """{"dokument":"e30="}""", "dokument")]
    [InlineData("/v1/plans", """{"document":"e30=","document":"e30="}""", "document")]
    [InlineData("/v1/plans", """{"document":"e30=","by":"jane"}""", "by")]
    [InlineData("/v1/plans", """{"name":"s"}""", "document")]
    [InlineData("/v1/plans", """{"document":"e30=","source":{"kind":"puppetdb"}}""", "source")]
    [InlineData("/v1/plans", """{"source":{"fleet":"x"}}""", "source.kind")]
    [InlineData("/v1/plans", """{"source":{"kind":"puppetserver","query":"nodes{}"}}""", "source.query")]
    [InlineData("/v1/plans", """{"source":{"kind":"puppetserver","mapping":"e30="}}""", "source.mapping")]
    [InlineData("/v1/plans", """{"source":{"kind":"puppetdb","server":"a:b:c"}}""", "source.server")]
    [InlineData("/v1/plans", """{"source":{"kind":"puppetdb","timeout":"-00:00:01"}}""", "source.timeout")]
    [InlineData("/v1/plans", """{"source":{"kind":"puppetdb","fleet":"nowhere"}}""", "source.fleet")]
    [InlineData("/v1/plans", """{"source":{"kind":"puppetdb"},"environment":"a-b"}""", "environment")]
    [InlineData("/v1/plans", """{"document":"e30=","instances":["a",null]}""", "instances[1]")]
    [InlineData("/v1/plans", """{"document":"e30=","nodes":["a",""]}""", "nodes[1]")]
    [InlineData("/v1/plans", """{"document":"e30=","exclude":[""]}""", "exclude[0]")]
    [InlineData("/v1/plans?fleet=nowhere", Site, "fleet")]
    [InlineData("/v1/plans?edges=x", Site, "edges")]
    [InlineData("/v1/plans/impact", """{"fleet":{}}""", "site")]
    [InlineData("/v1/plans/impact", """{"site":{"name":"s"},"fleet":{}}""", "site.document")]
    [InlineData("/v1/plans/impact", """{"site":{"document":"e30="}}""", "fleet")]
    [InlineData("/v1/plans/impact", """{"site":{"document":"e30="},"fleet":{},"batch":"x"}""", "batch")]
    [InlineData("/v1/plans/impact", """{"site":{"document":"e30="},"fleet":{"name":"nowhere"}}""", "fleet.name")]
    [InlineData("/v1/plans/impact", """{"site":{"source":{"kind":"puppetdb","fleet":"nowhere"}},"fleet":{"emulated":true}}""", "site.source.fleet")]
    [InlineData("/v1/plans/impact", """{"site":{"document":"e30="},"fleet":{"emulated":true,"scenario":"e3g="}}""", "fleet.scenario")]
    [InlineData("/v1/config", """{"name":"nowhere"}""", "name")]
    [InlineData("/v1/config/ping", """{"fleet":{"emulated":true},"wait":"00:00:01"}""", "fleet.emulated")]
    [InlineData("/v1/config/ping", """{"fleet":{"name":"nowhere"},"wait":"00:00:01"}""", "fleet.name")]
    [InlineData("/v1/config/ping", """{"fleet":{},"wait":"00:00:00"}""", "wait")]
    [InlineData("/v1/policy/check", "{}", "file")]
    [InlineData("/v1/policy/test", """{"verb":"run"}""", "caller")]
    [InlineData("/v1/policy/test", """{"caller":"jane"}""", "verb")]
    [InlineData("/v1/policy/test", """{"caller":"jane","verb":"fly"}""", "verb")]
    [InlineData("/v1/policy/test", """{"caller":"jane","verb":"prune","node":"db"}""", "verb")]
    [InlineData("/v1/policy/test", """{"caller":"jane","verb":"run","environment":""}""", "environment")]
    [InlineData("/v1/prune", """{"exportTo":"/tmp/x"}""", "olderThan")]
    [InlineData("/v1/prune", """{"olderThan":"-1.00:00:00","exportTo":"/tmp/x"}""", "olderThan")]
    [InlineData("/v1/prune", """{"olderThan":"1.00:00:00","exportTo":"x"}""", "exportTo")]
    [InlineData("/v1/deployments/k7/hold", "{}", "node")]
    [InlineData("/v1/deployments/k7/retry", """{"node":"db"}""", "node")]
    [InlineData("/v1/deployments/k7/retry", """{"release":true}""", "release")]
    [InlineData("/v1/deployments/k7/retry", """{"environment":"x"}""", "environment")]
    [InlineData("/v1/deployments/k7/retry", """{"group":1}""", "group")]
    [InlineData("/v1/deployments/k7/approve", """{"group":"x"}""", "group")]
    [InlineData("/v1/deployments/k7/rollback", """{"environment":"a-b"}""", "environment")]
    [InlineData("/v1/resume?id=k7&id=k7", "{}", "id")]
    public async Task Of_a_body_it_is_the_path(string path, string body, string field) => Check(await _host.PostAsync(path, body), 400, field);

    [Theory]
    [InlineData("rpcTimeout", "\"00:00:00\"", "options.rpcTimeout")]
    [InlineData("startTimeout", "\"100.00:00:00\"", "options.startTimeout")]
    [InlineData("runTimeout", "\"x\"", "options.runTimeout")]
    [InlineData("rpcRetries", "11", "options.rpcRetries")]
    [InlineData("rpcRetries", "99999999999", "options.rpcRetries")]
    [InlineData("tags", "[\"a\",null]", "options.tags[1]")]
    [InlineData("tags", "[7]", "options.tags[0]")]
    [InlineData("tags", "[\"a-b\"]", "options.tags")]
    [InlineData("unsignalled", "[\"\"]", "options.unsignalled[0]")]
    [InlineData("soak", "\"-00:00:01\"", "options.soak")]
    [InlineData("maxFailures", "null", "options.maxFailures")]
    [InlineData("maxFailures", "\"x\"", "options.maxFailures")]
    [InlineData("batch", "\"0\"", "options.batch")]
    [InlineData("onFailure", "\"unknown\"", "options.onFailure")]
    [InlineData("onFailure", "\"rollback\"", "options.onFailure")]
    [InlineData("strategy", "\"unknown\"", "options.strategy")]
    [InlineData("maxRunning", "0", "options.maxRunning")]
    [InlineData("retries", "11", "options.retries")]
    [InlineData("approverDiffers", "true", "options.approverDiffers")]
    [InlineData("approvalTimeout", "\"00:01:00\"", "options.approvalTimeout")]
    [InlineData("runEnvironment", "\"a-b\"", "options.runEnvironment")]
    [InlineData("spread", "\"rack\"", "options.spread")]
    [InlineData("noOp", "true", "options.noOp")]
    public async Task Of_a_runs_options_it_is_the_option(string option, string value, string field) =>
        Check(await RunAsync(run => run["options"]![option] = JsonNode.Parse(value)), 400, field);

    [Fact]
    public async Task Of_the_rest_of_a_run_it_is_the_path_too()
    {
        Check(await RunAsync(run => run.Remove("planId")), 400, "planId");
        Check(await RunAsync(run => run["planId"] = "sha256:0"), 404, "planId");
        Check(await RunAsync(run => run.Remove("options")), 400, "options");
        Check(await RunAsync(run => run.Remove("fleet")), 400, "fleet");
        Check(await RunAsync(run => run["fleet"]!["scenario"] = "e3g="), 400, "fleet.scenario");
        Check(await RunAsync(run => run["fleet"] = JsonNode.Parse("""{"name":"nowhere"}""")), 400, "fleet.name");
        Check(await RunAsync(run => run["caller"] = "jane"), 400, "caller");
    }

    [Theory]
    [InlineData("rpcTimeout", "\"00:00:00\"", "rpcTimeout")]
    [InlineData("site", "{}", "site.document")]
    [InlineData("deployments", "[]", "deployments")]
    public async Task Of_a_release_of_strays_it_is_the_path(string key, string value, string field)
    {
        var body = JsonNode.Parse(Nodes)!;
        body["deployments"] = new JsonArray("k7m2p9xa");
        body[key] = JsonNode.Parse(value);
        Check(await _host.PostAsync(HostApi.StraysRelease, body.ToJsonString()), 400, field);
    }

    [Theory]
    [InlineData("name", "null", "name")]
    [InlineData("name", "\"a b\"", "name")]
    [InlineData("verbs", "[]", "verbs")]
    [InlineData("verbs", "[\"fly\"]", "verbs[0]")]
    [InlineData("verbs", "[\"token\"]", "verbs")]
    [InlineData("expires", "\"00:00:00\"", "expires")]
    [InlineData("environments", "[\"a b\"]", "environments")]
    public async Task Of_a_token_it_is_the_key(string key, string value, string field)
    {
        var body = JsonNode.Parse(Token)!;
        body[key] = JsonNode.Parse(value);
        Check(await _host.PostAsync(HostApi.Tokens, body.ToJsonString()), 400, field);
    }

    [Fact]
    public async Task A_node_that_the_site_does_not_have_is_told_by_its_place()
    {
        var request = new NodesRequest(Sites.Request(Sites.Lamp), new FleetChoice(true, null, null), TimeSpan.FromSeconds(1), ["dev*", "web9"]);
        Check(await _host.PostAsync(HostApi.Nodes, request, MessagesJson.Plain.NodesRequest), 400, "nodes[1]");
    }

    [Fact]
    public async Task Of_headers_it_is_their_name()
    {
        Check(await _host.PostAsync(HostApi.Plans, "{}", "text/plain"), 415, "Content-Type");
        using var stream = await _host.WatchAsync("k7", lastEventId: "x");
        Check(new TestHost.Answer(400, stream.Content.Headers.ContentType?.MediaType, await stream.Content.ReadAsStringAsync()), 400, "Last-Event-ID");
        using var run = new HttpRequestMessage(HttpMethod.Post, HostApi.Deployments) { Content = new StringContent("{}", null, "application/json") };
        run.Headers.TryAddWithoutValidation(HostApi.IdempotencyKey, "");
        Check(await _host.SendAsync(run), 400, HostApi.IdempotencyKey);
    }

    [Fact]
    public async Task A_site_that_is_too_large_is_told_by_its_place()
    {
        var large = Sites.Request(Sites.Lamp) with { Document = new byte[1 << 17] };
        Check(await _host.PostAsync(HostApi.Plans, large, MessagesJson.Plain.PlanRequest), 413, "document");
        var nodes = new NodesRequest(large, new FleetChoice(true, null, null), TimeSpan.FromSeconds(1));
        Check(await _host.PostAsync(HostApi.Nodes, nodes, MessagesJson.Plain.NodesRequest), 413, "site.document");
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{} {}")]
    public async Task Where_it_is_no_one_value_there_is_none(string body) => Check(await _host.PostAsync(HostApi.Plans, body), 400, null);

    private async Task<TestHost.Answer> RunAsync(Action<JsonObject> change)
    {
        var run = new JsonObject
        {
            ["planId"] = Sites.PlanOf(Sites.Lamp).Id.Value,
            ["options"] = new JsonObject(),
            ["fleet"] = JsonNode.Parse(Emulated),
            ["noWait"] = false,
        };
        change(run);
        return await _host.PostAsync(HostApi.Deployments, run.ToJsonString());
    }

    private static void Check(TestHost.Answer answer, int status, string? field) => Assert.Equal((status, field), (answer.Status, answer.Problem.Field));
}
