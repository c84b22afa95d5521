using Orchestrator.Host.Process;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Access;

/// <summary>Ends streams of those who may not see them any more: a token may be revoked and a policy changed while somebody follows.</summary>
public sealed class StreamRights(AskerOf find, AccessControl access, HostSettings settings, TimeProvider time)
{
    /// <summary>Looks as often as a quiet stream says that it lives, until what is returned is disposed.</summary>
    /// <param name="end">Is cancelled where it may not be seen any more.</param>
    public IAsyncDisposable Watch(HttpContext http, DeploymentLine line, CancellationTokenSource end) => time.CreateTimer(
        _ => _ = LookAsync(http, line, end), null, settings.Heartbeat, settings.Heartbeat);

    private async Task LookAsync(HttpContext http, DeploymentLine line, CancellationTokenSource end)
    {
        try
        {
            if (!await MaySeeAsync(http, line, end.Token))
                await end.CancelAsync();
        }
        catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException)
        {
            // It has ended meanwhile.
        }
    }

    private async Task<bool> MaySeeAsync(HttpContext http, DeploymentLine line, CancellationToken cancellationToken)
    {
        try
        {
            return await access.MaySeeAsync(find(http), line, cancellationToken);
        }
        catch (UnknownAskerException)
        {
            return false;
        }
    }
}
