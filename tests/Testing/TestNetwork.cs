using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Client.Core;
using Orchestrator.Choria.Connecting;

namespace Orchestrator.Testing;

/// <summary>
/// A network of a test's own: a certificate authority, a real broker with mutual TLS, emulated nodes as processes, and state folders
/// whose hosts are configured for it. At the end nothing of it is left.
/// </summary>
public sealed class TestNetwork : IAsyncDisposable
{
    /// <summary>Who calls unless something else is said.</summary>
    public const string Caller = "alice.mcollective";

    /// <summary>The certificate of the nodes' process.</summary>
    public const string NodeName = "node.example.net";

    private readonly List<RunningCommand> _fleets = [];
    private readonly List<Sandbox> _states = [];
    private readonly Sandbox _files = new();

    private TestNetwork()
    {
        Authority = new TestAuthority(Path.Combine(_files.Root, "ssl"), TimeProvider.System.GetUtcNow());
        foreach (var name in (string[])["localhost", Caller, NodeName])
            Authority.Certify(name);
    }

    /// <summary>Whose certificates count here.</summary>
    public TestAuthority Authority { get; }

    /// <summary>The broker.</summary>
    public NatsServer Broker { get; private set; } = null!;

    /// <summary>The node's program as it was built beside these tests.</summary>
    private static string NodeLibrary { get; } = Sandbox.Built("src/NodeAgent", "orchestrator-node.dll");

    /// <summary>Starts the broker.</summary>
    /// <param name="more">More lines of its configuration.</param>
    /// <param name="mapsUsers">Whether a client is the user whose name its certificate bears.</param>
    public static async Task<TestNetwork> StartAsync(string more = "", bool mapsUsers = false)
    {
        var network = new TestNetwork();
        network.Broker = await NatsServer.StartAsync(NatsServer.MutualTls(network.Authority, more, mapsUsers));
        return network;
    }

    /// <summary>Starts nodes and waits until they listen.</summary>
    /// <param name="nodes">Their names, with ranges.</param>
    /// <param name="scenario">What they do.</param>
    /// <param name="options">More options.</param>
    public Task<Fleet> EmulateAsync(string nodes, string scenario, params string[] options) => EmulateAsync(nodes, scenario, NodeName, options);

    private async Task<Fleet> EmulateAsync(string nodes, string scenario, string certName, string[] options)
    {
        var counts = Path.Combine(_files.Root, $"counts-{_fleets.Count}.json");
        var file = _files.Write($"scenario-{_fleets.Count}.yaml", scenario);
        var fleet = _files.StartProgram(
            Sandbox.Dotnet,
            [
                NodeLibrary, "emulate", "--nodes", nodes, "--scenario", file, "--broker", Broker.Address, "--ssl-dir", Authority.Folder, "--certname",
                certName, "--counts", counts, .. options,
            ]);
        _fleets.Add(fleet);
        await fleet.SaysAsync(" are listening in the collective mcollective");
        return new Fleet(counts, fleet.Id);
    }

    /// <summary>Starts one node with a certificate of its own, which must have been made.</summary>
    public Task<Fleet> EmulateOneAsync(string node, string scenario) => EmulateAsync(node, scenario, node, []);

    /// <summary>Nodes that cannot listen; how their process ended.</summary>
    /// <param name="nodes">Their names.</param>
    /// <param name="sslFolder">Their certificates.</param>
    public async Task<Ran> EmulateInVainAsync(string nodes, string sslFolder)
    {
        await using var fleet = _files.StartProgram(
            Sandbox.Dotnet, [NodeLibrary, "emulate", "--nodes", nodes, "--broker", Broker.Address, "--ssl-dir", sslFolder, "--certname", NodeName]);
        return await fleet.EndAsync();
    }

    /// <summary>A connection of the test's own to the broker.</summary>
    public Task<NatsConnection> ConnectAsync(string certName = Caller) =>
        BrokerConnection.OpenAsync(Settings(certName), [Broker.Address], NullLoggerFactory.Instance, CancellationToken.None);

    /// <summary>How one connects with a certificate of this network.</summary>
    public ChoriaSettings Settings(string certName) => new()
    {
        Brokers = [Broker.Address],
        CertName = certName,
        Certificate = Authority.Certificate(certName),
        PrivateKey = Authority.Key(certName),
        CertificateAuthority = Authority.Certificate("ca"),
    };

    /// <summary>A state folder whose host reaches this network.</summary>
    /// <param name="caller">Whose certificate it uses.</param>
    /// <param name="variables">The host's settings.</param>
    public Sandbox NewState(string caller = Caller, params (string, string)[] variables)
    {
        var configuration = Configure(_states.Count, $"ssl-dir: {Authority.Folder}, certname: {caller}");
        var state = new Sandbox([("ORCHESTRATOR_CONFIG", configuration), .. variables]);
        _states.Add(state);
        return state;
    }

    /// <summary>The path of a file of the test's own, gone with the network.</summary>
    public string NewFile(string name) => Path.Combine(_files.Root, name);

    /// <summary>Writes the configuration of a state folder; a host may be using the one before.</summary>
    /// <param name="number">Which folder, in the order in which they were made.</param>
    /// <param name="settings">What it says of its fleet beside the broker.</param>
    public string Configure(int number, string settings) => _files.Write($"config-{number}.yaml", $$"""
        fleets:
          default: { brokers: ["{{Broker.Address}}"], collective: mcollective, {{settings}} }
        """);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var state in _states)
            await state.DisposeAsync();
        foreach (var fleet in _fleets)
            await fleet.DisposeAsync();
        await Broker.DisposeAsync();
        Authority.Dispose();
        await _files.DisposeAsync();
    }

    /// <summary>What the nodes' own process says of them.</summary>
    public sealed class Fleet(string countsFile, int process)
    {
        /// <summary>The memory that its process has, bytes.</summary>
        public long Memory => Process.GetProcessById(process).WorkingSet64;

        /// <summary>How a node stands.</summary>
        public JsonElement Node(string name) => Read().GetProperty("nodes").GetProperty(name);

        /// <summary>How many requests of an action reached a node.</summary>
        public int Received(string name, string action) => Node(name).GetProperty(action).GetProperty("received").GetInt32();

        /// <summary>How many runs took a node's lock.</summary>
        public int Runs(string name) => Node(name).GetProperty("runs_begun").GetInt32();

        /// <summary>Why requests got silence.</summary>
        public string Silences => Read().GetProperty("silences").GetRawText();

        /// <summary>Waits until the account, which is written now and then, is of after this moment.</summary>
        public Task FreshAsync()
        {
            var asked = File.GetLastWriteTimeUtc(countsFile);
            return Until.TrueAsync(() => File.GetLastWriteTimeUtc(countsFile) > asked, "the nodes' account is written anew");
        }

        private JsonElement Read() => JsonDocument.Parse(File.ReadAllText(countsFile)).RootElement;
    }
}
