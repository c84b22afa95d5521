using System.Net.Sockets;
using Orchestrator.StateFolders;

namespace Orchestrator.Client;

/// <summary>Where a host is, and how a client proves itself there.</summary>
public abstract class HostEndpoint
{
    private protected HostEndpoint()
    {
    }

    /// <summary>Where the host's log is, for sentences such as "see its log /x/host.log".</summary>
    public abstract string Log { get; }

    /// <summary>What stands before the path of a request.</summary>
    internal virtual Uri Address { get; } = new("http://localhost");

    /// <summary>A host that was started as a service on this machine. On a socket the host knows the caller's user from the kernel.</summary>
    /// <param name="path">The whole path of its socket.</param>
    public static HostEndpoint Socket(string path) => new SocketEndpoint(
        path, "its log",
        connected => connected is null ? ServiceSocket.ProblemOf(path) : ServiceSocket.ProblemOfListener(path, connected),
        $"this user may not use the host's socket {path}: join the group that may");

    /// <summary>This user's own host, as commands start it.</summary>
    public static HostEndpoint OwnHost(StateFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return new SocketEndpoint(
            folder.Socket, $"its log {folder.Log}",
            // Whoever listens there hears what is to be done, so it must be this user's own host.
            connected => connected is null
                ? StateFolderGuard.ProblemOfFolder(folder) ?? StateFolderGuard.ProblemOfSocket(folder)
                : StateFolderGuard.ProblemOfListener(folder, connected),
            $"the host's socket {folder.Socket} belongs to another user: set ORCHESTRATOR_STATE to a folder of yours");
    }

    /// <summary>A host on another machine, which knows the caller by a certificate.</summary>
    /// <param name="url">Such as <c>https://orchestrator.example.com:8443</c>.</param>
    /// <param name="certificateAuthority">A file in PEM: what the host's certificate must come from.</param>
    /// <param name="certificate">A file in PEM: the client's certificate.</param>
    /// <param name="privateKey">A file in PEM: its key.</param>
    public static HostEndpoint Https(Uri url, string certificateAuthority, string certificate, string privateKey) =>
        new TlsEndpoint(url, certificateAuthority, certificate, privateKey, null);

    /// <summary>A host on another machine, which knows the caller by a token.</summary>
    /// <param name="url">Such as <c>https://orchestrator.example.com:8443</c>.</param>
    /// <param name="certificateAuthority">A file in PEM: what the host's certificate must come from.</param>
    /// <param name="token">As it was shown when it was created.</param>
    public static HostEndpoint Https(Uri url, string certificateAuthority, string token) => new TlsEndpoint(url, certificateAuthority, null, null, token);

    /// <summary>A host that is reached over streams of one's own, such as one in the same process.</summary>
    /// <param name="connect">Opens one more connection.</param>
    public static HostEndpoint OverStream(Func<CancellationToken, ValueTask<Stream>> connect)
    {
        ArgumentNullException.ThrowIfNull(connect);
        return new StreamEndpoint(connect);
    }

    /// <summary>A new one for each client. Throws <see cref="HostUnusableException"/> where a file is missing.</summary>
    internal abstract HttpMessageHandler Handler(TimeProvider clock);

    /// <summary>What to say of a request that was not answered.</summary>
    internal abstract HostException Lost(HttpRequestException cause);
}

internal sealed class StreamEndpoint(Func<CancellationToken, ValueTask<Stream>> connect) : HostEndpoint
{
    public override string Log => "its log";

    internal override HttpMessageHandler Handler(TimeProvider clock) => new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ConnectCallback = (_, cancellationToken) => connect(cancellationToken),
    };

    internal override HostException Lost(HttpRequestException cause) => new HostLostException($"the host closed the connection: see {Log}", cause);
}

/// <param name="check">Says what is wrong with the socket, and once connected with who listens; null for nothing.</param>
/// <param name="denied">What to say where the system does not let this user connect.</param>
internal sealed class SocketEndpoint(string path, string log, Func<Socket?, string?> check, string denied) : HostEndpoint
{
    private const int MostAgain = 15;
    private static readonly TimeSpan BeforeKnockingAgain = TimeSpan.FromMilliseconds(100);

    public override string Log => log;

    internal override HostException Lost(HttpRequestException cause) => cause.InnerException switch
    {
        HostUnusableException unusable => unusable,
        SocketException { SocketErrorCode: SocketError.AccessDenied } => new HostUnusableException(denied, cause: cause),
        SocketException => new HostLostException($"no host answers at the socket {path}: see {Log}", cause),
        _ => new HostLostException($"the host closed the connection: see {Log}", cause),
    };

    internal override HttpMessageHandler Handler(TimeProvider clock) => new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ConnectCallback = async (_, cancellationToken) =>
        {
            Check(null);
            for (var again = 0; ; again++)
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                    Check(socket);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                // Where more knock at once than the system lets wait, it refuses at once.
                catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock && again < MostAgain)
                {
                    socket.Dispose();
                    await Task.Delay(BeforeKnockingAgain, clock, cancellationToken);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            }
        },
    };

    private void Check(Socket? connected)
    {
        if (check(connected) is { } problem)
            throw new HostUnusableException(problem);
    }
}
