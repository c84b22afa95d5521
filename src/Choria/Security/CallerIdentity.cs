using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orchestrator.Choria.Connecting;
using Orchestrator.Choria.Protocol;

namespace Orchestrator.Choria.Security;

/// <summary>Who we are: a certificate, its key, and the requests that they sign. Read once; the key never leaves this object.</summary>
public sealed class CallerIdentity : IDisposable
{
    private readonly RSA _key;
    private readonly Lock _signing = new();
    private readonly Lazy<SslStreamCertificateContext> _tls;

    private CallerIdentity(string callerId, string certificate, DateTimeOffset until, RSA key)
    {
        (CallerId, Certificate, Until, _key) = (callerId, certificate, until, key);
        _tls = new Lazy<SslStreamCertificateContext>(CreateTls);
    }

    /// <summary>The caller id, <c>choria=</c> and the certificate's common name.</summary>
    public string CallerId { get; }

    /// <summary>The certificate as it travels with each request, PEM.</summary>
    public string Certificate { get; }

    public DateTimeOffset Until { get; }

    /// <summary>The certificate, those that lead to its authority, and the key, as TLS wants them.</summary>
    public SslStreamCertificateContext Tls => _tls.Value;

    /// <summary>Reads the settings' certificate and key.</summary>
    /// <param name="now">The time at which the certificate must be valid: a broker says nothing of use about one that is not.</param>
    /// <exception cref="CallerIdentityException">A file cannot be read, is not what it should be, or the two do not belong together.</exception>
    public static CallerIdentity Load(ChoriaSettings settings, DateTimeOffset now)
    {
        var (certificate, key) = ReadFiles(settings);
        return Of(settings, certificate, key, now);
    }

    /// <exception cref="CallerIdentityException">One cannot be read.</exception>
    internal static (string Certificate, string Key) ReadFiles(ChoriaSettings settings) =>
        (Text("certificate", settings.Certificate), Text("private key", settings.PrivateKey));

    /// <exception cref="CallerIdentityException">It is not what it should be, the two do not belong together, or the certificate is not valid now.</exception>
    internal static CallerIdentity Of(ChoriaSettings settings, string certificate, string key, DateTimeOffset now)
    {
        var identity = Of(settings.CertName, certificate, key, settings.Certificate, settings.PrivateKey);
        using var x509 = Parse(certificate, settings.Certificate);
        if (now <= x509.NotAfter && now >= x509.NotBefore)
            return identity;
        identity.Dispose();
        throw new CallerIdentityException(now > x509.NotAfter
            ? FormattableString.Invariant($"the certificate {settings.Certificate} expired on {x509.NotAfter.ToUniversalTime():yyyy-MM-dd}: renew it")
            : FormattableString.Invariant($"the certificate {settings.Certificate} is valid only from {x509.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm}")
                + " UTC: check this machine's clock");
    }

    /// <summary>Makes sure that a certificate and a key belong to each other and to a name.</summary>
    /// <param name="certName">The common name that the certificate must have.</param>
    /// <param name="certificate">PEM.</param>
    /// <param name="key">PEM, not encrypted.</param>
    /// <param name="certificateFile">What to call the certificate in a problem.</param>
    /// <param name="keyFile">What to call the key in a problem.</param>
    /// <exception cref="CallerIdentityException">They do not.</exception>
    public static CallerIdentity Of(string certName, string certificate, string key, string certificateFile, string keyFile)
    {
        using var x509 = Parse(certificate, certificateFile);
        var name = x509.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        if (name != certName)
        {
            throw new CallerIdentityException(
                $"the certificate {certificateFile} is for \"{name}\", but certname is \"{certName}\": set certname to the certificate's common name");
        }
        using var publicKey = x509.GetRSAPublicKey()
            ?? throw new CallerIdentityException($"the certificate {certificateFile} has no RSA key: Choria's protocol version 1 supports no other");
        var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(key);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            rsa.Dispose();
            // The library's own words may quote what it read.
            throw new CallerIdentityException($"the private key {keyFile} is not an RSA key in PEM without a passphrase");
        }
        if (!rsa.ExportParameters(false).Modulus.AsSpan().SequenceEqual(publicKey.ExportParameters(false).Modulus))
        {
            rsa.Dispose();
            throw new CallerIdentityException($"the private key {keyFile} does not belong to the certificate {certificateFile}");
        }
        return new CallerIdentity($"choria={certName}", certificate, x509.NotAfter, rsa);
    }

    /// <summary>True where both have the same key: who remembers one of the certificates can verify what is signed with the other.</summary>
    internal bool HasKeyOf(CallerIdentity other) =>
        _key.ExportParameters(false).Modulus.AsSpan().SequenceEqual(other._key.ExportParameters(false).Modulus);

    /// <summary>Signs a request and wraps it in all layers: the payload for each of its nodes, byte for byte the same.</summary>
    /// <param name="request">The request; its caller is this one.</param>
    public byte[] Seal(RpcRequest request, string replyTo)
    {
        var message = request.Write();
        byte[] signature;
        lock (_signing)
            signature = _key.SignData(message, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return TransportMessage.Wrap(new SecureRequest(message, signature, Certificate).Write(), request.Sender, replyTo);
    }

    public void Dispose() => _key.Dispose();

    private SslStreamCertificateContext CreateTls()
    {
        using var own = X509Certificate2.CreateFromPem(Certificate);
        var others = new X509Certificate2Collection();
        others.ImportFromPem(Certificate);
        others.RemoveAt(0);
        return SslStreamCertificateContext.Create(own.CopyWithPrivateKey(_key), others, offline: true);
    }

    private static X509Certificate2 Parse(string certificate, string file)
    {
        try
        {
            return X509Certificate2.CreateFromPem(certificate);
        }
        catch (CryptographicException e)
        {
            throw new CallerIdentityException($"the certificate {file} is not a certificate in PEM", e);
        }
    }

    private static string Text(string what, string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CallerIdentityException($"the {what} {file} does not exist", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CallerIdentityException($"the {what} {file} cannot be read: {e.Message.TrimEnd('.')}", e);
        }
    }
}

/// <summary>Certificate and key cannot serve to sign requests; the sentence says which file, why, and never what the key holds.</summary>
public sealed class CallerIdentityException(string message, Exception? inner = null) : Exception(message, inner);
