namespace Orchestrator.Host.Process;

/// <summary>
/// One large request at a time. When it is done its memory goes back, which the runtime would keep for the next; what its pools keep follows a minute after the
/// last one.
/// </summary>
public sealed class LargeBodies(TimeProvider time) : IDisposable
{
    /// <summary>The runtime's pools let go of an array that lay unused for a minute, in the first full collection after it: an idle host makes none.</summary>
    private static readonly TimeSpan KeptByPools = TimeSpan.FromSeconds(61);

    private const int MostWaiting = 100;

    private static readonly TimeSpan BetweenCollections = TimeSpan.FromSeconds(5);
    private static readonly Lock Collecting = new();
    private static long _collected;

    private readonly ITimer _later = time.CreateTimer(_ => Collect(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    private readonly BoundedPlaces _places = new("read another large site", 1, MostWaiting, TimeSpan.FromSeconds(60), time);

    /// <exception cref="OverloadedException">Those before took too long.</exception>
    public async ValueTask<IDisposable> EnterAsync(CancellationToken cancellationToken) => new Turn(await _places.EnterAsync(cancellationToken), _later);

    public void Dispose() => _later.Dispose();

    /// <summary>Collects all garbage, unless that was done in the last few seconds: it stops every thread.</summary>
    public static void GiveBack()
    {
        lock (Collecting)
        {
            if (TimeProvider.System.GetElapsedTime(_collected) < BetweenCollections)
                return;
            Collect();
            _collected = TimeProvider.System.GetTimestamp();
        }
    }

    private static void Collect() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

    private sealed class Turn(IDisposable place, ITimer later) : IDisposable
    {
        public void Dispose()
        {
            // The request's own objects are still on this stack: on another one nothing holds them.
            Task.Run(() =>
            {
                Collect();
                later.Change(KeptByPools, Timeout.InfiniteTimeSpan);
                place.Dispose();
            });
        }
    }
}
