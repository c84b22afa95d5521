using Orchestrator.Choria.Connecting;
using Orchestrator.Puppet.Connecting;

namespace Orchestrator.Puppet.Tests.Connecting;

/// <summary>Where Puppet's services are looked for, with real questions to a name server.</summary>
public sealed class ServerAddressesTests : IAsyncLifetime, IAsyncDisposable
{
    private readonly SmallDnsServer _dns = new();

    public static TheoryData<string, string, string> Services => new()
    {
        { "Puppet Server", "_x-puppet._tcp.example.net", "puppet:8140" },
        { "PuppetDB", "_x-puppet-db._tcp.example.net", "puppetdb:8081" },
        { "Puppet CA", "_x-puppet-ca._tcp.example.net", "puppet:8140" },
    };

    public Task InitializeAsync() => Task.CompletedTask;

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _dns.DisposeAsync();

    [Theory]
    [MemberData(nameof(Services))]
    public async Task A_service_is_found_by_its_records_and_by_priority(string service, string records, string usual)
    {
        _dns[records] = [new(20, 0, 8150, "spare.example.net."), new(10, 0, 8149, "main.example.net.")];

        var found = await FindAsync(Of(service));

        Assert.Equal("main.example.net:8149, spare.example.net:8150", found.At.ToString());
        Assert.Equal((false, $"SRV records {records}"), (found.IsDefault, found.At.Source));
        Assert.NotEqual(usual, found.At.ToString());
        Assert.Equal([records], _dns.Asked);
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task Without_records_a_service_is_looked_for_at_its_usual_place(string service, string records, string usual)
    {
        var found = await FindAsync(Of(service));

        Assert.Equal((usual, true), (found.At.ToString(), found.IsDefault));
        Assert.Equal([records], _dns.Asked);
    }

    [Fact]
    public async Task What_is_set_goes_before_records_and_nobody_is_asked()
    {
        _dns["_x-puppet._tcp.example.net"] = [new(10, 0, 8149, "main.example.net.")];
        var set = new ServerSetting([new ServerAddress("set.example.net", 8140)], "config.yaml:3");

        var found = await FindAsync(PuppetService.Server, set);

        Assert.Equal(set, found.At);
        Assert.Empty(_dns.Asked);
    }

    [Fact]
    public async Task A_domain_that_says_it_has_no_such_service_is_believed()
    {
        _dns["_x-puppet-db._tcp.example.net"] = [new(0, 0, 0, ".")];

        var problem = await Assert.ThrowsAsync<PuppetUnreachableException>(() => FindAsync(PuppetService.Database));

        Assert.Contains("_x-puppet-db._tcp.example.net", problem.Message, StringComparison.Ordinal);
        Assert.Contains("set puppetdb in the configuration", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_set_and_cannot_be_used_is_told_to_who_needs_it()
    {
        var set = new ServerSetting([], "/etc/puppet/puppetdb.conf:2: \"http://pdb\" cannot be used: use https://");

        var problem = await Assert.ThrowsAsync<PuppetUnreachableException>(() => FindAsync(PuppetService.Database, set));

        Assert.Contains("/etc/puppet/puppetdb.conf:2", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_name_server_leaves_the_usual_place_and_is_told_of()
    {
        _dns.IsBroken = true;

        var found = await FindAsync(PuppetService.Server);

        Assert.True(found.IsDefault);
        Assert.Contains("_x-puppet._tcp.example.net", found.Problem, StringComparison.Ordinal);
    }

    private static PuppetService Of(string name) =>
        new[] { PuppetService.Server, PuppetService.Database, PuppetService.Authority }.Single(s => s.Name == name);

    private Task<FoundServer> FindAsync(PuppetService service, ServerSetting? set = null) =>
        new ServerAddresses(new SrvRecords(_dns.Client, _ => 0)).FindAsync(
            service, set, _ => Task.FromResult<string?>("example.net"), CancellationToken.None);
}
