using Orchestrator.Domain.Plans;
using Orchestrator.Host.Coordination;
using Orchestrator.Host.Journal;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Host.Planning;

/// <summary>Reads from the journal how long runs took on a fleet in an environment.</summary>
public sealed class RunHistories(CoordinatorClient coordinator, DeploymentHistory history)
{
    /// <summary>So many tell what is usual to who only watches.</summary>
    public const int FewDeployments = 3;

    private const int MostDeployments = 20;
    private const int PageSize = 100;

    /// <summary>So many runs of every node are enough: no older deployment is read then.</summary>
    private const int EnoughRuns = 5;

    /// <summary>Further back in the journal no run is looked for.</summary>
    private const int FurthestBack = 2000;

    /// <summary>The times of the latest deployments of the fleet in the plan's environment, newest first.</summary>
    /// <param name="most">Of so many at most.</param>
    public async Task<CoordinatorAnswer<RunTimes>> TimesAsync(
        Plan plan, FleetName fleet, CancellationToken cancellationToken, int most = MostDeployments)
    {
        var times = new RunTimes();
        var left = most;
        string? before = null;
        for (var seen = 0; seen < FurthestBack; seen += PageSize)
        {
            var answer = await coordinator.PageAsync(PageSize, before, withCurrent: false, cancellationToken);
            if (answer is not CoordinatorAnswer<DeploymentPage>.Given { Value: var page })
                return answer.Select(_ => times);
            foreach (var deployment in page.Deployments)
            {
                if (deployment.Fleet != fleet || deployment.Environment != plan.Environment || deployment.State == DeploymentPhase.Waiting)
                    continue;
                if (left-- == 0 || plan.Groups.All(g => g.Nodes.All(n => times.CountOf(n.Name) >= EnoughRuns)))
                    return new CoordinatorAnswer<RunTimes>.Given(times);
                times.BeginDeployment();
                await foreach (var recorded in history.ReadAsync(deployment.Id, 0, cancellationToken))
                    times.Add(recorded.Event);
            }
            if ((before = page.Next?.Value) is null)
                break;
        }
        return new CoordinatorAnswer<RunTimes>.Given(times);
    }
}
