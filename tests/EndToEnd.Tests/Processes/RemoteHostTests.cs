using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Orchestrator.Client;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.EndToEnd.Tests.Processes;

/// <summary>A service that people and programs ask from other machines, as far as one machine can show it: over TLS, with certificates and tokens.</summary>
public sealed class RemoteHostTests : IAsyncLifetime, IAsyncDisposable
{
    private const string Alice = "alice.mcollective";
    private const string Bob = "bob.mcollective";

    private readonly Sandbox _service = new();
    private readonly List<Sandbox> _clients = [];
    private readonly int _port = Ports.Free();
    private readonly TestAuthority _authority;
    private RunningCommand? _host;

    private string Address => $"https://localhost:{_port}";

    public RemoteHostTests()
    {
        _authority = new TestAuthority(Path.Combine(_service.Root, "ssl"), TimeProvider.System.GetUtcNow());
        foreach (var name in (string[])["localhost", Alice, Bob])
            _authority.Certify(name);
        _service.Write("crl.pem", _authority.RevocationList([]));
        _service.Write("policy", """
            group deployers  choria=alice.mcollective, choria=bob.mcollective
            allow  choria=bob.mcollective  approve            production  *  *
            deny   @deployers              *                  production  *  *
            allow  @deployers              plan,run,show,cancel,token  *  *  *
            """);
        _service.Write("host.yaml", $"""
            listen: 127.0.0.1:{_port}
            certificate: {_authority.Certificate("localhost")}
            private-key: {_authority.Key("localhost")}
            ca: {_authority.Certificate("ca")}
            crl: crl.pem
            policy: policy
            """);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
            await client.DisposeAsync();
        if (_host is not null)
            await _host.DisposeAsync();
        await _service.DisposeAsync();
        _authority.Dispose();
    }

    [Fact]
    public async Task A_person_plans_runs_and_follows_with_a_certificate_and_starts_no_host()
    {
        await StartAsync();
        var alice = ClientOf(Alice);
        var site = Site(alice, "staging");

        var ran = await alice.RunAsync("run", site, "--emulate", "--yes");
        Assert.True(ran.ExitCode == 0, ran.Error);
        Assert.Contains("Succeeded", ran.Output, StringComparison.OrdinalIgnoreCase);
        Assert.False(Directory.Exists(alice.Folder));

        var listed = await alice.RunAsync("list", "--mine", "--output", "json");
        Assert.Equal("choria=alice.mcollective", Assert.Single(Deployments(listed)).GetProperty("caller").GetString());
        Assert.Empty(Deployments(await ClientOf(Bob).RunAsync("list", "--mine", "--output", "json")));
        Assert.Equal(2, (await alice.RunAsync("verify", "--host", Address)).ExitCode);
    }

    [Fact]
    public async Task What_the_policy_denies_ends_with_a_code_of_its_own_and_the_line()
    {
        await StartAsync();
        var bob = ClientOf(Bob);
        var ran = await bob.RunAsync("run", Site(bob, "production"), "--emulate", "--yes");
        Assert.Equal(
            (10, "", $"orchestrator: choria=bob.mcollective may not use plan in environment production: denied by {_service.Root}/policy:3\n"),
            (ran.ExitCode, ran.Output, ran.Error));
        Assert.Equal(10, (await bob.RunAsync("prune", "--older-than", "1d", "--export-to", bob.Root, "--yes")).ExitCode);
    }

    [Fact]
    public async Task A_program_with_a_token_does_what_it_is_for_until_it_is_revoked()
    {
        await StartAsync();
        var alice = ClientOf(Alice);
        var made = JsonDocument.Parse((await alice.RunAsync(
            "token", "create", "ci", "--verbs", "plan,run", "--environment", "staging", "--expires", "90d", "--output", "json")).Output).RootElement;
        var program = ClientOf(null, ("ORCHESTRATOR_TOKEN", made.GetProperty("secret").GetString()!));

        var ran = await program.RunAsync("run", Site(program, "staging"), "--emulate", "--yes", "--detach");
        Assert.True(ran.ExitCode == 0, ran.Error);
        var listed = await program.RunAsync("list");
        Assert.Equal(
            (10, "orchestrator: choria=alice.mcollective/ci may not use show: the token is for plan and run in staging\n"), (listed.ExitCode, listed.Error));
        Assert.Equal(10, (await program.RunAsync("plan", Site(program, "qa"))).ExitCode);
        Assert.Equal(
            "choria=alice.mcollective/ci", Assert.Single(Deployments(await alice.RunAsync("list", "--output", "json"))).GetProperty("caller").GetString());

        Assert.Equal(0, (await alice.RunAsync("token", "revoke", "ci")).ExitCode);
        var refused = await program.RunAsync("plan", Site(program, "staging"));
        Assert.Equal((10, "orchestrator: the token is unknown, has expired or was revoked\n"), (refused.ExitCode, refused.Error));
    }

