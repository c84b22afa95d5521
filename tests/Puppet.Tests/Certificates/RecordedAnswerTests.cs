using Orchestrator.Choria.Security;
using Orchestrator.Puppet.Certificates;
using Orchestrator.Puppet.Connecting;

namespace Orchestrator.Puppet.Tests.Certificates;

/// <summary>What the CA of a real puppetserver 7.9.5 answered (tests/fixtures/puppet-ca).</summary>
public sealed class RecordedAnswerTests
{
    private const string Held = "held.example.net";
    private static readonly DateTimeOffset Now = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_certificate_that_was_signed_agrees_with_its_request_the_authority_and_the_revocation_list()
    {
        var request = CaAnswers.Request(Good("csr-get-held"), Held).Value!;
        var certificate = CaAnswers.Certificate(Good("certificate-held-signed"), Held).Value!;
        var authorities = CaAnswers.Authorities(Good("certificate-ca"));
        var lists = CaAnswers.RevocationLists(Good("crl"));

        Assert.Equal("29:DF:B5:B3:A2:E5:01:C2:0F:5D:AB:41:12:35:30:95:7C:F3:99:F8:8F:DF:D8:01:19:E2:01:2D:9C:89:71:82", request.Fingerprint.ToString());
        Assert.Equal("Puppet CA: puppet.example.net", authorities.Name);
        Assert.Null(authorities.ProblemOf(Now));
        Assert.Null(Agreement.ProblemOf(Held, request.PublicKey, certificate, authorities, lists, Now));
    }

    [Fact]
    public void After_its_revocation_the_list_says_so()
    {
        var certificate = CaAnswers.Certificate(Good("certificate-held-signed"), Held).Value!;
        var other = CaAnswers.Certificate(Good("certificate-autosigned"), Held).Value!;
        var lists = CaAnswers.RevocationLists(Good("crl-after-revocation"));

        Assert.Equal(1, lists.Single().Count);
        Assert.NotNull(Agreement.RevokedAt(certificate, lists));
        Assert.Null(Agreement.RevokedAt(other, lists));
        Assert.Equal(
            $"the certificate of \"{Held}\" was revoked on 2026-11-28",
            Agreement.ProblemOf(Held, certificate.PublicKey, certificate, CaAnswers.Authorities(Good("certificate-ca")), lists, Now));
    }

    [Fact]
    public void What_the_ca_does_not_have_is_told_from_what_is_no_ca()
    {
        Assert.Null(CaAnswers.Certificate(Answer("certificate-held-unsigned", 404), Held).Value);
        Assert.Null(CaAnswers.Request(Answer("csr-get-after-signing", 404), "db9.example.net").Value);
        Assert.Null(CaAnswers.Certificate(new PuppetAnswer("CA", 200, null, null, null, []), Held).Value);

        Assert.Contains("see that this is the address of a Puppet CA", Problem(() => CaAnswers.Certificate(Answer("csr-put-wildcard", 404), Held)));
    }

    [Theory]
    [InlineData("csr-put-held-again-same-key", true)]
    [InlineData("csr-put-signed-same-csr", true)]
    [InlineData("csr-put-revoked-name", true)]
    [InlineData("csr-put-name-mismatch", false)]
    [InlineData("csr-put-uppercase", false)]
    [InlineData("csr-put-san", false)]
    public void A_refusal_because_something_is_there_is_looked_into_and_others_are_passed_on(string recorded, bool isTaken)
    {
        var answer = Answer(recorded, 400);

        if (isTaken)
            Assert.Equal(answer.Words, CaAnswers.Submission(answer, Held));
        else
            Assert.Equal($"CA refuses the request for \"{Held}\": {answer.Words}", Problem(() => CaAnswers.Submission(answer, Held)));
    }

    [Fact]
    public void A_request_that_was_taken_is_answered_with_nothing() => Assert.Null(CaAnswers.Submission(Good("csr-put-held"), Held));

    [Fact]
    public void A_failure_of_the_ca_points_to_its_log() =>
        Assert.EndsWith("see its log", Problem(() => CaAnswers.Submission(Answer("csr-put-garbage", 500), Held)), StringComparison.Ordinal);

    [Theory]
    [InlineData(403, "it has no renewal, as before Puppet Server 8")]
    [InlineData(404, "automatic renewal is off on the CA")]
    public void Without_renewal_it_is_said_why(int status, string why) =>
        Assert.Equal(new Renewal(null, why), CaAnswers.Renewal(Answer("renewal", status), Held));

    [Fact]
    public void Extra_names_in_a_stored_request_do_not_keep_it_from_being_read() =>
        Assert.NotNull(CaAnswers.Request(Good("csr-get-san-refused"), "san.example.net").Value);

    [Fact]
    public void A_revocation_list_that_somebody_changed_is_nobodys()
    {
        var pem = File.ReadAllText(PathOf("crl-after-revocation"));
        var at = pem.Length / 2;
        var changed = pem[..at] + (pem[at] == 'A' ? 'B' : 'A') + pem[(at + 1)..];
        var authority = CaAnswers.Authorities(Good("certificate-ca")).Certificates.Single();

        Assert.True(RevocationList.ReadAll(pem).Single().IsOf(authority));
        Assert.DoesNotContain(ReadOrNone(changed), l => l.IsOf(authority));

        static ImmutableArray<RevocationList> ReadOrNone(string text)
        {
            try
            {
                return RevocationList.ReadAll(text);
            }
            catch (System.Security.Cryptography.CryptographicException)
            {
                return [];
            }
        }
    }

    private static string Problem(Func<object?> read) => Assert.Throws<CertificateProblemException>(read).Message;

    private static PuppetAnswer Good(string recorded) => Answer(recorded, 200);

    private static PuppetAnswer Answer(string recorded, int status) => new("CA", status, "text/plain", null, "7.23.0", File.ReadAllBytes(PathOf(recorded)));

    private static string PathOf(string recorded) => Path.Combine(SourceTree.Root, "tests", "fixtures", "puppet-ca", $"{recorded}.txt");
}
