using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Orchestrator.Choria.Security;
using Orchestrator.Host.Configuration;
using Orchestrator.Host.Process;
using Orchestrator.StateFolders;

namespace Orchestrator.Host.Service;

/// <summary>
/// What HTTPS rests on, as the files said when they were read: the host's certificate and key, the authority of its clients' certificates, and which of
/// these it has revoked.
/// </summary>
public sealed class TlsMaterial
{
    private const uint OfOthers = 0b000_000_111;
    private const string ForClients = "1.3.6.1.5.5.7.3.2";

    private readonly X509Certificate2Collection _authorities;
    private readonly X509Certificate2 _certificate;
    private readonly HostSettings _settings;

    /// <summary>Those of the authorities; null where none is ever revoked.</summary>
    private readonly ImmutableArray<RevocationList>? _lists;

    private TlsMaterial(
        HostSettings settings, X509Certificate2Collection certificates, X509Certificate2 certificate, X509Certificate2Collection authorities,
        ImmutableArray<RevocationList>? lists, string digest)
    {
        (_settings, _certificate, _authorities, _lists, Digest) = (settings, certificate, authorities, lists, digest);
        // Offline: a certificate can name an address of anybody's to fetch others from.
        Server = SslStreamCertificateContext.Create(certificate, [.. certificates.Skip(1), .. authorities.Where(a => !IsRoot(a))], offline: true);
    }

    /// <summary>What the host shows to its clients.</summary>
    public SslStreamCertificateContext Server { get; }

    /// <summary>The same for the same files.</summary>
    public string Digest { get; }

    public DateTimeOffset Until => _certificate.NotAfter;

    /// <summary>Reads all files; null where one cannot be used, and then the problems say which and why.</summary>
    /// <param name="settings">With all four of them.</param>
    /// <param name="known">What they said before, which is returned where they still say it.</param>
    public static TlsMaterial? Read(HostSettings settings, ICollection<string> problems, TlsMaterial? known = null)
    {
        var before = problems.Count;
        var certificate = Text("certificate", settings.Certificate!);
        var key = Text("private-key", settings.PrivateKey!);
        var authority = Text("ca", settings.CertificateAuthority!);
        var revoked = settings.RevocationLists == HostSettings.NoRevocationLists ? null : Text("crl", settings.RevocationLists!);
        if (FileStatus.Of(settings.PrivateKey!) is { } status && (status.Mode & OfOthers) != 0)
            problems.Add($"private-key: every user of this machine has access to {settings.PrivateKey}: close it with chmod 600");
        var digest = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{certificate}\0{key}\0{authority}\0{revoked}")));
        if (problems.Count == before && digest == known?.Digest)
            return known;
        var chain = certificate is null ? null : Certificates("certificate", settings.Certificate!, certificate);
        var authorities = authority is null ? null : Certificates("ca", settings.CertificateAuthority!, authority);
        var pair = chain is null || key is null ? null : Pair(certificate!, key);
        var lists = revoked is null ? null : Lists(revoked);
        return problems.Count > before ? null : new TlsMaterial(settings, chain!, pair!, authorities!, lists, digest);

        string? Text(string option, string file)
        {
            try
            {
                return File.ReadAllText(file);
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                problems.Add($"{option}: {file} does not exist");
            }
            catch (UnauthorizedAccessException)
            {
                problems.Add($"{option}: {file} cannot be read by this user, or is not a file");
            }
            catch (IOException e)
            {
                problems.Add($"{option}: {file} cannot be read: {e.Message}");
            }
            return null;
        }

        X509Certificate2Collection? Certificates(string option, string file, string pem)
        {
            var found = new X509Certificate2Collection();
            try
            {
                found.ImportFromPem(pem);
            }
            catch (CryptographicException)
            {
                found.Clear();
            }
            if (found.Count > 0)
                return found;
            problems.Add($"{option}: {file} has no certificate in PEM");
            return null;
        }

        X509Certificate2? Pair(string pem, string keyPem)
        {
            try
            {
                return X509Certificate2.CreateFromPem(pem, keyPem);
            }
            catch (Exception e) when (e is CryptographicException or ArgumentException)
            {
                // The library's own words may quote what it read.
                problems.Add($"private-key: {settings.PrivateKey} is not the key of {settings.Certificate}, or not a key in PEM without a passphrase");
                return null;
            }
        }

        ImmutableArray<RevocationList>? Lists(string pem)
        {
            try
            {
                if (RevocationList.ReadAll(pem) is { IsEmpty: false } all)
                    return all;
                problems.Add($"crl: {settings.RevocationLists} has no revocation list in PEM");
            }
            catch (Exception e) when (e is CryptographicException or FormatException)
            {
                problems.Add($"crl: {settings.RevocationLists} cannot be read as revocation lists in PEM");
            }
            return null;
        }
    }

