using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Orchestrator.Testing;

/// <param name="Client">The common name of the certificate that the client showed; null for none.</param>
public sealed record SmallRequest(string Method, string Path, string? Client, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}

/// <param name="Body">What follows the headers.</param>
public sealed record SmallAnswer(int Status, byte[] Body, string ContentType = "application/json")
{
    /// <summary>Further headers, each a whole line.</summary>
    public ImmutableArray<string> Headers { get; init; } = [];

    /// <summary>What <c>Content-Length</c> says where it is not the truth: then the connection is closed after the body.</summary>
    public long? SaidLength { get; init; }

    /// <summary>The connection is kept until it is used again, and closed then without an answer.</summary>
    public bool ClosesWhenUsedAgain { get; init; }

    /// <summary>Sent in chunks that end properly, however the body ends.</summary>
    public bool IsChunked { get; init; }

    public static SmallAnswer Of(int status, string body, string contentType = "application/json") => new(status, Encoding.UTF8.GetBytes(body), contentType);
}

/// <summary>A server on loopback that answers each request as a test says, over TLS with a certificate of the test's authority or without.</summary>
public sealed class SmallHttpServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly X509Certificate2? _certificate;
    private readonly X509Certificate2? _clientAuthority;
    private readonly Func<SmallRequest, CancellationToken, Task<SmallAnswer>> _answer;
    private readonly Task _serving;

    /// <param name="name">Whose certificate and key of the authority it shows; null to speak without TLS.</param>
    /// <param name="isMutual">Refuse clients without a certificate of the authority.</param>
    public SmallHttpServer(TestAuthority? authority, string? name, Func<SmallRequest, SmallAnswer> answer, bool isMutual = true)
        : this(authority, name, (request, _) => Task.FromResult(answer(request)), isMutual)
    {
    }

    public SmallHttpServer(
        TestAuthority? authority, string? name, Func<SmallRequest, CancellationToken, Task<SmallAnswer>> answer, bool isMutual = true)
    {
        _answer = answer;
        if (authority is not null && name is not null)
        {
            _certificate = X509Certificate2.CreateFromPemFile(authority.Certificate(name), authority.Key(name));
            _clientAuthority = isMutual ? X509Certificate2.CreateFromPem(File.ReadAllText(authority.Certificate("ca"))) : null;
        }
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>All requests so far.</summary>
    public ConcurrentQueue<SmallRequest> Requests { get; } = [];

    /// <summary>A test may end it before its class does.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_end.IsCancellationRequested)
            return;
        await _end.CancelAsync();
        _listener.Dispose();
        await _serving;
        _certificate?.Dispose();
        _clientAuthority?.Dispose();
        _end.Dispose();
    }

    private async Task ServeAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // It was ended, between two connections or before one.
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await using var stream = await SecureAsync(client.GetStream());
                var shown = (stream as SslStream)?.RemoteCertificate;
                var name = shown is null ? null : new X509Certificate2(shown).GetNameInfo(X509NameType.SimpleName, forIssuer: false);
                while (await ReadAsync(stream, name) is { } request)
                {
                    Requests.Enqueue(request);
                    var answer = await _answer(request, _end.Token);
                    await WriteAsync(stream, answer);
                    if (answer.ClosesWhenUsedAgain)
                        await stream.ReadAtLeastAsync(new byte[1], 1, throwOnEndOfStream: false, _end.Token);
                    if (answer.ClosesWhenUsedAgain || answer.SaidLength is not null)
                        return;
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
            {
                // The client has gone, or was not let in.
            }
        }
    }

    private async Task<Stream> SecureAsync(NetworkStream plain)
    {
        if (_certificate is null)
            return plain;
        var tls = new SslStream(plain);
        await tls.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions
            {
                ServerCertificate = _certificate,
                ClientCertificateRequired = true,
                RemoteCertificateValidationCallback = (_, certificate, _, _) => _clientAuthority is null || (certificate is not null && IsOurs(certificate)),
            },
            _end.Token);
        return tls;
    }

    private bool IsOurs(X509Certificate certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(_clientAuthority!);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build((X509Certificate2)certificate);
    }

    private async Task<SmallRequest?> ReadAsync(Stream stream, string? client)
    {
        var head = new List<byte>();
        var one = new byte[1];
        while (head is not [.., (byte)'\r', (byte)'\n', (byte)'\r', (byte)'\n'])
        {
            if (await stream.ReadAsync(one, _end.Token) == 0)
                return null;
            head.Add(one[0]);
            // As servers do that are spoken to in TLS where they speak none.
            if (!char.IsAsciiLetter((char)head[0]))
            {
                await stream.WriteAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), _end.Token);
                return null;
            }
        }
        var lines = Encoding.ASCII.GetString([.. head]).Split("\r\n");
        var length = lines.Select(l => l.Split(':', 2)).Where(p => p is ["Content-Length", _]).Select(p => int.Parse(p[1], CultureInfo.InvariantCulture))
            .FirstOrDefault();
        var body = new byte[length];
        await stream.ReadExactlyAsync(body, _end.Token);
        var parts = lines[0].Split(' ');
        return new SmallRequest(parts[0], parts[1], client, body);
    }

    private async Task WriteAsync(Stream stream, SmallAnswer answer)
    {
        var length = answer.IsChunked
            ? "Transfer-Encoding: chunked"
            : string.Create(CultureInfo.InvariantCulture, $"Content-Length: {answer.SaidLength ?? answer.Body.Length}");
        string[] head = [$"HTTP/1.1 {answer.Status} Status", $"Content-Type: {answer.ContentType}", length, .. answer.Headers, "", ""];
        await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Join("\r\n", head)), _end.Token);
        if (answer.IsChunked && answer.Body.Length > 0)
            await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{answer.Body.Length:x}\r\n")), _end.Token);
        await stream.WriteAsync(answer.Body, _end.Token);
        if (answer.IsChunked)
            await stream.WriteAsync(answer.Body.Length > 0 ? "\r\n0\r\n\r\n"u8.ToArray() : "0\r\n\r\n"u8.ToArray(), _end.Token);
        await stream.FlushAsync(_end.Token);
    }
}
