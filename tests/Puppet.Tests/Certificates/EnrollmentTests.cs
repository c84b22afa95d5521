using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orchestrator.Choria.Security;
using Orchestrator.Puppet.Certificates;

namespace Orchestrator.Puppet.Tests.Certificates;

/// <summary>What is done next, from what is on disk and what the CA has said.</summary>
public sealed class EnrollmentTests : IDisposable
{
    private const string Name = "jane.mcollective";
    private const string Clean = $"have the CA's administrator remove it with \"puppetserver ca clean --certname {Name}\"; then run this again";
    private static readonly DateTimeOffset Now = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);
    private static readonly CertificatePaths Files = new("/ssl/key.pem", "/ssl/cert.pem", "/ssl/ca.pem", "/ssl/crl.pem");
    private static readonly WantedCertificate Wanted = new(Name, false, null);
    private static readonly RSA Key = RSA.Create(2048);
    private static readonly RSA OtherKey = RSA.Create(2048);
    private static readonly SigningRequest Request = SigningRequest.For(Name, Key);
    private static readonly SigningRequest OthersRequest = SigningRequest.For(Name, OtherKey);

    private readonly string _root = Directory.CreateTempSubdirectory("o").FullName;
    private readonly TestAuthority _ca;

    public EnrollmentTests() => _ca = new TestAuthority(_root, Now);

    private static CertificatesOnDisk NothingOnDisk => new(null, null, null);

    private CertificatesOnDisk KeyOnDisk => new(Request.PublicKey, null, Authorities);

    private Authorities Authorities => Authorities.Read(File.ReadAllText(_ca.Certificate("ca")))!;

    private CaKnowledge Met => CaKnowledge.Nothing with { Authorities = Authorities };

    private CaKnowledge Empty => Met with { Certificate = new(null), Request = new(null) };

    public void Dispose()
    {
        _ca.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public void From_nothing_the_ca_is_met_before_anything_is_made()
    {
        Asks(CaQuestion.Authorities, NothingOnDisk, CaKnowledge.Nothing);
        Asks(CaQuestion.Certificate, NothingOnDisk, Met);
        // It has answered as a server that its own authority certifies: now it is trusted.
        Assert.IsType<EnrollmentStep.TrustAuthorities>(Next(NothingOnDisk, Met with { Certificate = new(null) }));
        Asks(CaQuestion.Request, NothingOnDisk with { Authorities = Authorities }, Met with { Certificate = new(null) });
        Assert.IsType<EnrollmentStep.MakeKey>(Next(NothingOnDisk with { Authorities = Authorities }, Empty));
        Asks(CaQuestion.Submission, KeyOnDisk, Empty);
    }

    [Fact]
    public void A_request_with_our_key_is_waited_for() => Assert.Equal(
        new EnrollmentStep.Wait(Request), Next(KeyOnDisk, Met with { Certificate = new(null), Request = new(Request) }));

    [Fact]
    public void A_request_with_another_key_is_for_the_person_of_the_ca() => Assert.Equal(
        $"the CA already has a request for \"{Name}\" with another key than ours (SHA-256 {OthersRequest.Fingerprint}): if that one is not wanted, {Clean}",
        Problem(KeyOnDisk, Met with { Certificate = new(null), Request = new(OthersRequest) }));

    [Fact]
    public void Neither_request_nor_certificate_is_looked_at_twice_because_it_may_be_signed_in_between()
    {
        Assert.IsType<EnrollmentStep.LookAgain>(Next(KeyOnDisk, Empty with { HadRequest = true }));
        Assert.Contains("it was refused there", Problem(KeyOnDisk, Empty with { HadRequest = true, Missed = 1 }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_because_of_what_is_there_is_looked_into_once()
    {
        Asks(CaQuestion.Certificate, KeyOnDisk, (Empty with { Taken = "already has" }).Aged());
        Assert.EndsWith("and has none: already has", Problem(KeyOnDisk, Empty with { Taken = "already has" }), StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_signed_is_put_in_place_once_it_agrees_with_everything()
    {
        var given = Signed();

        Asks(CaQuestion.RevocationLists, KeyOnDisk, Met with { Certificate = new(given) });
        var place = Assert.IsType<EnrollmentStep.Place>(Next(KeyOnDisk, Met with { Certificate = new(given), RevocationLists = Lists() }));
        Assert.Equal((given, EnrollmentEnd.Issued), (place.Certificate, place.End));
    }

    [Fact]
    public void A_certificate_for_another_key_is_not_taken() => Assert.Equal(
        $"the CA already has a certificate for \"{Name}\" (until 2031-11-29), but it is for another key than /ssl/key.pem: put its key there if you have it; "
        + $"otherwise, if that certificate is not wanted any more, {Clean}",
        Problem(KeyOnDisk, Met with { Certificate = new(Signed(OthersRequest)), RevocationLists = Lists() }));

    [Fact]
    public void A_certificate_without_a_key_on_disk_is_not_taken_and_no_key_is_made() => Assert.Contains(
        "but its key is not at /ssl/key.pem", Problem(NothingOnDisk, Met with { Certificate = new(Signed()), RevocationLists = Lists() }),
        StringComparison.Ordinal);

    [Fact]
    public void One_that_was_revoked_is_not_taken()
    {
        var given = Signed();

        Assert.Equal(
            $"the certificate of \"{Name}\" was revoked on 2026-11-29; {Clean}",
            Problem(KeyOnDisk, Met with { Certificate = new(given), RevocationLists = Lists(given) }));
    }

    [Fact]
    public void A_certificate_that_holds_for_long_stays()
    {
        var disk = KeyOnDisk with { Certificate = Signed(until: Now.AddDays(31)) };

        Asks(CaQuestion.RevocationLists, disk, Met);
        var place = Assert.IsType<EnrollmentStep.Place>(Next(disk, Met with { RevocationLists = Lists() }));
        Assert.Equal((null, EnrollmentEnd.Unchanged), (place.Certificate, place.End));
    }

    [Theory]
    [InlineData(29, false)]
    [InlineData(1000, true)]
    public void One_that_ends_soon_or_is_to_be_renewed_is_renewed_by_the_ca_where_it_can(int days, bool renew)
    {
        var disk = KeyOnDisk with { Certificate = Signed(until: Now.AddDays(days)) };
        var wanted = Wanted with { Renew = renew };
        var renewed = Signed();

        Assert.Equal(new EnrollmentStep.Ask(CaQuestion.Renewal), Next(disk, Met with { RevocationLists = Lists() }, wanted));
        var place = Assert.IsType<EnrollmentStep.Place>(Next(disk, Met with { RevocationLists = Lists(), Renewal = new(renewed, null) }, wanted));
        Assert.Equal((renewed, EnrollmentEnd.Renewed), (place.Certificate, place.End));
    }

    [Fact]
    public void Without_renewal_the_old_one_must_be_cleaned_first_and_then_the_same_key_is_requested()
    {
        var disk = KeyOnDisk with { Certificate = Signed(until: Now.AddDays(29)) };
        var ca = Met with { RevocationLists = Lists(), Renewal = new(null, "it has no renewal") };

        Assert.StartsWith(
            $"the CA does not renew the certificate of \"{Name}\" (it has no renewal), and takes no new request while it has the old one: {Clean}",
            Problem(disk, ca with { Certificate = new(disk.Certificate) }), StringComparison.Ordinal);
        Asks(CaQuestion.Submission, disk, ca with { Certificate = new(null), Request = new(null) });
    }

    [Fact]
    public void A_newer_one_that_the_ca_has_for_our_key_is_a_renewal_that_was_broken_off()
    {
        var disk = KeyOnDisk with { Certificate = Signed(until: Now.AddDays(29)) };
        var newer = Signed();
        var ca = Met with { RevocationLists = Lists(), Renewal = new(null, "it refuses"), Certificate = new(newer) };

        var place = Assert.IsType<EnrollmentStep.Place>(Next(disk, ca));
        Assert.Equal((newer, EnrollmentEnd.Renewed), (place.Certificate, place.End));
    }

    [Fact]
    public void Neither_an_expired_nor_a_revoked_one_is_shown_for_a_renewal()
    {
        var expired = KeyOnDisk with { Certificate = Signed(until: Now.AddHours(-1)) };
        var revoked = KeyOnDisk with { Certificate = Signed(until: Now.AddDays(29)) };

        Asks(CaQuestion.Certificate, expired, Met with { RevocationLists = Lists() });
        Asks(CaQuestion.Certificate, revoked, Met with { RevocationLists = Lists(revoked.Certificate) });
    }

    [Fact]
    public void That_the_one_on_disk_was_revoked_is_said_with_what_to_do_about_its_key()
    {
        var disk = KeyOnDisk with { Certificate = Signed() };

        Assert.Equal(
            $"the certificate of \"{Name}\" was revoked on 2026-11-29: if somebody else may have its key, move /ssl/key.pem and /ssl/cert.pem away, and a new "
            + "key is made; otherwise renew it, for the same key",
            Problem(disk, Met with { RevocationLists = Lists(disk.Certificate) }));
    }

    [Fact]
    public void Files_that_do_not_belong_together_are_left_alone()
    {
        Assert.Contains(
            "is there without its key", Problem(KeyOnDisk with { PublicKey = null, Certificate = Signed() }, CaKnowledge.Nothing), StringComparison.Ordinal);
        Assert.Contains(
            "is not the key of /ssl/cert.pem", Problem(KeyOnDisk with { Certificate = Signed(OthersRequest) }, CaKnowledge.Nothing), StringComparison.Ordinal);
        Assert.Contains(
            "is the certificate of \"john\"", Problem(KeyOnDisk with { Certificate = Signed(name: "john") }, CaKnowledge.Nothing), StringComparison.Ordinal);
    }

    [Fact]
    public void A_pinned_authority_must_be_that_one()
    {
        var wanted = Wanted with { Pin = Fingerprint.Of("another"u8) };

        Assert.IsType<EnrollmentStep.Problem>(Next(NothingOnDisk, Met, wanted));
        Assert.IsType<EnrollmentStep.Problem>(Next(KeyOnDisk, Met, wanted));
        Assert.IsType<EnrollmentStep.Ask>(Next(NothingOnDisk, Met, Wanted with { Pin = Authorities.Fingerprint }));
    }

    [Fact]
    public void A_pinned_authority_vouches_for_no_other_beside_it()
    {
        var folder = Path.Combine(_root, "other");
        using var other = new TestAuthority(folder, Now);
        var both = Authorities.Read(File.ReadAllText(_ca.Certificate("ca")) + "\n" + File.ReadAllText(other.Certificate("ca")))!;

        Assert.True(Authorities.Match(Authorities.Fingerprint));
        Assert.False(both.Match(Authorities.Fingerprint));
    }

    public static TheoryData<string> Faults => ["key", "name", "authority", "expired", "future", "no list", "list of another", "old list", "future list"];

    [Theory]
    [MemberData(nameof(Faults))]
    public void What_does_not_agree_is_never_put_in_place(string fault)
    {
        using var other = new TestAuthority(Path.Combine(_root, "other"), Now);
        var given = fault switch
        {
            "name" => Signed(name: "john"),
            "authority" => IssuedCertificate.Read(other.Sign(Request.Pem).ExportCertificatePem())!,
            "expired" => Signed(until: Now.AddMinutes(-1)),
            "future" => Signed(from: Now.AddMinutes(1)),
            _ => Signed(),
        };
        var lists = RevocationList.ReadAll(fault switch
        {
            "list of another" => other.RevocationList([]),
            "old list" => _ca.RevocationList([], until: Now.AddMinutes(-1)),
            "future list" => _ca.RevocationList([], from: Now.AddDays(2)),
            _ => _ca.RevocationList([]),
        });
        var ours = fault == "key" ? OthersRequest.PublicKey : Request.PublicKey;

        var problem = Agreement.ProblemOf(Name, ours, given, Authorities, fault == "no list" ? [] : lists, Now);

        Assert.Contains(
            fault switch
            {
                "key" => "is for another key than ours",
                "name" => "has the name \"john\"",
                "authority" => "was not signed by the CA \"Puppet CA: test\"",
                "expired" => "expired on 2026-11-29",
                "future" => "is valid only from 2026-11-29 12:01 UTC",
                "old list" => "expired on 2026-11-29",
                "future list" => "is from 2026-12-01 12:00 UTC",
                _ => "none is signed by \"Puppet CA: test\"",
            },
            problem, StringComparison.Ordinal);
        Assert.Null(Agreement.ProblemOf(Name, Request.PublicKey, Signed(), Authorities, Lists(), Now));
    }

    [Fact]
    public void A_certificate_that_is_none_of_an_authority_is_not_trusted_as_one()
    {
        var leaf = _ca.Sign(Request.Pem).ExportCertificatePem();

        Assert.Contains("is not the certificate of an authority", Authorities.Read(leaf)!.ProblemOf(Now), StringComparison.Ordinal);
        Assert.Contains("expired on", Authorities.ProblemOf(Now.AddYears(20)), StringComparison.Ordinal);
        Assert.Contains("clock says less", Authorities.ProblemOf(Now.AddYears(-1)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "the authority \"Puppet CA: middle\" was revoked on 2026-11-29: ask the CA's administrator")]
    public void An_authority_that_another_one_signed_needs_its_own_list_and_must_not_be_on_the_others(bool isRevoked, string problem)
    {
        using var middleKey = RSA.Create(2048);
        using var bare = _ca.SignAuthority("Puppet CA: middle", middleKey);
        using var middle = bare.CopyWithPrivateKey(middleKey);
        var authorities = Authorities.Read($"{bare.ExportCertificatePem()}\n{File.ReadAllText(_ca.Certificate("ca"))}")!;
        using var signed = new CertificateRequest($"CN={Name}", Key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .Create(middle, Now.AddDays(-1), Now.AddYears(1), [7]);
        var given = IssuedCertificate.Read(signed.ExportCertificatePem())!;
        var roots = RevocationList.ReadAll(_ca.RevocationList(isRevoked ? [bare] : []));
        var middles = RevocationList.ReadAll(PemEncoding.WriteString("X509 CRL", new CertificateRevocationListBuilder().Build(
            middle, 1, Now.AddYears(1), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1, Now)));

        Assert.Equal("Puppet CA: middle", authorities.Name);
        Assert.Null(authorities.ProblemOf(Now));
        Assert.All(authorities.Certificates, c => Assert.True(authorities.Match(Fingerprint.Of(c.RawData))));
        Assert.Equal(problem, Agreement.ProblemOf(Name, Request.PublicKey, given, authorities, [.. roots, .. middles], Now) ?? "");
        Assert.Contains(
            "none is signed by \"Puppet CA: middle\"", Agreement.ProblemOf(Name, Request.PublicKey, given, authorities, roots, Now), StringComparison.Ordinal);
        var alone = Authorities.Read(bare.ExportCertificatePem())!;
        Assert.Contains("is not signed by itself or by another one with it", alone.ProblemOf(Now), StringComparison.Ordinal);
    }

    [Fact]
    public void Other_authorities_that_hold_stay_trusted()
    {
        using var other = new TestAuthority(Path.Combine(_root, "other"), Now);
        other.Certify("broker");
        var brokers = Authorities.Read(File.ReadAllText(other.Certificate("broker")))!;

        Assert.Equal(2, Authorities.With(brokers, Now).Certificates.Length);
        Assert.Single(Authorities.With(brokers, Now.AddYears(2)).Certificates);
        Assert.Single(Authorities.With(Authorities, Now).Certificates);
    }

    [Fact]
    public void The_same_key_gives_the_same_request_with_its_name_and_nothing_else()
    {
        var again = SigningRequest.For(Name, Key);

        Assert.Equal((Request.Pem, Request.Fingerprint), (again.Pem, again.Fingerprint));
        var read = SigningRequest.Read(Request.Pem)!;
        Assert.Equal(Request.Fingerprint, read.Fingerprint);
        Assert.True(read.PublicKey.SequenceEqual(Request.PublicKey));
        Assert.Null(SigningRequest.Read(_ca.RevocationList([])));
    }

    private static EnrollmentStep Next(CertificatesOnDisk disk, CaKnowledge ca, WantedCertificate? wanted = null) =>
        Enrollment.Next(wanted ?? Wanted, disk, ca, Files, Now);

    private static void Asks(CaQuestion question, CertificatesOnDisk disk, CaKnowledge ca) => Assert.Equal(new EnrollmentStep.Ask(question), Next(disk, ca));

    private static string Problem(CertificatesOnDisk disk, CaKnowledge ca) => Assert.IsType<EnrollmentStep.Problem>(Next(disk, ca)).Sentence;

    private IssuedCertificate Signed(SigningRequest? request = null, string? name = null, DateTimeOffset? until = null, DateTimeOffset? from = null) =>
        IssuedCertificate.Read(_ca.Sign((request ?? Request).Pem, name, until: until, from: from).ExportCertificatePem())!;

    private ImmutableArray<RevocationList> Lists(params IssuedCertificate[] revoked) =>
        RevocationList.ReadAll(_ca.RevocationList(revoked.Select(r => r.X509)));
}
