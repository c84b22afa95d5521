namespace Orchestrator.NodeAgent.Agents;

/// <summary>Durations as the puppet agent says them: <c>20779 days 12 hours 24 minutes 45 seconds</c>, <c>02 seconds</c>.</summary>
public static class HumanDuration
{
    /// <summary>In the agent's words; a negative one (the clock was set back) comes out as oddly as there.</summary>
    public static string Of(long seconds)
    {
        var (days, rest) = FloorDivide(seconds, 86400);
        var (hours, rest2) = FloorDivide(rest, 3600);
        var (minutes, left) = FloorDivide(rest2, 60);
        return days > 1 ? $"{days} days {hours} hours {minutes} minutes {left:D2} seconds"
            : days == 1 ? $"{days} day {hours} hours {minutes} minutes {left:D2} seconds"
            : hours > 0 ? $"{hours} hours {minutes} minutes {left:D2} seconds"
            : minutes > 0 ? $"{minutes} minutes {left:D2} seconds"
            : $"{left:D2} seconds";
    }

    private static (long Quotient, long Remainder) FloorDivide(long value, long by)
    {
        var remainder = ((value % by) + by) % by;
        return ((value - remainder) / by, remainder);
    }
}
