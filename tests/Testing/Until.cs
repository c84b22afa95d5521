using System.Runtime.CompilerServices;

namespace Orchestrator.Testing;

/// <summary>Waits on conditions of other processes and threads. Its time limits are for hanging, not for speed.</summary>
public static class Until
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    /// <summary>Looks until it is so; throws a <see cref="TimeoutException"/> that names it where it does not become so in time.</summary>
    /// <param name="condition">What is to become true.</param>
    /// <param name="what">How a failure names it.</param>
    /// <param name="within">A minute where it is null.</param>
    /// <param name="every">Between two looks; null: 20 ms, for what passes soon. A look at a host costs it milliseconds of processor time.</param>
    public static async Task TrueAsync(
        Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string what = "", TimeSpan? within = null, TimeSpan? every = null)
    {
        var (begun, patience) = (TimeProvider.System.GetTimestamp(), within ?? Patience);
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(begun) > patience)
                throw new TimeoutException($"it did not come true within {patience.TotalSeconds} s that {what}");
            await Task.Delay(every ?? BetweenLooks);
        }
    }

    /// <summary>The same for what is known at once.</summary>
    public static Task TrueAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        TrueAsync(() => Task.FromResult(condition()), what);

    /// <summary>A task's end, not for ever.</summary>
    public static Task<T> DoneAsync<T>(Task<T> task) => task.WaitAsync(Patience);
}