    [Fact]
    public async Task A_certificate_that_is_revoked_reaches_nothing_any_more()
    {
        await StartAsync();
        var alice = ClientOf(Alice);
        Assert.Equal(0, (await alice.RunAsync("list")).ExitCode);
        using var shown = X509CertificateLoader.LoadCertificateFromFile(_authority.Certificate(Alice));
        _service.Write("crl.pem", _authority.RevocationList([shown]));
        await Until.TrueAsync(async () => (await alice.RunAsync("list")).ExitCode == 8, "the revoked certificate is refused");
        Assert.Equal(0, (await ClientOf(Bob).RunAsync("list")).ExitCode);
    }

    [Fact]
    public async Task A_host_that_cannot_be_trusted_or_reached_is_told_in_one_sentence()
    {
        await StartAsync();
        var stranger = ClientOf(Alice);
        stranger.Write(
            ".config/orchestrator/config.yaml",
            $"fleets: {{ default: {{ ssl-dir: {_authority.Folder}, certname: {Alice}, ca: {stranger.Root}/other.pem }} }}\n");
        using (var other = new TestAuthority(Path.Combine(stranger.Root, "other"), TimeProvider.System.GetUtcNow()))
            File.Copy(other.Certificate("ca"), Path.Combine(stranger.Root, "other.pem"));
        var untrusted = await stranger.RunAsync("list", "--host", Address);
        Assert.Equal(8, untrusted.ExitCode);
        Assert.Matches(@"^orchestrator: the host localhost:\d+ cannot be reached: its certificate is not trusted .*other\.pem.*\n$", untrusted.Error);

        var alice = ClientOf(Alice);
        var nobody = await alice.RunAsync("list", "--host", $"https://localhost:{Ports.Free()}");
        Assert.Equal(8, nobody.ExitCode);
        Assert.Matches(@"^orchestrator: the host localhost:\d+ cannot be reached: Connection refused.*\n$", nobody.Error);

        File.Delete(_authority.Key(Alice));
        var without = await alice.RunAsync("list");
        Assert.Equal(8, without.ExitCode);
        Assert.Contains("orchestrator request-cert", without.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_follows_when_the_service_is_started_anew_sees_the_end()
    {
        await StartAsync();
        var alice = ClientOf(Alice);
        var slow = alice.Write("slow.yaml", "defaults: { run: 600s }\n");
        await using var following = alice.Start("run", Site(alice, "staging"), "--emulate", slow, "--yes");
        await Until.TrueAsync(async () => Deployments(await alice.RunAsync("list", "--state", "running", "--output", "json")).Length == 1);
        Sandbox.SendSignal(_host!.Id, 15);
        Assert.Equal(0, (await _host.EndAsync()).ExitCode);
        await StartAsync();
        // Its emulated nodes ended with the first one.
        var followed = await following.EndAsync();
        Assert.Equal(5, followed.ExitCode);
        Assert.Contains("Reconnected to the host.", followed.Output + followed.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fifty_overlapping_deployments_of_ten_clients_at_once_share_no_node_and_come_in_their_order_and_all_end()
    {
        await StartAsync();
        var clients = Enumerable.Range(0, 10).Select(i => ApiOf(i % 2 == 0 ? Alice : Bob)).ToList();
        await Task.WhenAll(clients.Select(async (client, c) =>
        {
            for (var i = 0; i < 5; i++)
                await DeployAsync(client, $"node{(3 * c + i) % 30}", $"node{(3 * c + i + 1) % 30}");
        }));
        await Until.TrueAsync(
            async () => (await clients[0].GetFromJsonAsync(HostApi.Page(100, null, false), MessagesJson.Default.DeploymentPage))!
                .Deployments.All(d => d.State.IsEnd()), "all have ended", TimeSpan.FromMinutes(3));

        var page = (await clients[0].GetFromJsonAsync(HostApi.Page(100, null, false), MessagesJson.Default.DeploymentPage))!;
        Assert.Equal(50, page.Deployments.Length);
        Assert.All(page.Deployments, d => Assert.Equal(DeploymentPhase.Succeeded, d.State));
        var spans = new List<(string[] Nodes, DateTimeOffset Began, DateTimeOffset Ended)>();
        foreach (var line in page.Deployments.Reverse())
        {
            var view = (await clients[0].GetFromJsonAsync(HostApi.Deployment(line.Id.Value), MessagesJson.Default.DeploymentView))!;
            var events = (await clients[0].GetFromJsonAsync(HostApi.Events(line.Id.Value), MessagesJson.Default.RecordedEvents))!;
            spans.Add(([.. view.Nodes.Select(n => n.Name.Value)], ((DeploymentEvents.DeploymentStarted)events[0].Event).At, view.EndedAt!.Value));
        }
        for (var later = 1; later < spans.Count; later++)
        {
            Assert.All(
                spans.Take(later).Where(earlier => earlier.Nodes.Intersect(spans[later].Nodes).Any()),
                earlier => Assert.True(earlier.Ended <= spans[later].Began, $"{string.Join(',', earlier.Nodes)} {earlier.Ended:O} {spans[later].Began:O}"));
        }
        clients.ForEach(c => c.Dispose());
    }

    [Fact]
    public async Task A_thousand_clients_list_and_two_hundred_follow_while_deployments_run()
    {
        await StartAsync();
        using var api = ApiOf(Alice);
        using var client = new OrchestratorClient(
            HostEndpoint.Https(new Uri(Address), _authority.Certificate("ca"), _authority.Certificate(Alice), _authority.Key(Alice)));
        var followers = Enumerable.Range(0, 200).Select(_ => EndsAsync()).ToList();
        var lists = Enumerable.Range(0, 1000).Select(_ => client.GetDeploymentsAsync(limit: 10)).ToList();
        await DeployAsync(api, "web1.example.net");
        await DeployAsync(api, "web2.example.net");

        Assert.All(await Task.WhenAll(lists), page => Assert.InRange(page.Value.Deployments.Length, 0, 2));
        var ends = await Task.WhenAll(followers);
        Assert.All(ends, told => Assert.Equal(ends[0], told));
        Assert.Equal(2, ends[0].Split(' ').Distinct().Count());

        // Which deployments ended, in the order in which a follower was told.
        async Task<string> EndsAsync()
        {
            var ended = new List<string>();
            await foreach (var item in client.FollowAllAsync(after: 0, types: ["ended"]))
            {
                if (item is StreamItem.HappenedIn { Entry.Deployment: var id })
                    ended.Add(id.Value);
                if (ended.Count == 2)
                    break;
            }
            return string.Join(' ', ended);
        }
    }

    [Fact]
    public async Task However_many_strangers_connect_and_say_nothing_or_little_who_is_known_is_served_and_followers_stay()
    {
        // So few file descriptors leave room for fewer connections than strangers make.
        await StartAsync("ulimit -n 1024; ");
        using var api = ApiOf(Alice);
        using var client = new OrchestratorClient(
            HostEndpoint.Https(new Uri(Address), _authority.Certificate("ca"), _authority.Certificate(Alice), _authority.Key(Alice)));
        var ended = EndedAsync();
        await client.GetDeploymentsAsync();

        var strangers = new List<TcpClient>();
        var speaking = new List<Task>();
        for (var i = 0; i < 2000; i++)
        {
            var stranger = new TcpClient();
            strangers.Add(stranger);
            await stranger.ConnectAsync(IPAddress.Loopback, _port);
            if (i % 10 == 0)
                speaking.Add(SpeakAsync(stranger, i % 20 == 0 ? "" : "GET /v1/host HTTP/1.1\r\nHost: localhost\r\nX-Slow: "));
        }

        // Over connections of their own, within the time in which strangers are let go.
        var begun = Stopwatch.GetTimestamp();
        using var next = new OrchestratorClient(
            HostEndpoint.Https(new Uri(Address), _authority.Certificate("ca"), _authority.Certificate(Bob), _authority.Key(Bob)));
        await next.GetDeploymentsAsync();
        using var local = new OrchestratorClient(HostEndpoint.Socket(_service.Socket));
        await local.GetDeploymentsAsync();
        Assert.InRange(Stopwatch.GetElapsedTime(begun), TimeSpan.Zero, TimeSpan.FromSeconds(5));
        await DeployAsync(api, "web1.example.net");
        Assert.True(await Until.DoneAsync(ended));
        strangers.ForEach(s => s.Dispose());
        await Task.WhenAll(speaking);

        async Task<bool> EndedAsync()
        {
            await foreach (var item in client.FollowAllAsync(after: 0, types: ["ended"]))
            {
                if (item is StreamItem.HappenedIn)
                    return true;
            }
            return false;
        }

        static async Task SpeakAsync(TcpClient stranger, string words)
        {
            try
            {
                var tls = new SslStream(stranger.GetStream(), false, (_, shown, _, _) => shown?.Subject == "CN=localhost");
                await tls.AuthenticateAsClientAsync("localhost");
                await tls.WriteAsync(Encoding.ASCII.GetBytes(words));
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or AuthenticationException or InvalidOperationException)
            {
                // It was closed.
            }
        }
    }

    private static async Task DeployAsync(HttpClient client, params string[] nodes)
    {
        var components = string.Join(", ", nodes.Select(n => $"\"C[{n}]\": {{ node: {n} }}"));
        var site = new PlanRequest(Encoding.UTF8.GetBytes($"environment: staging\napplications: {{ \"A[a]\": {{ {components} }} }}\n"), "site", null, []);
        using var planned = await client.PostAsJsonAsync(HostApi.PlanToRun(null), site, MessagesJson.Default.PlanRequest);
        var plan = JsonDocument.Parse(await planned.Content.ReadAsStringAsync()).RootElement.GetProperty("id").GetString()!;
        var fleet = new FleetChoice(true, "speed: 100\n"u8.ToArray(), "fast");
        using var ran = await client.PostAsJsonAsync(
            HostApi.Deployments, new RunRequest(new PlanId(plan), new DeploymentOptions(), fleet, false), MessagesJson.Default.RunRequest);
        Assert.Equal(HttpStatusCode.Accepted, ran.StatusCode);
    }

    private HttpClient ApiOf(string name)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(_authority.Certificate("ca"));
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        var certificate = X509Certificate2.CreateFromPemFile(_authority.Certificate(name), _authority.Key(name));
        return new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { CertificateChainPolicy = policy, ClientCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true) },
        })
        { BaseAddress = new Uri(Address) };
    }

