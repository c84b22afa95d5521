using CsCheck;
using Orchestrator.Choria.Connecting;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Choria.Tests.Connecting;

public sealed class BrokerAddressesTests : IAsyncLifetime, IAsyncDisposable
{
    private const string Servers = "_mcollective-server._tcp.example.net";
    private const string PuppetServers = "_x-puppet-mcollective._tcp.example.net";

    private readonly SmallDnsServer _dns = new();

    public Task InitializeAsync() => Task.CompletedTask;

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public ValueTask DisposeAsync() => _dns.DisposeAsync();

    [Fact]
    public async Task Configured_brokers_are_taken_as_they_stand_and_nobody_is_asked()
    {
        var found = await FindAsync(Settings("example.net") with { Brokers = ["b2.example.net:4223", "b1.example.net:4222"] });

        Assert.Equal(["b2.example.net:4223", "b1.example.net:4222"], found.Brokers.ToArray());
        Assert.Empty(_dns.Asked);
    }

    [Fact]
    public async Task Records_come_by_priority()
    {
        _dns[Servers] = [new(20, 0, 4222, "spare.example.net."), new(10, 0, 4333, "main.example.net.")];
        _dns[PuppetServers] = [new(0, 0, 4222, "other.example.net.")];

        var found = await FindAsync(Settings("example.net"));

        Assert.Equal(["main.example.net:4333", "spare.example.net:4222"], found.Brokers.ToArray());
        Assert.Contains(Servers, found.Source, StringComparison.Ordinal);
        Assert.Equal([Servers], _dns.Asked);
    }

    [Theory]
    [InlineData(0, "zero first second")]
    [InlineData(1, "first zero second")]
    [InlineData(10, "first zero second")]
    [InlineData(11, "second zero first")]
    [InlineData(40, "second zero first")]
    public async Task Records_of_one_priority_are_drawn_by_their_weight(int drawn, string order)
    {
        _dns[Servers] = [new(1, 10, 1, "first"), new(1, 30, 1, "second"), new(1, 0, 1, "zero")];
        var draws = new Queue<int>([drawn]);

        var found = await FindAsync(Settings("example.net"), _ => draws.TryDequeue(out var next) ? next : 0);

        Assert.Equal(order, string.Join(' ', found.Brokers.Select(b => b.Split(':')[0])));
    }

    [Fact]
    public async Task The_second_name_serves_where_the_first_has_no_records()
    {
        _dns[PuppetServers] = [new(0, 0, 4222, "puppet1.example.net.")];

        Assert.Equal(["puppet1.example.net:4222"], (await FindAsync(Settings("example.net"))).Brokers.ToArray());
        Assert.Equal([Servers, PuppetServers], _dns.Asked);
    }

    [Fact]
    public async Task Choria_s_default_serves_where_there_are_no_records_or_no_domain()
    {
        var none = await FindAsync(Settings("example.net"));
        var nowhere = await FindAsync(Settings(null));

        Assert.Equal(["puppet:4222"], none.Brokers.ToArray());
        Assert.Null(none.Problem);
        Assert.Contains("example.net", none.Source, StringComparison.Ordinal);
        Assert.Equal(["puppet:4222"], nowhere.Brokers.ToArray());
        Assert.Equal([Servers, PuppetServers], _dns.Asked);
    }

    [Fact]
    public async Task A_broken_name_server_leaves_the_default_and_is_told_of()
    {
        _dns.IsBroken = true;

        var found = await FindAsync(Settings("example.net"));

        Assert.Equal(["puppet:4222"], found.Brokers.ToArray());
        Assert.Contains(Servers, found.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_domain_that_says_it_has_no_broker_is_believed()
    {
        _dns[Servers] = [new(0, 0, 0, ".")];

        var problem = await Assert.ThrowsAsync<FleetUnavailableException>(() => FindAsync(Settings("example.net")));
        Assert.Contains(Servers, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Records_that_name_no_reachable_host_are_an_error_and_a_good_one_beside_them_serves()
    {
        _dns[Servers] = [new(0, 0, 0, "a.example.net."), new(0, 0, 4222, "bad host!.example.net.")];
        await Assert.ThrowsAsync<FleetUnavailableException>(() => FindAsync(Settings("example.net")));

        _dns[Servers] = [new(0, 0, 0, "a.example.net."), new(0, 0, 4222, "b.example.net.")];
        Assert.Equal(["b.example.net:4222"], (await FindAsync(Settings("example.net"))).Brokers.ToArray());
    }

    [Theory]
    [InlineData("broker", "broker:4222")]
    [InlineData(" broker.example.net:4333 ", "broker.example.net:4333")]
    [InlineData("nats://broker:1", "broker:1")]
    [InlineData("TLS://broker/", "broker:4222")]
    [InlineData("192.0.2.7:65535", "192.0.2.7:65535")]
    [InlineData("2001:db8::1", "[2001:db8::1]:4222")]
    [InlineData("[2001:db8::1]:4333", "[2001:db8::1]:4333")]
    public void An_address_is_brought_into_one_form(string text, string whole)
    {
        Assert.True(BrokerAddress.TryParse(text, out var address, out _));
        Assert.Equal(whole, address);
    }

    [Theory]
    [InlineData("")]
    [InlineData(":4222")]
    [InlineData("broker:")]
    [InlineData("broker:0")]
    [InlineData("broker:65536")]
    [InlineData("broker:-1")]
    [InlineData("http://broker")]
    [InlineData("user@broker")]
    [InlineData("two brokers")]
    [InlineData("[2001:db8::1")]
    [InlineData("[2001:db8::1]4222")]
    public void What_is_no_address_is_refused_with_a_sentence(string text)
    {
        Assert.False(BrokerAddress.TryParse(text, out _, out var problem));
        Assert.NotEmpty(problem);
    }

    [Fact]
    public void A_whole_address_is_read_as_itself() => Gen.String.Sample(text =>
    {
        if (BrokerAddress.TryParse(text, out var whole, out _))
            Assert.True(BrokerAddress.TryParse(whole, out var again, out _) && again == whole);
    });

    private Task<FoundBrokers> FindAsync(ChoriaSettings settings, Func<int, int>? draw = null) =>
        new BrokerAddresses(new SrvRecords(_dns.Client, draw ?? (_ => 0))).LookUpAsync(settings, CancellationToken.None);

    private static ChoriaSettings Settings(string? domain) => new()
    {
        CertName = "jane.mcollective",
        Certificate = "unused",
        PrivateKey = "unused",
        CertificateAuthority = "unused",
        SrvDomain = domain,
    };
}
