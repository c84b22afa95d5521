using Orchestrator.Domain.Access;
using Orchestrator.Host.Process;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Access;

/// <summary>
/// How many requests a second and how many streams at once each caller of a service may have, so that nobody keeps the host from the others. Whoever is
/// not asking takes no memory.
/// </summary>
public sealed class CallerLimits(HostSettings settings, TimeProvider time) : IReloaded
{
    private static readonly TimeSpan BetweenSweeps = TimeSpan.FromSeconds(1);

    /// <summary>A stream ends when its follower goes: when there is a place again nobody knows.</summary>
    private static readonly TimeSpan UntilNextStream = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, TimeSpan> _paidUntil = [];
    private readonly Dictionary<string, int> _streams = [];
    private readonly long _begin = time.GetTimestamp();
    private HostSettings _settings = settings;
    private TimeSpan _sweptAt;

    /// <summary>Of how many it keeps anything.</summary>
    public int Known
    {
        get
        {
            lock (_gate)
                return _paidUntil.Count + _streams.Count;
        }
    }

    /// <summary>A caller makes a request.</summary>
    /// <exception cref="LimitReachedException">It is too many.</exception>
    public void Ask(Asker asker) => Ask(asker.Caller);

    /// <summary>Nobody known makes one, from this address.</summary>
    /// <exception cref="LimitReachedException">It is too many.</exception>
    public void AskUnknown(string address) => Ask($"unknown callers from {address}");

    /// <summary>A caller opens a stream; dispose what is returned when it has ended.</summary>
    /// <exception cref="LimitReachedException">It is one too many.</exception>
    public IDisposable EnterStream(Asker asker)
    {
        lock (_gate)
        {
            var open = _streams.GetValueOrDefault(asker.Caller);
            if (_settings.StreamsAtOnce is { } most && open >= most)
            {
                throw new LimitReachedException(
                    $"{asker.Caller} has {Phrases.Number(open)} streams open, as many as one caller may: end some of them",
                    ProblemCodes.TooManyStreams, UntilNextStream);
            }
            _streams[asker.Caller] = open + 1;
        }
        return new Place(this, asker.Caller);
    }

    /// <summary>From now on by these settings: what was asked before is forgotten, and streams that are open stay.</summary>
    public Task<string?> ReloadAsync(HostSettings settings)
    {
        lock (_gate)
        {
            _settings = settings;
            _paidUntil.Clear();
        }
        return Task.FromResult<string?>(null);
    }

    private void Ask(string caller)
    {
        lock (_gate)
        {
            if (_settings.RequestsPerSecond is not { } perSecond)
                return;
            var now = time.GetElapsedTime(_begin);
            Sweep(now);
            var (paidUntil, wait) = new Pace(perSecond).Ask(_paidUntil.GetValueOrDefault(caller), now);
            if (wait > TimeSpan.Zero)
            {
                throw new LimitReachedException(
                    $"too many requests by {caller}: {Phrases.Number(perSecond)} a second are allowed, or after a pause "
                    + $"{Phrases.Number(perSecond * (int)Pace.Saved.TotalSeconds)} at once",
                    ProblemCodes.RateLimited, wait);
            }
            _paidUntil[caller] = paidUntil;
        }
    }

    private void Sweep(TimeSpan now)
    {
        if (now - _sweptAt < BetweenSweeps)
            return;
        _sweptAt = now;
        foreach (var (caller, paidUntil) in _paidUntil)
        {
            if (paidUntil <= now)
                _paidUntil.Remove(caller);
        }
    }

    private void Leave(string caller)
    {
        lock (_gate)
        {
            if (--_streams[caller] == 0)
                _streams.Remove(caller);
        }
    }

    private sealed class Place(CallerLimits limits, string caller) : IDisposable
    {
        private CallerLimits? _limits = limits;

        public void Dispose() => Interlocked.Exchange(ref _limits, null)?.Leave(caller);
    }
}
