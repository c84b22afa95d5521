using System.Net.Http.Headers;
using System.Text;
using Orchestrator.Choria.Connecting;
using Orchestrator.Messages.Api;
using Orchestrator.Puppet.Connecting;

namespace Orchestrator.Puppet.Certificates;

/// <summary>
/// Gets a certificate from the Puppet CA: does what <see cref="Enrollment"/> decides, step by step. All that it goes by is on disk and with the CA, so that
/// another one goes on where this one ended.
/// </summary>
public sealed class CertificateEnrollment : IDisposable
{
    private const long LargestCertificates = 1 << 20;
    private const long LargestRevocationLists = 64 << 20;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    private readonly WantedCertificate _wanted;
    private readonly ChoriaSettings _settings;
    private readonly ServerSetting _at;
    private readonly TimeProvider _time;
    private readonly Action<CertificateNews> _tell;
    private readonly CertificateFiles _files;
    private readonly int _keyBits;
    private CertificatesOnDisk _disk;
    private CaKnowledge _ca = CaKnowledge.Nothing;
    private PuppetConnection? _connection;
    private DirectoryInfo? _firstContact;
    private Fingerprint? _told;

    /// <param name="settings">Whose certificate it is, and where its files are.</param>
    /// <param name="tell">What happens, in sentences.</param>
    /// <exception cref="CertificateProblemException">A file that is there cannot be used.</exception>
    public CertificateEnrollment(
        WantedCertificate wanted, ChoriaSettings settings, ServerSetting at, TimeProvider time, Action<CertificateNews> tell,
        int keyBits = CertificateFiles.KeyBits)
    {
        (_wanted, _settings, _at, _time, _tell, _keyBits) = (wanted, settings, at, time, tell, keyBits);
        _files = new CertificateFiles(CertificatePaths.Of(settings));
        _files.RemoveUnfinished();
        _disk = _files.Read();
    }

    public void Dispose()
    {
        _connection?.Dispose();
        _firstContact?.Delete(recursive: true);
    }

