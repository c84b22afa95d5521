using Orchestrator.Messages;

namespace Orchestrator.Host.Process;

/// <summary>The host has more to do than it can now; nothing of the request was done. Its words are a sentence.</summary>
public sealed class OverloadedException(string message) : Exception(message);

/// <summary>So many do something at once; the others wait for their turn, but not for ever: then they are refused, rather than all slower and slower.</summary>
/// <param name="what">What is done, as in "the host is too busy to ...".</param>
/// <param name="patience">How long somebody waits.</param>
public sealed class BoundedPlaces(string what, int atOnce, TimeSpan patience, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _free = new(atOnce);

    /// <summary>Takes a place; dispose what is returned to free it.</summary>
    /// <exception cref="OverloadedException">None became free in time.</exception>
    public async ValueTask<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        if (_free.Wait(0, cancellationToken))
            return new Place(_free);
        using var late = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            await _free.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OverloadedException($"the host is too busy to {what}: {atOnce} at once, none done within {Durations.Text(patience)}; try again later");
        }
        return new Place(_free);
    }

    public void Dispose() => _free.Dispose();

    private sealed class Place(SemaphoreSlim free) : IDisposable
    {
        private SemaphoreSlim? _free = free;

        public void Dispose() => Interlocked.Exchange(ref _free, null)?.Release();
    }
}