    /// <param name="before">What the shell does before it becomes the host.</param>
    private async Task StartAsync(string before = "")
    {
        _host = _service.StartProgram(
            "/bin/sh", "-c", $"{before}exec {Sandbox.Dotnet} {Sandbox.HostLibrary} --config {Path.Combine(_service.Root, "host.yaml")} --log-to console,file");
        await _host.SaysAsync(" is listening on ");
        await _host.SaysAsync($":{_port}");
    }

    /// <summary>The command on a machine of its own, whose configuration names the host.</summary>
    /// <param name="name">Whose certificate it shows; null for none.</param>
    private Sandbox ClientOf(string? name, params (string, string)[] variables)
    {
        var client = new Sandbox(variables);
        _clients.Add(client);
        Directory.CreateDirectory(Path.Combine(client.Root, ".config", "orchestrator"));
        var fleet = name is null ? $"ca: {_authority.Certificate("ca")}" : $"ssl-dir: {_authority.Folder}, certname: {name}";
        client.Write(".config/orchestrator/config.yaml", $"host: {Address}\nfleets: {{ default: {{ {fleet} }} }}\n");
        return client;
    }

    private static string Site(Sandbox client, string environment) => client.Write(
        $"{environment}.yaml", $"environment: {environment}\napplications: {{ \"Web[a]\": {{ \"Front[f]\": {{ node: web1.example.net }} }} }}\n");

    private static JsonElement[] Deployments(Ran listed) => [.. JsonDocument.Parse(listed.Output).RootElement.EnumerateArray()];
}
