using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Orchestrator.Choria.Connecting;
using Orchestrator.Choria.Security;
using Orchestrator.Choria.Tests.Client;
using Orchestrator.Choria.Protocol;
using Orchestrator.Messages;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Choria.Tests.Security;

/// <summary>A host lives longer than its certificate: what is renewed is taken over, and only what fits together.</summary>
public sealed class CallerFilesTests : IDisposable
{
    private const string Jane = "jane.mcollective";
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, default);

    private readonly string _folder = Directory.CreateTempSubdirectory("caller-").FullName;
    private readonly FakeTimeProvider _time = new(Start);
    private readonly OwnBroker.LinesLog _log = new();
    private readonly TestAuthority _authority;

    public CallerFilesTests()
    {
        _authority = new TestAuthority(_folder, Start);
        _authority.Certify(Jane);
    }

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_renewed_pair_is_taken_over_and_told()
    {
        using var files = Open();
        var before = files.Current;
        Assert.Same(before, Later(files));

        _authority.Certify(Jane, until: Start.AddYears(2));

        Assert.Same(before, files.Current);                       // files are looked at once a second
        Assert.Equal(File.ReadAllText(_authority.Certificate(Jane)), Later(files).Certificate);
        Assert.Equal(Start.AddYears(2), files.Current.Until);
        Assert.Equal(
            [
                $"Information: Fleet test: the renewed certificate {_authority.Certificate(Jane)} is now in use; it expires on 2028-11-22",
                "Warning: Fleet test: the renewed certificate has a new key: nodes with an old Choria (Ruby) keep the first certificate they saw of a caller, "
                    + "and answer none with another key until it is deleted there (choria_security/public_certs)",
            ],
            _log.Lines);
    }

    [Fact]
    public void A_renewal_that_keeps_the_key_is_no_trap_of_old_nodes()
    {
        using var files = Open();
        _authority.Renew(Jane, Start.AddYears(2));

        Assert.Equal(Start.AddYears(2), Later(files).Until);
        Assert.EndsWith("is now in use; it expires on 2028-11-22", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    /// <summary>Whatever is written in whatever order, what signs and what TLS shows is always one of the pairs that were whole.</summary>
    [Fact]
    public void Any_order_of_writes_leaves_a_key_with_its_own_certificate()
    {
        var pairs = Enumerable.Range(0, 3).Select(i =>
        {
            _authority.Certify(Jane, until: Start.AddYears(1 + i));
            return (Certificate: File.ReadAllText(_authority.Certificate(Jane)), Key: File.ReadAllText(_authority.Key(Jane)));
        }).ToArray();
        var writes = Gen.Select(Gen.Int[0, 2], Gen.Bool, Gen.Int[0, 3]).Array[1, 12];
        writes.Sample(
            steps =>
            {
                File.WriteAllText(_authority.Certificate(Jane), pairs[0].Certificate);
                File.WriteAllText(_authority.Key(Jane), pairs[0].Key);
                using var files = Open();
                var (certificate, key) = (pairs[0].Certificate, pairs[0].Key);
                var expected = 0;
                foreach (var (pair, isKey, part) in steps)
                {
                    // Now and then only the beginning is there yet.
                    string Written(string text) => part == 0 ? text[..(text.Length / 2)] : text;
                    if (isKey)
                        key = Written(pairs[pair].Key);
                    else
                        certificate = Written(pairs[pair].Certificate);
                    File.WriteAllText(isKey ? _authority.Key(Jane) : _authority.Certificate(Jane), isKey ? key : certificate);
                    if (Array.FindIndex(pairs, p => p.Certificate == certificate && p.Key == key) is >= 0 and var whole)
                        expected = whole;

                    var now = Later(files);
                    Assert.Equal(pairs[expected].Certificate, now.Certificate);
                    Assert.Equal(pairs[expected].Certificate.Trim(), now.Tls.TargetCertificate.ExportCertificatePem());
                    using var verifier = new RequestVerifier(File.ReadAllText(_authority.Certificate("ca")), [@"\.mcollective$"], _time);
                    Assert.NotNull(verifier.Open(TransportMessage.Open(now.Seal(Request(), "reply"))));
                }
            },
            iter: 60, threads: 1);
    }

    private RpcRequest Request() => new(
        "0123456789abcdef0123456789abcdef", "host", $"choria={Jane}", "mcollective", PuppetRequests.Agent, TimeSpan.FromSeconds(60), _time.GetUtcNow(),
        new RpcFilter { Agents = [PuppetRequests.Agent] }, PuppetRequests.Body(new NodeRequest.Status(), $"choria={Jane}"));

    [Fact]
    public void Half_of_a_renewal_leaves_the_pair_before_and_is_told_once_until_the_other_half_is_there()
    {
        using var files = Open();
        var before = files.Current;
        var (certificate, key) = (File.ReadAllText(_authority.Certificate(Jane)), File.ReadAllText(_authority.Key(Jane)));
        _authority.Certify(Jane);
        var renewed = File.ReadAllText(_authority.Key(Jane));

        File.WriteAllText(_authority.Key(Jane), key);
        Assert.Same(before, Later(files));
        Assert.Same(before, Later(files));
        File.WriteAllText(_authority.Key(Jane), renewed[..100]);
        Assert.Same(before, Later(files));
        File.Delete(_authority.Key(Jane));
        Assert.Same(before, Later(files));
        Assert.Equal(
            [
                $"the private key {_authority.Key(Jane)} does not belong to the certificate {_authority.Certificate(Jane)}",
                $"the private key {_authority.Key(Jane)} is not an RSA key in PEM without a passphrase",
                $"the private key {_authority.Key(Jane)} does not exist",
            ],
            _log.Lines.Select(l => l[(l.IndexOf("stay in use: ", StringComparison.Ordinal) + "stay in use: ".Length)..]));

        File.WriteAllText(_authority.Key(Jane), renewed);
        Assert.NotEqual(certificate, Later(files).Certificate);
    }

    [Fact]
    public void The_certificate_of_another_caller_is_not_taken_over()
    {
        using var files = Open();
        var before = files.Current;
        _authority.Certify("bob.mcollective");
        File.Copy(_authority.Certificate("bob.mcollective"), _authority.Certificate(Jane), overwrite: true);
        File.Copy(_authority.Key("bob.mcollective"), _authority.Key(Jane), overwrite: true);
        Assert.Same(before, Later(files));
        Assert.Contains("is for \"bob.mcollective\", but certname is \"jane.mcollective\"", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void The_end_of_a_certificate_is_told_each_day_of_its_last_month_and_is_trouble_until_it_is_renewed()
    {
        _authority.Certify(Jane, until: Start.AddDays(31.5));
        using var files = Open();
        for (var hour = 0; hour < 2 * 24; hour++)
            Later(files, TimeSpan.FromHours(1));
        Assert.Equal(Enumerable.Repeat($"Warning: Fleet test: the certificate {_authority.Certificate(Jane)} expires on 2026-12-24: renew it", 2), _log.Lines);
        Assert.Null(files.Trouble);

        _log.Lines.Clear();
        Later(files, TimeSpan.FromDays(30));
        Assert.Equal($"the certificate {_authority.Certificate(Jane)} expired on 2026-12-24, so nothing is sent to the fleet test: renew it", files.Trouble);
        Assert.Equal([$"Error: Fleet test: the certificate {_authority.Certificate(Jane)} expired on 2026-12-24, so nothing is sent: renew it"], _log.Lines);

        File.WriteAllText(_authority.Key(Jane), "no key");
        Later(files);
        Assert.StartsWith(
            $"the certificate {_authority.Certificate(Jane)} expired on 2026-12-24, so nothing is sent to the fleet test: the renewed files cannot be used: ",
            files.Trouble, StringComparison.Ordinal);

        _authority.Certify(Jane, until: Start.AddYears(1));
        Later(files);
        Assert.Null(files.Trouble);
    }

    private CallerIdentity Later(CallerFiles files, TimeSpan? time = null)
    {
        _time.Advance(time ?? TimeSpan.FromSeconds(1));
        return files.Current;
    }

    private CallerFiles Open() => CallerFiles.Open(
        new FleetName("test"),
        new ChoriaSettings
        {
            CertName = Jane,
            Certificate = _authority.Certificate(Jane),
            PrivateKey = _authority.Key(Jane),
            CertificateAuthority = _authority.Certificate("ca"),
        },
        _time,
        _log);
}
