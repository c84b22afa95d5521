using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Process;

/// <summary>The host has more to do than it can now; nothing of the request was done. Its words are a sentence.</summary>
public sealed class OverloadedException(string message) : Exception(message);

/// <summary>
/// So many do something at once; the others wait for their turn, which is that of their caller (see <see cref="Turns{T}"/>), but not for ever: then they are
/// refused, rather than all slower and slower.
/// </summary>
/// <param name="what">What is done, as in "the host is too busy to ...".</param>
/// <param name="mostWaiting">So many of one caller may wait.</param>
/// <param name="patience">How long somebody waits.</param>
/// <param name="mostOfOne">So many places one caller may have, also where others are free.</param>
public sealed class BoundedPlaces(string what, int atOnce, int mostWaiting, TimeSpan patience, TimeProvider time, int mostOfOne = int.MaxValue)
{
    /// <summary>When fewer wait nobody knows.</summary>
    private static readonly TimeSpan UntilFewerWait = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Turns<TaskCompletionSource> _turns = new(atOnce, mostWaiting, mostOfOne);

    /// <summary>Takes a place for whoever asks; dispose what is returned to free it.</summary>
    /// <param name="isPatient">Whether somebody waits however long it takes, and hears from the host meanwhile.</param>
    /// <exception cref="OverloadedException">None became free in time.</exception>
    /// <exception cref="LimitReachedException">Too many of the caller wait.</exception>
    public async ValueTask<IDisposable> EnterAsync(CancellationToken cancellationToken, bool isPatient = false)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var (caller, waiter) = (OnBehalfOf.Caller, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        TurnAnswer answer;
        lock (_gate)
            answer = _turns.Enter(caller, waiter);
        if (answer == TurnAnswer.TooManyWait)
        {
            throw new LimitReachedException(
                $"{caller} has {Phrases.Number(mostWaiting)} requests that wait to {what}, as many as one caller may: wait until some are answered",
                ProblemCodes.RateLimited, UntilFewerWait);
        }
        if (answer == TurnAnswer.HasPlace)
            return new Place(this, caller);
        try
        {
            await waiter.Task.WaitAsync(isPatient ? Timeout.InfiniteTimeSpan : patience, time, cancellationToken);
        }
        catch (Exception e) when (e is OperationCanceledException or TimeoutException)
        {
            bool isWaiting;
            lock (_gate)
                isWaiting = _turns.Withdraw(caller, waiter);
            // Else it was given the place meanwhile.
            if (!isWaiting)
                Leave(caller);
            if (e is TimeoutException)
            {
                var most = mostOfOne < atOnce ? $"{atOnce} at once, {mostOfOne} of one caller" : $"{atOnce} at once";
                throw new OverloadedException(
                    $"the host is too busy to {what}: {most}, none done within {Durations.Text(patience)}; try again later");
            }
            throw;
        }
        return new Place(this, caller);
    }

    private void Leave(string caller)
    {
        TaskCompletionSource? next;
        lock (_gate)
            next = _turns.Leave(caller);
        next?.SetResult();
    }

    private sealed class Place(BoundedPlaces places, string caller) : IDisposable
    {
        private BoundedPlaces? _places = places;

        public void Dispose() => Interlocked.Exchange(ref _places, null)?.Leave(caller);
    }
}
