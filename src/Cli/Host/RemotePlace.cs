using Orchestrator.Client;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Host;

/// <summary>A host on another machine, over TLS.</summary>
/// <param name="token">Null to show the certificate of the configuration.</param>
internal sealed class RemotePlace(Uri url, ClientSettings settings, string? token) : HostPlace
{
    public override HostEndpoint Endpoint { get; } = token is null
        ? HostEndpoint.Https(url, settings.CertificateAuthority, settings.Certificate, settings.PrivateKey)
        : HostEndpoint.Https(url, settings.CertificateAuthority, token);

    public override Task AwaitAsync(
        CommandContext context, Func<CancellationToken, Task<HostException?>> lost, bool isExpected, CancellationToken cancellationToken) =>
        KnockAsync(context, lost, isExpected, cause => cause.Message, cancellationToken);
}
