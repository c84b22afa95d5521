using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Orchestrator.Testing;

/// <summary>A nats-server process of a test's own on a free port; it ends with the test, and can be killed and started again in between.</summary>
public sealed class NatsServer : IAsyncDisposable
{
    /// <summary>Lets it say who is connected.</summary>
    public const string Monitored = "http: \"127.0.0.1:-1\"";

    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(30);

    private readonly string _folder = Directory.CreateTempSubdirectory("nats-server-").FullName;
    private Process? _process;

    private NatsServer(string configuration) => Configuration = configuration;

    /// <summary>What it is started with, which names no address.</summary>
    public string Configuration { get; set; }

    /// <summary>The port, the same after a restart.</summary>
    public int Port { get; private set; } = -1;

    /// <summary>The process; it must run.</summary>
    public int ProcessId => _process!.Id;

    /// <summary>HOST:PORT.</summary>
    public string Address => $"localhost:{Port}";

    /// <summary>What a server with mutual TLS says in its configuration.</summary>
    /// <param name="authority">Whose certificates it trusts; it has one of them for localhost.</param>
    /// <param name="more">More lines.</param>
    /// <param name="mapsUsers">Whether a client is the user whose name its certificate bears.</param>
    public static string MutualTls(TestAuthority authority, string more = "", bool mapsUsers = false) => $$"""
        tls {
          cert_file: "{{authority.Certificate("localhost")}}", key_file: "{{authority.Key("localhost")}}", ca_file: "{{authority.Certificate("ca")}}"
          {{(mapsUsers ? "verify_and_map" : "verify")}}: true, timeout: 10
        }
        {{more}}
        """;

    /// <summary>Starts one with this configuration, which names no address.</summary>
    public static async Task<NatsServer> StartAsync(string configuration)
    {
        var server = new NatsServer(configuration);
        await server.StartAsync();
        return server;
    }

    /// <summary>Starts it, on the port that it had before.</summary>
    public async Task StartAsync()
    {
        var file = Path.Combine(_folder, "nats.conf");
        await File.WriteAllTextAsync(file, Configuration);
        var start = new ProcessStartInfo("nats-server");
        string[] arguments =
        [
            "-c", file, "-a", "127.0.0.1", "-p", Port.ToString(CultureInfo.InvariantCulture), "--ports_file_dir", _folder, "-l", Path.Combine(_folder, "log"),
        ];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        var ports = Path.Combine(_folder, $"nats-server_{_process.Id}.ports");
        await Until.TrueAsync(async () =>
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"nats-server ended: {await File.ReadAllTextAsync(Path.Combine(_folder, "log"))}");
            if (!File.Exists(ports) || TryReadPort(await File.ReadAllTextAsync(ports)) is not { } port)
                return false;
            Port = port;
            return true;
        }, "nats-server listens", StartsWithin);
    }

    /// <summary>The SHA-256, in hex, of the certificates of those who are connected; where its configuration says <see cref="Monitored"/>.</summary>
    public async Task<ImmutableArray<string>> ShownCertificatesAsync()
    {
        var ports = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(_folder, $"nats-server_{ProcessId}.ports")));
        using var http = new HttpClient { BaseAddress = new Uri(ports.RootElement.GetProperty("monitoring")[0].GetString()!) };
        var connections = JsonDocument.Parse(await http.GetStringAsync("/connz?auth=1")).RootElement.GetProperty("connections");
        return
        [
            // One that is at its handshake has shown none yet.
            .. connections.EnumerateArray().SelectMany(c => c.TryGetProperty("tls_peer_certs", out var shown) ? shown.EnumerateArray() : default)
                .Select(c => c.GetProperty("cert_sha256").GetString()!.ToUpperInvariant()),
        ];
    }

    /// <summary>How many clients have knocked since it was made; counted where its configuration says <c>debug: true</c>.</summary>
    public async Task<int> ConnectionsAsync() =>
        (await File.ReadAllLinesAsync(Path.Combine(_folder, "log"))).Count(l => l.Contains("Client connection created", StringComparison.Ordinal));

    /// <summary>Ends it without a word to its clients.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The file is there a moment before all of it is.</summary>
    private static int? TryReadPort(string text)
    {
        try
        {
            return new Uri(JsonDocument.Parse(text).RootElement.GetProperty("nats")[0].GetString()!).Port;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
