using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Orchestrator.Puppet.Certificates;

/// <summary>A request for a certificate (PKCS #10).</summary>
/// <param name="PublicKey">The key that it is for, as SubjectPublicKeyInfo.</param>
/// <param name="Fingerprint">Of its bytes: what the CA lists it by.</param>
public sealed record SigningRequest(string Pem, ImmutableArray<byte> PublicKey, Fingerprint Fingerprint)
{
    /// <summary>
    /// For a common name and nothing else: with other names or extensions the CA would refuse it, and keep it all the same. The same key gives the same
    /// bytes each time, so that the request need not be kept.
    /// </summary>
    public static SigningRequest For(string name, RSA key)
    {
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(name);
        var request = new CertificateRequest(subject.Build(), key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var der = request.CreateSigningRequest();
        return new SigningRequest(
            PemEncoding.WriteString("CERTIFICATE REQUEST", der) + "\n", [.. key.ExportSubjectPublicKeyInfo()], Fingerprint.Of(der));
    }

    /// <summary>Null where the text is no request, or is not signed by its own key.</summary>
    public static SigningRequest? Read(string pem)
    {
        try
        {
            if (!PemEncoding.TryFind(pem, out var found))
                return null;
            var request = CertificateRequest.LoadSigningRequestPem(
                pem, HashAlgorithmName.SHA256, CertificateRequestLoadOptions.Default, RSASignaturePadding.Pkcs1);
            return new SigningRequest(
                pem, [.. request.PublicKey.ExportSubjectPublicKeyInfo()], Fingerprint.Of(Convert.FromBase64String(pem[found.Base64Data])));
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or FormatException or NotSupportedException)
        {
            return null;
        }
    }
}
