using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orchestrator.Puppet.Certificates;

/// <summary>The certificates of a CA: one that signed itself, or also those that it signed.</summary>
public sealed class Authorities
{
    /// <summary>A chain of Puppet's CA has one or two.</summary>
    private const int Most = 20;

    private Authorities(ImmutableArray<X509Certificate2> certificates) => Certificates = certificates;

    internal ImmutableArray<X509Certificate2> Certificates { get; }

    /// <summary>What to call them: the name of the first.</summary>
    public string Name => NameOf(Certificates[0]);

    /// <summary>Of the first, which signs certificates.</summary>
    public Fingerprint Fingerprint => FingerprintOf(Certificates[0]);

    /// <summary>In PEM, and nothing else that came with them.</summary>
    public string Pem => string.Concat(Certificates.Select(c => c.ExportCertificatePem() + "\n"));

    /// <summary>Null where the text has no certificates, or unlikely many.</summary>
    public static Authorities? Read(string pem)
    {
        try
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPem(pem);
            return all.Count is > 0 and <= Most ? new Authorities([.. all.DistinctBy(c => FingerprintOf(c))]) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>What is wrong with them by themselves, a clause that begins with their name; null where nothing is.</summary>
    public string? ProblemOf(DateTimeOffset now)
    {
        foreach (var certificate in Certificates)
        {
            var name = $"\"{NameOf(certificate)}\"";
            if (!certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(b => b.CertificateAuthority))
                return $"{name} is not the certificate of an authority";
            if (PathOf(certificate).IsEmpty)
                return $"{name} is not signed by itself or by another one with it";
            if (now > certificate.NotAfter)
                return $"{name} expired on {IssuedCertificate.Day(certificate.NotAfter)}";
            if (now < certificate.NotBefore)
            {
                return FormattableString.Invariant(
                    $"{name} is valid only from {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm} UTC, and this machine's clock says less");
            }
        }
        return null;
    }

    /// <summary>Whether all of them hang together with the certificate that has this fingerprint: each is above it or below it.</summary>
    public bool Match(Fingerprint pin)
    {
        var pinned = Certificates.FirstOrDefault(c => FingerprintOf(c) == pin);
        return pinned is not null && Certificates.All(c => IsOn(PathOf(c), pinned) || IsOn(PathOf(pinned), c));
    }

    /// <summary>From a certificate up to the root, itself first; empty where they do not lead to one that is here. Times are not looked at.</summary>
    internal ImmutableArray<X509Certificate2> PathOf(X509Certificate2 certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(Certificates.Where(IsRoot).ToArray());
        chain.ChainPolicy.ExtraStore.AddRange(Certificates.ToArray());
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid;
        // A certificate can name an address of anybody's to fetch others from.
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(certificate) ? [.. chain.ChainElements.Select(e => e.Certificate)] : [];
    }

    /// <summary>These, and those of others that still hold and whose names these do not have: nobody's trust in them ends because of ours.</summary>
    public Authorities With(Authorities? others, DateTimeOffset now) => others is null ? this : new Authorities(
    [
        .. Certificates,
        .. others.Certificates.Where(o => now <= o.NotAfter && !Certificates.Any(c => c.SubjectName.RawData.AsSpan().SequenceEqual(o.SubjectName.RawData))),
    ]);

    private static bool IsRoot(X509Certificate2 certificate) => certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);

    private static bool IsOn(ImmutableArray<X509Certificate2> path, X509Certificate2 one) => path.Any(c => FingerprintOf(c) == FingerprintOf(one));

    private static string NameOf(X509Certificate2 certificate) => certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);

    private static Fingerprint FingerprintOf(X509Certificate2 certificate) => Fingerprint.Of(certificate.RawDataMemory.Span);
}
