using Orchestrator.Host.Coordination;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Service;

/// <summary>Tells systemd's watchdog that the service is alive, as long as its deployments answer: a service that hangs is started again.</summary>
public sealed class ServiceHealth(ServiceStart start, CoordinatorClient coordinator, TimeProvider time, ILogger<ServiceHealth> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (start.Systemd.Watchdog is not { } limit)
            return;
        using var timer = new PeriodicTimer(limit / 4, time);
        var isWell = true;
        try
        {
            do
            {
                var wasWell = isWell;
                isWell = await AnswersAsync(limit / 4, stoppingToken);
                if (isWell)
                    start.Systemd.Alive();
                else if (wasWell)
                    log.LogError("The deployments do not answer: if they go on so, systemd will start the service again");
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process ends.
        }
    }

    private async Task<bool> AnswersAsync(TimeSpan patience, CancellationToken stoppingToken)
    {
        using var late = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, late.Token);
        try
        {
            return await coordinator.CurrentAsync(either.Token) is not CoordinatorAnswer<ImmutableArray<DeploymentLine>>.NoAnswer;
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
