using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Orchestrator.Host.Process;

/// <summary>Tells systemd how the service is doing (sd_notify(3)); tells nobody where it was not started by it.</summary>
public sealed class Systemd
{
    private readonly string? _socket;

    private Systemd(string? socket, TimeSpan? watchdog) => (_socket, Watchdog) = (socket, watchdog);

    /// <summary>How long the service may keep silent before it is taken for dead; null for as long as it likes.</summary>
    public TimeSpan? Watchdog { get; }

    public static Systemd Of(Func<string, string?> environment)
    {
        var process = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        var isOurs = environment("WATCHDOG_PID") is not { Length: > 0 } watched || watched == process;
        return new Systemd(
            environment("NOTIFY_SOCKET") is { Length: > 1 } socket ? socket : null,
            isOurs && long.TryParse(environment("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit > 0
                ? TimeSpan.FromMicroseconds(limit)
                : null);
    }

    public void Ready() => Tell("READY=1");

    public void Alive() => Tell("WATCHDOG=1");

    public void Reloading() =>
        Tell(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={TimeProvider.System.GetTimestamp() / 1000}"));

    public void Stopping() => Tell("STOPPING=1");

    private void Tell(string state)
    {
        if (_socket is null)
            return;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // An abstract name begins with a zero, which the variable cannot have.
            socket.Connect(new UnixDomainSocketEndPoint(_socket[0] == '@' ? '\0' + _socket[1..] : _socket));
            socket.Send(Encoding.UTF8.GetBytes(state));
        }
        catch (SocketException)
        {
            // Whoever does not listen is not told.
        }
    }
}
