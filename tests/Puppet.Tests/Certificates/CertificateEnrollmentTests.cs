using System.Security.Cryptography;
using Orchestrator.Choria.Connecting;
using Orchestrator.Messages.Api;
using Orchestrator.Puppet.Certificates;
using Orchestrator.Puppet.Connecting;

namespace Orchestrator.Puppet.Tests.Certificates;

/// <summary>A certificate is had from a CA over TLS, on a disk.</summary>
public sealed class CertificateEnrollmentTests : IAsyncLifetime, IAsyncDisposable
{
    private const string Name = "jane.mcollective";
    private const string Put = $"PUT certificate_request/{Name}";
    private const int FewBits = 2048;
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    private readonly string _root = Directory.CreateTempSubdirectory("o").FullName;
    private readonly FakeCa _ca;
    private readonly ChoriaSettings _settings;
    private readonly List<string> _told = [];

    public CertificateEnrollmentTests()
    {
        _ca = new FakeCa(Path.Combine(_root, "authority"));
        var ssl = Path.Combine(_root, "ssl");
        _settings = new ChoriaSettings
        {
            CertName = Name,
            PrivateKey = Path.Combine(ssl, "private_keys", $"{Name}.pem"),
            Certificate = Path.Combine(ssl, "certs", $"{Name}.pem"),
            CertificateAuthority = Path.Combine(ssl, "certs", "ca.pem"),
        };
    }

