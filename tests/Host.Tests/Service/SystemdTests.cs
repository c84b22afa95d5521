using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orchestrator.Host.Coordination;
using Orchestrator.Host.Process;
using Orchestrator.Host.Service;
using Orchestrator.Host.Tests.Testing;

namespace Orchestrator.Host.Tests.Service;

/// <summary>What systemd is told, and that its watchdog hears nothing of a host whose deployments do not answer.</summary>
public sealed class SystemdTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sd").FullName;
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    public void Dispose()
    {
        _socket.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_is_told_by_way_of_a_path_or_an_abstract_name(bool isPath)
    {
        var name = isPath ? Path.Combine(_folder, "notify") : $"@{Path.GetFileName(_folder)}-{Environment.ProcessId}";
        Listen(name);
        Systemd.Of(v => v == "NOTIFY_SOCKET" ? name : null).Ready();

        Assert.Equal("READY=1", await HeardAsync());
    }

    [Fact]
    public void Nobody_is_told_where_nobody_listens()
    {
        Systemd.Of(_ => null).Ready();
        Systemd.Of(v => v == "NOTIFY_SOCKET" ? Path.Combine(_folder, "nobody") : null).Ready();
    }

    [Theory]
    [InlineData("2000000", null, 2)]
    [InlineData("2000000", "", 2)]
    [InlineData("2000000", "own", 2)]
    [InlineData("2000000", "1", null)]
    [InlineData("0", null, null)]
    [InlineData("soon", null, null)]
    [InlineData(null, null, null)]
    public void The_watchdog_is_this_process_s_own(string? limit, string? process, int? seconds)
    {
        var own = process == "own" ? Environment.ProcessId.ToString(CultureInfo.InvariantCulture) : process;
        var systemd = Systemd.Of(v => v switch { "WATCHDOG_USEC" => limit, "WATCHDOG_PID" => own, _ => null });

        Assert.Equal(seconds is { } s ? TimeSpan.FromSeconds(s) : null, systemd.Watchdog);
    }

    [Fact]
    public async Task The_watchdog_hears_nothing_while_the_deployments_do_not_answer()
    {
        var path = Path.Combine(_folder, "notify");
        Listen(path);
        var systemd = Systemd.Of(v => v switch { "NOTIFY_SOCKET" => path, "WATCHDOG_USEC" => "4000000", _ => null });
        await using var host = await TestHost.StartAsync();
        using var health = new ServiceHealth(
            new ServiceStart(HostConfiguration.OfCommand(Worlds.Empty), () => throw new InvalidOperationException("nobody reloads"), systemd),
            host.Services.GetRequiredService<CoordinatorClient>(), host.Time, host.Services.GetRequiredService<ILogger<ServiceHealth>>());

        await health.StartAsync(default);
        Assert.Equal("WATCHDOG=1", await HeardAsync());
        host.Coordinator.Answer = _ => FakeCoordinator.Silence;
        await GoOnUntilAsync(() => LogOf(host).Contains("The deployments do not answer", StringComparison.Ordinal));
        while (_socket.Available > 0)
            await HeardAsync();
        for (var i = 0; i < 20; i++)
            host.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, _socket.Available);

        host.Coordinator.Answer = _ => null;
        await GoOnUntilAsync(() => _socket.Available > 0);
        Assert.Equal("WATCHDOG=1", await HeardAsync());
        await health.StopAsync(default);

        Task GoOnUntilAsync(Func<bool> condition) => Until.TrueAsync(() =>
        {
            host.Time.Advance(TimeSpan.FromSeconds(1));
            return condition();
        });
    }

    private void Listen(string name) => _socket.Bind(new UnixDomainSocketEndPoint(name[0] == '@' ? '\0' + name[1..] : name));

    private async Task<string> HeardAsync()
    {
        var buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, await Until.DoneAsync(_socket.ReceiveAsync(buffer)));
    }

    private static string LogOf(TestHost host)
    {
        if (!File.Exists(host.State.Log))
            return "";
        using var file = new StreamReader(new FileStream(host.State.Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return file.ReadToEnd();
    }
}
