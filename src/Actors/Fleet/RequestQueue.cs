using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using static Orchestrator.Actors.Fleet.FleetProtocol;

namespace Orchestrator.Actors.Fleet;

internal sealed record QueuedRequest(AskNode Ask, IActorRef By);

/// <summary>
/// The requests to a fleet that wait for their turn. Acts come first, because what was read of a node goes stale while an act waits; but after a few of
/// them one read has its turn: what polls a running node must not stand still for as long as acts come.
/// </summary>
internal sealed class RequestQueue
{
    private const int MaxActsInARow = 3;
    private Queue<QueuedRequest> _acts = new();
    private Queue<QueuedRequest> _reads = new();
    private int _actsInARow;

    public bool IsEmpty => _acts.Count + _reads.Count == 0;

    public int Acts => _acts.Count;

    public void Enqueue(QueuedRequest request) => (request.Ask.Request.IsAct ? _acts : _reads).Enqueue(request);

    public bool TryDequeue([MaybeNullWhen(false)] out QueuedRequest request)
    {
        if (_acts.Count > 0 && (_reads.Count == 0 || _actsInARow < MaxActsInARow))
        {
            _actsInARow++;
            return _acts.TryDequeue(out request);
        }
        _actsInARow = 0;
        return _reads.TryDequeue(out request);
    }

    public void Cancel(IActorRef by)
    {
        _acts = new Queue<QueuedRequest>(_acts.Where(r => !r.By.Equals(by)));
        _reads = new Queue<QueuedRequest>(_reads.Where(r => !r.By.Equals(by)));
    }
}
