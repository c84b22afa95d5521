using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orchestrator.Messages;

namespace Orchestrator.Client;

/// <summary>A host over TLS: it shows a certificate of the authority, and the client a token or a certificate.</summary>
/// <param name="token">Null to show the certificate.</param>
internal sealed class TlsEndpoint(Uri url, string certificateAuthority, string? certificate, string? privateKey, string? token) : HostEndpoint
{
    private const int LongestCause = 300;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);

    /// <summary>After which another host or a renewed certificate may be behind the same name.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(10);

    private readonly Uri _url = url.Scheme != Uri.UriSchemeHttps
        ? throw new ArgumentException($"a host is asked over https only, not over {url.Scheme}", nameof(url))
        : url.PathAndQuery != "/" ? throw new ArgumentException($"the address of a host has no path: omit {url.PathAndQuery}", nameof(url))
        : url;

    private string? _distrust;

    public override string Log => $"the log of {_url.Host}";

    internal override Uri Address => _url;

    internal override HttpMessageHandler Handler(TimeProvider clock)
    {
        var authorities = new X509Certificate2Collection();
        Read("certificate authority", certificateAuthority, UnusableFile.CertificateAuthority, file =>
        {
            authorities.ImportFromPemFile(file);
            return true;
        });
        var options = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck },
            RemoteCertificateValidationCallback = (_, shown, chain, errors) => IsTrusted(shown, chain, errors),
        };
        options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        if (certificate is not null)
        {
            var own = Read("certificate", certificate, UnusableFile.Certificate, file => X509Certificate2.CreateFromPemFile(file, privateKey));
            options.ClientCertificateContext = SslStreamCertificateContext.Create(own, authorities, offline: true);
        }
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectTimeout = ConnectTimeout,
            PooledConnectionLifetime = ConnectionLifetime,
            SslOptions = options,
        };
        return token is null ? handler : new WithToken(handler, token);
    }

    internal override HostException Lost(HttpRequestException cause)
    {
        if (cause.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError))
            return new HostLostException($"the host closed the connection: see {Log}", cause);
        var why = cause.InnerException is AuthenticationException && _distrust is { } distrust
            ? distrust
            : OutsideText.OneLine((cause.InnerException ?? cause).Message, LongestCause);
        return new HostLostException($"the host {_url.Authority} cannot be reached: {why}", cause);
    }

    private bool IsTrusted(X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
            return true;
        _distrust = errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) ? "it shows no certificate"
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)
                ? $"its certificate is not trusted ({string.Join("; ", (chain?.ChainStatus ?? []).Select(s => s.StatusInformation.Trim()))}), because it does "
                    + $"not come from {certificateAuthority} or is out of date"
            : $"its certificate is for other names ({shown?.Subject}): use one of these in its address";
        return false;
    }

    private static T Read<T>(string what, string path, UnusableFile file, Func<string, T> read)
    {
        try
        {
            return File.Exists(path) ? read(path) : throw new HostUnusableException($"there is no {what} {path}", file);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or CryptographicException || (e is IOException and not HostException))
        {
            throw new HostUnusableException($"the {what} {path} or its key cannot be used ({e.Message})", file, e);
        }
    }

    private sealed class WithToken(HttpMessageHandler inner, string token) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Authorization = new("Bearer", token);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
