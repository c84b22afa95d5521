namespace Orchestrator.Puppet.Connecting;

/// <summary>One of the services that a Puppet infrastructure has, and where it is looked for.</summary>
/// <param name="Name">For people: "Puppet Server".</param>
/// <param name="Setting">The key of our own configuration that says where it is.</param>
/// <param name="Srv">The name of its SRV records before the domain.</param>
/// <param name="DefaultHost">Where it is if nothing says otherwise.</param>
/// <param name="DefaultPort">Its port where an address names none.</param>
public sealed record PuppetService(string Name, string Setting, string Srv, string DefaultHost, int DefaultPort)
{
    private const int ServerPort = 8140;

    /// <summary>Compiles catalogs; versions 4 to 6 also answer an environment's graph of applications.</summary>
    public static PuppetService Server { get; } = new("Puppet Server", "puppet-server", "_x-puppet._tcp", "puppet", ServerPort);

    /// <summary>Keeps the catalogs that were compiled.</summary>
    public static PuppetService Database { get; } = new("PuppetDB", "puppetdb", "_x-puppet-db._tcp", "puppetdb", 8081) { PlainPort = 8080 };

    /// <summary>Signs certificates.</summary>
    public static PuppetService Authority { get; } = new("Puppet CA", "ca-server", "_x-puppet-ca._tcp", "puppet", ServerPort);

    /// <summary>Its port without TLS where an address names none.</summary>
    public int PlainPort { get; init; } = DefaultPort;
}
