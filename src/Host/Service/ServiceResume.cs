using Orchestrator.Host.Coordination;
using Orchestrator.Host.Fleets;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Process;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Host.Service;

/// <summary>
/// Carries on, when a service starts, what the one before it left unfinished, without a word of anybody's. A fleet that cannot be reached is tried again until
/// it can; a journal that has lost something waits for a person, as everywhere.
/// </summary>
public sealed partial class ServiceResume(
    CoordinatorClient coordinator, FleetDirectory fleets, JournalConnections journal, GoingAway goingAway, TimeProvider time, ILogger<ServiceResume> log)
    : BackgroundService
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(BetweenTries, time);
        var told = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            while (!await IsDoneAsync(told, stoppingToken))
                await timer.WaitForNextTickAsync(stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process ends.
        }
    }

    private async Task<bool> IsDoneAsync(HashSet<string> told, CancellationToken cancellationToken)
    {
        if (goingAway.Is)
            return true;
        if (journal.Incomplete is not null)
            return false;
        if (await coordinator.PageAsync(0, null, withCurrent: true, cancellationToken)
            is not CoordinatorAnswer<DeploymentPage>.Given { Value.Current: var current })
        {
            return false;
        }
        var left = current.Where(d => !d.Active && !d.State.IsEnd()).ToList();
        if (left.Count == 0)
            return true;
        var isWhole = true;
        foreach (var fleet in left.Select(d => d.Fleet).Distinct())
            isWhole &= await ReachAsync(fleet, told, cancellationToken);
        if (await coordinator.AskAsync<CoordinatorProtocol.Deployments>(new CoordinatorProtocol.ResumeUnfinished(), cancellationToken)
            is not CoordinatorAnswer<CoordinatorProtocol.Deployments>.Given { Value.Lines: var taken })
        {
            return false;
        }
        foreach (var line in taken)
            CarriedOn(log, line.Id);
        return isWhole;
    }

    private async Task<bool> ReachAsync(FleetName fleet, HashSet<string> told, CancellationToken cancellationToken)
    {
        fleets.MakeKnown(fleet);
        try
        {
            await fleets.ReachAsync(fleet, coordinator.IsBusyAsync, cancellationToken);
            return true;
        }
        catch (FleetUnavailableException e)
        {
            if (told.Add($"{fleet} {e.Message}"))
                Unreached(log, fleet, e.Message);
            return false;
        }
    }

    [LoggerMessage(61, LogLevel.Information, "Deployment {Deployment} is carried on")]
    private static partial void CarriedOn(ILogger log, DeploymentId deployment);

    [LoggerMessage(62, LogLevel.Warning, "Unfinished deployments on fleet {Fleet} are carried on once it is reached: {Reason}")]
    private static partial void Unreached(ILogger log, FleetName fleet, string reason);
}
