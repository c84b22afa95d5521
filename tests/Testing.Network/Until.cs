namespace Orchestrator.Testing.Network;

/// <summary>Waits on a condition of another process.</summary>
public static class Until
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    /// <summary>Looks until it is so; throws a <see cref="TimeoutException"/> that names it where it does not become so in time.</summary>
    public static async Task IsSoAsync(Func<Task<bool>> condition, TimeSpan patience, string what)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(begun) > patience)
                throw new TimeoutException($"it did not come true within {patience.TotalSeconds} s that {what}");
            await Task.Delay(BetweenLooks);
        }
    }

    /// <summary>The same with the patience of a busy machine.</summary>
    public static Task TrueAsync(Func<Task<bool>> condition, string what) => IsSoAsync(condition, TimeSpan.FromSeconds(60), what);

    /// <summary>The same for what is known at once.</summary>
    public static Task TrueAsync(Func<bool> condition, string what) => TrueAsync(() => Task.FromResult(condition()), what);
}
