using Orchestrator.Messages;

namespace Orchestrator.Domain.Nodes;

/// <summary>A node that runs Puppet for a deployment, or is to.</summary>
public readonly record struct Runner(DeploymentId Deployment, NodeName Node);

/// <summary>
/// Which nodes of one fleet may run Puppet now, over all deployments on it. Each deployment brings a limit of its own: one of its nodes
/// begins only while fewer than so many of the fleet run. Those that wait get a place in turn, one of each deployment. Whose limit is
/// reached is passed over and keeps its turn, but no more often than the limit of whoever comes before it allows: then that one waits too, until
/// enough have ended. Nobody waits for a place while holding one, so there is no deadlock.
/// </summary>
public sealed class Places
{
    private sealed record Line(DeploymentId Deployment, int Limit, Queue<(Runner Runner, long Ticket)> Waiting)
    {
        /// <summary>How many have begun from behind it since its last turn.</summary>
        public int PassedOver { get; set; }
    }

    private readonly HashSet<Runner> _taken = [];
    private readonly Dictionary<Runner, long> _tickets = [];
    private readonly HashSet<DeploymentId> _expected = [];
    private readonly List<Line> _lines = [];
    private long _asked;

    /// <summary>How many run, or are about to.</summary>
    public int Taken => _taken.Count;

    /// <summary>How many wait for a place.</summary>
    public int Waiting => _tickets.Count;

    /// <summary>RECOVERY: nodes of this deployment may run already: nobody is granted a place until it is open and they are counted.</summary>
    public void Expect(DeploymentId deployment) => _expected.Add(deployment);

    /// <summary>RECOVERY: these nodes of the deployment run, and no other; those that waited ask again.</summary>
    /// <returns>Who has a place now and had none before.</returns>
    public IReadOnlyList<Runner> Open(DeploymentId deployment, IEnumerable<NodeName> running)
    {
        _expected.Remove(deployment);
        _taken.RemoveWhere(r => r.Deployment == deployment);
        foreach (var waiting in _tickets.Keys.Where(r => r.Deployment == deployment).ToList())
            _tickets.Remove(waiting);
        _taken.UnionWith(running.Select(node => new Runner(deployment, node)));
        return Grant();
    }

    /// <summary>Takes a place without waiting, whatever the limits of others: for a node that runs already, or a deployment without a limit.</summary>
    /// <returns>Who has a place now and had none before, but for the runner.</returns>
    public IReadOnlyList<Runner> Take(Runner runner)
    {
        Seat(runner);
        return Grant();
    }

    /// <summary>Asks for a place.</summary>
    /// <param name="runner">One that has a place is given it again, one that waits goes on waiting.</param>
    /// <param name="limit">Its deployment's, from 1: always the same.</param>
    /// <returns>Who has a place now and had none before; the runner also where it had one.</returns>
    public IReadOnlyList<Runner> Ask(Runner runner, int limit)
    {
        if (_taken.Contains(runner))
            return [runner];
        if (!_tickets.TryAdd(runner, ++_asked))
            return [];
        var line = _lines.Find(l => l.Deployment == runner.Deployment);
        if (line is null)
            _lines.Add(line = new Line(runner.Deployment, limit, new Queue<(Runner, long)>()));
        line.Waiting.Enqueue((runner, _asked));
        return Grant();
    }

    /// <summary>Gives a place back, or waits no longer.</summary>
    /// <returns>Who has a place now and had none before.</returns>
    public IReadOnlyList<Runner> Return(Runner runner) => _tickets.Remove(runner) | _taken.Remove(runner) ? Grant() : [];

    private List<Runner> Grant()
    {
        var granted = new List<Runner>();
        while (_expected.Count == 0 && Next() is { } line)
        {
            var (runner, _) = line.Waiting.Dequeue();
            Seat(runner);
            granted.Add(runner);
            // Its next turn comes after everybody else's.
            _lines.Remove(line);
            _lines.Add(line);
            line.PassedOver = 0;
        }
        return granted;
    }

    private void Seat(Runner runner)
    {
        _tickets.Remove(runner);
        _taken.Add(runner);
    }

    /// <summary>Whose turn it is; null where nobody may begin now.</summary>
    private Line? Next()
    {
        _lines.RemoveAll(line => !HasWaiting(line));
        var index = _lines.FindIndex(line => _taken.Count < line.Limit);
        if (index < 0)
            return null;
        var next = _lines[index];
        var ahead = _lines[..index];
        if (ahead.Exists(line => line.PassedOver >= next.Limit))
            return null;
        foreach (var line in ahead)
            line.PassedOver++;
        return next;
    }

    /// <summary>Drops from the front of the line who gave up, has a place by now, or stands in line again further behind.</summary>
    private bool HasWaiting(Line line)
    {
        while (line.Waiting.TryPeek(out var first))
        {
            if (_tickets.GetValueOrDefault(first.Runner) == first.Ticket)
                return true;
            line.Waiting.Dequeue();
        }
        return false;
    }
}
