using Orchestrator.Client;

namespace Orchestrator.Cli.Host;

/// <summary>A host that was started as a service on this machine, at the socket that it was told.</summary>
internal sealed class SocketPlace(string path) : HostPlace
{
    public override HostEndpoint Endpoint { get; } = HostEndpoint.Socket(path);

    public override Task AwaitAsync(
        CommandContext context, Func<CancellationToken, Task<HostException?>> lost, bool isExpected, CancellationToken cancellationToken) =>
        KnockAsync(
            context, lost, isExpected,
            _ => File.Exists(path)
                ? $"no host answers at the socket {path}: start it, or read its log"
                : $"there is no socket {path}: start the host, or name another place with --host",
            cancellationToken);
}
