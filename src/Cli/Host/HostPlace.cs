using System.Net.Sockets;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Host;

/// <summary>Where the host is that a command asks, and what to do where none answers there.</summary>
internal abstract class HostPlace
{
    private const int MostAgain = 15;
    private static readonly TimeSpan BeforeKnockingAgain = TimeSpan.FromMilliseconds(100);

    /// <summary>Where its log is, for sentences such as "see its log /x/host.log".</summary>
    public abstract string Log { get; }

    /// <summary>What stands before the path of a request.</summary>
    public abstract Uri Address { get; }

    /// <summary>A new one for each connection's client.</summary>
    public abstract HttpMessageHandler Handler(CommandContext context);

    /// <summary>Comes back once a host answers here. Throws <see cref="CommandFailedException"/> where none does.</summary>
    /// <param name="answers">Asks it.</param>
    /// <param name="isExpected">One answered here before, and may be about to be back.</param>
    public abstract Task AwaitAsync(CommandContext context, Func<CancellationToken, Task<bool>> answers, bool isExpected, CancellationToken cancellationToken);

    /// <summary>What went wrong at connecting, where that says more than that nobody answered; null otherwise.</summary>
    public virtual CommandFailedException? Explain(Exception cause) => null;

    /// <summary>Asks for a host that commands do not start, until it answers or nobody can expect it any more.</summary>
    protected static async Task KnockAsync(
        CommandContext context, Func<CancellationToken, Task<bool>> answers, bool isExpected, Func<string> sentence, CancellationToken cancellationToken)
    {
        var patience = TimeSpan.FromMinutes(2);
        var begun = context.Clock.GetTimestamp();
        while (!await answers(cancellationToken))
        {
            if (!isExpected || context.Clock.GetElapsedTime(begun) > patience)
                throw new CommandFailedException(sentence(), ExitCodes.Unreachable);
            await Task.Delay(TimeSpan.FromSeconds(1), context.Clock, cancellationToken);
        }
    }

    /// <summary>A client of a Unix domain socket. Where more knock at once than the system lets wait, it refuses at once.</summary>
    /// <param name="check">Throws where nothing must be said to whoever listens.</param>
    protected static SocketsHttpHandler OverSocket(string path, TimeProvider clock, Action<Socket?> check) => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ConnectCallback = async (_, cancellationToken) =>
        {
            check(null);
            for (var again = 0; ; again++)
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                    check(socket);
                    return new NetworkStream(socket, ownsSocket: true);
                }
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
}
