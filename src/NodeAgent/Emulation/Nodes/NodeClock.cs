namespace Orchestrator.NodeAgent.Emulation.Nodes;

/// <summary>The clock on a node's wall: ours with an offset. It passes at our clock's pace, whatever the scenario's speed.</summary>
internal sealed class NodeClock(TimeSpan offset)
{
    private long _offset = offset.Ticks;

    /// <summary>Epoch seconds at a moment of our clock (UTC ticks).</summary>
    public double Seconds(long moment) => (moment + _offset - DateTimeOffset.UnixEpoch.Ticks) / (double)TimeSpan.TicksPerSecond;

    /// <summary>Whole epoch seconds at a moment of our clock.</summary>
    public long WholeSeconds(long moment) => (long)Math.Floor(Seconds(moment));

    /// <summary>The moment of our clock at which this clock next shows a new second.</summary>
    public long NextSecond(long moment)
    {
        var passed = (moment + _offset) % TimeSpan.TicksPerSecond;
        return moment + TimeSpan.TicksPerSecond - (passed < 0 ? passed + TimeSpan.TicksPerSecond : passed);
    }

    /// <summary>Date and time as the node shows them (its time zone is UTC).</summary>
    public DateTimeOffset Shown(long moment) => new DateTimeOffset(moment, TimeSpan.Zero).AddTicks(_offset);

    /// <summary>Steps forward, or back where negative.</summary>
    public void Step(TimeSpan by) => _offset += by.Ticks;
}
