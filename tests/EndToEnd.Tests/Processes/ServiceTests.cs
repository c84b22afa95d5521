using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Orchestrator.Messages.Api;

namespace Orchestrator.EndToEnd.Tests.Processes;

/// <summary>The host's program as an administrator starts it: as a process with a configuration file, under systemd or what acts so.</summary>
public sealed class ServiceTests : IAsyncLifetime, IAsyncDisposable
{
    private const int Hangup = 1;
    private const int Terminate = 15;

    private readonly Sandbox _sandbox = new();

    public Task InitializeAsync() => Task.CompletedTask;

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    private string Config => Path.Combine(_sandbox.Root, "host.yaml");

    private RunningCommand Host(params string[] arguments) => _sandbox.StartProgram(Sandbox.Dotnet, [Sandbox.HostLibrary, .. arguments]);

    /// <summary>Starts a service that logs to standard output, and waits until it listens.</summary>
    private async Task<RunningCommand> ServiceAsync(string configuration, params string[] arguments)
    {
        _sandbox.Write("host.yaml", configuration);
        var service = Host(["--config", Config, "--log-to", "console,file", .. arguments]);
        await service.SaysAsync(" is listening on ");
        return service;
    }

    [Fact]
    public async Task The_check_shows_each_setting_with_its_source_and_starts_nothing()
    {
        var file = _sandbox.Write("host.yaml", "log-level: Debug\n");
        var ran = await Host("--config", file, "--check-config", "--site-megabytes=7", "--output", "json").EndAsync();

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        using var shown = JsonDocument.Parse(ran.Output);
        var sources = shown.RootElement.GetProperty("settings").EnumerateArray().ToDictionary(
            s => s.GetProperty("key").GetString()!, s => (s.GetProperty("value").GetString(), s.GetProperty("source").GetString()));
        Assert.Equal(("Debug", $"{file}:1"), sources["log-level"]);
        Assert.Equal(("7", "--site-megabytes"), sources["site-megabytes"]);
        Assert.Equal((_sandbox.Folder, "ORCHESTRATOR_STATE"), sources["state"]);
        Assert.Equal(("text", "default"), sources["log-format"]);
        Assert.False(Directory.Exists(_sandbox.Folder));
    }

    [Theory]
    [InlineData("--check-config")]
    [InlineData("--log-to=console")]
    public async Task A_configuration_that_cannot_be_used_is_told_whole_with_an_exit_code_of_its_own(string argument)
    {
        var file = _sandbox.Write("host.yaml", "log-lvel: Debug\nlisten: 8150\n");
        var ran = await Host("--config", file, argument, "--polcy", "p").EndAsync();

        Assert.Equal(78, ran.ExitCode);
        string[] told = [$"{file}:1:1: unknown key 'log-lvel'", $"{file}:2:9: 'listen' must be ADDRESS:PORT", "did you mean --policy?"];
        Assert.All(told, words => Assert.Contains(words, ran.Error, StringComparison.Ordinal));
        Assert.False(Directory.Exists(_sandbox.Folder));
    }

