using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using Orchestrator.Choria.Protocol;
using Orchestrator.Messages;

namespace Orchestrator.Choria.Security;

/// <summary>
/// Decides whether a request may be carried out, as a node's server does: the signature is of the message and by the certificate, the
/// certificate is of our authority and of this time, its common name is the caller's, and the caller is on the allow list. Certificates
/// are parsed and chained once: that costs ten times a verification. Safe for use by several threads.
/// </summary>
/// <remarks>Whoever asks still looks at the request's age and at its filter.</remarks>
public sealed class RequestVerifier : IDisposable
{
    /// <summary>What Choria's servers allow where nothing else is configured.</summary>
    public const string DefaultAllowed = @"\.mcollective$";

    // Certificates come from outside: whoever sends a new one with each request must not fill our memory.
    private const int MostCached = 1000;

    private readonly X509Certificate2Collection _authorities;
    private readonly IReadOnlyList<Regex> _allowed;
    private readonly TimeProvider _time;
    private long _parsed;
    private readonly ConcurrentDictionary<string, Signer> _signers = new(StringComparer.Ordinal);

    /// <param name="authorities">The certificates of the authority, PEM.</param>
    /// <param name="allowed">Regular expressions of which a certificate's name must match one.</param>
    /// <exception cref="CryptographicException">The authorities are no PEM.</exception>
    public RequestVerifier(string authorities, IEnumerable<string> allowed, TimeProvider time)
    {
        _authorities = [];
        _authorities.ImportFromPem(authorities);
        _allowed = [.. allowed.Select(pattern => new Regex(pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking))];
        _time = time;
    }

    /// <summary>Opens the layers of a request and verifies it.</summary>
    /// <exception cref="WireException">It is none, or must not be carried out; a server says nothing then.</exception>
    public RpcRequest Open(TransportMessage transport)
    {
        var secure = SecureRequest.Read(transport.Data.Span);
        var signer = SignerOf(secure.Certificate);
        if (signer.Untrusted is { } why)
            throw new WireException(WireFault.Certificate, why);
        var now = _time.GetUtcNow();
        if (now < signer.NotBefore || now > signer.NotAfter)
        {
            throw new WireException(
                WireFault.Certificate,
                $"the certificate of \"{signer.Name}\" is valid from {Phrases.Time(signer.NotBefore)} to {Phrases.Time(signer.NotAfter)}");
        }
        if (!signer.Verifies(secure))
            throw new WireException(WireFault.Signature, $"the signature does not match the message and the certificate of \"{signer.Name}\"");
        var request = RpcRequest.Read(secure.Message);
        if (request.Caller != $"choria={signer.Name}")
            throw new WireException(WireFault.Certificate, $"the caller is \"{request.Caller}\", but \"{signer.Name}\" signed the request");
        return _allowed.Any(pattern => pattern.IsMatch(signer.Name))
            ? request
            : throw new WireException(WireFault.Certificate, $"\"{signer.Name}\" is not an allowed caller");
    }

    /// <summary>How many certificates were parsed and chained; each caller's counts once.</summary>
    public long CertificatesParsed => Interlocked.Read(ref _parsed);

    public int CertificatesKept => _signers.Count;

    public void Dispose()
    {
        foreach (var signer in _signers.Values)
            signer.Dispose();
        foreach (var authority in _authorities)
            authority.Dispose();
    }

    private Signer SignerOf(string certificate)
    {
        // The text itself is outside's and may be long: its hash is the key.
        var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(certificate)));
        if (_signers.TryGetValue(key, out var known))
            return known;
        if (_signers.Count >= MostCached)
            _signers.Clear();
        var signer = Signer.Of(certificate, _authorities);
        Interlocked.Increment(ref _parsed);
        return _signers.GetOrAdd(key, signer);
    }

    private sealed class Signer : IDisposable
    {
        private readonly Lock _verifying = new();
        private readonly RSA? _key;

        private Signer(string name, RSA? key, DateTimeOffset notBefore, DateTimeOffset notAfter, string? untrusted) =>
            (Name, _key, NotBefore, NotAfter, Untrusted) = (name, key, notBefore, notAfter, untrusted);

        public string Name { get; }

        public DateTimeOffset NotBefore { get; }

        public DateTimeOffset NotAfter { get; }

        public string? Untrusted { get; }

        public static Signer Of(string pem, X509Certificate2Collection authorities)
        {
            // Whatever the text is: a certificate can be read as one and still have a key or a name that cannot.
            try
            {
                using var certificate = X509Certificate2.CreateFromPem(pem);
                var name = certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
                var key = certificate.GetRSAPublicKey();
                var untrusted = key is null ? $"the certificate of \"{name}\" has no RSA key" : Chain(certificate, authorities, name);
                return new Signer(name, key, certificate.NotBefore, certificate.NotAfter, untrusted);
            }
            catch (Exception e) when (e is CryptographicException or ArgumentException or InvalidOperationException)
            {
                throw new WireException(WireFault.Certificate, "the request has no valid certificate", e);
            }
        }

        public bool Verifies(SecureRequest request)
        {
            try
            {
                lock (_verifying)
                    return _key!.VerifyData(request.Message, request.Signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            }
            catch (CryptographicException)
            {
                return false;                   // a key that is too small for any signature
            }
        }

        public void Dispose() => _key?.Dispose();

        private static string? Chain(X509Certificate2 certificate, X509Certificate2Collection authorities, string name)
        {
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            // Its time is looked at with each request, by our clock.
            chain.ChainPolicy.VerificationFlags = X509VerificationFlags.IgnoreNotTimeValid | X509VerificationFlags.IgnoreCtlNotTimeValid;
            return chain.Build(certificate)
                ? null
                : $"the certificate of \"{name}\" is not from our authority: {string.Join("; ", chain.ChainStatus.Select(s => s.StatusInformation.Trim()))}";
        }
    }
}
