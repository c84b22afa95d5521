using System.Net;
using Orchestrator.Host.Process;
using Orchestrator.Host.Service;
using Orchestrator.Host.Tests.Testing;

namespace Orchestrator.Host.Tests.Service;

/// <summary>What is looked at before a service starts: each thing that would keep it from its work is told, with the option that names it.</summary>
public sealed class ServiceChecksTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2027, 6, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private readonly TestAuthority _authority;
    private readonly List<string> _outOfDate = [];

    public ServiceChecksTests()
    {
        _folder.Create();
        _authority = new TestAuthority(Path.Combine(_folder.Path, "ssl"), Now);
        _authority.Certify("host.example.net");
        File.WriteAllText(Crl, _authority.RevocationList([]));
    }

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    private string Crl => Path.Combine(_folder.Path, "crl.pem");

    private string State => Path.Combine(_folder.Path, "state");

    private HostSettings Whole => new()
    {
        IsService = true,
        Listen = IPEndPoint.Parse("127.0.0.1:8150"),
        Certificate = _authority.Certificate("host.example.net"),
        PrivateKey = _authority.Key("host.example.net"),
        CertificateAuthority = _authority.Certificate("ca"),
        RevocationLists = Crl,
    };

    private string[] Problems(HostSettings settings) =>
        [.. ServiceChecks.Problems(settings, Worlds.Empty.With("ORCHESTRATOR_STATE", State), Now, _outOfDate)];

    private string Problem(HostSettings settings) => Assert.Single(Problems(settings));

    [Fact]
    public void Nothing_is_wrong_where_all_is_there_and_nothing_was_made()
    {
        Assert.Empty(Problems(Whole));
        Assert.Empty(_outOfDate);
        Assert.Empty(Problems(Whole with { RevocationLists = HostSettings.NoRevocationLists }));
        Assert.False(Directory.Exists(State));
    }

    [Fact]
    public void Every_file_that_is_not_there_is_named_at_once() => Assert.Equal(
        [
            "certificate: /no/c.pem does not exist", "private-key: /no/k.pem does not exist", "ca: /no/a.pem does not exist", "crl: /no/r.pem does not exist",
        ],
        Problems(Whole with
        {
            Certificate = "/no/c.pem",
            PrivateKey = "/no/k.pem",
            CertificateAuthority = "/no/a.pem",
            RevocationLists = "/no/r.pem",
        }));

    [Fact]
    public void A_key_of_another_certificate_and_files_of_another_kind_are_told()
    {
        _authority.Certify("other.example.net");
        Assert.Contains("is not the key of", Problem(Whole with { PrivateKey = _authority.Key("other.example.net") }), StringComparison.Ordinal);
        Assert.Contains("certificate: ", Problem(Whole with { Certificate = Crl }), StringComparison.Ordinal);
        Assert.Contains("has no certificate in PEM", Problem(Whole with { CertificateAuthority = Crl }), StringComparison.Ordinal);
        Assert.Contains("has no revocation list in PEM", Problem(Whole with { RevocationLists = Whole.Certificate }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_every_user_can_read_is_refused()
    {
        File.SetUnixFileMode(Whole.PrivateKey!, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.StartsWith("private-key: every user of this machine has access to", Problem(Whole), StringComparison.Ordinal);
        File.SetUnixFileMode(Whole.PrivateKey!, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        Assert.Empty(Problems(Whole));
    }

    [Fact]
    public void What_is_out_of_date_is_told_apart_because_a_host_must_come_up_with_it()
    {
        _authority.Certify("host.example.net", until: Now.AddHours(-1));
        File.WriteAllText(Crl, _authority.RevocationList([], until: Now.AddHours(-1)));

        Assert.Empty(Problems(Whole));
        Assert.Equal(2, _outOfDate.Count);
        Assert.Contains("expired on 2027-05-31", _outOfDate[0], StringComparison.Ordinal);
        Assert.Contains("is out of date since 2027-05-31: certificates of \"Puppet CA: test\" are refused", _outOfDate[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Revocation_lists_of_another_authority_are_told()
    {
        using var other = new TestAuthority(Path.Combine(_folder.Path, "other"), Now);
        File.WriteAllText(Crl, other.RevocationList([]));

        Assert.Empty(Problems(Whole));
        Assert.Contains("has no revocation list of \"Puppet CA: test\"", Assert.Single(_outOfDate), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(UnixFileMode.OtherWrite)]
    [InlineData(UnixFileMode.GroupWrite)]
    public void A_socket_that_others_could_replace_is_refused(UnixFileMode mode)
    {
        var folder = Path.Combine(_folder.Path, "run");
        Directory.CreateDirectory(folder);
        var settings = new HostSettings { Socket = Path.Combine(folder, "host.sock") };
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) & ~(UnixFileMode.OtherWrite | UnixFileMode.GroupWrite));
        Assert.Empty(Problems(settings));
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | mode);
        Assert.Contains($"others can write in {folder}", Problem(settings), StringComparison.Ordinal);
    }

    [Fact]
    public void Other_things_that_are_not_there_are_told()
    {
        Assert.Equal("socket: /no/such is not a folder: create it", Problem(new HostSettings { Socket = "/no/such/host.sock" }));
        Assert.Contains("too long", Problem(new HostSettings { Socket = $"/tmp/{new string('x', 110)}" }), StringComparison.Ordinal);
        Assert.Equal("socket-group: there is no group nobody-has-this on this machine", Problem(new HostSettings { SocketGroup = "nobody-has-this" }));
        Assert.Empty(Problems(new HostSettings { SocketGroup = "root" }));
        File.WriteAllText(State, "a file");
        Assert.Equal($"state: {State} is not a folder", Problem(new HostSettings()));
    }
}
