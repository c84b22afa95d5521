using System.Globalization;
using System.Text.Json;
using Orchestrator.Choria.Connecting;
using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Sites;
using Orchestrator.Messages.Plans;
using Orchestrator.Puppet.Connecting;
using Orchestrator.Puppet.Servers;

namespace Orchestrator.Puppet.Tests.Servers;

/// <summary>Sites from Puppet Server, over TLS with recorded answers of Puppet 4 to 6.</summary>
public sealed class EnvironmentGraphTests : IDisposable
{
    private const long Largest = 64 << 20;
    private const string Jane = "jane.mcollective";
    private const string ServerName = "puppet.example.net";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orch");
    private readonly TestAuthority _authority;

    public EnvironmentGraphTests()
    {
        _authority = new TestAuthority(_folder.FullName, TimeProvider.System.GetUtcNow());
        _authority.Certify(Jane);
        _authority.Certify(ServerName);
    }

    public static TheoryData<string> Recorded =>
        [.. Directory.GetFiles(Catalogs, "*.expected.json").Select(f => Path.GetFileName(f)[..^".expected.json".Length])];

    private static string Catalogs => Path.Combine(SourceTree.Root, "tests", "fixtures", "catalogs");

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [MemberData(nameof(Recorded))]
    public async Task What_a_server_answered_is_the_same_site_as_the_saved_answer(string catalog)
    {
        var body = await File.ReadAllBytesAsync(Path.Combine(Catalogs, catalog + ".json"));
        using var expected = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(Catalogs, catalog + ".expected.json")));
        var http = expected.RootElement.TryGetProperty("http", out var said) ? said : default;
        var status = http.ValueKind == JsonValueKind.Object && http.TryGetProperty("status", out var number) ? number.GetInt32() : 200;
        var version = http.ValueKind == JsonValueKind.Object ? http.GetProperty("puppet").GetString() : null;
        await using var server = Server(_ => new SmallAnswer(status, body) { Headers = [$"X-Puppet-Version: {version ?? "6.29.0"}"] });

        var asked = Planner.Plan(await AskAsync(server, EnvironmentOf(body)), new PlanQuestion([], null));
        var saved = Planner.Plan(SiteReader.Read(body, "saved.json"), new PlanQuestion([], null));

        Assert.Equal(Groups(saved), Groups(asked));
        if (status != 200)
            Assert.All(Assert.IsType<PlanResult.Refused>(asked).Problems, p => Assert.Equal(SiteProblemKinds.ServerError, p.Kind));
    }

    [Theory]
    [InlineData(206, "{\"environment\": \"production\", \"applications\": {}}", "answers 206: {")]
    [InlineData(401, " ", "answers 401: without a word")]
    [InlineData(500, "{\"message\": \"\\ud800\"}", "answers 500: {\"message\"")]
    [InlineData(200, "environment: production\napplications: {}\n", "is not JSON: check that this is Puppet Server and not another server")]
    public async Task An_answer_that_may_not_be_the_whole_graph_is_a_problem(int status, string body, string words)
    {
        await using var server = Server(_ => SmallAnswer.Of(status, body));

        var reading = await AskAsync(server, "production");

        Assert.Null(reading.Site);
        Assert.Contains(words, Assert.Single(reading.Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_graph_is_asked_for_with_the_caller_s_certificate_and_nothing_else()
    {
        await using var server = Server(_ => SmallAnswer.Of(200, Graph("staging")));

        var reading = await AskAsync(server, "staging");

        Assert.Empty(reading.Problems);
        Assert.Equal("staging", reading.Site!.Environment);
        var request = Assert.Single(server.Requests);
        Assert.Equal(("GET", "/puppet/v3/environment/staging", Jane), (request.Method, request.Path, request.Client));
    }

    [Fact]
    public async Task A_refused_caller_is_shown_the_rule_to_add_in_each_form_with_its_own_name()
    {
        await using var server = Server(_ => SmallAnswer.Of(403, "Forbidden request: /puppet/v3/environment/production (method :get).", "text/plain"));

        var problem = Assert.Single((await AskAsync(server, "production")).Problems);

        Assert.Contains("403", problem.Message, StringComparison.Ordinal);
        Assert.Contains(Jane, problem.Message, StringComparison.Ordinal);
        var advice = string.Join('\n', problem.Advice!);
        Assert.Contains("puppet_authorization::rule", advice, StringComparison.Ordinal);
        Assert.Contains("match-request:", advice, StringComparison.Ordinal);
        Assert.Contains("method find", advice, StringComparison.Ordinal);
        Assert.Equal(3, advice.Split(Jane).Length - 1);
    }

    [Theory]
    [InlineData("7.9.5", """{"message":"Not Found: Could not find indirection 'environment'","issue_kind":"RESOURCE_NOT_FOUND"}""", "application/json")]
    [InlineData("8.6.0", "Not Found", "text/plain")]
    [InlineData(null, "<html><head><title>Error 404 Not Found</title></head></html>", "text/html")]
    public async Task A_server_without_the_site_language_is_told_apart_from_an_unknown_environment(string? version, string body, string type)
    {
        await using var server = Server(_ => SmallAnswer.Of(404, body, type) with { Headers = version is null ? [] : [$"X-Puppet-Version: {version}"] });

        var problem = Assert.Single((await AskAsync(server, "production")).Problems);

        Assert.Contains("Puppet 7 and later have no site language", problem.Message, StringComparison.Ordinal);
        Assert.Contains("PuppetDB", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_the_site_language_that_forbids_it_too_is_not_given_a_rule_that_would_not_help()
    {
        await using var server = Server(request => request.Path == "/puppet/v3/environments"
            ? SmallAnswer.Of(200, """{"environments":{}}""") with { Headers = ["X-Puppet-Version: 7.9.5"] }
            : SmallAnswer.Of(403, "Forbidden request: /puppet/v3/environment/production (method :get).", "text/plain"));

        var problem = Assert.Single((await AskAsync(server, "production")).Problems);

        Assert.Contains("(Puppet 7.9.5) has no environment graphs", problem.Message, StringComparison.Ordinal);
        Assert.Null(problem.Advice);
    }

    [Fact]
    public async Task An_unknown_environment_is_told_in_the_server_s_words_with_what_to_do()
    {
        const string body = """{"message":"Not Found: nosuch is not a known environment","issue_kind":"RESOURCE_NOT_FOUND"}""";
        await using var server = Server(_ => SmallAnswer.Of(404, body) with { Headers = ["X-Puppet-Version: 6.29.0"] });

        var problem = Assert.Single((await AskAsync(server, "nosuch")).Problems);

        Assert.Contains("nosuch is not a known environment", problem.Message, StringComparison.Ordinal);
        Assert.Contains("deployed on the server", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<!DOCTYPE html><html><head><title>Welcome to nginx!</title></head><body></body></html>", "Welcome to nginx!")]
    [InlineData("{\"environment\":\"production\",\"applications\":{\"Lamp[app1]\":{", "line 1")]
    [InlineData("{\"environment\":\"production\",\"applications\":7}", "applications")]
    [InlineData("[]", "line 1")]
    [InlineData("", "empty")]
    public async Task A_good_status_with_something_else_than_a_graph_is_a_problem_and_no_site(string body, string said)
    {
        await using var server = Server(_ => SmallAnswer.Of(200, body));

        var reading = await AskAsync(server, "production");

        Assert.NotEmpty(reading.Problems);
        Assert.Contains(said, reading.Problems[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_says_where_it_would_have_led()
    {
        await using var elsewhere = Server(_ => SmallAnswer.Of(200, Graph("production")));
        await using var server = Server(_ => SmallAnswer.Of(302, "") with { Headers = [$"Location: https://127.0.0.1:{elsewhere.Port}/"] });

        var problem = Assert.Single((await AskAsync(server, "production")).Problems);

        Assert.Contains($"https://127.0.0.1:{elsewhere.Port}/", problem.Message, StringComparison.Ordinal);
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_no_site()
    {
        var whole = System.Text.Encoding.UTF8.GetBytes(Graph("production"));
        await using var server = Server(_ => new SmallAnswer(200, whole[..^1]) { SaidLength = whole.Length });

        var problem = await Assert.ThrowsAsync<PuppetUnreachableException>(() => AskAsync(server, "production"));

        Assert.Contains("broke off", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_is_read_up_to_the_bound_and_not_beyond()
    {
        var body = Graph("production");
        await using var server = Server(_ => SmallAnswer.Of(200, body));

        Assert.Empty((await AskAsync(server, "production", body.Length)).Problems);
        var problem = await Assert.ThrowsAsync<PuppetUnreachableException>(() => AskAsync(server, "production", body.Length - 1));

        Assert.Contains("more than", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_graph_is_read_whole()
    {
        var applications = string.Join(',', Enumerable.Range(0, 40_000).Select(i => string.Create(
            CultureInfo.InvariantCulture,
            $$$"""
            "App[{{{i}}}]":{"App::Part[{{{i}}}]":{{{new string(' ', 1500)}}}{"produces":[],"consumes":[],"node":"n{{{i}}}.example.net"}}
            """)));
        var body = $$$"""{"environment":"production","applications":{{{{applications}}}}}""";
        Assert.InRange(body.Length, 60 << 20, Largest);
        await using var server = Server(_ => SmallAnswer.Of(200, body));

        var reading = await AskAsync(server, "production");

        Assert.Empty(reading.Problems);
        Assert.Equal(40_000, reading.Site!.Nodes.Length);
    }

    [Fact]
    public async Task A_server_that_never_answers_is_given_up_at_the_deadline()
    {
        await using var server = new SmallHttpServer(_authority, ServerName, async (_, end) =>
        {
            var never = new TaskCompletionSource<SmallAnswer>();
            return await never.Task.WaitAsync(end);
        });

        var problem = await Assert.ThrowsAsync<PuppetUnreachableException>(() => AskAsync(server, "production", Largest, TimeSpan.FromMilliseconds(300)));

        Assert.Contains("did not answer within 0.3s", problem.Message, StringComparison.Ordinal);
    }

    private static string? EnvironmentName(JsonElement root) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty("environment", out var name) && name.ValueKind == JsonValueKind.String
            ? name.GetString()
            : null;

    private static string EnvironmentOf(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return EnvironmentName(json.RootElement) ?? "production";
        }
        catch (JsonException)
        {
            return "production";
        }
    }

    private static string Graph(string environment) => $$$$"""
        {"environment":"{{{{environment}}}}","applications":{"Lamp[app1]":{
          "Lamp::Mysql[app1]":{"produces":["Sql[app1]"],"consumes":[],"node":"dev1.example.net"},
          "Lamp::Webapp[app1]":{"produces":[],"consumes":["Sql[app1]"],"node":"dev2.example.net"}}},"code_id":null}
        """;

    private static string Groups(PlanResult result) => result switch
    {
        PlanResult.Planned { Plan: var plan } => string.Join(" | ", plan.Groups.Select(g => string.Join(' ', g.Nodes.Select(n => n.Name.Value)))),
        PlanResult.Refused { Problems: var problems } => string.Join(", ", problems.Select(p => p.Kind)),
        _ => "",
    };

    private SmallHttpServer Server(Func<SmallRequest, SmallAnswer> answer) => new(_authority, ServerName, answer);

    private async Task<SiteReading> AskAsync(SmallHttpServer server, string environment, long largest = Largest, TimeSpan? deadline = null)
    {
        var caller = new ChoriaSettings
        {
            CertName = Jane,
            Certificate = _authority.Certificate(Jane),
            PrivateKey = _authority.Key(Jane),
            CertificateAuthority = _authority.Certificate("ca"),
        };
        var at = new ServerSetting([new ServerAddress("127.0.0.1", server.Port)], "the test");
        using var connection = new PuppetConnection(PuppetService.Server, at, PuppetTrust.Mutual(caller), TimeProvider.System);
        return (await EnvironmentGraph.AskAsync(connection, environment, Jane, largest, deadline ?? Patience, CancellationToken.None))();
    }
}
