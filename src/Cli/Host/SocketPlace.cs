using System.Net.Sockets;
using Orchestrator.Messages.Api;
using Orchestrator.StateFolders;

namespace Orchestrator.Cli.Host;

/// <summary>A host that was started as a service on this machine, at the socket that it was told.</summary>
internal sealed class SocketPlace(string path) : HostPlace
{
    public override string Log => "its log";

    public override Uri Address { get; } = new("http://localhost");

    public override HttpMessageHandler Handler(CommandContext context) => OverSocket(path, context.Clock, connected =>
    {
        if ((connected is null ? ServiceSocket.ProblemOf(path) : ServiceSocket.ProblemOfListener(path, connected)) is { } problem)
            throw new CommandFailedException(problem, ExitCodes.Unreachable);
    });

    public override Task AwaitAsync(
        CommandContext context, Func<CancellationToken, Task<bool>> answers, bool isExpected, CancellationToken cancellationToken) =>
        KnockAsync(
            context, answers, isExpected,
            () => File.Exists(path)
                ? $"no host answers at the socket {path}: start it, or read its log"
                : $"there is no socket {path}: start the host, or name another place with --host",
            cancellationToken);

    public override CommandFailedException? Explain(Exception cause) => cause is SocketException { SocketErrorCode: SocketError.AccessDenied }
        ? new CommandFailedException($"this user may not use the host's socket {path}: join the group that may", ExitCodes.Unreachable)
        : null;
}
