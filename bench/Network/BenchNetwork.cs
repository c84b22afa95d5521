using System.Diagnostics;
using System.Globalization;
using Orchestrator.Choria.Connecting;
using Orchestrator.Testing;

namespace Orchestrator.Network.Bench;

/// <summary>A certificate authority, a broker with mutual TLS and a fleet of emulated nodes, each a process of its own; all of it goes at the end.</summary>
internal sealed class BenchNetwork : IAsyncDisposable
{
    private const string Caller = "bench.mcollective";
    private const string NodeCertificate = "node.example.net";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("b").FullName;
    private readonly TestAuthority _authority;
    private Process? _fleet;

    private BenchNetwork()
    {
        _authority = new TestAuthority(Path.Combine(_folder, "ssl"), TimeProvider.System.GetUtcNow());
        foreach (var name in (string[])["localhost", Caller, NodeCertificate])
            _authority.Certify(name);
    }

    /// <summary>The broker.</summary>
    public NatsServer Broker { get; private set; } = null!;

    /// <summary>The process that plays the nodes.</summary>
    public Process Fleet => _fleet ?? throw new InvalidOperationException("no fleet was started");

    /// <summary>What the nodes' own process says they were asked.</summary>
    public string Counts => Path.Combine(_folder, "counts.json");

    /// <summary>The state folder of a host.</summary>
    public string State => Path.Combine(_folder, "s");

    /// <summary>How a client reaches the broker.</summary>
    public ChoriaSettings Settings => new()
    {
        Collective = ChoriaSettings.DefaultCollective,
        Brokers = [Broker.Address],
        CertName = Caller,
        Certificate = _authority.Certificate(Caller),
        PrivateKey = _authority.Key(Caller),
        CertificateAuthority = _authority.Certificate("ca"),
    };

    /// <summary>The name of the nth node.</summary>
    public static string Node(int number) => string.Create(CultureInfo.InvariantCulture, $"n{number:d5}.example.net");

    /// <summary>Starts broker and nodes, and waits until they listen.</summary>
    public static async Task<BenchNetwork> StartAsync(int nodes, string scenario)
    {
        var network = new BenchNetwork();
        network.Broker = await NatsServer.StartAsync(NatsServer.MutualTls(network._authority));
        network._fleet = network.Start(
            "NodeAgent", "orchestrator-node.dll",
            ["emulate", "--nodes", string.Create(CultureInfo.InvariantCulture, $"n[00001-{nodes:d5}].example.net"),
                "--scenario", network.Write("scenario.yaml", scenario),
                "--broker", network.Broker.Address, "--ssl-dir", network._authority.Folder, "--certname", NodeCertificate, "--counts",
                network.Counts]);
        await network._fleet.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        return network;
    }

    /// <summary>Starts the command, whose host reaches this network.</summary>
    public Process Command(params string[] arguments) => Start("Cli", "orchestrator.dll", arguments);

    /// <summary>Writes a file and returns its path.</summary>
    public string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Lets the nodes' process end in order, so that its account is of the very end.</summary>
    public async Task EndFleetAsync()
    {
        using var kill = Process.Start("kill", Fleet.Id.ToString(CultureInfo.InvariantCulture));
        await Fleet.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_fleet is { HasExited: false })
            _fleet.Kill();
        _fleet?.Dispose();
        if (Broker is not null)
            await Broker.DisposeAsync();
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Process Start(string project, string library, string[] arguments)
    {
        var output = Path.GetRelativePath(Path.Combine(Root, "bench", "Network"), AppContext.BaseDirectory);
        var start = new ProcessStartInfo("dotnet", [Path.Combine(Root, "src", project, output, library), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        };
        start.Environment["ORCHESTRATOR_STATE"] = State;
        start.Environment["ORCHESTRATOR_CONFIG"] = Write("config.yaml",
            $$"""fleets: { default: { brokers: ["{{Broker.Address}}"], ssl-dir: "{{_authority.Folder}}", certname: {{Caller}} } }""");
        return Process.Start(start)!;
    }

    private static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Orchestrator.sln")))
            folder = folder.Parent ?? throw new InvalidOperationException("run this from a folder of the project");
        return folder.FullName;
    }
}
