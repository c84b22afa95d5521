namespace Orchestrator.NodeAgent.Emulation.Fleet;

/// <summary>The clock of emulated nodes: starts with this machine's time and does not move when that is set, as if they were other machines.</summary>
internal sealed class NodeTime : TimeProvider
{
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _begin;
    private readonly long _start;

    public NodeTime(TimeProvider time) => (_time, _begin, _start) = (time, time.GetUtcNow(), time.GetTimestamp());

    public override long TimestampFrequency => _time.TimestampFrequency;

    public override long GetTimestamp() => _time.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => _begin + _time.GetElapsedTime(_start);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _time.CreateTimer(callback, state, dueTime, period);
}
