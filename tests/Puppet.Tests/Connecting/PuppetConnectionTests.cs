using Orchestrator.Choria.Connecting;
using Orchestrator.Puppet.Connecting;

namespace Orchestrator.Puppet.Tests.Connecting;

/// <summary>What is said where a server cannot be asked.</summary>
public sealed class PuppetConnectionTests : IDisposable
{
    private const string Jane = "jane.mcollective";
    private const string ServerName = "puppet.example.net";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("orch");
    private readonly TestAuthority _ours;
    private readonly TestAuthority _theirs;

    public PuppetConnectionTests()
    {
        _ours = new TestAuthority(Path.Combine(_folder.FullName, "ours"), TimeProvider.System.GetUtcNow());
        _theirs = new TestAuthority(Path.Combine(_folder.FullName, "theirs"), TimeProvider.System.GetUtcNow());
        foreach (var authority in (TestAuthority[])[_ours, _theirs])
        {
            authority.Certify(Jane);
            authority.Certify(ServerName);
        }
    }

    public void Dispose()
    {
        _ours.Dispose();
        _theirs.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_server_of_another_authority_is_not_trusted_and_nothing_is_asked()
    {
        await using var server = new SmallHttpServer(_theirs, ServerName, _ => SmallAnswer.Of(200, "{}"), isMutual: false);

        var problem = await ProblemAsync(server.Port);

        Assert.Contains("cannot be trusted", problem, StringComparison.Ordinal);
        Assert.Contains(_ours.Certificate("ca"), problem, StringComparison.Ordinal);
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task A_certificate_for_another_name_is_told_with_the_names_that_it_has()
    {
        await using var server = new SmallHttpServer(_ours, ServerName, _ => SmallAnswer.Of(200, "{}"));

        var problem = await ProblemAsync(server.Port, "localhost");

        Assert.Contains($"its certificate is for {ServerName}, not for localhost: use that name in puppet-server", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_does_not_accept_our_certificate_is_told_with_the_file()
    {
        await using var server = new SmallHttpServer(_theirs, ServerName, _ => SmallAnswer.Of(200, "{}"));

        var problem = await ProblemAsync(server.Port, trust: new PuppetTrust(Caller(_ours), _theirs.Certificate("ca")));

        Assert.Contains(_ours.Certificate(Jane), problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_where_nobody_listens_is_told_with_where_the_address_is_from()
    {
        var server = new SmallHttpServer(null, null, _ => SmallAnswer.Of(200, "{}"));
        var port = server.Port;
        await server.DisposeAsync();

        var problem = await ProblemAsync(port);

        Assert.Contains("nothing listens there", problem, StringComparison.Ordinal);
        Assert.Contains("puppet.conf:3", problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_nobody_knows_is_told()
    {
        Assert.Contains("is not known by that name", await ProblemAsync(8140, "puppet.invalid"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_without_tls_is_told()
    {
        await using var server = new SmallHttpServer(null, null, _ => SmallAnswer.Of(200, "{}"));

        Assert.Contains("does not speak TLS", await ProblemAsync(server.Port), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_next_address_serves_where_the_first_cannot_be_connected_to()
    {
        var gone = new SmallHttpServer(null, null, _ => SmallAnswer.Of(200, "{}"));
        var port = gone.Port;
        await gone.DisposeAsync();
        await using var server = new SmallHttpServer(_ours, ServerName, _ => SmallAnswer.Of(200, "{}"));
        var at = new ServerSetting([new ServerAddress("127.0.0.1", port), new ServerAddress("127.0.0.1", server.Port)], "SRV records");

        using var connection = new PuppetConnection(PuppetService.Server, at, PuppetTrust.Mutual(Caller(_ours)), TimeProvider.System);
        var answer = await connection.AskAsync(HttpMethod.Get, "/", 1000, TimeSpan.FromSeconds(30), CancellationToken.None);

        Assert.Equal(200, answer.Status);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_connection_that_the_server_closes_when_it_is_used_again_is_not_used_again()
    {
        await using var server = new SmallHttpServer(_ours, ServerName, _ => SmallAnswer.Of(200, "{}") with { ClosesWhenUsedAgain = true });
        using var connection = new PuppetConnection(PuppetService.Server, At(server.Port), PuppetTrust.Mutual(Caller(_ours)), TimeProvider.System);

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(200, (await connection.AskAsync(
                HttpMethod.Post, "/", 1000, TimeSpan.FromSeconds(30), CancellationToken.None, () => new StringContent("{}"))).Status);
        }
    }

    [Fact]
    public void A_certificate_that_is_not_there_is_told_before_anything_is_asked()
    {
        var caller = Caller(_ours) with { Certificate = "/nowhere/jane.pem" };

        var problem = Assert.Throws<PuppetUnreachableException>(
            () => new PuppetConnection(PuppetService.Server, At(1), PuppetTrust.Mutual(caller), TimeProvider.System));

        Assert.Contains("/nowhere/jane.pem", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("puppet", "puppet:8140")]
    [InlineData("https://puppet.example.net/", "puppet.example.net:8140")]
    [InlineData(" puppet:8141 ", "puppet:8141")]
    [InlineData("[2001:db8::1]:1", "[2001:db8::1]:1")]
    public void An_address_is_brought_into_one_form(string text, string whole)
    {
        Assert.True(ServerAddress.TryParse(text, PuppetService.Server, out var address, out _));
        Assert.Equal(whole, address.ToString());
    }

    [Theory]
    [InlineData("http://puppet", "Puppet Server is asked only with TLS: use https://")]
    [InlineData("http://localhost", "Puppet Server is asked only with TLS: use https://")]
    [InlineData("ftp://puppet", "Puppet Server's address is HOST or HOST:PORT, such as puppet.example.net:8140, without a path")]
    [InlineData("https://puppet:8140/puppet/v3", "Puppet Server's address is HOST or HOST:PORT, such as puppet.example.net:8140, without a path")]
    [InlineData("puppet:0", "the port after the colon is a number from 1 to 65535")]
    [InlineData("a puppet", "Puppet Server's address is HOST or HOST:PORT, such as puppet.example.net:8140")]
    [InlineData("", "Puppet Server's address is HOST or HOST:PORT, such as puppet.example.net:8140")]
    public void What_is_no_address_of_a_puppet_server_is_refused_with_a_sentence(string text, string sentence)
    {
        Assert.False(ServerAddress.TryParse(text, PuppetService.Server, out _, out var problem));
        Assert.Equal(sentence, problem);
    }

    [Fact]
    public void Puppetdb_may_be_asked_without_tls_on_this_machine_only()
    {
        Assert.True(ServerAddress.TryParse("http://localhost", PuppetService.Database, out var address, out _));
        Assert.Equal("http://localhost:8080/x", address.Uri("/x").AbsoluteUri);
        Assert.False(ServerAddress.TryParse("http://puppetdb", PuppetService.Database, out _, out var problem));
        Assert.Contains("https://", problem, StringComparison.Ordinal);
    }

    private static ChoriaSettings Caller(TestAuthority authority) => new()
    {
        CertName = Jane,
        Certificate = authority.Certificate(Jane),
        PrivateKey = authority.Key(Jane),
        CertificateAuthority = authority.Certificate("ca"),
    };

    private static ServerSetting At(int port, string host = "127.0.0.1") => new([new ServerAddress(host, port)], "/etc/puppet/puppet.conf:3");

    private async Task<string> ProblemAsync(int port, string host = "127.0.0.1", PuppetTrust? trust = null)
    {
        using var connection = new PuppetConnection(PuppetService.Server, At(port, host), trust ?? PuppetTrust.Mutual(Caller(_ours)), TimeProvider.System);
        var problem = await Assert.ThrowsAsync<PuppetUnreachableException>(
            () => connection.AskAsync(HttpMethod.Get, "/", 1000, TimeSpan.FromSeconds(30), CancellationToken.None));
        return problem.Message;
    }
}