    /// <summary>What is out of date: a client will not trust the host, or the host no client certificate; each a sentence.</summary>
    public IEnumerable<string> OutOfDate(DateTimeOffset now)
    {
        if (now > _certificate.NotAfter)
            yield return $"certificate: {_settings.Certificate} expired on {Day(_certificate.NotAfter)}: renew it";
        else if (now < _certificate.NotBefore)
            yield return $"certificate: {_settings.Certificate} is valid only from {Day(_certificate.NotBefore)}: check this machine's clock";
        foreach (var authority in _authorities)
        {
            if (now > authority.NotAfter)
                yield return $"ca: \"{NameOf(authority)}\" in {_settings.CertificateAuthority} expired on {Day(authority.NotAfter)}";
            if (WhyUnknown(authority, now) is { } why)
                yield return $"crl: {why}: certificates of \"{NameOf(authority)}\" are refused";
        }
    }

    /// <summary>Why a client's certificate is not accepted, a clause for the log; null where it is.</summary>
    public string? ProblemOf(X509Certificate2 client, DateTimeOffset now)
    {
        if (CommonNameOf(client) is not { } name)
            return "its subject does not have exactly one common name";
        if (FleetWords.ProblemOfCertName(name) is { } unfit)
            return unfit;
        using var chain = new X509Chain();
        chain.ChainPolicy = ChainPolicy(now);
        if (!chain.Build(client))
        {
            var status = chain.ChainStatus.Select(s => s.StatusInformation.Trim()).FirstOrDefault();
            return $"it was not issued by an authority in {_settings.CertificateAuthority}, or is not valid now ({status})";
        }
        var path = chain.ChainElements;
        for (var i = 0; i < path.Count - 1; i++)
        {
            if (WhyUnknown(path[i + 1].Certificate, now) is { } why)
                return why;
            if (ListOf(path[i + 1].Certificate)?.Revoked(path[i].Certificate) is { } at)
                return $"\"{NameOf(path[i].Certificate)}\" was revoked on {Day(at)}";
        }
        return null;
    }

    /// <summary>By which chains of certificates lead to the authorities, and to nothing else.</summary>
    public X509ChainPolicy ChainPolicy(DateTimeOffset now)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            // The lists are looked into here: the runtime would fetch others from where a certificate says.
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTime = now.LocalDateTime,
        };
        policy.CustomTrustStore.AddRange(_authorities.Where(IsRoot).ToArray());
        policy.ExtraStore.AddRange(_authorities.Where(a => !IsRoot(a)).ToArray());
        policy.ApplicationPolicy.Add(new Oid(ForClients));
        return policy;
    }

    /// <summary>Null where it has none, or several.</summary>
    public static string? CommonNameOf(X509Certificate2 certificate)
    {
        const string commonName = "2.5.4.3";
        string? found = null;
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (part.HasMultipleElements || part.GetSingleElementType().Value == commonName && found is not null)
                return null;
            if (part.GetSingleElementType().Value == commonName)
                found = part.GetSingleElementValue();
        }
        return found;
    }

    /// <summary>Why nobody can tell which certificates the authority has revoked; null where the list says so, or none is ever revoked.</summary>
    private string? WhyUnknown(X509Certificate2 authority, DateTimeOffset now) =>
        _lists is null ? null
        : ListOf(authority) is not { } list ? $"{_settings.RevocationLists} has no revocation list of \"{NameOf(authority)}\""
        : list.Until is { } until && now > until ? $"{_settings.RevocationLists} is out of date since {Day(until)}"
        : null;

    private RevocationList? ListOf(X509Certificate2 authority) => _lists?.Where(l => l.IsOf(authority)).MaxBy(l => l.From);

    private static bool IsRoot(X509Certificate2 certificate) => certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);

    internal static string NameOf(X509Certificate2 certificate) => certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);

    private static string Day(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
