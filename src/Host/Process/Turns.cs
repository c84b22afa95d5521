namespace Orchestrator.Host.Process;

/// <summary>What becomes of whoever asks for a place.</summary>
public enum TurnAnswer
{
    Unknown = 0,
    HasPlace,
    Waits,

    /// <summary>The caller has as many who wait as one may.</summary>
    TooManyWait,
}

/// <summary>
/// Whose turn it is where so many may do something at once. A place that becomes free goes to the caller who has the fewest and, among those, to the one who
/// was served longest ago; within a caller to whoever came first. While nobody else waits one caller may have all, unless there is a limit. Nothing is kept of
/// callers that are gone.
/// </summary>
/// <typeparam name="T">One who waits; each is another object.</typeparam>
/// <param name="mostWaiting">So many of one caller may wait.</param>
/// <param name="mostOfOne">So many places one caller may have, also where others are free.</param>
public sealed class Turns<T>(int atOnce, int mostWaiting, int mostOfOne = int.MaxValue) where T : class
{
    private readonly Dictionary<string, Standing> _callers = new(StringComparer.Ordinal);
    private long _served;
    private long _order;
    private int _inside;

    /// <summary>Of how many callers anything is kept.</summary>
    public int Known => _callers.Count;

    /// <summary>Somebody asks for a place: they have it, wait until <see cref="Leave"/> names them, or go.</summary>
    public TurnAnswer Enter(string caller, T waiter)
    {
        if (!_callers.TryGetValue(caller, out var standing))
        {
            // Before the one who was served last, and after all who wait for longer: whoever comes and goes overtakes nobody twice.
            _callers.Add(caller, standing = new Standing { Round = _served - 1, Order = _order++ });
        }
        if (_inside < atOnce && standing.Places < mostOfOne)
        {
            Serve(standing);
            return TurnAnswer.HasPlace;
        }
        if (standing.Waiting.Count >= mostWaiting)
            return TurnAnswer.TooManyWait;
        standing.Waiting.AddLast(waiter);
        return TurnAnswer.Waits;
    }

    /// <summary>Somebody waits no longer.</summary>
    /// <returns>False where they do not wait: they have their place, or never asked.</returns>
    public bool Withdraw(string caller, T waiter)
    {
        if (!_callers.TryGetValue(caller, out var standing) || !standing.Waiting.Remove(waiter))
            return false;
        ForgetWhereGone(caller, standing);
        return true;
    }

    /// <summary>Somebody gives a place back.</summary>
    /// <returns>Who has it now; null where nobody waits.</returns>
    public T? Leave(string caller)
    {
        var left = _callers[caller];
        left.Places--;
        _inside--;
        var next = _callers.Values.Where(c => c.Waiting.Count > 0 && c.Places < mostOfOne).MinBy(c => (c.Places, c.Round, c.Order));
        var waiter = next?.Waiting.First!.Value;
        if (next is not null)
        {
            next.Waiting.RemoveFirst();
            Serve(next);
        }
        ForgetWhereGone(caller, left);
        return waiter;
    }

    private void Serve(Standing standing)
    {
        _inside++;
        standing.Places++;
        (standing.Round, standing.Order) = (++_served, _order++);
    }

    private void ForgetWhereGone(string caller, Standing standing)
    {
        if (standing is { Places: 0, Waiting.Count: 0 })
            _callers.Remove(caller);
    }

    private sealed class Standing
    {
        public int Places { get; set; }

        /// <summary>How many had been served when this one was.</summary>
        public long Round { get; set; }

        /// <summary>Among those of one round: who came first.</summary>
        public long Order { get; set; }

        public LinkedList<T> Waiting { get; } = [];
    }
}
