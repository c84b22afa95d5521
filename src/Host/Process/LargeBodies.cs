namespace Orchestrator.Host.Process;

/// <summary>One large request at a time. When it is done its memory goes back, which the runtime would keep for the next.</summary>
public sealed class LargeBodies(TimeProvider time) : IDisposable
{
    private readonly BoundedPlaces _places = new("read another large site", 1, TimeSpan.FromSeconds(60), time);

    /// <exception cref="OverloadedException">Those before took too long.</exception>
    public async ValueTask<IDisposable> EnterAsync(CancellationToken cancellationToken) => new Turn(await _places.EnterAsync(cancellationToken));

    public void Dispose() => _places.Dispose();

    private sealed class Turn(IDisposable place) : IDisposable
    {
        public void Dispose()
        {
            // The request's own objects are still on this stack: on another one nothing holds them.
            Task.Run(() =>
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                place.Dispose();
            });
        }
    }
}
