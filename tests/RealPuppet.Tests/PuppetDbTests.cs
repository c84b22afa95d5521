using System.Text.Json;
using Orchestrator.Choria.Connecting;
using Orchestrator.Choria.Security;
using Orchestrator.NodeAgent.Emulation.Network;
using Orchestrator.NodeAgent.Serving;

namespace Orchestrator.RealPuppet.Tests;

/// <summary>
/// Sites from a real PuppetDB, which a real Puppet Server fills when real agents run: who exported what, and who collected it, in the order in which it is
/// deployed.
/// </summary>
public sealed class PuppetDbTests : IAsyncLifetime
{
    private const string Database = "db1.example.net";
    private const string Balancer = "lb1.example.net";
    private static readonly string[] Webs = ["web1.example.net", "web2.example.net"];

    private readonly string _folder = Directory.CreateTempSubdirectory("puppetdb-").FullName;
    private readonly List<RealNode> _nodes = [];
    private PuppetInfrastructure _puppet = null!;

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        _puppet = await PuppetInfrastructure.StartAsync(withDatabase: true);
        foreach (var name in (string[])[Database, .. Webs, Balancer])
        {
            // On a connection over which it sent its request an agent waits half a minute for its certificate.
            _nodes.Add(new RealNode(
                name, Path.Combine(_folder, name), null, _puppet.ServerPort, light: true, "http_keepalive_timeout = 0s", "usecacheonfailure = false"));
        }
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
        if (_puppet is not null)
            await _puppet.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_site_from_PuppetDB_is_deployed_so_that_who_collects_gets_what_was_just_exported()
    {
        Release("one");
        foreach (var node in _nodes)
        {
            node.Start();
            await node.EndOfRunAsync();
        }
        await using var network = await TestNetwork.StartAsync();
        var state = network.NewState();
        string[] source = ["--source", "puppetdb", "--server", $"http://localhost:{_puppet.PlainDatabasePort}"];
        JsonElement plan = default;
        await Until.TrueAsync(
            async () => (plan = (await state.RunAsync(["plan", .. source, "--output", "json"])).Json()).TryGetProperty("groups", out var groups)
                && groups.GetArrayLength() == 3, "PuppetDB has what all nodes sent");
        Assert.Equal([[Database], Webs, [Balancer]], Groups(plan));
        Assert.Empty(plan.GetProperty("warnings").EnumerateArray());

        // The same over mutual TLS, with a certificate of the real CA.
        await using var secure = new Sandbox(("ORCHESTRATOR_CONFIG", Configuration()));
        var over = await secure.RunAsync("plan", "--source", "puppetdb", "--output", "json");
        Assert.True(over.ExitCode == 0, over.Error);
        Assert.Equal(plan.GetProperty("id").GetString(), over.Json().GetProperty("id").GetString());

        Release("two");
        using var verifier = new RequestVerifier(
            await File.ReadAllTextAsync(network.Authority.Certificate("ca")), [RequestVerifier.DefaultAllowed], TimeProvider.System);
        await using var connection = await network.ConnectAsync(TestNetwork.NodeName);
        await using var server = await EmulatedNetwork.StartAsync(
            connection, ChoriaSettings.DefaultCollective, _nodes, new RequestGate(verifier), TimeProvider.System);
        var ran = await state.RunAsync(["run", .. source, "--yes", "--output", "json"]);
        Assert.True(ran.ExitCode == 0, $"{ran.Output}{ran.Error}");
        Assert.All(_nodes, node => Assert.Null(node.Disabled));
        Assert.All(Webs, web => Assert.Contains("database of release two", Node(web).Catalog, StringComparison.Ordinal));
        Assert.Contains($"{Webs[0]} of release two", Node(Balancer).Catalog, StringComparison.Ordinal);
        Assert.Contains($"{Webs[1]} of release two", Node(Balancer).Catalog, StringComparison.Ordinal);
    }

    private RealNode Node(string name) => _nodes.Single(n => n.Name.Value == name);

    private static IEnumerable<IEnumerable<string?>> Groups(JsonElement plan) => plan.GetProperty("groups").EnumerateArray().Select(
        g => g.GetProperty("nodes").EnumerateArray().Select(n => n.GetProperty("name").GetString()));

    private string Configuration()
    {
        var file = Path.Combine(_folder, "orchestrator.yaml");
        File.WriteAllText(file, $$"""
            fleets:
              default:
                brokers: localhost:1
                certname: localhost
                ssl-dir: {{Path.Combine(_puppet.Root, "server", "ssl")}}
                puppetdb: localhost:{{_puppet.DatabasePort}}
            """);
        return file;
    }

    private void Release(string release) => _puppet.WriteManifest("production", $$"""
        node /^db/ {
          @@notify { 'database': message => 'database of release {{release}}', tag => 'db' }
        }
        node /^web/ {
          Notify <<| tag == 'db' |>>
          @@notify { "web ${trusted['certname']}": message => "${trusted['certname']} of release {{release}}", tag => 'web' }
        }
        node /^lb/ {
          Notify <<| tag == 'web' |>>
        }
        """);
}
