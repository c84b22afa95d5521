using Orchestrator.Domain.Plans;

namespace Orchestrator.Domain.Nodes.Throttling;

/// <summary>How long a group's runs take, by those that are through: when the next one may end. A hint for how often to poll, never a proof.</summary>
public sealed class UsualTime
{
    private const int Remembered = 9;
    private readonly Queue<TimeSpan> _latest = new(Remembered);

    /// <summary>The middle one of the latest runs, from the node's answer to runonce on; null before the first.</summary>
    public TimeSpan? Value => RunTimes.Median(_latest);

    /// <summary>Another run took this long.</summary>
    public void Learn(TimeSpan time)
    {
        if (_latest.Count == Remembered)
            _latest.Dequeue();
        _latest.Enqueue(time);
    }
}
