using Orchestrator.Host.Coordination;
using Orchestrator.Host.Process;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Host;

/// <summary>
/// Ends the process some seconds after its last client has gone, once no deployment is carried on here and no nodes are being enabled; at once where
/// its folder is gone, because nobody can reach it any more.
/// </summary>
public sealed class IdleEnd(
    ClientPresence clients,
    CoordinatorClient coordinator,
    IFleets fleets,
    FolderLock folderLock,
    HostSettings settings,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<IdleEnd> log) : BackgroundService
{
    public static TimeSpan Period { get; } = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (await WhyEndAsync(stoppingToken) is not { } reason)
                    continue;
                log.LogInformation("The host is exiting: {Reason}", reason);
                lifetime.StopApplication();
                return;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process ends for another reason.
        }
    }

    /// <summary>Why the host should end now; null where it should stay.</summary>
    public async Task<string?> WhyEndAsync(CancellationToken cancellationToken)
    {
        var alone = clients.Alone;
        var isGone = !folderLock.IsInPlace;
        if (alone == TimeSpan.Zero || (!isGone && alone < settings.Idle))
            return null;
        var answer = await coordinator.CurrentAsync(cancellationToken);
        // Without one it does not know whether there is something to do. While the folder is there, the journal may recover.
        if (answer is not CoordinatorAnswer<ImmutableArray<DeploymentLine>>.Given { Value: var deployments })
            return isGone ? "its state folder is gone, and the coordinator does not answer" : null;
        if (deployments.Any(d => d.Active && (d.Releases || !d.State.IsEnd())))
            return null;
        if (isGone)
            return "its state folder is gone";
        var patience = deployments.Any(IsHeldHere) ? settings.IdleWhileHolding : settings.Idle;
        return clients.Alone >= patience ? "no clients and nothing to do" : null;
    }

    private bool IsHeldHere(DeploymentLine line) => line.Keeps > 0 && line.Fleet.IsEmulated && fleets.Find(line.Fleet) is not null;
}
