namespace Orchestrator.Client;

/// <summary>How long to wait before a host that was lost is asked again.</summary>
internal static class Pauses
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <param name="losses">How often it was lost one after the other, from 1.</param>
    public static TimeSpan After(int losses) => TimeSpan.FromTicks(Math.Min(Longest.Ticks, Shortest.Ticks << Math.Min(losses - 1, 20)));
}
