using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orchestrator.Testing;

/// <summary>
/// A certificate authority of a test's own, and the files of those whom it certifies, in Puppet's layout. To make a key costs a tenth of a
/// second of processor time, so those of authorities that are gone serve again: no two that are there have a key in common.
/// </summary>
public sealed class TestAuthority : IDisposable
{
    private static readonly ConcurrentBag<RSA> Free = [];
    private readonly ConcurrentBag<RSA> _keys = [];
    private readonly RSA _key;
    private readonly X509Certificate2 _certificate;

    /// <param name="folder">Gets <c>certs</c> and <c>private_keys</c>.</param>
    /// <param name="now">Certificates are valid from a day before this, for a year.</param>
    public TestAuthority(string folder, DateTimeOffset now)
    {
        (Folder, Now, _key) = (folder, now, NewKey());
        Directory.CreateDirectory(Path.Combine(folder, "certs"));
        Directory.CreateDirectory(Path.Combine(folder, "private_keys"));
        var request = new CertificateRequest("CN=Puppet CA: test", _key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        _certificate = request.CreateSelfSigned(now.AddDays(-2), now.AddYears(10));
        File.WriteAllText(Certificate("ca"), _certificate.ExportCertificatePem());
    }

    public string Folder { get; }

    public DateTimeOffset Now { get; }

    public string Certificate(string name) => Path.Combine(Folder, "certs", name + ".pem");

    public string Key(string name) => Path.Combine(Folder, "private_keys", name + ".pem");

    /// <summary>Writes a key and a certificate.</summary>
    public void Certify(string name, DateTimeOffset? until = null, DateTimeOffset? from = null)
    {
        var key = NewKey();
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(_certificate, from ?? Now.AddDays(-1), until ?? Now.AddYears(1), RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(Certificate(name), certificate.ExportCertificatePem());
        File.WriteAllText(Key(name), key.ExportRSAPrivateKeyPem());
        File.SetUnixFileMode(Key(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Writes a new certificate for the key that is there.</summary>
    public void Renew(string name, DateTimeOffset until)
    {
        using var key = RSA.Create();
        key.ImportFromPem(File.ReadAllText(Key(name)));
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.Create(_certificate, Now.AddDays(-1), until, RandomNumberGenerator.GetBytes(8));
        File.WriteAllText(Certificate(name), certificate.ExportCertificatePem());
    }

    /// <summary>Signs a request as a Puppet CA: for its key, and its name unless another is given.</summary>
    public X509Certificate2 Sign(string request, string? name = null, DateTimeOffset? until = null, DateTimeOffset? from = null)
    {
        var asked = CertificateRequest.LoadSigningRequestPem(
            request, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.Default, RSASignaturePadding.Pkcs1);
        var subject = name is null ? asked.SubjectName : new X500DistinguishedName($"CN={name}");
        var given = new CertificateRequest(subject, asked.PublicKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        given.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        return given.Create(_certificate, from ?? Now.AddDays(-1), until ?? Now.AddYears(5), RandomNumberGenerator.GetBytes(8));
    }

    /// <summary>Issues what is asked for, as it is.</summary>
    public X509Certificate2 Issue(CertificateRequest request) =>
        request.Create(_certificate, Now.AddDays(-1), Now.AddYears(1), RandomNumberGenerator.GetBytes(8));

    /// <summary>Signs another authority.</summary>
    public X509Certificate2 SignAuthority(string name, RSA key)
    {
        var given = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        given.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        given.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        return given.Create(_certificate, Now.AddDays(-1), Now.AddYears(5), RandomNumberGenerator.GetBytes(8));
    }

    /// <summary>Issues one for the same name and key again.</summary>
    public X509Certificate2 Renew(X509Certificate2 old, DateTimeOffset? until = null) =>
        new CertificateRequest(old.SubjectName, old.PublicKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .Create(_certificate, Now.AddDays(-1), until ?? Now.AddYears(5), RandomNumberGenerator.GetBytes(8));

    /// <summary>A revocation list in PEM.</summary>
    public string RevocationList(IEnumerable<X509Certificate2> revoked, DateTimeOffset? until = null, DateTimeOffset? from = null)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var certificate in revoked)
            list.AddEntry(certificate, Now);
        var der = list.Build(_certificate, 1, until ?? Now.AddYears(5), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1, from ?? Now.AddDays(-1));
        return PemEncoding.WriteString("X509 CRL", der) + "\n";
    }

    public void Dispose()
    {
        _certificate.Dispose();
        while (_keys.TryTake(out var key))
            Free.Add(key);
    }

    private RSA NewKey()
    {
        var key = Free.TryTake(out var free) ? free : RSA.Create(2048);
        _keys.Add(key);
        return key;
    }
}
