using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orchestrator.Choria.Connecting;
using Orchestrator.Choria.Security;
using Orchestrator.Messages;

namespace Orchestrator.Puppet.Connecting;

/// <summary>Who asks a server, and whom it must be certified by.</summary>
/// <param name="Caller">Whose certificate is shown; null to show none.</param>
/// <param name="AuthorityFile">The authorities that the server's certificate must come from, PEM; null to take any, as at the first contact with a CA.</param>
public sealed record PuppetTrust(ChoriaSettings? Caller, string? AuthorityFile)
{
    /// <summary>Mutual TLS, both sides of the same authority.</summary>
    public static PuppetTrust Mutual(ChoriaSettings caller) => new(caller, caller.CertificateAuthority);
}

/// <summary>
/// Asks one of Puppet's services over HTTPS. Of several addresses each is tried until one can be connected to. Redirects are not followed, proxies are not
/// used, and no answer is read beyond a bound.
/// </summary>
public sealed class PuppetConnection : IDisposable
{
    /// <summary>Of an answer that is no good one so much is read.</summary>
    private const int LongestRefusal = 64 << 10;

    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(10);

    private readonly PuppetService _service;
    private readonly ServerSetting _at;
    private readonly TimeProvider _time;
    private readonly CallerIdentity? _caller;
    private readonly string? _callerFile;
    private readonly X509Certificate2Collection _authorities = [];
    private readonly string? _authorityFile;
    private readonly HttpClient _http;
    private string? _distrust;

