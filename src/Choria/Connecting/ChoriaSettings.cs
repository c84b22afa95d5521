namespace Orchestrator.Choria.Connecting;

/// <summary>All that is needed to reach one fleet over Choria's network. Checked where it was read; paths are whole.</summary>
public sealed record ChoriaSettings
{
    public const string DefaultCollective = "mcollective";

    /// <summary>The first part of every subject.</summary>
    public string Collective { get; init; } = DefaultCollective;

    /// <summary>Each <c>HOST:PORT</c>, in the order in which they are tried; empty where <see cref="SrvDomain"/> or Choria's default tells.</summary>
    public ImmutableArray<string> Brokers { get; init; } = [];

    /// <summary>The domain whose SRV records name the brokers where <see cref="Brokers"/> names none; null for no look-up.</summary>
    public string? SrvDomain { get; init; }

    /// <summary>The common name of our certificate; <c>choria=</c> before it makes the caller id.</summary>
    public required string CertName { get; init; }

    /// <summary>The file of our certificate, PEM.</summary>
    public required string Certificate { get; init; }

    /// <summary>The file of our RSA private key, PEM. Its contents never enter a log, an event or a message.</summary>
    public required string PrivateKey { get; init; }

    /// <summary>The file of the certificates of the authority that brokers and nodes must have theirs from, PEM.</summary>
    public required string CertificateAuthority { get; init; }

    /// <summary>The file of the authority's revocation lists, PEM, in Puppet's layout; nobody must have one.</summary>
    public string RevocationLists
    {
        get
        {
            var folder = Path.GetDirectoryName(CertificateAuthority) ?? "";
            return Path.Combine(Path.GetFileName(folder) == "certs" ? Path.GetDirectoryName(folder) ?? "" : folder, "crl.pem");
        }
    }

    /// <summary>The file of an nkey seed that the broker wants beside the certificate; null for none.</summary>
    public string? NKeySeed { get; init; }

    /// <summary>The file of NATS credentials (JWT and seed) that the broker wants beside the certificate; null for none.</summary>
    public string? Credentials { get; init; }

    /// <summary>At most so many requests leave a second, all deployments together.</summary>
    public int MessagesPerSecond { get; init; } = 20_000;

    public string CallerId => $"choria={CertName}";
}
