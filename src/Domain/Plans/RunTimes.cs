using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Plans;

/// <summary>
/// How long runs of nodes took, from the last request to the verdict by the host's clock, gathered from histories of deployments. Runs that
/// succeeded count: one that failed may have stopped anywhere, a noop one changes nothing, and a rollback's is of another environment.
/// </summary>
public sealed class RunTimes
{
    private readonly Dictionary<NodeName, List<TimeSpan>> _times = [];
    private readonly Dictionary<NodeName, DateTimeOffset> _requested = [];
    private bool _counts;
    private bool _hasCounted;

    /// <summary>How many deployments had runs that count.</summary>
    public int Deployments { get; private set; }

    /// <summary>What is added from here on is the history of another deployment.</summary>
    public void BeginDeployment()
    {
        (_counts, _hasCounted) = (true, false);
        _requested.Clear();
    }

    /// <summary>Takes the next event of the deployment's history; most say nothing of times.</summary>
    public void Add(IDeploymentEvent @event)
    {
        switch (@event)
        {
            case DeploymentEvents.DeploymentStarted { Options.Noop: true } or DeploymentEvents.RollbackStarted:
                _counts = false;
                break;
            case DeploymentEvents.RetryStarted:
                _counts = true;
                break;
            case DeploymentEvents.RunRequested e when _counts:
                _requested[e.Node] = e.At;
                break;
            case DeploymentEvents.NodeSettled e when _counts && _requested.Remove(e.Node, out var at) && e.Outcome == Outcome.Succeeded:
                Count(e.Node, e.At - at);
                break;
        }
    }

    public int CountOf(NodeName node) => _times.TryGetValue(node, out var times) ? times.Count : 0;

    /// <summary>The middle one of a node's times, or the mean of the two in the middle; null where it has none.</summary>
    public TimeSpan? MedianOf(NodeName node) => _times.TryGetValue(node, out var times) ? Median(times) : null;

    /// <summary>The middle one of some times, or the mean of the two in the middle; null where there is none.</summary>
    public static TimeSpan? Median(IEnumerable<TimeSpan> times)
    {
        var ordered = times.Order().ToList();
        return ordered.Count == 0 ? null : (ordered[(ordered.Count - 1) / 2] + ordered[ordered.Count / 2]) / 2;
    }

    private void Count(NodeName node, TimeSpan time)
    {
        if (!_times.TryGetValue(node, out var times))
            _times.Add(node, times = []);
        times.Add(time);
        Deployments += _hasCounted ? 0 : 1;
        _hasCounted = true;
    }
}
