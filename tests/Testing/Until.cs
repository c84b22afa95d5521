using System.Runtime.CompilerServices;

namespace Orchestrator.Testing;

/// <summary>Waits on conditions of other processes and threads. Its time limits are for hanging, not for speed.</summary>
public static class Until
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    /// <summary>Looks until it is so; throws a <see cref="TimeoutException"/> that names it where it does not become so in time.</summary>
    public static async Task TrueAsync(
        Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string what = "", TimeSpan? within = null)
    {
        var (begun, patience) = (TimeProvider.System.GetTimestamp(), within ?? Patience);
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(begun) > patience)
                throw new TimeoutException($"it did not come true within {patience.TotalSeconds} s that {what}");
            await Task.Delay(BetweenLooks);
        }
    }

    /// <summary>The same for what is known at once.</summary>
    public static Task TrueAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        TrueAsync(() => Task.FromResult(condition()), what);

    /// <summary>A task's end, not for ever.</summary>
    public static Task<T> DoneAsync<T>(Task<T> task) => task.WaitAsync(Patience);
}
