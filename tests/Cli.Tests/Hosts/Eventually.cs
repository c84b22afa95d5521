namespace Orchestrator.Cli.Tests.Hosts;

/// <summary>Waits on a condition.</summary>
public static class Eventually
{
    public static async Task IsTrueAsync(Func<bool> condition, int seconds = 30)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(begun).TotalSeconds < seconds, "the condition did not come true");
            await Task.Delay(10);
        }
    }
}
