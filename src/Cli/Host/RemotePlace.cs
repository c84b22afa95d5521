using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Host;

/// <summary>A host on another machine, over TLS: it shows a certificate of the configured authority, and this command a token or a certificate.</summary>
/// <param name="token">Null to show the certificate of the configuration.</param>
internal sealed class RemotePlace(Uri url, ClientSettings settings, string? token) : HostPlace
{
    private const int LongestCause = 300;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(15);

    private string? _cause;

    public override string Log => $"the log of {url.Host}";

    public override Uri Address => url;

    public override HttpMessageHandler Handler(CommandContext context)
    {
        var authorities = new X509Certificate2Collection();
        Read("certificate authority", settings.CertificateAuthority, "set ca in the configuration", authorities.ImportFromPemFile);
        var options = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck },
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) => IsTrusted(certificate, chain, errors),
        };
        options.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        if (token is null)
        {
            var own = Read(
                "certificate", settings.Certificate, "get one with \"orchestrator request-cert\", or set ORCHESTRATOR_TOKEN",
                file => X509Certificate2.CreateFromPemFile(file, settings.PrivateKey));
            options.ClientCertificateContext = SslStreamCertificateContext.Create(own, authorities, offline: true);
        }
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectTimeout = ConnectTimeout,
            SslOptions = options,
        };
        return token is null ? handler : new WithToken(handler, token);
    }

    public override Task AwaitAsync(
        CommandContext context, Func<CancellationToken, Task<bool>> answers, bool isExpected, CancellationToken cancellationToken) =>
        KnockAsync(
            context, answers, isExpected, () => $"the host {url.Authority} cannot be reached{(_cause is null ? "" : $": {_cause}")}", cancellationToken);

    public override CommandFailedException? Explain(Exception cause)
    {
        if (cause is not AuthenticationException || _cause is null)
            _cause = OutsideText.OneLine(cause.Message, LongestCause);
        return null;
    }

    private bool IsTrusted(X509Certificate? shown, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
            return true;
        _cause = errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable) ? "it shows no certificate"
            : errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)
                ? $"its certificate is not trusted ({string.Join("; ", (chain?.ChainStatus ?? []).Select(s => s.StatusInformation.Trim()))}), because it does "
                    + $"not come from {settings.CertificateAuthority} or is out of date"
            : $"its certificate is for other names ({shown?.Subject}): use one of these in its address";
        return false;
    }

    private static void Read(string what, string file, string advice, Action<string> read) => Read(what, file, advice, path =>
    {
        read(path);
        return true;
    });

    private static T Read<T>(string what, string file, string advice, Func<string, T> read)
    {
        try
        {
            return File.Exists(file) ? read(file) : throw new CommandFailedException($"there is no {what} {file}: {advice}", ExitCodes.Unreachable);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CommandFailedException($"the {what} {file} or its key cannot be used ({e.Message}): {advice}", ExitCodes.Unreachable);
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
