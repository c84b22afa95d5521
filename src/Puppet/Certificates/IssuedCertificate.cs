using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orchestrator.Puppet.Certificates;

/// <summary>A certificate of ours, or of somebody who has our name.</summary>
public sealed class IssuedCertificate
{
    private IssuedCertificate(X509Certificate2 x509) => X509 = x509;

    internal X509Certificate2 X509 { get; }

    public string CommonName => X509.GetNameInfo(X509NameType.SimpleName, forIssuer: false);

    /// <summary>As SubjectPublicKeyInfo.</summary>
    public ImmutableArray<byte> PublicKey => [.. X509.PublicKey.ExportSubjectPublicKeyInfo()];

    public Fingerprint Fingerprint => Fingerprint.Of(X509.RawDataMemory.Span);

    public DateTimeOffset From => X509.NotBefore;

    public DateTimeOffset Until => X509.NotAfter;

    /// <summary>In PEM, and nothing else that came with it.</summary>
    public string Pem => X509.ExportCertificatePem() + "\n";

    /// <summary>Null where the text is not exactly one certificate.</summary>
    public static IssuedCertificate? Read(string pem)
    {
        try
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPem(pem);
            return all is [var one] ? new IssuedCertificate(one) : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    internal static string Day(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
