using System.Globalization;
using Orchestrator.Choria.Connecting;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Puppet.Connecting;

namespace Orchestrator.Host.Configuration;

/// <summary>One fleet with all its settings, and where each came from.</summary>
/// <param name="File">Our own file; null for none.</param>
/// <param name="Settings">Complete; whether files and brokers are there is not looked at.</param>
/// <param name="Puppet">Where Puppet's own services are.</param>
/// <param name="MaxRunning">How many nodes may run Puppet at once for deployments that do not say; null for no limit.</param>
/// <param name="Lines">Each setting with its value and source, in the order of <see cref="FleetWords.FleetKeys"/>.</param>
public sealed record FleetConfiguration(
    FleetName Name, bool IsDefault, string? File, ImmutableArray<FleetName> Fleets, ChoriaSettings Settings, PuppetSettings Puppet,
    int? MaxRunning,
    ImmutableArray<ConfigSetting> Lines)
{
    /// <summary>Where Puppet keeps certificates: of its own packages, of Debian's, and of old ones.</summary>
    private static readonly string[] SslDirs = ["/etc/puppetlabs/puppet/ssl", "/var/lib/puppet/ssl", "/etc/puppet/ssl"];

    /// <summary>The variable that names a fleet's certificate.</summary>
    public const string CertNameVariable = "MCOLLECTIVE_CERTNAME";

    private const string ChoriasDefault = "Choria's default";

    /// <summary>Puts a fleet's settings together: variables over our own file, over that of Choria's client, over Puppet's, over Choria's defaults.</summary>
    /// <param name="name">The fleet, which the file has; null for the default one.</param>
    /// <exception cref="ConfigurationException">A value outside our own file cannot be used, or none can be found.</exception>
    public static async Task<FleetConfiguration> ResolveAsync(
        ConfigurationFile file, string? name, ConfigurationWorld world, CancellationToken cancellationToken)
    {
        name ??= file.DefaultFleet;
        var (client, identity) = ChoriaClientFile.Read(world);
        var said = Variables(world).Over(file.Fleets[name]).Over(client).Over(PuppetFiles.Read(world));
        var certName = said.CertName ?? await CertNameAsync(world, identity, cancellationToken);
        var domain = said.SrvDomain
            ?? (said.Brokers is null ? await DomainAsync(world, cancellationToken) : new Sourced<string?>(null, "not needed: brokers are set"));
        var sslDir = said.SslDir ?? SslDir(world);
        var layout = said.SslDir is null ? "Puppet's layout" : "below ssl-dir";
        var settings = new ChoriaSettings
        {
            Collective = said.Collective?.Value ?? ChoriaSettings.DefaultCollective,
            Brokers = said.Brokers?.Value ?? [],
            SrvDomain = domain.Value,
            CertName = certName.Value,
            Certificate = said.Certificate?.Value ?? Path.Combine(sslDir.Value, "certs", certName.Value + ".pem"),
            PrivateKey = said.PrivateKey?.Value ?? Path.Combine(sslDir.Value, "private_keys", certName.Value + ".pem"),
            CertificateAuthority = said.CertificateAuthority?.Value ?? Path.Combine(sslDir.Value, "certs", "ca.pem"),
            NKeySeed = said.NKey?.Value,
            Credentials = said.Credentials?.Value,
        };
        settings = said.MessagesPerSecond is { } limit ? settings with { MessagesPerSecond = limit.Value } : settings;
        var puppet = new PuppetSettings(
            said.PuppetServer, said.PuppetDb, said.CaServer ?? said.PuppetServer, said.Mapping?.Value,
            async cancel => said.SrvDomain is { } set ? set.Value : (await DomainAsync(world, cancel)).Value);
        ImmutableArray<FleetName> fleets = [.. file.Fleets.Keys.Select(FleetName.From)];
        return new FleetConfiguration(FleetName.From(name), name == file.DefaultFleet, file.Path, fleets, settings, puppet, said.MaxRunning?.Value,
        [
            new("collective", settings.Collective, said.Collective?.Source ?? ChoriasDefault),
            new("brokers", said.Brokers is null ? null : string.Join(", ", settings.Brokers), said.Brokers?.Source ?? "SRV records, else puppet:4222"),
            new("srv-domain", domain.Value, domain.Source),
            new("certname", certName.Value, certName.Source),
            new("ssl-dir", sslDir.Value, sslDir.Source),
            new("certificate", settings.Certificate, said.Certificate?.Source ?? layout),
            new("private-key", settings.PrivateKey, said.PrivateKey?.Source ?? layout),
            new("ca", settings.CertificateAuthority, said.CertificateAuthority?.Source ?? layout),
            new("nkey", settings.NKeySeed, said.NKey?.Source ?? "none unless set"),
            new("credentials", settings.Credentials, said.Credentials?.Source ?? "none unless set"),
            new("messages-per-second", settings.MessagesPerSecond.ToString(CultureInfo.InvariantCulture), said.MessagesPerSecond?.Source ?? "default"),
            new("max-running", said.MaxRunning?.Value.ToString(CultureInfo.InvariantCulture), said.MaxRunning?.Source ?? "no limit unless set"),
            Line(PuppetService.Server, puppet.Server),
            Line(PuppetService.Database, puppet.Database),
            Line(PuppetService.Authority, puppet.Authority),
            new("mapping", puppet.Mapping, said.Mapping?.Source ?? "the default mapping unless set"),
        ]);
    }

    private static ConfigSetting Line(PuppetService service, ServerSetting? set) =>
        new(service.Setting, set?.ToString(), set?.Source ?? $"SRV records, else {service.DefaultHost}:{service.DefaultPort}");

    private static FleetSource Variables(ConfigurationWorld world)
    {
        const string Credentials = "MCOLLECTIVE_NATS_CREDENTIALS";
        var source = FleetSource.Silent;
        if (world.Environment(CertNameVariable) is { Length: > 0 } name)
        {
            if (FleetWords.ProblemOfCertName(name) is { } problem)
                throw new ConfigurationException($"{CertNameVariable}: {problem}");
            source = source with { CertName = new Sourced<string>(name, $"the variable {CertNameVariable}") };
        }
        if (world.Environment(Credentials) is { Length: > 0 } credentials)
        {
            source = source with
            {
                Credentials = new Sourced<string>(
                    Paths.Whole(credentials, Environment.CurrentDirectory, world.Home)
                        ?? throw new ConfigurationException($"{Credentials}: this is not a path"), $"the variable {Credentials}"),
            };
        }
        return source;
    }

    /// <summary>As Choria does: root is the machine, others are USER.mcollective.</summary>
    private static async Task<Sourced<string>> CertNameAsync(ConfigurationWorld world, Sourced<string>? identity, CancellationToken cancellationToken)
    {
        var user = world.Environment("USER") is { Length: > 0 } set ? set : world.UserName;
        var name = world.IsRoot
            ? identity ?? new Sourced<string>((await world.HostNames(cancellationToken)).Name, "this machine's name, because the user is root")
            : new Sourced<string>($"{user}.mcollective", "Choria's default: USER.mcollective");
        return FleetWords.ProblemOfCertName(name.Value) is { } problem
            ? throw new ConfigurationException($"certname is not set, and {name.Source} ({name.Value}) cannot be used: {problem}; set certname")
            : name;
    }

    private static async Task<Sourced<string?>> DomainAsync(ConfigurationWorld world, CancellationToken cancellationToken) =>
        (await world.HostNames(cancellationToken)).Domain is { } domain && FleetWords.ProblemOfDomain(domain) is null
            ? new Sourced<string?>(domain, "this machine's domain")
            : new Sourced<string?>(null, "this machine has no domain");

    private static Sourced<string> SslDir(ConfigurationWorld world)
    {
        if (!world.IsRoot && world.Home is { } home)
            return new Sourced<string>(Path.Combine(home, ".puppetlabs", "etc", "puppet", "ssl"), "Puppet's folder for users");
        return new Sourced<string>(Array.Find(SslDirs, folder => world.HasFolder(folder)) ?? SslDirs[0], "Puppet's folder for root");
    }
}
