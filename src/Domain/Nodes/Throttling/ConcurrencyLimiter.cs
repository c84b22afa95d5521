using Orchestrator.Messages;

namespace Orchestrator.Domain.Nodes.Throttling;

/// <summary>A node that runs Puppet for a deployment, or is to.</summary>
public readonly record struct PermitHolder(DeploymentId Deployment, NodeName Node);

/// <summary>
/// Which nodes of one fleet may run Puppet now, over all deployments on it. Each deployment brings a limit of its own: one of its nodes
/// begins only while fewer than so many of the fleet run. Those that wait get a permit in turn, one of each deployment. Whose limit is
/// reached is passed over and keeps its turn, but no more often than the limit of whoever comes before it allows: then that one waits too, until
/// enough have ended. Nobody waits for a permit while holding one, so there is no deadlock.
/// </summary>
public sealed class ConcurrencyLimiter
{
    private sealed record DeploymentQueue(DeploymentId Deployment, int Limit, Queue<(PermitHolder Holder, long Ticket)> Waiting)
    {
        /// <summary>How many have begun from behind it since its last turn.</summary>
        public int PassedOver { get; set; }
    }

    private readonly HashSet<PermitHolder> _holders = [];
    private readonly Dictionary<PermitHolder, long> _tickets = [];
    private readonly HashSet<DeploymentId> _recovering = [];
    private readonly List<DeploymentQueue> _queues = [];
    private long _lastTicket;

    /// <summary>How many run, or are about to.</summary>
    public int InUse => _holders.Count;

    public int Waiting => _tickets.Count;

    /// <summary>RECOVERY: nodes of this deployment may run already: nobody is granted a permit until they are counted, by <see cref="Recover"/>.</summary>
    public void AwaitRecovery(DeploymentId deployment) => _recovering.Add(deployment);

    /// <summary>RECOVERY: these nodes of the deployment run, and no other; those that waited ask again.</summary>
    /// <returns>Who has a permit now and had none before.</returns>
    public IReadOnlyList<PermitHolder> Recover(DeploymentId deployment, IEnumerable<NodeName> running)
    {
        _recovering.Remove(deployment);
        _holders.RemoveWhere(r => r.Deployment == deployment);
        foreach (var waiting in _tickets.Keys.Where(r => r.Deployment == deployment).ToList())
            _tickets.Remove(waiting);
        _holders.UnionWith(running.Select(node => new PermitHolder(deployment, node)));
        return Grant();
    }

    /// <summary>Takes a permit without waiting, whatever the limits of others: for a node that runs already, or a deployment without a limit.</summary>
    /// <returns>Who has a permit now and had none before, but for the holder.</returns>
    public IReadOnlyList<PermitHolder> AcquireNow(PermitHolder holder)
    {
        Admit(holder);
        return Grant();
    }

    /// <param name="holder">One that has a permit is given it again, one that waits goes on waiting.</param>
    /// <param name="limit">Its deployment's, from 1: always the same.</param>
    /// <returns>Who has a permit now and had none before; the holder also where it had one.</returns>
    public IReadOnlyList<PermitHolder> Acquire(PermitHolder holder, int limit)
    {
        if (_holders.Contains(holder))
            return [holder];
        if (!_tickets.TryAdd(holder, ++_lastTicket))
            return [];
        var queue = _queues.Find(l => l.Deployment == holder.Deployment);
        if (queue is null)
            _queues.Add(queue = new DeploymentQueue(holder.Deployment, limit, new Queue<(PermitHolder, long)>()));
        queue.Waiting.Enqueue((holder, _lastTicket));
        return Grant();
    }

    /// <summary>Gives a permit back, or waits no longer.</summary>
    /// <returns>Who has a permit now and had none before.</returns>
    public IReadOnlyList<PermitHolder> Release(PermitHolder holder) => _tickets.Remove(holder) | _holders.Remove(holder) ? Grant() : [];

    private List<PermitHolder> Grant()
    {
        var granted = new List<PermitHolder>();
        while (_recovering.Count == 0 && Next() is { } queue)
        {
            var (holder, _) = queue.Waiting.Dequeue();
            Admit(holder);
            granted.Add(holder);
            // Its next turn comes after everybody else's.
            _queues.Remove(queue);
            _queues.Add(queue);
            queue.PassedOver = 0;
        }
        return granted;
    }

    private void Admit(PermitHolder holder)
    {
        _tickets.Remove(holder);
        _holders.Add(holder);
    }

    /// <summary>Whose turn it is; null where nobody may begin now.</summary>
    private DeploymentQueue? Next()
    {
        _queues.RemoveAll(queue => !HasWaiting(queue));
        var index = _queues.FindIndex(queue => _holders.Count < queue.Limit);
        if (index < 0)
            return null;
        var next = _queues[index];
        var ahead = _queues[..index];
        if (ahead.Exists(queue => queue.PassedOver >= next.Limit))
            return null;
        foreach (var queue in ahead)
            queue.PassedOver++;
        return next;
    }

    /// <summary>Drops from the front of the queue who gave up, has a permit by now, or is queued again further behind.</summary>
    private bool HasWaiting(DeploymentQueue queue)
    {
        while (queue.Waiting.TryPeek(out var first))
        {
            if (_tickets.GetValueOrDefault(first.Holder) == first.Ticket)
                return true;
            queue.Waiting.Dequeue();
        }
        return false;
    }
}