    /// <param name="wait">How long to wait until somebody signs; zero not to.</param>
    /// <exception cref="CertificateProblemException">It cannot be had as things are.</exception>
    /// <exception cref="PuppetUnreachableException">The CA cannot be asked.</exception>
    public async Task<CertificateView> RunAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        var pause = FirstPause;
        while (true)
        {
            switch (Enrollment.Next(_wanted, _disk, _ca, _files.Paths, _time.GetUtcNow()))
            {
                case EnrollmentStep.Ask ask when _told is null:
                    await AskAsync(ask.Question, cancellationToken);
                    break;
                case EnrollmentStep.Ask ask:
                    await AskPatientlyAsync(ask.Question, wait - _time.GetElapsedTime(began), cancellationToken);
                    break;
                case EnrollmentStep.TrustAuthorities trust:
                    _files.Put(trust.Authorities);
                    Reconnect();
                    _disk = _files.Read();
                    break;
                case EnrollmentStep.MakeKey:
                    MakeKey();
                    break;
                case EnrollmentStep.Wait waiting:
                    Tell(waiting.Request);
                    var left = wait - _time.GetElapsedTime(began);
                    if (left <= TimeSpan.Zero)
                        return ViewOf(CertificateState.Requested, _disk.Certificate, _ca.Authorities!);
                    await Task.Delay(pause < left ? pause : left, _time, cancellationToken);
                    // Nothing new; whoever listens shows by it that somebody still does.
                    _tell(new CertificateNews());
                    pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
                    _ca = _ca.Aged() with { HadRequest = true, Missed = 0 };
                    break;
                case EnrollmentStep.LookAgain:
                    _ca = _ca.Aged() with { Missed = _ca.Missed + 1 };
                    break;
                case EnrollmentStep.Place place:
                    _files.Put(place);
                    return ViewOf(
                        place.End switch
                        {
                            EnrollmentEnd.Issued => CertificateState.Issued,
                            EnrollmentEnd.Renewed => CertificateState.Renewed,
                            _ => CertificateState.Unchanged,
                        },
                        place.Certificate ?? _disk.Certificate, place.Authorities);
                case EnrollmentStep.Problem problem:
                    throw new CertificateProblemException(problem.Sentence);
            }
        }
    }

    private void MakeKey()
    {
        if (_files.MakeKey(_keyBits))
            _tell(new CertificateNews(FormattableString.Invariant($"Made an RSA key of {_keyBits} bits: {_files.Paths.PrivateKey}")));
        _disk = _files.Read();
    }

    private void Tell(SigningRequest request)
    {
        if (_told == request.Fingerprint)
            return;
        _told = request.Fingerprint;
        _tell(new CertificateNews(
            $"The request for \"{_wanted.Name}\" is at {_at}, SHA-256 {request.Fingerprint}. The CA's administrator compares that with "
            + $"\"puppetserver ca list\", and signs with \"puppetserver ca sign --certname {_wanted.Name}\".",
            IsWaiting: true));
    }

    /// <summary>While somebody has to sign, the CA may be away for a moment.</summary>
    private async Task AskPatientlyAsync(CaQuestion question, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            await AskAsync(question, cancellationToken);
        }
        catch (PuppetUnreachableException e) when (patience > TimeSpan.Zero)
        {
            _tell(new CertificateNews($"{char.ToUpperInvariant(e.Message[0])}{e.Message[1..]}; asking again."));
            await Task.Delay(LongestPause < patience ? LongestPause : patience, _time, cancellationToken);
        }
    }

    private async Task AskAsync(CaQuestion question, CancellationToken cancellationToken)
    {
        var name = _wanted.Name;
        switch (question)
        {
            case CaQuestion.Authorities:
                var authorities = CaAnswers.Authorities(await GetAsync("certificate/ca", cancellationToken));
                if (_disk.Authorities is null && authorities.ProblemOf(_time.GetUtcNow()) is null)
                    Meet(authorities);
                _ca = _ca with { Authorities = authorities };
                break;
            case CaQuestion.Certificate:
                _ca = _ca with { Certificate = CaAnswers.Certificate(await GetAsync($"certificate/{name}", cancellationToken), name) };
                break;
            case CaQuestion.Request:
                _ca = _ca with { Request = CaAnswers.Request(await GetAsync($"certificate_request/{name}", cancellationToken), name) };
                break;
            case CaQuestion.RevocationLists:
                _ca = _ca with { RevocationLists = CaAnswers.RevocationLists(await GetAsync("certificate_revocation_list/ca", cancellationToken)) };
                break;
            case CaQuestion.Renewal:
                _ca = _ca with { Renewal = await RenewAsync(cancellationToken) };
                break;
            case CaQuestion.Submission:
                using (var key = _files.ReadKey() ?? throw new CertificateProblemException($"{_files.Paths.PrivateKey} is gone: run this again"))
                {
                    var request = SigningRequest.For(name, key);
                    var answer = await SendAsync(Connection, HttpMethod.Put, $"certificate_request/{name}", cancellationToken, request.Pem);
                    var taken = CaAnswers.Submission(answer, name);
                    _ca = _ca.Aged() with { Taken = taken, HadRequest = taken is null };
                }
                break;
        }
    }

    /// <summary>
    /// Nobody vouches for what a CA says of itself at the first contact. So a person is told, and what it is asked from now on it must answer as a server that
    /// is certified by just that.
    /// </summary>
    private void Meet(Authorities authorities)
    {
        _tell(new CertificateNews(
            $"First contact with {_at}: its CA is \"{authorities.Name}\", SHA-256 {authorities.Fingerprint}."
            + (_wanted.Pin is null ? " Nobody has vouched for that: compare it with the certificate on the CA (ca_crt.pem)." : "")));
        _firstContact = Directory.CreateTempSubdirectory("orchestrator");
        File.WriteAllText(FirstContactFile, authorities.Pem);
        Reconnect();
    }

    private string FirstContactFile => Path.Combine(_firstContact!.FullName, "ca.pem");

    /// <summary>The only question for which our certificate is shown.</summary>
    private async Task<Renewal> RenewAsync(CancellationToken cancellationToken)
    {
        using var connection = new PuppetConnection(PuppetService.Authority, _at, new PuppetTrust(_settings, TrustedFile), _time);
        var answer = await SendAsync(connection, HttpMethod.Post, "certificate_renewal", cancellationToken, "");
        return CaAnswers.Renewal(answer, _wanted.Name);
    }

    private string? TrustedFile => _disk.Authorities is not null ? _files.Paths.Authorities : _firstContact is null ? null : FirstContactFile;

    private PuppetConnection Connection => _connection ??= new PuppetConnection(PuppetService.Authority, _at, new PuppetTrust(null, TrustedFile), _time);

    private void Reconnect()
    {
        _connection?.Dispose();
        _connection = null;
    }

    private Task<PuppetAnswer> GetAsync(string path, CancellationToken cancellationToken) => SendAsync(Connection, HttpMethod.Get, path, cancellationToken);

    private async Task<PuppetAnswer> SendAsync(
        PuppetConnection connection, HttpMethod method, string path, CancellationToken cancellationToken, string? body = null)
    {
        var largest = path.StartsWith("certificate_revocation_list", StringComparison.Ordinal) ? LargestRevocationLists : LargestCertificates;
        try
        {
            return await connection.AskAsync(
                method, $"/puppet-ca/v1/{path}", largest, Deadline, cancellationToken, body is null ? null : () => Plain(body), "text/plain");
        }
        catch (PuppetUnreachableException e) when (_firstContact is not null)
        {
            throw new PuppetUnreachableException(e.Message.Replace(FirstContactFile, "what it gave as its CA's certificate", StringComparison.Ordinal), e);
        }
    }

    private static ByteArrayContent Plain(string text)
    {
        var content = new ByteArrayContent(Encoding.ASCII.GetBytes(text));
        content.Headers.ContentType = new MediaTypeHeaderValue("text/plain");
        return content;
    }

    private CertificateView ViewOf(CertificateState state, IssuedCertificate? certificate, Authorities authorities) => new(
        state, _wanted.Name, _at.ToString(), _files.Paths.PrivateKey, _files.Paths.Certificate, _files.Paths.Authorities, _files.Paths.RevocationLists,
        certificate?.Until, certificate?.Fingerprint.ToString(), state == CertificateState.Requested ? _told?.ToString() : null,
        authorities.Fingerprint.ToString());
}
