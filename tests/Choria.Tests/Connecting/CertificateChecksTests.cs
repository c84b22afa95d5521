using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orchestrator.Choria.Connecting;
using Orchestrator.Choria.Security;

namespace Orchestrator.Choria.Tests.Connecting;

/// <summary>What <c>orchestrator config</c> says of key, certificate and authority: each trouble has its line, and the line says what to do.</summary>
public sealed class CertificateChecksTests : IDisposable
{
    private const string Jane = "jane.mcollective";
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, default);

    private readonly string _folder = Directory.CreateTempSubdirectory("checks-").FullName;
    private readonly TestAuthority _authority;

    public CertificateChecksTests()
    {
        _authority = new TestAuthority(_folder, Now);
        _authority.Certify(Jane);
    }

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void All_is_well() => Assert.Equal(
        [
            "private key ok: RSA, 2048 bits",
            "certificate ok: \"jane.mcollective\", valid until 2027-11-22 (365 days)",
            "key and certificate ok: match",
            "certificate authority ok: \"Puppet CA: test\" signed the certificate",
            "caller id ok: choria=jane.mcollective",
        ],
        Lines(Settings()));

    [Fact]
    public void A_connection_says_of_a_file_that_is_not_there_just_that()
    {
        var lost = Path.Combine(_folder, "lost", "jane.pem");
        var trouble = Assert.Throws<CallerIdentityException>(() => CallerIdentity.Load(Settings() with { Certificate = lost }, Now));
        Assert.Equal($"the certificate {lost} does not exist", trouble.Message);
    }

    [Fact]
    public void A_certificate_that_has_run_out_or_will_soon_or_is_not_valid_yet()
    {
        _authority.Certify("old.mcollective", until: Now.AddHours(-1));
        _authority.Certify("soon.mcollective", until: Now.AddDays(1.5));
        _authority.Certify("early.mcollective", from: Now.AddHours(1));

        Assert.StartsWith("certificate failed: \"old.mcollective\" expired on 2026-11-22: renew it", Line(
            "certificate", Settings("old.mcollective")), StringComparison.Ordinal);
        Assert.Equal(
            "certificate warning: \"soon.mcollective\" expires on 2026-11-24, in 1 day: renew it, a running host takes it up by itself; nodes with an old "
                + "Choria (Ruby) keep the first certificate they saw of a caller, and answer none with another key until it is deleted there "
                + "(choria_security/public_certs)",
            Line("certificate", Settings("soon.mcollective")));
        Assert.Equal("certificate failed: \"early.mcollective\" is valid only from 2026-11-22 13:00 UTC: check this machine's clock", Line(
            "certificate", Settings("early.mcollective")));
    }

    [Fact]
    public void A_key_of_another_certificate()
    {
        _authority.Certify("other.mcollective");
        Assert.StartsWith(
            $"key and certificate failed: {_authority.Key("other.mcollective")} is not the key of {_authority.Certificate(Jane)}",
            Line("key and certificate", Settings() with { PrivateKey = _authority.Key("other.mcollective") }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_others_may_read_or_that_is_none()
    {
        File.SetUnixFileMode(_authority.Key(Jane), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.EndsWith("is readable by every user of this machine: chmod 600 it", Line("private key", Settings()), StringComparison.Ordinal);

        foreach (var text in (string[])[
            "", "SECRET", "-----BEGIN RSA PRIVATE KEY-----\nSECRET\n-----END RSA PRIVATE KEY-----\n",
            ECDsa.Create(ECCurve.NamedCurves.nistP256).ExportPkcs8PrivateKeyPem(),
        ])
        {
            var file = Path.Combine(_folder, "key.pem");
            File.WriteAllText(file, text);
            var line = Line("private key", Settings() with { PrivateKey = file });
            Assert.Equal($"private key failed: {file} is not an RSA key in PEM without a passphrase: Choria's protocol version 1 supports no other", line);
        }
    }

    [Fact]
    public void An_authority_that_did_not_sign_the_certificate()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "rogue")).FullName;
        using var rogue = new TestAuthority(folder, Now);
        Assert.Matches(
            "^certificate authority failed: \"jane.mcollective\" was not issued by the authority in .*: set ca to the authority that signed it$",
            Line("certificate authority", Settings() with { CertificateAuthority = rogue.Certificate("ca") }));
    }

    [Fact]
    public void An_authority_of_Puppet_6_and_later_is_a_root_and_an_intermediate_in_one_file()
    {
        var (settings, _) = WithIntermediate();
        Assert.StartsWith("certificate authority ok", Line("certificate authority", settings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_servers_do_not_allow_or_that_is_not_the_certificate_s()
    {
        _authority.Certify("jane");
        Assert.StartsWith("caller id warning: choria=jane: by default Choria's servers do not answer names that do not end in .mcollective", Line(
            "caller id", Settings("jane")), StringComparison.Ordinal);
        Assert.StartsWith("caller id failed: certname is \"bob.mcollective\", but the certificate's common name is \"jane.mcollective\"", Line(
            "caller id", Settings() with { CertName = "bob.mcollective" }), StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_are_not_there_or_are_no_PEM()
    {
        var nowhere = Path.Combine(_folder, "none.pem");
        var empty = Path.Combine(_folder, "empty.pem");
        File.WriteAllText(empty, "");
        Assert.Equal(
            ["private key failed", "certificate failed", "key and certificate skipped", "certificate authority failed", "caller id ok"],
            Lines(Settings() with { PrivateKey = nowhere, Certificate = nowhere, CertificateAuthority = nowhere }).Select(l => l.Split(':')[0]));
        Assert.StartsWith(
            $"certificate failed: {empty} is not a certificate in PEM", Line("certificate", Settings() with { Certificate = empty }), StringComparison.Ordinal);
        Assert.StartsWith($"certificate authority failed: {empty} has no certificate in PEM", Line(
            "certificate authority", Settings() with { CertificateAuthority = empty }), StringComparison.Ordinal);
        Assert.StartsWith($"certificate failed: {_folder} ", Line("certificate", Settings() with { Certificate = _folder }), StringComparison.Ordinal);
    }

    private ChoriaSettings Settings(string name = Jane) => new()
    {
        CertName = name,
        Certificate = _authority.Certificate(name),
        PrivateKey = _authority.Key(name),
        CertificateAuthority = _authority.Certificate("ca"),
    };

    [Fact]
    public void A_revocation_list_beside_is_looked_at_and_says_what_it_knows_of_us()
    {
        var settings = Settings();
        using var own = X509Certificate2.CreateFromPem(File.ReadAllText(settings.Certificate));
        using var other = new TestAuthority(Path.Combine(_folder, "other"), Now);

        Assert.Equal($"revocation list ok: \"{Jane}\" is not on it", With(_authority.RevocationList([])));
        Assert.Equal(
            $"revocation list failed: \"{Jane}\" was revoked on 2026-11-22: whoever knows that refuses it", With(_authority.RevocationList([own])));
        Assert.Equal(
            $"revocation list warning: {settings.RevocationLists} is out of date since 2026-11-22",
            With(_authority.RevocationList([], until: Now.AddHours(-1))));
        // It has the same name, and another key.
        Assert.Equal(
            $"revocation list warning: {settings.RevocationLists} has none of the authority that signed the certificate", With(other.RevocationList([own])));
        Assert.Equal(
            $"revocation list warning: {settings.RevocationLists} cannot be read as revocation lists in PEM",
            With("-----BEGIN X509 CRL-----\nc2VjcmV0\n-----END X509 CRL-----\n"));

        string With(string list)
        {
            File.WriteAllText(settings.RevocationLists, list);
            return Line("revocation list", settings);
        }
    }

    /// <summary>A caller of an authority that has an authority.</summary>
    private (ChoriaSettings Settings, string Bundle) WithIntermediate()
    {
        using var rootKey = RSA.Create(2048);
        using var middleKey = RSA.Create(2048);
        using var ownKey = RSA.Create(2048);
        using var root = Authority("CN=Puppet Root CA: test", rootKey).CreateSelfSigned(Now.AddDays(-1), Now.AddYears(5));
        using var middleBare = Authority("CN=Puppet CA: test", middleKey).Create(root, Now.AddDays(-1), Now.AddYears(4), [1]);
        using var middle = middleBare.CopyWithPrivateKey(middleKey);
        using var own = new CertificateRequest(
            $"CN={Jane}", ownKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).Create(middle, Now.AddDays(-1), Now.AddYears(1), [2]);
        var bundle = Path.Combine(_folder, "bundle.pem");
        File.WriteAllText(bundle, middle.ExportCertificatePem() + "\n" + root.ExportCertificatePem());
        File.WriteAllText(_authority.Certificate(Jane), own.ExportCertificatePem());
        File.WriteAllText(_authority.Key(Jane), ownKey.ExportRSAPrivateKeyPem());
        return (Settings() with { CertificateAuthority = bundle }, bundle);
    }

    private static CertificateRequest Authority(string name, RSA key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request;
    }

    private static string Line(string name, ChoriaSettings settings) => Lines(settings).Single(l => l.StartsWith($"{name} ok", StringComparison.Ordinal)
        || l.StartsWith($"{name} warning", StringComparison.Ordinal) || l.StartsWith($"{name} failed", StringComparison.Ordinal)
        || l.StartsWith($"{name} skipped", StringComparison.Ordinal));

    private static IEnumerable<string> Lines(ChoriaSettings settings) =>
        CertificateChecks.Run(settings, Now).Select(c => $"{c.Name} {c.Result.ToString().ToLowerInvariant()}: {c.Message}");
}
