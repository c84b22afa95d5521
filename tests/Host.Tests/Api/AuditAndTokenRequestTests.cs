using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Host.Access;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Tests.Api;

/// <summary>Tokens as people ask for them, and the audit log that knows of each.</summary>
public sealed class AuditAndTokenRequestTests : IAsyncLifetime
{
    private static readonly TokenRequest Request = new("ci", [AccessVerb.Run, AccessVerb.Plan], TimeSpan.FromDays(90), ["staging"]);
    private readonly string _folder = Directory.CreateTempSubdirectory("policy").FullName;
    private TestHost _host = null!;

    public async Task InitializeAsync()
    {
        var policy = Path.Combine(_folder, "policy");
        File.WriteAllText(policy, "allow alice,bob token * * *\nallow eve run,audit * * *\n");
        _host = await TestHost.StartAsync(settings => settings with { Policy = policy, AuditFile = Path.Combine(_folder, "audit") });
        _host.Asker = new Asker("alice", false, "192.0.2.1");
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_token_is_made_listed_and_revoked_and_each_act_is_in_the_audit_log_without_its_secret()
    {
        var answer = await CreateAsync(Request);
        Assert.Equal(201, answer.Status);
        var created = answer.Read(MessagesJson.Default.TokenCreated);
        Assert.Equal("alice/ci", _host.Services.GetRequiredService<TokenStore>().Find(created.Secret, _host.Time.GetUtcNow())!.Caller);
        Assert.Equal(created.Token.Id, Assert.Single(await ListAsync()).Id);

        var revoked = (await _host.PostAsync(HostApi.RevokeToken(created.Token.Id), "")).Read(MessagesJson.Default.TokenView);
        Assert.Equal(("alice", _host.Time.GetUtcNow()), (revoked.RevokedBy, revoked.RevokedAt));
        Assert.Null(_host.Services.GetRequiredService<TokenStore>().Find(created.Secret, _host.Time.GetUtcNow()));

        var log = await AuditAsync("");
        Assert.Equal(
            [$"revoke alice/ci ({created.Token.Id})", "create ci for plan,run in staging, for 90d"], log.Entries.Select(e => e.Detail));
        Assert.All(log.Entries, e => Assert.Equal(("alice", "192.0.2.1", AccessVerb.Token, AuditResult.Allowed), (e.Caller, e.From, e.Verb, e.Result)));
        Assert.DoesNotContain(created.Secret[^20..], JsonSerializer.Serialize(log, MessagesJson.Default.AuditPage), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everybody_sees_and_revokes_their_own_and_the_host_s_user_all()
    {
        var id = (await CreateAsync(Request)).Read(MessagesJson.Default.TokenCreated).Token.Id;
        _host.Asker = new Asker("bob", false, "socket");
        Assert.Empty(await ListAsync());
        Assert.Equal((404, ProblemCodes.TokenNotFound), Refused(await _host.PostAsync(HostApi.RevokeToken(id), "")));
        _host.Asker = new Asker("root", true, "socket");
        Assert.Single(await ListAsync());
        Assert.Equal("root", (await _host.PostAsync(HostApi.RevokeToken(id), "")).Read(MessagesJson.Default.TokenView).RevokedBy);
    }

    [Fact]
    public async Task A_token_makes_and_revokes_none()
    {
        var id = (await CreateAsync(Request)).Read(MessagesJson.Default.TokenCreated).Token.Id;
        _host.Asker = new Asker("alice/ci", false, "192.0.2.1", new TokenScope([AccessVerb.Token], []));
        Assert.Equal((403, ProblemCodes.Denied), Refused(await CreateAsync(Request with { Name = "more" })));
        Assert.Equal((403, ProblemCodes.Denied), Refused(await _host.PostAsync(HostApi.RevokeToken(id), "")));
    }

    [Fact]
    public async Task Whom_the_policy_does_not_allow_it_neither_makes_tokens_nor_reads_the_log()
    {
        Assert.Equal((403, ProblemCodes.Denied), Refused(await _host.GetAsync(HostApi.Audit)));
        _host.Asker = new Asker("eve", false, "socket");
        Assert.Equal((403, ProblemCodes.Denied), Refused(await CreateAsync(Request)));
        Assert.Equal((403, ProblemCodes.Denied), Refused(await _host.GetAsync(HostApi.Tokens)));
    }

    [Fact]
    public async Task A_name_that_is_taken_is_a_conflict()
    {
        await CreateAsync(Request);
        Assert.Equal((409, ProblemCodes.TokenExists), Refused(await CreateAsync(Request)));
        Assert.Equal([AuditResult.Failed, AuditResult.Allowed, AuditResult.Allowed], (await AuditAsync("")).Entries.Select(e => e.Result));
    }

    [Theory]
    [InlineData("""{"verbs":["run"],"expires":"90.00:00:00"}""", "name is missing: see docs/api.md")]
    [InlineData("""{"name":"a/b","verbs":["run"],"expires":"90.00:00:00"}""", "name must be 1 to 64 letters, digits, dots, dashes and underscores")]
    [InlineData("""{"name":"a","verbs":["token"],"expires":"90.00:00:00"}""", "verbs must not have token: a token neither creates nor revokes one")]
    [InlineData("""{"name":"a","verbs":["run"],"expires":"00:00:00"}""", "expires must be from 1 second to 3650 days")]
    [InlineData("""{"name":"a","verbs":["run"],"expires":"9000.00:00:00"}""", "expires must be from 1 second to 3650 days")]
    [InlineData(
        """{"name":"a","verbs":["run"],"expires":"1.00:00:00","environments":["a,b"]}""",
        "environments must be names or patterns of at most 255 characters, without blanks and commas")]
    [InlineData(
        """{"name":"a","verbs":[],"expires":"1.00:00:00"}""",
        "verbs must be some of plan, run, show, nodes, pause, resume, approve, cancel, abandon, retry, rollback, release, hold, recover, import, prune, "
            + "config, policy, audit")]
    [InlineData("""{"name":"a","verbs":["run"],"expires":"1.00:00:00","creator":"root"}""", "unknown key creator in the request body: see docs/api.md")]
    public async Task A_token_that_cannot_be_is_refused_with_the_key(string body, string sentence)
    {
        var answer = await _host.PostAsync(HostApi.Tokens, body);
        Assert.Equal((400, sentence), (answer.Status, answer.Read(MessagesJson.Default.ApiProblem).Detail));
        Assert.Empty((await AuditAsync("")).Entries);
    }

    [Fact]
    public async Task The_log_is_read_by_pages_with_filters()
    {
        var audit = _host.Services.GetRequiredService<AuditLog>();
        for (var i = 0; i < 5; i++)
            await audit.WriteAsync(new AuditEntry(0, default, i == 2 ? "bob/ci" : "alice", "socket", AccessVerb.Run, AuditResult.Allowed, "qa", $"id{i}"));
        await audit.DenyAsync(new AuditEntry(0, default, "mallory", "socket", AccessVerb.Cancel, AuditResult.Denied));

        var first = await AuditAsync("?limit=2");
        Assert.Equal([7, 6], first.Entries.Select(e => e.Number));
        Assert.Equal([5, 4], (await AuditAsync($"?limit=2&before={first.Next}")).Entries.Select(e => e.Number));
        Assert.Equal([3, 4], (await AuditAsync("?limit=2&after=2")).Entries.Select(e => e.Number));
        Assert.Equal([4], (await AuditAsync("?caller=bob")).Entries.Select(e => e.Number));
        Assert.Equal([7], (await AuditAsync("?verb=cancel")).Entries.Select(e => e.Number));
        Assert.Equal([7], (await AuditAsync("?result=denied")).Entries.Select(e => e.Number));
        Assert.Equal([3], (await AuditAsync("?deployment=id1")).Entries.Select(e => e.Number));
        Assert.Empty((await AuditAsync("?since=2100-01-01")).Entries);
    }

    [Theory]
    [InlineData("verb=rum", "unknown verb \"rum\": use one of ")]
    [InlineData("result=maybe", "unknown result \"maybe\": use one of allowed, denied, failed")]
    [InlineData("after=-1", "after must be the number of an entry, 0 or more")]
    [InlineData("before=x", "before must be the number of an entry, 0 or more")]
    [InlineData("limit=0", "limit must be a whole number from 1 to 1000")]
    [InlineData("since=soon", "since must be a time in ISO 8601, not \"soon\"")]
    public async Task A_filter_that_nothing_can_match_is_refused(string query, string sentence)
    {
        _host.Asker = new Asker("root", true, "socket");
        var answer = await _host.GetAsync($"{HostApi.Audit}?{query}");
        Assert.Equal(400, answer.Status);
        Assert.StartsWith(sentence, answer.Read(MessagesJson.Default.ApiProblem).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_changes_something_is_in_the_log_with_the_line_that_allowed_it_and_every_denial_is()
    {
        var planned = await PlannedAsync();
        Assert.Equal(202, (await RunAsync(planned)).Status);
        _host.Asker = new Asker("mallory", false, "192.0.2.9");
        Assert.Equal((403, ProblemCodes.Denied), Refused(await RunAsync(planned)));
        Assert.Equal((403, ProblemCodes.Denied), Refused(await _host.PostAsync(HostApi.Recover, "")));

        var log = await AuditAsync("");
        Assert.Equal(
            ["mallory 192.0.2.9 recover denied ", "mallory 192.0.2.9 run denied ", $"eve socket run allowed {Path.Combine(_folder, "policy")}:2"],
            log.Entries.Select(e => $"{e.Caller} {e.From} {e.Verb.Word()} {e.Result.Word()} {e.Rule}"));
        Assert.Equal((planned.Value, "production"), (log.Entries[2].Plan, log.Entries[2].Environment));
        Assert.All(log.Entries[..2], e => Assert.NotEmpty(e.Detail!));
        var copied = (await File.ReadAllLinesAsync(Path.Combine(_folder, "audit"))).Select(AuditLines.Read);
        Assert.Equal(log.Entries.Reverse(), copied.Where(e => e.From != "file"));
    }

    [Fact]
    public async Task Where_the_log_cannot_be_written_nothing_is_done()
    {
        var planned = await PlannedAsync();
        using (var connection = new SqliteConnection($"Data Source={_host.State.Journal};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END";
            command.ExecuteNonQuery();
        }

        Assert.Equal((503, ProblemCodes.JournalUnavailable), Refused(await RunAsync(planned)));
        Assert.DoesNotContain(_host.Coordinator.Asked, m => m is CoordinatorProtocol.RegisterDeployment);
    }

    private async Task<PlanId> PlannedAsync()
    {
        _host.Asker = new Asker("root", true, "socket");
        var planned = await _host.PlannedAsync("applications: { A[a]: { C[c]: { node: n1 } } }");
        _host.Asker = new Asker("eve", false, "socket");
        return planned;
    }

    private Task<TestHost.Answer> RunAsync(PlanId plan) => _host.PostAsync(
        HostApi.Deployments, new RunRequest(plan, new DeploymentOptions(), new FleetChoice(true, null, null), false), MessagesJson.Default.RunRequest);

    private Task<TestHost.Answer> CreateAsync(TokenRequest request) => _host.PostAsync(HostApi.Tokens, request, MessagesJson.Default.TokenRequest);

    private async Task<ImmutableArray<TokenView>> ListAsync() => (await _host.GetAsync(HostApi.Tokens)).Read(MessagesJson.Default.ImmutableArrayTokenView);

    private async Task<AuditPage> AuditAsync(string query)
    {
        _host.Asker = new Asker("root", true, "socket");
        var page = (await _host.GetAsync(HostApi.Audit + query)).Read(MessagesJson.Default.AuditPage);
        return page with { Entries = [.. page.Entries.Where(e => e.From != "file")] };
    }

    private static (int, string?) Refused(TestHost.Answer answer) => (answer.Status, answer.Read(MessagesJson.Default.ApiProblem).Code);
}
