using System.Threading.Channels;

namespace Orchestrator.Host.Events;

/// <summary>Waits that end with a heartbeat.</summary>
internal static class Waits
{
    /// <summary>What comes next; null where nothing does for so long, or nothing will.</summary>
    public static async ValueTask<T?> NextAsync<T>(this ChannelReader<T> channel, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
        where T : class
    {
        if (channel.TryRead(out var waiting))
            return waiting;
        using var late = new CancellationTokenSource(patience, time);
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            return await channel.WaitToReadAsync(silence.Token) && channel.TryRead(out var next) ? next : null;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Whether it is done, well or not, within so long.</summary>
    public static async ValueTask<bool> IsDoneWithinAsync(this Task work, TimeSpan patience, TimeProvider time)
    {
        if (!work.IsCompleted)
            await work.WaitAsync(patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return work.IsCompleted;
    }
}
