using Orchestrator.Host.Process;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Access;

/// <summary>Ends streams of those who may not see them any more: a token may be revoked and a policy changed while somebody follows.</summary>
public sealed class StreamRights(AskerOf find, AccessControl access, HostSettings settings, TimeProvider time)
{
    /// <summary>Looks as often as a quiet stream says that it lives, until what is returned is disposed.</summary>
    /// <param name="end">Is cancelled where it may not be seen any more.</param>
    public IAsyncDisposable Watch(HttpContext http, DeploymentLine line, CancellationTokenSource end) =>
        Watch(http, asker => access.MaySeeAsync(asker, line, end.Token), end);

    /// <summary>The same for a stream of all deployments, which has those alone that may be seen: it ends where none could be.</summary>
    public IAsyncDisposable Watch(HttpContext http, CancellationTokenSource end) =>
        Watch(http, asker => Task.FromResult(access.CouldSee(asker)), end);

    private ITimer Watch(HttpContext http, Func<Asker, Task<bool>> maySee, CancellationTokenSource end) => time.CreateTimer(
        _ => _ = LookAsync(http, maySee, end), null, settings.Heartbeat, settings.Heartbeat);

    private async Task LookAsync(HttpContext http, Func<Asker, Task<bool>> maySee, CancellationTokenSource end)
    {
        try
        {
            if (!await MaySeeAsync(http, maySee))
                await end.CancelAsync();
        }
        catch (Exception e) when (e is ObjectDisposedException or OperationCanceledException)
        {
            // It has ended meanwhile.
        }
    }

    private async Task<bool> MaySeeAsync(HttpContext http, Func<Asker, Task<bool>> maySee)
    {
        try
        {
            return await maySee(find(http));
        }
        catch (UnknownAskerException)
        {
            return false;
        }
    }
}
