namespace Orchestrator.EndToEnd.Tests.Processes;

/// <summary>Waits on a condition.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BetweenPolls = TimeSpan.FromMilliseconds(25);

    /// <summary>Until it is true; fails with what was waited for.</summary>
    public static Task TrueAsync(Func<bool> condition, string what) => TrueAsync(() => Task.FromResult(condition()), what);

    /// <summary>Until it is true; fails with what was waited for.</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition, string what)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun) < Patience, $"it did not come true within {Patience.TotalSeconds} s that {what}");
            await Task.Delay(BetweenPolls);
        }
    }
}
