using System.Collections.Concurrent;

namespace Orchestrator.RealPuppet.Tests;

/// <summary>A certificate authority, a Puppet Server and nodes with the real agent, for all tests of a class.</summary>
public sealed class PuppetWorld : IAsyncLifetime
{
    private readonly ConcurrentQueue<RealNode> _nodes = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("puppet-").FullName;

    /// <summary>Whose certificates count here.</summary>
    public TestAuthority Authority { get; private set; } = null!;

    /// <summary>Serves the nodes.</summary>
    public PuppetServer Server { get; private set; } = null!;

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        var path = Environment.GetEnvironmentVariable("PATH") ?? "";
        if (!path.Split(':').Any(folder => File.Exists(Path.Combine(folder, "puppet"))))
        {
            throw new InvalidOperationException(
                "there is no puppet on the PATH: install Debian's package puppet-agent (apt-get install puppet-agent); the emulated nodes are held against it");
        }
        Authority = new TestAuthority(Path.Combine(_folder, "ssl"), TimeProvider.System.GetUtcNow());
        Authority.Certify("localhost");
        Server = await PuppetServer.StartAsync(Authority, Directory.CreateDirectory(Path.Combine(_folder, "server")).FullName);
    }

    /// <summary>A node on which Puppet never ran.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="manifest">Gives its catalogs, see <see cref="ServedNode.Manifest"/>.</param>
    /// <param name="settings">More lines for its puppet.conf.</param>
    public RealNode NewNode(string name, string manifest, params string[] settings) => Add(name, manifest, light: false, settings);

    /// <summary>The same, but finding out the machine's facts and loading Puppet cost it half as much: its facts are from a file.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="manifest">Gives its catalogs, see <see cref="ServedNode.Manifest"/>.</param>
    /// <param name="settings">More lines for its puppet.conf.</param>
    public RealNode NewLightNode(string name, string manifest, params string[] settings) => Add(name, manifest, light: true, settings);

    /// <summary>A node on which Puppet ran once and well, for others to go on from; the same one each time. Not for two callers at a time.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="manifest">What it ran.</param>
    public async Task<RealNode> NodeThatRanAsync(string name, string manifest)
    {
        if (_nodes.FirstOrDefault(n => n.Name.Value == name) is { } there)
            return there;
        var node = NewNode(name, manifest);
        node.Start();
        await node.EndOfRunAsync();
        return node;
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.DisposeAsync();
        if (Server is not null)
            await Server.DisposeAsync();
        Authority?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private RealNode Add(string name, string manifest, bool light, string[] settings)
    {
        var node = new RealNode(name, Path.Combine(_folder, name), Authority, Server.Port, light, settings);
        Directory.CreateDirectory(node.Managed);
        (Server.Of(name).Managed, Server.Of(name).Manifest) = (node.Managed, manifest);
        _nodes.Enqueue(node);
        return node;
    }
}