    /// <exception cref="PuppetUnreachableException">A file of the caller or of the authorities cannot be used.</exception>
    public PuppetConnection(PuppetService service, ServerSetting at, PuppetTrust trust, TimeProvider time)
    {
        (_service, _at, _time, _authorityFile) = (service, at, time, trust.AuthorityFile);
        var isSecure = at.Addresses.Any(a => !a.IsPlain);
        try
        {
            if (isSecure && trust.Caller is { } caller)
                (_caller, _callerFile) = (CallerIdentity.Load(caller, time.GetUtcNow()), caller.Certificate);
            if (isSecure && trust.AuthorityFile is { } file)
                _authorities.ImportFromPemFile(file);
        }
        catch (CallerIdentityException e)
        {
            throw new PuppetUnreachableException($"{service.Name} cannot be asked: {e.Message}", e);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new PuppetUnreachableException(
                $"{service.Name} cannot be asked: the certificates of the authority in {trust.AuthorityFile} cannot be read: {e.Message.TrimEnd('.')}", e);
        }
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.GZip,
            ConnectTimeout = ConnectPatience,
            // A connection that is kept may be closed by the server at the moment at which it is used again.
            PooledConnectionLifetime = TimeSpan.Zero,
            SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificateContext = _caller?.Tls,
                RemoteCertificateValidationCallback = (stream, certificate, chain, _) => IsTrusted((SslStream)stream, certificate, chain),
            },
        })
        { Timeout = Timeout.InfiniteTimeSpan };
    }

    public void Dispose()
    {
        _http.Dispose();
        _caller?.Dispose();
        foreach (var authority in _authorities)
            authority.Dispose();
    }

    /// <summary>Asks, and reads the whole answer.</summary>
    /// <param name="path">Begins with a slash; escaped.</param>
    /// <param name="largest">More bytes than this are no answer.</param>
    /// <param name="deadline">How long the whole may take.</param>
    /// <exception cref="PuppetUnreachableException">No answer came, or not a whole one, or a larger one.</exception>
    public Task<PuppetAnswer> AskAsync(
        HttpMethod method, string path, long largest, TimeSpan deadline, CancellationToken cancellationToken, Func<HttpContent>? body = null,
        string accept = "application/json, text/plain, */*") =>
        StreamAsync(
            method, path, largest, deadline,
            async (answer, stream, stop) =>
            {
                using var whole = new MemoryStream();
                await stream.CopyToAsync(whole, stop);
                return answer with { Body = whole.ToArray() };
            },
            Task.FromResult, cancellationToken, body, accept);

    /// <summary>Asks, and lets a good answer be read as it comes.</summary>
    /// <param name="good">Reads the body of an answer with a status from 200 to 299. The stream throws where the answer breaks off or is too large.</param>
    /// <param name="other">What becomes of any other answer, of which the body's beginning is read.</param>
    /// <exception cref="PuppetUnreachableException">No answer came, or not a whole one, or a larger one.</exception>
    public async Task<T> StreamAsync<T>(
        HttpMethod method, string path, long largest, TimeSpan deadline, Func<PuppetAnswer, Stream, CancellationToken, Task<T>> good,
        Func<PuppetAnswer, Task<T>> other, CancellationToken cancellationToken, Func<HttpContent>? body = null, string accept = "application/json")
    {
        using var late = new CancellationTokenSource(deadline, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        var problems = new List<string>();
        var isToCheck = false;
        foreach (var address in _at.Addresses)
        {
            var server = $"{_service.Name} {address}";
            HttpResponseMessage response;
            try
            {
                using var request = new HttpRequestMessage(method, address.Uri(path));
                request.Headers.TryAddWithoutValidation("Accept", accept);
                request.Content = body?.Invoke();
                response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
            }
            catch (HttpRequestException e)
            {
                var advised = Advised();
                isToCheck |= advised is null;
                problems.Add($"{server} {advised ?? Why(e)}");
                continue;
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                if (late.IsCancellationRequested)
                    throw Late(server, deadline, e);
                isToCheck = true;
                problems.Add($"{server} cannot be connected to within {Durations.Text(ConnectPatience)}");
                continue;
            }
            using (response)
            {
                try
                {
                    var answer = AnswerOf(server, response);
                    await using var stream = await response.Content.ReadAsStreamAsync(stop.Token);
                    if (answer.IsGood)
                        return await good(answer, new BoundedStream(stream, largest, server), stop.Token);
                    return await other(answer with { Body = await BeginningAsync(stream, stop.Token) });
                }
                catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested && late.IsCancellationRequested)
                {
                    throw Late(server, deadline, e);
                }
                catch (Exception e) when (e is IOException or HttpRequestException or InvalidDataException)
                {
                    throw new PuppetUnreachableException($"{server} broke off in the middle of its answer ({e.Message.TrimEnd('.')}): try again", e);
                }
            }
        }
        throw new PuppetUnreachableException(
            string.Join("; ", problems) + (isToCheck ? $": check that it runs, and that {_service.Setting} is right (from {_at.Source})" : ""));
    }

    private static PuppetUnreachableException Late(string server, TimeSpan deadline, Exception e) =>
        new($"{server} did not answer within {Durations.Text(deadline)}: see its log, or wait longer", e);

    private static PuppetAnswer AnswerOf(string server, HttpResponseMessage response) => new(
        server, (int)response.StatusCode, response.Content.Headers.ContentType?.MediaType, response.Headers.Location?.OriginalString,
        response.Headers.TryGetValues("X-Puppet-Version", out var versions) ? versions.FirstOrDefault() : null, []);

    private static async Task<byte[]> BeginningAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[LongestRefusal];
        var count = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return buffer[..count];
    }

    private bool IsTrusted(SslStream stream, X509Certificate? certificate, X509Chain? chain)
    {
        if (_authorityFile is null)
            return certificate is not null;
        _distrust = certificate is null
            ? "it shows no certificate"
            : PeerCertificate.ProblemOf(
                stream.TargetHostName, (X509Certificate2)certificate, chain, _authorities, _authorityFile, _service.Name, _service.Setting);
        return _distrust is null;
    }

    /// <summary>Why the last attempt failed where that already says what to do.</summary>
    private string? Advised()
    {
        var distrust = _distrust;
        _distrust = null;
        return distrust is null ? null : $"cannot be trusted: {distrust}";
    }

    private string Why(HttpRequestException e)
    {
        var socket = Causes(e).OfType<SocketException>().FirstOrDefault();
        return e.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => "is not known by that name",
            HttpRequestError.ConnectionError => socket?.SocketErrorCode == SocketError.ConnectionRefused
                ? "refuses the connection: nothing listens there"
                : $"cannot be connected to: {(socket ?? (Exception)e).Message.TrimEnd('.')}",
            _ when Causes(e).Any(IsTlsRefusal) => RefusesUs(),
            _ when e.HttpRequestError == HttpRequestError.ResponseEnded || socket?.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown =>
                $"closed the connection without an answer{(_caller is null ? "" : $", as a server does that does not accept our certificate ({_callerFile})")}",
            HttpRequestError.SecureConnectionError =>
                $"does not speak TLS: {(Causes(e).OfType<AuthenticationException>().LastOrDefault() ?? (Exception)e).Message.TrimEnd('.')}",
            _ => $"cannot be asked: {string.Join(": ", Causes(e).Select(c => c.Message.TrimEnd('.')).Distinct())}",
        };
    }

    private string RefusesUs() => _caller is null
        ? "asks for a client certificate, and none was sent"
        : $"does not accept the certificate {_callerFile}: it may be revoked, or signed by another CA than the server's";

    /// <summary>An alert of the other side ends the handshake, or with TLS 1.3 the first read after it.</summary>
    private static bool IsTlsRefusal(Exception e) => e.Message.Contains("alert", StringComparison.OrdinalIgnoreCase);

    private static IEnumerable<Exception> Causes(Exception? e)
    {
        for (; e is not null; e = e.InnerException)
            yield return e;
    }
}
