namespace Orchestrator.Host.Tests.Testing;

/// <summary>Waits on conditions, with an end.</summary>
public static class Until
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Looks again and again until it is so.</summary>
    public static async Task True(Func<Task<bool>> condition, string what)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(begun) > Patience)
                Assert.Fail($"waited {Patience.TotalSeconds} s in vain until {what}");
            await Task.Delay(10);
        }
    }

    /// <summary>The same for what is known at once.</summary>
    public static Task True(Func<bool> condition, string what) => True(() => Task.FromResult(condition()), what);

    /// <summary>A task's end, not for ever.</summary>
    public static Task<T> Done<T>(Task<T> task) => task.WaitAsync(Patience);
}
