using Orchestrator.Messages;

namespace Orchestrator.Domain.Nodes;

/// <summary>
/// Which nodes of one fleet may run Puppet now, over all deployments on it. Each deployment brings a limit of its own: one of its nodes
/// begins only while fewer than so many of the fleet run. Those that wait get a slot in turn, one of each deployment; whose limit is
/// reached is passed over and keeps its turn. Nobody waits for a slot while holding one, so there is no deadlock.
/// </summary>
/// <typeparam name="TAsker">Who asks for one node.</typeparam>
public sealed class Slots<TAsker> where TAsker : notnull
{
    private sealed record Line(DeploymentId Deployment, int Limit, Queue<(TAsker Asker, long Ticket)> Waiting);

    private readonly HashSet<TAsker> _taken = [];
    private readonly Dictionary<TAsker, long> _tickets = [];
    private readonly List<Line> _lines = [];
    private long _asked;

    /// <summary>How many run, or are about to.</summary>
    public int Taken => _taken.Count;

    /// <summary>How many wait for a slot.</summary>
    public int Waiting => _tickets.Count;

    /// <summary>Takes a slot without waiting, whatever the limits of others: for a node that runs already, or a deployment without a limit.</summary>
    public void Take(TAsker asker)
    {
        _tickets.Remove(asker);
        _taken.Add(asker);
    }

    /// <summary>Asks for a slot.</summary>
    /// <param name="asker">For which node; one that has a slot is given it again, one that waits goes on waiting.</param>
    /// <param name="deployment">In whose line it waits.</param>
    /// <param name="limit">The deployment's, from 1: always the same.</param>
    /// <returns>Who has a slot now and had none before; the asker also where it had one.</returns>
    public IReadOnlyList<TAsker> Ask(TAsker asker, DeploymentId deployment, int limit)
    {
        if (_taken.Contains(asker))
            return [asker];
        if (!_tickets.TryAdd(asker, ++_asked))
            return [];
        var line = _lines.Find(l => l.Deployment == deployment);
        if (line is null)
            _lines.Add(line = new Line(deployment, limit, new Queue<(TAsker, long)>()));
        line.Waiting.Enqueue((asker, _asked));
        return Grant();
    }

    /// <summary>Gives a slot back, or waits no longer.</summary>
    /// <returns>Who has a slot now and had none before.</returns>
    public IReadOnlyList<TAsker> Return(TAsker asker)
    {
        _tickets.Remove(asker);
        return _taken.Remove(asker) ? Grant() : [];
    }

    private List<TAsker> Grant()
    {
        var granted = new List<TAsker>();
        while (_lines.Find(l => _taken.Count < l.Limit) is { } line)
        {
            _lines.Remove(line);
            while (line.Waiting.TryDequeue(out var next))
            {
                if (!Waits(next.Asker, next.Ticket))
                    continue;
                Take(next.Asker);
                granted.Add(next.Asker);
                // Its next turn comes after everybody else's.
                _lines.Add(line);
                break;
            }
        }
        return granted;
    }

    /// <summary>False for one that gave up, has a slot by now, or stands in line again further behind.</summary>
    private bool Waits(TAsker asker, long ticket) => _tickets.TryGetValue(asker, out var current) && current == ticket;
}
