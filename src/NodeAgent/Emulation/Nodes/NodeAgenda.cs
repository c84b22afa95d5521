namespace Orchestrator.NodeAgent.Emulation.Nodes;

/// <summary>
/// What will happen on one node by itself. Nobody need wake the node for it: whoever looks at the node first lets
/// everything happen that was due by then, in order of time, so that a fleet of idle nodes costs no timer.
/// </summary>
internal sealed class NodeAgenda
{
    private List<(long At, Action<long> Happen)>? _coming;

    /// <summary>Lets something happen at a moment (UTC ticks); what was added first happens first at the same moment.</summary>
    public void Add(long at, Action<long> happen) => (_coming ??= []).Add((at, happen));

    /// <summary>Lets everything happen that is due.</summary>
    public void HappenUntil(long now)
    {
        while (_coming is { Count: > 0 })
        {
            var next = 0;
            for (var i = 1; i < _coming.Count; i++)
            {
                if (_coming[i].At < _coming[next].At) next = i;
            }
            if (_coming[next].At > now) return;
            var (at, happen) = _coming[next];
            _coming.RemoveAt(next);
            happen(at);
        }
    }
}