    private string[] Files => Directory.Exists(Path.Combine(_root, "ssl"))
        ? [.. Directory.EnumerateFiles(Path.Combine(_root, "ssl"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)] : [];

    private string[] AllFiles => [_settings.CertificateAuthority, _settings.Certificate, _settings.RevocationLists, _settings.PrivateKey];

    public Task InitializeAsync() => Task.CompletedTask;

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        await _ca.DisposeAsync();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public async Task A_request_that_is_signed_while_it_is_waited_for_becomes_a_certificate_that_tls_and_choria_accept()
    {
        _ca.Instead = request =>
        {
            // Whoever signs has seen the request twice.
            if (_ca.Asked.Count(a => a == $"GET certificate_request/{Name}") == 3 && _ca.Requested.Contains(Name))
                _ca.Sign(Name);
            return null;
        };

        var view = await RunAsync(Long);

        Assert.Equal((CertificateState.Issued, _ca.Certificate(Name).NotAfter.ToUniversalTime()), (view.State, view.ValidUntil!.Value.UtcDateTime));
        Assert.Equal(AllFiles, Files);
        Assert.All(CertificateChecks.Run(_settings, TimeProvider.System.GetUtcNow()), check => Assert.Equal(CheckResult.Ok, check.Result));
        Assert.Single(_ca.Asked, a => a == Put);
        Assert.Equal(3, _told.Count);
        Assert.Contains($"its CA is \"Puppet CA: test\", SHA-256 {view.AuthorityFingerprint}", _told[0], StringComparison.Ordinal);
        Assert.Contains($"Made an RSA key of {FewBits} bits", _told[1], StringComparison.Ordinal);
        Assert.Contains($"signs with \"puppetserver ca sign --certname {Name}\"", _told[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_waiting_the_request_is_sent_once_and_fetched_later_with_the_same_key()
    {
        var first = await RunAsync(TimeSpan.Zero);
        var key = await File.ReadAllTextAsync(_settings.PrivateKey);
        var second = await RunAsync(TimeSpan.Zero);
        _ca.Sign(Name);
        var third = await RunAsync(TimeSpan.Zero);
        var fourth = await RunAsync(TimeSpan.Zero);

        Assert.Equal(
            [CertificateState.Requested, CertificateState.Requested, CertificateState.Issued, CertificateState.Unchanged],
            new[] { first, second, third, fourth }.Select(v => v.State));
        Assert.Equal((first.RequestFingerprint, null), (second.RequestFingerprint, third.RequestFingerprint));
        Assert.Equal(key, await File.ReadAllTextAsync(_settings.PrivateKey));
        Assert.Single(_ca.Asked, a => a == Put);
    }

    [Fact]
    public async Task A_ca_that_signs_by_itself_is_not_waited_for()
    {
        _ca.SignsAtOnce = true;

        Assert.Equal(CertificateState.Issued, (await RunAsync(TimeSpan.Zero)).State);
        Assert.DoesNotContain(_told, t => t.Contains("ca sign", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Wherever_it_was_broken_off_another_one_goes_on_with_the_same_key()
    {
        _ca.SignsAtOnce = true;
        await RunAsync(TimeSpan.Zero);
        var whole = AllFiles.ToDictionary(f => f, File.ReadAllText);

        // In the order in which they are put in place: after each prefix the process may have been killed.
        string[] order = [_settings.CertificateAuthority, _settings.PrivateKey, _settings.RevocationLists, _settings.Certificate];
        for (var there = 0; there < order.Length; there++)
        {
            foreach (var file in order[there..])
                File.Delete(file);
            if (there < 2)
                _ca.Clean(Name);
            await File.WriteAllTextAsync($"{_settings.CertificateAuthority}.00.new", "half");

            Assert.Equal(CertificateState.Issued, (await RunAsync(TimeSpan.Zero)).State);

            Assert.Equal(AllFiles, Files);
            Assert.True(there < 2 || await File.ReadAllTextAsync(_settings.PrivateKey) == whole[_settings.PrivateKey]);
            whole = AllFiles.ToDictionary(f => f, File.ReadAllText);
        }
    }

    [Fact]
    public async Task A_request_that_went_through_although_its_answer_was_lost_is_found_again()
    {
        _ca.Instead = request =>
        {
            if (request.Method != "PUT")
                return null;
            _ca.Take(Name, request.Text);
            return FakeCa.Of(503, "Service Unavailable");
        };
        await Assert.ThrowsAsync<PuppetUnreachableException>(() => RunAsync(TimeSpan.Zero));

        Assert.Equal(CertificateState.Requested, (await RunAsync(TimeSpan.Zero)).State);
        Assert.Single(_ca.Asked, a => a == Put);
    }

    [Fact]
    public async Task While_it_is_waited_for_the_ca_may_be_away()
    {
        var busy = 0;
        _ca.Instead = request =>
        {
            if (_ca.Requested.Count == 0 || request.Method != "GET" || busy++ < 2)
                return null;
            if (busy == 3)
                return FakeCa.Of(503, "Starting");
            if (_ca.Requested.Contains(Name))
                _ca.Sign(Name);
            return null;
        };

        Assert.Equal(CertificateState.Issued, (await RunAsync(Long)).State);
        Assert.Contains(_told, t => t.EndsWith("asking again.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_request_that_was_refused_ends_the_wait()
    {
        _ca.Instead = _ =>
        {
            if (_ca.Asked.Count(a => a == $"GET certificate_request/{Name}") == 3)
                _ca.Clean(Name);
            return null;
        };

        Assert.Contains("it was refused there", await ProblemAsync(Long), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_somebody_else_has_is_not_waited_for()
    {
        using var key = RSA.Create(FewBits);
        _ca.Take(Name, SigningRequest.For(Name, key).Pem);
        Assert.Contains("with another key than ours", await ProblemAsync(Long), StringComparison.Ordinal);

        _ca.Sign(Name);
        Assert.Contains("but its key is not at", await ProblemAsync(Long), StringComparison.Ordinal);
        Assert.Equal([_settings.CertificateAuthority], Files);
    }

    [Fact]
    public async Task A_ca_with_renewal_renews_for_the_same_key_over_mutual_tls()
    {
        _ca.SignsAtOnce = _ca.Renews = true;
        _ca.Until = TimeProvider.System.GetUtcNow().AddDays(20);
        var first = await RunAsync(TimeSpan.Zero);
        _ca.Until = null;

        var renewed = await RunAsync(TimeSpan.Zero);

        Assert.Equal(CertificateState.Renewed, renewed.State);
        Assert.True(renewed.ValidUntil > first.ValidUntil);
        Assert.All(CertificateChecks.Run(_settings, TimeProvider.System.GetUtcNow()), check => Assert.Equal(CheckResult.Ok, check.Result));
        Assert.Equal(CertificateState.Unchanged, (await RunAsync(TimeSpan.Zero)).State);
        Assert.Equal(CertificateState.Renewed, (await RunAsync(TimeSpan.Zero, renew: true)).State);
    }

    [Fact]
    public async Task Without_renewal_a_clean_ca_takes_a_request_for_the_same_key()
    {
        _ca.SignsAtOnce = true;
        await RunAsync(TimeSpan.Zero);
        var key = await File.ReadAllTextAsync(_settings.PrivateKey);
        Assert.Contains("it has no renewal, as before Puppet Server 8", await ProblemAsync(TimeSpan.Zero, renew: true), StringComparison.Ordinal);

        _ca.Clean(Name);
        Assert.Contains("was revoked on", await ProblemAsync(TimeSpan.Zero), StringComparison.Ordinal);
        Assert.Equal(CertificateState.Renewed, (await RunAsync(TimeSpan.Zero, renew: true)).State);

        Assert.Equal(key, await File.ReadAllTextAsync(_settings.PrivateKey));
    }

    [Fact]
    public async Task The_revocation_list_and_other_authorities_are_kept_up_to_date()
    {
        _ca.SignsAtOnce = true;
        await RunAsync(TimeSpan.Zero);
        using var other = new TestAuthority(Path.Combine(_root, "other"), TimeProvider.System.GetUtcNow());
        other.Certify("broker");
        await File.AppendAllTextAsync(_settings.CertificateAuthority, await File.ReadAllTextAsync(other.Certificate("broker")));
        await File.WriteAllTextAsync(_settings.RevocationLists, "old");

        await RunAsync(TimeSpan.Zero);

        Assert.StartsWith("-----BEGIN X509 CRL-----", await File.ReadAllTextAsync(_settings.RevocationLists), StringComparison.Ordinal);
        Assert.Equal(2, (await File.ReadAllTextAsync(_settings.CertificateAuthority)).Split("BEGIN CERTIFICATE").Length - 1);
    }

    [Fact]
    public async Task A_server_that_the_authority_which_it_names_did_not_certify_is_not_trusted()
    {
        using var showing = new TestAuthority(Path.Combine(_root, "impostor"), TimeProvider.System.GetUtcNow());
        showing.Certify("localhost");
        await using var impostor = new FakeCa(Path.Combine(_root, "named"), showing);

        var problem = await Assert.ThrowsAsync<PuppetUnreachableException>(() => RunAsync(TimeSpan.Zero, at: impostor.At));

        Assert.Contains("what it gave as its CA's certificate", problem.Message, StringComparison.Ordinal);
        Assert.Empty(Files);
        Assert.Equal(["GET certificate/ca"], impostor.Asked);
    }

    [Fact]
    public async Task Once_the_authority_is_known_another_one_is_not_trusted()
    {
        await RunAsync(TimeSpan.Zero);
        await using var impostor = new FakeCa(Path.Combine(_root, "impostor"));

        var problem = await Assert.ThrowsAsync<PuppetUnreachableException>(() => RunAsync(TimeSpan.Zero, at: impostor.At));

        Assert.Contains("cannot be trusted", problem.Message, StringComparison.Ordinal);
        Assert.Empty(impostor.Asked);
    }

    [Fact]
    public async Task A_fingerprint_that_is_not_the_authoritys_ends_it_before_anything_else_is_asked()
    {
        var problem = await Assert.ThrowsAsync<CertificateProblemException>(() => RunAsync(TimeSpan.Zero, pin: Fingerprint.Of("another"u8)));

        Assert.Contains("nothing was put in place", problem.Message, StringComparison.Ordinal);
        Assert.Equal(["GET certificate/ca"], _ca.Asked);
        Assert.Empty(Files);
    }

    public static TheoryData<string, string> Rubbish => new()
    {
        { "html", "its answer has no certificate in PEM (" },
        { "empty", "its answer has no certificate in PEM (" },
        { "html 404", "see that this is the address of a Puppet CA" },
        { "redirect", "which is not followed" },
        { "endless", "sends more than" },
        { "half", "broke off" },
        { "request", "its answer has no certificate in PEM (" },
        { "500", "see its log" },
        { "403", "auth.conf" },
        { "another's", "is for another key" },
        { "other key", "is for another key" },
        { "two", "its answer has no certificate in PEM (" },
    };

    [Theory]
    [MemberData(nameof(Rubbish))]
    public async Task Whatever_else_is_answered_for_our_certificate_is_a_sentence_and_nothing_is_put_in_place(string what, string says)
    {
        await RunAsync(TimeSpan.Zero);
        var before = Files;
        using var key = RSA.Create(FewBits);
        var request = SigningRequest.For(Name, key).Pem;
        var certificate = _ca.Authority.Sign(request).ExportCertificatePem();
        SmallAnswer answer = what switch
        {
            "html" => SmallAnswer.Of(200, "<html><title>Welcome</title></html>", "text/html"),
            "empty" => FakeCa.Of(200, "\n"),
            "html 404" => SmallAnswer.Of(404, "<html><title>Not here</title></html>", "text/html"),
            "redirect" => new SmallAnswer(302, []) { Headers = ["Location: https://evil.example.net/"] },
            "endless" => FakeCa.Of(200, new string('x', 2 << 20)),
            "half" => FakeCa.Of(200, certificate[..100]) with { SaidLength = 2000 },
            "request" => FakeCa.Of(200, request),
            "500" => FakeCa.Of(500, "Internal Server Error: java.lang.IndexOutOfBoundsException"),
            "403" => FakeCa.Of(403, "Forbidden request"),
            "another's" => FakeCa.Of(200, _ca.Authority.Sign(request, "john").ExportCertificatePem()),
            "other key" => FakeCa.Of(200, certificate),
            _ => FakeCa.Of(200, certificate + "\n" + certificate),
        };
        _ca.Instead = asked => FakeCa.Word(asked) == $"GET certificate/{Name}" ? answer : null;

        var problem = await Record.ExceptionAsync(() => RunAsync(TimeSpan.Zero));

        Assert.True(problem is CertificateProblemException or PuppetUnreachableException, problem?.ToString());
        Assert.Contains(says, problem!.Message, StringComparison.Ordinal);
        Assert.Equal(before, Files);
    }

    [Theory]
    [InlineData("GET certificate/ca", "<html>", "its answer has no certificate in PEM")]
    [InlineData("GET certificate_revocation_list/ca", "<html>", "its answer has no revocation list in PEM")]
    [InlineData("GET certificate_revocation_list/ca", "-----BEGIN X509 CRL-----\nc2VjcmV0\n-----END X509 CRL-----\n", "its answer has one that cannot be read")]
    [InlineData($"GET certificate_request/{Name}", "<html>", "its answer has no request in PEM")]
    public async Task So_is_rubbish_for_anything_else(string question, string answer, string says)
    {
        if (question.Contains("revocation", StringComparison.Ordinal))
            _ca.SignsAtOnce = true;
        _ca.Instead = asked => FakeCa.Word(asked) == question ? FakeCa.Of(200, answer) : null;

        Assert.Contains(says, await ProblemAsync(TimeSpan.Zero), StringComparison.Ordinal);
        Assert.DoesNotContain(_settings.Certificate, Files);
    }

    [Fact]
    public async Task A_renewal_for_another_key_is_not_taken()
    {
        _ca.SignsAtOnce = true;
        await RunAsync(TimeSpan.Zero);
        var before = await File.ReadAllTextAsync(_settings.Certificate);
        using var key = RSA.Create(FewBits);
        var other = _ca.Authority.Sign(SigningRequest.For(Name, key).Pem).ExportCertificatePem();
        _ca.Instead = asked => asked.Method == "POST" ? FakeCa.Of(200, other) : null;

        Assert.Contains("is for another key than ours", await ProblemAsync(TimeSpan.Zero, renew: true), StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(_settings.Certificate));
    }

    private async Task<string> ProblemAsync(TimeSpan wait, bool renew = false) =>
        (await Assert.ThrowsAsync<CertificateProblemException>(() => RunAsync(wait, renew))).Message;

    private async Task<CertificateView> RunAsync(TimeSpan wait, bool renew = false, Fingerprint? pin = null, ServerSetting? at = null)
    {
        using var enrollment = new CertificateEnrollment(
            new WantedCertificate(Name, renew, pin), _settings, at ?? _ca.At, TimeProvider.System,
            news => _told.AddRange(news.Text is null ? [] : [news.Text]), FewBits);
        return await enrollment.RunAsync(wait, CancellationToken.None);
    }
}