    [Theory]
    [InlineData("--check-config")]
    [InlineData("--log-to=console")]
    public async Task A_policy_that_cannot_be_used_keeps_a_service_from_starting(string argument)
    {
        var policy = _sandbox.Write("policy", "allow alice rnu * * *\nallow bob\n");
        var ran = await Host("--config", _sandbox.Write("host.yaml", "policy: policy\n"), argument).EndAsync();

        Assert.Equal(78, ran.ExitCode);
        Assert.Contains($"policy: {policy}:1: there is no verb \"rnu\"; did you mean run?", ran.Error, StringComparison.Ordinal);
        Assert.Contains($"policy: {policy}:2: the columns for verbs, ", ran.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_sandbox.Folder));
    }

    [Fact]
    public async Task A_changed_policy_is_taken_up_and_of_a_wrong_one_the_rules_of_before_stay()
    {
        string[] test = ["policy", "test", "--caller", "alice/ci", "--verb", "run", "--environment", "staging"];
        var policy = _sandbox.Write("policy", "deny * * * * vault*\nallow alice run staging * *\n");
        await using var host = Host("--config", _sandbox.Write("host.yaml", "policy: policy\n"));
        await Until.TrueAsync(() => File.Exists(_sandbox.Socket));
        Assert.Equal(
            (0, $"alice/ci may use run in environment staging: allowed by {policy}:2\n  2  allow alice run staging * *\n"), await RanAsync(test));

        File.WriteAllText(policy, "allow bob rnu * * *\n");
        await Until.TrueAsync(async () => (await _sandbox.RunAsync("policy", "show")).ExitCode == 1);
        var shown = (await _sandbox.RunAsync("policy", "show")).Output;
        Assert.Contains($"error: {policy}:1: there is no verb \"rnu\"; did you mean run?\n", shown, StringComparison.Ordinal);
        Assert.Contains("  2  allow alice run staging * *\n", shown, StringComparison.Ordinal);
        Assert.Equal(0, (await RanAsync(test)).ExitCode);

        File.WriteAllText(policy, "allow bob run * * *\n");
        await Until.TrueAsync(async () => (await RanAsync(test)).ExitCode == 1);
        Assert.Equal(0, (await _sandbox.RunAsync("policy", "show")).ExitCode);

        async Task<(int ExitCode, string Output)> RanAsync(string[] arguments)
        {
            var ran = await _sandbox.RunAsync(arguments);
            return (ran.ExitCode, ran.Output);
        }
    }

    [Fact]
    public async Task The_help_names_every_key()
    {
        var ran = await Host("--help").EndAsync();

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.Contains("  log-level ", ran.Output, StringComparison.Ordinal);
        Assert.Contains("--check-config", ran.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Systemd_hears_when_it_is_ready_that_it_lives_that_it_reads_again_and_that_it_stops()
    {
        await using var sandbox = new Sandbox(
            ("NOTIFY_SOCKET", Path.Combine(_sandbox.Root, "notify")), ("WATCHDOG_USEC", "1000000"), ("ORCHESTRATOR_IDLE_SECONDS", "1"));
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(_sandbox.Root, "notify")));
        await using var service = sandbox.StartProgram(Sandbox.Dotnet, Sandbox.HostLibrary, "--log-to", "console");

        await UntilAsync("READY=1");
        Assert.True(File.Exists(sandbox.Socket));
        // Longer than a host that a command started would stay.
        for (var i = 0; i < 12; i++)
            Assert.Equal("WATCHDOG=1", await HeardAsync());
        Sandbox.SendSignal(service.Id, Hangup);
        Assert.StartsWith("RELOADING=1\nMONOTONIC_USEC=", await UntilAsync("RELOADING=1"), StringComparison.Ordinal);
        await UntilAsync("READY=1");
        Sandbox.SendSignal(service.Id, Terminate);
        await UntilAsync("STOPPING=1");
        Assert.Equal(0, (await service.EndAsync()).ExitCode);
        Assert.Contains("ORCHESTRATOR_IDLE_SECONDS has no effect", service.Output, StringComparison.Ordinal);

        async Task<string> HeardAsync()
        {
            var buffer = new byte[4096];
            return Encoding.UTF8.GetString(buffer, 0, await Until.DoneAsync(socket.ReceiveAsync(buffer)));
        }

        async Task<string> UntilAsync(string what)
        {
            while (true)
            {
                if (await HeardAsync() is var said && said.StartsWith(what, StringComparison.Ordinal))
                    return said;
            }
        }
    }

    [Fact]
    public async Task The_socket_is_where_it_was_asked_for_and_open_to_a_group()
    {
        var (folder, group) = (Path.Combine(_sandbox.Root, "run"), (await OutputOfAsync("id", "-g")).Trim());
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute);
        await using var service = await ServiceAsync($"socket: run/o.sock\nsocket-group: {group}\n");

        var socket = Path.Combine(folder, "o.sock");
        Assert.Equal($"660 {group}", (await OutputOfAsync("stat", "-c", "%a %g", socket)).Trim());
        Assert.False(Path.Exists(_sandbox.Socket));
        using var client = ClientOf(socket);
        Assert.True((await client.GetAsync(new Uri(HostApi.Host, UriKind.Relative))).IsSuccessStatusCode);
        Sandbox.SendSignal(service.Id, Terminate);
        Assert.Equal(0, (await service.EndAsync()).ExitCode);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public async Task What_can_be_taken_up_while_it_runs_is_and_the_rest_is_named()
    {
        await using var service = await ServiceAsync("log-level: Warning\n", "--log-level", "Information");
        Sandbox.SendSignal(service.Id, Hangup);
        await service.SaysAsync("[INF] The configuration was read again");

        _sandbox.Write("host.yaml", "log-level: Warning\nsite-megabytes: 31\nlog-format: json\n");
        Sandbox.SendSignal(service.Id, Hangup);
        await service.SaysAsync("The option site-megabytes changed from 30 to 31, which takes effect only when the service is started again");
        await service.SaysAsync("The option log-format changed from text to json, which takes effect only when");

        _sandbox.Write("host.yaml", "log-lvel: Warning\n");
        Sandbox.SendSignal(service.Id, Hangup);
        await service.SaysAsync("The configuration cannot be used, so the one before stays in use: ");
        Sandbox.SendSignal(service.Id, Terminate);
        Assert.Equal(0, (await service.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task A_caller_that_asks_too_often_is_refused_until_other_limits_are_taken_up()
    {
        await using var service = await ServiceAsync("requests-per-second: 1\nstreams-at-once: 7\n");
        using var client = ClientOf(_sandbox.Socket);
        var asked = 0;
        HttpResponseMessage answer;
        while ((answer = await client.GetAsync(new Uri(HostApi.Host, UriKind.Relative))).IsSuccessStatusCode)
            Assert.True(++asked < 1000, "nobody was refused");
        Assert.InRange(asked, 5, 100);
        Assert.Equal((HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(1)), (answer.StatusCode, answer.Headers.RetryAfter?.Delta));
        answer.Dispose();
        await service.SaysAsync("[WRN] ");
        await service.SaysAsync("1 a second are allowed");

        _sandbox.Write("host.yaml", "");
        Sandbox.SendSignal(service.Id, Hangup);
        await service.SaysAsync("The option requests-per-second changed from 1 to 1000\n");
        await service.SaysAsync("The option streams-at-once changed from 7 to 1000\n");
        await service.SaysAsync("The configuration was read again");
        for (var i = 0; i < 200; i++)
            Assert.True((await client.GetAsync(new Uri(HostApi.Host, UriKind.Relative))).IsSuccessStatusCode);
    }

    [Fact]
    public async Task Another_policy_is_taken_up_while_it_runs()
    {
        var (one, other) = (_sandbox.Write("one", "allow alice run * * *\n"), _sandbox.Write("other", "allow bob run * * *\n"));
        await using var service = await ServiceAsync("policy: one\n");
        _sandbox.Write("host.yaml", "policy: other\n");
        Sandbox.SendSignal(service.Id, Hangup);
        await service.SaysAsync($"The option policy changed from {one} to {other}\n");
        await service.SaysAsync($"The policy {other} is in force: 1 line, ");

        _sandbox.Write("host.yaml", "");
        Sandbox.SendSignal(service.Id, Hangup);
        await service.SaysAsync("There is no policy any more: only the host's own user and root may use the host");
    }

    [Fact]
    public async Task The_level_of_the_log_changes_while_it_runs()
    {
        await using var service = await ServiceAsync("log-level: Information\n");
        _sandbox.Write("host.yaml", "log-level: Error\n");
        Sandbox.SendSignal(service.Id, Hangup);
        await service.SaysAsync("The option log-level changed from Information to Error");

        Sandbox.SendSignal(service.Id, Terminate);
        var ran = await service.EndAsync();
        Assert.Equal(0, ran.ExitCode);
        Assert.DoesNotContain("is exiting", ran.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_are_json_with_their_properties_or_begin_with_their_priority()
    {
        await using (var service = await ServiceAsync("log-format: json\n"))
        {
            Sandbox.SendSignal(service.Id, Terminate);
            var ran = await service.EndAsync();
            var lines = ran.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
            Assert.Contains(lines, l => l.TryGetProperty("Socket", out var socket) && socket.GetString() == _sandbox.Socket);
        }
        await using var other = Host("--log-to", "journald");
        await other.SaysAsync(" is listening on ");
        Sandbox.SendSignal(other.Id, Terminate);
        var said = (await other.EndAsync()).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(said, line => Assert.Matches("^<[2-7]>[A-Z]", line));
    }

    [Fact]
    public async Task While_it_exits_it_takes_nothing_on_answers_who_reads_and_writes_no_pause_into_a_history()
    {
        await using var service = await ServiceAsync("log-level: Information\n");
        // The node's answer to runonce takes so long that the host does not come to rest.
        var scenario = _sandbox.Write("slow.yaml", "speed: 1\ndefaults: { run: 60s }\nnodes: { dev1.example.net: { lost-reply: [runonce] } }");
        var begun = await _sandbox.RunAsync(
            "run", _sandbox.Write("site.yaml", OutcomeRow.Site), "--emulate", scenario, "--yes", "--detach", "--output", "json");
        var id = begun.Json().GetProperty("id").GetString()!;
        await _sandbox.HappenedAsync(id, "run-requested");

        var begin = Stopwatch.GetTimestamp();
        Sandbox.SendSignal(service.Id, Terminate);
        await service.SaysAsync("The host is exiting because of SIGTERM");
        using var client = ClientOf(_sandbox.Socket);
        // Both at once: it does not exit for long.
        var state = _sandbox.StateOfAsync(id);
        using var refused = await client.PostAsync(new Uri(HostApi.Verb(id, "pause"), UriKind.Relative), new StringContent("{}"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "2"), (refused.StatusCode, refused.Headers.RetryAfter?.ToString()));
        Assert.Contains("\"code\":\"going-away\"", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal("running", await state);

        var ran = await service.EndAsync();
        Assert.Matches($@"POST {HostApi.Verb(id, "pause")} by [^ ]+ was answered with 503: ", ran.Output);
        Assert.Equal(0, ran.ExitCode);
        Assert.True(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(11));
        var history = await _sandbox.RunAsync("export", id);
        Assert.Contains("run-requested", history.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("pause", history.Output, StringComparison.Ordinal);
        Assert.EndsWith(" has exited", ran.Output.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_signal_ends_it_at_once()
    {
        await using var service = await ServiceAsync("log-level: Information\n");
        var scenario = _sandbox.Write("slow.yaml", "speed: 1\ndefaults: { run: 60s }\nnodes: { dev1.example.net: { lost-reply: [runonce] } }");
        var begun = await _sandbox.RunAsync(
            "run", _sandbox.Write("site.yaml", OutcomeRow.Site), "--emulate", scenario, "--yes", "--detach", "--output", "json");
        await _sandbox.HappenedAsync(begun.Json().GetProperty("id").GetString()!, "run-requested");

        Sandbox.SendSignal(service.Id, Terminate);
        await service.SaysAsync("The host is exiting because of SIGTERM");
        Sandbox.SendSignal(service.Id, Terminate);
        var ran = await service.EndAsync();
        Assert.Equal(143, ran.ExitCode);
        Assert.DoesNotContain(" has exited", ran.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_listens_for_other_machines_and_takes_up_what_sighup_tells_it_of()
    {
        using var authority = new TestAuthority(Path.Combine(_sandbox.Root, "ssl"), TimeProvider.System.GetUtcNow());
        authority.Certify("localhost");
        var crl = _sandbox.Write("crl.pem", authority.RevocationList([]));
        var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var https = $"""
            listen: 127.0.0.1:{port}
            certificate: ssl/certs/localhost.pem
            private-key: ssl/private_keys/localhost.pem
            ca: ssl/certs/ca.pem
            """;
        var refused = await Host("--config", _sandbox.Write("host.yaml", $"{https}\ncrl: crl.pem\n")).EndAsync();
        Assert.Equal((1, $"listen: the host cannot listen on 127.0.0.1:{port}: Address already in use\n"), (refused.ExitCode, refused.Error));
        taken.Dispose();
        await using var service = await ServiceAsync($"{https}\ncrl: crl.pem\n");
        await service.SaysAsync($" is listening on https://127.0.0.1:{port}");
        using var client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = new() { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Subject == "CN=localhost" },
        });
        using var answer = await client.GetAsync(new Uri($"https://127.0.0.1:{port}{HostApi.Host}"));
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);

        await File.WriteAllTextAsync(crl, authority.RevocationList([], until: authority.Now.AddMinutes(-1)));
        Sandbox.SendSignal(service.Id, Hangup);
        await service.SaysAsync("HTTPS: crl: ");
        await service.SaysAsync("certificates of \"Puppet CA: test\" are refused");
        _sandbox.Write("host.yaml", $"{https}\ncrl: none\n");
        Sandbox.SendSignal(service.Id, Hangup);
        await service.SaysAsync($"The option crl changed from {crl} to none");
        Sandbox.SendSignal(service.Id, Terminate);
        Assert.Equal(0, (await service.EndAsync()).ExitCode);
    }

    private static HttpClient ClientOf(string path) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    { BaseAddress = new Uri("http://localhost") };

    private async Task<string> OutputOfAsync(string program, params string[] arguments)
    {
        await using var command = _sandbox.StartProgram($"/usr/bin/{program}", arguments);
        return (await command.EndAsync()).Output;
    }
}
