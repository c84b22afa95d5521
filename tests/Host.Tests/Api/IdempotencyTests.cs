using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Host.Access;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Host.Tests.Api;

/// <summary>A run that is asked for again with its key is the same deployment, whatever happened in between.</summary>
public sealed class IdempotencyTests : IAsyncLifetime
{
    private const string Key = "8e03978e-40d5-43e2-bc93-6e2dc0b7a8d6";
    private static readonly FleetChoice Emulated = new(true, null, null);
    private readonly string _policy = Path.Combine(Path.GetTempPath(), $"policy-{Guid.NewGuid():n}");
    private TestHost? _host;

    private TestHost Host => _host!;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_host is not null)
            await _host.DisposeAsync();
        File.Delete(_policy);
    }

    [Fact]
    public async Task The_same_run_again_is_the_same_deployment_as_it_is_now()
    {
        await StartAsync();
        var first = Accepted(await RunAsync(Key));
        Host.Coordinator.Lines = [.. Host.Coordinator.Lines.Select(l => l with { WaitsFor = [new DeploymentId("before22")] })];

        var second = Accepted(await RunAsync(Key));

        Assert.Equal((first.Id, first.PlanId, "before22"), (second.Id, second.PlanId, Assert.Single(second.WaitsFor).Value));
        Assert.Single(Registered);
        Assert.NotEqual(first.Id, Accepted(await RunAsync("another key")).Id);
        Assert.NotEqual(first.Id, Accepted(await RunAsync(null)).Id);
        Assert.Equal(3, Registered.Count);
    }

    [Fact]
    public async Task A_key_that_came_with_another_request_is_refused_and_nothing_is_begun()
    {
        await StartAsync();
        Accepted(await RunAsync(Key));
        foreach (var other in (RunRequest[])
            [
                Request with { NoWait = true }, Request with { Options = new DeploymentOptions { Noop = true } },
                Request with { Fleet = Emulated with { ScenarioName = "other" } },
            ])
        {
            var refused = (await RunAsync(Key, other)).Problem;
            Assert.Equal((422, ProblemCodes.IdempotencyKeyReused, HostApi.IdempotencyKey), (refused.Status, refused.Code, refused.Field));
        }
        Assert.Single(Registered);
    }

    [Fact]
    public async Task A_key_is_its_callers_own()
    {
        await StartAsync();
        var jane = Accepted(await RunAsync(Key));
        Host.Asker = new Asker("joe", true, "test");
        var joe = Accepted(await RunAsync(Key, Request with { NoWait = true }));
        Assert.NotEqual(jane.Id, joe.Id);
        Assert.Equal(["jane", "joe"], Registered.Select(r => r.Caller));
    }

    [Fact]
    public async Task What_was_refused_is_done_under_the_same_id_once_it_can_be()
    {
        await StartAsync();
        Host.Coordinator.Answer = m => m is CoordinatorProtocol.RegisterDeployment ? new CoordinatorProtocol.Denied(ProblemCodes.NodesHeld, "held") : null;
        Assert.Equal(409, (await RunAsync(Key)).Status);
        Host.Coordinator.Answer = Register;
        var accepted = Accepted(await RunAsync(Key));
        Assert.Equal([accepted.Id, accepted.Id], Registered.Select(r => r.Id));
    }

    [Fact]
    public async Task One_that_is_registered_is_answered_also_where_its_fleet_is_out_of_reach()
    {
        _host = await TestHost.StartAsync(
            world: Worlds.With((ConfigurationFiles.OfMachine, "fleets: { default: {} }")),
            openFleet: (_, _, _) => throw new FleetUnavailableException("nothing listens"));
        await _host.PlannedAsync(Sites.Lamp);
        var request = Request with { Fleet = new FleetChoice(false, null, null) };
        Assert.Equal(ProblemCodes.FleetUnavailable, (await RunAsync(Key, request)).Problem.Code);
        Assert.Equal(ProblemCodes.FleetUnavailable, (await RunAsync(Key, request)).Problem.Code);
        var id = Assert.Single(Ids());
        Host.Coordinator.Lines = [FakeCoordinator.Line(id)];

        Assert.Equal(id, Accepted(await RunAsync(Key, request)).Id.Value);
        Assert.Empty(Registered);
    }

    [Fact]
    public async Task What_cannot_be_written_is_not_done()
    {
        await StartAsync();
        Execute("ALTER TABLE idempotency_keys RENAME TO gone");
        Assert.True((await RunAsync(Key)).Status >= 500);
        Assert.Empty(Registered);
        Accepted(await RunAsync(null));
    }

    [Fact]
    public async Task A_request_that_cannot_be_understood_leaves_the_key_free()
    {
        await StartAsync();
        Assert.Equal(400, (await RunAsync(Key, Request with { Options = new DeploymentOptions { Spread = "rack" } })).Status);
        Accepted(await RunAsync(Key));
    }

    [Fact]
    public async Task Whoever_may_not_run_any_more_is_refused_also_with_a_key_that_is_known()
    {
        await File.WriteAllTextAsync(_policy, "allow alice * * * *\n");
        File.SetUnixFileMode(_policy, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _host = await TestHost.StartAsync(s => s with { Policy = _policy });
        _host.Coordinator.Answer = Register;
        await _host.PlannedAsync(Sites.Lamp);
        Host.Asker = new Asker("alice", false, "test");
        var first = Accepted(await RunAsync(Key));
        Assert.Equal(first.Id, Accepted(await RunAsync(Key)).Id);

        await File.WriteAllTextAsync(_policy, "allow alice plan * * *\n");
        await Host.Services.GetRequiredService<PolicyFile>().ReloadAsync();
        Assert.Equal(403, (await RunAsync(Key)).Status);
        Assert.Equal(
            [AuditResult.Allowed, AuditResult.Allowed, AuditResult.Denied],
            Host.Services.GetRequiredService<AuditLog>().Read(new AuditFilter(Verb: AccessVerb.Run), 100, after: 0).Entries.Select(e => e.Result));
    }

    [Theory]
    [InlineData("")]
    [InlineData("tab\tinside")]
    [InlineData("too long")]
    public async Task A_key_that_is_none_is_refused(string key)
    {
        await StartAsync();
        using var request = MessageOf(key == "too long" ? new string('x', 256) : key, Request);
        var refused = (await Host.SendAsync(request)).Problem;
        Assert.Equal((400, "Idempotency-Key must be given once, with 1 to 255 printable ASCII characters"), (refused.Status, refused.Detail));
        Assert.Empty(Registered);
        Accepted(await RunAsync(new string('x', 255)));
    }

    [Fact]
    public async Task Two_keys_are_refused_and_one_that_is_not_ascii()
    {
        await StartAsync();
        foreach (var keys in (string[])["Idempotency-Key: one\r\nidempotency-key: two", "Idempotency-Key: na\u00efve"])
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Host.State.Socket));
            await socket.SendAsync(Encoding.UTF8.GetBytes(
                $"POST /v1/deployments HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n{keys}\r\n\r\n{{}}"));
            var answer = new byte[4096];
            Assert.Contains("must be given once", Encoding.UTF8.GetString(answer, 0, await socket.ReceiveAsync(answer)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Nor_is_anything_done_for_a_verb_with_a_key_that_is_none()
    {
        await StartAsync();
        Host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa")];
        foreach (var path in (string[])[HostApi.Verb("k7", "retry"), HostApi.Resume])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent("{}", null, "application/json") };
            request.Headers.TryAddWithoutValidation(HostApi.IdempotencyKey, "");
            Assert.Equal(HostApi.IdempotencyKey, (await Host.SendAsync(request)).Problem.Field);
        }
        Assert.Empty(Host.Coordinator.Asked.OfType<Domain.Coordination.VerbOnDeployment>());
        Assert.Empty(Host.Coordinator.Asked.OfType<CoordinatorProtocol.ResumeUnfinished>());
    }

    [Fact]
    public async Task Where_nothing_would_go_by_the_key_it_is_refused()
    {
        await StartAsync();
        Host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa")];
        string[] others =
        [
            HostApi.Look("k7"), HostApi.Plans, HostApi.Prune, HostApi.Tokens, HostApi.RevokeToken("t7"), HostApi.StraysRelease, HostApi.ImportHistory,
            HostApi.Recover,
        ];
        foreach (var path in others)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent("{}", null, "application/json") };
            request.Headers.Add(HostApi.IdempotencyKey, Key);
            var refused = (await Host.SendAsync(request)).Problem;
            Assert.Equal(400, refused.Status);
            Assert.StartsWith("Idempotency-Key is for runs, the verbs of a deployment and /v1/resume: omit it", refused.Detail, StringComparison.Ordinal);
        }
        Assert.Empty(Host.Coordinator.Asked.OfType<Domain.Coordination.VerbOnDeployment>());
        using var read = new HttpRequestMessage(HttpMethod.Get, HostApi.Deployments);
        read.Headers.Add(HostApi.IdempotencyKey, Key);
        Assert.Equal(200, (await Host.SendAsync(read)).Status);
    }

    [Fact]
    public async Task A_key_is_known_for_a_week_and_forgotten_when_another_comes_after_it()
    {
        await StartAsync();
        var first = Accepted(await RunAsync(Key));
        Age(IdempotencyKeys.Kept);
        Accepted(await RunAsync("second"));
        Assert.Equal(first.Id, Accepted(await RunAsync(Key)).Id);
        Age(IdempotencyKeys.Kept + TimeSpan.FromSeconds(1));
        // Nobody else came: it is not forgotten under the hands of who asks.
        Assert.Equal(first.Id, Accepted(await RunAsync(Key)).Id);
        Accepted(await RunAsync("third"));
        Assert.Equal(2, Ids().Count);
        Assert.NotEqual(first.Id, Accepted(await RunAsync(Key)).Id);

        void Age(TimeSpan age) => Execute($"UPDATE idempotency_keys SET created_at = '{Host.Time.GetUtcNow() - age:O}' WHERE key = '{Key}'");
    }

    [Fact]
    public async Task The_next_host_answers_the_same_and_goes_on_where_the_one_before_died()
    {
        _host = await TestHost.StartWholeAsync();
        await _host.PlannedAsync(Sites.Lamp);
        var first = Accepted(await RunAsync(Key));
        // As a host leaves it that is killed before the deployment is registered.
        Execute("INSERT INTO idempotency_keys SELECT caller, 'killed', request_sha256, 'killed22', created_at FROM idempotency_keys");

        var folder = await Host.EndAsync();
        _host = await TestHost.StartWholeAsync(folder: folder);

        Assert.Equal(first.Id, Accepted(await RunAsync(Key)).Id);
        var killed = Accepted(await RunAsync("killed"));
        Assert.Equal(("killed22", "killed22"), (killed.Id.Value, Accepted(await RunAsync("killed")).Id.Value));
        Assert.Equal(["killed22", first.Id.Value], await ListAsync());
    }

    [Fact]
    public async Task Of_many_that_come_at_once_one_is_begun()
    {
        _host = await TestHost.StartWholeAsync();
        await _host.PlannedAsync(Sites.Lamp);
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => RunAsync(Key)));
        Assert.Equal(Assert.Single(await ListAsync()), Assert.Single(answers.Select(Accepted).Select(a => a.Id.Value).Distinct()));
    }

    [Fact]
    public async Task Old_keys_are_found_without_a_look_at_the_others_also_in_the_journal_of_an_earlier_version()
    {
        _host = await TestHost.StartWholeAsync(change: journal => OnEarlier(journal,
            """
            CREATE TABLE idempotency_keys
            (
                caller TEXT NOT NULL, key TEXT NOT NULL, request_sha256 BLOB NOT NULL, deployment TEXT NOT NULL, created_at TEXT NOT NULL,
                PRIMARY KEY (caller, key)
            ) WITHOUT ROWID
            """), day: "2026-11-28");
        using var connection = Host.Services.GetRequiredService<JournalConnections>().Open();
        using var command = connection.CreateCommand();
        command.CommandText = "EXPLAIN QUERY PLAN DELETE FROM idempotency_keys WHERE created_at < 'x' AND NOT (caller = 'y' AND key = 'z')";
        using var plan = command.ExecuteReader();
        Assert.True(plan.Read());
        Assert.Contains("USING INDEX idempotency_keys_age (created_at<?)", plan.GetString(3), StringComparison.Ordinal);

        static void OnEarlier(string journal, string sql)
        {
            using var connection = new SqliteConnection($"Data Source={journal};Pooling=False");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "DROP TABLE IF EXISTS idempotency_keys; " + sql;
            command.ExecuteNonQuery();
        }
    }

    private static RunRequest Request => new(Sites.PlanOf(Sites.Lamp).Id, new DeploymentOptions(), Emulated, false);

    private List<CoordinatorProtocol.RegisterDeployment> Registered => [.. Host.Coordinator.Asked.OfType<CoordinatorProtocol.RegisterDeployment>()];

    private async Task StartAsync()
    {
        _host = await TestHost.StartAsync();
        _host.Coordinator.Answer = Register;
        await _host.PlannedAsync(Sites.Lamp);
    }

    /// <summary>What is registered is there from then on.</summary>
    private object? Register(object message)
    {
        if (message is CoordinatorProtocol.RegisterDeployment register)
            Host.Coordinator.Lines = [FakeCoordinator.Line(register.Id.Value), .. Host.Coordinator.Lines];
        return null;
    }

    private static HttpRequestMessage MessageOf(string? key, RunRequest request)
    {
        var message = new HttpRequestMessage(HttpMethod.Post, HostApi.Deployments)
        {
            Content = new StringContent(JsonSerializer.Serialize(request, MessagesJson.Default.RunRequest), null, "application/json"),
        };
        if (key is not null)
            message.Headers.TryAddWithoutValidation(HostApi.IdempotencyKey, key);
        return message;
    }

    private Task<TestHost.Answer> RunAsync(string? key, RunRequest? request = null) => Host.SendAsync(MessageOf(key, request ?? Request));

    private static RunAccepted Accepted(TestHost.Answer answer)
    {
        Assert.True(answer.Status == 202, answer.Text);
        return answer.Read(MessagesJson.Default.RunAccepted);
    }

    private async Task<IEnumerable<string>> ListAsync() =>
        (await Host.GetAsync(HostApi.Deployments)).Read(MessagesJson.Default.DeploymentPage).Deployments.Select(d => d.Id.Value);

    private List<string> Ids()
    {
        using var connection = Host.Services.GetRequiredService<JournalConnections>().Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT deployment FROM idempotency_keys";
        using var rows = command.ExecuteReader();
        var ids = new List<string>();
        while (rows.Read())
            ids.Add(rows.GetString(0));
        return ids;
    }

    private void Execute(string sql)
    {
        using var connection = Host.Services.GetRequiredService<JournalConnections>().Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
