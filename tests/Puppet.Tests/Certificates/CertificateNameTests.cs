using Orchestrator.Puppet.Certificates;

namespace Orchestrator.Puppet.Tests.Certificates;

public sealed class CertificateNameTests
{
    [Theory]
    [InlineData("jane.mcollective")]
    [InlineData("under_score.example.net")]
    [InlineData("0")]
    public void Names_that_the_ca_signs(string name) => Assert.Null(CertificateName.ProblemOf(name));

    [Theory]
    [InlineData("Jane.mcollective", "use \"jane.mcollective\"")]
    [InlineData("", "use lower-case letters")]
    [InlineData("a/b", "use lower-case letters")]
    [InlineData("..", "use lower-case letters")]
    [InlineData("*.example.net", "use lower-case letters")]
    [InlineData("jané", "use lower-case letters")]
    [InlineData("jane\n", "use lower-case letters")]
    [InlineData("jane,O=x", "has upper-case letters")]
    [InlineData("ca", "the CA's own")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "at most 64")]
    public void Names_that_it_does_not(string name, string why) => Assert.Contains(why, CertificateName.ProblemOf(name), StringComparison.Ordinal);

    [Theory]
    [InlineData("29dfb5b3a2e501c20f5dab41123530957cf399f88fdfd80119e2012d9c897182")]
    [InlineData(" 29:DF:B5:B3:A2:E5:01:C2:0F:5D:AB:41:12:35:30:95:7C:F3:99:F8:8F:DF:D8:01:19:E2:01:2D:9C:89:71:82 ")]
    public void A_fingerprint_is_read_as_openssl_and_puppet_write_it(string text)
    {
        Assert.True(Fingerprint.TryParse(text, out var fingerprint));
        Assert.Equal("29:DF:B5:B3:A2:E5:01:C2:0F:5D:AB:41:12:35:30:95:7C:F3:99:F8:8F:DF:D8:01:19:E2:01:2D:9C:89:71:82", fingerprint.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("29:DF")]
    [InlineData("zzdfb5b3a2e501c20f5dab41123530957cf399f88fdfd80119e2012d9c897182")]
    public void Other_texts_are_none(string text) => Assert.False(Fingerprint.TryParse(text, out _));
}
