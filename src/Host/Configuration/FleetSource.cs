using Orchestrator.Puppet.Connecting;

namespace Orchestrator.Host.Configuration;

/// <summary>A value and where it came from.</summary>
/// <param name="Value">Checked.</param>
/// <param name="Source">For people: a file and line, a variable, or whose default.</param>
public readonly record struct Sourced<T>(T Value, string Source);

/// <summary>What one source says about a fleet; null where it says nothing.</summary>
public sealed record FleetSource
{
    public static FleetSource Silent { get; } = new();

    public Sourced<string>? Collective { get; init; }

    /// <summary>Each HOST:PORT.</summary>
    public Sourced<ImmutableArray<string>>? Brokers { get; init; }

    /// <summary>The domain of the SRV records; a null value for no look-up.</summary>
    public Sourced<string?>? SrvDomain { get; init; }

    public Sourced<string>? CertName { get; init; }

    /// <summary>A folder laid out as Puppet's.</summary>
    public Sourced<string>? SslDir { get; init; }

    public Sourced<string>? Certificate { get; init; }
    public Sourced<string>? PrivateKey { get; init; }
    public Sourced<string>? CertificateAuthority { get; init; }
    public Sourced<string>? NKey { get; init; }
    public Sourced<string>? Credentials { get; init; }
    public Sourced<int>? MessagesPerSecond { get; init; }
    public Sourced<int>? MaxRunning { get; init; }
    public ServerSetting? PuppetServer { get; init; }
    public ServerSetting? PuppetDb { get; init; }
    public ServerSetting? CaServer { get; init; }

    /// <summary>A mapping file for sites from PuppetDB.</summary>
    public Sourced<string>? Mapping { get; init; }

    /// <summary>
    /// This source, and what it leaves open from another. What belongs together stays together: a domain here makes another's brokers
    /// void, a folder or name here another's files, an nkey here another's credentials.
    /// </summary>
    public FleetSource Over(FleetSource other)
    {
        var names = CertName is null && SslDir is null;
        return new FleetSource
        {
            Collective = Collective ?? other.Collective,
            Brokers = Brokers ?? (SrvDomain is null ? other.Brokers : null),
            SrvDomain = SrvDomain ?? other.SrvDomain,
            CertName = CertName ?? other.CertName,
            SslDir = SslDir ?? other.SslDir,
            Certificate = Certificate ?? (names ? other.Certificate : null),
            PrivateKey = PrivateKey ?? (names ? other.PrivateKey : null),
            CertificateAuthority = CertificateAuthority ?? (names ? other.CertificateAuthority : null),
            NKey = NKey ?? (Credentials is null ? other.NKey : null),
            Credentials = Credentials ?? (NKey is null ? other.Credentials : null),
            MessagesPerSecond = MessagesPerSecond ?? other.MessagesPerSecond,
            MaxRunning = MaxRunning ?? other.MaxRunning,
            PuppetServer = PuppetServer ?? other.PuppetServer,
            PuppetDb = PuppetDb ?? other.PuppetDb,
            CaServer = CaServer ?? other.CaServer,
            Mapping = Mapping ?? other.Mapping,
        };
    }
}
