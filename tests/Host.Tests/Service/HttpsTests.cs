using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Host.Access;
using Orchestrator.Host.Process;
using Orchestrator.Host.Service;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Tests.Service;

/// <summary>The listener for other machines: nothing but TLS, and certificates of the configured authority alone.</summary>
public sealed class HttpsTests : IAsyncLifetime, IAsyncDisposable
{
    private const string Server = "host.example.net";
    private const string Alice = "alice.mcollective";

    /// <summary>Where the clock of a test's host stands.</summary>
    private static readonly DateTimeOffset Now = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly string _root = Directory.CreateTempSubdirectory("https").FullName;
    private readonly int _port = Ports.Free();
    private readonly TestAuthority _authority;
    private TestHost _host = null!;

    public HttpsTests()
    {
        _authority = new TestAuthority(Path.Combine(_root, "ssl"), Now);
        _authority.Certify(Server);
        _authority.Certify(Alice);
        File.WriteAllText(Crl, _authority.RevocationList([]));
    }

    private string Crl => Path.Combine(_root, "crl.pem");

    public Task InitializeAsync() => Task.CompletedTask;

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
            await _host.DisposeAsync();
        _authority.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task A_certificate_of_the_authority_says_who_asks()
    {
        await StartAsync();
        using var client = ClientWith(Certificate(Alice));
        using var answer = await client.GetAsync(new Uri(HostApi.Host, UriKind.Relative));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains($"\"caller\":\"choria={Alice}\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_shows_none_is_not_known()
    {
        await StartAsync();
        using var client = ClientWith(null);
        foreach (var path in (string[])[HostApi.Host, HostApi.Deployments, "/v1/nothing", "/"])
        {
            using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Contains("\"code\":\"unauthenticated\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task There_is_no_plain_http()
    {
        await StartAsync();
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _port);
        var stream = client.GetStream();
        await stream.WriteAsync("GET /v1/host HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());

        Assert.DoesNotContain("HTTP/1.1 2", await ReadToEndAsync(stream), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Both_current_versions_of_tls_are_spoken(SslProtocols version)
    {
        await StartAsync();
        using var client = ClientWith(Certificate(Alice), version);
        Assert.True(await IsAnsweredAsync(client));
    }

    public static TheoryData<string> Unaccepted => ["expired", "not yet", "other authority", "self-signed", "revoked", "for servers", "two names", "odd name"];

    [Theory]
    [MemberData(nameof(Unaccepted))]
    public async Task Another_certificate_is_refused_and_the_log_says_why(string what)
    {
        using var other = new TestAuthority(Path.Combine(_root, "other"), Now);
        X509Certificate2? certificate = null;
        var why = "is not valid now";
        switch (what)
        {
            case "expired":
                _authority.Certify("bob.mcollective", until: Now.AddSeconds(-1));
                break;
            case "not yet":
                _authority.Certify("bob.mcollective", from: Now.AddHours(1));
                break;
            case "other authority":
                // Of the same name.
                other.Certify("bob.mcollective");
                certificate = WithKey(other, "bob.mcollective");
                break;
            case "self-signed":
                certificate = Signed("CN=bob.mcollective", null);
                break;
            case "revoked":
                _authority.Certify("bob.mcollective");
                using (var revoked = X509CertificateLoader.LoadCertificateFromFile(_authority.Certificate("bob.mcollective")))
                    await File.WriteAllTextAsync(Crl, _authority.RevocationList([revoked]));
                why = "was revoked on 2000-01-01";
                break;
            case "for servers":
                certificate = Signed("CN=bob.mcollective", _authority, "1.3.6.1.5.5.7.3.1");
                break;
            case "two names":
                certificate = Signed("CN=bob.mcollective, CN=alice.mcollective", _authority);
                why = "does not have exactly one common name";
                break;
            default:
                certificate = Signed("CN=bob/ci", _authority);
                why = "a certificate name may only have";
                break;
        }
        await StartAsync();
        using var client = ClientWith(certificate ?? Certificate("bob.mcollective"));

        Assert.False(await IsAnsweredAsync(client));
        Assert.Contains(why, LogText(), StringComparison.Ordinal);
        using var good = ClientWith(Certificate(Alice));
        Assert.True(await IsAnsweredAsync(good));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_revocation_list_that_is_out_of_date_or_of_another_authority_refuses_all_certificates(bool isExpired)
    {
        using var other = new TestAuthority(Path.Combine(_root, "other"), Now);
        await File.WriteAllTextAsync(Crl, isExpired ? _authority.RevocationList([], until: Now.AddHours(-1)) : other.RevocationList([]));
        await StartAsync();
        using var client = ClientWith(Certificate(Alice));
        Assert.False(await IsAnsweredAsync(client));
        Assert.Contains("certificates of \"Puppet CA: test\" are refused", LogText(), StringComparison.Ordinal);

        // A token may come.
        using var without = ClientWith(null);
        using var answer = await without.GetAsync(new Uri(HostApi.Host, UriKind.Relative));
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task Nothing_is_revoked_where_that_is_said_outright()
    {
        await StartAsync(s => s with { RevocationLists = HostSettings.NoRevocationLists });
        using var client = ClientWith(Certificate(Alice));
        Assert.True(await IsAnsweredAsync(client));
    }

    [Fact]
    public async Task A_connection_ends_when_its_certificate_is_revoked()
    {
        _authority.Certify("bob.mcollective");
        await StartAsync();
        using var bob = await ConnectAsync(Certificate("bob.mcollective"));
        using var alice = await ConnectAsync(Certificate(Alice));
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(bob), StringComparison.Ordinal);

        using (var revoked = X509CertificateLoader.LoadCertificateFromFile(_authority.Certificate("bob.mcollective")))
            await File.WriteAllTextAsync(Crl, _authority.RevocationList([revoked]));
        await TakenUpAsync("The renewed files of HTTPS are in use");

        Assert.Equal("", await ReadToEndAsync(bob));
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(alice), StringComparison.Ordinal);
        using var again = ClientWith(Certificate("bob.mcollective"));
        Assert.False(await IsAnsweredAsync(again));
    }

    [Fact]
    public async Task A_connection_ends_when_the_revocation_list_goes_out_of_date()
    {
        await File.WriteAllTextAsync(Crl, _authority.RevocationList([], until: Now.AddSeconds(5)));
        await StartAsync();
        using var alice = await ConnectAsync(Certificate(Alice));
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(alice), StringComparison.Ordinal);
        // Shorter than the host stays without a client.
        _host.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("", await ReadToEndAsync(alice));
        using var without = ClientWith(null);
        using var answer = await without.GetAsync(new Uri(HostApi.Host, UriKind.Relative));
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task A_renewed_pair_is_taken_up_once_both_files_are_there()
    {
        await StartAsync();
        Assert.Equal(SerialOf(Server), await ServedAsync());
        var (old, key) = (SerialOf(Server), await File.ReadAllTextAsync(_authority.Key(Server)));

        _authority.Certify(Server);
        var newKey = await File.ReadAllTextAsync(_authority.Key(Server));
        await File.WriteAllTextAsync(_authority.Key(Server), key);
        await TakenUpAsync("is not the key of");
        Assert.Equal(old, await ServedAsync());

        await File.WriteAllTextAsync(_authority.Key(Server), newKey);
        await TakenUpAsync("The renewed files of HTTPS are in use");
        Assert.NotEqual(old, await ServedAsync());
        Assert.Equal(SerialOf(Server), await ServedAsync());
    }

    [Fact]
    public async Task Files_that_say_what_they_said_before_are_not_taken_apart_again()
    {
        var settings = WithFiles(new HostSettings());
        var read = TlsMaterial.Read(settings, []);
        Assert.Same(read, TlsMaterial.Read(settings, [], read));

        _authority.Certify(Server);
        Assert.NotEqual(read!.Digest, TlsMaterial.Read(settings, [], read)!.Digest);
        var problems = new List<string>();
        await File.WriteAllTextAsync(_authority.Certificate(Server), "");
        Assert.Null(TlsMaterial.Read(settings, problems, read));
        Assert.NotEmpty(problems);
    }

    [Fact]
    public async Task Whoever_takes_long_is_let_go()
    {
        await StartAsync();
        using var silent = new TcpClient();
        await silent.ConnectAsync(IPAddress.Loopback, _port);
        using var slow = await ConnectAsync(Certificate(Alice));
        await slow.WriteAsync("GET /v1/host HTTP/1.1\r\nHost: o\r\n"u8.ToArray());

        Assert.Equal("", await ReadToEndAsync(silent.GetStream()));
        Assert.StartsWith("HTTP/1.1 408", await ReadToEndAsync(slow), StringComparison.Ordinal);
    }

    [Fact]
    public async Task However_many_of_whom_nothing_is_known_connect_whoever_is_known_is_served_and_stays()
    {
        // Room for 56 connections, and for 14 of one address on which nobody has shown who they are.
        await StartAsync(limits: new HostLimits(() => 0, 136, () => 0, 1));
        using var alice = await ConnectAsync(Certificate(Alice));
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(alice), StringComparison.Ordinal);
        var silent = new List<TcpClient>();
        for (var i = 0; i < 300; i++)
        {
            silent.Add(new TcpClient());
            await silent[^1].ConnectAsync(IPAddress.Loopback, _port);
        }

        using var next = ClientWith(Certificate(Alice));
        Assert.True(await IsAnsweredAsync(next));
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(alice), StringComparison.Ordinal);
        Assert.Equal("", await ReadToEndAsync(silent[0].GetStream()));
        Assert.Contains("127.0.0.1 has 14 connections on which nobody has shown who they are", LogText(), StringComparison.Ordinal);
        silent.ForEach(s => s.Dispose());
    }

    [Fact]
    public async Task Many_of_one_address_whose_certificates_are_accepted_stay()
    {
        await StartAsync(limits: new HostLimits(() => 0, 136, () => 0, 1));
        var known = new List<SslStream>();
        for (var i = 0; i < 40; i++)
            known.Add(await ConnectAsync(Certificate(Alice)));
        foreach (var one in known)
        {
            Assert.StartsWith("HTTP/1.1 200", await AskAsync(one), StringComparison.Ordinal);
            await one.DisposeAsync();
        }
    }

    [Fact]
    public async Task Whoever_does_not_show_who_they_are_is_let_go_and_whoever_has_stays()
    {
        await StartAsync(s => s with { Idle = TimeSpan.FromDays(1) });
        var token = _host.Services.GetRequiredService<TokenStore>().Create("jane", new TokenRequest("ci", [AccessVerb.Show], TimeSpan.FromDays(1)))!.Secret;
        using var silent = new TcpClient();
        await silent.ConnectAsync(IPAddress.Loopback, _port);
        using var unknown = await ConnectAsync(null);
        Assert.StartsWith("HTTP/1.1 401", await AskAsync(unknown), StringComparison.Ordinal);
        using var program = await ConnectAsync(null);
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(program, $"Authorization: Bearer {token}\r\n"), StringComparison.Ordinal);
        using var alice = await ConnectAsync(Certificate(Alice));

        _host.Time.Advance(BoundedListening.TimeToProve);

        Assert.Equal("", await ReadToEndAsync(silent.GetStream()));
        Assert.Equal("", await ReadToEndAsync(unknown));
        Assert.StartsWith("HTTP/1.1 401", await AskAsync(program), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200", await AskAsync(alice), StringComparison.Ordinal);
    }

    private async Task StartAsync(Func<HostSettings, HostSettings>? settings = null, HostLimits? limits = null) => _host = await TestHost.StartAsync(
        s => (settings ?? (x => x))(WithFiles(s)), limits: limits, askerOf: Askers.Of);

    private HostSettings WithFiles(HostSettings settings) => settings with
    {
        Listen = new IPEndPoint(IPAddress.Loopback, _port),
        Certificate = _authority.Certificate(Server),
        PrivateKey = _authority.Key(Server),
        CertificateAuthority = _authority.Certificate("ca"),
        RevocationLists = Crl,
    };

    /// <summary>Lets the host's clock go on until its log says something.</summary>
    private Task TakenUpAsync(string words) => Until.TrueAsync(() =>
    {
        _host.Time.Advance(TlsFiles.Period);
        return LogText().Contains(words, StringComparison.Ordinal);
    }, words);

    private string LogText()
    {
        // Its first line makes the file.
        if (!File.Exists(_host.State.Log))
            return "";
        using var file = new StreamReader(new FileStream(_host.State.Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return file.ReadToEnd();
    }

    private X509Certificate2 Certificate(string name) => WithKey(_authority, name);

    private static X509Certificate2 WithKey(TestAuthority authority, string name) =>
        X509Certificate2.CreateFromPemFile(authority.Certificate(name), authority.Key(name));

    /// <param name="authority">Null for one that signs itself.</param>
    /// <param name="usage">For what it is; null for all.</param>
    private static X509Certificate2 Signed(string subject, TestAuthority? authority, string? usage = null)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest(new X500DistinguishedName(subject), key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        if (usage is not null)
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], true));
        return authority is null ? request.CreateSelfSigned(Now.AddDays(-1), Now.AddYears(1)) : authority.Issue(request).CopyWithPrivateKey(key);
    }

    private HttpClient ClientWith(X509Certificate2? certificate, SslProtocols version = SslProtocols.None) => new(new SocketsHttpHandler
    {
        SslOptions = Options(certificate, version),
    })
    { BaseAddress = new Uri($"https://127.0.0.1:{_port}") };

    private static SslClientAuthenticationOptions Options(X509Certificate2? certificate, SslProtocols version = SslProtocols.None) => new()
    {
        TargetHost = Server,
        EnabledSslProtocols = version,
        LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate!,
        RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Subject == $"CN={Server}",
    };

    private static async Task<bool> IsAnsweredAsync(HttpClient client)
    {
        try
        {
            using var answer = await client.GetAsync(new Uri(HostApi.Host, UriKind.Relative));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task<SslStream> ConnectAsync(X509Certificate2? certificate)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _port);
        var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsClientAsync(Options(certificate));
        return stream;
    }

    private async Task<string> ServedAsync()
    {
        await using var stream = await ConnectAsync(null);
        return ((X509Certificate2)stream.RemoteCertificate!).SerialNumber;
    }

    private string SerialOf(string name)
    {
        using var certificate = X509CertificateLoader.LoadCertificateFromFile(_authority.Certificate(name));
        return certificate.SerialNumber;
    }

    /// <summary>Asks, and leaves the connection open.</summary>
    private static async Task<string> AskAsync(Stream stream, string header = "")
    {
        await stream.WriteAsync(Encoding.UTF8.GetBytes($"GET /v1/host HTTP/1.1\r\nHost: o\r\n{header}\r\n"));
        var text = new StringBuilder();
        var piece = new byte[4096];
        while (!text.ToString().EndsWith("0\r\n\r\n", StringComparison.Ordinal) && !text.ToString().EndsWith('}'))
        {
            var count = await Until.DoneAsync(stream.ReadAsync(piece).AsTask());
            if (count == 0)
                break;
            text.Append(Encoding.UTF8.GetString(piece, 0, count));
        }
        return text.ToString();
    }

    private static async Task<string> ReadToEndAsync(Stream stream)
    {
        var text = new StringBuilder();
        var piece = new byte[4096];
        try
        {
            while (await Until.DoneAsync(stream.ReadAsync(piece).AsTask()) is > 0 and var count)
                text.Append(Encoding.UTF8.GetString(piece, 0, count));
        }
        catch (IOException)
        {
            // Ended without a farewell.
        }
        return text.ToString();
    }
}
