using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Choria.Connecting;
using Orchestrator.Host.Configuration;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Host.Tests.Fleets;

/// <summary>Fleets of the user's configuration, from a request to the broker; the brokers are the test's.</summary>
public sealed class ConfiguredFleets : IAsyncDisposable
{
    private const string File = "/home/jane/.config/orchestrator/config.yaml";
    private readonly List<(string Fleet, ChoriaSettings Settings)> _opened = [];
    private string _file = "fleets: { prod: { brokers: b1.example.net }, test: { brokers: b2.example.net } }";
    private bool _isDown;
    private TestHost? _host;

    public async ValueTask DisposeAsync()
    {
        if (_host is { } host)
            await host.DisposeAsync();
    }

    [Fact]
    public async Task A_fleet_is_connected_to_when_somebody_needs_it_once_and_by_its_name()
    {
        await StartAsync();
        Assert.Equal(200, (await _host!.GetAsync(HostApi.Deployments)).Status);
        Assert.Empty(_opened);

        Assert.Equal(200, (await NodesAsync("test")).Status);
        Assert.Equal(200, (await NodesAsync("test")).Status);
        Assert.Equal(200, (await NodesAsync("prod")).Status);

        Assert.Equal([("test", "b2.example.net:4222"), ("prod", "b1.example.net:4222")], _opened.Select(o => (o.Fleet, Assert.Single(o.Settings.Brokers))));
    }

    [Fact]
    public async Task A_fleet_that_cannot_be_reached_is_said_so_with_exit_code_8_and_brokers_are_not_hammered()
    {
        _isDown = true;
        await StartAsync();
        for (var i = 0; i < 5; i++)
        {
            var answer = await NodesAsync("test");
            Assert.Equal((503, ExitCodes.Unreachable, "nothing listens on b2.example.net:4222; orchestrator config --fleet test checks each setting"), (answer.Status, answer.Problem.ExitCode, answer.Problem.Detail));
        }
        Assert.Single(_opened);

        _isDown = false;
        _host!.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(200, (await NodesAsync("test")).Status);
    }

    [Fact]
    public async Task The_largest_message_is_known_from_the_connection_on()
    {
        await StartAsync();
        var fleet = _host!.Services.GetRequiredService<IFleets>().Find(new FleetName("test"))!;
        Assert.Null(fleet.LargestMessage);
        Assert.Equal(200, (await NodesAsync("test")).Status);
        Assert.Equal(Silent.Largest, fleet.LargestMessage);
    }

    [Fact]
    public async Task A_fleet_that_is_not_configured_is_a_usage_error_with_the_nearest_name()
    {
        await StartAsync();
        var answer = await NodesAsync("prd");
        Assert.Equal((400, ExitCodes.Usage), (answer.Status, answer.Problem.ExitCode));
        Assert.Contains("did you mean 'prod'?", answer.Problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_that_have_changed_under_a_connection_are_not_mixed_with_the_old_ones()
    {
        await StartAsync();
        Assert.Equal(200, (await NodesAsync("test")).Status);
        _file = "fleets: { test: { brokers: other.example.net } }";
        var answer = await NodesAsync("test");
        Assert.Equal(409, answer.Status);
        Assert.Contains("the settings of the fleet test have changed", answer.Problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_configuration_is_shown_with_its_checks_even_where_nothing_is_there()
    {
        await StartAsync();
        var view = (await _host!.GetAsync(HostApi.ConfigOf("test"))).Read(MessagesJson.Default.ConfigView);

        Assert.Equal((File, "test", false), (view.File, view.Fleet.Value, view.IsDefault));
        Assert.Equal(FleetWords.FleetKeys, view.Settings.Select(s => s.Key));
        Assert.Equal(
            ["configuration ok", "private key failed", "certificate failed", "key and certificate skipped", "certificate authority failed", "caller id ok", "brokers ok", "broker b2.example.net:4222 skipped"],
            view.Checks.Select(c => $"{c.Name} {c.Result.ToString().ToLowerInvariant()}"));
        Assert.All(view.Checks.Where(c => c.Result == CheckResult.Failed), c => Assert.Contains(" is not there: set ", c.Message, StringComparison.Ordinal));
        Assert.False(view.Works);
    }

    private async Task StartAsync()
    {
        var world = Worlds.Empty with { ReadFile = path => path == File ? System.Text.Encoding.UTF8.GetBytes(_file) : null };
        _host = await TestHost.StartAsync(world: world, openFleet: (name, settings, _) =>
        {
            _opened.Add((name.Value, settings));
            return _isDown ? throw new FleetUnavailableException($"nothing listens on {settings.Brokers[0]}") : Task.FromResult<IFleet>(new Silent(name));
        });
    }

    private Task<TestHost.Answer> NodesAsync(string fleet) =>
        _host!.PostAsync(HostApi.Nodes, new NodesRequest(Sites.Request(Sites.Lamp), new FleetChoice(false, null, null, fleet), TimeSpan.FromSeconds(1)), MessagesJson.Default.NodesRequest);

    private sealed class Silent(FleetName name) : IFleet
    {
        public const int Largest = 4096;

        public FleetName Name => name;

        public int? LargestMessage => Largest;

        public Task PublishAsync(FleetWave wave, CancellationToken cancellationToken) => Task.CompletedTask;

        public IDisposable Listen(Action<FleetReply> onReply) => Stream.Null;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
