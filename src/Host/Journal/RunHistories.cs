using Orchestrator.Domain.Plans;
using Orchestrator.Host.Api;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Host.Journal;

/// <summary>Reads from the journal how long runs took on a fleet in an environment.</summary>
public sealed class RunHistories(Coordinator coordinator, DeploymentHistory history)
{
    private const int MostDeployments = 20;

    /// <summary>So many runs of every node are enough: no older deployment is read then.</summary>
    private const int EnoughRuns = 5;

    /// <summary>The times of the latest deployments of the fleet in the plan's environment, newest first.</summary>
    public async Task<RunTimes> TimesAsync(Plan plan, FleetName fleet, CancellationToken cancellationToken)
    {
        var times = new RunTimes();
        var latest = (await coordinator.ListAsync(cancellationToken))
            .Where(d => d.Fleet == fleet && d.Environment == plan.Environment && d.State != DeploymentPhase.Waiting)
            .OrderByDescending(d => d.StartedAt).Take(MostDeployments);
        foreach (var deployment in latest)
        {
            if (plan.Groups.All(g => g.Nodes.All(n => times.CountOf(n.Name) >= EnoughRuns)))
                break;
            times.BeginDeployment();
            await foreach (var recorded in history.ReadAsync(deployment.Id, 0, cancellationToken))
                times.Add(recorded.Event);
        }
        return times;
    }
}
